"""What can be expanded on what: one table. Bad names are refused with those that would do.

Objects are shown in batches: whatever is expanded on a page of a hundred, each relation costs one statement. To add a
relation: a row in `RELATIONS`; to add a kind of object: its shape in `SHAPES` and, for lists, its rows in `ROWS`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from mockpsp.api.shapes import cards, customers, events, invoices, loading, operations, payments, products
from mockpsp.api.shapes import gateways as gateway_shapes
from mockpsp.api.shapes import payouts as payout_shapes
from mockpsp.api.shapes.operations import OperationRow
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.shapes.saved_methods import saved_methods
from mockpsp.api.shapes.wallet_methods import wallet_methods
from mockpsp.api.wire.expand_parameter import Tree
from mockpsp.api.wire.paging import TooMuch
from mockpsp.domain.payments.apply import fold_all
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.engine import gateways
from mockpsp.engine.payouts import last_paid_by
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import batches, payouts
from mockpsp.store.payouts import ItemRow
from mockpsp.store.resources import EventRow
from mockpsp.webhooks import records

#: From (tx, keys) to what each key stands for.
Load = Callable[[UniverseTx, list[Any]], Mapping[Any, Any]]


class One(NamedTuple):
    """A relation to one object or none: `key` of the row, and all the objects of some keys at once."""

    kind: str
    key: Callable[[Any], Any]
    load: Load

    def find(self, tx: UniverseTx, rows: Sequence[Any]) -> list[Any]:
        """For each row the related row, or None."""
        keys = [self.key(row) for row in rows]
        known = {key for key in keys if key is not None}
        found = self.load(tx, sorted(known)) if known else {}
        return [found.get(key) for key in keys]


class Many(NamedTuple):
    """A relation to a list: `load` answers the list of each key."""

    kind: str
    key: Callable[[Any], Any]
    load: Load

    def find(self, tx: UniverseTx, rows: Sequence[Any]) -> list[Any]:
        """For each row the list of related rows."""
        keys = [self.key(row) for row in rows]
        found = self.load(tx, sorted(set(keys))) if keys else {}
        return [found.get(key, []) for key in keys]


class Derived(NamedTuple):
    """A relation that needs no reading: the related row, or list of rows, comes from the row itself."""

    kind: str
    find_one: Callable[[UniverseTx, Any], Any]

    def find(self, tx: UniverseTx, rows: Sequence[Any]) -> list[Any]:
        """For each row what it relates to."""
        return [self.find_one(tx, row) for row in rows]


class Operations:
    """A payment's operations: of its facts, which are read for the payments that don't bring them."""

    kind = "operation"

    def find(self, tx: UniverseTx, rows: Sequence[PaymentRow]) -> list[list[OperationRow]]:
        """For each payment its operations, oldest first."""
        bare = [row.payment.seq for row in rows if row.facts is None]
        facts = batches.facts_of_payments(tx.conn, tx.project.no, bare) if bare else {}
        return [
            operations.operation_rows(
                row
                if row.facts is not None
                else PaymentRow(row.payment, row.body, tuple(facts.get(row.payment.seq, ())))
            )
            for row in rows
        ]


class PaymentMethods:
    """How an invoice may be paid, and what its customer paid by before."""

    kind = "payment_method"

    def find(self, tx: UniverseTx, rows: Sequence[PaymentRow]) -> list[list[Shape]]:
        """For each invoice its methods."""
        customers = sorted({row.payment.customer_seq for row in rows if row.payment.customer_seq is not None})
        tokens = batches.tokens_of_customers(tx.conn, tx.project.no, customers) if customers else {}
        return [
            [
                *invoices.payment_methods(tx, row),
                *wallet_methods(tx, row),
                *saved_methods(tx, tokens.get(row.payment.customer_seq or 0, [])),
            ]
            for row in rows
        ]


class PayoutItems:
    """What payouts made of a payment, with the sum of it beside."""

    kind = "payout_item"
    beside = "payout_summary"

    def find(self, tx: UniverseTx, rows: Sequence[PaymentRow]) -> list[list[ItemRow]]:
        """For each payment its lines, oldest first."""
        found = payouts.items_of_payments(tx.conn, tx.project.no, [row.payment.seq for row in rows])
        return [found.get(row.payment.seq, []) for row in rows]

    def sums(self, tx: UniverseTx, rows: Sequence[PaymentRow], found: Sequence[Any]) -> list[Shape]:
        """For each payment the sum of its lines."""
        seqs = {item.payout_seq for items in found for item in items if item.payout_seq is not None}
        paid = last_paid_by(tx, seqs) if seqs else {}
        return [
            payout_shapes.payout_summary(tx, [(item, paid.get(item.payout_seq or 0)) for item in items], row.payment)
            for row, items in zip(rows, found, strict=True)
        ]


Relation = One | Many | Derived | Operations | PaymentMethods | PayoutItems


def show(tx: UniverseTx, kind: str, row: Any, tree: Tree) -> Shape:
    """The object with the tree's relations expanded; Refused (`request.expand.invalid`) for a name it doesn't have."""
    return show_all(tx, kind, [row], tree)[0] if tree else SHAPES[kind](tx, row)


def show_all(tx: UniverseTx, kind: str, rows: Sequence[Any], tree: Tree) -> list[Shape]:
    """The objects of one kind, in order, with the tree's relations expanded."""
    return [shape for shape, _ in _weighed(tx, kind, rows, tree)]


