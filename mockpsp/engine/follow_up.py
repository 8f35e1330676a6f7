"""Fifth stage: what follows from the rows that were written: payouts planned, the world told, effects scheduled.

To let something more follow: a function, and its place in `FOLLOW_UPS`. The order counts: each takes numbers.
"""

from collections.abc import Callable

from mockpsp.domain.payments import money
from mockpsp.engine import announce, planned_payouts, reserves, waiting_refunds
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.ledger import chart
from mockpsp.store import agenda
from mockpsp.store.resources import EventRow
from mockpsp.webhooks.dialect_bodies import Facts


def follow_up(tx: UniverseTx, work: Work) -> None:
    """Leave in the open transaction what follows from a command that was carried out."""
    for follow in FOLLOW_UPS:
        follow(tx, work)


def _plan_payout_of_lines(tx: UniverseTx, work: Work) -> None:
    if any(item.amount_minor + item.fees_minor > 0 and item.type != reserves.LINE for item in work.items):
        planned_payouts.plan(tx, work.items[0].gateway, work.context.profile, is_arrival=True)


def _tell(tx: UniverseTx, work: Work) -> None:
    def facts(row: EventRow) -> str:
        """What a webhook of a dialect's own says: the payment, and the amount that the event is about."""
        payment = work.after
        amount_minor = next(fact.amount_minor for fact in work.decision.facts if fact.seq == row.fact_seq)
        return Facts(
            tx.id("tr_", payment.seq),
            tx.id("iv_", payment.invoice_seq),
            amount_minor or payment.amount_minor,
            money.format_exact(amount_minor or payment.amount_minor, payment.currency),
            payment.currency,
            tx.project.public_id,
        ).text()

    announce.write_events(tx, work.events, work.invoice.get("webhook_url"), facts)


def _try_next_in_queue(tx: UniverseTx, work: Work) -> None:
    if work.has_left_queue:
        waiting_refunds.schedule_next(tx, work.payment.gateway or "", work.payment.currency, is_credited=False)


def _plan_payout_held_up(tx: UniverseTx, work: Work) -> None:
    """No payout was made while the refund waited."""
    if work.is_queue_filled and (work.refund is not None or work.has_left_queue):
        planned_payouts.plan(tx, work.context.gateway, work.context.profile)


def _try_queue_when_credited(tx: UniverseTx, work: Work) -> None:
    gateway = work.after.gateway or ""
    places = (chart.available(gateway), chart.pending(gateway))
    is_credited = any(posting.debit in places for entry in work.entries for posting in entry.postings)
    if is_credited and waiting_refunds.any_wait(tx):
        waiting_refunds.schedule_next(tx, gateway, work.after.currency)


def _schedule_effects(tx: UniverseTx, work: Work) -> None:
    if work.decision.effects:
        numbered = [(tx.mint.next(), effect) for effect in work.decision.effects]
        agenda.insert_effects(tx.conn, tx.project.no, work.payment.seq, numbered)
        due_at_ms = min(effect.due_at_ms for effect in work.decision.effects)
        tx.next_effect_ms = min(tx.next_effect_ms or due_at_ms, due_at_ms)


FOLLOW_UPS: tuple[Callable[[UniverseTx, Work], None], ...] = (
    _plan_payout_of_lines,
    _tell,
    _try_next_in_queue,
    _plan_payout_held_up,
    _try_queue_when_credited,
    _schedule_effects,
)
