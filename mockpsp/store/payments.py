"""SQL of invoices, payments, refunds and facts."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import compress
from operator import is_not
from typing import Any, NamedTuple

from mockpsp.domain.decision import NewRefund, OpenRefund, RefundFunded
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import CapturePart, Challenge, Dispute, DisputeCase, Payment
from mockpsp.domain.text.json_text import dump_text, load, load_exactly

#: The columns `loaded` reads, of a payment called p.
PAYMENT = """p.seq, p.invoice_seq, p.customer_seq, p.currency, p.amount_minor, p.created_at_ms, p.gateway, p.card_seq,
p.token_seq, p.authorized_minor, p.captured_minor, p.voided_minor, p.refunded_minor, p.state"""

# Primary keys of payment and invoice.
_LOAD = f"""SELECT {PAYMENT}, i.body FROM payment p
JOIN invoice i ON i.project_id = p.project_id AND i.seq = p.invoice_seq WHERE p.project_id = ? AND p.seq = ?"""
# Primary key of invoice, then of payment.
_LOAD_BY_INVOICE = f"""SELECT {PAYMENT}, i.body FROM invoice i
JOIN payment p ON p.project_id = i.project_id AND p.seq = i.payment_seq WHERE i.project_id = ? AND i.seq = ?"""
_INSERT_PAYMENT = """INSERT INTO payment (project_id, seq, invoice_seq, customer_seq, card_seq, token_seq, gateway,
currency, status, amount_minor, authorized_minor, captured_minor, voided_minor, refunded_minor, created_at_ms, state)
VALUES (?, ?, ?, ?, NULL, NULL, NULL, ?, 'waiting', ?, 0, 0, 0, 0, ?, '{}')"""
# Whose payment it is, no fact changes: written too, it would have to be looked for in its index, and put there anew.
_UPDATE_PAYMENT = """UPDATE payment SET card_seq = ?, token_seq = ?, gateway = ?, status = ?,
amount_minor = ?, authorized_minor = ?, captured_minor = ?, voided_minor = ?, refunded_minor = ?, state = ?
WHERE project_id = ? AND seq = ?"""
_UPDATE_CUSTOMER = "UPDATE payment SET customer_seq = ? WHERE project_id = ? AND seq = ?"
_INSERT_INVOICE = """INSERT INTO invoice (project_id, seq, payment_seq, customer_seq, amount_minor, currency, body)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_LOAD_INVOICE = """SELECT seq, payment_seq, customer_seq, amount_minor, currency, body FROM invoice
WHERE project_id = ? AND seq = ?"""
_UPDATE_INVOICE = "UPDATE invoice SET customer_seq = ?, amount_minor = ?, body = ? WHERE project_id = ? AND seq = ?"
_UPDATE_INVOICE_BODY = "UPDATE invoice SET body = ? WHERE project_id = ? AND seq = ?"
_DELETE_INVOICE = "DELETE FROM invoice WHERE project_id = ? AND seq = ?"
_DELETE_PAYMENT = "DELETE FROM payment WHERE project_id = ? AND seq = ?"
_INSERT_FACT = """INSERT INTO fact (project_id, seq, payment_seq, kind, amount_minor, at_ms, body)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
# Primary key (project_id, payment_seq, seq).
_LOAD_FACTS = """SELECT seq, kind, amount_minor, at_ms, body FROM fact
WHERE project_id = ? AND payment_seq = ? AND seq <= ? ORDER BY seq"""
_LOAD_FACT = (
    "SELECT seq, kind, amount_minor, at_ms, body FROM fact WHERE project_id = ? AND payment_seq = ? AND seq = ?"
)
_LOAD_OF_CAPTURES = """SELECT seq, kind, amount_minor, at_ms, body FROM fact
WHERE project_id = ? AND payment_seq = ? AND seq > ? AND seq <= ? AND (kind = 'captured' OR body LIKE '%"parts":%'
  OR body LIKE '%"fee_minor":%' OR body LIKE '%"processing_minor":%') ORDER BY seq"""
_INSERT_REFUND = """INSERT INTO refund (project_id, seq, payment_seq, amount_minor, state, body)
VALUES (?, ?, ?, ?, ?, ?)"""
_LOAD_REFUND = "SELECT seq, payment_seq, amount_minor, state, body FROM refund WHERE project_id = ? AND seq = ?"
_UPDATE_REFUND = "UPDATE refund SET state = ?, body = ? WHERE project_id = ? AND seq = ?"
# Index refund_payment.
_LOAD_REFUNDS = """SELECT seq, payment_seq, amount_minor, state, body FROM refund
WHERE project_id = ? AND payment_seq = ? AND seq > ? AND seq < ? ORDER BY seq"""

#: The fields of a payment that are columns of their own; the rest is in its state.
COLUMNS = frozenset(
    "seq invoice_seq customer_seq currency amount_minor created_at_ms gateway card_seq token_seq authorized_minor "
    "captured_minor voided_minor refunded_minor".split()
)
#: Columns come first, and then all that is in the state; so it is with facts and their bodies. Told apart by place, a
#: payment is read and written without a look at the fifty fields one by one.
_COLUMNS, _FACT_COLUMNS = len(COLUMNS), len(Fact._fields) - len(Fact._field_defaults)
#: Names, and what they are unless something happened.
_STATE = (Payment._fields[_COLUMNS:], tuple(map(Payment._field_defaults.__getitem__, Payment._fields[_COLUMNS:])))
_FACT_BODY = (tuple(Fact._field_defaults), tuple(Fact._field_defaults.values()))
_PLACE = {name: place for place, name in enumerate(Payment._fields) if place >= _COLUMNS}
_PAIRS = frozenset("parts checks retrieval_parts capturing metadata notes three_d_s returned bounced repaying".split())
#: What payments of versions that knew of one dispute noted of it.
_OF_ONE_DISPUTE = (
    "disputed_minor is_withheld dispute_fee_minor is_contested countered_fee_minor dispute_parts dispute_seq "
    "presentments"
).split()

# By a tenth of what calling their types costs: a payment may have a thousand.
_as_capture = partial(tuple.__new__, CapturePart)
_as_fact = partial(tuple.__new__, Fact)
_as_payment = partial(tuple.__new__, Payment)
#: A kind by its word: an enumeration asked for its member takes as long as all else that a fact is made of.
_KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind}

#: Where a stored dispute has what was owed.
_DEBT = DisputeCase._fields.index("debt_minor")

LAST = (1 << 63) - 1


def load_payment(conn: sqlite3.Connection, project_no: int, seq: int) -> tuple[Payment, dict[str, Any]] | None:
    """The payment and its invoice's body, or None."""
    row = conn.execute(_LOAD, (project_no, seq)).fetchone()
    return None if row is None else payment_from_row(row)