def show_seqs(tx: UniverseTx, kind: str, seqs: Sequence[int], tree: Tree) -> list[Shape]:
    """The objects with these sequence numbers, in order, with the tree's relations expanded."""
    found = ROWS[kind](tx, list(seqs))
    return show_all(tx, kind, [found[seq] for seq in seqs], tree)


def show_payment(tx: UniverseTx, row: PaymentRow, tree: Tree) -> Shape:
    """A transaction as the payment actions answer it: with its operations, asked for or not."""
    return show(tx, "transaction", row, {"operations": {}, **tree})


def event_data(tx: UniverseTx, kind: str, row: Any) -> Shape:
    """What an event about an object holds: the object with what it refers to expanded one level."""
    shape = show(tx, kind, row, {name: {} for name in _EVENT_EXPANSIONS_BY_KIND[kind]})
    return {
        kind: {
            name: value
            for name, value in shape.items()
            if name not in _EVENT_EXPANSIONS_BY_KIND[kind] or value is not None
        }
    }


def show_events(tx: UniverseTx, rows: Sequence[EventRow], tree: Tree) -> list[Shape]:
    """Events with their data: a payment is folded from its facts up to the one that fired the event."""
    return show_all(tx, "event", _with_content(tx, rows), tree)


def _weighed(tx: UniverseTx, kind: str, rows: Sequence[Any], tree: Tree) -> list[tuple[Shape, int]]:
    """(object, how many objects it holds) for each row."""
    shape = SHAPES[kind]
    shown = [shape(tx, row) for row in rows]
    weights = [1] * len(shown)
    for name, subtree in tree.items():
        relation = RELATIONS[kind].get(name)
        if relation is None:
            known = ", ".join(sorted(RELATIONS[kind])) or "nothing"
            near = meant(name, RELATIONS[kind])
            raise Refused("request.expand.invalid", f"{name!r} cannot be expanded on a {kind}; known: {known}{near}")
        found = relation.find(tx, rows)
        distinct = {id(row): row for related in found for row in _listed(related)}
        if sum(weights) + sum(len(related) for related in found if isinstance(related, list)) > loading.OBJECTS_MAX:
            raise TooMuch(loading.OBJECTS_MAX)
        children = dict(zip(distinct, _weighed(tx, relation.kind, list(distinct.values()), subtree), strict=True))
        for place, related in enumerate(found):
            weights[place] += sum(children[id(row)][1] for row in _listed(related))
            shown[place][name] = _children(related, children)
        if isinstance(relation, PayoutItems):
            for place, total in enumerate(relation.sums(tx, rows, found)):
                shown[place][relation.beside] = total
        if sum(weights) > loading.OBJECTS_MAX:
            raise TooMuch(loading.OBJECTS_MAX)
    return list(zip(shown, weights, strict=True))


def _children(related: Any, children: Mapping[int, tuple[Shape, int]]) -> Any:
    if isinstance(related, list):
        return [children[id(row)][0] for row in related]
    return None if related is None else children[id(related)][0]


def _listed(related: Any) -> Iterable[Any]:
    if isinstance(related, list):
        return related
    return () if related is None else (related,)


