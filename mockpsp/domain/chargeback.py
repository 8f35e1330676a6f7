"""Deciding disputes: warnings, chargebacks, and how they end."""

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import (
    ContestChargeback,
    LoseChargeback,
    OpenChargeback,
    OpenRetrievalRequest,
    SendFraudNotification,
    WinChargeback,
)
from mockpsp.domain.decision import Context, Decision, Effect, money, why_so
from mockpsp.domain.facts import Kind
from mockpsp.domain.fees import COUNTERED, RETRIEVAL, charge_for, lost_fee, opened_fee, returned_if_won
from mockpsp.domain.payment import Dispute, Payment
from mockpsp.domain.shares import parts_of


def decide_open_chargeback(payment: Payment, command: OpenChargeback, context: Context) -> Decision:
    """The issuer takes back what was not refunded; a payment given back in full by then is not disputed at all."""
    if payment.dispute not in (Dispute.NONE, Dispute.AVERTED):
        raise Refused(codes.INVALID_STATE, f"this payment has a dispute already: {payment.dispute}")
    _guard_captured(payment, "chargeback.open", context)
    if payment.available_minor <= 0:
        if payment.dispute is Dispute.AVERTED:
            raise Refused(codes.INVALID_STATE, "everything captured was refunded, so there is nothing to dispute")
        return Decision((context.fact(Kind.CHARGEBACK_AVERTED, 0),))
    amount_minor = payment.available_minor if command.amount_minor is None else command.amount_minor
    if amount_minor > payment.captured_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"chargeback of {money(payment, amount_minor)} exceeds the "
            f"{money(payment, payment.captured_minor)} captured",
            field="amount",
        )
    profile = context.profile
    opened = context.fact(
        Kind.CHARGEBACK_OPENED,
        amount_minor,
        parts=parts_of(payment, amount_minor),
        fee_minor=opened_fee(profile, amount_minor, payment.currency),
        is_withheld=profile.chargeback_withheld,
        reason=command.reason,
    )
    lost = () if profile.chargeback_contestable else (Effect(context.now_ms, LoseChargeback()),)
    return Decision((opened,), effects=lost)


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
    return Decision((fact,))


def decide_win_chargeback(payment: Payment, command: WinChargeback, context: Context) -> Decision:
    """The money comes back; the fee too where the PSP returns it."""
    _guard_open(payment, "chargeback.win")
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
    """The money is gone; a PSP that charges only for lost disputes charges now."""
    _guard_open(payment, "chargeback.lose")
    fact = context.fact(
        Kind.CHARGEBACK_LOST,
        payment.disputed_minor,
        parts=payment.dispute_parts,
        fee_minor=lost_fee(context.profile, payment.disputed_minor, payment.currency),
        is_withheld=payment.is_withheld,
    )
    return Decision((fact,))


def decide_retrieval_request(payment: Payment, command: OpenRetrievalRequest, context: Context) -> Decision:
    """The issuer asks what the payment was; no money moves, but for what the PSP charges for passing it on."""
    _guard_captured(payment, "retrieval_request.open", context)
    fee_minor = charge_for(RETRIEVAL, context.profile, payment.captured_minor, payment.currency)
    return Decision((context.fact(Kind.RETRIEVAL_REQUESTED, 0, fee_minor=fee_minor),))


def decide_fraud_notification(payment: Payment, command: SendFraudNotification, context: Context) -> Decision:
    """The issuer warns of fraud; no money moves, and a refund now may still spare the chargeback."""
    _guard_captured(payment, "fraud_notification.send", context)
    return Decision((context.fact(Kind.FRAUD_NOTIFIED, 0),))


def _guard_open(payment: Payment, move: str) -> None:
    if payment.dispute is not Dispute.OPEN:
        state = payment.dispute or "none"
        raise Refused(codes.INVALID_STATE, f"{move} needs an open chargeback; this payment's dispute is {state}")


def _guard_captured(payment: Payment, move: str, context: Context) -> None:
    if not payment.captured_minor:
        raise Refused(
            codes.INVALID_STATE,
            f"{move} needs a captured payment; nothing was captured{why_so(payment, context.gateway)}",
        )
