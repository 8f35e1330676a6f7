"""Deciding refunds: whether one is made, and what becomes of it later.

At acceptance the money leaves the merchant's balance; a failure, before or after the refund looked final, puts it
back. Three kinds of failed refund are three kinds of fact: declined at once, failed while open, returned when final.
"""

from mockpsp.domain.commands import CancelRefund, FailRefund, Refund, ReleaseDebt, SettleRefund
from mockpsp.domain.deciders import acceptance, declined, refund_limits, waiting_refund
from mockpsp.domain.deciders.own_chargeback import own_chargeback
from mockpsp.domain.deciders.refund_speed import guard_speed, instant_fee, settles
from mockpsp.domain.deciders.refund_windows import guard_windows
from mockpsp.domain.decision import Context, Decision, Effect, NewRefund, OpenRefund, RefundEnded, format_amount
from mockpsp.domain.payments import debts
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.folds import CANCELLED
from mockpsp.domain.payments.payment import Dispute, Payment
from mockpsp.domain.psps.business_days import arrival_after, moment_after
from mockpsp.domain.psps.profiles import RefundOutcome, RefundShortBalance
from mockpsp.domain.psps.tolerance import tolerance_in_words, tolerated
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.spans import format_span

#: Why a refund fails that was still waiting for money when the issuer took it back.
DISPUTED_MEANWHILE = "disputed_meanwhile"
#: Why a refund fails, or is declined, that the balance does not cover.
SHORT = "insufficient_merchant_balance"
#: Why a refund may fail, whatever the PSP calls it.
FAILURE_REASONS = (
    SHORT,
    "account_closed",
    "card_expired_or_cancelled",
    "card_lost_or_stolen",
    "issuer_declined",
    "scheme_rejected",
    DISPUTED_MEANWHILE,
    "window_expired",
    "technical",
    "unknown",
)


def decide_refund(payment: Payment, command: Refund, context: Context) -> Decision:
    """Take on a refund of the amount, or of all that is left; or record that the PSP declined it."""
    amount_minor = payment.available_minor if command.amount_minor is None else command.amount_minor
    _guard_amount(payment, amount_minor, context)
    acceptance.guard_step(payment, amount_minor, context)
    refund_limits.guard_profile(payment, amount_minor, context)
    guard_windows(payment, amount_minor, context, is_instant=command.is_instant)
    instant_minor = instant_fee(payment, command, amount_minor, context)
    if error_code := context.error_for(context.card.refund_error):
        return _declined(amount_minor, error_code, context)
    draft = waiting_refund.draft_refund(payment, amount_minor, context, instant_minor or 0)
    is_short = waiting_refund.is_short(payment, draft, context)
    if is_short and context.profile.refund_short_balance is RefundShortBalance.REFUSE:
        return _declined(
            amount_minor, "gateway.declined", context, SHORT, declined.short_balance(payment, amount_minor, context)
        )
    refund_seq = context.mint.next()
    if is_short:
        return waiting_refund.defer_refund(refund_seq, amount_minor, context, _scripted_failure(refund_seq, context))
    more = {
        "refund_seq": refund_seq,
        "parts": draft.parts,
        "fee_minor": draft.fee_minor,
        "processing_minor": draft.processing_minor,
    }
    if context.profile.refund_outcome is RefundOutcome.ASYNC:
        facts: tuple[Fact, ...] = (context.fact(Kind.REFUND_ACCEPTED, amount_minor, **more),)
        state = "pending"
    else:
        tried = context.fact(Kind.REFUND_ATTEMPTED, amount_minor, refund_seq=refund_seq)
        facts = (tried, context.fact(Kind.REFUND_MADE, amount_minor, **more))
        state = "final"
    kept = NewRefund(refund_seq, amount_minor, state, draft.parts, -draft.processing_minor, instant_minor)
    return Decision(facts, changes=(kept,), effects=later(refund_seq, context, is_instant=instant_minor is not None))


