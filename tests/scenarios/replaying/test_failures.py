"""What a person is told of a step that failed: the line, both sides, the refusal, the exchange, what happened."""

import shlex
from pathlib import Path

import pytest

from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.places import place_of
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.report import table
from mockpsp.scenarios.replaying.runner import RunResult, run

STORY = """\
format: 1
name: A refund of too much
matrix: {psp: [sandbox]}
receivers:
  shop: {url: sink, answers: [500]}
steps:
  - {id: c, call: POST /cards, body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}, save: {card: card.id}}
  - {id: iv, call: POST /invoices, body: {name: A, amount: "10.00", currency: EUR}, save: {iv: invoice.id}}
  - {id: pay, call: "POST /invoices/${iv}/capture", body: {source: "${card}"}, save: {tr: transaction.id}}
  - {id: an-hour, advance: {by: 1h}}
"""
REFUND = """\
  - id: refund
    call: POST /transactions/${tr}/refunds
    key: it's-1
    body: {amount: "40.00"}
    expect: {status: 200, body: {refund: {amount: "40.00"}}}
"""
WAIT = """\
  - {id: refund, call: "POST /transactions/${tr}/refunds", body: {amount: "4.00"}}
  - id: told
    advance: {by: 1h}
    expect:
      by: psp
      sandbox: {clock: "2026-01-01T03:00:00Z"}
"""
LATER = """\
  - {id: refund, call: "POST /transactions/${tr}/refunds", body: {amount: "4.00"}, save: {rf: refund.id}}
  - {id: bounce, simulate: refund.fail, on: "${rf}", after: 3d}
  - {id: told, expect: {webhooks: [{to: shop, body: {event_type: transaction.operation.refund.failed}}]}}
"""
TOGETHER = """\
  - id: both
    together:
      - {id: one, call: "POST /transactions/${tr}/refunds", body: {amount: "1.00"}}
      - id: two
        call: POST /transactions/${tr}/refunds
        body: {amount: "1.00"}
        expect: {status: 400}
"""


@pytest.fixture
def fail(tmp_path: Path):  # type: ignore[no-untyped-def]
    """The result of the story with more steps, of which the last differs."""

    def play(steps: str) -> RunResult:
        path = tmp_path / "a.yaml"
        path.write_text(STORY + steps)
        with own_application() as place:
            return run(load(path), place, cell={"psp": "sandbox"})

    return play


def test_a_refusal_is_told_in_full(fail) -> None:  # type: ignore[no-untyped-def]
    result = fail(REFUND)

    around = result.steps[-1].circumstances
    assert around.error_type == "request.validation.invalid-amount"
    assert [field.partition(":")[0] for field in around.invalid_fields] == ["amount"]
    assert around.answered.startswith("400 ")


def test_the_last_exchange_is_a_command_that_a_shell_understands(fail) -> None:  # type: ignore[no-untyped-def]
    words = shlex.split(fail(REFUND).steps[-1].circumstances.curl)

    assert words[:5] == ["curl", "-u", "test-proj_replay-a-sandbox-1:key_sandbox_replay", "-X", "POST"]
    assert words[5].startswith("http://127.0.0.1:8765/transactions/tr_")
    assert words[6:] == [
        "-H",
        "Idempotency-Key: it's-1",
        "-H",
        "content-type: application/json",
        "-d",
        '{"amount": "40.00"}',
    ]


def test_the_line_is_shown_with_a_caret_and_both_sides(fail) -> None:  # type: ignore[no-untyped-def]
    lines = table([fail(REFUND)]).splitlines()

    assert lines[1].endswith("a.yaml:15:22: refund: POST /transactions/${tr}/refunds")
    assert lines[2].startswith("        15 |     expect: {status: 200,")
    assert lines[2][lines[3].index("^") :].startswith("200,")
    assert lines[4:7] == ["        status", "          expected  200", "          got       400"]


def test_how_to_come_to_that_step_again_is_told(fail) -> None:  # type: ignore[no-untyped-def]
    told = table([fail(REFUND)])

    assert "a.yaml --psp sandbox --until refund --db failed.db" in told


def test_a_replay_without_a_server_says_how_to_have_one(fail) -> None:  # type: ignore[no-untyped-def]
    lines = table([fail(REFUND)]).splitlines()

    at = next(number for number, line in enumerate(lines) if "up to here" in line)
    assert lines[at + 1].split("#")[0].split() == ["then", "mockpsp", "serve", "--db", "failed.db"]
    assert "the last call goes there: this replay had no server" in lines[at + 1]


def test_what_is_expected_and_planned_for_later_is_told(fail) -> None:  # type: ignore[no-untyped-def]
    result = fail(LATER)

    planned = result.steps[-1].circumstances.planned
    told = table([result])
    assert planned[-1].startswith("2026-01-04T01:00:00Z  effect refund.fail refd_")
    assert [line.split()[1] for line in planned] == [*["delivery"] * 3, *["effect"] * 2]
    assert told.index("planned for later") < told.index("effect refund.fail refd_")


def test_nothing_happened_where_a_call_was_refused(fail) -> None:  # type: ignore[no-untyped-def]
    around = fail(REFUND).steps[-1].circumstances

    assert (around.since, around.happened) == ("2026-01-01T01:00:00Z", ())


def test_what_ran_and_arrived_since_the_last_good_step_is_told(fail) -> None:  # type: ignore[no-untyped-def]
    result = fail(WAIT)

    around = result.steps[-1].circumstances
    assert around.since == "2026-01-01T01:00:00Z"
    assert any("delivery transaction.refunded" in line for line in around.happened)
    assert "shop got transaction.refunded, signature valid, and answered 500" in around.happened
    assert ":16:24: told: " in table([result])


def test_the_caret_finds_one_of_the_calls_that_go_together(fail) -> None:  # type: ignore[no-untyped-def]
    result = fail(TOGETHER)

    assert result.steps[-1].differences[0].where == "two: status"
    assert ":17:26: both: " in table([result])


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("status", (15, 22)),
        ("body.refund.amount", (15, 51)),
        ("body.refund.id", (15, 42)),
        ("save rf", (12, 11)),
        ("digest", (12, 11)),
    ],
)
def test_a_difference_is_found_as_near_as_can_be_told(tmp_path: Path, where: str, place: tuple[int, int]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(STORY + REFUND)

    found = place_of(str(path), 11, where, {})

    assert found is not None
    if where == "save rf":
        assert found.line == 11
    else:
        assert (found.line, found.column) == place


def test_a_file_that_is_gone_has_no_places(tmp_path: Path) -> None:
    assert place_of(str(tmp_path / "gone.yaml"), 1, "status", {}) is None
