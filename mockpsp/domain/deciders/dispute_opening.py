"""Deciding that a payment is disputed: for the first time, beside other disputes, or once more after a win."""

from mockpsp.domain.commands import ExpireChargeback, LoseChargeback, OpenChargeback, WinChargeback
from mockpsp.domain.deciders import disputes
from mockpsp.domain.deciders.refund import DISPUTED_MEANWHILE, undone
from mockpsp.domain.deciders.retrieval import DISPUTED, closed, guard_captured
from mockpsp.domain.decision import Context, Decision, Effect, format_amount
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Dispute, DisputeCase, Payment
from mockpsp.domain.payments.shares import allocate_to_captures, first_of
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.fees import opened_again_fee, opened_fee
from mockpsp.domain.psps.profiles import Disputes
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

_MOVE = "chargeback.open"


def decide_open_chargeback(payment: Payment, command: OpenChargeback, context: Context) -> Decision:
    """The issuer takes back what was not refunded, and refunds that still wait for money fail first.

    The card's own dispute is averted where everything was given back by then. One opened by hand opens all the same,
    for all that was captured: whoever refunds a payment that is disputed afterwards pays twice.
    """
    disputes.guard_disputable(_MOVE, context)
    again = _presented_again(payment, command, context)
    if again is None:
        _guard_another(payment, command, context)
    guard_captured(payment, _MOVE, context)
    if not payment.disputable_minor and not command.is_by_hand:
        if payment.dispute is Dispute.AVERTED:
            raise Refused(codes.INVALID_STATE, "everything captured was refunded, so there is nothing to dispute")
        return Decision((context.fact(Kind.CHARGEBACK_AVERTED, 0),))
    failed = [undone(payment, refund, DISPUTED_MEANWHILE, context) for refund in context.waiting]
    for one in failed:
        for fact in one.facts:
            payment = apply(payment, fact)
    amount_minor = _disputed_amount(payment, again, command)
    asked = () if payment.retrieval_seq is None else (closed(payment, context, DISPUTED),)
    if again is None:
        opened = _opened(payment, amount_minor, command.reason, context)
    else:
        opened = presented_again(payment, again, amount_minor, command.reason, context)
    return Decision(
        (*(fact for one in failed for fact in one.facts), *asked, opened),
        changes=tuple(change for one in failed for change in one.changes),
        effects=_end(opened.seq, command, context),
    )


def presented_again(payment: Payment, case: DisputeCase, amount_minor: int, reason: str, context: Context) -> Fact:
    """The issuer takes the money of a won dispute once more."""
    fee_minor = opened_again_fee(context.profile, amount_minor, payment.currency, opened_minor=case.fee_minor)
    return context.fact(
        Kind.CHARGEBACK_OPENED,
        amount_minor,
        parts=first_of(case.parts, amount_minor),
        fee_minor=fee_minor,
        is_withheld=context.profile.chargeback_withheld,
        reason=reason,
        dispute_seq=disputes.about(payment, case),
    )


def _opened(payment: Payment, amount_minor: int, reason: str, context: Context) -> Fact:
    """A new dispute; beside others it draws on captures that those left."""
    taken_by_seq: dict[int, int] = {}
    for case in payment.disputes:
        if case.state in (Dispute.OPEN, Dispute.LOST):
            for seq, part_minor in case.parts:
                taken_by_seq[seq] = taken_by_seq.get(seq, 0) + part_minor
    captures = payment.captures
    if taken_by_seq:
        captures = tuple(
            capture._replace(refunded_minor=capture.refunded_minor + taken_by_seq.get(capture.seq, 0))
            for capture in captures
        )
    opened = context.fact(
        Kind.CHARGEBACK_OPENED,
        amount_minor,
        parts=allocate_to_captures(payment, amount_minor, captures),
        fee_minor=opened_fee(context.profile, amount_minor, payment.currency),
        is_withheld=context.profile.chargeback_withheld,
        reason=reason,
    )
    return opened._replace(dispute_seq=opened.seq) if payment.disputes else opened


def _presented_again(payment: Payment, command: OpenChargeback, context: Context) -> DisputeCase | None:
    """The won dispute that is presented once more: the one that is named, else the oldest that may be."""
    if command.again_seq is not None:
        case = disputes.named(payment, command.again_seq)
        if case is not None and _comes_again(case, context):
            return case
        state = "none" if case is None else case.state
        fact = ""
        if case is not None and case.state is Dispute.WON:
            fact = f", and at {context.gateway} that is final (second_chargeback: no)"
            if context.profile.second_chargeback:
                fact = " for good"
        raise Refused(codes.INVALID_STATE, f"{_MOVE} needs a won dispute to present again; that one is {state}{fact}")
    if command.is_new:
        return None
    return next((case for case in payment.disputes if _comes_again(case, context)), None)


def _comes_again(case: DisputeCase, context: Context) -> bool:
    if case.state is Dispute.PRE_ARBITRATION:
        return True
    return context.profile.second_chargeback and case.state is Dispute.WON and not disputes.is_won_for_good(case)


def _guard_another(payment: Payment, command: OpenChargeback, context: Context) -> None:
    """Refuse a new dispute beside those there are: where a payment has one, and whatever comes by itself."""
    if not payment.disputes or (command.is_by_hand and context.profile.disputes is Disputes.MANY):
        return
    is_decided = payment.dispute is Dispute.WON
    if is_decided and not context.profile.second_chargeback:
        raise Refused(
            codes.INVALID_STATE,
            f"this payment's dispute was won, and at {context.gateway} that is final (second_chargeback: no)",
        )
    fact = f"; {context.gateway} has one a payment (disputes: one)"
    raise Refused(
        codes.INVALID_STATE,
        f"this payment has a dispute already: {payment.dispute}"
        f"{fact if context.profile.disputes is Disputes.ONE else ''}",
    )


def _disputed_amount(payment: Payment, again: DisputeCase | None, command: OpenChargeback) -> int:
    """What is disputed: the amount that is named, or what was not given back, or all where nothing is left.

    Open and lost disputes come to what was captured at most, and one that is presented again to what was won.
    """
    room_minor = payment.captured_minor - payment.disputed_minor
    limit_minor = room_minor if again is None else min(room_minor, again.amount_minor)
    if limit_minor <= 0:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"nothing is left to dispute: {format_amount(payment, payment.captured_minor)} captured, "
            f"{format_amount(payment, payment.disputed_minor)} in disputes that are open or lost",
            field="amount",
        )
    if command.amount_minor is None:
        return min(payment.disputable_minor, limit_minor) or limit_minor
    if command.amount_minor > limit_minor:
        which = f"{format_amount(payment, payment.captured_minor)} captured"
        if again is not None:
            which = f"{format_amount(payment, again.amount_minor)} that came back when this dispute was won"
        taken = f", of which {format_amount(payment, payment.disputed_minor)} are in disputes that are open or lost"
        raise Refused(
            codes.INVALID_AMOUNT,
            f"chargeback of {format_amount(payment, command.amount_minor)} exceeds the {which}"
            f"{taken if payment.disputed_minor else ''}",
            field="amount",
        )
    return command.amount_minor


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
