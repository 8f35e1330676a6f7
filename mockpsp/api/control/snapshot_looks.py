"""A universe that came in a file, shown whole as the API shows it: what can't be shown is refused with the file."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from mockpsp.api.control.clock import planned
from mockpsp.api.control.faults import shown as fault_shown
from mockpsp.api.shapes.expansions import RELATIONS, show_all, show_events, show_seqs
from mockpsp.api.wire.expand_parameter import Tree
from mockpsp.api.wire.paging import TooMuch
from mockpsp.engine import faults, gateways
from mockpsp.engine.snapshot_rows import ERRORS, reading
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import batches, overview
from mockpsp.webhooks import outbox, records

#: Kind of object -> the table that it is in, and the column that holds what tables don't check.
_KINDS = {
    "customer": ("customer", "body"),
    "card": ("card", "body"),
    "token": ("token", "body"),
    "product": ("product", "body"),
    "transaction": ("payment", "state"),
    "invoice": ("invoice", "body"),
    "refund": ("refund", "body"),
    "payout": ("payout", "body"),
    "payout_item": ("payout_item", "type"),
}
_BATCH = 100
_ALL = 1_000_000


def look(tx: UniverseTx) -> None:
    """Every object is shown once, with what it refers to; raises `Unreadable` for one that can't be."""
    conn, no = tx.conn, tx.project.no
    for kind, (table, column) in _KINDS.items():
        tree: Tree = {name: {} for name in RELATIONS[kind]}
        _show(table, column, overview.numbers(conn, no, table), partial(show_seqs, tx, kind, tree=tree))
    _show("event", "payload", overview.last_events(conn, no), lambda seqs: _events(tx, seqs))
    with reading("project", None, "settings"):
        show_all(tx, "project", [tx.project], {"gateway_configurations": {}})
        show_all(tx, "gateway", gateways.psps(tx), {})
        for fault in faults.listed(tx):
            fault_shown(tx, fault)
    with reading("effect", None, "body"):
        planned(tx, _ALL)
    with reading("webhook_endpoint", None, "topics"):
        outbox.list_endpoints(conn, no)
    with reading("webhook_delivery", None, "message_seq"):
        records.deliveries(conn, no, limit=_ALL)


def _show(table: str, column: str, seqs: list[int], show: Callable[[list[int]], object]) -> None:
    """Show these, many at a time; where that fails, one by one, so as to say which."""
    for start in range(0, len(seqs), _BATCH):
        some = seqs[start : start + _BATCH]
        with suppress(*ERRORS):
            show(some)
            continue
        for seq in some:
            with suppress(TooMuch), reading(table, seq, column):
                show([seq])


def _events(tx: UniverseTx, seqs: list[int]) -> None:
    found = batches.events(tx.conn, tx.project.no, seqs)
    show_events(tx, [found[seq] for seq in seqs], {"webhooks": {}})
