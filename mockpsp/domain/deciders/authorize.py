"""Deciding authorizations, increments and the guards that any payment attempt meets."""

from mockpsp.domain.commands import (
    Authorize,
    CaptureHeld,
    Command,
    ConfirmPayment,
    FailPayment,
    Increment,
    Source,
)
from mockpsp.domain.deciders import acceptance, three_d_s, unsupported_features
from mockpsp.domain.deciders.expiry import expiry
from mockpsp.domain.decision import Context, Decision, Effect, format_amount
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.profiles import Confirmation
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

#: Card checks after an authorization that says nothing else.
_PASSED = {"cvc": "passed", "avs": "passed", "avs_postal": "passed", "avs_street": "passed", "avs_name": "passed"}

#: (postcode, street) -> what the address check says as a whole.
_AVS_BY_PARTS = {
    ("failed", "failed"): "failed",
    ("failed", "passed"): "failed-postal-passed-address",
    ("passed", "failed"): "failed-address-passed-postal",
}
_AVS_FAILED = {"avs": "failed", "avs_postal": "failed", "avs_street": "failed"}
#: (scheme, what the issuer recommends) -> the network's own code for it.
_ADVICE: dict[tuple[str, str | None], str] = {("mastercard", "do-not-retry"): "03"}
#: Decline -> the checks that failed with it.
_CHECKS_BY_DECLINE: dict[str, dict[str, str]] = {
    "card.failed-cvc": {"cvc": "failed"},
    "card.failed-avs": _AVS_FAILED,
    "card.failed-cvc-and-avs": {"cvc": "failed", **_AVS_FAILED},
    "card.failed-avs-postal": {"avs": "failed-postal-passed-address", "avs_postal": "failed"},
    "card.failed-avs-address": {"avs": "failed-address-passed-postal", "avs_street": "failed"},
}


def decide_authorize(payment: Payment, command: Authorize, context: Context) -> Decision:
    """Hold the amount, or record the issuer's decline. A PSP without holds is told apart before anything happens."""
    guard_attempt(payment, context)
    if not context.profile.authorize:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} does not hold money (authorize: no); capture the invoice directly instead",
        )
    is_incremental = unsupported_features.is_incremental(is_wanted=command.is_incremental, context=context)
    begun = attempt(payment, command, command.source, context, is_incremental=is_incremental)
    if begun.error_code is not None:
        return begun
    facts = begun.facts
    if error_code := authorization_error(command.source, context):
        return Decision((*facts, decline(payment, context, error_code)), error_code=error_code)
    automatic = _automatic_capture(command, context)
    if is_confirmed_later(command.source, context):
        return await_confirmation(payment, command.source, facts, context, later=automatic)
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context))
    return Decision((*facts, held), effects=(*expiry(context), *automatic))


def decide_increment(payment: Payment, command: Increment, context: Context) -> Decision:
    """Raise the hold. Only for payments authorized as incremental, and only before the first capture."""
    profile = context.profile
    if not profile.incremental_authorization:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot raise a hold (incremental_authorization: no); "
            "void it and authorize the higher amount instead",
        )
    if not payment.is_incremental:
        raise Refused(
            codes.INVALID_STATE, "this payment was not authorized with incremental: true, so its hold cannot be raised"
        )
    if payment.captured_minor:
        raise Refused(codes.INVALID_STATE, "a hold cannot be raised once part of it is captured")
    if profile.increments_max is not None and payment.increments_count >= profile.increments_max:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} raises a hold at most {profile.increments_max} times (increments_max: "
            f"{profile.increments_max}), declined ones included, and this one was raised {payment.increments_count} "
            "times; take the rest as another payment",
        )
    acceptance.guard_step(payment, command.amount_minor, context)
    acceptance.guard_price(payment._replace(amount_minor=payment.amount_minor + command.amount_minor), context)
    tried = context.fact(Kind.INCREMENT_ATTEMPTED, command.amount_minor)
    if error_code := context.error_for(context.card.increment_error):
        failed = context.fact(Kind.INCREMENT_DECLINED, command.amount_minor, error_code=error_code)
        return Decision((tried, failed), error_code=error_code)
    return Decision((tried, context.fact(Kind.INCREMENTED, command.amount_minor)))


def guard_attempt(payment: Payment, context: Context) -> None:
    """Refuse an attempt that this PSP does not take, or that follows failed 3-D Secure."""
    guard_authenticated(payment)
    acceptance.guard_method(context)
    acceptance.guard_currency(payment, context)
    acceptance.guard_price(payment, context)
    acceptance.guard_step(payment, payment.amount_minor, context)


def guard_authenticated(payment: Payment) -> None:
    """Refuse whatever follows failed 3-D Secure, or money that came back."""
    guard_standing(payment)
    if payment.error_code == three_d_s.FAILED:
        raise Refused(
            codes.INVALID_STATE,
            "the payer failed 3-D Secure on this payment, so no other attempt goes; make a new invoice",
        )