def decide_settle_refund(payment: Payment, command: SettleRefund, context: Context) -> Decision:
    """An open refund reaches the customer."""
    refund = _known(context)
    if refund.state != "pending":
        raise Refused(codes.INVALID_STATE, f"refund.settle needs a pending refund; this one is {refund.state}")
    guard_speed(refund, command)
    if refund.is_waiting:
        raise Refused(
            codes.INVALID_STATE,
            f"refund.settle needs a refund that has left the balance; this one waits until {context.gateway}'s balance "
            "covers it: settle captures, or add to the balance (balance.add)",
        )
    fact = context.fact(Kind.REFUND_SETTLED, refund.amount_minor, refund_seq=refund.seq, parts=refund.parts)
    return Decision((fact,), changes=(RefundEnded(refund.seq, "final"),))


def decide_fail_refund(payment: Payment, command: FailRefund, context: Context) -> Decision:
    """A refund fails, pending or final: the money is the merchant's again; a dispute it averted is due again."""
    refund = _known(context)
    if refund.state == "failed":
        raise Refused(codes.INVALID_STATE, "refund.fail needs a pending or final refund; this one has failed already")
    return undone(payment, refund, command.reason, context)


def decide_cancel_refund(payment: Payment, command: CancelRefund, context: Context) -> Decision:
    """The merchant takes a pending refund back, as long as the PSP lets that happen."""
    refund = _known(context)
    if refund.state != "pending":
        raise Refused(codes.INVALID_STATE, f"refund.cancel needs a pending refund; this one is {refund.state}")
    within_ms = context.profile.refund_cancel_within_ms
    age_ms = context.now_ms - refund.created_at_ms
    if within_ms == 0:
        _unsupported(context, "cancels no refund (refund_cancel_within: 0s); wait until it is final or has failed")
    if within_ms is not None and context.now_ms > moment_after(context.profile, refund.created_at_ms, within_ms):
        within = format_span(within_ms)
        _unsupported(
            context,
            f"cancels a pending refund up to {within} after it was made (refund_cancel_within: {within}); that was "
            f"{format_span(age_ms)} ago, so wait until it is final or has failed",
        )
    return undone(payment, refund, CANCELLED, context)


def decide_release_debt(payment: Payment, command: ReleaseDebt, context: Context) -> Decision:
    """The merchant owes the customer nothing any more for refunds that came back."""
    owed_minor = debts.owed_minor(payment)
    if not owed_minor:
        raise Refused(
            codes.INVALID_STATE,
            "refund.release needs a payment that owes its customer a refund which looked final and came back "
            "(refund.fail); this one owes nothing",
        )
    return Decision((context.fact(Kind.DEBT_RELEASED, owed_minor),))


def undone(payment: Payment, refund: OpenRefund, reason: str, context: Context) -> Decision:
    """A refund has failed: what it took is the merchant's again."""
    kind = Kind.REFUND_FAILED if refund.state == "pending" else Kind.REFUND_RETURNED
    # What never arrived was not instant.
    fee_back_minor = refund.instant_fee_minor or 0 if kind is Kind.REFUND_FAILED else 0
    fact = context.fact(
        kind,
        refund.amount_minor,
        refund_seq=refund.seq,
        parts=refund.parts,
        fee_minor=-fee_back_minor,
        processing_minor=refund.processing_returned_minor,
        error_code="gateway.declined",
        reason=reason,
    )
    if reason == SHORT and refund.is_waiting:
        fact = declined.explained(fact, declined.never_covered(payment, refund.amount_minor, context))
    rearmed = (Effect(context.now_ms, own_chargeback(context.card)),) if payment.dispute is Dispute.AVERTED else ()
    return Decision((fact,), changes=(RefundEnded(refund.seq, "failed", reason),), effects=rearmed)


