"""Instant refunds: what they cost, and what becomes of that when they fall back to ordinary speed."""

import pytest

from mockpsp.domain.commands import Capture, FailRefund, FallBackRefund, Refund, SettleRefund
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.psps.profiles import Fee, PspProfile, RefundOutcome
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000
MINUTE_MS = 60_000


def sold(**facts: object) -> Story:
    """100.00 EUR captured at a PSP that takes 2 % for a refund at once, and five days for any other."""
    facts = {
        "refund_outcome": RefundOutcome.ASYNC,
        "refund_delay_ms": 5 * DAY_MS,
        "instant_refund_delay_ms": MINUTE_MS,
        "instant_refund_fee": Fee(20_000, {"EUR": 10}),
        "refund_fee": Fee(0, {"EUR": 25}),
        **facts,
    }
    story = Story(profile=PspProfile("psp", **facts))
    story.does(Capture(SOURCE, "psp"))
    return story


def test_an_instant_refund_costs_its_fee_beside_the_refunds_own() -> None:
    story = sold()

    decision = story.does(Refund(40_00, is_instant=True))

    assert story.balances["expenses:psp:psp:refund"] == 25 + 90
    [effect] = decision.effects
    assert (effect.due_at_ms, effect.command) == (MINUTE_MS, SettleRefund(story.refund_seq(), is_instant=True))


def test_a_refund_at_normal_speed_costs_nothing_more() -> None:
    story = sold()

    decision = story.does(Refund(40_00))

    assert story.balances["expenses:psp:psp:refund"] == 25
    assert [effect.due_at_ms for effect in decision.effects] == [5 * DAY_MS]


def test_the_fee_is_given_back_when_the_refund_falls_back_to_normal_speed() -> None:
    story = sold()
    story.does(Refund(40_00, is_instant=True))

    decision = story.does(FallBackRefund(story.refund_seq()))

    assert story.balances["expenses:psp:psp:refund"] == 25
    assert story.payment.refunded_minor == story.payment.refund_pending_minor == 40_00
    assert [effect.due_at_ms for effect in decision.effects] == [5 * DAY_MS]


def test_what_fell_back_is_not_settled_at_once_but_in_its_time() -> None:
    story = sold()
    story.does(Refund(40_00, is_instant=True))
    story.does(FallBackRefund(story.refund_seq()))

    with pytest.raises(Refused, match="fell back to normal speed"):
        story.does(SettleRefund(story.refund_seq(), is_instant=True))

    story.does(SettleRefund(story.refund_seq()))
    assert story.payment.refund_pending_minor == 0


def test_a_refund_that_fails_before_it_arrived_gives_the_fee_back_once() -> None:
    story = sold()
    story.does(Refund(40_00, is_instant=True))
    story.does(FallBackRefund(story.refund_seq()))

    story.does(FailRefund(story.refund_seq()))

    assert story.balances["expenses:psp:psp:refund"] == 25


def test_a_refund_that_fails_after_it_was_there_at_once_keeps_the_fee() -> None:
    story = sold()
    story.does(Refund(40_00, is_instant=True))
    story.does(SettleRefund(story.refund_seq(), is_instant=True))

    story.does(FailRefund(story.refund_seq()))

    assert story.payment.fees_minor == story.balances["expenses:psp:psp:refund"] == 25 + 90


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ([Refund(10_00)], "at normal speed already"),
        ([Refund(10_00, is_instant=True), FallBackRefund(0)], "at normal speed already"),
        ([Refund(10_00, is_instant=True), SettleRefund(0)], "is final"),
        ([Refund(10_00, is_instant=True), FailRefund(0)], "is failed"),
    ],
)
def test_only_a_pending_instant_refund_falls_back(before: list[Refund | SettleRefund], says: str) -> None:
    story = sold()
    for command in before:
        is_refund = isinstance(command, Refund)
        story.does(command if is_refund else type(command)(story.refund_seq()))

    with pytest.raises(Refused, match=says):
        story.does(FallBackRefund(story.refund_seq()))


def test_a_psp_without_instant_refunds_says_so() -> None:
    story = sold(instant_refund=False)

    with pytest.raises(Refused, match=r"psp makes no instant refunds \(instant_refund: no\)"):
        story.does(Refund(is_instant=True))


def test_falling_back_is_a_fact_of_its_own() -> None:
    story = sold()
    story.does(Refund(40_00, is_instant=True))
    story.does(FallBackRefund(story.refund_seq()))

    last = story.facts[-1]
    assert (last.kind, last.fee_minor, story.payment.refund_fees_minor) == (Kind.REFUND_FELL_BACK, -90, 25)
