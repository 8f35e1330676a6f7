"""The rows of a universe that came in a file, read as the engine reads them: each, and what they have to be together.

Columns one by one are snapshot_columns.py's; by the time these run each holds what its table says. What is wrong is
raised as `Unreadable`, which says where. What objects look like on the wire is the API's to try.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_type_hints

from mockpsp.catalog import CatalogError
from mockpsp.domain.commands import EFFECTS, GatewayMove, InstrumentMove, restore_command
from mockpsp.domain.payments.apply import fold_all
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import load_exactly
from mockpsp.engine.scripted_outcomes import OPERATIONS, scripted
from mockpsp.engine.snapshot_values import fits, unfit_field
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import audit
from mockpsp.store import agenda, batches, overview, payments, payouts
from mockpsp.store.payments import RefundRow
from mockpsp.webhooks import delivery, dialects
from mockpsp.webhooks.errors import WebhookError

#: What a reader may say of a row that no version of ours wrote.
ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    CatalogError,
    LookupError,
    RecursionError,
    Refused,
    TypeError,
    ValueError,
    WebhookError,
)
_HINTS = get_type_hints(Fact)
#: How what a command names ends -> the table that it is in; None in the command names nothing.
_NAMED = {"refund_seq": "refund", "capture_seq": "fact", "card_seq": "card", "payout_seq": "payout"}
_BATCH = 500
_EVER = (1 << 63) - 1

# Each a scan of the one universe, in the order of its primary key.
_PAYMENTS = "SELECT seq, status, state FROM payment WHERE project_id = ? ORDER BY seq"
_PAIRED = """SELECT p.seq, i.payment_seq, i.amount_minor, i.currency FROM payment p
JOIN invoice i ON i.project_id = p.project_id AND i.seq = p.invoice_seq WHERE p.project_id = ? ORDER BY p.seq"""
_INVOICES = """SELECT i.seq, p.invoice_seq FROM invoice i
JOIN payment p ON p.project_id = i.project_id AND p.seq = i.payment_seq WHERE i.project_id = ? ORDER BY i.seq"""
_FACT_BODIES = "SELECT seq, body FROM fact WHERE project_id = ? AND body IS NOT NULL ORDER BY payment_seq, seq"
_EFFECTS = "SELECT seq, command, payment_seq, body FROM effect WHERE project_id = ? ORDER BY due_at_ms, seq"
_ENTRIES = """SELECT e.seq, e.payment_seq, e.fact, f.seq, f.kind FROM journal_entry e
LEFT JOIN fact f ON f.project_id = e.project_id AND f.payment_seq = e.payment_seq AND f.seq = e.seq
WHERE e.project_id = ? ORDER BY e.seq"""
_EVENTS = """SELECT e.seq, e.payment_seq, e.fact_seq, e.payload, f.seq FROM event e
LEFT JOIN fact f ON f.project_id = e.project_id AND f.payment_seq = e.payment_seq AND f.seq = e.fact_seq
WHERE e.project_id = ? ORDER BY e.seq"""
_WAITING = """SELECT w.seq, w.payment_seq, w.amount_minor, r.payment_seq, r.amount_minor, r.state FROM waiting_refund w
JOIN refund r ON r.project_id = w.project_id AND r.seq = w.seq WHERE w.project_id = ? ORDER BY w.seq"""
_PAYOUTS = "SELECT seq FROM payout WHERE project_id = ? ORDER BY seq"
_UNPAID = """SELECT DISTINCT gateway, currency FROM payout_item WHERE project_id = ? AND payout_seq IS NULL"""
_ENDPOINTS = "SELECT seq, dialect, secret, old_secret FROM webhook_endpoint WHERE tenant_id = ? ORDER BY seq"
_PENDING = "SELECT seq FROM webhook_delivery WHERE tenant_id = ? AND state = 'pending' ORDER BY seq"
_ATTEMPTS = """SELECT d.seq, d.attempts, max(a.n) FROM webhook_delivery d
JOIN webhook_attempt a ON a.tenant_id = d.tenant_id AND a.delivery_seq = d.seq
WHERE d.tenant_id = ? GROUP BY d.seq HAVING max(a.n) > d.attempts"""


class Unreadable(Exception):
    """A row that the engine can't go on with: its table and number, the column, and why."""

    def __init__(self, table: str, seq: int | None, column: str, why: str) -> None:
        super().__init__(why)
        self.table, self.seq, self.column, self.why = table, seq, column, why


