"""Deciding payouts to a customer's card: money the other way, so its amounts are below zero."""

from mockpsp.domain.commands import Payout
from mockpsp.domain.deciders import acceptance
from mockpsp.domain.deciders.authorize import guard_authenticated
from mockpsp.domain.decision import Context, Decision, format_amount
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import PayoutShortBalance
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def decide_payout(payment: Payment, command: Payout, context: Context) -> Decision:
    """Pay the invoice's amount out to the card, or record that the provider declined it."""
    guard_authenticated(payment)
    acceptance.guard_currency(payment, context)
    acceptance.guard_step(payment, payment.amount_minor, context)
    _guard_balance(payment, context)
    minor = -payment.amount_minor
    requested = context.fact(
        Kind.REQUESTED,
        minor,
        gateway=context.gateway,
        card_seq=command.source.card_seq,
        token_seq=command.source.token_seq,
    )
    tried = context.fact(Kind.PAYOUT_ATTEMPTED, minor)
    if error_code := context.error_for(context.card.authorize_error or context.card.payment_error):
        failed = context.fact(Kind.PAYOUT_DECLINED, minor, error_code=error_code)
        return Decision((requested, tried, failed), error_code=error_code)
    return Decision((requested, tried, context.fact(Kind.PAID_OUT, minor)))


def _guard_balance(payment: Payment, context: Context) -> None:
    """Refuse to pay out more than is there, where the PSP advances nothing."""
    if context.profile.payout_short_balance is PayoutShortBalance.ALLOW:
        return
    if payment.amount_minor > context.available_minor:
        raise Refused(
            codes.INVALID_AMOUNT,
            f"payout of {format_amount(payment, payment.amount_minor)} exceeds the "
            f"{format_amount(payment, context.available_minor)} "
            f"available at {context.gateway} (payout_short_balance: fail); captures in {payment.currency} become "
            "available when they settle, and nothing is converted",
            field="amount",
        )
