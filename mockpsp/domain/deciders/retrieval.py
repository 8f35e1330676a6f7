"""Deciding what comes before a dispute: retrieval requests and warnings."""

from mockpsp.domain.commands import (
    AnswerRetrievalRequest,
    ExpireRetrievalRequest,
    OpenChargeback,
    OpenRetrievalRequest,
    SendFraudNotification,
)
from mockpsp.domain.deciders import disputes
from mockpsp.domain.decision import Context, Decision, Effect, explain_status
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.shares import allocate_to_captures
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.fees import RETRIEVAL, charge_for
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

ANSWERED, EXPIRED, DISPUTED = "answered", "expired", "disputed"


def decide_retrieval_request(payment: Payment, command: OpenRetrievalRequest, context: Context) -> Decision:
    """The issuer asks what the payment was; money moves only where the PSP holds it meanwhile, and for its fee."""
    disputes.guard_disputable("retrieval_request.open", context)
    guard_captured(payment, "retrieval_request.open", context)
    if payment.retrieval_seq is not None:
        raise Refused(codes.INVALID_STATE, "retrieval_request.open: one is open already; answer it, or let it expire")
    profile = context.profile
    held_minor = payment.disputable_minor if profile.retrieval_held else 0
    asked = context.fact(
        Kind.RETRIEVAL_REQUESTED,
        held_minor,
        parts=allocate_to_captures(payment, held_minor) if held_minor else (),
        fee_minor=charge_for(RETRIEVAL, profile, payment.captured_minor, payment.currency),
        is_withheld=bool(held_minor),
    )
    if profile.retrieval_answer_within_ms is None:
        return Decision((asked,))
    deadline_ms = moment_after(profile, context.now_ms, profile.retrieval_answer_within_ms)
    return Decision((asked,), effects=(Effect(deadline_ms, ExpireRetrievalRequest(asked.seq)),))


def decide_answer_retrieval(payment: Payment, command: AnswerRetrievalRequest, context: Context) -> Decision:
    """The issuer is satisfied; what was held is the merchant's again."""
    _guard_asked(payment, command.opened_seq, "retrieval_request.answer")
    return Decision((closed(payment, context, ANSWERED),))


def decide_expire_retrieval(payment: Payment, command: ExpireRetrievalRequest, context: Context) -> Decision:
    """Nobody answered in time: the issuer disputes at once, unless everything was given back."""
    _guard_asked(payment, command.opened_seq, "retrieval_request.expire")
    effects = (Effect(context.now_ms, OpenChargeback(reason="unanswered")),) if payment.disputable_minor else ()
    return Decision((closed(payment, context, EXPIRED),), effects=effects)


def decide_fraud_notification(payment: Payment, command: SendFraudNotification, context: Context) -> Decision:
    """The issuer warns of fraud; no money moves, and a refund now may still spare the chargeback."""
    guard_captured(payment, "fraud_notification.send", context)
    return Decision((context.fact(Kind.FRAUD_NOTIFIED, 0),))


def closed(payment: Payment, context: Context, reason: str) -> Fact:
    """The open retrieval request ends; what was held for it is back."""
    return context.fact(
        Kind.RETRIEVAL_CLOSED,
        sum(amount for _, amount in payment.retrieval_parts),
        parts=payment.retrieval_parts,
        is_withheld=bool(payment.retrieval_parts),
        reason=reason,
    )


def guard_captured(payment: Payment, move: str, context: Context) -> None:
    """Refuse what is about money nobody took."""
    if not payment.captured_minor:
        raise Refused(
            codes.INVALID_STATE,
            f"{move} needs a captured payment; nothing was captured{explain_status(payment, context)}",
        )


def _guard_asked(payment: Payment, asked_seq: int | None, move: str) -> None:
    if payment.retrieval_seq is None or asked_seq not in (None, payment.retrieval_seq):
        raise Refused(codes.INVALID_STATE, f"{move} needs an open retrieval request; this payment has none")