#: What an event about a payment shows of it.
_EVENT_EXPANSIONS = "invoice card token customer gateway_configuration operations".split()


#: Kind of object -> what an event about it shows of what it refers to.
_EVENT_EXPANSIONS_BY_KIND = {
    "customer": ("default_token",),
    "token": ("customer", "card", "gateway_configuration", "invoice"),
}


def _with_content(tx: UniverseTx, rows: Sequence[EventRow]) -> list[tuple[EventRow, Shape]]:
    """Each event with what it is about, as that was then."""
    told = [row for row in rows if row.payment_seq is not None]
    data_by_seq = dict(zip((row.seq for row in told), _payments_then(tx, told), strict=True)) if told else {}
    return [(row, data_by_seq.get(row.seq, row.payload or {})) for row in rows]


def _payments_then(tx: UniverseTx, rows: Sequence[EventRow]) -> list[Shape]:
    """The data of events about payments: each transaction as it was when its event fired."""
    seqs = sorted({row.payment_seq for row in rows if row.payment_seq is not None})
    now_by_seq = batches.loaded_payments(tx.conn, tx.project.no, seqs)
    facts_by_seq = batches.facts_of_payments(tx.conn, tx.project.no, seqs)
    refunds_by_seq = batches.refunds_of_payments(tx.conn, tx.project.no, seqs)
    told = []
    for row in rows:
        assert row.payment_seq is not None and row.fact_seq is not None
        facts = facts_by_seq[row.payment_seq]
        told.append(tuple(facts[: bisect_right(facts, row.fact_seq, key=attrgetter("seq"))]))
    if len(rows) > 1 and sum(map(len, told)) > loading.OBJECTS_MAX:
        raise TooMuch(loading.OBJECTS_MAX)
    thens = []
    for row, until_then in zip(rows, told, strict=True):
        assert row.payment_seq is not None
        payment, body = now_by_seq[row.payment_seq]
        thens.append(PaymentRow(fold_all(_blank(payment), until_then), body, until_then))
    data = []
    shown = show_all(tx, "transaction", thens, {name: {} for name in _EVENT_EXPANSIONS})
    for row, then, shape in zip(rows, thens, shown, strict=True):
        shape = {name: value for name, value in shape.items() if name not in _EVENT_EXPANSIONS or value is not None}
        refunds = [r for r in refunds_by_seq.get(then.payment.seq, ()) if r.seq < row.seq]
        shape["refunds"] = [payments.refund(tx, (refund, then.payment.currency)) for refund in refunds]
        data.append({"transaction": shape})
    return data


def _blank(payment: Payment) -> Payment:
    """The payment before its first fact."""
    return Payment(
        payment.seq,
        payment.invoice_seq,
        payment.customer_seq,
        payment.currency,
        payment.amount_minor - payment.incremented_minor,
        payment.created_at_ms,
    )


