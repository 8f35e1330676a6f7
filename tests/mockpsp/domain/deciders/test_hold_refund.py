"""A hold that runs out may turn into a refund, and its money may be assured for only a part of its life."""

from dataclasses import replace

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    CaptureHeld,
    ConfirmCapture,
    ExpireAuthorization,
    FailCapture,
    FailRefund,
    SettleRefund,
    Void,
    restore_command,
    stored_name,
    stored_values,
)
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps.profiles import CaptureOutcome, ExpiredHold, Fee, LateCapture, PspProfile, RefundOutcome
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000
REFUNDS = PspProfile("psp", expired_hold=ExpiredHold.REFUND, authorization_lifetime_ms=3 * DAY_MS)
LATER = PspProfile(
    "psp",
    expired_hold=ExpiredHold.REFUND,
    authorization_lifetime_ms=3 * DAY_MS,
    refund_outcome=RefundOutcome.ASYNC,
    refund_delay_ms=DAY_MS,
    refund_fee=Fee(0, {"EUR": 25}),
)
ASSURED = PspProfile("psp", honour_period_ms=3 * DAY_MS, capture_after_honour=LateCapture.DECLINE)


def expired(profile: PspProfile) -> Story:
    story = Story(profile=profile)
    story.does(Authorize(SOURCE, "psp"))
    story.does(ExpireAuthorization())
    return story


def test_the_hold_is_released_and_given_back_as_a_refund_that_moves_no_money() -> None:
    story = expired(REFUNDS)

    payment = story.payment
    assert (payment.status, payment.refunded_minor, payment.voided_minor) == (Status.REFUNDED, 100_00, 100_00)
    assert (payment.captured_minor, payment.captured_at_ms) == (0, None)
    assert story.events[-2:] == ["transaction.voided", "transaction.refunded"]
    assert story.books() == {}


def test_where_refunds_take_their_time_so_does_this_one_and_it_costs_nothing() -> None:
    story = expired(LATER)
    assert story.events[-2:] == ["transaction.voided", "transaction.operation.refund.pending"]
    assert story.last is not None
    assert [(effect.due_at_ms, type(effect.command)) for effect in story.last.effects] == [(DAY_MS, SettleRefund)]

    story.does(SettleRefund(story.refund_seq()))

    assert (story.payment.refund_pending_minor, story.payment.fees_minor) == (0, 0)
    assert story.events[-1] == "transaction.refunded"
    assert story.books() == {}


@pytest.mark.parametrize("profile", [REFUNDS, LATER])
def test_one_that_fails_leaves_a_hold_that_was_voided(profile: PspProfile) -> None:
    story = expired(profile)

    story.does(FailRefund(story.refund_seq()))

    assert (story.payment.status, story.payment.refunded_minor) == (Status.VOIDED, 0)
    assert story.payment.refund_waiting_minor == 0
    assert story.books() == {}


def test_after_it_nothing_can_be_captured_and_the_fact_is_named() -> None:
    with pytest.raises(Refused, match=r"nothing is left to capture.*\(expired_hold: refund\)"):
        expired(REFUNDS).does(Capture(None, "psp"))


def test_what_was_voided_before_is_not_given_back_twice() -> None:
    story = Story(profile=REFUNDS)
    story.does(Authorize(SOURCE, "psp"))
    story.does(Void(30_00))

    story.does(ExpireAuthorization())

    assert story.payment.refunded_minor == 70_00


def test_the_rest_of_a_hold_that_was_captured_in_part_is_only_released() -> None:
    story = Story(profile=REFUNDS)
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 40_00, is_final=False))

    story.does(ExpireAuthorization())

    assert (story.payment.status, story.payment.refunded_minor) == (Status.COMPLETED, 0)


@pytest.mark.parametrize(("ends", "refunded_minor"), [(FailCapture, 100_00), (ConfirmCapture, 0)])
def test_a_capture_under_way_decides_it(ends: type, refunded_minor: int) -> None:
    facts = {"capture_outcome": CaptureOutcome.ASYNC, "expired_hold": ExpiredHold.REFUND}
    story = Story(profile=PspProfile("psp", **facts))  # type: ignore[arg-type]
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp"))
    story.does(ExpireAuthorization())
    assert not story.refunds

    story.does(ends())

    assert story.payment.refunded_minor == refunded_minor
    assert story.payment.hold_minor == 0


@pytest.mark.parametrize(("age_ms", "is_declined"), [(3 * DAY_MS, False), (3 * DAY_MS + 1, True)])
@pytest.mark.parametrize("command", [Capture(None, "psp"), CaptureHeld()])
def test_a_capture_after_the_honour_period_is_declined(
    age_ms: int, is_declined: bool, command: Capture | CaptureHeld
) -> None:
    story = Story(profile=ASSURED)
    story.does(Authorize(SOURCE, "psp"))
    story.now_ms += age_ms

    decided = story.does(command)

    assert bool(decided.error_code) is is_declined
    if is_declined:
        assert (story.facts[-1].kind, story.facts[-1].reason) == (Kind.CAPTURE_DECLINED, "honour-period-over")
        assert story.payment.hold_minor == 100_00
        assert decided.message == (
            "The provider declined: psp assures a hold for 3d (honour_period: 3d) and declines later captures "
            "(capture_after_honour: decline); this one could be captured until 1970-01-04T00:00:00Z: authorize a new "
            "invoice, and capture it in time"
        )


def test_one_that_takes_its_time_is_declined_with_the_same_words() -> None:
    story = Story(profile=replace(ASSURED, capture_outcome=CaptureOutcome.ASYNC, capture_delay_ms=DAY_MS))
    story.does(Authorize(SOURCE, "psp"))
    story.now_ms += 4 * DAY_MS
    begun = story.does(Capture(None, "psp"))
    ends = begun.effects[-1].command
    assert restore_command(stored_name(ends), stored_values(ends)) == ends

    ended = story.does(ends)  # type: ignore[arg-type]

    assert story.facts[-1].kind is Kind.CAPTURE_FAILED
    assert "(honour_period: 3d)" in str(ended.message)


def test_a_decline_by_the_card_or_a_script_says_what_its_code_says() -> None:
    story = Story(profile=ASSURED)
    story.does(Authorize(SOURCE, "psp"))
    story.now_ms += 10 * DAY_MS
    story.scripted = ScriptedOutcome(error_code="card.declined")

    assert story.does(Capture(None, "psp")).message is None


def test_a_scripted_outcome_lets_it_through() -> None:
    story = Story(profile=ASSURED)
    story.does(Authorize(SOURCE, "psp"))
    story.now_ms += 10 * DAY_MS
    story.scripted = ScriptedOutcome()

    assert story.does(Capture(None, "psp")).error_code is None