def load_by_invoice(conn: sqlite3.Connection, project_no: int, seq: int) -> tuple[Payment, dict[str, Any]] | None:
    """The payment of invoice `seq` and the invoice's body, or None."""
    row = conn.execute(_LOAD_BY_INVOICE, (project_no, seq)).fetchone()
    return None if row is None else payment_from_row(row)


def insert_invoice(conn: sqlite3.Connection, project_no: int, payment: Payment, body: Mapping[str, Any]) -> None:
    """A new invoice with its payment, which waits."""
    conn.execute(
        _INSERT_INVOICE,
        (
            project_no,
            payment.invoice_seq,
            payment.seq,
            payment.customer_seq,
            payment.amount_minor,
            payment.currency,
            dump_text(body),
        ),
    )
    conn.execute(
        _INSERT_PAYMENT,
        (
            project_no,
            payment.seq,
            payment.invoice_seq,
            payment.customer_seq,
            payment.currency,
            payment.amount_minor,
            payment.created_at_ms,
        ),
    )


def update_invoice(conn: sqlite3.Connection, project_no: int, payment: Payment, body: Mapping[str, Any]) -> None:
    """Write an invoice's amount, customer and body, with its payment."""
    values = (payment.customer_seq, payment.amount_minor, dump_text(body), project_no, payment.invoice_seq)
    conn.execute(_UPDATE_INVOICE, values)
    conn.execute(_UPDATE_CUSTOMER, (payment.customer_seq, project_no, payment.seq))
    update_payment(conn, project_no, payment)


def update_invoice_body(conn: sqlite3.Connection, project_no: int, seq: int, body: Mapping[str, Any]) -> None:
    """Write an invoice's body alone."""
    conn.execute(_UPDATE_INVOICE_BODY, (dump_text(body), project_no, seq))


def delete_invoice(conn: sqlite3.Connection, project_no: int, payment: Payment) -> None:
    """Remove an invoice whose payment never started."""
    conn.execute(_DELETE_INVOICE, (project_no, payment.invoice_seq))
    conn.execute(_DELETE_PAYMENT, (project_no, payment.seq))


def load_invoice(conn: sqlite3.Connection, project_no: int, seq: int) -> tuple[Any, ...] | None:
    """(seq, payment_seq, customer_seq, amount_minor, currency, body) of an invoice, body parsed; or None."""
    row = conn.execute(_LOAD_INVOICE, (project_no, seq)).fetchone()
    return None if row is None else (*row[:5], load_exactly(row[5]))


