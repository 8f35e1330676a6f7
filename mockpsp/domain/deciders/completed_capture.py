"""A capture that is through: its fact and what follows from it, whether it was so at once or took its time."""

from mockpsp.domain.commands import OpenRetrievalRequest, SendFraudNotification, SettleCapture
from mockpsp.domain.deciders.expiry import renewed_by
from mockpsp.domain.deciders.late_failure import scripted_return
from mockpsp.domain.deciders.own_chargeback import own_chargeback
from mockpsp.domain.decision import Context, Effect
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import moment_after
from mockpsp.domain.psps.fees import CAPTURE, charge_for, tax_on
from mockpsp.domain.psps.schedules import settles_at_ms


def capture_fact(
    payment: Payment,
    amount_minor: int,
    context: Context,
    *,
    is_final: bool,
    is_sale: bool = False,
    capture_seq: int | None = None,
) -> Fact:
    """The fact of a capture that is through, with its fee; `capture_seq` names the one that took its time."""
    fee_minor = charge_for(CAPTURE, context.profile, amount_minor, payment.currency)
    return context.fact(
        Kind.CAPTURED,
        amount_minor,
        fee_minor=fee_minor,
        tax_minor=tax_on(context.profile, fee_minor),
        is_final=is_final,
        is_sale=is_sale,
        capture_seq=capture_seq,
    )


def effects_of_capture(payment: Payment, taken: Fact, context: Context) -> tuple[Effect, ...]:
    """Settlement, what was scripted and, with the first capture, what the card is known to bring."""
    profile, now_ms = context.profile, context.now_ms
    later: tuple[Effect, ...] = (
        Effect(settles_at_ms(profile, now_ms), SettleCapture(taken.seq)),
        *scripted_return(taken, context),
    )
    if profile.capture_renews_authorization:
        later += renewed_by(payment, taken, context)
    if payment.captures or context.card.then is None:
        return later
    dispute_at_ms = moment_after(profile, now_ms, profile.chargeback_delay_ms)
    opens = Effect(dispute_at_ms, own_chargeback(context.card))
    # An alert programme gives the merchant some time to refund, which spares the dispute and its fee.
    alert_at_ms = max(now_ms, dispute_at_ms - profile.alert_window_ms)
    alert = (Effect(alert_at_ms, SendFraudNotification()),) if profile.alert_window_ms else ()
    by_behaviour: dict[str, tuple[Effect, ...]] = {
        "chargeback": (*alert, opens),
        "chargeback_failed": (*alert, opens),
        "retrieval_request": (Effect(now_ms, OpenRetrievalRequest()),),
        "fraud_notification": (Effect(now_ms, SendFraudNotification()),),
    }
    return (*later, *by_behaviour[context.card.then])
