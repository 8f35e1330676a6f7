"""Disputes: answered or not, won or lost, and what each step costs."""

import pytest

from mockpsp.domain.commands import (
    Capture,
    Command,
    ContestChargeback,
    FailRefund,
    LoseChargeback,
    OpenChargeback,
    Refund,
    SettleCapture,
    WinChargeback,
)
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Dispute, Status
from mockpsp.domain.psps.profiles import Fee, FeeIfWon, FeeWhen, PspProfile, RefundShortBalance
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story


def disputed(**facts: object) -> Story:
    """100.00 EUR captured and disputed at a PSP that takes 15 for the dispute and 20 for the answer."""
    fees = {"chargeback_fee": Fee(0, {"EUR": 15_00}), "countered_fee": Fee(0, {"EUR": 20_00})}
    story = Story(profile=PspProfile("psp", **{**fees, **facts}))
    story.does(Capture(SOURCE, "psp"))
    story.does(OpenChargeback())
    return story


@pytest.mark.parametrize(
    ("facts", "steps", "costs_minor"),
    [
        ({}, [], 15_00),
        ({}, [ContestChargeback()], 35_00),
        ({}, [ContestChargeback(), WinChargeback()], 15_00),
        ({}, [ContestChargeback(), LoseChargeback()], 35_00),
        ({}, [LoseChargeback()], 15_00),
        ({"countered_fee_if_won": FeeIfWon.KEEP}, [ContestChargeback(), WinChargeback()], 35_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, [ContestChargeback(), WinChargeback()], 0),
        ({"chargeback_fee_when": FeeWhen.LOST}, [ContestChargeback(), WinChargeback()], 0),
        ({"chargeback_fee_when": FeeWhen.LOST}, [ContestChargeback(), LoseChargeback()], 35_00),
    ],
)
def test_what_a_dispute_costs_by_how_it_goes(facts: dict[str, object], steps: list[Command], costs_minor: int) -> None:
    story = disputed(**facts)

    for step in steps:
        story.does(step)

    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_a_chargeback_is_answered_once() -> None:
    story = disputed()
    story.does(ContestChargeback())

    with pytest.raises(Refused, match="a chargeback nobody answered"):
        story.does(ContestChargeback())


def test_a_chargeback_that_nobody_can_win_is_not_answered() -> None:
    story = disputed(chargeback_contestable=False)

    with pytest.raises(Refused, match="chargeback_contestable: no"):
        story.does(ContestChargeback())


def test_only_an_open_chargeback_is_answered() -> None:
    story = disputed()
    story.does(LoseChargeback())

    with pytest.raises(Refused, match="needs an open chargeback"):
        story.does(ContestChargeback())


@pytest.mark.parametrize(
    ("facts", "costs_minor"),
    [
        ({}, 15_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, 15_00),
        ({"chargeback_fee_when": FeeWhen.LOST}, 15_00),
    ],
)
def test_a_second_presentment_that_is_lost_costs_the_dispute_fee_once(
    facts: dict[str, object], costs_minor: int
) -> None:
    story = disputed(second_chargeback=True, countered_fee=Fee(0, {}), **facts)
    story.does(WinChargeback())

    story.does(OpenChargeback())
    story.does(LoseChargeback())

    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_a_second_presentment_that_is_won_gives_its_fee_back_too() -> None:
    story = disputed(second_chargeback=True, chargeback_fee_if_won=FeeIfWon.RETURN, countered_fee=Fee(0, {}))
    story.does(WinChargeback())

    story.does(OpenChargeback())
    story.does(WinChargeback())

    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == 0


def waiting(short_balance: RefundShortBalance) -> Story:
    """100.00 EUR captured and paid out, then refunded: the balance covers nothing of it."""
    story = Story(profile=PspProfile("psp", refund_short_balance=short_balance))
    story.does(Capture(SOURCE, "psp"))
    story.does(SettleCapture())
    story.balances["assets:psp:psp:available"] -= 100_00
    story.does(Refund())
    assert story.payment.refund_waiting_minor == 100_00
    return story


@pytest.mark.parametrize("short_balance", [RefundShortBalance.WAIT, RefundShortBalance.FAIL])
@pytest.mark.parametrize("is_by_hand", [False, True])
def test_a_refund_that_only_waits_averts_no_dispute_and_fails_before_it(
    short_balance: RefundShortBalance, is_by_hand: bool
) -> None:
    story = waiting(short_balance)

    decision = story.does(OpenChargeback(is_by_hand=is_by_hand))

    assert [fact.kind for fact in decision.facts] == [Kind.REFUND_FAILED, Kind.CHARGEBACK_OPENED]
    assert decision.facts[0].reason == "disputed_meanwhile"
    assert story.refunds[story.refund_seq()].state == "failed"
    assert (story.payment.disputed_minor, story.payment.refunded_minor) == (100_00, 0)
    with pytest.raises(Refused, match="this one has failed already"):
        story.does(FailRefund(story.refund_seq()))


def test_the_cards_own_dispute_is_averted_by_what_left_the_balance_alone() -> None:
    story = Story()
    story.does(Capture(SOURCE, "psp"))
    story.does(Refund())

    story.does(OpenChargeback())

    assert story.payment.dispute is Dispute.AVERTED


@pytest.mark.parametrize(
    ("refunded_minor", "amount_minor", "disputed_minor"),
    [(100_00, None, 100_00), (30_00, None, 70_00), (100_00, 25_00, 25_00), (30_00, 100_00, 100_00)],
)
def test_a_dispute_opened_by_hand_opens_whatever_was_refunded(
    refunded_minor: int, amount_minor: int | None, disputed_minor: int
) -> None:
    story = Story()
    story.does(Capture(SOURCE, "psp"))
    story.does(Refund(refunded_minor))

    story.does(OpenChargeback(amount_minor, is_by_hand=True))

    assert story.payment.status is Status.CHARGEBACK_INITIATED
    assert story.payment.disputed_minor == disputed_minor
