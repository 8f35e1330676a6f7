"""Deciding how disputes go on once they are open: answered or not, won, won in part, lost."""

from mockpsp.domain.commands import (
    AcceptChargeback,
    ContestChargeback,
    ExpireChargeback,
    LoseChargeback,
    WinChargeback,
)
from mockpsp.domain.deciders import disputes
from mockpsp.domain.deciders.dispute_opening import presented_again
from mockpsp.domain.decision import Context, Decision, Effect, format_amount
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Dispute, DisputeCase, Payment
from mockpsp.domain.payments.shares import first_of, without
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.fees import COUNTERED, charge_for, lost_fee, returned_if_won
from mockpsp.domain.psps.profiles import FeeIfWon
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_contest_chargeback(payment: Payment, command: ContestChargeback, context: Context) -> Decision:
    """The merchant answers; what that costs is charged now, and the issuer decides later."""
    case = disputes.undecided(payment, "chargeback.contest", command.opened_seq)
    if not context.profile.chargeback_contestable:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s chargebacks cannot be contested (chargeback_contestable: no); accept the loss",
        )
    if case.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.contest needs a chargeback nobody answered; this one was")
    fact = context.fact(
        Kind.CHARGEBACK_CONTESTED,
        case.amount_minor,
        parts=case.parts,
        fee_minor=charge_for(COUNTERED, context.profile, case.amount_minor, payment.currency),
        dispute_seq=disputes.about(payment, case),
    )
    if context.profile.chargeback_decided_after_ms is None:
        return Decision((fact,))
    is_won = command.outcome == "won"
    decided = WinChargeback(case.opened_seq) if is_won else LoseChargeback(case.opened_seq)
    decided_at_ms = moment_after(context.profile, context.now_ms, context.profile.chargeback_decided_after_ms)
    return Decision((fact,), effects=(Effect(decided_at_ms, decided),))


def decide_win_chargeback(payment: Payment, command: WinChargeback, context: Context) -> Decision:
    """The money comes back; the fee too where the PSP returns it. Won in part, the rest of the dispute is lost.

    By hand also one that was lost: the loss is undone, and whatever was charged for it.
    """
    case = _to_win(payment, command)
    if not context.profile.chargeback_contestable:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s chargebacks cannot be contested (chargeback_contestable: no), so none is won",
        )
    if case.state is Dispute.LOST and not context.profile.win_after_lost:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"a dispute that was lost is lost for good at {context.gateway} (win_after_lost: no)",
        )
    if command.amount_minor is not None and command.amount_minor != case.amount_minor:
        return _won_in_part(payment, case, command.amount_minor, context)
    if case.state is Dispute.PRE_ARBITRATION:
        won = context.fact(Kind.PRE_ARBITRATION_WON, case.amount_minor, dispute_seq=disputes.about(payment, case))
        return Decision((won,))
    returned_minor = returned_if_won(
        context.profile, opened_minor=case.fee_minor, countered_minor=case.countered_fee_minor
    )
    if case.state is Dispute.LOST:  # whoever wins is not charged for a loss
        returned_minor += case.lost_fee_minor
    return Decision((_won(payment, case, case.amount_minor, returned_minor, context),))


def decide_lose_chargeback(payment: Payment, command: LoseChargeback, context: Context) -> Decision:
    """The issuer decides for the customer."""
    return _lost(payment, disputes.undecided(payment, "chargeback.lose", command.opened_seq), "decided", context)


def decide_accept_chargeback(payment: Payment, command: AcceptChargeback, context: Context) -> Decision:
    """The merchant lets it stand."""
    case = disputes.undecided(payment, "chargeback.accept", command.opened_seq)
    if case.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.accept: this one was contested; the issuer decides")
    return _lost(payment, case, "accepted", context)


def decide_expire_chargeback(payment: Payment, command: ExpireChargeback, context: Context) -> Decision:
    """Nobody answered in time, so it is lost."""
    case = disputes.undecided(payment, "chargeback.expire", command.opened_seq)
    if case.is_contested:
        raise Refused(codes.INVALID_STATE, "chargeback.expire: this one was contested in time; the issuer decides")
    return _lost(payment, case, "expired", context)


def _to_win(payment: Payment, command: WinChargeback) -> DisputeCase:
    """The dispute that is won: one that is open; by hand, where none is, the oldest one that was lost.

    What was planned for a dispute never turns its loss around.
    """
    asked = [case for case in payment.disputes if command.opened_seq in (None, case.opened_seq)]
    lost = [case for case in asked if case.state is Dispute.LOST]
    if command.is_by_hand and lost and not any(case.is_undecided for case in asked):
        return lost[0]
    return disputes.undecided(payment, "chargeback.win", command.opened_seq)


def _won_in_part(payment: Payment, case: DisputeCase, amount_minor: int, context: Context) -> Decision:
    """A part comes back and the rest is lost; what answering had cost comes back only where the PSP says so."""
    _guard_part(payment, case, amount_minor, context)
    is_returned = context.profile.countered_fee_if_partly_won is FeeIfWon.RETURN
    returned_minor = case.countered_fee_minor if is_returned else 0
    won = _won(payment, case, amount_minor, returned_minor, context)
    if case.state is Dispute.LOST:
        return Decision((won,))
    rest = case._replace(amount_minor=case.amount_minor - amount_minor, parts=without(case.parts, won.parts))
    return Decision((won, _lost_fact(payment, rest, "decided", context)))


def _guard_part(payment: Payment, case: DisputeCase, amount_minor: int, context: Context) -> None:
    if not context.profile.partial_win:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s disputes are won as a whole or not at all (partial_win: no); leave the amount out",
            field="amount",
        )
    if case.state is Dispute.PRE_ARBITRATION:
        raise Refused(
            codes.INVALID_STATE,
            "chargeback.win: the money of a dispute in pre-arbitration was not taken again, so no part of it comes "
            "back; leave the amount out",
            field="amount",
        )
    if amount_minor > case.amount_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"a win of {format_amount(payment, amount_minor)} exceeds the "
            f"{format_amount(payment, case.amount_minor)} that this dispute is about",
            field="amount",
        )


def _won(payment: Payment, case: DisputeCase, amount_minor: int, returned_minor: int, context: Context) -> Fact:
    """So much of the dispute's money is back, from where the PSP kept it, or from what was given up as lost."""
    return context.fact(
        Kind.CHARGEBACK_WON,
        amount_minor,
        parts=first_of(case.parts, amount_minor),
        fee_minor=-returned_minor,
        is_withheld=case.is_withheld and case.state is not Dispute.LOST,
        dispute_seq=disputes.about(payment, case),
    )


def _lost(payment: Payment, case: DisputeCase, reason: str, context: Context) -> Decision:
    """The money is gone. In pre-arbitration the merchant had it back: it is taken again first."""
    if case.state is not Dispute.PRE_ARBITRATION:
        return Decision((_lost_fact(payment, case, reason, context),))
    again = presented_again(payment, case, case.amount_minor, "pre-arbitration", context)
    after = apply(payment, again)
    taken = next(one for one in after.disputes if one.seq == case.seq)
    return Decision((again, _lost_fact(after, taken, reason, context)))


def _lost_fact(payment: Payment, case: DisputeCase, reason: str, context: Context) -> Fact:
    """A PSP that charges only for lost disputes charges now, once a dispute."""
    return context.fact(
        Kind.CHARGEBACK_LOST,
        case.amount_minor,
        parts=case.parts,
        fee_minor=lost_fee(context.profile, case.amount_minor, payment.currency),
        is_withheld=case.is_withheld,
        reason=reason,
        dispute_seq=disputes.about(payment, case),
    )
