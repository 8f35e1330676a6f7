"""What looked final fails after all: a confirmed payment comes back, a capture is taken back and restored."""

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    Command,
    ConfirmCapture,
    ExpireAuthorization,
    FailCapture,
    FailPayment,
    FailRefund,
    LoseChargeback,
    OpenChargeback,
    OpenRetrievalRequest,
    Payout,
    Refund,
    RestoreCapture,
    SettleCapture,
    Void,
    WinChargeback,
)
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps.profiles import CaptureOutcome, Fee, PspProfile, RefundShortBalance
from mockpsp.domain.text.codes import Refused
from mockpsp.ledger.payout_items import is_untouched
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000
FEE = Fee(10_000, {"EUR": 20})


def sold(**facts: object) -> Story:
    story = Story(profile=PspProfile("psp", capture_fee=FEE, **facts))  # type: ignore[arg-type]
    story.does(Capture(SOURCE, "psp"))
    return story


def booked(story: Story) -> dict[str, int]:
    return {account.replace("psp:psp:", ""): minor for account, minor in story.balances.items() if minor}


def refuses(story: Story, command: Command, *says: str) -> None:
    before = story.payment

    with pytest.raises(Refused) as refused:
        story.does(command)

    for words in says:
        assert words in refused.value.message
    assert story.payment == before


def test_a_confirmed_payment_comes_back_as_no_sale_and_its_fee_stays() -> None:
    story = sold()

    story.does(FailPayment(None, "customer.disputed", "MS02"))

    payment = story.payment
    assert (payment.status, payment.error_code) == (Status.FAILED, "customer.disputed")
    assert (payment.captured_minor, payment.available_minor, payment.hold_minor, payment.fees_minor) == (0, 0, 0, 120)
    assert payment.captured_at_ms is not None
    assert payment.voided_at_ms is None
    assert booked(story) == {"assets:pending": -120, "expenses:processing": 120}
    assert (story.events[-1], story.facts[-1].reason) == ("transaction.failed", "MS02")


def test_after_it_settled_the_money_is_taken_from_what_is_available() -> None:
    story = sold()
    story.does(SettleCapture())

    story.does(FailPayment())

    assert booked(story) == {"assets:available": -120, "expenses:processing": 120}


def test_before_it_settles_only_its_fee_is_left_to_settle() -> None:
    story = sold()
    story.does(FailPayment())

    story.does(SettleCapture())

    assert booked(story) == {"assets:available": -120, "expenses:processing": 120}


def test_what_was_refunded_before_is_lost_twice_and_failed_ranks_above_refunded() -> None:
    story = sold()
    story.does(Refund(40_00))

    story.does(FailPayment())

    assert (story.payment.status, story.payment.refunded_minor) == (Status.FAILED, 40_00)
    assert booked(story) == {"assets:pending": -41_20, "expenses:processing": 120, "income:refunds": 40_00}


def test_a_refund_that_bounces_afterwards_is_the_merchants_again() -> None:
    story = sold()
    story.does(Refund(40_00))
    story.does(FailPayment())
    (refund_seq,) = story.refunds

    story.does(FailRefund(refund_seq))

    assert (story.payment.status, story.payment.refunded_minor) == (Status.FAILED, 0)
    assert booked(story) == {"assets:pending": -120, "expenses:processing": 120}


def test_refunds_that_wait_for_money_fail_first() -> None:
    story = sold(refund_short_balance=RefundShortBalance.WAIT)
    story.balances["assets:psp:psp:pending"] = 0
    story.does(Refund(40_00))
    assert story.payment.refund_waiting_minor == 40_00

    story.does(FailPayment())

    assert [fact.kind for fact in story.facts[-2:]] == [Kind.REFUND_FAILED, Kind.PAYMENT_RETURNED]
    assert story.facts[-2].reason == "scheme_rejected"
    assert (story.payment.refund_waiting_minor, story.payment.refunded_minor) == (0, 0)


