"""Why a PSP declines by a rule of its own: the fact, and the way out.

The failed operation keeps the sentence as its error_message, and the answer says it; a decline by the issuer, by a test
card or by a script says what its code says.
"""

from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.payments.facts import MESSAGE, Fact
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.profiles import RefundShortBalance
from mockpsp.domain.time.moments import rfc3339
from mockpsp.domain.time.spans import format_span

_COVER = "let captures settle, or add to the balance (balance.add)"


def explained(fact: Fact, why: str | None) -> Fact:
    """The fact with its sentence, where there is one."""
    return fact if why is None else fact._replace(notes=(*fact.notes, (MESSAGE, why)))


def short_balance(payment: Payment, amount_minor: int, context: Context) -> str:
    """A refund that the balance does not cover, where the PSP then refuses it."""
    settled, unsettled = (format_amount(payment, minor) for minor in (context.available_minor, context.pending_minor))
    return (
        f"The provider declined: {context.gateway}'s balance of {settled} settled and {unsettled} unsettled does not "
        f"cover the refund of {format_amount(payment, amount_minor)} and its fee (refund_short_balance: refuse); "
        f"{_COVER}, or refund less"
    )


def never_covered(payment: Payment, amount_minor: int, context: Context) -> str | None:
    """A refund that the balance did not cover, where the PSP takes it on and lets it fail."""
    if context.profile.refund_short_balance is not RefundShortBalance.FAIL:
        return None
    return (
        f"The provider declined: {context.gateway}'s balance did not cover the refund of "
        f"{format_amount(payment, amount_minor)} (refund_short_balance: fail); {_COVER}, and refund again"
    )


def honour_over(payment: Payment, context: Context) -> str:
    """A capture that comes when the money is assured no more."""
    profile, held_at_ms = context.profile, payment.authorized_at_ms
    assert profile.honour_period_ms is not None and held_at_ms is not None, "there was a hold, assured for a time"
    assured = format_span(profile.honour_period_ms)
    until = rfc3339(moment_after(profile, held_at_ms, profile.honour_period_ms))
    return (
        f"The provider declined: {context.gateway} assures a hold for {assured} (honour_period: {assured}) and "
        f"declines later captures (capture_after_honour: decline); this one could be captured until {until}: authorize "
        "a new invoice, and capture it in time"
    )
