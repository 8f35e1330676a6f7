"""What each column of a snapshot's file may hold: a row in `COLUMNS` for every table and column there is.

A column whose content has a shape of its own, such as a body, is no more than JSON here: snapshot_rows.py reads it
as the engine does. To add a column: its rule; a test holds the table against the schema.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockpsp.catalog import Catalog
from mockpsp.domain.commands import EFFECTS
from mockpsp.domain.events import TOPICS
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS
from mockpsp.engine.payouts import ENTRIES
from mockpsp.ledger import payout_items
from mockpsp.webhooks import dialects, misbehaving, outbox, schedules

#: More than any amount that can be asked for, added up as often as rows go.
_MINOR_MAX = 10**16
_COUNT_MAX = 10**6
_TEXT_MAX = 2_000
_STATUSES = range(200, 600)
_KINDS = "card customer event invoice payment payout product refund".split()
_PAYOUT_STATES = "in-flight received failed".split()
_ITEMS = frozenset({*payout_items.TYPES.values(), "fee", "adjustment", "reserve"})


@dataclass(slots=True)
class Known:
    """What rows may name: numbers by table, gateways by key, and what the catalog has."""

    catalog: Catalog
    gateways: Collection[str]
    seqs: Mapping[str, Collection[int]] = field(default_factory=dict)


class Rule(NamedTuple):
    """What a column holds, in words, and whether a value is that."""

    says: str
    holds: Callable[[Known, Any], bool]


def _text(says: str, longest: int = _TEXT_MAX, *, least: int = 0) -> Rule:
    return Rule(says, lambda known, value: isinstance(value, str) and least <= len(value) <= longest)


def _number(says: str, low: int, high: int) -> Rule:
    return Rule(says, lambda known, value: isinstance(value, int) and low <= value <= high)


def _word(says: str, words: Collection[object]) -> Rule:
    return Rule(says, lambda known, value: isinstance(value, str) and value in words)


def _of(table: str) -> Rule:
    return Rule(f"the number of a row of tables.{table}", lambda known, value: value in known.seqs[table])


def _or_none(rule: Rule) -> Rule:
    return Rule(f"{rule.says}, or nothing", lambda known, value: value is None or rule.holds(known, value))


def _is_object(known: Known, value: Any) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False


def _is_json(known: Known, value: Any) -> bool:
    try:
        json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_words(known: Known, value: Any) -> bool:
    """Whether a delivery could carry these words of misbehaving.py."""
    try:
        words = misbehaving.read(value) if isinstance(value, str) else {}
    except ValueError:
        return False
    named = {**misbehaving.WORDS, misbehaving.DUPLICATED: ""}
    return bool(words) and all(
        word in named and 0 <= span_ms <= misbehaving.SPANS.get(word, 0) for word, span_ms in words.items()
    )


def _is_topics(known: Known, value: Any) -> bool:
    try:
        topics = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(topics, list) and all(isinstance(topic, str) for topic in topics)


#: A number of the row's own: that it was given is looked at apart.
_OWN = Rule("a number that the universe has given", lambda known, value: isinstance(value, int) and value > 0)
_ANY_SEQ = Rule("a number of this universe", lambda known, value: isinstance(value, int) and value >= 0)
_MOMENT = _number("a moment in milliseconds", EARLIEST_MS, LATEST_MS)
_DUE = Rule("a moment in milliseconds", lambda known, value: value == outbox.BEHIND_MS or _MOMENT.holds(known, value))
_MINOR = _number("an amount in minor units", -_MINOR_MAX, _MINOR_MAX)
_AMOUNT = _number("an amount in minor units, not below zero", 0, _MINOR_MAX)
_SUM = _number("a sum in minor units, not below zero", 0, 1 << 60)
_COUNT = _number("a count", 0, _COUNT_MAX)
_FLAG = _number("0 or 1", 0, 1)
_CURRENCY = _word("a currency", EXPONENT_BY_CURRENCY)
_GATEWAY = Rule("a gateway of this universe", lambda known, value: value in known.gateways)
_CARD = Rule("a test card", lambda known, value: isinstance(value, str) and value in known.catalog.cards)
_OBJECT = Rule("a JSON object", _is_object)
_JSON = Rule("JSON", _is_json)
_ACCOUNT = _text("an account", 200, least=1)
_NAME = _text("a name", 300, least=1)
_ANY_TEXT = Rule("text", lambda known, value: isinstance(value, str))
_STATE = _text("a state", 20, least=1)  # the table itself says which
_HEADER = Rule(
    "an id in printable letters",
    lambda known, value: isinstance(value, str) and 0 < len(value) <= 200 and value.isascii() and value.isprintable(),
)

#: Table -> column -> what it may hold.
COLUMNS: Mapping[str, Mapping[str, Rule]] = {
    "resource_count": {"kind": _word("a kind of object", _KINDS), "n": _COUNT},
    "customer": {"seq": _OWN, "chosen_id": _or_none(_NAME), "body": _OBJECT},
    "card": {"seq": _OWN, "test_card": _CARD, "body": _OBJECT, "anonymised_at_ms": _or_none(_MOMENT)},
    "token": {"seq": _OWN, "customer_seq": _ANY_SEQ, "card_seq": _or_none(_of("card")), "body": _OBJECT},
    "product": {"seq": _OWN, "body": _OBJECT},
    "invoice": {
        "seq": _OWN,
        "payment_seq": _of("payment"),
        "customer_seq": _or_none(_ANY_SEQ),  # one that was deleted
        "amount_minor": _MINOR,
        "currency": _CURRENCY,
        "body": _OBJECT,
    },
    "payment": {
        "seq": _OWN,
        "invoice_seq": _of("invoice"),
        "customer_seq": _or_none(_ANY_SEQ),
        "card_seq": _or_none(_of("card")),
        "token_seq": _or_none(_ANY_SEQ),
        "gateway": _or_none(_GATEWAY),
        "currency": _CURRENCY,
        "status": _word("a state of payments", {str(status) for status in Status}),
        "amount_minor": _MINOR,
        "authorized_minor": _AMOUNT,
        "captured_minor": _AMOUNT,
        "voided_minor": _AMOUNT,
        "refunded_minor": _AMOUNT,
        "created_at_ms": _MOMENT,
        "state": _OBJECT,
    },
    "refund": {"seq": _OWN, "payment_seq": _of("payment"), "amount_minor": _AMOUNT, "state": _STATE, "body": _OBJECT},
    "waiting_refund": {
        "gateway": _GATEWAY,
        "currency": _CURRENCY,
        "seq": _of("refund"),
        "payment_seq": _of("payment"),
        "amount_minor": _AMOUNT,
    },
    "fact": {
        "seq": _OWN,
        "payment_seq": _of("payment"),
        "kind": _word("a kind of fact", {str(kind) for kind in Kind}),
        "amount_minor": _MINOR,
        "at_ms": _MOMENT,
        "body": _or_none(_OBJECT),
    },
    "effect": {
        "due_at_ms": _MOMENT,
        "seq": _OWN,
        "command": _word("a command that waits", EFFECTS),
        "payment_seq": _ANY_SEQ,
        "body": _OBJECT,
    },
    "scripted_rule": {"seq": _OWN, "matches": _OBJECT, "outcome": _JSON, "uses_left": _COUNT, "used": _COUNT},
    "journal_entry": {
        "seq": _OWN,
        "payment_seq": _ANY_SEQ,  # a payout's own entry names the payout
        "fact": _word("a kind of fact, or of what moves a payout", {*map(str, Kind), *ENTRIES}),
        "at_ms": _MOMENT,
    },
    "posting": {
        "entry_seq": _of("journal_entry"),
        "line": _COUNT,
        "debit_account": _ACCOUNT,
        "credit_account": _ACCOUNT,
        "currency": _CURRENCY,
        "amount_minor": _AMOUNT,
    },
    "account_balance": {"account": _ACCOUNT, "currency": _CURRENCY, "debits_minor": _SUM, "credits_minor": _SUM},
    "event": {
        "seq": _OWN,
        "name": _word("an event", TOPICS),
        "payment_seq": _or_none(_of("payment")),
        "fact_seq": _or_none(_of("fact")),
        "payload": _or_none(_OBJECT),
        "at_ms": _MOMENT,
    },
    "idempotency": {
        "key": _NAME,
        "request_hash": _text("a digest", 128, least=1),
        "status": _number("a status that is kept", _STATUSES[0], _STATUSES[-1]),
        "response": _OBJECT,
    },
    "gateway_request": {"digest": _text("a digest", 128, least=1), "payment_seq": _of("payment")},
    "payout": {
        "seq": _OWN,
        "gateway": _GATEWAY,
        "currency": _CURRENCY,
        "status": _word("a state of payouts", _PAYOUT_STATES),
        "amount_minor": _AMOUNT,
        "body": _OBJECT,
        "deleted_at_ms": _or_none(_MOMENT),
    },
    "payout_item": {
        "seq": _OWN,
        "gateway": _GATEWAY,
        "currency": _CURRENCY,
        "payout_seq": _or_none(_of("payout")),
        "payment_seq": _or_none(_of("payment")),
        "type": _word("a type of lines", _ITEMS),
        "amount_minor": _MINOR,
        "fees_minor": _MINOR,
        "at_ms": _MOMENT,
        "repays_seq": _or_none(_of("payout")),
        "made_at_ms": _or_none(_MOMENT),
        "captured_at_ms": _or_none(_MOMENT),
    },
    "webhook_endpoint": {
        "seq": _OWN,
        "url": _text("an address"),
        "secret": _text("a secret", 10_000),
        "old_secret": _or_none(_text("a secret", 10_000)),
        "topics": _or_none(Rule("a list of events", _is_topics)),
        "state": _STATE,
        "kind": _STATE,
        "dialect": _word("a scheme that signs", dialects.DIALECTS),
        "body_form": _word("a form of bodies", (outbox.THIN, outbox.OF_DIALECT)),
        "rotations": _COUNT,
        "rotated_seq": _ANY_SEQ,
        "certificate_url": _text("an address"),
        "schedule": _word("a schedule", schedules.SCHEDULES),
        "ordering": _word("an ordering", schedules.ORDERINGS),
        "is_reserializable": _FLAG,
    },
    "webhook_message": {
        "seq": _OWN,
        "topic": _word("an event", TOPICS),
        "webhook_id": _HEADER,
        "body": _ANY_TEXT,
        "at_ms": _MOMENT,
        "facts": _or_none(_JSON),
    },
    "webhook_delivery": {
        "seq": _OWN,
        "message_seq": _of("webhook_message"),
        "endpoint_seq": _ANY_SEQ,  # one that was deleted
        "state": _STATE,
        "attempts": _COUNT,
        "due_at_ms": _DUE,
        "last_error": _or_none(_ANY_TEXT),
        "misbehaves": _or_none(Rule("what goes wrong with a delivery", _is_words)),
    },
    "webhook_attempt": {
        "delivery_seq": _of("webhook_delivery"),
        "n": _number("the number of an attempt", 1, _COUNT_MAX),
        "at_ms": _MOMENT,
        "status_code": _or_none(_number("a status", 0, 9_999)),
        "error": _or_none(_ANY_TEXT),
        "took_ms": _number("a time in milliseconds", 0, LATEST_MS),
        "response_body": _ANY_TEXT,
        "response_headers": _ANY_TEXT,
        "request_headers": _ANY_TEXT,
        "request_body": _or_none(_ANY_TEXT),
    },
}