def test_an_open_question_of_the_issuer_ends_and_what_it_held_comes_back_too() -> None:
    story = sold(retrieval_held=True)
    story.does(OpenRetrievalRequest())

    story.does(FailPayment())

    assert story.payment.retrieval_seq is None
    assert story.payment.status is Status.FAILED
    assert booked(story) == {"assets:pending": -120, "expenses:processing": 120}


@pytest.mark.parametrize("command", [FailPayment(), FailCapture()])
@pytest.mark.parametrize("end", [None, LoseChargeback()])
def test_what_the_issuer_has_already_cannot_come_back(command: Command, end: Command | None) -> None:
    story = sold()
    story.does(OpenChargeback(is_by_hand=True))
    if end is not None:
        story.does(end)

    refuses(story, command, "the issuer has the money already")


def test_after_a_dispute_that_was_won_it_may_come_back() -> None:
    story = sold()
    story.does(OpenChargeback(is_by_hand=True))
    story.does(WinChargeback())

    story.does(FailPayment())

    assert story.payment.status is Status.FAILED


@pytest.mark.parametrize(
    "command",
    [Capture(SOURCE, "psp"), Capture(None, "psp"), Authorize(SOURCE, "psp"), Payout(SOURCE, "psp")],
)
def test_no_other_attempt_follows(command: Command) -> None:
    story = sold()
    story.does(FailPayment())

    refuses(story, command, "came back", "make a new invoice")


@pytest.mark.parametrize(
    "command",
    [Refund(), Void(), OpenChargeback(is_by_hand=True), OpenRetrievalRequest(), ExpireAuthorization(), FailPayment()],
)
def test_nor_does_anything_else_happen_to_it(command: Command) -> None:
    story = sold()
    story.does(FailPayment())

    refuses(story, command)


def test_what_is_held_beside_it_is_released() -> None:
    story = Story()
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 40_00, is_final=False))

    story.does(FailPayment())

    assert (story.payment.voided_minor, story.payment.hold_minor, story.payment.status) == (60_00, 0, Status.FAILED)
    assert {account: minor for account, minor in story.balances.items() if minor} == {}


def test_where_no_payment_fails_late_the_fact_is_named() -> None:
    refuses(sold(late_failure_window_ms=0), FailPayment(), "(late_failure_window: 0s)", "chargeback.open")


def test_a_failure_planned_for_the_pending_payment_does_not_undo_what_was_confirmed() -> None:
    refuses(sold(), FailPayment(attempt=1), "needs a pending payment")


def test_a_capture_that_was_through_fails_and_may_be_through_again() -> None:
    story = sold()
    story.does(SettleCapture())

    story.does(FailCapture(None, "payment.declined"))

    assert (story.payment.status, story.payment.captured_minor) == (Status.FAILED, 0)
    assert booked(story) == {"assets:available": -120, "expenses:processing": 120}

    story.does(RestoreCapture())

    assert (story.payment.status, story.payment.captured_minor, story.payment.error_code) == (
        Status.COMPLETED,
        100_00,
        None,
    )
    assert booked(story) == {"assets:available": 98_80, "income:sales": -100_00, "expenses:processing": 120}
    assert story.events[-2:] == ["transaction.failed", "transaction.captured"]


def test_only_the_last_capture_fails_and_the_rest_can_still_be_captured_and_refunded() -> None:
    story = Story()
    story.does(Authorize(SOURCE, "psp"))
    for amount_minor in (30_00, 20_00):
        story.does(Capture(None, "psp", amount_minor, is_final=False))

    story.does(FailCapture())

    assert (story.payment.captured_minor, story.payment.hold_minor) == (30_00, 50_00)
    assert story.payment.status is Status.COMPLETED
    story.does(Capture(None, "psp", 50_00))
    story.does(Refund(80_00))
    assert story.payment.available_minor == 0
    story.does(RestoreCapture())
    assert (story.payment.captured_minor, story.payment.available_minor) == (100_00, 20_00)


