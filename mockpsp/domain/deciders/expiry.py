"""When a hold runs out: so long after it was made, or after the last capture of a part where that renews it."""

from mockpsp.domain.commands import ExpireAuthorization
from mockpsp.domain.decision import Context, Effect
from mockpsp.domain.payments.facts import Fact
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.spans import format_span


def expiry(context: Context, captures: int = 0) -> tuple[Effect, ...]:
    """The end of the hold, where the PSP sets one, from now on; so many captures were made of it."""
    profile = context.profile
    if profile.authorization_lifetime_ms is None:
        return ()
    ends = ExpireAuthorization(captures if profile.capture_renews_authorization else None)
    return (Effect(moment_after(profile, context.now_ms, profile.authorization_lifetime_ms), ends),)


def renewed_by(payment: Payment, taken: Fact, context: Context) -> tuple[Effect, ...]:
    """The new end of the hold after a capture of a part, where the PSP gives the rest its time anew."""
    is_of_hold = payment.authorized_at_ms is not None and not payment.is_hold_expired
    if taken.is_final or not is_of_hold or not context.profile.capture_renews_authorization:
        return ()
    return expiry(context, len(payment.captures) + 1)


def guard_not_renewed(payment: Payment, command: ExpireAuthorization, context: Context) -> None:
    """Refuse an end of the hold that a capture has put off since it was planned."""
    profile = context.profile
    if command.captures is None or len(payment.captures) <= command.captures:
        return
    if profile.capture_renews_authorization and profile.authorization_lifetime_ms is not None:
        raise Refused(
            codes.INVALID_STATE,
            f"a partial capture gave the rest of the hold {format_span(profile.authorization_lifetime_ms)} anew "
            "(capture_renews_authorization: yes)",
        )
