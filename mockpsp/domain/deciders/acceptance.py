"""What a PSP takes at all: which methods and currencies, from which amount to which, in which units."""

from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.fees import missing_price
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

#: The method that every other one is told from: cards come as cards, all else as gateway requests.
CARD = "card"


def guard_method(context: Context) -> None:
    """Refuse a card where this PSP takes none."""
    methods = context.profile.methods
    if context.is_card and CARD not in methods:
        taken = ", ".join(methods)
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} takes no cards (methods: {taken}); pay with the gateway request that the customer "
            "brings back from it, or send the card elsewhere",
            field="source",
        )


def guard_currency(payment: Payment, context: Context) -> None:
    """Refuse a currency that this PSP does not take, or has no price in."""
    if why := missing_price(context.profile, payment.currency):
        raise Refused(codes.INVALID_CURRENCY, f"{context.gateway} does not take {payment.currency}: {why}")


def guard_price(payment: Payment, context: Context) -> None:
    """Refuse a payment of less or more than this PSP takes. One of nothing verifies a card, and is none."""
    profile, currency, amount_minor = context.profile, payment.currency, payment.amount_minor
    least_minor = profile.amount_minimum_minor.get(currency)
    if least_minor is not None and 0 < amount_minor < least_minor:
        least = format_amount(payment, least_minor)
        raise Refused(
            codes.INVALID_AMOUNT,
            f"{format_amount(payment, amount_minor)} is less than the {least} that {context.gateway} takes at least "
            f"(amount_minimum: {least}); ask for more, or take it elsewhere",
            field="amount",
        )
    most_minor = profile.amount_maximum_minor.get(currency)
    if most_minor is not None and amount_minor > most_minor:
        most = format_amount(payment, most_minor)
        raise Refused(
            codes.INVALID_AMOUNT,
            f"{format_amount(payment, amount_minor)} is more than the {most} that {context.gateway} takes at most "
            f"(amount_maximum: {most}); take it in several payments",
            field="amount",
        )


def guard_step(payment: Payment, amount_minor: int, context: Context, *, field: str = "amount") -> None:
    """Refuse an amount that this PSP's own minor units can't say: dinars that don't end in 0, parts of a forint."""
    step_minor = context.profile.amount_step_minor.get(payment.currency, 1)
    if amount_minor % step_minor:
        step = format_amount(payment, step_minor)
        below = format_amount(payment, amount_minor // step_minor * step_minor)
        raise Refused(
            codes.INVALID_AMOUNT,
            f"{format_amount(payment, amount_minor)} is no multiple of {step}, the least unit that {context.gateway} "
            f"has of this currency (amount_step: {step}); {below} goes",
            field=field,
        )
