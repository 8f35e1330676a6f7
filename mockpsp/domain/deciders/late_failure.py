"""Deciding what comes back after it looked final: a payment that was confirmed, a capture that was through.

A bank returns a debit days after it was confirmed, and paid out; a scheme rejects a capture that the PSP had booked.
What was captured then is no sale any more, and leaves the balance below zero where it was paid out. A capture may be
through after all, where the PSP tries again; a payment that was returned is made anew.
"""

from mockpsp.domain.commands import FailCapture, FailPayment, RestoreCapture
from mockpsp.domain.deciders.refund import undone
from mockpsp.domain.deciders.retrieval import closed
from mockpsp.domain.decision import Context, Decision, Effect
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Dispute, Payment
from mockpsp.domain.payments.states import CapturePart, place_of
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.spans import format_span

#: Why a retrieval request ends, and a refund that still waited for money fails, when what was captured comes back.
RETURNED, REJECTED = "returned", "scheme_rejected"


def decide_return_payment(payment: Payment, command: FailPayment, context: Context) -> Decision:
    """The bank takes back what it had confirmed: nothing stays captured, and what is still held is released."""
    if context.profile.late_failure_window_ms == 0:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"payment.fail: at {context.gateway} no payment fails once it is confirmed (late_failure_window: 0s); one "
            "that is pending may, and a captured one is disputed (chargeback.open)",
        )
    _guard_undisputed(payment, "payment.fail")
    if payment.capturing:
        raise Refused(codes.INVALID_STATE, "payment.fail: a capture is under way; confirm or fail it first")
    parts = tuple((part.seq, part.amount_minor) for part in payment.captures if part.amount_minor)
    before = _ended(payment, context)
    back = context.fact(
        Kind.PAYMENT_RETURNED,
        payment.captured_minor,
        parts=parts,
        capture_seq=parts[0][0],
        error_code=command.error_code,
        reason=command.reason,
    )
    held_minor = payment.hold_minor
    released = (context.fact(Kind.VOIDED, held_minor),) if held_minor else ()
    return before._replace(facts=(*before.facts, back, *released))


def decide_return_capture(payment: Payment, command: FailCapture, context: Context) -> Decision:
    """A capture that was through comes to nothing after all: its money is taken back."""
    _guard_undisputed(payment, "capture.fail")
    capture = _standing(payment, command.capture_seq)
    if context.profile.capture_fails_after_final_ms == 0:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"capture.fail: at {context.gateway} no capture fails once it is through (capture_fails_after_final: 0s); "
            "one under way may",
        )
    before = _ended(payment, context)
    back = context.fact(
        Kind.CAPTURE_RETURNED,
        capture.amount_minor,
        parts=((capture.seq, capture.amount_minor),),
        capture_seq=capture.seq,
        error_code=command.error_code,
    )
    return before._replace(facts=(*before.facts, back))


def decide_restore_capture(payment: Payment, command: RestoreCapture, context: Context) -> Decision:
    """A capture that had come back is through after all: the money is the merchant's again."""
    parts = tuple(part for part in payment.returned if command.capture_seq in (None, part[0]))[-1:]
    if not parts or payment.is_returned:
        what = "this payment failed as a whole" if payment.is_returned else "none of this payment's did"
        raise Refused(
            codes.INVALID_STATE,
            f"capture.succeed needs a capture that failed after it was through (capture.fail); {what}",
        )
    if not context.profile.capture_succeeds_again:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} does not try a capture again that failed (capture_succeeds_again: no); take the money "
            "with a new invoice",
        )
    (seq, amount_minor) = parts[0]
    return Decision((context.fact(Kind.CAPTURE_RESTORED, amount_minor, parts=parts, capture_seq=seq),))


