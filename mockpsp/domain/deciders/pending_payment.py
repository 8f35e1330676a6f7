"""Deciding payments whose method takes its time: taken on now, confirmed or failed later.

A bank debit is asked for today and known to be paid days later; a customer leaves a bank's page before it says more.
Until then the payment is pending: nothing is held or captured, and no other attempt goes on the same invoice.
"""

from mockpsp.domain.commands import ConfirmPayment, FailPayment
from mockpsp.domain.deciders import late_failure
from mockpsp.domain.deciders.authorize import checks, decline
from mockpsp.domain.deciders.capture import complete_sale
from mockpsp.domain.deciders.expiry import expiry
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_confirm(payment: Payment, command: ConfirmPayment, context: Context) -> Decision:
    """The provider has the customer's money: the payment is authorized, and captured if that was asked for."""
    _guard_pending(payment, command.attempt, "payment.confirm")
    if payment.is_pending_sale:
        return complete_sale(payment, context)
    held = context.fact(Kind.AUTHORIZED, payment.amount_minor, checks=checks(context))
    return Decision((held,), effects=expiry(context))


def decide_fail(payment: Payment, command: FailPayment, context: Context) -> Decision:
    """The provider will not get the customer's money: the payment failed, and another attempt may be made.

    One that was confirmed comes back, and no other attempt follows.
    """
    if command.attempt is None and payment.captured_minor and not payment.is_pending:
        return late_failure.decide_return_payment(payment, command, context)
    _guard_pending(payment, command.attempt, "payment.fail")
    # No error code of the decision: whoever makes this move gets what was asked for.
    failed = decline(payment, context, command.error_code)
    return Decision((failed._replace(reason=command.reason),))


def _guard_pending(payment: Payment, attempt: int | None, what: str) -> None:
    if not payment.is_pending:
        raise Refused(codes.INVALID_STATE, f"{what} needs a pending payment; this one is {payment.status}")
    if attempt not in (None, payment.attempts_count):
        raise Refused(codes.INVALID_STATE, f"{what} was for attempt {attempt}, which is over")
