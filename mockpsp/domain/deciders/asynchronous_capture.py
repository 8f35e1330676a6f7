"""Deciding captures that take their time: taken on now, through or failed later.

Until then the payment is `pending-capture`: the money is claimed, so that nobody else can capture or void it, but not
the merchant's. One that fails gives its claim back to the hold, or releases it where the hold has run out meanwhile.
"""

from mockpsp.domain.commands import ConfirmCapture, FailCapture
from mockpsp.domain.deciders import declined, hold_refund, late_failure
from mockpsp.domain.deciders.completed_capture import capture_fact, effects_of_capture
from mockpsp.domain.decision import Context, Decision, Effect
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import place_of
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def begin_capture(
    tried: Fact, context: Context, *, is_final: bool, error_code: str | None, message: str | None = None
) -> Decision:
    """Take a capture on; how it ends is on the agenda, a decline too, and a failure that was scripted for later."""
    profile = context.profile
    tried = tried._replace(capture_seq=tried.seq)
    taken_on = context.fact(Kind.CAPTURE_AWAITED, tried.amount_minor, capture_seq=tried.seq, is_final=is_final)
    ends_at_ms = moment_after(profile, context.now_ms, profile.capture_delay_ms)
    fails_at_ms = late_failure.failure_due_at_ms(context, profile.capture_delay_ms)
    end: ConfirmCapture | FailCapture = ConfirmCapture(tried.seq)
    if error_code is not None:
        end = FailCapture(tried.seq, error_code, message)
    elif fails_at_ms is not None and context.scripted is not None:
        late_code = context.scripted.late_code
        if fails_at_ms <= ends_at_ms:
            end, ends_at_ms = FailCapture(tried.seq, late_code), fails_at_ms
        else:
            end = ConfirmCapture(tried.seq, fails_at_ms, late_code)
    ends = Effect(ends_at_ms, end)
    return Decision((tried, taken_on), effects=(ends,))


def decide_confirm_capture(payment: Payment, command: ConfirmCapture, context: Context) -> Decision:
    """The capture is through: the money is the merchant's, and after a final capture the rest is released."""
    seq, amount_minor = _under_way(payment, command.capture_seq, "capture.confirm")
    is_final = seq == payment.capturing_final_seq
    taken = capture_fact(payment, amount_minor, context, is_final=is_final, capture_seq=seq)
    rest_minor = payment.hold_minor if is_final else 0
    released = (context.fact(Kind.VOIDED, rest_minor),) if rest_minor else ()
    effects = effects_of_capture(payment, taken, context)
    if command.late_at_ms is not None and command.late_code is not None:
        late = Effect(max(command.late_at_ms, context.now_ms), FailCapture(taken.seq, command.late_code))
        effects = (*effects, late)
    return Decision((taken, *released), effects=effects)


def decide_fail_capture(payment: Payment, command: FailCapture, context: Context) -> Decision:
    """The capture came to nothing: another one may be tried while the hold lasts. One that was through comes back."""
    if payment.captured_minor and _is_through(payment, command):
        return late_failure.decide_return_capture(payment, command, context)
    seq, amount_minor = _under_way(payment, command.capture_seq, "capture.fail")
    failed = context.fact(Kind.CAPTURE_FAILED, amount_minor, capture_seq=seq, error_code=command.error_code)
    failed = declined.explained(failed, command.message)
    after = apply(payment, failed)
    if payment.is_hold_expired and after.hold_minor:
        expired = Decision((failed, context.fact(Kind.HOLD_EXPIRED, after.hold_minor)))
        if after.capturing:
            return expired
        return hold_refund.with_refund(after, expired, after.hold_minor, context)
    if after.is_capture_final and after.hold_minor:
        return Decision((failed, context.fact(Kind.VOIDED, after.hold_minor)))
    # No error code of the decision: whoever makes this move gets what was asked for.
    return Decision((failed,))


def _is_through(payment: Payment, command: FailCapture) -> bool:
    """Whether the capture that is meant was through: no other is under way, or it is named."""
    if command.capture_seq is None:
        return not payment.capturing
    return place_of(payment.captures, command.capture_seq) is not None


def _under_way(payment: Payment, capture_seq: int | None, what: str) -> tuple[int, int]:
    """(seq, amount) of the capture that is meant, the oldest one unless it is named."""
    place = 0 if capture_seq is None and payment.capturing else place_of(payment.capturing, capture_seq)
    if place is not None:
        return payment.capturing[place]
    raise Refused(
        codes.INVALID_STATE,
        f"{what} needs a capture under way, as PSPs with capture_outcome: async have them; this payment is "
        f"{payment.status} and has none",
    )
