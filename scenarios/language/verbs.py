"""The verbs of a step: what each says, and how it is read. What each does to the world: replaying/verbs.py.

To add a verb: an action dataclass, a function that reads it and a row in `VERBS`; then what performs it, over there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockpsp.domain import faults
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.spans import BusinessDays, parse_span
from mockpsp.scenarios.language import known
from mockpsp.scenarios.language.bodies import check_call, check_keys, check_named, expects_refusal
from mockpsp.scenarios.language.branching import BRANCH, read_branch
from mockpsp.scenarios.language.matching import show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.nodes import MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.together import reading

CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*|\$\{app\}(/\S*)?)")
#: How a path begins that is of the user's own application.
IN_APP = "${app}"


ADVANCE_KEYS = ("by", "to", "until", "max", "calendar")
#: What a fault is told; each word of a text that is not checked further.
FAULT_KEYS = ("match", "do", "when", "key", "gateway", "nth", "times")
_FAULT_TEXTS = {
    "match": "a route such as POST /invoices/*/capture",
    "do": "what happens, such as reset",
    "when": "before_commit, after_commit or while_answering",
    "key": "an idempotency key",
    "gateway": "a gateway's name",
}
TIMES_MAX = 1_000_000
#: Takes all faults away.
NO_FAULT = "none"

#: How webhooks can misbehave, as PUT /sandbox/delivery names it; of those in `DELIVERY_SPANS` also for how long.
DELIVERIES = (
    "duplicate",
    "concurrent",
    "reorder",
    "delay",
    "drop",
    "early",
    "stale",
    "future",
    "wrong_secret",
    "unsigned",
    "unknown_event",
    "alter",
    "reserialize",
    "slow",
)
DELIVERY_SPANS = ("delay", "slow")
#: The word that ends it.
NORMAL = "normal"
#: Of a rule, and of which deliveries it is for.
RULE_KEYS = ("match", "times", "do")
MATCH_KEYS = ("event", "endpoint")
DELIVERY_TIMES_MAX = 1_000_000


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

    @property
    def is_of_api(self) -> bool:
        """Whether it goes to the API, and not to the control plane or the user's own application."""
        return not self.path.startswith(("/sandbox", IN_APP))

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
class Fault:
    """Calls to come, or their answers, meet a fault; None: no call does any more."""

    body: dict[str, Json] | None

    def __str__(self) -> str:
        return "no fault" if self.body is None else f"fault {show(self.body['do'])} at {show(self.body['match'])}"


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """Which deliveries do what; `endpoint` is a receiver's name."""

    do: tuple[str, ...]
    event: str | None = None
    endpoint: str | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Webhooks misbehave from now on, by these rules and no others; without any they behave."""

    rules: tuple[DeliveryRule, ...] = ()

    def __str__(self) -> str:
        return f"deliver {'; '.join(', '.join(rule.do) for rule in self.rules) or NORMAL}"


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


def read_call(reader: Reader, node: Node, options: Mapping[str, Node]) -> Call:
    """A call to the API, to the control plane or to the user's own application."""
    line = reader.text(node, "METHOD /path, such as POST /invoices,", pattern=CALL)
    method, _, path = line.partition(" ")
    via = reader.text(options["via"], "a gateway's name") if "via" in options else None
    if path.startswith(IN_APP) and "via" in options:
        reader.problems.add(options["via"], "via is a PSP of the API; the application chooses its own")
    elif path and not path.startswith(IN_APP):
        check_call(reader, node, options, method=method, path=path)
    return Call(
        method,
        path,
        body=reader.json(options["body"], key="body") if "body" in options else None,
        key=reader.text(options["key"], "an idempotency key") if "key" in options else None,
        via=via,
    )


def _read_advance(reader: Reader, node: Node, _: Mapping[str, Node]) -> Advance:
    fields = reader.fields(node, "advance", ADVANCE_KEYS)
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
    what = reader.choice(node, "move", known.moves())
    details: dict[str, Json] = {}
    for name, value in reader.entries(options["with"], "with") if "with" in options else ():
        details[name.text] = reader.json(value, key=name.text)
    if what and "with" in options:
        is_refused = expects_refusal(options)
        check_keys(reader, options["with"], known.moves()[what], f"with of {what}", is_refused=is_refused)
        if not is_refused:
            check_named(reader, options["with"], f"{known.WITH} of {what}")
    if "on" in options and known.subject_of(what) == "gateway" and isinstance(on := options["on"], ScalarNode):
        reader.check_named("psp", on, on.text)
    return Simulate(
        what,
        on=reader.text(options["on"], "what it happens to") if "on" in options else None,
        details=details,
        after=reader.duration(options["after"]) if "after" in options else None,
    )


