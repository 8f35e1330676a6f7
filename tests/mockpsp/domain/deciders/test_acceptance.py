"""What a PSP takes: methods, currencies, amounts between limits and in its own units."""

import pytest

from mockpsp.domain.commands import Authorize, Capture, Increment, Payout, Refund, Void
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.payments.sources import GatewayRequest, Source
from mockpsp.domain.psps.profiles import Fee, PspProfile
from mockpsp.domain.text.codes import INVALID_AMOUNT, INVALID_CURRENCY, OPERATION_NOT_SUPPORTED, Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DINARS = PspProfile("psp", amount_step_minor={"KWD": 10})


def dinars(amount_minor: int) -> Story:
    return Story(profile=DINARS, amount_minor=amount_minor, currency="KWD")


def refused(story: Story, command: object, code: str, *says: str, is_card: bool = True) -> None:
    before = story.payment

    with pytest.raises(Refused) as error:
        story.does(command, is_card=is_card)  # type: ignore[arg-type]

    assert error.value.code == code
    for words in says:
        assert words in error.value.message
    assert story.payment == before


def test_a_dinar_amount_that_does_not_end_in_zero_is_refused_and_the_next_one_goes() -> None:
    refused(dinars(5_124), Capture(SOURCE, "psp"), INVALID_AMOUNT, "5.124 KWD", "(amount_step: 0.010 KWD)", "5.120 KWD")
    story = dinars(5_120)

    story.does(Capture(SOURCE, "psp"))

    assert story.payment.captured_minor == 5_120


@pytest.mark.parametrize("command", [Capture(SOURCE, "psp", 1_001), Void(1_001), Increment(1_001)])
def test_parts_of_a_hold_are_in_the_psps_own_units_too(command: object) -> None:
    story = dinars(5_120)
    story.does(Authorize(SOURCE, "psp", is_incremental=True))

    refused(story, command, INVALID_AMOUNT, "1.001 KWD", "(amount_step: 0.010 KWD)")


def test_a_refund_is_in_the_psps_own_units_too() -> None:
    story = dinars(5_120)
    story.does(Capture(SOURCE, "psp"))

    refused(story, Refund(1_001), INVALID_AMOUNT, "1.000 KWD goes")
    story.does(Refund())

    assert story.payment.refunded_minor == 5_120


def test_a_payout_to_a_card_is_in_the_psps_own_units_too() -> None:
    refused(dinars(5_124), Payout(SOURCE, "psp"), INVALID_AMOUNT, "amount_step")


def test_less_than_the_minimum_is_refused_and_the_minimum_goes() -> None:
    profile = PspProfile("psp", amount_minimum_minor={"EUR": 50})

    refused(Story(profile=profile, amount_minor=49), Authorize(SOURCE, "psp"), INVALID_AMOUNT, "(amount_minimum: 0.50")
    story = Story(profile=profile, amount_minor=50)
    story.does(Authorize(SOURCE, "psp"))

    assert story.payment.status is Status.AUTHORIZED


def test_more_than_the_maximum_is_refused_and_the_maximum_goes() -> None:
    profile = PspProfile("psp", amount_maximum_minor={"EUR": 100_00})

    refused(Story(profile=profile, amount_minor=100_01), Capture(SOURCE, "psp"), INVALID_AMOUNT, "(amount_maximum: 100")
    story = Story(profile=profile)
    story.does(Capture(SOURCE, "psp"))

    assert story.payment.status is Status.COMPLETED


def test_a_hold_is_not_raised_above_the_maximum() -> None:
    story = Story(profile=PspProfile("psp", amount_maximum_minor={"EUR": 100_00}))
    story.does(Authorize(SOURCE, "psp", is_incremental=True))

    refused(story, Increment(1), INVALID_AMOUNT, "100.01 EUR is more than the 100.00 EUR")


def test_nothing_is_verified_below_any_minimum() -> None:
    story = Story(profile=PspProfile("psp", amount_minimum_minor={"EUR": 50}), amount_minor=0)

    story.does(Authorize(SOURCE, "psp"))

    assert story.payment.status is Status.AUTHORIZED


def test_a_currency_that_is_not_among_those_taken_is_refused() -> None:
    story = Story(profile=PspProfile("psp", currencies=("BRL",)))

    refused(story, Capture(SOURCE, "psp"), INVALID_CURRENCY, "psp does not take EUR: its currencies are BRL")


def test_a_currency_without_a_fixed_part_pays_the_rate_alone() -> None:
    story = Story(profile=PspProfile("psp", capture_fee=Fee(14_000, {"USD": 30})))

    story.does(Capture(SOURCE, "psp"))

    assert story.payment.fees_minor == 1_40


def test_a_card_is_refused_where_none_is_taken_and_what_the_method_brings_goes() -> None:
    profile = PspProfile("psp", methods=("bank_debit",))
    story = Story(profile=profile)

    refused(story, Capture(SOURCE, "psp"), OPERATION_NOT_SUPPORTED, "psp takes no cards (methods: bank_debit)")
    story.does(Capture(Source(request=GatewayRequest("psp", "test-valid")), "psp"), is_card=False)

    assert story.payment.status is Status.COMPLETED
    assert story.payment.method == "bank_debit"
