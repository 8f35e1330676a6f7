"""A real card's number, however it comes in, leaves nothing in the file, its log of writes, the output or an answer."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

#: Passes the Luhn check and is no test card: what a real number looks like.
REAL = "4539148803436467"
TEST = "4000056655665556"  # a test number elsewhere, so a real one here
AUTH = ("test-proj_numbers", "key_test_numbers")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def spellings(number: str) -> list[str]:
    parts = [number[i : i + 4] for i in range(0, 16, 4)]
    return [number, " ".join(parts), "-".join(parts)]


def requests_with(number: str) -> list[tuple[str, str, dict[str, str], str]]:
    """(method, path, headers, body) of every way a number may come in."""
    card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc2": "737"}
    found = []
    for spelled in spellings(number):
        body = json.dumps({**card, "number": spelled})
        found += [
            ("POST", "/cards", JSON, body),
            ("POST", "/cards", {**JSON, "Idempotency-Key": f"key-{len(found)}"}, body),
            ("POST", "/cards", FORM, f"number={spelled}&exp_month=12&exp_year=2030&cvc2=737"),
            ("POST", "/cards", {**FORM, "Idempotency-Key": f"form-{len(found)}"}, f"number={spelled}&exp_month=12"),
            ("POST", "/cards", JSON, body[:-1]),
            ("POST", "/cards", JSON, body.replace('"exp_month": 12', '"exp_month": 13')),
            ("POST", "/cards", JSON, body.replace('"number"', '"numbr"')),
            ("POST", f"/cards?number={spelled}", JSON, "{}"),
            ("GET", f"/cards?number={spelled}", {}, ""),
            ("GET", f"/cards/{spelled}", {}, ""),
            ("GET", f"/iins/{spelled}", {}, ""),
            ("POST", "/network-tokens", JSON, json.dumps({"card_id": spelled})),
            ("POST", "/customers/nobody/tokens", JSON, json.dumps({"source": spelled})),
        ]
    found.append(("POST", "/cards", JSON, json.dumps({**card, "number": int(number)})))
    found.append(("POST", "/cards", JSON, json.dumps({**card, "number": [number]})))
    return found


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.fixture
def server(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json", "--clock", "manual"]
    file = ["--db", str(tmp_path / "it.db")]
    with subprocess.Popen([*command, *file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [REAL, TEST])
def test_a_real_number_is_nowhere_afterwards(server: "subprocess.Popen[str]", tmp_path: Path, number: str) -> None:
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["url"]
    told = ""
    with requests.Session() as session:
        session.auth = AUTH
        invoice = {"name": "A", "amount": "1", "currency": "EUR"}
        invoice_id = session.post(f"{url}/invoices", json=invoice).json()["invoice"]["id"]
        asked = requests_with(number)
        asked.append(("POST", f"/invoices/{invoice_id}/capture", JSON, json.dumps({"source": number})))
        for method, path, headers, body in asked:
            answer = session.request(method, url + path, headers=headers, data=body)
            assert answer.status_code != 500
            assert method == "GET" or answer.json()["success"] is False, (path, body)
            told += answer.text + str(answer.headers)
        told += session.get(f"{url}/sandbox/requests").text
    while_open = on_disk(tmp_path)
    server.terminate()
    told += server.communicate(timeout=20)[0]

    kept = while_open + on_disk(tmp_path)
    assert b"invoice" in while_open, "what is searched is what the server writes"
    for spelled in spellings(number):
        assert spelled not in told
        assert spelled.encode() not in kept


def test_of_a_test_number_only_its_ends_are_kept(server: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["url"]
    card = {"number": "5555555555554444", "exp_month": 12, "exp_year": 2030, "cvc2": "7392"}
    made = requests.post(f"{url}/cards", json=card, auth=AUTH, headers={"Idempotency-Key": "a"}, timeout=20)
    kept = on_disk(tmp_path)
    server.terminate()
    told = server.communicate(timeout=20)[0] + made.text

    assert made.status_code == 200
    assert b"5555554444" in kept, "the key of the card, made of its first six and last four digits"
    assert b"5555555555554444" not in kept + told.encode()
    assert b"7392" not in kept
