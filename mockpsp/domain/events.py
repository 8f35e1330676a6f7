"""Which facts the outside world is told of, under which name. One row a kind; a test proves the table total.

Names are ProcessOut's. `transaction.operation.refund.failed` is our extension: the published list names no event for
a refund that fails later, and it is called after the one fired while a refund is open.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.nearest import nearest_name
from mockpsp.domain.payment import Payment, Status

REFUND_FAILED_EVENT = "transaction.operation.refund.failed"


def _always(fact: Fact, payment: Payment) -> bool:
    return True


def _is_released(fact: Fact, payment: Payment) -> bool:
    """Of a hold that ran out while captures of all of it were under way, nothing is left to release."""
    return fact.amount_minor > 0 or payment.status is Status.VOIDED


class EventRule(NamedTuple):
    """The event's name, and when it fires: given the fact and the payment after it."""

    name: str
    fires: Callable[[Fact, Payment], bool] = _always


#: Fact kind -> its event; None: nobody is told.
EVENTS: dict[Kind, EventRule | None] = {
    Kind.REQUESTED: EventRule("transaction.requested", lambda fact, payment: payment.attempts_count == 1),
    Kind.THREE_D_S_ATTEMPTED: None,
    Kind.DEVICE_FINGERPRINTED: None,
    Kind.THREE_D_S_PASSED: None,
    Kind.THREE_D_S_FAILED: EventRule("transaction.failed"),
    Kind.AUTHORIZATION_ATTEMPTED: None,
    Kind.AUTHORIZED: EventRule("transaction.authorized"),
    Kind.AUTHORIZATION_DECLINED: EventRule("transaction.failed"),
    Kind.CONFIRMATION_AWAITED: None,
    Kind.INCREMENT_ATTEMPTED: None,
    Kind.INCREMENTED: None,
    Kind.INCREMENT_DECLINED: None,
    Kind.CAPTURE_ATTEMPTED: None,
    Kind.CAPTURE_AWAITED: None,
    Kind.CAPTURED: EventRule("transaction.captured"),
    Kind.CAPTURE_DECLINED: EventRule("transaction.failed"),
    Kind.CAPTURE_FAILED: EventRule("transaction.failed"),
    Kind.CAPTURE_SETTLED: None,
    Kind.VOID_ATTEMPTED: None,
    Kind.VOIDED: EventRule("transaction.voided", lambda fact, payment: payment.status is Status.VOIDED),
    Kind.VOID_DECLINED: None,
    Kind.HOLD_EXPIRED: EventRule("transaction.voided", _is_released),
    Kind.REFUND_ATTEMPTED: None,
    Kind.REFUND_MADE: EventRule("transaction.refunded"),
    Kind.REFUND_DECLINED: None,
    Kind.REFUND_ACCEPTED: EventRule("transaction.operation.refund.pending"),
    Kind.REFUND_WAITING: EventRule("transaction.operation.refund.pending"),
    Kind.REFUND_FUNDED: None,
    Kind.REFUND_SETTLED: EventRule("transaction.refunded"),
    Kind.REFUND_FAILED: EventRule(REFUND_FAILED_EVENT),
    Kind.REFUND_RETURNED: EventRule(REFUND_FAILED_EVENT),
    Kind.REFUND_FELL_BACK: None,
    Kind.RETRIEVAL_REQUESTED: EventRule("transaction.chargeback.retrieval-request"),
    Kind.RETRIEVAL_CLOSED: None,
    Kind.FRAUD_NOTIFIED: EventRule("transaction.chargeback.fraud-notification"),
    Kind.CHARGEBACK_AVERTED: None,
    Kind.CHARGEBACK_OPENED: EventRule("transaction.chargeback.created"),
    Kind.CHARGEBACK_CONTESTED: None,
    Kind.CHARGEBACK_WON: EventRule("transaction.chargeback.won"),
    Kind.CHARGEBACK_LOST: EventRule("transaction.chargeback.lost"),
    Kind.PAYOUT_ATTEMPTED: None,
    Kind.PAID_OUT: None,
    Kind.PAYOUT_DECLINED: EventRule("transaction.failed"),
}


#: The published events; those of plans, coupons and subscriptions belong to the legacy billing, which is not simulated.
DOCUMENTED_EVENTS = """
transaction.requested transaction.authorized transaction.captured transaction.failed transaction.voided
transaction.refunded transaction.operation.refund.pending transaction.chargeback.created transaction.chargeback.won
transaction.chargeback.lost transaction.chargeback.retrieval-request transaction.chargeback.fraud-notification
customer.created customer.updated customer.deleted customer.token.created customer.token.updated
customer.token.deleted product.created product.updated product.deleted
""".split()
#: Events of objects that no decider knows: each is announced by its view, and a story shows it.
ANNOUNCED = """
customer.created customer.updated customer.deleted customer.token.created customer.token.updated
customer.token.deleted product.created product.updated product.deleted
""".split()
LEGACY_EVENTS = """
plan.created plan.updated plan.deleted coupon.created coupon.updated coupon.deleted subscription.created
subscription.started subscription.iterated subscription.trial.ending_soon subscription.trial.ended
subscription.payment_failed subscription.canceled
""".split()
#: Every event that can fire here.
FIRED_EVENTS = frozenset({rule.name for rule in EVENTS.values() if rule is not None} | set(ANNOUNCED))
#: Every event that an endpoint may ask for: one written for the API may ask for those that never fire here.
TOPICS = tuple(dict.fromkeys([*DOCUMENTED_EVENTS, *sorted(FIRED_EVENTS), *LEGACY_EVENTS]))


def unknown_event(name: str, known: Iterable[str] = TOPICS) -> str:
    """What is wrong with an event's name, and the nearest known one; empty for a known name."""
    if name in known:
        return ""
    if name in TOPICS:
        return f"{name!r} never fires here: legacy billing is not simulated"
    near = nearest_name(name, known, cutoff=0.5)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(known))}"
    return f"there is no event {name[:80]!r}; {hint}"


def event_name(fact: Fact, payment: Payment) -> str | None:
    """The event this fact fires on the payment as it is after it, if any."""
    rule = EVENTS[fact.kind]
    return rule.name if rule and rule.fires(fact, payment) else None