@contextmanager
def reading(table: str, seq: int | None, column: str) -> Iterator[None]:
    """What a reader can't read in this block is this column's."""
    try:
        yield
    except ERRORS as error:
        said = error.message if isinstance(error, Refused) else f"{type(error).__name__}: {str(error)[:100]}"
        raise Unreadable(table, seq, column, f"it can't be read ({said})") from None


def check(tx: UniverseTx) -> None:
    """Every row is one that the engine goes on with; raises `Unreadable`."""
    for one in _CHECKS:
        one(tx)


def check_books(tx: UniverseTx) -> None:
    """The books hold; raises `Unreadable`."""
    found = audit.look_through(tx.conn, tx.project.no)
    if found.mismatches:
        account, currency, balance_minor, posted_minor = found.mismatches[0]
        why = f"{account} {currency} has {balance_minor}, and its postings make {posted_minor}"
        raise Unreadable("account_balance", None, "debits_minor", why)
    if found.imbalances:
        book, currency, total_minor = found.imbalances[0]
        raise Unreadable("account_balance", None, "debits_minor", f"{book} in {currency} make {total_minor}, not 0")


def _pairs(tx: UniverseTx) -> None:
    """A payment has one invoice and the invoice that payment, over the same money."""
    for seq, payment_seq, _, _ in tx.conn.execute(_PAIRED, (tx.project.no,)):
        if payment_seq != seq:
            raise Unreadable("payment", seq, "invoice_seq", "that invoice is of another payment")
    for seq, invoice_seq in tx.conn.execute(_INVOICES, (tx.project.no,)):
        if invoice_seq != seq:
            raise Unreadable("invoice", seq, "payment_seq", "that payment is of another invoice")


def _facts(tx: UniverseTx) -> None:
    for seq, body in tx.conn.execute(_FACT_BODIES, (tx.project.no,)):
        wrong = next(
            (name for name, value in json.loads(body).items() if not fits(value, _HINTS.get(name, _None))), None
        )
        if wrong is not None:
            raise Unreadable("fact", seq, "body", f"{wrong[:40]!r} is not what a fact has there")


def _payments(tx: UniverseTx) -> None:
    """A payment is what its facts make of it."""
    rows = {row[0]: row for row in tx.conn.execute(_PAYMENTS, (tx.project.no,))}
    amounts = {row[0]: row[2:] for row in tx.conn.execute(_PAIRED, (tx.project.no,))}
    seqs = list(rows)
    for start in range(0, len(seqs), _BATCH):
        some = seqs[start : start + _BATCH]
        facts = batches.facts_of_payments(tx.conn, tx.project.no, some)
        refunds = _refunds(tx, some)
        for seq in some:
            _, status, state = rows[seq]
            with reading("payment", seq, "state"):
                loaded = payments.load_payment(tx.conn, tx.project.no, seq)
                assert loaded is not None, "it has no invoice"
                payment = loaded[0]
            if (wrong := unfit_field(payment)) is not None:
                raise Unreadable("payment", seq, "state", f"{wrong} is not what a payment has there")
            with reading("fact", None, "kind"):
                made = fold_all(_blank(payment, *amounts[seq]), facts.get(seq, ()))
            _compare(payment, made, status, is_older=payments.is_of_older_version(state))
            _compare_refunds(payment, refunds.get(seq, []))


def _blank(payment: Payment, amount_minor: int, currency: str) -> Payment:
    """The payment before its first fact: what its invoice says."""
    return Payment(
        payment.seq, payment.invoice_seq, payment.customer_seq, currency, amount_minor, payment.created_at_ms
    )


def _compare(payment: Payment, made: Payment, status: str, *, is_older: bool) -> None:
    wrong = next(
        (
            name
            for name, one, other in zip(payment._fields, payment, made, strict=True)
            if one != other and (not is_older or name.endswith("_minor"))
        ),
        None,
    )
    if wrong is not None:
        column = wrong if wrong in payments.COLUMNS else "state"
        raise Unreadable("payment", payment.seq, column, f"{wrong} is not what the payment's facts make of it")
    if status != payment.status:
        raise Unreadable("payment", payment.seq, "status", f"it is {status}, and its facts make it {payment.status}")


