"""Deciding captures: of a hold, whole or in part, and the sale in one call."""

from mockpsp.domain import codes
from mockpsp.domain.authorize import (
    attempt,
    authorization_error,
    awaited,
    checks,
    decline,
    expiry,
    guard_attempt,
    guard_hold,
    is_awaited,
)
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import (
    Capture,
    CaptureHeld,
    LoseChargeback,
    OpenChargeback,
    OpenRetrievalRequest,
    SendFraudNotification,
    SettleCapture,
    Source,
    WinChargeback,
)
from mockpsp.domain.decision import Context, Decision, Effect, money
from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.fees import CAPTURE, charge_for
from mockpsp.domain.payment import Payment
from mockpsp.domain.profiles import CaptureRest, PartialCapture


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
    """A sale that was pending goes through, whole."""
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context), is_sale=True)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, payment.amount_minor)
    taken = _captured(payment, payment.amount_minor, context, is_final=True, is_sale=True)
    return Decision((held, tried, taken), effects=_after_capture(payment, taken, context))


def _capture_hold(payment: Payment, command: Capture, context: Context) -> Decision:
    if payment.is_capture_final or payment.hold_minor <= 0:
        raise Refused(codes.INVALID_STATE, "nothing is held any more, so nothing can be captured")
    amount_minor = payment.hold_minor if command.amount_minor is None else command.amount_minor
    guard_hold(payment, amount_minor)
    is_partial = amount_minor < payment.hold_minor
    if is_partial or payment.captures:
        _guard_partial(payment, amount_minor, context)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, amount_minor)
    if error_code := context.error_for(_card_error(context, is_partial=is_partial)):
        failed = context.fact(Kind.CAPTURE_DECLINED, amount_minor, error_code=error_code)
        return Decision((tried, failed), error_code=error_code)
    is_final = not is_partial or _ends(payment, command, context)
    taken = _captured(payment, amount_minor, context, is_final=is_final)
    rest_minor = payment.hold_minor - amount_minor
    released = (context.fact(Kind.VOIDED, rest_minor),) if is_final and rest_minor else ()
    return Decision((tried, taken, *released), effects=_after_capture(payment, taken, context))


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
            f"capture of {money(payment, amount_minor)} exceeds the invoice's {money(payment, payment.amount_minor)}",
            field="capture_amount",
        )
    is_partial = amount_minor < payment.amount_minor
    if is_partial:
        _guard_partial(payment, amount_minor, context)
    if is_awaited(command.source, context):
        return _sell_later(payment, command, command.source, context, is_partial=is_partial)
    capture_error = None if context.scripted else _card_error(context, is_partial=is_partial)
    # With a rest to release or a capture that fails there is a hold for a while, and it is booked.
    is_sale = not is_partial and capture_error is None
    begun = attempt(payment, command, command.source, context, is_sale=is_sale)
    if begun.error_code is not None:
        return begun
    facts = begun.facts
    if error_code := authorization_error(command.source, context):
        return Decision((*facts, decline(payment, context, error_code)), error_code=error_code)
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context), is_sale=is_sale)
    tried = context.fact(Kind.CAPTURE_ATTEMPTED, amount_minor)
    if capture_error:
        failed = context.fact(Kind.CAPTURE_DECLINED, amount_minor, error_code=capture_error)
        return Decision((*facts, held, tried, failed), effects=expiry(context), error_code=capture_error)
    is_final = not is_partial or _ends(payment, command, context)
    taken = _captured(payment, amount_minor, context, is_final=is_final, is_sale=is_sale)
    rest_minor = payment.amount_minor - amount_minor
    released = (context.fact(Kind.VOIDED, rest_minor),) if is_final and rest_minor else ()
    lapse = expiry(context) if rest_minor and not released else ()
    return Decision((*facts, held, tried, taken, *released), effects=(*lapse, *_after_capture(payment, taken, context)))


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
    return awaited(payment, source, facts, context, is_sale=True)


def _card_error(context: Context, *, is_partial: bool) -> str | None:
    """The decline a card is known to bring about when it is captured, or captured in part."""
    return context.card.capture_error or (context.card.partial_capture_error if is_partial else None)


def _guard_partial(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse what this PSP's captures can't do, and say the way round."""
    profile = context.profile
    if profile.partial_capture is PartialCapture.NONE:
        whole_minor = payment.hold_minor or payment.amount_minor
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot capture {money(payment, amount_minor)} of {money(payment, whole_minor)} "
            "(partial_capture: none); capture it in full and refund the rest",
            field="capture_amount",
        )
    if profile.captures_max is not None and len(payment.captures) >= profile.captures_max:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} captures a payment at most {profile.captures_max} times (captures_max)",
        )


def _ends(payment: Payment, command: Capture, context: Context) -> bool:
    """Whether this capture closes the hold: as asked, or as the PSP does by itself."""
    if context.profile.partial_capture is PartialCapture.ONCE:
        return True
    if command.is_final is not None:
        return command.is_final
    return context.profile.capture_rest is CaptureRest.RELEASE


def _captured(payment: Payment, amount_minor: int, context: Context, *, is_final: bool, is_sale: bool = False) -> Fact:
    fee_minor = charge_for(CAPTURE, context.profile, amount_minor, payment.currency)
    return context.fact(Kind.CAPTURED, amount_minor, fee_minor=fee_minor, is_final=is_final, is_sale=is_sale)


def _after_capture(payment: Payment, taken: Fact, context: Context) -> tuple[Effect, ...]:
    """Settlement after the PSP's delay; with the first capture, what the card is known to bring."""
    profile, now_ms = context.profile, context.now_ms
    settles = Effect(now_ms + profile.settlement_delay_ms, SettleCapture(taken.seq))
    if payment.captures or context.card.then is None:
        return (settles,)
    dispute_at_ms = now_ms + profile.chargeback_delay_ms
    outcome = WinChargeback() if profile.chargeback_contestable else LoseChargeback()
    by_behaviour = {
        "chargeback": (Effect(dispute_at_ms, OpenChargeback()),),
        "chargeback_failed": (Effect(dispute_at_ms, OpenChargeback()), Effect(dispute_at_ms, outcome)),
        "retrieval_request": (Effect(now_ms, OpenRetrievalRequest()),),
        "fraud_notification": (Effect(now_ms, SendFraudNotification()),),
    }
    return (settles, *by_behaviour[context.card.then])
