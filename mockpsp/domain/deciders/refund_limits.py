"""Which refunds a PSP makes: how many, beside which dispute, how soon after one of the same amount."""

from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.payments.payment import Dispute, Payment
from mockpsp.domain.psps.profiles import RefundBesideDispute, RefundKind
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.spans import format_span


def guard_profile(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse a refund that this PSP does not make, or does not make now."""
    profile = context.profile
    if profile.refund is RefundKind.NONE:
        _unsupported(context, "cannot refund (refund: none); pay the customer back by other means")
    if profile.refund is RefundKind.FULL and amount_minor != payment.captured_minor:
        whole = format_amount(payment, payment.captured_minor)
        _unsupported(
            context,
            f"only refunds in full (refund: full), which is {whole}; refund all of it, "
            "or pay the part back by other means",
        )
    if profile.refunds_max is not None and payment.refunds_count >= profile.refunds_max:
        _unsupported(
            context,
            f"makes at most {profile.refunds_max} refunds a payment (refunds_max: {profile.refunds_max}), failed ones "
            f"included, and made {payment.refunds_count} of this one; pay the rest back by other means",
        )
    if payment.refunds_failed_count and not profile.refund_again_after_failure:
        _unsupported(
            context,
            "makes no further refund once one has failed (refund_again_after_failure: no); pay the customer back by "
            "other means",
        )
    _guard_dispute(payment, amount_minor, context)
    _guard_duplicate(payment, amount_minor, context)


def _guard_dispute(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse a refund that would give the customer what the issuer takes, or took, as well."""
    if not payment.disputes and payment.retrieval_seq is None:
        return
    profile = context.profile
    states = {case.state for case in payment.disputes}
    beside = (
        (Dispute.OPEN in states, "a chargeback is open", "refund_while_disputed"),
        (Dispute.LOST in states, "its chargeback was lost", "refund_after_lost"),
        (payment.retrieval_seq is not None, "a retrieval request is open", "refund_while_retrieval"),
    )
    for is_so, why, fact in beside:
        rule: RefundBesideDispute = getattr(profile, fact)
        if not is_so or rule is RefundBesideDispute.ALLOW:
            continue
        if rule is RefundBesideDispute.REFUSE:
            _unsupported(
                context,
                f"makes no refund of this payment, since {why} ({fact}: refuse); the customer has the money from the "
                "issuer, or will not get it twice",
            )
        if amount_minor != payment.available_minor:
            whole = format_amount(payment, payment.available_minor)
            _unsupported(context, f"refunds all or nothing of this payment, since {why} ({fact}: full_only): {whole}")


def _guard_duplicate(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse a refund that looks like one made a moment ago; one that failed is no reason."""
    if not context.refunds:
        return
    window_ms = context.profile.duplicate_refund_window_ms
    ages = [
        context.now_ms - refund.created_at_ms
        for refund in context.refunds
        if refund.amount_minor == amount_minor and refund.state != "failed"
    ]
    if ages and min(ages) < window_ms:
        window = format_span(window_ms)
        raise Refused(
            codes.INVALID_STATE,
            f"{context.gateway} takes a second refund of {format_amount(payment, amount_minor)} within {window} for "
            f"the same one (duplicate_refund_window: {window}), and made one {format_span(min(ages))} ago; wait "
            f"{format_span(window_ms - min(ages))} more, or refund another amount",
            field="amount",
        )


def _unsupported(context: Context, what: str) -> None:
    raise Refused(codes.OPERATION_NOT_SUPPORTED, f"{context.gateway} {what}")
