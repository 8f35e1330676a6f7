"""Refunds that wait for money: kept in a queue for each gateway and currency, and tried when its balance is credited.

Whatever credits a PSP's balance calls `schedule_next`; the refund is then made by an effect of its own, at that moment.
How many wait is in the project's settings, so that nothing is looked up where none does.
"""

from mockpsp.domain.commands import FundRefund
from mockpsp.domain.decision import Effect
from mockpsp.domain.psps.profiles import RefundQueue
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book, chart
from mockpsp.store import agenda, waiting
from mockpsp.store.waiting import WaitingRow

_SETTING = "waiting_refunds"


def any_wait(tx: UniverseTx) -> bool:
    """Whether any refund of this universe waits."""
    return bool(tx.project.settings.get(_SETTING))


def waits_at(tx: UniverseTx, gateway: str, currency: str) -> bool:
    """Whether a refund waits for this gateway's money in this currency."""
    return any_wait(tx) and waiting.first(tx.conn, tx.project.no, gateway, currency) is not None


def enqueue(tx: UniverseTx, gateway: str, currency: str, row: WaitingRow) -> None:
    """The refund waits, behind those that wait already."""
    waiting.insert(tx.conn, tx.project.no, gateway, currency, row)
    _count(tx, 1)


def dequeue(tx: UniverseTx, gateway: str, currency: str, refund_seq: int) -> bool:
    """The refund waits no more. Answers whether it did: then the next one may be tried."""
    if any_wait(tx) and waiting.delete(tx.conn, tx.project.no, gateway, currency, refund_seq):
        _count(tx, -1)
        return True
    return False


def schedule_next(tx: UniverseTx, gateway: str, currency: str, *, is_credited: bool = True) -> None:
    """Try the refund that waits longest, or each that may be covered, where the PSP makes the first that fits.

    Not credited: one has left the queue, which lets the next one move up but covers no other.
    """
    if not any_wait(tx):
        return
    is_in_order = gateway_profile(tx, gateway)[1].refund_queue is RefundQueue.FIRST_COME
    if not is_in_order and not is_credited:
        return
    # Refunds are taken from the reserve first, where there is one.
    places = (chart.available(gateway), chart.pending(gateway), chart.reserve(gateway))
    balance_minor = sum(book.balance(tx.conn, tx.project.no, place, currency) for place in places)
    if is_in_order:
        first = waiting.first(tx.conn, tx.project.no, gateway, currency)
        rows = [first] if first is not None and first.amount_minor <= balance_minor else []
    else:
        rows = waiting.fitting(tx.conn, tx.project.no, gateway, currency, balance_minor)
    for row in rows:
        effect = (tx.mint.next(), Effect(tx.now_ms, FundRefund(row.seq)))
        agenda.insert_effects(tx.conn, tx.project.no, row.payment_seq, [effect])
        tx.has_new_work = True


def _count(tx: UniverseTx, by: int) -> None:
    left = tx.project.settings.get(_SETTING, 0) + by
    if left:
        tx.project.settings[_SETTING] = left
    else:
        tx.project.settings.pop(_SETTING, None)
    tx.is_project_changed = True
