"""A card number, real or test, reaches neither the disk nor a log: a served file and all beside it is searched."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

AUTH = ("test-proj_traces", "key_sandbox_traces")
#: Valid by their check digit, and no published test numbers.
REAL = ("4111111111111111", "5105105105105100", "371449635398431")
TEST = ("4242424242424242", "5555555555554444")
CVC = "907"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server's address and process; its output goes to a file beside the database."""
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=output,
        )
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"], process
        process.kill()
        process.communicate()


def escaped(number: str) -> str:
    """The digits as JSON's escapes."""
    return "".join(f"\\u{ord(digit):04x}" for digit in number)


def texts(number: str, grouped: str) -> list[tuple[str, dict[str, object], str, object]]:
    """Routes that keep texts, with a body and what would be kept of it."""
    invoice: dict[str, object] = {"name": "Order", "amount": "1", "currency": "EUR"}
    card: dict[str, object] = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
    return [
        ("/invoices", invoice, "name", f"Card {number}"),
        ("/invoices", invoice, "return_url", f"https://shop.example/{number}"),
        ("/invoices", invoice, "metadata", {"card": grouped.replace(" ", "-")}),
        ("/invoices", invoice, "metadata", {number: "card"}),
        ("/invoices", invoice, "external_fraud_tools", {"forter": {"card": int(number)}}),
        ("/invoices", invoice, "details", [{"name": grouped, "amount": "1"}]),
        ("/customers", {}, "id", number),
        ("/customers", {}, "last_name", number),
        ("/cards", card, "name", number),
        ("/cards", card, "metadata", {"number": number}),
        ("/sandbox/webhook-endpoints", {}, "url", f"http://127.0.0.1:9/{number}"),
    ]


def tries(url: str, number: str) -> list[requests.Response]:
    """A number wherever somebody might put it."""
    card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc2": CVC}
    grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    key = {"Idempotency-Key": "once"}
    sends = [
        requests.Request("POST", "/cards", json=card, headers=key),
        requests.Request("POST", "/cards", json={**card, "number": grouped}),
        requests.Request("POST", "/cards", json={**card, "number": int(number)}),
        requests.Request("POST", "/cards", json={**card, "exp_month": 13}),
        requests.Request("POST", "/cards", data=card),
        requests.Request("POST", "/cards", data=f'{{"number": "{number}"'),
        requests.Request("POST", "/card", json=card),
        *(
            requests.Request("POST", path, json={**body, key: value})
            for path, body, key, value in texts(number, grouped)
        ),
        requests.Request("POST", "/customers", data={"metadata[a]": number}),
        requests.Request("POST", "/customers", data='{"first_name": "' + escaped(number) + '"}'),
        requests.Request("POST", "/customers", json={}, headers={"Idempotency-Key": number}),
        requests.Request("GET", f"/cards/{number}"),
        requests.Request("GET", f"/cards?number={number}&start_after={number}"),
        requests.Request("POST", "/invoices/iv_x/capture", json={"source": number}),
        requests.Request(
            "POST", "/sandbox/rules", json={"match": {"on": "authorize", "card": number}, "outcome": "no"}
        ),
    ]
    with requests.Session() as session:
        for one in sends:
            one.url, one.auth = url + one.url, AUTH
        return [session.send(one.prepare(), timeout=10) for one in sends]


def test_no_number_is_left_anywhere(served: tuple[str, subprocess.Popen[bytes]], tmp_path: Path) -> None:
    url, process = served
    requests.get(f"{url}/sandbox", auth=AUTH, timeout=10)

    real = [tries(url, number) for number in REAL]
    kept = [tries(url, number)[1].json()["success"] for number in TEST]
    files_while_it_runs = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert {answer.status_code < 500 for answers in real for answer in answers} == {True}
    assert not any(
        answer.json()["success"] for answers in real for answer in answers if answer.request.method == "POST"
    )
    assert kept == [True, True]
    assert AUTH[0].encode() in files_while_it_runs["mockpsp.db-wal"]
    for content in (files_while_it_runs, files):
        for number in (*REAL, *TEST):
            grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
            assert [name for name, text in content.items() if number.encode() in text] == []
            assert [name for name, text in content.items() if grouped.encode() in text] == []
        assert [name for name, text in content.items() if f'"{CVC}"'.encode() in text] == []
