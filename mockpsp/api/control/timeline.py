"""One payment's history in one place: calls, decisions and the rules behind them, postings, events, deliveries.

Whatever is known of it: what is still to come, and which moves could be made now. Asked for by any id that leads to
the payment.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import Blueprint

from mockpsp.api.control import possible_moves
from mockpsp.api.control.request_log import shown as shown_call
from mockpsp.api.requests import lookups
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import reads, state
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.domain.payments.facts import OPERATIONS, Fact
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.rules_behind import RULES_BEHIND
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.planned_ids import target_id
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book
from mockpsp.store import browsing, history, payments
from mockpsp.webhooks import records

blueprint = Blueprint("sandbox_timeline", __name__)

#: Of a payment with a longer history, the newest facts are told.
FACTS_MAX = 500
_GROUPS = ("can", "delays", "money")


class Moment(NamedTuple):
    """Something that happened, where it stands among the others, and how it is shown."""

    at_ms: int
    #: The number in the universe that it has, or stands before or behind.
    seq: int
    rank: int
    shown: dict[str, Any]


@blueprint.get("/sandbox/timeline/<subject_id>")
@reads
def show_timeline(tx: UniverseTx, subject_id: str) -> dict[str, Any]:
    """All that happened to one payment, oldest first, what is to come, and the moves that can be made now.

    The id is that of the invoice, the transaction, a refund, an event or a delivery.
    """
    row = found(tx, subject_id)
    return {"timeline": timeline(tx, row)}


def timeline(tx: UniverseTx, row: PaymentRow, *, since: int | None = None) -> dict[str, Any]:
    """The history of a payment as it is shown; moments from the universe's number `since` on are marked as new."""
    payment = row.payment
    facts = payments.load_facts(tx.conn, tx.project.no, payment.seq)
    told = facts[-FACTS_MAX:]
    moments = sorted([*_calls(tx, row, facts), *_of_facts(tx, row, told)], key=lambda moment: moment[:3])
    ahead = [
        {"at": rfc3339(one.due_at_ms), "what": one.name, "on": target_id(tx, one.payment_seq, one.command)}
        for one in history.effects_of_payment(tx.conn, tx.project.no, payment.seq)
    ]
    return {
        "payment": _payment(tx, row),
        "moments": [_shown(moment, since) for moment in moments],
        "is_cut": len(facts) > len(told),
        "ahead": ahead,
        "moves": possible_moves.possible(tx, payment, row.body),
    }


def _shown(moment: Moment, since: int | None) -> dict[str, Any]:
    marked = {"is_new": True} if since is not None and moment.seq >= since and moment.rank else {}
    return {"at": rfc3339(moment.at_ms), **moment.shown, **marked}


def found(tx: UniverseTx, subject_id: str) -> PaymentRow:
    """The payment that an id leads to; Refused (404) for one that leads to none."""
    prefix = subject_id.partition("_")[0]
    find = _LEADS.get(prefix)
    if find is None:
        raise Refused(
            "request.validation.error",
            f"{subject_id[:60]!r} leads to no payment; give the id of one's invoice (iv_...), transaction (tr_...), "
            "refund (refd_...), event (ev_...) or delivery (wbk_...)",
            field="id",
        )
    with lookups.by_hand(subject_id):
        return find(tx, subject_id)


def _of_payment(tx: UniverseTx, payment_seq: int | None, kind: str) -> PaymentRow:
    loaded = None if payment_seq is None else payments.load_payment(tx.conn, tx.project.no, payment_seq)
    if loaded is None:
        raise Refused("request.validation.error", f"this {kind} is about no payment", field="id")
    return PaymentRow(*loaded)


def _of_delivery(tx: UniverseTx, delivery_id: str) -> PaymentRow:
    seq = tx.seq("wbk_", delivery_id)
    page = [] if seq is None else records.deliveries(tx.conn, tx.project.no, after_seq=seq - 1, limit=1)
    if not page or page[0].seq != seq:
        raise lookups.not_found("delivery")
    return _of_payment(tx, lookups.event(tx, page[0].webhook_id).payment_seq, "delivery")


#: How an id begins -> how it leads to a payment.
_LEADS: dict[str, Callable[[UniverseTx, str], PaymentRow]] = {
    "iv": lookups.invoice,
    "tr": lookups.transaction,
    "refd": lambda tx, text: _of_payment(tx, lookups.refund(tx, text).payment_seq, "refund"),
    "ev": lambda tx, text: _of_payment(tx, lookups.event(tx, text).payment_seq, "event"),
    "wbk": _of_delivery,
}


def _payment(tx: UniverseTx, row: PaymentRow) -> dict[str, Any]:
    payment = row.payment
    failed_minor = browsing.failed_refunds(tx.conn, tx.project.no, [payment.seq]).get(payment.seq)
    return {
        "invoice_id": tx.id("iv_", payment.invoice_seq),
        "transaction_id": tx.id("tr_", payment.seq),
        "name": row.body["name"],
        "status": payment.status,
        "currency": payment.currency,
        "amount": format_exact(payment.amount_minor, payment.currency),
        "authorized_amount": format_exact(payment.authorized_minor, payment.currency),
        "captured_amount": format_exact(payment.captured_minor, payment.currency),
        "voided_amount": format_exact(payment.voided_minor, payment.currency),
        "refunded_amount": format_exact(payment.refunded_minor, payment.currency),
        "failed_refunds_amount": None if failed_minor is None else format_exact(failed_minor, payment.currency),
        "gateway": payment.gateway,
        "card_id": tx.optional_id("card_", payment.card_seq),
        "customer_id": row.body.get("customer_id"),
        "error_code": payment.error_code,
        "created_at": rfc3339(payment.created_at_ms),
    }


