"""Which facts the outside world is told of, under which names. One row a kind; a test proves the table total.

Names are ProcessOut's. `transaction.operation.refund.failed` is our extension: the published list names no event for
a refund that fails later, and it is called after the one fired while a refund is open.

To add an event of a payment: a rule in its row below. Events about anything else are fired where that happens, by
engine/announce.py, and named in `ANNOUNCED`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.nearest import meant

REFUND_FAILED_EVENT = "transaction.operation.refund.failed"


def _always(before: Payment, after: Payment) -> bool:
    return True


def _is_hold_over(before: Payment, after: Payment) -> bool:
    """A hold has ended of which something was released, however it ended: told once, and only then.

    A part of it that is voided while another part is held is silent; so is a hold that was captured whole.
    """
    if not before.amount_minor:
        return before.is_held and not after.is_held
    return before.held_minor > 0 and after.held_minor == 0 and after.voided_minor > 0


class EventRule(NamedTuple):
    """The event's name, and when it fires: given the payment before the fact and after it."""

    name: str
    fires: Callable[[Payment, Payment], bool] = _always


_HOLD_OVER = EventRule("transaction.voided", _is_hold_over)

#: Fact kind -> its events, in the order in which they fire; (): nobody is told.
EVENTS: dict[Kind, tuple[EventRule, ...]] = {
    Kind.REQUESTED: (EventRule("transaction.requested", lambda before, after: after.attempts_count == 1),),
    Kind.THREE_D_S_ATTEMPTED: (),
    Kind.DEVICE_FINGERPRINTED: (),
    Kind.THREE_D_S_PASSED: (),
    Kind.THREE_D_S_FAILED: (EventRule("transaction.failed"),),
    Kind.AUTHORIZATION_ATTEMPTED: (),
    Kind.AUTHORIZED: (EventRule("transaction.authorized"),),
    Kind.AUTHORIZATION_DECLINED: (EventRule("transaction.failed"),),
    Kind.CONFIRMATION_AWAITED: (),
    Kind.INCREMENT_ATTEMPTED: (),
    Kind.INCREMENTED: (),
    Kind.INCREMENT_DECLINED: (),
    Kind.CAPTURE_ATTEMPTED: (),
    Kind.CAPTURE_AWAITED: (),
    Kind.CAPTURED: (EventRule("transaction.captured"), _HOLD_OVER),
    Kind.CAPTURE_DECLINED: (EventRule("transaction.failed"),),
    Kind.CAPTURE_FAILED: (EventRule("transaction.failed"),),
    Kind.CAPTURE_SETTLED: (),
    Kind.VOID_ATTEMPTED: (),
    Kind.VOIDED: (_HOLD_OVER,),
    Kind.VOID_DECLINED: (),
    Kind.CAPTURE_VOIDED: (EventRule("transaction.voided"),),
    Kind.PAYMENT_RETURNED: (EventRule("transaction.failed"),),
    Kind.CAPTURE_RETURNED: (EventRule("transaction.failed"),),
    Kind.CAPTURE_RESTORED: (EventRule("transaction.captured"),),
    Kind.HOLD_EXPIRED: (_HOLD_OVER,),
    Kind.REFUND_ATTEMPTED: (),
    Kind.REFUND_MADE: (EventRule("transaction.refunded"),),
    Kind.REFUND_DECLINED: (),
    Kind.REFUND_ACCEPTED: (EventRule("transaction.operation.refund.pending"),),
    Kind.REFUND_WAITING: (EventRule("transaction.operation.refund.pending"),),
    Kind.REFUND_FUNDED: (),
    Kind.REFUND_SETTLED: (EventRule("transaction.refunded"),),
    Kind.REFUND_FAILED: (EventRule(REFUND_FAILED_EVENT),),
    Kind.REFUND_RETURNED: (EventRule(REFUND_FAILED_EVENT),),
    Kind.REFUND_FELL_BACK: (),
    Kind.DEBT_RELEASED: (),
    Kind.RETRIEVAL_REQUESTED: (EventRule("transaction.chargeback.retrieval-request"),),
    Kind.RETRIEVAL_CLOSED: (),
    Kind.FRAUD_NOTIFIED: (EventRule("transaction.chargeback.fraud-notification"),),
    Kind.CHARGEBACK_AVERTED: (),
    Kind.CHARGEBACK_OPENED: (EventRule("transaction.chargeback.created"),),
    Kind.CHARGEBACK_CONTESTED: (),
    Kind.CHARGEBACK_WON: (EventRule("transaction.chargeback.won"),),
    Kind.CHARGEBACK_LOST: (EventRule("transaction.chargeback.lost"),),
    Kind.PRE_ARBITRATION_OPENED: (),
    Kind.PRE_ARBITRATION_WON: (EventRule("transaction.chargeback.won"),),
    Kind.PAYOUT_ATTEMPTED: (),
    Kind.PAID_OUT: (),
    Kind.PAYOUT_DECLINED: (EventRule("transaction.failed"),),
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
FIRED_EVENTS = frozenset({rule.name for rules in EVENTS.values() for rule in rules} | set(ANNOUNCED))
#: Every event that an endpoint may ask for: one written for the API may ask for those that never fire here.
TOPICS = tuple(dict.fromkeys([*DOCUMENTED_EVENTS, *sorted(FIRED_EVENTS), *LEGACY_EVENTS]))


def unknown_event(name: str, known: Iterable[str] = TOPICS) -> str:
    """What is wrong with an event's name, and which was meant; empty for a known name."""
    if name in known:
        return ""
    if name in TOPICS:
        return f"{name!r} never fires here: legacy billing is not simulated"
    hint = meant(name, known) or f"; known: {', '.join(sorted(known))}"
    return f"there is no event {name[:80]!r}{hint}"


def event_names(fact: Fact, before: Payment, after: Payment) -> list[str]:
    """The events this fact fires, given the payment before and after it."""
    return [rule.name for rule in EVENTS[fact.kind] if rule.fires(before, after)]
