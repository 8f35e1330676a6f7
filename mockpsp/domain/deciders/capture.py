"""Deciding captures: of a hold, whole or in part, and the sale in one call."""

from mockpsp.domain.commands import (
    Capture,
    CaptureHeld,
    Source,
)
from mockpsp.domain.deciders import acceptance, asynchronous_capture, declined, late_failure
from mockpsp.domain.deciders.authorize import (
    attempt,
    authorization_error,
    await_confirmation,
    checks,
    decline,
    guard_attempt,
    guard_standing,
    is_confirmed_later,
)
from mockpsp.domain.deciders.completed_capture import capture_fact, effects_of_capture
from mockpsp.domain.deciders.expiry import expiry
from mockpsp.domain.decision import Context, Decision, format_amount, hold_lasts
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.profiles import CaptureOutcome, CaptureRest, ExpiredHold, LateCapture, PartialCapture
from mockpsp.domain.psps.tolerance import tolerance_in_words, tolerated
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339

#: Why a capture is declined once the money is assured no more, and with which code.
HONOUR_OVER, _NOT_ASSURED = "honour-period-over", "gateway.declined"


def decide_capture(payment: Payment, command: Capture, context: Context) -> Decision:
    """Claim the money: of the hold if there is one, else authorize and capture in one call."""
    if payment.amount_minor == 0:
        raise Refused(
            codes.INVALID_AMOUNT, "an invoice of zero verifies a card: authorize it, there is nothing to capture"
        )
    if payment.paid_out_minor:
        raise Refused(codes.INVALID_STATE, "this invoice was paid out to a card, so nothing can be captured")
    if payment.authorized_minor > payment.voided_minor:
        return _capture_hold(payment, command, context)
    return _sell(payment, command, context)


def decide_capture_held(payment: Payment, command: CaptureHeld, context: Context) -> Decision:
    """The hold is captured by itself at the moment that was asked for."""
    return _capture_hold(payment, Capture(None, context.gateway), context)


def complete_sale(payment: Payment, context: Context) -> Decision:
    """A sale that was pending goes through, whole; its capture says what was asked for with it."""
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context), is_sale=True)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, payment.amount_minor, notes=payment.notes)
    taken = capture_fact(payment, payment.amount_minor, context, is_final=True, is_sale=True)
    taken = taken._replace(notes=payment.notes)
    return Decision((held, tried, taken), effects=effects_of_capture(payment, taken, context))


def _capture_hold(payment: Payment, command: Capture, context: Context) -> Decision:
    _guard_open(payment, context)
    amount_minor = payment.hold_minor if command.amount_minor is None else command.amount_minor
    acceptance.guard_step(payment, amount_minor, context)
    _guard_over(payment, amount_minor, context)
    is_partial = amount_minor < payment.hold_minor
    if is_partial or payment.captures or payment.capturing:
        _guard_partial(payment, amount_minor, context)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, amount_minor)
    is_late = _is_after_honour(payment, context)
    error_code = context.error_for(_card_error(context, is_partial=is_partial) or (_NOT_ASSURED if is_late else None))
    is_final = not is_partial or _ends(payment, command, context)
    why = declined.honour_over(payment, context) if is_late and error_code == _NOT_ASSURED else None
    if context.profile.capture_outcome is CaptureOutcome.ASYNC:
        return asynchronous_capture.begin_capture(tried, context, is_final=is_final, error_code=error_code, message=why)
    if error_code:
        reason = HONOUR_OVER if why else None
        failed = context.fact(Kind.CAPTURE_DECLINED, amount_minor, error_code=error_code, reason=reason)
        return Decision((tried, declined.explained(failed, why)), error_code=error_code)
    taken = capture_fact(payment, amount_minor, context, is_final=is_final)
    rest_minor = max(0, payment.hold_minor - amount_minor)
    released = (context.fact(Kind.VOIDED, rest_minor),) if is_final and rest_minor else ()
    return Decision((tried, taken, *released), effects=effects_of_capture(payment, taken, context))


def _sell(payment: Payment, command: Capture, context: Context) -> Decision:
    guard_attempt(payment, context)
    if command.source is None:
        raise Refused(
            "request.validation.missing-source",
            "a payment without a hold needs a source: a card, a customer's token or a gateway request",
            field="source",
        )
    amount_minor = payment.amount_minor if command.amount_minor is None else command.amount_minor
    if amount_minor > payment.amount_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"capture of {format_amount(payment, amount_minor)} exceeds the invoice's "
            f"{format_amount(payment, payment.amount_minor)}",
            field="capture_amount",
        )
    is_partial = amount_minor < payment.amount_minor
    acceptance.guard_step(payment, amount_minor, context, field="capture_amount")
    if is_partial:
        _guard_partial(payment, amount_minor, context)
    if is_confirmed_later(command.source, context):
        return _sell_later(payment, command, command.source, context, is_partial=is_partial)
    capture_error = None if context.scripted else _card_error(context, is_partial=is_partial)
    # With a rest to release, or a capture that fails or takes its time, there is a hold for a while, and it is booked.
    is_late = context.profile.capture_outcome is CaptureOutcome.ASYNC
    is_sale = not is_partial and capture_error is None and not is_late
    begun = attempt(payment, command, command.source, context, is_sale=is_sale)
    if begun.error_code is not None:
        return begun
    facts = begun.facts
    if error_code := authorization_error(command.source, context):
        return Decision((*facts, decline(payment, context, error_code)), error_code=error_code)
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context), is_sale=is_sale)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, amount_minor)
    is_final = not is_partial or _ends(payment, command, context)
    if is_late:
        begun = asynchronous_capture.begin_capture(tried, context, is_final=is_final, error_code=capture_error)
        return Decision((*facts, held, *begun.facts), effects=(*expiry(context), *begun.effects))
    if capture_error:
        failed = context.fact(Kind.CAPTURE_DECLINED, amount_minor, error_code=capture_error)
        return Decision((*facts, held, tried, failed), effects=expiry(context), error_code=capture_error)
    taken = capture_fact(payment, amount_minor, context, is_final=is_final, is_sale=is_sale)
    rest_minor = payment.amount_minor - amount_minor
    released = (context.fact(Kind.VOIDED, rest_minor),) if is_final and rest_minor else ()
    lapse = expiry(context, captures=1) if rest_minor and not released else ()
    return Decision(
        (*facts, held, tried, taken, *released), effects=(*lapse, *effects_of_capture(payment, taken, context))
    )