def _read_fault(reader: Reader, node: Node, _: Mapping[str, Node]) -> Fault:
    if isinstance(node, ScalarNode):
        if node.text != NO_FAULT:
            like = "{match: POST /invoices/*/capture, when: after_commit, do: reset}"
            reader.problems.add(node, f"a fault is a mapping such as {like}, or none; not {node.text!r}")
        return Fault(None)
    fields = reader.fields(node, "fault", FAULT_KEYS, needed=("match", "do"))
    body: dict[str, Json] = {"match": "", "do": ""}
    for name in ("match", "do", "when", "key", "gateway"):
        if name in fields:
            body[name] = reader.text(fields[name], _FAULT_TEXTS[name])
    for name in ("nth", "times"):
        if name in fields:
            body[name] = reader.integer(fields[name], "a count", low=1, high=TIMES_MAX)
    if "gateway" in fields:
        reader.check_named("psp", fields["gateway"], str(body["gateway"]))
    if body["match"] and body["do"]:
        _check_fault(reader, fields, body)
    return Fault(body)


def _check_fault(reader: Reader, fields: Mapping[str, Node], body: Mapping[str, Json]) -> None:
    """What the server would refuse, but for names that a placeholder stands for."""
    checks: dict[str, Callable[[], object]] = {
        "match": lambda: faults.read_route(str(body["match"]), known.routes_of_api()),
        "do": lambda: faults.read_deed(str(body["do"])),
        "when": lambda: faults.side_of(
            faults.read_deed(str(body["do"])), str(body["when"]) if "when" in body else None
        ),
    }
    for name, check in checks.items():
        try:
            check()
        except ValueError as error:
            reader.problems.add(fields.get(name, fields["do"]), f"{name}: {error}")
            if name == "do":  # when it may happen depends on what happens
                return


def _read_deliver(reader: Reader, node: Node, options: Mapping[str, Node]) -> Deliver:
    if isinstance(node, ScalarNode):
        if node.text == NORMAL:
            if options.keys() & {"match", "times"}:
                reader.problems.add(node, "deliver: normal ends all rules, and takes neither match nor times")
            return Deliver()
        return Deliver((_delivery_rule(reader, [node], options),))
    if options.keys() & {"match", "times"}:
        reader.problems.add(node, "of several rules each has a match and times of its own")
    rules = []
    for item in reader.items(node, "rules"):
        fields = reader.fields(item, "a rule", RULE_KEYS, needed=("do",))
        if "do" in fields:
            words = [fields["do"]] if isinstance(fields["do"], ScalarNode) else reader.items(fields["do"], "words")
            rules.append(_delivery_rule(reader, words, fields))
    return Deliver(tuple(rules))


def _delivery_rule(reader: Reader, words: Iterable[Node], options: Mapping[str, Node]) -> DeliveryRule:
    match = options.get("match")
    fields = reader.fields(match, "match", MATCH_KEYS) if match is not None else {}
    times = options.get("times")
    return DeliveryRule(
        do=tuple(_misbehaviour(reader, word) for word in words),
        event=reader.event(fields["event"]) if "event" in fields else None,
        endpoint=reader.named("receiver", fields["endpoint"], "a receiver") if "endpoint" in fields else None,
        times=None if times is None else reader.integer(times, "a count", low=1, high=DELIVERY_TIMES_MAX),
    )


def _misbehaviour(reader: Reader, node: Node) -> str:
    text = reader.text(node, "how webhooks misbehave, such as duplicate or delay 5m,")
    word, _, span = text.partition(" ")
    if text and word not in DELIVERIES:
        reader.problems.add(node, f"unknown misbehaviour {word!r}{nearest(word, (*DELIVERIES, NORMAL))}")
    elif word in DELIVERY_SPANS:
        try:
            if isinstance(parse_span(span), BusinessDays):
                raise ValueError("a calendar says how long business days are")
        except ValueError as error:
            reader.problems.add(node, f"{word} takes a span, such as {word} 3s: {error}")
    elif span:
        reader.problems.add(node, f"{word} takes no span")
    return text


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
    "call": Verb(("body", "key", "via"), read_call),
    "together": Verb((), reading(read_call)),
    BRANCH: Verb((), read_branch),
    "advance": Verb((), _read_advance),
    "simulate": Verb(("on", "with", "after"), _read_simulate),
    "fault": Verb((), _read_fault),
    "deliver": Verb(("match", "times"), _read_deliver),
    "reconcile": Verb(("by", "differs"), _read_reconcile),
    "end": Verb((), _read_end),
}
