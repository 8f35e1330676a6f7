"""Refunds: what is made, what is refused, and three ways to fail."""

import pytest

from mockpsp.domain.commands import Capture, FailRefund, OpenChargeback, Refund, SettleCapture, SettleRefund
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Dispute, Status
from mockpsp.domain.psps.profiles import (
    CardBehaviour,
    Fee,
    FeeOnRefund,
    PspProfile,
    RefundKind,
    RefundOutcome,
)
from mockpsp.domain.text.codes import INVALID_AMOUNT, OPERATION_NOT_SUPPORTED, Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000


def sold(**more: object) -> Story:
    story = Story(**more)  # type: ignore[arg-type]
    story.does(Capture(SOURCE, "psp"))
    return story


def asynchronous(**more: object) -> Story:
    return sold(profile=PspProfile("psp", refund_outcome=RefundOutcome.ASYNC, refund_delay_ms=DAY_MS), **more)


def test_a_refund_without_an_amount_gives_back_all_that_is_left() -> None:
    story = sold()
    story.does(Refund(40_00))

    story.does(Refund())

    assert story.payment.refunded_minor == 100_00
    assert story.payment.available_minor == 0


def test_of_three_refunds_of_six_on_ten_one_succeeds() -> None:
    story = sold(amount_minor=10_00)
    story.does(Refund(6_00))

    for _ in range(2):
        with pytest.raises(Refused) as refused:
            story.does(Refund(6_00))
        assert refused.value.code == INVALID_AMOUNT
        assert "6.00 EUR exceeds the 4.00 EUR still refundable" in refused.value.message
    assert story.payment.refunded_minor == 6_00


def test_a_refund_with_nothing_left_is_refused() -> None:
    story = sold()
    story.does(Refund())

    with pytest.raises(Refused) as refused:
        story.does(Refund(1))

    assert refused.value.code == INVALID_AMOUNT


def test_a_refund_final_at_once_books_income_against_the_place_of_the_money() -> None:
    story = sold()

    story.does(Refund(40_00))

    assert story.books() == {
        "assets:psp:psp:pending": 60_00,
        "income:sales": -100_00,
        "income:refunds": 40_00,
    }


def test_an_open_refund_is_in_flight_until_it_settles() -> None:
    story = asynchronous()
    story.does(Refund(40_00))
    assert story.balances["assets:psp:psp:refunds-in-flight"] == 40_00
    assert story.payment.refund_pending_minor == 40_00

    story.does(SettleRefund(story.refund_seq()))

    assert story.balances["assets:psp:psp:refunds-in-flight"] == 0
    assert story.balances["income:refunds"] == 40_00
    assert story.payment.refund_pending_minor == 0


def test_a_refund_that_fails_while_open_puts_everything_back() -> None:
    story = asynchronous()
    before = story.books()
    story.does(Refund(40_00))

    story.does(FailRefund(story.refund_seq(), "account_closed"))

    assert story.books() == before
    assert story.payment.available_minor == 100_00
    assert story.payment.status is Status.COMPLETED
    assert story.facts[-1].kind is Kind.REFUND_FAILED
    assert story.facts[-1].reason == "account_closed"


def test_a_refund_that_comes_back_after_it_looked_final_is_owed_to_the_customer() -> None:
    story = sold()
    before = story.books()
    story.does(Refund())
    assert story.payment.status is Status.REFUNDED

    story.does(FailRefund(story.refund_seq()))

    assert story.books() == before | {"income:refunds": 100_00, "liabilities:customers": -100_00}
    assert story.payment.status is Status.COMPLETED
    assert story.payment.refunded_at_ms is None
    assert story.facts[-1].kind is Kind.REFUND_RETURNED


def test_money_that_comes_back_goes_to_where_its_capture_sits_by_then() -> None:
    story = sold()
    story.does(Refund(40_00))
    story.does(SettleCapture())
    assert story.balances["assets:psp:psp:available"] == 60_00

    story.does(FailRefund(story.refund_seq()))

    assert story.balances["assets:psp:psp:available"] == 100_00
    assert story.balances["assets:psp:psp:pending"] == 0


def test_a_refund_fails_once_only() -> None:
    story = sold()
    story.does(Refund())
    story.does(FailRefund(story.refund_seq()))

    with pytest.raises(Refused, match="failed already"):
        story.does(FailRefund(story.refund_seq()))


def test_a_card_that_declines_refunds_leaves_the_failed_operation_and_no_refund() -> None:
    story = sold(card=CardBehaviour(scheme="visa", refund_error="gateway.declined"))

    decision = story.does(Refund())

    assert decision.error_code == "gateway.declined"
    assert [fact.kind for fact in decision.facts] == [Kind.REFUND_ATTEMPTED, Kind.REFUND_DECLINED]
    assert story.refunds == {}
    assert story.payment.available_minor == 100_00


