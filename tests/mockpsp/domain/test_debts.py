"""A refund that came back after it looked final is the customer's money: what pays the debt, line by line."""

import pytest

from mockpsp.domain.commands import (
    AcceptChargeback,
    Capture,
    FailPayment,
    FailRefund,
    OpenChargeback,
    Refund,
    ReleaseDebt,
    SettleCapture,
    SettleRefund,
    WinChargeback,
)
from mockpsp.domain.payments import debts
from mockpsp.domain.psps.profiles import PspProfile, RefundOutcome
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

PENDING, OWED = "assets:psp:psp:pending", "liabilities:customers"
REFUNDS, IN_FLIGHT = "income:refunds", "assets:psp:psp:refunds-in-flight"


def came_back(amount_minor: int = 40_00, **facts: object) -> Story:
    """100.00 paid, 40.00 refunded for good, and sent back by the customer's bank."""
    story = Story(profile=PspProfile("psp", **facts))  # type: ignore[arg-type]
    story.does(Capture(SOURCE, "psp"))
    story.does(Refund(amount_minor))
    if facts.get("refund_outcome") is RefundOutcome.ASYNC:
        story.does(SettleRefund(story.refund_seq()))
    story.does(FailRefund(story.refund_seq()))
    return story


def test_what_comes_back_is_at_the_psp_and_owed_to_the_customer() -> None:
    assert came_back().books() == {PENDING: 100_00, "income:sales": -100_00, REFUNDS: 40_00, OWED: -40_00}


def test_what_fails_on_its_way_was_never_the_customers() -> None:
    story = Story(profile=PspProfile("psp", refund_outcome=RefundOutcome.ASYNC))
    story.does(Capture(SOURCE, "psp"))
    story.does(Refund(40_00))
    story.does(FailRefund(story.refund_seq()))

    assert story.books() == {PENDING: 100_00, "income:sales": -100_00}


@pytest.mark.parametrize(
    ("again_minor", "owed_minor", "refunded_minor"), [(25_00, 15_00, 40_00), (40_00, 0, 40_00), (60_00, 0, 60_00)]
)
def test_a_refund_made_again_pays_the_debt_first(again_minor: int, owed_minor: int, refunded_minor: int) -> None:
    story = came_back()

    story.does(Refund(again_minor))

    assert (-story.balances[OWED], story.balances[REFUNDS]) == (owed_minor, refunded_minor)
    assert debts.owed_minor(story.payment) == owed_minor


def test_an_asynchronous_refund_pays_the_debt_once_it_is_final() -> None:
    story = came_back(refund_outcome=RefundOutcome.ASYNC)

    story.does(Refund(60_00))
    assert (story.balances[OWED], story.balances[IN_FLIGHT], story.balances[REFUNDS]) == (-40_00, 60_00, 40_00)

    story.does(SettleRefund(story.refund_seq()))
    assert (story.balances[OWED], story.balances[IN_FLIGHT], story.balances[REFUNDS]) == (0, 0, 60_00)


def test_a_debt_that_is_released_is_the_merchants_money_again() -> None:
    story = came_back()

    story.does(ReleaseDebt())

    assert story.books() == {PENDING: 100_00, "income:sales": -100_00}
    with pytest.raises(Refused, match="this one owes nothing"):
        story.does(ReleaseDebt())


@pytest.mark.parametrize("is_withheld", [True, False])
def test_a_dispute_lost_while_owed_pays_the_debt_first_and_only_the_rest_is_a_loss(is_withheld: bool) -> None:
    story = came_back(chargeback_withheld=is_withheld)
    story.does(SettleCapture())

    story.does(OpenChargeback())
    assert (story.balances[OWED], debts.owed_minor(story.payment)) == (-40_00, 40_00)
    story.does(AcceptChargeback())

    assert story.books() == {"income:sales": -100_00, REFUNDS: 40_00, "expenses:chargebacks": 60_00}
    assert debts.owed_minor(story.payment) == 0


def test_what_comes_back_twice_is_owed_once_more() -> None:
    story = came_back()
    story.does(Refund(40_00))

    story.does(FailRefund(story.refund_seq()))

    assert (story.balances[OWED], story.balances[REFUNDS]) == (-40_00, 40_00)


@pytest.mark.parametrize(
    ("won_minor", "owed_minor", "lost_minor"), [(30_00, 0, 30_00), (60_00, 0, 0), (75_00, 15_00, 0), (100_00, 40_00, 0)]
)
def test_a_lost_dispute_won_after_all_takes_back_the_loss_first_and_then_the_debt(
    won_minor: int, owed_minor: int, lost_minor: int
) -> None:
    story = came_back()
    story.does(OpenChargeback())
    story.does(AcceptChargeback())

    story.does(WinChargeback(amount_minor=won_minor, is_by_hand=True))

    assert (-story.balances[OWED], story.balances["expenses:chargebacks"]) == (owed_minor, lost_minor)
    assert (debts.owed_minor(story.payment), story.balances[PENDING]) == (owed_minor, won_minor)


def test_a_payment_that_comes_back_as_a_whole_leaves_nothing_owed() -> None:
    story = came_back(late_failure_window_ms=None)

    story.does(FailPayment())

    assert (story.books(), debts.owed_minor(story.payment)) == ({}, 0)