def _declined(
    amount_minor: int, error_code: str, context: Context, reason: str | None = None, message: str | None = None
) -> Decision:
    """The PSP said no at once: nothing is kept but the failed operation."""
    tried = context.fact(Kind.REFUND_ATTEMPTED, amount_minor)
    failed = context.fact(Kind.REFUND_DECLINED, amount_minor, error_code=error_code, reason=reason)
    failed = declined.explained(failed, message)
    return Decision((tried, failed), error_code=error_code)


def later(refund_seq: int, context: Context, *, is_instant: bool) -> tuple[Effect, ...]:
    """What becomes of the refund: a scripted failure, then what the PSP does with each refund."""
    profile = context.profile
    effects = list(_scripted_failure(refund_seq, context))
    if not effects and profile.refund_outcome is RefundOutcome.FINAL_THEN_FAIL:
        fails_at_ms = arrival_after(profile, context.now_ms, profile.refund_delay_ms)
        effects.append(Effect(fails_at_ms, FailRefund(refund_seq, "account_closed")))
    if profile.refund_outcome is RefundOutcome.ASYNC:
        effects.append(settles(refund_seq, context, is_instant=is_instant))
    return tuple(effects)


def _scripted_failure(refund_seq: int, context: Context) -> tuple[Effect, ...]:
    scripted = context.scripted
    if scripted is None or scripted.fail_after_ms is None:
        return ()
    _guard_late_failure(scripted.fail_after_ms, context)
    fails_at_ms = moment_after(context.profile, context.now_ms, scripted.fail_after_ms)
    return (Effect(fails_at_ms, FailRefund(refund_seq, scripted.reason)),)


def _guard_late_failure(fail_after_ms: int, context: Context) -> None:
    """Refuse a scripted failure that this PSP's refunds can't meet; a test that scripts it would prove nothing."""
    profile = context.profile
    limit_ms = profile.refund_fails_after_final_ms
    final_after_ms = profile.refund_delay_ms if profile.refund_outcome is RefundOutcome.ASYNC else 0
    if limit_ms is None:
        return
    final_at_ms = arrival_after(profile, context.now_ms, final_after_ms)
    if moment_after(profile, context.now_ms, fail_after_ms) > moment_after(profile, final_at_ms, limit_ms):
        _unsupported(
            context,
            f"lets no refund fail {format_span(fail_after_ms)} after it was made: it is final after "
            f"{format_span(final_after_ms)} and may fail for {format_span(limit_ms)} more (refund_fails_after_final); "
            "script an earlier failure, or simulate refund.fail by hand",
        )


def _guard_amount(payment: Payment, amount_minor: int, context: Context) -> None:
    over_refund = context.profile.over_refund
    beyond_minor = tolerated(over_refund, payment.captured_minor, payment.currency)
    limit_minor = payment.captured_minor + beyond_minor - payment.refunded_minor
    if limit_minor <= 0 or amount_minor <= 0:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"nothing is left to refund: {format_amount(payment, payment.captured_minor)} captured, "
            f"{format_amount(payment, payment.refunded_minor)} refunded "
            f"(over_refund: {tolerance_in_words(over_refund, payment.currency)})",
            field="amount",
        )
    if amount_minor > limit_minor:
        fact = f"; {context.gateway} refunds no more than was captured (over_refund: none)"
        if beyond_minor:
            fact = (
                f", {format_amount(payment, beyond_minor)} beyond what was captured included (over_refund: "
                f"{tolerance_in_words(over_refund, payment.currency)}); pay anything more by other means"
            )
        raise Refused(
            codes.INVALID_AMOUNT,
            f"refund of {format_amount(payment, amount_minor)} exceeds the "
            f"{format_amount(payment, limit_minor)} still refundable"
            f"{fact}",
            field="amount",
        )


def _unsupported(context: Context, what: str) -> None:
    raise Refused(codes.OPERATION_NOT_SUPPORTED, f"{context.gateway} {what}")


def _known(context: Context) -> OpenRefund:
    assert context.refund is not None, "the engine loads the refund that a command names"
    return context.refund