def update_payment(conn: sqlite3.Connection, project_no: int, payment: Payment) -> None:
    """Write the payment as its fold now is: all but the customer's number, which facts leave as it is."""
    state = _unlike_defaults(*_STATE, payment[_COLUMNS:])
    for name in ("captures", "disputes"):
        if name in state:
            state[name] = list(map(tuple, state[name]))
    conn.execute(
        _UPDATE_PAYMENT,
        (
            payment.card_seq,
            payment.token_seq,
            payment.gateway,
            str(payment.status),
            payment.amount_minor,
            payment.authorized_minor,
            payment.captured_minor,
            payment.voided_minor,
            payment.refunded_minor,
            dump_text(state),
            project_no,
            payment.seq,
        ),
    )


def insert_facts(conn: sqlite3.Connection, project_no: int, payment_seq: int, facts: Iterable[Fact]) -> None:
    """Append facts."""
    conn.executemany(
        _INSERT_FACT,
        # A string of a type of its own is bound at several times what a plain one costs.
        [(project_no, f.seq, payment_seq, str(f.kind), f.amount_minor, f.at_ms, _fact_body(f)) for f in facts],
    )


def load_facts(conn: sqlite3.Connection, project_no: int, payment_seq: int, until_seq: int = LAST) -> list[Fact]:
    """The payment's facts in order, up to and with `until_seq`."""
    return [fact(*row) for row in conn.execute(_LOAD_FACTS, (project_no, payment_seq, until_seq))]


def load_fact(conn: sqlite3.Connection, project_no: int, payment_seq: int, seq: int) -> Fact:
    """A fact of the payment, which is there."""
    return fact(*conn.execute(_LOAD_FACT, (project_no, payment_seq, seq)).fetchone())


def load_facts_of_captures(
    conn: sqlite3.Connection, project_no: int, payment_seq: int, *, after_seq: int = 0, until_seq: int = LAST
) -> list[Fact]:
    """The facts that moved money of some capture, after one number, up to and with another one."""
    values = (project_no, payment_seq, after_seq, until_seq)
    return [fact(*row) for row in conn.execute(_LOAD_OF_CAPTURES, values)]


def fact(seq: int, kind: str, amount_minor: int, at_ms: int, body: str | None) -> Fact:
    """The fact from its row."""
    if body is None:
        return _as_fact((seq, _KINDS[kind], amount_minor, at_ms, *_FACT_BODY[1]))
    return Fact(seq, _KINDS[kind], amount_minor, at_ms, **_fact_values(body))


def insert_refund(
    conn: sqlite3.Connection, project_no: int, payment_seq: int, refund: NewRefund, body: Mapping[str, Any]
) -> "RefundRow":
    """Keep a new refund; answers its row."""
    body = {**body, "parts": refund.parts}
    if refund.processing_returned_minor:
        body["processing_returned_minor"] = refund.processing_returned_minor
    if refund.instant_fee_minor is not None:
        body["instant_fee_minor"] = refund.instant_fee_minor
    text = dump_text(body)
    conn.execute(_INSERT_REFUND, (project_no, refund.seq, payment_seq, refund.amount_minor, refund.state, text))
    return RefundRow(refund.seq, payment_seq, refund.amount_minor, refund.state, body)


def load_refund(conn: sqlite3.Connection, project_no: int, seq: int) -> "RefundRow | None":
    """A refund's row, or None."""
    row = conn.execute(_LOAD_REFUND, (project_no, seq)).fetchone()
    return None if row is None else RefundRow(*(*row[:4], load_exactly(row[4])))


def load_refunds(
    conn: sqlite3.Connection, project_no: int, payment_seq: int, after: int = 0, before: int = LAST
) -> list["RefundRow"]:
    """The payment's refunds, oldest first."""
    rows = conn.execute(_LOAD_REFUNDS, (project_no, payment_seq, after, before))
    return [RefundRow(*(*row[:4], load_exactly(row[4]))) for row in rows]


def fund_refund(conn: sqlite3.Connection, project_no: int, row: "RefundRow", funded: RefundFunded) -> "RefundRow":
    """Note the captures that a refund which waited is taken from; answers its row."""
    body = {**row.body, "parts": funded.parts}
    if funded.processing_returned_minor:
        body["processing_returned_minor"] = funded.processing_returned_minor
    conn.execute(_UPDATE_REFUND, (row.state, dump_text(body), project_no, row.seq))
    return row._replace(body=body)


def update_refund(conn: sqlite3.Connection, project_no: int, row: "RefundRow", state: str, reason: str | None) -> None:
    """Set a refund's state; `reason` says why it failed."""
    body = {**row.body, "failure_reason": reason} if reason else row.body
    conn.execute(_UPDATE_REFUND, (state, dump_text(body), project_no, row.seq))


def record_fall_back(conn: sqlite3.Connection, project_no: int, row: "RefundRow") -> None:
    """The refund is not instant any more."""
    body = {name: value for name, value in row.body.items() if name != "instant_fee_minor"}
    conn.execute(_UPDATE_REFUND, (row.state, dump_text(body), project_no, row.seq))