def _calls(tx: UniverseTx, row: PaymentRow, facts: list[Fact]) -> Iterator[Moment]:
    """The calls that named the payment, or were answered with it, of those that are remembered."""
    refunds = {tx.id("refd_", fact.refund_seq) for fact in facts if fact.refund_seq is not None}
    names = {tx.id("iv_", row.payment.invoice_seq), tx.id("tr_", row.payment.seq), *refunds}
    universe = (tx.project.no, tx.project.generation)
    for call in list(state().calls):
        if call.universe != universe or not _is_about(call, names):
            continue
        yield Moment(call.at_ms, call.next_seq, 0, {"kind": "call", **shown_call(call)})


def _is_about(call: Any, names: set[str]) -> bool:
    """Whether a call is about one of the ids: by its path, or, where it changes something, by what came back."""
    if any(name in call.path for name in names):
        return True
    if call.method == "GET" or call.answer is None:
        return False
    answer = call.answer if isinstance(call.answer, bytes) else call.answer.encode()
    return any(f'"{name}"'.encode() in answer for name in names)


def _of_facts(tx: UniverseTx, row: PaymentRow, facts: list[Fact]) -> Iterator[Moment]:
    """What the facts were, and what each brought: its entry, its events and their deliveries."""
    seqs = [fact.seq for fact in facts]
    rules = _Rules(tx)
    gateway = row.payment.gateway
    for fact in facts:
        gateway = fact.gateway or gateway
        yield Moment(fact.at_ms, fact.seq, 1, _decision(tx, row, fact, rules.behind(fact, gateway)))
    for entry in book.entries_of(tx.conn, tx.project.no, seqs):
        yield Moment(entry.at_ms, entry.seq, 2, _entry(entry))
    events = history.events_of_facts(tx.conn, tx.project.no, row.payment.seq, seqs)
    sent = records.deliveries_of_messages(tx.conn, tx.project.no, [event.seq for event in events])
    for event in events:
        event_id = tx.id("ev_", event.seq)
        yield Moment(event.at_ms, event.seq, 1, {"kind": "event", "what": event.name, "id": event_id})
        for delivery in reversed(sent.get(event.seq, [])):
            yield from _attempts(tx, delivery)


def _decision(tx: UniverseTx, row: PaymentRow, fact: Fact, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "decision",
        "what": str(fact.kind),
        "id": tx.id("tr_op_", fact.seq) if OPERATIONS[fact.kind] is not None else None,
        "amount": format_exact(fact.amount_minor, row.payment.currency) if fact.amount_minor else None,
        "fee": _fee(fact, row.payment.currency),
        "currency": row.payment.currency,
        "error_code": fact.error_code,
        "reason": fact.reason,
        "refund_id": tx.optional_id("refd_", fact.refund_seq),
        "rules": rules,
    }


def _fee(fact: Fact, currency: str) -> str | None:
    minor = fact.charged_minor
    return format_exact(minor, currency) if minor else None


def _entry(entry: book.Entry) -> dict[str, Any]:
    lines = [
        {
            "debit": posting.debit,
            "credit": posting.credit,
            "amount": format_exact(posting.amount_minor, posting.currency),
            "currency": posting.currency,
        }
        for posting in entry.postings
    ]
    return {"kind": "posting", "what": entry.fact, "postings": lines}


def _attempts(tx: UniverseTx, delivery: records.Delivery) -> Iterator[Moment]:
    """Each attempt of a delivery, and the next one."""
    about = {
        "id": tx.id("wbk_", delivery.seq),
        "event_id": delivery.webhook_id,
        "what": delivery.topic,
        "url": delivery.url,
    }
    sent = records.sent(tx.conn, tx.project.no, delivery)
    for attempt, more in zip(delivery.attempts, sent, strict=True):
        of_attempt = {"n": attempt.n, "status_code": attempt.status_code, "error": attempt.error, **more}
        yield Moment(attempt.at_ms, delivery.seq, 1 + attempt.n, {"kind": "attempt", **about, **of_attempt})
    if delivery.state == "pending" and delivery.due_at_ms is not None:
        made = delivery.attempts[-1].n if delivery.attempts else 0
        due = {"kind": "next-attempt", **about, "n": made + 1}
        yield Moment(delivery.due_at_ms, delivery.seq, 2 + made, due)
    elif delivery.state == "dead" and not delivery.attempts:
        dead = {"kind": "attempt", **about, "n": 0, "status_code": None, "error": delivery.last_error}
        yield Moment(delivery.created_at_ms, delivery.seq, 1, dead)


class _Rules:
    """The facts of PSPs' profiles by gateway, looked up once each."""

    def __init__(self, tx: UniverseTx) -> None:
        self._tx = tx
        self._sheets: dict[str, dict[str, Any]] = {}

    def behind(self, fact: Fact, gateway: str | None) -> list[dict[str, Any]]:
        """The rules behind what happened, each with its value and where that is from."""
        names = RULES_BEHIND.get(fact.kind, ())
        if not names or gateway is None:
            return []
        sheet = self._sheet(gateway)
        sources = sheet["sources"]
        return [
            {"psp": sheet["name"], "name": name, "value": _value(sheet, name), "source": sources.get(name)}
            for name in names
        ]

    def _sheet(self, gateway: str) -> dict[str, Any]:
        if gateway not in self._sheets:
            self._sheets[gateway] = profile_json(gateway_profile(self._tx, gateway)[1])
        return self._sheets[gateway]


def _value(sheet: dict[str, Any], name: str) -> Any:
    """A fact of a profile by its name, as its sheet has it."""
    group, _, rest = name.rpartition(".")
    if group:
        return sheet[group][rest]
    return next(
        (sheet[one][name] for one in (*_GROUPS, "fees") if name in sheet[one]),
        None,
    )
