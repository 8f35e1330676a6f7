"""Deciding what comes between a dispute that was won and its second presentment."""

from mockpsp.domain.commands import ExpireChargeback, OpenPreArbitration
from mockpsp.domain.deciders import disputes
from mockpsp.domain.decision import Context, Decision, Effect
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Dispute, DisputeCase, Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_open_pre_arbitration(payment: Payment, command: OpenPreArbitration, context: Context) -> Decision:
    """The issuer does not let it stand that the merchant won; no money moves until that is decided."""
    profile = context.profile
    if not profile.pre_arbitration:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway}'s disputes have no stage between a win and a second presentment (pre_arbitration: no)",
        )
    if payment.returned:
        raise Refused(codes.INVALID_STATE, "pre_arbitration.open: what was captured of this payment came back already")
    case = _won(payment, command)
    opened = context.fact(Kind.PRE_ARBITRATION_OPENED, case.amount_minor, dispute_seq=disputes.about(payment, case))
    if profile.pre_arbitration_answer_within_ms is None:
        return Decision((opened,))
    deadline_ms = moment_after(profile, context.now_ms, profile.pre_arbitration_answer_within_ms)
    return Decision((opened,), effects=(Effect(deadline_ms, ExpireChargeback(opened.seq)),))


def _won(payment: Payment, command: OpenPreArbitration) -> DisputeCase:
    asked = [case for case in payment.disputes if command.again_seq in (None, case.seq)]
    found = [case for case in asked if case.state is Dispute.WON and not disputes.is_won_for_good(case)]
    if found:
        return found[0]
    state = "none"
    if asked:
        state = "won for good" if asked[0].state is Dispute.WON else asked[0].state
    raise Refused(codes.INVALID_STATE, f"pre_arbitration.open needs a won dispute; this payment's dispute is {state}")