def test_a_capture_that_fails_while_more_is_held_leaves_the_payment_authorized() -> None:
    story = Story()
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 30_00, is_final=False))

    story.does(FailCapture())

    assert story.payment.status is Status.AUTHORIZED


def test_captures_fail_one_after_the_other_and_come_back_in_reverse() -> None:
    story = Story()
    story.does(Authorize(SOURCE, "psp"))
    for amount_minor in (30_00, 70_00):
        story.does(Capture(None, "psp", amount_minor, is_final=False))
    story.does(FailCapture())
    story.does(FailCapture())
    assert story.payment.status is Status.FAILED

    story.does(RestoreCapture())

    assert [part.amount_minor for part in story.payment.captures] == [30_00, 0]
    assert story.payment.returned_minor == 70_00


def test_where_no_capture_fails_late_or_none_is_tried_again_the_fact_is_named() -> None:
    refuses(sold(capture_fails_after_final_ms=0), FailCapture(), "(capture_fails_after_final: 0s)")
    story = sold(capture_succeeds_again=False)
    story.does(FailCapture())
    refuses(story, RestoreCapture(), "(capture_succeeds_again: no)")


def test_only_a_capture_that_failed_late_is_through_again() -> None:
    refuses(sold(), RestoreCapture(), "none of this payment's did")
    story = sold()
    story.does(FailPayment())
    refuses(story, RestoreCapture(), "this payment failed as a whole")


def test_the_payments_next_payout_is_told_all_of_it() -> None:
    story = sold()
    story.does(FailCapture())
    story.does(RestoreCapture())

    assert not is_untouched(story.payment)


def scripted(days: int, *, is_card: bool = True, **facts: object) -> list[tuple[int, Command]]:
    story = Story(profile=PspProfile("psp", **facts))  # type: ignore[arg-type]
    story.scripted = ScriptedOutcome(fail_after_ms=days * DAY_MS, late_code="customer.disputed", rail_reason="MS02")
    story.does(Capture(SOURCE, "psp"), is_card=is_card)
    assert story.last is not None
    return [
        (effect.due_at_ms // DAY_MS, effect.command)  # type: ignore[misc]
        for effect in story.last.effects
        if not isinstance(effect.command, SettleCapture)
    ]


def test_what_is_scripted_for_a_card_fails_its_capture_and_for_a_debit_the_payment() -> None:
    ((day, fails),) = scripted(3)
    assert (day, type(fails), fails.error_code) == (3, FailCapture, "customer.disputed")  # type: ignore[union-attr]
    assert scripted(3, is_card=False) == [(3, FailPayment(None, "customer.disputed", "MS02"))]


def test_a_capture_that_takes_its_time_is_told_when_it_is_to_fail() -> None:
    facts = {"capture_outcome": CaptureOutcome.ASYNC, "capture_delay_ms": 2 * DAY_MS}

    ((day, ends),) = scripted(5, **facts)
    assert (day, type(ends)) == (2, ConfirmCapture)
    assert (ends.late_at_ms, ends.late_code) == (5 * DAY_MS, "customer.disputed")  # type: ignore[union-attr]

    ((day, fails),) = scripted(1, **facts)
    assert (day, type(fails)) == (1, FailCapture)


@pytest.mark.parametrize(("fact", "is_card"), [("capture_fails_after_final", True), ("late_failure_window", False)])
def test_what_is_scripted_beyond_the_window_is_refused_by_name(fact: str, is_card: bool) -> None:
    scripted(4, is_card=is_card, **{f"{fact}_ms": 4 * DAY_MS})

    with pytest.raises(Refused, match=rf"may fail for 4d more \({fact}: 4d\)"):
        scripted(5, is_card=is_card, **{f"{fact}_ms": 4 * DAY_MS})