def test_a_scripted_outcome_goes_before_what_the_card_brings() -> None:
    story = sold(card=CardBehaviour(scheme="visa", refund_error="gateway.declined"))
    story.scripted = ScriptedOutcome()

    assert story.does(Refund()).error_code is None


def test_a_scripted_later_failure_is_an_effect_at_its_time() -> None:
    story = sold()
    story.scripted = ScriptedOutcome(fail_after_ms=3 * DAY_MS, reason="account_closed")

    decision = story.does(Refund())

    (effect,) = decision.effects
    assert effect.due_at_ms == 3 * DAY_MS
    assert effect.command == FailRefund(story.refund_seq(), "account_closed")


def test_a_scripted_failure_later_than_the_psp_lets_a_refund_fail_is_refused() -> None:
    profile = PspProfile(
        "psp", refund_outcome=RefundOutcome.ASYNC, refund_delay_ms=2 * DAY_MS, refund_fails_after_final_ms=DAY_MS
    )
    story = sold(profile=profile)
    story.scripted = ScriptedOutcome(fail_after_ms=3 * DAY_MS + 1)
    with pytest.raises(Refused, match="refund_fails_after_final"):
        story.does(Refund())

    story.scripted = ScriptedOutcome(fail_after_ms=3 * DAY_MS)
    assert story.does(Refund()).error_code is None


def test_a_psp_whose_refunds_all_come_back_says_so_later() -> None:
    profile = PspProfile("psp", refund_outcome=RefundOutcome.FINAL_THEN_FAIL, refund_delay_ms=2 * DAY_MS)
    story = sold(profile=profile)

    decision = story.does(Refund())

    assert story.refunds[story.refund_seq()].state == "final"
    assert [(e.due_at_ms, type(e.command)) for e in decision.effects] == [(2 * DAY_MS, FailRefund)]


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (PspProfile("psp", refund=RefundKind.NONE), "refund: none"),
        (PspProfile("psp", refund=RefundKind.FULL), "refund: full"),
        (PspProfile("psp", refunds_max=0), "at most 0"),
        (PspProfile("psp", refund_not_before_ms=7 * DAY_MS), "not before 7d"),
    ],
)
def test_what_a_psp_cannot_refund_is_refused_with_the_capability(profile: PspProfile, says: str) -> None:
    story = sold(profile=profile)

    with pytest.raises(Refused, match=says) as refused:
        story.does(Refund(1_00))

    assert refused.value.code == OPERATION_NOT_SUPPORTED


def test_a_refund_after_the_window_is_refused() -> None:
    story = sold(profile=PspProfile("psp", refund_window_ms=180 * DAY_MS))
    story.now_ms = 180 * DAY_MS
    story.does(Refund(1_00))
    story.now_ms += 1

    with pytest.raises(Refused, match="refund_window"):
        story.does(Refund(1_00))


def test_a_psp_may_refuse_to_refund_again_after_a_failure() -> None:
    story = sold(profile=PspProfile("psp", refund_again_after_failure=False))
    story.does(Refund())
    story.does(FailRefund(story.refund_seq()))

    with pytest.raises(Refused, match="refund_again_after_failure"):
        story.does(Refund())


def test_partial_refunds_return_together_what_one_full_refund_returns() -> None:
    fee = Fee(29_000, {"EUR": 30})
    profile = PspProfile("psp", capture_fee=fee, processing_fee_on_refund=FeeOnRefund.RETURN_ALL)
    whole, thirds = sold(profile=profile), sold(profile=profile)
    whole.does(Refund())

    for amount_minor in (33_33, 33_33, 33_34):
        thirds.does(Refund(amount_minor))

    assert whole.balances["expenses:psp:psp:processing"] == 0
    assert thirds.balances == whole.balances


def test_a_failed_refund_takes_the_returned_fee_back() -> None:
    profile = PspProfile(
        "psp", capture_fee=Fee(29_000, {"EUR": 30}), processing_fee_on_refund=FeeOnRefund.RETURN_VARIABLE_KEEP_FIXED
    )
    story = sold(profile=profile)
    before = story.books()
    story.does(Refund(50_00))
    assert story.balances["expenses:psp:psp:processing"] == 1_75

    story.does(FailRefund(story.refund_seq()))

    assert story.books() == before | {"income:refunds": 50_00, "liabilities:customers": -50_00}


def test_a_dispute_averted_by_a_refund_is_due_again_when_the_refund_fails() -> None:
    story = sold()
    story.does(Refund())
    story.does(OpenChargeback())
    assert story.payment.dispute is Dispute.AVERTED

    decision = story.does(FailRefund(story.refund_seq()))

    assert [type(effect.command) for effect in decision.effects] == [OpenChargeback]
    story.does(OpenChargeback())
    assert story.payment.status is Status.CHARGEBACK_INITIATED
