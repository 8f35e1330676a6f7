"""Deciding disputes: chargebacks, their deadlines, and how they end."""

from mockpsp.domain import codes
from mockpsp.domain.apply import apply
from mockpsp.domain.business_days import moment_after
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import (
    AcceptChargeback,
    ContestChargeback,
    ExpireChargeback,
    LoseChargeback,
    OpenChargeback,
    WinChargeback,
)
from mockpsp.domain.deciders.refund import DISPUTED_MEANWHILE, undone
from mockpsp.domain.deciders.retrieval import DISPUTED, closed, guard_captured
from mockpsp.domain.decision import Context, Decision, Effect, format_amount
from mockpsp.domain.facts import Kind
from mockpsp.domain.fees import COUNTERED, charge_for, lost_fee, opened_fee, returned_if_won
from mockpsp.domain.payment import Dispute, Payment
from mockpsp.domain.shares import allocate_to_captures


def decide_open_chargeback(payment: Payment, command: OpenChargeback, context: Context) -> Decision:
    """The issuer takes back what was not refunded, and refunds that still wait for money fail first.

    The card's own dispute is averted where everything was given back by then. One opened by hand opens all the same,
    for all that was captured: whoever refunds a payment that is disputed afterwards pays twice.
    """
    is_second = payment.dispute is Dispute.WON and payment.presentments == 1
    _guard_presentment(payment, context, is_second=is_second)
    guard_captured(payment, "chargeback.open", context)
    if not payment.disputable_minor and not command.is_by_hand:
        if payment.dispute is Dispute.AVERTED:
            raise Refused(codes.INVALID_STATE, "everything captured was refunded, so there is nothing to dispute")
        return Decision((context.fact(Kind.CHARGEBACK_AVERTED, 0),))
    failed = [undone(payment, refund, DISPUTED_MEANWHILE, context) for refund in context.waiting]
    for one in failed:
        for fact in one.facts:
            payment = apply(payment, fact)
    amount_minor = _disputed_amount(payment, command)
    asked = () if payment.retrieval_seq is None else (closed(payment, context, DISPUTED),)
    opened = context.fact(
        Kind.CHARGEBACK_OPENED,
        amount_minor,
        parts=allocate_to_captures(payment, amount_minor),
        fee_minor=_opening_fee(payment, amount_minor, context, is_second=is_second),
        is_withheld=context.profile.chargeback_withheld,
        reason=command.reason,
    )
    return Decision(
        (*(fact for one in failed for fact in one.facts), *asked, opened),
        changes=tuple(change for one in failed for change in one.changes),
        effects=_end(opened.seq, command, context),
    )


def _guard_presentment(payment: Payment, context: Context, *, is_second: bool) -> None:
    """Refuse a dispute beside another one, or after one that was decided for good."""
    if payment.dispute not in (Dispute.NONE, Dispute.AVERTED) and not is_second:
        raise Refused(codes.INVALID_STATE, f"this payment has a dispute already: {payment.dispute}")
    if is_second and not context.profile.second_chargeback:
        raise Refused(
            codes.INVALID_STATE,
            f"this payment's dispute was won, and at {context.gateway} that is final (second_chargeback: no)",
        )


def _disputed_amount(payment: Payment, command: OpenChargeback) -> int:
    """What is disputed: the amount that is named, or what was not given back, or all where nothing is left."""
    if command.amount_minor is None:
        return payment.disputable_minor or payment.captured_minor
    if command.amount_minor > payment.captured_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"chargeback of {format_amount(payment, command.amount_minor)} exceeds the "
            f"{format_amount(payment, payment.captured_minor)} captured",
            field="amount",
        )
    return command.amount_minor


def _opening_fee(payment: Payment, amount_minor: int, context: Context, *, is_second: bool) -> int:
    """A second presentment is the same dispute: its fee is charged again only where winning had given it back."""
    if is_second:
        return returned_if_won(context.profile, opened_minor=payment.dispute_fee_minor, countered_minor=0)
    return opened_fee(context.profile, amount_minor, payment.currency)


def _end(opened_seq: int, command: OpenChargeback, context: Context) -> tuple[Effect, ...]:
    """When the chargeback is lost unless it is answered: at once where it can't be, never where no time is set.

    One that comes decided is won at once.
    """
    profile = context.profile
    if not profile.chargeback_contestable:
        return (Effect(context.now_ms, LoseChargeback(opened_seq)),)
    if command.is_decided:
        return (Effect(context.now_ms, WinChargeback(opened_seq)),)
    if profile.chargeback_answer_within_ms is None:
        return ()
    deadline_ms = moment_after(profile, context.now_ms, profile.chargeback_answer_within_ms)
    return (Effect(deadline_ms, ExpireChargeback(opened_seq)),)


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
    decided_at_ms = moment_after(context.profile, context.now_ms, context.profile.chargeback_decided_after_ms)
    return Decision((fact,), effects=(Effect(decided_at_ms, decided),))


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
