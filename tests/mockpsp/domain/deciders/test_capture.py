"""Captures: of a hold, in part, and the sale in one call."""

import pytest

from mockpsp.domain.commands import Authorize, Capture, ExpireAuthorization, Increment, OpenChargeback, Void
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps.profiles import CaptureRest, CardBehaviour, Fee, PartialCapture, PspProfile
from mockpsp.domain.text.codes import INVALID_AMOUNT, OPERATION_NOT_SUPPORTED, Refused
from tests.mockpsp.domain.payments import SOURCE, Story


def held(**more: object) -> Story:
    story = Story(**more)  # type: ignore[arg-type]
    story.does(Authorize(SOURCE, "psp", is_incremental=True))
    return story


def test_an_authorization_books_a_hold_off_balance() -> None:
    story = held()

    assert story.payment.status is Status.AUTHORIZED
    assert story.books() == {"memo:authorized:psp": 100_00, "memo:customers": -100_00}


def test_a_sale_in_one_call_books_no_hold_and_takes_the_fee() -> None:
    story = Story(profile=PspProfile("psp", capture_fee=Fee(14_000, {"EUR": 25})))

    story.does(Capture(SOURCE, "psp"))

    assert [fact.kind for fact in story.facts] == [
        Kind.REQUESTED,
        Kind.AUTHORIZATION_ATTEMPTED,
        Kind.AUTHORIZED,
        Kind.CAPTURE_ATTEMPTED,
        Kind.CAPTURED,
    ]
    assert story.books() == {
        "assets:psp:psp:pending": 98_35,
        "expenses:psp:psp:processing": 1_65,
        "income:sales": -100_00,
    }


def test_a_void_after_partial_capture_releases_only_the_rest() -> None:
    story = held()
    story.does(Capture(None, "psp", 30_00))

    story.does(Void())

    assert story.payment.voided_minor == 70_00
    assert story.payment.status is Status.COMPLETED
    assert story.balances["memo:customers"] == 0


def test_a_final_partial_capture_releases_the_rest() -> None:
    story = held()

    story.does(Capture(None, "psp", 30_00, is_final=True))

    assert story.payment.hold_minor == 0
    assert story.balances["memo:customers"] == 0


def test_a_psp_that_releases_the_rest_does_so_unless_told_otherwise() -> None:
    story = held(profile=PspProfile("psp", capture_rest=CaptureRest.RELEASE))

    story.does(Capture(None, "psp", 30_00, is_final=False))
    assert story.payment.hold_minor == 70_00
    story.does(Capture(None, "psp", 30_00))

    assert story.payment.hold_minor == 0


def test_a_psp_that_captures_in_part_once_releases_the_rest_even_if_told_to_keep_it() -> None:
    story = held(profile=PspProfile("psp", partial_capture=PartialCapture.ONCE))

    story.does(Capture(None, "psp", 30_00, is_final=False))

    assert story.payment.hold_minor == 0


@pytest.mark.parametrize("is_held", [True, False])
def test_a_psp_without_partial_capture_names_the_way_round(is_held: bool) -> None:
    profile = PspProfile("psp", partial_capture=PartialCapture.NONE)
    story = held(profile=profile) if is_held else Story(profile=profile)

    with pytest.raises(Refused) as refused:
        story.does(Capture(SOURCE, "psp", 30_00))

    assert refused.value.code == OPERATION_NOT_SUPPORTED
    assert refused.value.message == (
        "psp cannot capture 30.00 EUR of 100.00 EUR (partial_capture: none); capture it in full and refund the rest"
    )


def test_more_than_is_held_cannot_be_captured() -> None:
    story = held()

    with pytest.raises(Refused) as refused:
        story.does(Capture(None, "psp", 100_01))

    assert refused.value.code == INVALID_AMOUNT
    assert refused.value.message == (
        "100.01 EUR exceeds the 100.00 EUR still held, and psp captures no more than that (over_capture: none); "
        "raise the hold first, or take the rest as another payment"
    )


def test_captures_are_limited_in_number_where_the_psp_limits_them() -> None:
    story = held(profile=PspProfile("psp", captures_max=2))
    story.does(Capture(None, "psp", 10_00))
    story.does(Capture(None, "psp", 10_00))

    with pytest.raises(Refused, match="at most 2 times"):
        story.does(Capture(None, "psp", 10_00))


def test_a_card_whose_captures_fail_leaves_the_hold() -> None:
    story = Story(card=CardBehaviour(scheme="visa", capture_error="gateway.declined"))

    decision = story.does(Capture(SOURCE, "psp"))

    assert decision.error_code == "gateway.declined"
    assert story.payment.status is Status.AUTHORIZED
    assert story.balances["memo:authorized:psp"] == 100_00


def test_a_declined_payment_can_be_tried_again_with_another_card() -> None:
    story = Story(card=CardBehaviour(scheme="visa", authorize_error="card.no-money"))
    story.does(Capture(SOURCE, "psp"))
    assert story.payment.status is Status.FAILED
    assert story.payment.error_code == "card.no-money"
    story.card = CardBehaviour(scheme="visa")

    story.does(Capture(SOURCE, "psp"))

    assert story.payment.status is Status.COMPLETED
    assert story.payment.error_code is None
    assert story.payment.attempts_count == 2


def test_a_hold_that_expires_is_voided_and_cannot_be_captured() -> None:
    story = held()

    story.does(ExpireAuthorization())

    assert story.payment.status is Status.VOIDED
    assert story.balances["memo:customers"] == 0
    with pytest.raises(Refused):
        story.does(Capture(None, "psp"))


def test_an_increment_raises_amount_and_hold() -> None:
    story = held()

    story.does(Increment(5_00))

    assert story.payment.amount_minor == 105_00
    assert story.payment.hold_minor == 105_00
    assert story.balances["memo:authorized:psp"] == 105_00


def test_a_psp_that_does_not_hold_says_what_to_do_instead() -> None:
    story = Story(profile=PspProfile("psp", authorize=False))

    with pytest.raises(Refused, match="capture the invoice directly"):
        story.does(Authorize(SOURCE, "psp"))


def test_a_currency_without_a_price_is_refused_before_anything_happens() -> None:
    story = Story(profile=PspProfile("psp", capture_fee=Fee(rate_ppm_by_currency={"USD": 14_000})))

    with pytest.raises(Refused, match="does not take EUR"):
        story.does(Capture(SOURCE, "psp"))

    assert story.facts == []


def test_a_card_that_brings_a_dispute_arms_it_with_the_first_capture_only() -> None:
    story = held(card=CardBehaviour(scheme="visa", then="chargeback"))

    first = story.does(Capture(None, "psp", 30_00))
    second = story.does(Capture(None, "psp", 30_00))

    assert OpenChargeback() in [effect.command for effect in first.effects]
    assert OpenChargeback() not in [effect.command for effect in second.effects]