def _refunds(tx: UniverseTx, seqs: list[int]) -> dict[int, list[RefundRow]]:
    found = defaultdict(list)
    for payment_seq in seqs:
        with reading("refund", None, "body"):
            found[payment_seq] = payments.load_refunds(tx.conn, tx.project.no, payment_seq)
        for row in found[payment_seq]:
            with reading("refund", row.seq, "body"):
                wrong = unfit_field(row.for_decider())
            if wrong is not None:
                raise Unreadable("refund", row.seq, "body", f"{wrong} is not what a refund has there")
    return found


def _compare_refunds(payment: Payment, rows: list[RefundRow]) -> None:
    standing = sum(row.amount_minor for row in rows if row.state != "failed")
    pending = sum(row.amount_minor for row in rows if row.state == "pending")
    if (standing, pending) != (payment.refunded_minor, payment.refund_pending_minor):
        seq = rows[0].seq if rows else None
        why = f"those of payment {payment.seq} make {standing}, {pending} of it pending, and its facts say otherwise"
        raise Unreadable("refund", seq, "amount_minor", why)


def _effects(tx: UniverseTx) -> None:
    known = {table: set(overview.numbers(tx.conn, tx.project.no, table)) for table in {*_NAMED.values(), "payment"}}
    for seq, name, payment_seq, body in tx.conn.execute(_EFFECTS, (tx.project.no,)).fetchall():
        with reading("effect", seq, "body"):
            command: Any = restore_command(name, load_exactly(body))
            values = command._asdict() if hasattr(command, "_asdict") else {}
            hints = get_type_hints(EFFECTS[name])
        for field, value in values.items():
            # What a command of money leaves out is what there is; nothing it names is below or at zero.
            is_odd = value is not None and (
                (field == "amount_minor" and value <= 0) or (field in _NAMED and value not in known[_NAMED[field]])
            )
            if field != "options" and (not fits(value, hints.get(field, object)) or is_odd):
                raise Unreadable("effect", seq, "body", f"{field} is {str(value)[:40]!r}")
        if isinstance(command, GatewayMove | InstrumentMove):
            continue
        if payment_seq not in known["payment"]:
            raise Unreadable("effect", seq, "payment_seq", f"there is no payment {payment_seq}")


def _entries(tx: UniverseTx) -> None:
    kinds = set(map(str, Kind))
    for seq, _, fact, fact_seq, kind in tx.conn.execute(_ENTRIES, (tx.project.no,)):
        if fact in kinds and fact != kind:
            column = "payment_seq" if fact_seq is None else "fact"
            raise Unreadable("journal_entry", seq, column, f"there is no fact {fact} of that number and payment")


def _events(tx: UniverseTx) -> None:
    for seq, payment_seq, fact_seq, payload, found in tx.conn.execute(_EVENTS, (tx.project.no,)):
        if payment_seq is None and fact_seq is not None:
            raise Unreadable("event", seq, "fact_seq", "a fact is of a payment, and none is named")
        if payment_seq is not None and (fact_seq is None or found is None):
            raise Unreadable("event", seq, "fact_seq", f"there is no such fact of payment {payment_seq}")
        if payment_seq is not None and payload is not None:
            raise Unreadable("event", seq, "payload", "what happens to a payment is told from its facts")


def _waiting(tx: UniverseTx) -> None:
    count = 0
    for seq, payment_seq, amount_minor, of_payment, refund_minor, state in tx.conn.execute(_WAITING, (tx.project.no,)):
        count += 1
        if payment_seq != of_payment:
            raise Unreadable("waiting_refund", seq, "payment_seq", f"the refund is of payment {of_payment}")
        if amount_minor != refund_minor or state != "pending":
            raise Unreadable("waiting_refund", seq, "amount_minor", f"the refund is {state}, of {refund_minor}")
    if count != tx.project.settings.get("waiting_refunds", 0):
        raise Unreadable("project", None, "settings", f"waiting_refunds: {count} refunds wait")


