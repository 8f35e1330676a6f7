"""Statements name days where the PSP is: the day a line is booked, and the one on which the money counts."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import Run, Running, signed_in
from tests.mockpsp.cli.test_payouts import move, pay

#: A Saturday before Easter, eleven in the evening in Berlin.
SATURDAY = "2026-04-04T21:00:00Z"


@pytest.fixture
def on_the_way(running: Running) -> Running:
    """A sale that settled on Tuesday after Easter, a refund on the Saturday before, and their payout."""
    body = {
        "like": "sandbox",
        "settlement_delay": "2bd",
        "settlement_cut_off": "17:00 Europe/Berlin",
        "payout_schedule": "daily",
        "payout_transit": "1bd",
    }
    running.client.put("/sandbox/psps/berlin", json=body, headers=signed_in())
    running.post("/sandbox/clock/advance", {"to": "2026-03-31T10:00:00Z"})
    sale = pay(running, "100.00", "EUR", "berlin")
    running.post("/sandbox/clock/advance", {"to": SATURDAY})
    running.post(f"/transactions/{sale}/refunds", {"amount": "40.00"})
    pay(running, "70.00", "EUR", "berlin")
    move(running, "settlement.run", "berlin")
    running.post("/sandbox/clock/advance", {"to": "2026-04-07T10:00:00Z"})
    return running


def days(text: str) -> list[tuple[str, ...]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [(row["type"], row["payout_status"], row["booking_date"], row["value_date"]) for row in rows]


def test_rows_name_both_days_where_the_psp_is(on_the_way: Running, run: Run) -> None:
    found = days(run("payouts", "export").output)

    assert found == [
        # Settled on Thursday and sent at once; the bank had it after Easter.
        ("sale", "received", "2026-04-02", "2026-04-02"),
        ("payout", "received", "2026-04-02", "2026-04-07"),
        # Booked on Saturday, counted on Tuesday; midnight in Berlin is Monday in UTC.
        ("refund", "in-flight", "2026-04-04", "2026-04-07"),
        ("sale", "in-flight", "2026-04-04", "2026-04-07"),
        ("payout", "in-flight", "2026-04-07", "2026-04-08"),
    ]


def test_a_statement_names_both_days_too(on_the_way: Running, run: Run) -> None:
    text = run("payouts", "export", "--format", "camt053").output

    booked = [line.split("<Dt>")[1][:10] for line in after(text, "<BookgDt>")]
    counted = [line.split("<Dt>")[1][:10] for line in after(text, "<ValDt>")]
    assert list(zip(booked, counted, strict=True)) == [row[2:] for row in days(run("payouts", "export").output)]


def test_a_planted_day_is_one_where_the_psp_is(on_the_way: Running, run: Run, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    run("payouts", "export", "--defect", "wrong-value-date", "--answer-key", str(key))

    (change,) = json.loads(key.read_text())["answer_key"]["changes"]
    assert (change["should_say"], change["says"]) == ("2026-04-07", "2026-04-08")


def test_a_planted_day_is_another_one_when_clocks_are_put_back(running: Running, run: Run, tmp_path: Path) -> None:
    """25 October 2026 has 25 hours in Berlin; a PSP without a calendar counts on any day."""
    body = {"like": "sandbox", "time_zone": "Europe/Berlin"}
    running.client.put("/sandbox/psps/berlin", json=body, headers=signed_in())
    running.post("/sandbox/clock/advance", {"to": "2026-10-24T22:00:00Z"})
    pay(running, "100.00", "EUR", "berlin")
    move(running, "settlement.run", "berlin")
    move(running, "payout.run", "berlin")
    key = tmp_path / "key.json"

    run("payouts", "export", "--defect", "wrong-value-date", "--answer-key", str(key))

    (change,) = json.loads(key.read_text())["answer_key"]["changes"]
    assert (change["should_say"], change["says"]) == ("2026-10-25", "2026-10-26")


def after(text: str, tag: str) -> list[str]:
    """The line after each of these tags."""
    lines = text.splitlines()
    return [lines[number + 1] for number, line in enumerate(lines) if line.strip() == tag]
