"""Calendar months and years: how they are read and said, and which moment they lead to."""

import pytest

from mockpsp.catalog import CatalogError, spans_read
from mockpsp.catalog.profile_files import FACTS, profile_of
from mockpsp.domain.commands import Authorize, Capture, Refund
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.dispute_commands import OpenChargeback
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.domain.time.months import Months, moment_later, parse_months
from mockpsp.domain.time.spans import format_span, parse_span
from tests.mockpsp.domain.payments import SOURCE, Story


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-08-31T10:00:00Z", "6mo", "2027-02-28T10:00:00Z"),
        ("2027-08-31T10:00:00Z", "6mo", "2028-02-29T10:00:00Z"),
        ("2028-02-29T09:30:00Z", "1y", "2029-02-28T09:30:00Z"),
        ("2027-02-28T10:00:00Z", "1y", "2028-02-28T10:00:00Z"),
        ("2026-12-15T00:00:00Z", "1mo", "2027-01-15T00:00:00Z"),
        ("2026-01-31T23:59:59Z", "13mo", "2027-02-28T23:59:59Z"),
    ],
)
def test_months_and_years_end_on_the_same_day_or_the_last_one_there_is(start: str, text: str, end: str) -> None:
    span = parse_months(text)

    assert span is not None
    assert moment_later(parse_rfc3339(start), span) == parse_rfc3339(end)


@pytest.mark.parametrize(
    ("text", "said"), [("6mo", "6mo"), ("12mo", "1y"), ("1y", "1y"), ("18mo", "18mo"), ("0mo", "0mo")]
)
def test_they_are_said_as_they_are_written(text: str, said: str) -> None:
    span = parse_months(text)

    assert span is not None
    assert format_span(span) == said


@pytest.mark.parametrize("text", ["6", "mo", "1y6mo", "6 mo", "-1y", "30d", "1.5y"])
def test_what_is_no_span_of_months_is_left_to_others(text: str) -> None:
    assert parse_months(text) is None


def test_more_than_ten_years_are_refused() -> None:
    with pytest.raises(CatalogError, match="north: refund_window: '11y' is more than ten years"):
        profile_of("north", {"refund_window": "11y"})


def test_a_refund_window_of_a_year_has_a_day_more_in_a_leap_year() -> None:
    story = Story(
        profile=PspProfile("psp", refund_window_ms=Months.of(12)), now_ms=parse_rfc3339("2027-02-28T10:00:00Z")
    )
    story.does(Capture(SOURCE, "psp"))
    story.now_ms = parse_rfc3339("2028-02-28T10:00:00Z")
    story.does(Refund(10_00))

    story.now_ms += 1
    with pytest.raises(Refused, match=r"refunds up to 1y after the capture \(refund_window: 1y\)"):
        story.does(Refund(10_00))


def test_a_hold_of_a_month_lapses_on_the_same_day_of_the_next() -> None:
    story = Story(
        profile=PspProfile("psp", authorization_lifetime_ms=Months.of(1)), now_ms=parse_rfc3339("2026-02-10T08:00:00Z")
    )

    decision = story.does(Authorize(SOURCE, "psp"))

    assert [effect.due_at_ms for effect in decision.effects] == [parse_rfc3339("2026-03-10T08:00:00Z")]


@pytest.mark.parametrize(
    "fact", [key for key, (_, read) in FACTS.items() if read in (spans_read.lapse, spans_read.period)]
)
def test_every_window_period_and_lifetime_takes_months_and_years(fact: str) -> None:
    field, _ = FACTS[fact]

    assert getattr(profile_of("north", {fact: "13mo"}, is_kept=True), field) == Months.of(13)
    assert format_span(getattr(profile_of("north", {fact: "1y"}, is_kept=True), field)) == "1y"


def test_the_windows_after_which_money_is_sure_are_among_them() -> None:
    lapses = {key for key, (_, read) in FACTS.items() if read is spans_read.lapse}

    assert {"late_failure_window", "capture_fails_after_final", "refund_fails_after_final"} <= lapses
    assert {"authorization_lifetime", "honour_period", "refund_cancel_within"} <= lapses
    assert {"chargeback_answer_within", "pre_arbitration_answer_within", "retrieval_answer_within"} <= lapses
    assert "chargeback_decided_after" in lapses


def test_a_refund_that_looked_final_may_fail_until_the_same_day_of_the_next_month() -> None:
    """A month from 31 January ends on 28 February, after 28 days."""
    profile = PspProfile("psp", refund_fails_after_final_ms=Months.of(1))
    story = Story(profile=profile, now_ms=parse_rfc3339("2026-01-31T10:00:00Z"))
    story.does(Capture(SOURCE, "psp"))

    story.scripted = ScriptedOutcome(fail_after_ms=parse_span("28d1s"), reason="account_closed")
    with pytest.raises(Refused, match=r"may fail for 1mo more \(refund_fails_after_final\)"):
        story.does(Refund(10_00))
    story.scripted = ScriptedOutcome(fail_after_ms=Months.of(1), reason="account_closed")
    decision = story.does(Refund(10_00))

    assert [effect.due_at_ms for effect in decision.effects] == [parse_rfc3339("2026-02-28T10:00:00Z")]


def test_a_dispute_is_answered_until_the_same_day_of_a_later_month() -> None:
    profile = PspProfile("psp", chargeback_answer_within_ms=Months.of(3))
    story = Story(profile=profile, now_ms=parse_rfc3339("2026-11-30T10:00:00Z"))
    story.does(Capture(SOURCE, "psp"))

    decision = story.does(OpenChargeback())

    assert [effect.due_at_ms for effect in decision.effects] == [parse_rfc3339("2027-02-28T10:00:00Z")]
