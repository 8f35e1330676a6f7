"""Deciding what a payer does in 3-D Secure, and the authentication that stands alone. Read three_d_s.py first.

While the payer is asked, the payment waits: nothing is held or captured. When the challenge is passed, the action that
met it goes on in the same commit, with the parameters it was called with.
"""

from mockpsp.domain.commands import (
    AbandonChallenge,
    Authenticate,
    Capture,
    ExpireChallenge,
    FailChallenge,
    FingerprintDevice,
    PassChallenge,
)
from mockpsp.domain.deciders import authorize, capture, three_d_s, unsupported_features
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Challenge, Payment
from mockpsp.domain.psps.profiles import Fingerprint, ThreeDSCard
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_authenticate(payment: Payment, command: Authenticate, context: Context) -> Decision:
    """Authenticate the holder for an attempt that comes later with the same card."""
    authorize.guard_attempt(payment, context)
    if payment.authenticated_card_seq == command.source.card_seq:
        return Decision(())
    if command.source.card_seq is None:
        raise Refused(
            "request.source.invalid",
            "source: only a card, or a token that has one, can be authenticated",
            field="source",
        )
    requested = authorize.request_row(payment, command.source, context)
    return three_d_s.begin(payment, command, context, (requested,))


def decide_fingerprint(payment: Payment, command: FingerprintDevice, context: Context) -> Decision:
    """The device was looked at: the issuer is satisfied, or asks the payer as well."""
    if payment.challenge is not Challenge.FINGERPRINT:
        raise Refused(codes.INVALID_STATE, f"no fingerprint of the device is awaited; {_stands(payment)}")
    known = _fingerprinted(payment, context, is_complete=command.is_complete)
    if three_d_s.is_spared(_card(context), context.terms, known["fingerprint"]):
        return _resume(payment, context, known | {"ares": "Y"})
    asked = context.fact(
        Kind.DEVICE_FINGERPRINTED,
        payment.amount_minor,
        three_d_s=three_d_s.pairs(known | {"ares": "C"}),
        step=Challenge.ASKED.value,
    )
    return Decision((asked,), error_code=three_d_s.NEEDS_AUTHENTICATION)


def decide_pass(payment: Payment, command: PassChallenge, context: Context) -> Decision:
    """The payer proved to be the holder, a fingerprint of the device still to come included."""
    _guard(payment, "three_d_s.authenticate")
    known = dict(payment.three_d_s)
    if payment.challenge is Challenge.FINGERPRINT:
        known = _fingerprinted(payment, context, is_complete=True)
        if three_d_s.is_spared(_card(context), context.terms, known["fingerprint"]):
            return _resume(payment, context, known | {"ares": "Y"})
        known["ares"] = "C"
    return _resume(payment, context, known | {"cres": "Y"})


def decide_fail(payment: Payment, command: FailChallenge, context: Context) -> Decision:
    """The payer could not prove to be the holder: the payment failed."""
    _guard(payment, "three_d_s.fail")
    return _failed(payment, context, {"cres": "N"}, three_d_s.FAILED)


def decide_abandon(payment: Payment, command: AbandonChallenge, context: Context) -> Decision:
    """The payer left: the payment failed, and another attempt may be made."""
    _guard(payment, "three_d_s.abandon")
    return _failed(payment, context, {}, three_d_s.ABANDONED)


def decide_expire(payment: Payment, command: ExpireChallenge, context: Context) -> Decision:
    """Nobody answered in time: the payment failed, and another attempt may be made."""
    _guard(payment, "three_d_s.expire")
    if command.attempt not in (None, payment.attempts_count):
        raise Refused(codes.INVALID_STATE, f"the challenge of attempt {command.attempt} is over")
    return _failed(payment, context, {}, three_d_s.EXPIRED)


def _resume(payment: Payment, context: Context, known: dict[str, str]) -> Decision:
    """The facts of the pass, and those of what waited for it."""
    command = three_d_s.resumed(payment)
    context.options = getattr(command, "options", context.options)
    passed = context.fact(
        Kind.THREE_D_S_PASSED,
        payment.amount_minor,
        gateway=context.gateway,
        three_d_s=three_d_s.pairs(known | {"status": "success"}),
        is_final=isinstance(command, Authenticate),
    )
    if isinstance(command, Authenticate):
        return Decision((passed,))
    context.passed = (passed,)
    unsupported_features.refuse_or_drop_splits(context)
    if isinstance(command, Capture):
        return capture.decide_capture(payment, command, context)
    assert not isinstance(command, Capture)
    if unsupported_features.falls_back_to_sale(command, context.profile):
        sale = Capture(command.source, command.gateway, options=command.options)  # type: ignore[union-attr]
        return capture.decide_capture(payment, sale, context)
    return authorize.decide_authorize(payment, command, context)  # type: ignore[arg-type]


def _failed(payment: Payment, context: Context, more: dict[str, str], error_code: str) -> Decision:
    known = dict(payment.three_d_s) | more | {"status": "failed"}
    failed = context.fact(
        Kind.THREE_D_S_FAILED, payment.amount_minor, three_d_s=three_d_s.pairs(known), error_code=error_code
    )
    # No error code of the decision: whoever makes this move gets what was asked for.
    return Decision((failed,))


def _fingerprinted(payment: Payment, context: Context, *, is_complete: bool) -> dict[str, str]:
    is_good = is_complete and _card(context).fingerprint is Fingerprint.YES
    return dict(payment.three_d_s) | {"fingerprint": "Y" if is_good else "N"}


def _card(context: Context) -> ThreeDSCard:
    return context.card.three_d_s or ThreeDSCard()


def _guard(payment: Payment, what: str) -> None:
    if not payment.is_challenged:
        raise Refused(codes.INVALID_STATE, f"{what} needs a payment that waits for 3-D Secure; {_stands(payment)}")


def _stands(payment: Payment) -> str:
    return f"this one is {payment.status}"
