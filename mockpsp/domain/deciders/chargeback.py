"""Deciding disputes: chargebacks, their deadlines, and how they end."""

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import (
    AcceptChargeback,
    ContestChargeback,
    ExpireChargeback,
    LoseChargeback,
    OpenChargeback,
    WinChargeback,
)
from mockpsp.domain.deciders.retrieval import DISPUTED, closed, guard_captured
from mockpsp.domain.decision import Context, Decision, Effect, format_amount
from mockpsp.domain.facts import Kind
from mockpsp.domain.fees import COUNTERED, charge_for, lost_fee, opened_fee, returned_if_won
from mockpsp.domain.payment import Dispute, Payment
from mockpsp.domain.shares import allocate_to_captures


def decide_open_chargeback(payment: Payment, command: OpenChargeback, context: Context) -> Decision:
    """The issuer takes back what was not refunded; a payment given back in full by then is not disputed at all."""
    is_second = payment.dispute is Dispute.WON and payment.presentments == 1
    if payment.dispute not in (Dispute.NONE, Dispute.AVERTED) and not is_second:
        raise Refused(codes.INVALID_STATE, f"this payment has a dispute already: {payment.dispute}")
    profile = context.profile
    if is_second and not profile.second_chargeback:
        raise Refused(
            codes.INVALID_STATE,
            f"this payment's dispute was won, and at {context.gateway} that is final (second_chargeback: no)",
        )
    guard_captured(payment, "chargeback.open", context)
    if payment.available_minor <= 0:
        if payment.dispute is Dispute.AVERTED:
            raise Refused(codes.INVALID_STATE, "everything captured was refunded, so there is nothing to dispute")
        return Decision((context.fact(Kind.CHARGEBACK_AVERTED, 0),))
    amount_minor = payment.available_minor if command.amount_minor is None else command.amount_minor
    if amount_minor > payment.captured_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"chargeback of {format_amount(payment, amount_minor)} exceeds the "
            f"{format_amount(payment, payment.captured_minor)} captured",
            field="amount",
        )
    asked = () if payment.retrieval_seq is None else (closed(payment, context, DISPUTED),)
    opened = context.fact(
        Kind.CHARGEBACK_OPENED,
        amount_minor,
        parts=allocate_to_captures(payment, amount_minor),
        # A second presentment is the same dispute: its fee was charged with the first.
        fee_minor=0 if is_second else opened_fee(profile, amount_minor, payment.currency),
        is_withheld=profile.chargeback_withheld,
        reason=command.reason,
    )
    return Decision((*asked, opened), effects=_deadline(opened.seq, context))


def _deadline(opened_seq: int, context: Context) -> tuple[Effect, ...]:
    """When the chargeback is lost unless it is answered: at once where it can't be, never where no time is set."""
    profile = context.profile
    if not profile.chargeback_contestable:
        return (Effect(context.now_ms, LoseChargeback(opened_seq)),)
    if profile.chargeback_answer_within_ms is None:
        return ()
    return (Effect(context.now_ms + profile.chargeback_answer_within_ms, ExpireChargeback(opened_seq)),)


def decide_contest_chargeback(payment: Payment, command: ContestChargeback, context: Context) -> Decision:
    """The merchant answers; what that costs is charged now, and the issuer decides later."""
    _guard_open(payment, "chargeback.contest")
    if not context.profile.chargeback_contestable:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s chargebacks cannot be contested (chargeback_contestable: no); accept the loss",
        )
    if payment.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.contest needs a chargeback nobody answered; this one was")
    fee_minor = charge_for(COUNTERED, context.profile, payment.disputed_minor, payment.currency)
    fact = context.fact(
        Kind.CHARGEBACK_CONTESTED, payment.disputed_minor, parts=payment.dispute_parts, fee_minor=fee_minor
    )
    if context.profile.chargeback_decided_after_ms is None:
        return Decision((fact,))
    is_won = command.outcome == "won"
    decided = WinChargeback(payment.dispute_seq) if is_won else LoseChargeback(payment.dispute_seq)
    return Decision((fact,), effects=(Effect(context.now_ms + context.profile.chargeback_decided_after_ms, decided),))


def decide_win_chargeback(payment: Payment, command: WinChargeback, context: Context) -> Decision:
    """The money comes back; the fee too where the PSP returns it."""
    _guard_open(payment, "chargeback.win", command.opened_seq)
    if not context.profile.chargeback_contestable:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s chargebacks cannot be contested (chargeback_contestable: no), so none is won",
        )
    returned_minor = returned_if_won(
        context.profile, opened_minor=payment.dispute_fee_minor, countered_minor=payment.countered_fee_minor
    )
    fact = context.fact(
        Kind.CHARGEBACK_WON,
        payment.disputed_minor,
        parts=payment.dispute_parts,
        fee_minor=-returned_minor,
        is_withheld=payment.is_withheld,
    )
    return Decision((fact,))


def decide_lose_chargeback(payment: Payment, command: LoseChargeback, context: Context) -> Decision:
    """The issuer decides for the customer."""
    _guard_open(payment, "chargeback.lose", command.opened_seq)
    return _lost(payment, context, "decided")


def decide_accept_chargeback(payment: Payment, command: AcceptChargeback, context: Context) -> Decision:
    """The merchant lets it stand."""
    _guard_open(payment, "chargeback.accept", command.opened_seq)
    if payment.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.accept: this one was contested; the issuer decides")
    return _lost(payment, context, "accepted")


def decide_expire_chargeback(payment: Payment, command: ExpireChargeback, context: Context) -> Decision:
    """Nobody answered in time, so it is lost."""
    _guard_open(payment, "chargeback.expire", command.opened_seq)
    if payment.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.expire: this one was contested in time; the issuer decides")
    return _lost(payment, context, "expired")


def _lost(payment: Payment, context: Context, reason: str) -> Decision:
    """The money is gone; a PSP that charges only for lost disputes charges now."""
    fact = context.fact(
        Kind.CHARGEBACK_LOST,
        payment.disputed_minor,
        parts=payment.dispute_parts,
        fee_minor=lost_fee(context.profile, payment.disputed_minor, payment.currency),
        is_withheld=payment.is_withheld,
        reason=reason,
    )
    return Decision((fact,))


def _guard_open(payment: Payment, move: str, opened_seq: int | None = None) -> None:
    if payment.dispute is not Dispute.OPEN or opened_seq not in (None, payment.dispute_seq):
        state = payment.dispute or "none"
        raise Refused(codes.INVALID_STATE, f"{move} needs an open chargeback; this payment's dispute is {state}")
