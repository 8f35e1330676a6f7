"""Which decider answers which command, and in which state a command may come at all.

`decide(payment, command, context)` answers a Decision, or raises Refused and nothing happens. To add a command: a
dataclass in commands.py, a decider, a row in `DECIDERS` and, if states matter, one in `ALLOWED`.
"""

from collections.abc import Callable
from typing import Any

from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.deciders import (
    asynchronous_capture,
    authorize,
    capture,
    challenge,
    chargeback,
    dispute_opening,
    late_failure,
    payout,
    pending_payment,
    pre_arbitration,
    refund,
    refund_speed,
    retrieval,
    settlement,
    unsupported_features,
    void,
    waiting_refund,
)
from mockpsp.domain.decision import Context, Decision, explain_status
from mockpsp.domain.payments.payment import Payment, Status
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

DECIDERS: dict[type[Command], Callable[[Payment, Any, Context], Decision]] = {
    commands.Authenticate: challenge.decide_authenticate,
    commands.FingerprintDevice: challenge.decide_fingerprint,
    commands.PassChallenge: challenge.decide_pass,
    commands.FailChallenge: challenge.decide_fail,
    commands.AbandonChallenge: challenge.decide_abandon,
    commands.ExpireChallenge: challenge.decide_expire,
    commands.Authorize: authorize.decide_authorize,
    commands.Capture: capture.decide_capture,
    commands.Increment: authorize.decide_increment,
    commands.Void: void.decide_void,
    commands.Payout: payout.decide_payout,
    commands.CaptureHeld: capture.decide_capture_held,
    commands.ConfirmCapture: asynchronous_capture.decide_confirm_capture,
    commands.FailCapture: asynchronous_capture.decide_fail_capture,
    commands.RestoreCapture: late_failure.decide_restore_capture,
    commands.ConfirmPayment: pending_payment.decide_confirm,
    commands.FailPayment: pending_payment.decide_fail,
    commands.Refund: refund.decide_refund,
    commands.SettleRefund: refund.decide_settle_refund,
    commands.FailRefund: refund.decide_fail_refund,
    commands.FallBackRefund: refund_speed.decide_fall_back,
    commands.CancelRefund: refund.decide_cancel_refund,
    commands.FundRefund: waiting_refund.decide_fund_refund,
    commands.ReleaseDebt: refund.decide_release_debt,
    commands.SettleCapture: settlement.decide_settle_capture,
    commands.ExpireAuthorization: void.decide_expire,
    commands.OpenChargeback: dispute_opening.decide_open_chargeback,
    commands.ContestChargeback: chargeback.decide_contest_chargeback,
    commands.AcceptChargeback: chargeback.decide_accept_chargeback,
    commands.ExpireChargeback: chargeback.decide_expire_chargeback,
    commands.WinChargeback: chargeback.decide_win_chargeback,
    commands.LoseChargeback: chargeback.decide_lose_chargeback,
    commands.OpenPreArbitration: pre_arbitration.decide_open_pre_arbitration,
    commands.OpenRetrievalRequest: retrieval.decide_retrieval_request,
    commands.AnswerRetrievalRequest: retrieval.decide_answer_retrieval,
    commands.ExpireRetrievalRequest: retrieval.decide_expire_retrieval,
    commands.SendFraudNotification: retrieval.decide_fraud_notification,
}

_UNPAID = frozenset({Status.WAITING, Status.FAILED})
_CAPTURED = frozenset(Status) - _UNPAID - {Status.AUTHORIZED, Status.PENDING, Status.PENDING_CAPTURE, Status.VOIDED}
_HOLDING = frozenset({Status.AUTHORIZED, Status.PENDING_CAPTURE, Status.COMPLETED})

#: Commands that go on with a hold. What is held can be captured and voided, whatever else happened to the payment.
_OF_HOLD = (commands.Capture, commands.Void)
#: Command -> statuses it may come in, and how the refusal puts it. The other commands look at amounts, not statuses.
ALLOWED: dict[type[Command], tuple[frozenset[Status], str]] = {
    commands.Authenticate: (_UNPAID, "only the payer of an unpaid invoice can be authenticated"),
    commands.Authorize: (_UNPAID, "only an unpaid invoice can be authorized"),
    commands.Capture: (_UNPAID | _HOLDING, "nothing is left to capture"),
    commands.Increment: (frozenset({Status.AUTHORIZED}), "only an authorized payment's hold can be raised"),
    commands.Void: (_HOLDING, "only a hold can be voided"),
    commands.Payout: (_UNPAID, "only an invoice that nobody paid can be paid out"),
    commands.Refund: (_CAPTURED, "only captured money can be refunded"),
}


def decide(payment: Payment, command: Command, context: Context) -> Decision:
    """Answer the command: a Decision (a decline included), or Refused when it breaks a rule."""
    rule = ALLOWED.get(type(command))
    if rule is not None and not (isinstance(command, _OF_HOLD) and payment.is_held):
        statuses, why = rule
        if payment.status not in statuses:
            code = codes.INVALID_AMOUNT if isinstance(command, commands.Refund) else codes.INVALID_STATE
            raise Refused(code, f"{why}; this payment is {payment.status}{explain_status(payment, context)}")
    unsupported_features.refuse_or_drop_splits(context)
    if isinstance(command, commands.Authorize) and unsupported_features.falls_back_to_sale(command, context.profile):
        command = commands.Capture(command.source, command.gateway, options=command.options)
    return DECIDERS[type(command)](payment, command, context)
