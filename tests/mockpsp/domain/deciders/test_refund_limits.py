"""Which refunds a PSP makes beside disputes, of which captures, how soon after another, and on a short balance."""

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    FailRefund,
    LoseChargeback,
    OpenChargeback,
    OpenRetrievalRequest,
    Refund,
    SettleCapture,
    WinChargeback,
)
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.psps.profiles import (
    PspProfile,
    RefundBesideDispute,
    RefundRequires,
    RefundShortBalance,
)
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

HOUR_MS = 3_600_000
REFUSE, FULL_ONLY = RefundBesideDispute.REFUSE, RefundBesideDispute.FULL_ONLY


def sold(**facts: object) -> Story:
    story = Story(profile=PspProfile("psp", **facts))  # type: ignore[arg-type]
    story.does(Capture(SOURCE, "psp"))
    return story


def in_parts(*amounts_minor: int, **facts: object) -> Story:
    story = Story(profile=PspProfile("psp", **facts))  # type: ignore[arg-type]
    story.does(Authorize(SOURCE, "psp"))
    for amount_minor in amounts_minor:
        story.does(Capture(None, "psp", amount_minor, is_final=False))
    return story


def refuses(story: Story, command: Refund, *says: str) -> None:
    before = story.payment

    with pytest.raises(Refused) as refused:
        story.does(command)

    for words in says:
        assert words in refused.value.message
    assert story.payment == before


@pytest.mark.parametrize("amount_minor", [None, 10_00])
def test_no_refund_goes_beside_an_open_chargeback_where_the_psp_refuses(amount_minor: int | None) -> None:
    story = sold(refund_while_disputed=REFUSE)
    story.does(OpenChargeback(is_by_hand=True))

    refuses(story, Refund(amount_minor), "a chargeback is open", "(refund_while_disputed: refuse)")


def test_a_won_chargeback_refuses_nothing() -> None:
    story = sold(refund_while_disputed=REFUSE, refund_after_lost=REFUSE)
    story.does(OpenChargeback(is_by_hand=True))
    story.does(WinChargeback())

    story.does(Refund(10_00))

    assert story.payment.refunded_minor == 10_00


def test_no_refund_goes_after_a_loss_where_the_psp_refuses() -> None:
    story = sold(refund_after_lost=REFUSE)
    story.does(OpenChargeback(amount_minor=40_00, is_by_hand=True))
    story.does(LoseChargeback())

    refuses(story, Refund(10_00), "its chargeback was lost", "(refund_after_lost: refuse)")


def test_beside_an_inquiry_all_of_the_rest_goes_and_no_part_of_it() -> None:
    story = sold(refund_while_retrieval=FULL_ONLY)
    story.does(Refund(10_00))
    story.does(OpenRetrievalRequest())

    refuses(story, Refund(89_99), "a retrieval request is open", "(refund_while_retrieval: full_only): 90.00 EUR")
    story.does(Refund())

    assert story.payment.refunded_minor == 100_00


def test_by_default_a_disputed_payment_is_refunded_and_the_money_is_lost_twice() -> None:
    story = sold()
    story.does(OpenChargeback(is_by_hand=True))

    story.does(Refund())

    assert story.payment.refunded_minor == 100_00


def test_on_a_short_balance_a_refund_is_declined_and_only_the_failed_operation_is_kept() -> None:
    story = sold(refund_short_balance=RefundShortBalance.REFUSE)
    story.balances["assets:psp:psp:pending"] -= 1

    decision = story.does(Refund())

    assert decision.error_code == "gateway.declined"
    assert [fact.kind for fact in decision.facts] == [Kind.REFUND_ATTEMPTED, Kind.REFUND_DECLINED]
    assert decision.facts[-1].reason == "insufficient_merchant_balance"
    assert decision.message == (
        "The provider declined: psp's balance of 0.00 EUR settled and 99.99 EUR unsettled does not cover the refund of "
        "100.00 EUR and its fee (refund_short_balance: refuse); let captures settle, or add to the balance "
        "(balance.add), or refund less"
    )
    assert (story.payment.refunded_minor, story.refunds) == (0, {})


def test_on_a_balance_that_covers_it_the_refund_is_made() -> None:
    story = sold(refund_short_balance=RefundShortBalance.REFUSE)

    story.does(Refund())

    assert story.payment.refunded_minor == 100_00


def test_a_second_refund_of_the_same_amount_is_a_duplicate_for_a_while() -> None:
    story = sold(duplicate_refund_window_ms=HOUR_MS)
    story.does(Refund(10_00))
    story.now_ms += HOUR_MS - 60_000

    refuses(story, Refund(10_00), "(duplicate_refund_window: 1h)", "wait 1m more")
    story.does(Refund(10_01))
    story.now_ms += 60_000
    story.does(Refund(10_00))

    assert story.payment.refunded_minor == 30_01


def test_a_refund_that_failed_is_repeated_at_once() -> None:
    story = sold(duplicate_refund_window_ms=HOUR_MS)
    story.does(Refund(10_00))
    story.does(FailRefund(next(iter(story.refunds))))

    story.does(Refund(10_00))

    assert story.payment.refunded_minor == 10_00


def test_a_refund_is_made_of_the_oldest_capture_that_has_enough() -> None:
    story = in_parts(30_00, 50_00, 20_00, refund_per_capture=True)

    story.does(Refund(40_00))

    assert [part.refunded_minor for part in story.payment.captures] == [0, 40_00, 0]


def test_a_refund_of_more_than_any_capture_has_is_refused() -> None:
    story = in_parts(30_00, 50_00, 20_00, refund_per_capture=True)

    refuses(story, Refund(50_01), "(refund_per_capture: yes)", "none of this payment's 3 has more than 50.00 EUR left")
    refuses(story, Refund(), "refund_per_capture")
    for amount_minor in (50_00, 30_00, 20_00):
        story.does(Refund(amount_minor))

    assert story.payment.available_minor == 0


def test_without_that_fact_a_refund_is_made_of_several() -> None:
    story = in_parts(30_00, 50_00)

    story.does(Refund(40_00))

    assert [part.refunded_minor for part in story.payment.captures] == [30_00, 10_00]


def test_a_refund_needs_captures_that_have_settled_where_the_psp_says_so() -> None:
    story = in_parts(30_00, 50_00, refund_requires=RefundRequires.SETTLED)
    refuses(story, Refund(1), "psp refunds what has settled (refund_requires: settled); wait until the rest settles")
    story.does(SettleCapture(story.payment.captures[1].seq))

    refuses(story, Refund(50_01), "(refund_requires: settled), which of this payment is 50.00 EUR")
    story.does(Refund(50_00))

    assert [part.refunded_minor for part in story.payment.captures] == [0, 50_00]
