"""The verbs of a step: what each says, and how it is read. What each does to the world: replaying/verbs.py.

To add a verb: an action dataclass, a function that reads it and a row in `VERBS`; then what performs it, over there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockpsp.domain.calendars import Calendar
from mockpsp.scenarios.language.matching import show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.nodes import MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader

CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")


#: How the world can move, as POST /sandbox/simulate names it.
MOVES = (
    "refund.settle",
    "refund.fail",
    "refund.fall_back",
    "refund.cancel",
    "capture.settle",
    "capture.confirm",
    "capture.fail",
    "authorization.expire",
    "three_d_s.authenticate",
    "three_d_s.fail",
    "three_d_s.abandon",
    "three_d_s.expire",
    "payment.confirm",
    "payment.fail",
    "retrieval_request.open",
    "retrieval_request.answer",
    "retrieval_request.expire",
    "fraud_notification.send",
    "chargeback.open",
    "chargeback.contest",
    "chargeback.accept",
    "chargeback.expire",
    "chargeback.win",
    "chargeback.lose",
    "settlement.run",
    "balance.add",
    "payout.run",
    "payout.arrive",
    "payout.fail",
    "reserve.release",
    "card.expire",
    "token.revoke",
)


#: What a move may be told: how much, in what, why, and the code with which a pending payment fails.
_DETAILS = ("amount", "currency", "reason", "code", "outcome")


#: Long enough for every retry of a webhook and every settlement of the built-in profiles.
END_MAX = "90d"


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request to the API or the control plane."""

    method: str
    path: str
    body: Json = None
    key: str | None = None
    via: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Advance:
    """Virtual time moves on: by a span, to a moment, or until something happens (`until`, bounded by `max`)."""

    body: dict[str, Json]

    def __str__(self) -> str:
        return f"advance {show(self.body)}"


@dataclass(frozen=True, slots=True)
class Simulate:
    """The world moves by itself: a bank sends a refund back, an issuer disputes."""

    what: str
    on: str | None = None
    details: dict[str, Json] = field(default_factory=dict)
    after: str | None = None

    def __str__(self) -> str:
        return f"simulate {self.what}"


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The merchant's own records are held against the books."""

    records: Json
    key: str = "transaction_id"
    #: The story is about records that differ.
    differs: bool = False

    def __str__(self) -> str:
        return f"reconcile by {self.key}"


@dataclass(frozen=True, slots=True)
class End:
    """The story ends: whatever is still due happens within `max`, then nothing may be left."""

    max: str = END_MAX

    def __str__(self) -> str:
        return "end"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's options beside its own key, and how it is read."""

    options: tuple[str, ...]
    read: Callable[[Reader, Node, Mapping[str, Node]], Any]


def _read_call(reader: Reader, node: Node, options: Mapping[str, Node]) -> Call:
    line = reader.text(node, "METHOD /path, such as POST /invoices,", pattern=CALL)
    method, _, path = line.partition(" ")
    return Call(
        method,
        path,
        body=reader.json(options["body"], key="body") if "body" in options else None,
        key=reader.text(options["key"], "an idempotency key") if "key" in options else None,
        via=reader.text(options["via"], "a gateway's name") if "via" in options else None,
    )


def _read_advance(reader: Reader, node: Node, _: Mapping[str, Node]) -> Advance:
    fields = reader.fields(node, "advance", ("by", "to", "until", "max", "calendar"))
    targets = [name for name in ("by", "to", "until") if name in fields]
    if isinstance(node, MapNode) and len(targets) != 1:
        reader.problems.add(node, "advance takes one of by, to, until")
    if "max" in fields and "until" not in fields:
        reader.problems.add(fields["max"], "max bounds `until`; by and to bound themselves")
    body: dict[str, Json] = {}
    if "calendar" in fields:
        body["calendar"] = reader.choice(fields["calendar"], "calendar", tuple(Calendar))
    if "by" in fields:
        body["by"] = reader.duration(fields["by"])
    if "to" in fields:
        body["to"] = reader.moment(fields["to"])
    if "until" in fields:
        body["until"] = _read_until(reader, fields["until"])
    if "max" in fields:
        body["max"] = reader.duration(fields["max"])
    return Advance(body)


def _read_until(reader: Reader, node: Node) -> Json:
    if isinstance(node, ScalarNode):
        return reader.choice(node, "end of an advance", ("idle",))
    fields = reader.fields(node, "until", ("event",), needed=("event",))
    return {"event": reader.event(fields["event"]) if "event" in fields else ""}


def _read_simulate(reader: Reader, node: Node, options: Mapping[str, Node]) -> Simulate:
    details: dict[str, Json] = {}
    for name, value in reader.entries(options["with"], "with") if "with" in options else ():
        if name.text not in _DETAILS:
            reader.problems.add(name, f"unknown key {name.text!r} in with{nearest(name.text, _DETAILS)}")
        details[name.text] = reader.json(value, key=name.text)
    return Simulate(
        reader.choice(node, "move", MOVES),
        on=reader.text(options["on"], "what it happens to") if "on" in options else None,
        details=details,
        after=reader.duration(options["after"]) if "after" in options else None,
    )


def _read_reconcile(reader: Reader, node: Node, options: Mapping[str, Node]) -> Reconcile:
    records = [reader.json(item) for item in reader.items(node, "records")]
    key = reader.text(options["by"], "what records are known by") if "by" in options else "transaction_id"
    differs = "differs" in options and reader.choice(options["differs"], "answer", ("true", "false")) == "true"
    return Reconcile(records, key, differs)


def _read_end(reader: Reader, node: Node, _: Mapping[str, Node]) -> End:
    fields = reader.fields(node, "end", ("max",))
    return End(reader.duration(fields["max"])) if "max" in fields else End()


#: Verb -> its options and reader; a step has exactly one of these keys, or is a bare `expect`.
VERBS: Mapping[str, Verb] = {
    "call": Verb(("body", "key", "via"), _read_call),
    "advance": Verb((), _read_advance),
    "simulate": Verb(("on", "with", "after"), _read_simulate),
    "reconcile": Verb(("by", "differs"), _read_reconcile),
    "end": Verb((), _read_end),
}