class RefundRow(NamedTuple):
    """A stored refund; state: pending, final or failed."""

    seq: int
    payment_seq: int
    amount_minor: int
    state: str
    body: dict[str, Any]

    def for_decider(self) -> OpenRefund:
        """As much of it as a decider needs."""
        body = self.body
        return OpenRefund(
            self.seq,
            self.amount_minor,
            self.state,
            _pairs(body["parts"]),
            body.get("processing_returned_minor", 0),
            body.get("instant_fee_minor"),
            body["created_at_ms"],
        )


def payment_from_row(row: tuple[Any, ...]) -> tuple[Payment, dict[str, Any]]:
    """The payment and its invoice's body from a row of `PAYMENT` and the body."""
    state = load(row[_COLUMNS])
    for name in _READ.keys() & state.keys():
        state[name] = _READ[name](state[name])
    if "dispute" in state:
        _in_one(state)
    if "owed_minor" in state:
        _by_capture(state)
    values = [*row[:_COLUMNS], *_STATE[1]]
    for name, value in state.items():
        values[_PLACE[name]] = value
    return _as_payment(values), load_exactly(row[_COLUMNS + 1])


def is_of_older_version(state: str) -> bool:
    """Whether a payment's state was written by a version that noted less of it, so that its facts make more."""
    found = load(state)
    # Debts were counted as a whole, and what a lost dispute paid of them was no longer owed.
    paid = "bounced" not in found and any(any(values[_DEBT:]) for values in found.get("disputes", ()))
    if paid or "owed_minor" in found:
        return True
    return "dispute" in found or any(len(values) < len(CapturePart._fields) for values in found.get("captures", ()))


def _captures(stored: Sequence[Sequence[Any]]) -> tuple[CapturePart, ...]:
    """Captures as they are stored, by a tenth of what calling their type costs: a payment may have a thousand."""
    if min(map(len, stored)) < len(CapturePart._fields):  # of a version that did not note all
        return tuple(CapturePart(*values) for values in stored)
    return tuple(map(_as_capture, stored))


def _disputes(stored: Sequence[Sequence[Any]]) -> tuple[DisputeCase, ...]:
    cases = (DisputeCase(*values) for values in stored)
    return tuple(case._replace(state=Dispute(case.state), parts=_pairs(case.parts)) for case in cases)


def _by_capture(state: dict[str, Any]) -> None:
    """What a payment of an older version owed as a whole, as what came back of its captures."""
    standing = [capture for capture in state.get("captures", ()) if capture.amount_minor]
    left_minor, found = state.pop("owed_minor"), []
    for capture in standing:
        share_minor = left_minor if capture is standing[-1] else min(left_minor, capture.amount_minor)
        left_minor -= share_minor
        found.append((capture.seq, share_minor))
    state["bounced"] = tuple(part for part in found if part[1])


def _in_one(state: dict[str, Any]) -> None:
    """The one dispute that a payment of an older version had, as one of several."""
    how_far = Dispute(state.pop("dispute"))
    old = {name: state.pop(name) for name in _OF_ONE_DISPUTE if name in state}
    if how_far is Dispute.AVERTED:
        state["is_dispute_averted"] = True
    elif how_far is not Dispute.NONE:
        seq = old["dispute_seq"]
        state["disputes"] = (
            DisputeCase(
                seq,
                seq,
                how_far,
                old.get("disputed_minor", 0),
                _pairs(old.get("dispute_parts", ())),
                old.get("is_withheld", False),
                old.get("dispute_fee_minor", 0),
                countered_fee_minor=old.get("countered_fee_minor", 0),
                is_contested=old.get("is_contested", False),
                presentments=old.get("presentments", 1),
            ),
        )


def _pairs(values: Iterable[Sequence[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple(map(tuple, values))


def _unlike_defaults(names: Sequence[str], defaults: Sequence[Any], values: tuple[Any, ...]) -> dict[str, Any]:
    # Picked without a line of ours for each: there are some fifty, and next to all are the very ones they begin as.
    others = compress(range(len(names)), map(is_not, values, defaults))
    return {names[place]: values[place] for place in others if values[place] != defaults[place]}


#: What becomes of what JSON made of a field: pairs, and types of our own.
_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_PAIRS, _pairs),
    "captures": _captures,
    "disputes": _disputes,
    "challenge": Challenge,
}


def _fact_body(fact: Fact) -> str | None:
    body = _unlike_defaults(*_FACT_BODY, fact[_FACT_COLUMNS:])
    return dump_text(body) if body else None


def _fact_values(body: str) -> dict[str, Any]:
    values: dict[str, Any] = load(body)
    for name in _PAIRS & values.keys():
        values[name] = _pairs(values[name])
    return values
