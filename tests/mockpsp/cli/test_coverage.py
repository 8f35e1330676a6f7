"""`mockpsp coverage`: what it counts and what it names."""

import json

from click.testing import CliRunner

from mockpsp.api.described import coverage
from mockpsp.cli import mockpsp as command


def told(*options: str) -> str:
    result = CliRunner().invoke(command, ["coverage", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_summary_counts_what_is_listed() -> None:
    found = json.loads(told("--json"))

    for kind in coverage.KINDS:
        states = [entry["state"] for entry in found["coverage"] if entry["kind"] == kind]
        assert found["summary"][kind] == {state: states.count(state) for state in coverage.STATES}
    assert sum(found["summary"]["endpoint"].values()) == 68
    assert sum(found["summary"]["card"].values()) == 55


def test_what_is_partly_there_says_why() -> None:
    partly = [entry for entry in json.loads(told("--json"))["coverage"] if entry["state"] == "partly"]

    assert partly
    assert all(entry["why"] for entry in partly)


def test_what_works_is_listed_on_demand() -> None:
    assert "Invoice.amount" not in told()
    assert "Invoice.amount" in told("--all")


def test_every_documented_event_is_fired_or_told_to_be_missing() -> None:
    states = {entry["name"]: entry["state"] for entry in json.loads(told("--json"))["coverage"]}

    assert {states[name] for name in coverage.DOCUMENTED_EVENTS} <= {"works", "not yet"}
    assert all(states[name] == "not yet" for name in coverage.LEGACY_EVENTS)