def scripted_return(taken: Fact, context: Context) -> tuple[Effect, ...]:
    """What was scripted for a capture that is through now: that it, or the payment, fails later."""
    scripted = context.scripted
    if scripted is None or scripted.fail_after_ms is None:
        return ()
    if context.is_card:
        return (_capture_fails(taken.seq, failure_due_at_ms(context, 0), context),)
    return scripted_failure(0, context)


def scripted_failure(confirmed_after_ms: int, context: Context) -> tuple[Effect, ...]:
    """What was scripted for a payment that is confirmed after a time: that it fails, before that or after."""
    scripted = context.scripted
    if scripted is None or scripted.fail_after_ms is None:
        return ()
    fails_at_ms = moment_after(context.profile, context.now_ms, scripted.fail_after_ms)
    limit_ms = context.profile.late_failure_window_ms
    _guard_window(confirmed_after_ms, fails_at_ms, limit_ms, "late_failure_window", "payment", context)
    fails = FailPayment(None, scripted.late_code, scripted.rail_reason)
    return (Effect(fails_at_ms, fails),)


def failure_due_at_ms(context: Context, through_after_ms: int) -> int | None:
    """When the capture that is asked for was scripted to fail; None: it was not. It is through after a time."""
    scripted = context.scripted
    if scripted is None or scripted.fail_after_ms is None:
        return None
    fails_at_ms = moment_after(context.profile, context.now_ms, scripted.fail_after_ms)
    limit_ms = context.profile.capture_fails_after_final_ms
    _guard_window(through_after_ms, fails_at_ms, limit_ms, "capture_fails_after_final", "capture", context)
    return fails_at_ms


def _capture_fails(capture_seq: int, due_at_ms: int | None, context: Context) -> Effect:
    assert due_at_ms is not None and context.scripted is not None
    return Effect(due_at_ms, FailCapture(capture_seq, context.scripted.late_code))


def _guard_window(
    final_after_ms: int, fails_at_ms: int, limit_ms: int | None, fact: str, what: str, context: Context
) -> None:
    """Refuse a scripted failure that this PSP's payments can't meet; a test that scripts it would prove nothing."""
    profile = context.profile
    if limit_ms is None:
        return
    final_at_ms = moment_after(profile, context.now_ms, final_after_ms)
    if fails_at_ms > moment_after(profile, final_at_ms, limit_ms):
        assert context.scripted is not None and context.scripted.fail_after_ms is not None
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} lets no {what} fail {format_span(context.scripted.fail_after_ms)} after it was made: "
            f"it is through after {format_span(final_after_ms)} and may fail for {format_span(limit_ms)} more ({fact}: "
            f"{format_span(limit_ms)}); script an earlier failure",
        )


def _guard_undisputed(payment: Payment, move: str) -> None:
    case = next((one for one in payment.disputes if one.is_undecided or one.state is Dispute.LOST), None)
    if case is not None:
        raise Refused(
            codes.INVALID_STATE,
            f"{move}: this payment's chargeback is {case.state}, so the issuer has the money already, or may have it",
        )


def _standing(payment: Payment, capture_seq: int | None) -> CapturePart:
    """The capture that is meant, the last one that stands unless it is named."""
    if capture_seq is None:
        return next(part for part in reversed(payment.captures) if part.amount_minor)
    place = place_of(payment.captures, capture_seq)
    if place is None or not payment.captures[place].amount_minor:
        raise Refused(codes.INVALID_STATE, "capture.fail: this capture is not through, or failed already")
    return payment.captures[place]


def _ended(payment: Payment, context: Context) -> Decision:
    """What ends with the money: refunds that still wait for some, and the issuer's question about it."""
    failed = [undone(payment, refund, REJECTED, context) for refund in context.waiting]
    for one in failed:
        for fact in one.facts:
            payment = apply(payment, fact)
    asked = () if payment.retrieval_seq is None else (closed(payment, context, RETURNED),)
    return Decision(
        (*(fact for one in failed for fact in one.facts), *asked),
        changes=tuple(change for one in failed for change in one.changes),
    )
