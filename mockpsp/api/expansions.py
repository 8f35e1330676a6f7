"""What can be expanded on what: one table. Bad names are refused with those that would do.

To add a relation: a row in `RELATIONS`. Each kind of object is loaded once by `LOADERS` and shown by `SHAPES`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mockpsp.api import payment_shapes, shapes
from mockpsp.api.expanding import Tree
from mockpsp.api.payment_shapes import Attempt, Paid
from mockpsp.api.shapes import Shape
from mockpsp.domain.codes import Refused
from mockpsp.store import listing, payments, resources
from mockpsp.store.resources import EventRow
from mockpsp.universes import UniverseTx

Relation = Callable[[UniverseTx, Any, Tree], Any]
#: How many items an expanded list shows at most.
_LIST_LIMIT = 100


def show(tx: UniverseTx, kind: str, row: Any, tree: Mapping[str, Any]) -> Shape:
    """The object with the tree's relations expanded; Refused (`request.expand.invalid`) for a name it doesn't have."""
    shape = SHAPES[kind](tx, row)
    for name, subtree in tree.items():
        relation = RELATIONS[kind].get(name)
        if relation is None:
            known = ", ".join(sorted(RELATIONS[kind])) or "nothing"
            raise Refused("request.expand.invalid", f"{name!r} cannot be expanded on a {kind}; known: {known}")
        shape[name] = relation(tx, row, subtree)
    return shape


def show_payment(tx: UniverseTx, row: Paid, tree: Mapping[str, Any]) -> Shape:
    """A transaction as the payment actions answer it: with its operations, asked for or not."""
    return show(tx, "transaction", row, {"operations": {}, **tree})


def load_paid(tx: UniverseTx, payment_seq: int | None) -> Paid | None:
    """The payment and its invoice's body."""
    found = None if payment_seq is None else payments.load_payment(tx.conn, tx.project.no, payment_seq)
    return None if found is None else Paid(*found)


def show_event(tx: UniverseTx, row: EventRow, tree: Mapping[str, Any]) -> Shape:
    """An event with its data: a payment is folded from its facts up to the one that fired the event."""
    data = row.payload or {}
    if row.payment_seq is not None:
        data = {"transaction": _payment_then(tx, row)}
    shape = shapes.event(tx, row, data)
    for name in tree:
        if name != "project":
            raise Refused("request.expand.invalid", f"{name!r} cannot be expanded on an event; known: project")
        shape["project"] = shapes.project(tx, tx.project)
    return shape


def _payment_then(tx: UniverseTx, row: EventRow) -> Shape:
    from mockpsp.domain.payment import Payment, fold_all

    assert row.payment_seq is not None and row.fact_seq is not None
    now = load_paid(tx, row.payment_seq)
    assert now is not None, "a payment with events is never deleted"
    facts = tuple(payments.load_facts(tx.conn, tx.project.no, row.payment_seq, row.fact_seq))
    seen = now.payment
    blank = Payment(
        seen.seq,
        seen.invoice_seq,
        seen.customer_seq,
        seen.currency,
        seen.amount_minor - seen.incremented_minor,
        seen.created_at_ms,
    )
    then = Paid(fold_all(blank, facts), now.body, facts)
    names = ["invoice", "card", "token", "customer", "gateway_configuration", "operations"]
    shape = show(tx, "transaction", then, {name: {} for name in names})
    shape = {name: value for name, value in shape.items() if name not in names or value is not None}
    refunds = payments.load_refunds(tx.conn, tx.project.no, row.payment_seq, before=row.seq)
    shape["refunds"] = [payment_shapes.refund(tx, (refund, seen.currency)) for refund in refunds]
    return shape


def _one(kind: str, load: Callable[[UniverseTx, Any], Any]) -> Relation:
    def relation(tx: UniverseTx, row: Any, tree: Tree) -> Shape | None:
        found = load(tx, row)
        return None if found is None else show(tx, kind, found, tree)

    return relation


def _many(kind: str, load: Callable[[UniverseTx, Any], list[Any]]) -> Relation:
    def relation(tx: UniverseTx, row: Any, tree: Tree) -> list[Shape]:
        return [show(tx, kind, found, tree) for found in load(tx, row)]

    return relation


def _customer(tx: UniverseTx, seq: int | None) -> Any:
    return None if seq is None else resources.load_customer(tx.conn, tx.project.no, seq)


def _card(tx: UniverseTx, seq: int | None) -> Any:
    return None if seq is None else resources.load_card(tx.conn, tx.project.no, seq)