def _events(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Events with what they are about."""
    rows = list(batches.events(tx.conn, tx.project.no, seqs).values())
    return {row.seq: shown for row, shown in zip(rows, _with_content(tx, rows), strict=True)}


def _events_webhooks(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    return records.deliveries_of_messages(tx.conn, tx.project.no, seqs)


#: Kind of object that lists show -> its rows by sequence number.
ROWS: dict[str, Callable[[UniverseTx, list[int]], Mapping[int, Any]]] = {
    "customer": loading.customers,
    "card": loading.cards,
    "token": loading.tokens,
    "product": loading.products,
    "transaction": loading.payments,
    "invoice": loading.invoices,
    "refund": loading.refunds,
    "payout": loading.payouts,
    "payout_item": lambda tx, seqs: payouts.items(tx.conn, tx.project.no, seqs),
}

SHAPES: dict[str, Callable[[UniverseTx, Any], Shape]] = {
    "customer": customers.customer,
    "card": cards.card,
    "token": customers.token,
    "product": products.product,
    "project": gateway_shapes.project,
    "gateway": gateway_shapes.gateway,
    "gateway_configuration": gateway_shapes.gateway_configuration,
    "invoice": invoices.invoice,
    "payment_method": lambda tx, row: row,
    "subscription": lambda tx, row: row,
    "transaction": payments.transaction,
    "operation": operations.operation,
    "refund": payments.refund,
    "payout": payout_shapes.payout,
    "payout_item": payout_shapes.payout_item,
    "event": lambda tx, row: events.event(tx, *row),
    "webhook": events.webhook,
}

_PROJECT = Derived("project", lambda tx, row: tx.project)
#: Documented, and never there: legacy billing is not simulated, and no other configuration runs 3-D Secure.
_NO_SUBSCRIPTION = Derived("subscription", lambda tx, row: None)
_PAYMENT_CUSTOMER = One("customer", lambda row: row.payment.customer_seq, loading.customers)
_PAYMENT_TOKEN = One("token", lambda row: row.payment.token_seq, loading.tokens)

#: Kind of object -> name -> how it is expanded.
RELATIONS: dict[str, dict[str, Relation]] = {
    "project": {
        "gateway_configurations": Derived("gateway_configuration", lambda tx, row: gateways.configuration_keys(tx)),
        "supervisor_project": Derived("project", lambda tx, row: None),
    },
    "gateway": {},
    "subscription": {},
    "gateway_configuration": {"project": _PROJECT, "gateway": Derived("gateway", lambda tx, name: name)},
    "customer": {
        "project": _PROJECT,
        "default_token": One("token", lambda row: row.body.get("default_token_seq"), loading.tokens),
        "tokens": Many("token", lambda row: row.seq, loading.customers_tokens),
        "transactions": Many("transaction", lambda row: row.seq, loading.customers_payments),
        "subscriptions": Derived("subscription", lambda tx, row: []),
    },
    "card": {"project": _PROJECT, "token": One("token", lambda row: row.body.get("token_seq"), loading.tokens)},
    "token": {
        "customer": One("customer", lambda row: row.customer_seq, loading.customers),
        "card": One("card", lambda row: row.card_seq, loading.cards),
        "gateway_configuration": One("gateway_configuration", lambda row: row.body.get("gateway"), loading.names),
        "invoice": One("invoice", lambda row: row.body.get("invoice_seq"), loading.invoices),
    },
    "product": {"project": _PROJECT},
    "invoice": {
        "project": _PROJECT,
        "transaction": Derived("transaction", lambda tx, row: row),
        "customer": _PAYMENT_CUSTOMER,
        "token": _PAYMENT_TOKEN,
        "subscription": _NO_SUBSCRIPTION,
        "payment_methods": PaymentMethods(),
    },
    "payment_method": {},
    "transaction": {
        "project": _PROJECT,
        "invoice": Derived("invoice", lambda tx, row: row),
        "customer": _PAYMENT_CUSTOMER,
        "token": _PAYMENT_TOKEN,
        "subscription": _NO_SUBSCRIPTION,
        "external_three_d_s_gateway_configuration": Derived("gateway_configuration", lambda tx, row: None),
        "card": One("card", lambda row: row.payment.card_seq, loading.cards),
        "gateway_configuration": One("gateway_configuration", lambda row: row.payment.gateway, loading.names),
        "operations": Operations(),
        "payout_items": PayoutItems(),
        "refunds": Many("refund", lambda row: (row.payment.seq, row.payment.currency), loading.payments_refunds),
    },
    # The card of an operation is its attempt's, which may not be the payment's last.
    "operation": {
        "transaction": Derived("transaction", lambda tx, row: row.payment_row),
        "token": One("token", lambda row: row.attempt.token_seq, loading.tokens),
        "card": One("card", lambda row: row.attempt.card_seq, loading.cards),
        "gateway_configuration": One("gateway_configuration", lambda row: row.attempt.gateway, loading.names),
    },
    "refund": {"transaction": One("transaction", lambda row: row[0].payment_seq, loading.payments)},
    "payout": {
        "project": _PROJECT,
        "gateway_configuration": One("gateway_configuration", lambda row: row.gateway, loading.names),
        "items": Many("payout_item", lambda row: row.seq, loading.payouts_items),
    },
    "payout_item": {
        "project": _PROJECT,
        "payout": One("payout", lambda row: row.payout_seq, loading.payouts),
        "transaction": One("transaction", lambda row: row.payment_seq, loading.payments),
    },
    "event": {"project": _PROJECT, "webhooks": Many("webhook", lambda row: row[0].seq, _events_webhooks)},
    "webhook": {"project": _PROJECT, "event": One("event", lambda row: row.message_seq, _events)},
}