def guard_standing(payment: Payment) -> None:
    """Refuse an attempt after what was captured came back, unless something is still held."""
    if payment.returned and not payment.is_held:
        raise Refused(
            codes.INVALID_STATE,
            f"what was captured of this payment came back ({payment.error_code}), so no other attempt goes; make a new "
            "invoice",
        )


def attempt(
    payment: Payment,
    command: Command,
    source: Source,
    context: Context,
    *,
    is_incremental: bool = False,
    is_sale: bool = False,
) -> Decision:
    """The rows written before the provider answers: the request, 3-D Secure and the authorization attempt.

    An error code in the answer ends the attempt, or makes it wait for the payer.
    """
    rows = context.passed
    if rows is None:
        rows = (request_row(payment, source, context, is_incremental=is_incremental, is_sale=is_sale),)
    begun = three_d_s.begin(payment, command, context, rows)
    if begun.error_code is not None:
        return begun
    tried = context.fact(Kind.AUTHORIZATION_ATTEMPTED, payment.amount_minor, is_sale=is_sale)
    return Decision((*begun.facts, tried))


def request_row(
    payment: Payment, source: Source, context: Context, *, is_incremental: bool = False, is_sale: bool = False
) -> Fact:
    """The row of the request itself."""
    return context.fact(
        Kind.REQUESTED,
        payment.amount_minor,
        gateway=context.gateway,
        card_seq=source.card_seq,
        token_seq=source.token_seq,
        is_incremental=is_incremental,
        is_sale=is_sale,
        by_network_token=context.has_network_token,
        method=_method(context) if source.request else None,
        method_token=source.request.token if source.request else None,
    )


def authorization_error(source: Source, context: Context) -> str | None:
    """The decline this authorization meets, if any."""
    if source.request is not None:
        return context.error_for(None if source.request.is_pending else source.request.error_code)
    card = context.card
    error_code = card.authorize_error or (None if context.is_verification else card.payment_error)
    if error_code is None and context.was_card_authorized:
        error_code = card.next_authorize_error
    return context.error_for(error_code)


def _method(context: Context) -> str:
    """What a gateway request is made with: the first method that is no card, where there is one."""
    methods = context.profile.methods
    return next((method for method in methods if method != acceptance.CARD), methods[0])


def is_confirmed_later(source: Source, context: Context) -> bool:
    """Whether the source's method says later how the payment ends."""
    request = source.request
    return request is not None and (request.is_pending or context.profile.confirmation is Confirmation.ASYNC)


def await_confirmation(
    payment: Payment,
    source: Source,
    facts: tuple[Fact, ...],
    context: Context,
    *,
    is_sale: bool = False,
    later: tuple[Effect, ...] = (),
) -> Decision:
    """The provider took the payment on; how it ends is on the agenda."""
    assert source.request is not None
    taken_on = context.fact(Kind.CONFIRMATION_AWAITED, payment.amount_minor, is_sale=is_sale)
    attempt = payment.attempts_count + 1
    error_code = None if context.scripted else source.request.error_code
    end = ConfirmPayment(attempt) if error_code is None else FailPayment(attempt, error_code)
    ends = Effect(moment_after(context.profile, context.now_ms, context.profile.confirmation_delay_ms), end)
    return Decision((*facts, taken_on), effects=(ends, *later))


def decline(payment: Payment, context: Context, error_code: str) -> Fact:
    """The failed authorization."""
    found = {**dict(checks(context)), **_CHECKS_BY_DECLINE.get(error_code, {})}
    advised = context.card.recommendation_code if error_code == context.card.authorize_error else None
    return context.fact(
        Kind.AUTHORIZATION_DECLINED,
        payment.amount_minor,
        error_code=error_code,
        checks=tuple(found.items()),
        recommendation_code=advised,
        merchant_advice_code=_ADVICE.get((context.card.scheme, advised)),
    )


def checks(context: Context) -> tuple[tuple[str, str], ...]:
    """Results of the card checks: all passed, but for what the card is known to fail. Without a CVC none is checked,
    without a card nothing.

    A failed part of the address shows in the whole as well, and a failed whole in both its parts.
    """
    if not context.is_card:
        return ()
    found = {**_PASSED, **({} if context.has_cvc else {"cvc": "unavailable"}), **context.card.checks}
    parts = (found["avs_postal"], found["avs_street"])
    if found["avs"] == "failed":
        found |= {"avs_postal": "failed", "avs_street": "failed"}
    elif found["avs"] == "passed":
        found["avs"] = _AVS_BY_PARTS.get(parts, "passed")
    return tuple(found.items())


def _automatic_capture(command: Authorize, context: Context) -> tuple[Effect, ...]:
    if command.auto_capture_at_ms is None:
        return ()
    return (Effect(max(command.auto_capture_at_ms, context.now_ms), CaptureHeld()),)


def guard_hold(payment: Payment, amount_minor: int) -> None:
    """Refuse to capture or void more than is held."""
    if amount_minor > payment.hold_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"{format_amount(payment, amount_minor)} exceeds the "
            f"{format_amount(payment, payment.hold_minor)} still held",
            field="amount",
        )