def _token(tx: UniverseTx, seq: int | None) -> Any:
    return None if seq is None else resources.load_token(tx.conn, tx.project.no, seq)


def _operations(tx: UniverseTx, row: Paid, tree: Tree) -> list[Shape]:
    facts = row.facts or tuple(payments.load_facts(tx.conn, tx.project.no, row.payment.seq))
    found = payment_shapes.operations(tx, Paid(row.payment, row.body, facts))
    for name, subtree in tree.items():
        relation = RELATIONS["operation"].get(name)
        if relation is None:
            raise Refused("request.expand.invalid", f"{name!r} cannot be expanded on an operation")
        value_by_attempt: dict[Attempt, Any] = {}
        for operation, attempt in found:
            if attempt not in value_by_attempt:
                value_by_attempt[attempt] = relation(tx, (row, attempt), subtree)
            operation[name] = value_by_attempt[attempt]
    return [operation for operation, _ in found]


def _refunds(tx: UniverseTx, row: Paid) -> list[Any]:
    found = payments.load_refunds(tx.conn, tx.project.no, row.payment.seq)
    return [(refund, row.payment.currency) for refund in found]


def _customer_transactions(tx: UniverseTx, row: Any) -> list[Any]:
    seqs, _ = listing.page(
        tx.conn, listing.CUSTOMER_TRANSACTIONS, (tx.project.no, row.seq), is_ascending=False, limit=_LIST_LIMIT
    )
    return [load_paid(tx, seq) for seq in seqs]


SHAPES: dict[str, Callable[[UniverseTx, Any], Shape]] = {
    "customer": shapes.customer,
    "card": shapes.card,
    "token": shapes.token,
    "project": shapes.project,
    "gateway": shapes.gateway,
    "gateway_configuration": shapes.gateway_configuration,
    "invoice": payment_shapes.invoice,
    "transaction": payment_shapes.transaction,
    "refund": payment_shapes.refund,
}

_PROJECT = _one("project", lambda tx, row: tx.project)
_PAYMENT_CUSTOMER = _one("customer", lambda tx, row: _customer(tx, row.payment.customer_seq))
_PAYMENT_TOKEN = _one("token", lambda tx, row: _token(tx, row.payment.token_seq))
_PAYMENT_CARD = _one("card", lambda tx, row: _card(tx, row.payment.card_seq))
_PAYMENT_GATEWAY = _one("gateway_configuration", lambda tx, row: row.payment.gateway)

#: Kind of object -> name -> how it is expanded.
RELATIONS: dict[str, dict[str, Relation]] = {
    "project": {},
    "gateway": {},
    "gateway_configuration": {"project": _PROJECT, "gateway": _one("gateway", lambda tx, name: name)},
    "customer": {
        "project": _PROJECT,
        "default_token": _one("token", lambda tx, row: _token(tx, row.body.get("default_token_seq"))),
        "tokens": _many("token", lambda tx, row: resources.load_tokens(tx.conn, tx.project.no, row.seq)),
        "transactions": _many("transaction", _customer_transactions),
    },
    "card": {"project": _PROJECT, "token": _one("token", lambda tx, row: None)},
    "token": {
        "customer": _one("customer", lambda tx, row: _customer(tx, row.customer_seq)),
        "card": _one("card", lambda tx, row: _card(tx, row.card_seq)),
        "gateway_configuration": _one("gateway_configuration", lambda tx, row: None),
        "invoice": _one("invoice", lambda tx, row: None),
    },
    "invoice": {
        "project": _PROJECT,
        "transaction": _one("transaction", lambda tx, row: row),
        "customer": _PAYMENT_CUSTOMER,
        "token": _PAYMENT_TOKEN,
    },
    "transaction": {
        "project": _PROJECT,
        "invoice": _one("invoice", lambda tx, row: row),
        "customer": _PAYMENT_CUSTOMER,
        "token": _PAYMENT_TOKEN,
        "card": _PAYMENT_CARD,
        "gateway_configuration": _PAYMENT_GATEWAY,
        "operations": _operations,
        "refunds": _many("refund", _refunds),
    },
    # An operation is given as its payment and its attempt, whose card may not be the payment's last.
    "operation": {
        "transaction": _one("transaction", lambda tx, row: row[0]),
        "token": _one("token", lambda tx, row: _token(tx, row[1].token_seq)),
        "card": _one("card", lambda tx, row: _card(tx, row[1].card_seq)),
        "gateway_configuration": _one("gateway_configuration", lambda tx, row: row[1].gateway),
    },
    "refund": {"transaction": _one("transaction", lambda tx, row: load_paid(tx, row[0].payment_seq))},
}