def _sell_later(payment: Payment, command: Capture, source: Source, context: Context, *, is_partial: bool) -> Decision:
    """Ask for a sale that the provider confirms later."""
    if is_partial:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            "a method that confirms later takes the invoice's whole amount, so capture_amount does not go with it",
            field="capture_amount",
        )
    facts = attempt(payment, command, source, context, is_sale=True).facts
    if error_code := authorization_error(source, context):
        return Decision((*facts, decline(payment, context, error_code)), error_code=error_code)
    fails = late_failure.scripted_failure(context.profile.confirmation_delay_ms, context)
    return await_confirmation(payment, source, facts, context, is_sale=True, later=fails)


def _card_error(context: Context, *, is_partial: bool) -> str | None:
    """The decline a card is known to bring about when it is captured, or captured in part."""
    return context.card.capture_error or (context.card.partial_capture_error if is_partial else None)


def _is_after_honour(payment: Payment, context: Context) -> bool:
    """Whether the money was assured for a time that is over, and the PSP then declines captures."""
    profile, held_at_ms = context.profile, payment.authorized_at_ms
    if profile.capture_after_honour is LateCapture.ALLOW or profile.honour_period_ms is None or held_at_ms is None:
        return False
    return context.now_ms > moment_after(profile, held_at_ms, profile.honour_period_ms)


def _guard_open(payment: Payment, context: Context) -> None:
    """Refuse to capture from a hold that is gone, or spoken for."""
    guard_standing(payment)
    if payment.is_hold_expired:
        moment = rfc3339(payment.voided_at_ms or 0)
        if context.profile.expired_hold is ExpiredHold.REFUND and payment.refunds_count:
            moment += f", and {context.gateway} gave it back (expired_hold: refund)"
        raise Refused(
            codes.INVALID_STATE,
            f"the hold ran out at {moment}{hold_lasts(context)}, so nothing can be captured any more; "
            "authorize a new invoice",
        )
    if payment.capturing_final_seq is not None:
        raise Refused(
            codes.INVALID_STATE,
            f"the final capture is under way, as {context.gateway} confirms captures later (capture_outcome: async); "
            "nothing more can be captured unless it fails",
        )
    if payment.is_capture_final:
        raise Refused(
            codes.INVALID_STATE, f"the last capture was final{_why_final(context)}, so nothing is held any more"
        )
    if payment.hold_minor <= 0:
        raise Refused(codes.INVALID_STATE, "nothing is held any more, so nothing can be captured")


def _why_final(context: Context) -> str:
    """What about the PSP made a capture final that may not have asked for it."""
    profile = context.profile
    if profile.partial_capture is PartialCapture.ONCE:
        return f" at {context.gateway} (partial_capture: once)"
    if profile.capture_rest is CaptureRest.RELEASE:
        return f" at {context.gateway} (capture_rest: release; capture_type non-final keeps the rest)"
    return ""


def _guard_over(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse to capture more than is held and the PSP tolerates beyond it."""
    over_capture = context.profile.over_capture
    beyond_minor = tolerated(over_capture, payment.authorized_minor - payment.voided_minor, payment.currency)
    limit_minor = payment.hold_minor + beyond_minor
    if amount_minor <= limit_minor:
        return
    fact = f"over_capture: {tolerance_in_words(over_capture, payment.currency)}"
    held = format_amount(payment, payment.hold_minor)
    if not beyond_minor:
        way_round = "raise the hold first, or take the rest as another payment"
        why = f"exceeds the {held} still held, and {context.gateway} captures no more than that ({fact}); {way_round}"
    else:
        most = format_amount(payment, limit_minor)
        why = (
            f"exceeds the {most} that {context.gateway} captures of {held} still held ({fact}); capture {most} at most"
        )
    raise Refused(codes.INVALID_AMOUNT, f"{format_amount(payment, amount_minor)} {why}", field="amount")


def _guard_partial(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse what this PSP's captures can't do, and say the way round."""
    profile = context.profile
    if profile.partial_capture is PartialCapture.NONE:
        whole_minor = payment.hold_minor or payment.amount_minor
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot capture {format_amount(payment, amount_minor)} of "
            f"{format_amount(payment, whole_minor)} "
            "(partial_capture: none); capture it in full and refund the rest",
            field="capture_amount",
        )
    count = len(payment.captures) + len(payment.capturing)
    if profile.captures_max is not None and count >= profile.captures_max:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} captures a payment at most {profile.captures_max} times (captures_max: "
            f"{profile.captures_max}), and this one was captured {count} times; take the rest as another payment",
        )


def _ends(payment: Payment, command: Capture, context: Context) -> bool:
    """Whether this capture closes the hold: as asked, or as the PSP does by itself."""
    if context.profile.partial_capture is PartialCapture.ONCE:
        return True
    if command.is_final is not None:
        return command.is_final
    return context.profile.capture_rest is CaptureRest.RELEASE
