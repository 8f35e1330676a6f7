"""Deciding settlement: the acquirer funds the PSP for a capture, and the merchant's money becomes available."""

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import SettleCapture
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.facts import Kind
from mockpsp.domain.payment import Payment


def decide_settle_capture(payment: Payment, command: SettleCapture, context: Context) -> Decision:
    """What is left of the capture, fees and refunds taken off, moves from pending to available."""
    for capture in payment.captures:
        if not capture.is_settled and command.capture_seq in (None, capture.seq):
            fact = context.fact(Kind.CAPTURE_SETTLED, capture.unsettled_minor, capture_seq=capture.seq)
            return Decision((fact,))
    raise Refused(codes.INVALID_STATE, "capture.settle needs a capture that is not settled; this payment has none")