def _payouts(tx: UniverseTx) -> None:
    seqs = [seq for (seq,) in tx.conn.execute(_PAYOUTS, (tx.project.no,))]
    known = set(seqs)
    for seq, row in payouts.load(tx.conn, tx.project.no, seqs, with_hidden=True).items():
        body = row.body
        with reading("payout", seq, "body"):
            if not all(fits(value, _PAYOUT[name]) for name, value in body.items()):
                raise ValueError("a member is of another kind")
            assert {"sums", "created_at_ms", "settled_at_ms"} <= body.keys(), "a member is missing"
            again = body.get("repaid_by")
            # A later one: whoever follows them comes to an end.
            assert again is None or (again in known and again > seq), f"repaid_by {again} is no later payout"
            assert body.get("reserve_minor", 0) >= 0, "reserve_minor is below zero"
            assert row.status != "failed" or body.keys() >= {"failure_reason", "failed_at_ms"}, (
                "why it failed is missing"
            )
    for gateway, currency in tx.conn.execute(_UNPAID, (tx.project.no,)).fetchall():
        with reading("payout_item", None, "amount_minor"):
            payouts.sum_unpaid(tx.conn, tx.project.no, gateway, currency)


def _rules(tx: UniverseTx) -> None:
    for rule in agenda.rules(tx.conn, tx.project.no):
        with reading("scripted_rule", rule.seq, "matches"):
            wanted = {"on": str, "card": str, "gateway": str, "amount": str}
            metadata = rule.matches.get("metadata") or {}
            assert rule.matches.keys() <= {*wanted, "metadata"}, "a condition is unknown"
            assert all(fits(rule.matches[name], kind) for name, kind in wanted.items() if name in rule.matches)
            assert rule.matches["on"] in OPERATIONS, "on is no operation"
            assert fits(metadata, dict[str, str]), "metadata is no object of texts"
            assert rule.matches.get("card") is None or 4 <= len(rule.matches["card"]) <= 19, "card is none"
        with reading("scripted_rule", rule.seq, "outcome"):
            chain = rule.outcome if isinstance(rule.outcome, list) else [rule.outcome]
            assert chain, "it is empty"
            for outcome in chain:
                assert not isinstance(outcome, str) or outcome == "ok" or tx.catalog.decline(outcome), "an odd code"
                scripted(outcome, rule.matches["on"], "EUR")


def _endpoints(tx: UniverseTx) -> None:
    for seq, dialect, secret, old_secret in tx.conn.execute(_ENDPOINTS, (tx.project.no,)):
        for column, text in (("secret", secret), ("old_secret", old_secret)):
            with reading("webhook_endpoint", seq, column):
                if text:
                    dialects.check_secret(dialect, text)


def _deliveries(tx: UniverseTx) -> None:
    """What is to be sent can be signed and sent; nothing was tried more often than it is counted."""
    for seq, attempts, last in tx.conn.execute(_ATTEMPTS, (tx.project.no,)):
        raise Unreadable("webhook_delivery", seq, "attempts", f"{attempts}, and there was attempt {last}")
    signed: set[tuple[int, str]] = set()
    for (seq,) in tx.conn.execute(_PENDING, (tx.project.no,)).fetchall():
        with reading("webhook_delivery", seq, "message_seq"):
            due = delivery.due_one(tx.conn, tx.project.no, seq, _EVER)
        if due is None:  # it would be found due again, for ever
            raise Unreadable("webhook_delivery", seq, "endpoint_seq", "what is to be sent has no such endpoint")
        with reading("webhook_delivery", seq, "message_seq"):
            # To sign costs up to a millisecond, and is the same for messages of one kind.
            if (due.endpoint_seq, due.topic) not in signed:
                signed.add((due.endpoint_seq, due.topic))
                due.sign(tx.now_ms // 1000)


_None = type(None)
_PAYOUT: dict[str, Any] = {
    "sums": dict[str, tuple[int, int, int]],
    "created_at_ms": int,
    "settled_at_ms": int | None,
    "arrives_at_ms": int,
    "reserve_minor": int,
    "released_at_ms": int,
    "failure_reason": str,
    "failed_at_ms": int,
    "repaid_by": int,
}
_CHECKS: tuple[Callable[[UniverseTx], None], ...] = (
    _pairs,
    _facts,
    _payments,
    _effects,
    _entries,
    _events,
    _waiting,
    _payouts,
    _rules,
    _endpoints,
    _deliveries,
)
