"""`mockpsp diff`: two universes side by side, of one file, of two, or of a snapshot's file."""

import json
from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import PROJECT, Run, Running, said

FORK = f"{PROJECT}-copy"


@pytest.fixture
def forked(refunded: Running) -> Running:
    refunded.post("/sandbox/forks", {"as": FORK})
    return refunded


def test_a_fork_shows_the_same(run: Run, forked: Running) -> None:
    result = run("diff", PROJECT, FORK)

    assert (result.exit_code, result.output) == (0, f"{PROJECT} and {FORK} show the same\n")
    assert said(run("diff", PROJECT, FORK, "--json"))["diff"] == {
        "same": True,
        "seed": None,
        "clock": None,
        "ledger": [],
        "states": [],
        "events": [],
    }


def test_what_happened_in_one_alone_is_told_by_ledger_state_and_event(run: Run, forked: Running) -> None:
    invoice = forked.post("/invoices", {"name": "Order", "amount": "7.00", "currency": "EUR"}, FORK)["invoice"]["id"]
    card = forked.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}, FORK)["card"]["id"]
    forked.post(f"/invoices/{invoice}/capture", {"source": card}, FORK)

    result = run("diff", PROJECT, FORK, "--json")

    found = json.loads(result.output)["diff"]
    assert (result.exit_code, found["same"], found["seed"]) == (1, False, None)
    assert "income:sales" in {one["account"] for one in found["ledger"]}
    assert {(one["what"], one["a"], one["b"]) for one in found["states"]} >= {("captured", None, "7.00")}
    assert [(one["in"], one["name"]) for one in found["events"]][-1] == ("b", "transaction.captured")
    text = run("diff", PROJECT, FORK).output
    assert "captured" in text and "7.00" in text


def test_refunds_and_payouts_are_told_by_the_ids_that_the_api_gives_them(run: Run, forked: Running) -> None:
    forked.post("/sandbox/clock/advance", {"by": "7d"}, FORK)
    forked.post("/sandbox/simulate", {"what": "payout.run", "on": "sandbox"}, FORK)
    paid = forked.get("/payouts", FORK)["payouts"][0]["id"]
    transaction = forked.get("/transactions", FORK)["transactions"][0]["id"]
    forked.post(f"/transactions/{transaction}/refunds", {"amount": "1.00"}, FORK)
    refund = forked.get(f"/transactions/{transaction}/refunds", FORK)["refunds"][0]["id"]

    states = json.loads(run("diff", PROJECT, FORK, "--json").output)["diff"]["states"]

    assert {one["id"] for one in states} == {transaction, paid, refund}


def test_a_snapshots_file_is_one_side(run: Run, refunded: Running, tmp_path: Path) -> None:
    kept = refunded.post("/sandbox/snapshots", {})["snapshot"]["id"]
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(refunded.get(f"/sandbox/snapshots/{kept}/file")), encoding="utf-8")

    assert run("diff", PROJECT, str(file)).exit_code == 0
    refunded.post("/sandbox/clock/advance", {"by": "1s"})
    assert "clock" in run("diff", PROJECT, str(file)).output


@pytest.mark.parametrize(
    "content", ["{}", "{", '{"snapshot_file": {"format": 1, "schema": 5, "mockpsp": "", "data": ""}}']
)
def test_what_is_no_snapshot_is_refused(run: Run, refunded: Running, tmp_path: Path, content: str) -> None:
    file = tmp_path / "kept.json"
    file.write_text(content, encoding="utf-8")

    result = run("diff", PROJECT, str(file))

    assert (result.exit_code, "Traceback" in result.output, str(file) in result.output) == (2, False, True)


def test_a_universe_that_is_not_there_is_refused(run: Run, refunded: Running) -> None:
    result = run("diff", PROJECT, "test-proj_none")

    assert (result.exit_code, "has no project test-proj_none" in result.output) == (2, True)
