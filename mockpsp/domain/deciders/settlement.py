"""Deciding settlement: the acquirer funds the PSP for a capture, and the merchant's money becomes available."""

from mockpsp.domain.commands import SettleCapture
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import CapturePart, Payment
from mockpsp.domain.payments.states import place_of
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_settle_capture(payment: Payment, command: SettleCapture, context: Context) -> Decision:
    """What is left of the capture, fees and refunds taken off, moves from pending to available."""
    capture = _wanted(payment, command.capture_seq)
    if capture is None or capture.is_settled:
        raise Refused(codes.INVALID_STATE, "capture.settle needs a capture that is not settled; this payment has none")
    return Decision((context.fact(Kind.CAPTURE_SETTLED, capture.unsettled_minor, capture_seq=capture.seq),))


def _wanted(payment: Payment, capture_seq: int | None) -> CapturePart | None:
    """The capture of that number, or without one the first that is not settled."""
    if capture_seq is None:
        return next((capture for capture in payment.captures if not capture.is_settled), None)
    place = place_of(payment.captures, capture_seq)
    return None if place is None else payment.captures[place]
