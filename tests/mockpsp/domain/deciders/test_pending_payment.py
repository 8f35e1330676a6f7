"""Payments whose method takes its time, and payouts: what is decided, folded and booked."""

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    CaptureHeld,
    ConfirmPayment,
    FailPayment,
    GatewayRequest,
    Payout,
    Refund,
    SettleCapture,
    Source,
    Void,
)
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps.profiles import CardBehaviour, Confirmation, PayoutShortBalance, PspProfile
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000
DEBIT = PspProfile("psp", confirmation=Confirmation.ASYNC, confirmation_delay_ms=3 * DAY_MS)


def source(error_code: str | None = None, *, is_pending: bool = False) -> Source:
    return Source(request=GatewayRequest("psp", "test-valid", error_code, is_pending))


def pending_sale() -> Story:
    story = Story(DEBIT)
    story.does(Capture(source(), "psp"))
    return story


def test_a_slow_method_leaves_the_payment_pending_and_its_end_on_the_agenda() -> None:
    story = Story(DEBIT)

    decision = story.does(Capture(source(), "psp"))

    assert story.payment.status is Status.PENDING
    assert [(effect.due_at_ms, effect.command) for effect in decision.effects] == [(3 * DAY_MS, ConfirmPayment(1))]
    assert story.books() == {}


def test_a_confirmed_sale_is_captured_and_booked_once() -> None:
    story = pending_sale()

    story.does(ConfirmPayment(1))

    assert (story.payment.status, story.payment.captured_minor) == (Status.COMPLETED, 100_00)
    assert story.books() == {"assets:psp:psp:pending": 100_00, "income:sales": -100_00}


def test_a_failed_sale_leaves_no_trace_in_the_books_and_may_be_tried_again() -> None:
    story = pending_sale()

    story.does(FailPayment(1, "customer.cancelled"))
    assert (story.payment.status, story.payment.error_code) == (Status.FAILED, "customer.cancelled")
    assert story.books() == {}

    story.does(Capture(source(), "psp"))
    assert (story.payment.status, story.payment.attempts_count) == (Status.PENDING, 2)


def test_the_end_of_an_attempt_that_is_over_is_not_the_next_ones() -> None:
    story = pending_sale()
    story.does(FailPayment())
    story.does(Capture(source(), "psp"))

    with pytest.raises(Refused, match="attempt 1, which is over"):
        story.does(ConfirmPayment(1))


@pytest.mark.parametrize("command", [ConfirmPayment(), FailPayment(attempt=1)])
def test_what_is_not_pending_is_neither_confirmed_nor_failed(command: ConfirmPayment | FailPayment) -> None:
    story = Story()
    story.does(Capture(SOURCE, "psp"))

    with pytest.raises(Refused, match="needs a pending payment; this one is completed"):
        story.does(command)


@pytest.mark.parametrize(
    "command", [Capture(SOURCE, "psp"), Authorize(SOURCE, "psp"), Void(), Refund(), Payout(SOURCE, "psp")]
)
def test_a_pending_payment_takes_nothing_else(command: Capture) -> None:
    story = pending_sale()

    with pytest.raises(Refused, match="this payment is pending"):
        story.does(command)


def test_a_pending_authorization_is_confirmed_into_a_hold() -> None:
    story = Story()
    story.does(Authorize(source(is_pending=True), "psp"))

    story.does(ConfirmPayment())

    assert (story.payment.status, story.payment.hold_minor) == (Status.AUTHORIZED, 100_00)


def test_a_method_that_confirms_later_takes_the_whole_amount() -> None:
    with pytest.raises(Refused, match="whole amount"):
        Story(DEBIT).does(Capture(source(), "psp", 40_00))


def test_a_method_that_declines_at_once_does_so_at_a_slow_psp_too() -> None:
    story = Story(DEBIT)

    decision = story.does(Capture(source("gateway.declined"), "psp"))

    assert (decision.error_code, story.payment.status) == ("gateway.declined", Status.FAILED)


def test_one_that_declines_later_is_pending_until_then() -> None:
    decision = Story().does(Capture(source("card.no-money", is_pending=True), "psp"))

    assert decision.effects[0].command == FailPayment(1, "card.no-money")


def test_a_hold_is_captured_by_itself_unless_nothing_is_held_any_more() -> None:
    story = Story()
    decision = story.does(Authorize(SOURCE, "psp", auto_capture_at_ms=DAY_MS))
    assert decision.effects[-1].due_at_ms == DAY_MS

    story.does(CaptureHeld())

    assert story.payment.captured_minor == 100_00
    with pytest.raises(Refused, match="nothing is held"):
        story.does(CaptureHeld())


def test_a_payout_to_a_card_is_money_the_other_way() -> None:
    story = Story()

    story.does(Payout(SOURCE, "psp"))

    assert [(fact.kind, fact.amount_minor) for fact in story.facts] == [
        (Kind.REQUESTED, -100_00),
        (Kind.PAYOUT_ATTEMPTED, -100_00),
        (Kind.PAID_OUT, -100_00),
    ]
    assert story.payment.status is Status.COMPLETED
    assert story.books() == {"expenses:sellers": 100_00, "assets:psp:psp:available": -100_00}


@pytest.mark.parametrize("command", [Capture(SOURCE, "psp"), Refund(), Void(), SettleCapture(), Payout(SOURCE, "psp")])
def test_after_a_payout_nothing_else_goes(command: Capture) -> None:
    story = Story()
    story.does(Payout(SOURCE, "psp"))

    with pytest.raises(Refused):
        story.does(command)


def test_a_declined_payout_moves_nothing_and_the_invoice_may_still_be_paid() -> None:
    story = Story(card=CardBehaviour("visa", authorize_error="card.lost"))
    decision = story.does(Payout(SOURCE, "psp"))
    assert (decision.error_code, story.payment.status, story.books()) == ("card.lost", Status.FAILED, {})

    story.card = CardBehaviour("visa")
    story.does(Capture(SOURCE, "psp"))

    assert (story.payment.is_payout, story.payment.captured_minor) == (False, 100_00)


def test_a_payout_beyond_the_available_balance_is_refused_where_the_psp_advances_nothing() -> None:
    story = Story(PspProfile("psp", payout_short_balance=PayoutShortBalance.FAIL))

    with pytest.raises(Refused, match=r"exceeds the 0\.00 EUR available at psp"):
        story.does(Payout(SOURCE, "psp"))
