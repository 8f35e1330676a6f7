"""From the nodes of an `expect` to an `Expect`: every key, matcher and amount in it is checked before anything runs."""

import re
from collections.abc import Callable, Collection, Mapping

from mockpsp.scenarios.language.amounts import read_amount, read_amounts
from mockpsp.scenarios.language.answers import check_like
from mockpsp.scenarios.language.calls_made import read_request
from mockpsp.scenarios.language.list_matching import IN_ORDER, LENGTH, LIST_MATCHERS, PAIRING, PATTERNS_MAX
from mockpsp.scenarios.language.matching import CLOSED, MATCHERS, NAMED_MATCHERS
from mockpsp.scenarios.language.model import EventExpectation, Expect, Json, LedgerExpectation, WebhookExpectation
from mockpsp.scenarios.language.names import is_placeholder, read_placeholders, without_placeholders
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.patterns import PatternError, check_pattern
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.since import without_since

PARTS = (
    "status",
    "statuses",
    "body",
    "headers",
    "transport",
    "webhooks",
    "events",
    "ledger",
    "clock",
    "payouts",
    "requests",
    "branches",
)
#: Those of one answer.
ANSWER_PARTS = ("status", "body", "headers", "transport")
TRANSPORTS = ("ok", "refused", "reset", "cut", "garbled", "stalled")
#: What stories may still call them.
OLDER_TRANSPORTS = {"timeout": "stalled", "truncated": "cut"}
SIGNATURES = ("valid", "invalid", "missing")
STATUS = re.compile(r"[1-5]xx|[1-5][0-9][0-9]")
COUNT_MAX = 10_000
WEBHOOK_KEYS = ("to", "body", "headers", "attempts", "signature", "count", "no_more", IN_ORDER)
EVENT_KEYS = ("name", "data", "count", "no_more")
LEDGER_KEYS = ("balances", "totals", "delta", "postings", "unchanged")
POSTING_KEYS = ("debit", "credit", "amount")


def read_expect(reader: Reader, node: Node, *, extra: Collection[str] = ()) -> Expect:
    """The parts of one `expect`; keys in `extra` belong to the caller (`by` and what it chooses among)."""
    if not isinstance(node, MapNode):
        reader.fields(node, "expect", PARTS)
        return Expect()
    own = tuple((key, value) for key, value in node.entries if key.text not in extra)
    fields = reader.fields(MapNode(own, node.line, node.column), "expect", PARTS)
    return Expect(
        status=_status(reader, fields["status"]) if "status" in fields else None,
        statuses=tuple(_status(reader, item) for item in reader.items(fields["statuses"], "statuses"))
        if "statuses" in fields
        else None,
        body=read_pattern(reader, fields["body"], key="body") if "body" in fields else None,
        headers=_patterns(reader, fields["headers"], "headers") if "headers" in fields else None,
        transport=_transport(reader, fields["transport"]) if "transport" in fields else None,
        webhooks=tuple(_webhook(reader, item) for item in reader.items(fields["webhooks"], "webhooks"))
        if "webhooks" in fields
        else None,
        events=_events(reader, fields["events"]) if "events" in fields else None,
        ledger=_ledger(reader, fields["ledger"]) if "ledger" in fields else None,
        clock=_pattern_of(reader, fields["clock"], "clock", "Clock") if "clock" in fields else None,
        payouts=_pattern_of(reader, fields["payouts"], "payouts", "Payout") if "payouts" in fields else None,
        requests=tuple(read_request(reader, item) for item in reader.items(fields["requests"], "requests"))
        if "requests" in fields
        else None,
        branches=_patterns(reader, fields["branches"], "branches") if "branches" in fields else None,
    )


def read_pattern(reader: Reader, node: Node, *, key: str) -> Json:
    """What a value must look like: JSON in which keys that begin with `$` are matchers."""
    if isinstance(node, ListNode):
        return [read_pattern(reader, item, key=key) for item in node.items]
    if not isinstance(node, MapNode):
        return reader.json(node, key=key)
    names = [name for name, _ in node.entries]
    matchers = [name for name in names if name.text.startswith("$") and name.text != CLOSED]
    if matchers and len(matchers) != len(names):
        reader.problems.add(matchers[0], "matchers and ordinary keys don't mix in one object")
    pattern: dict[str, Json] = {}
    for name, value in node.entries:
        if name.text.startswith("$"):
            pattern[name.text] = _matcher(reader, name, value, key=key)
        else:
            read_placeholders(name, reader.log, reader.problems)
            pattern[name.text] = read_pattern(reader, value, key=name.text)
    return pattern


def _pattern_of(reader: Reader, node: Node, key: str, kind: str) -> Json:
    """The pattern of an object of the API, or of a list of such."""
    check_like(reader, node, kind, key)
    return read_pattern(reader, node, key=key)


def _matcher(reader: Reader, name: ScalarNode, value: Node, *, key: str) -> Json:
    if name.text in (CLOSED, "$absent", "$any"):
        if not reader.flag(value, name.text):
            reader.problems.add(value, f"{name.text} is only ever true; leave it out otherwise")
        return True
    if name.text in NAMED_MATCHERS:
        target = reader.name(value, f"a name for {name.text}")
        if target:
            (reader.log.make if name.text == "$save" else reader.log.use)(target, value)
        return target
    if name.text == LENGTH:
        return _length(reader, value)
    if name.text in LIST_MATCHERS:
        if name.text in PAIRING and isinstance(value, ListNode) and len(value.items) > PATTERNS_MAX:
            reader.problems.add(value, f"{name.text} has {len(value.items)} patterns, at most {PATTERNS_MAX}")
        return read_pattern(reader, value, key=key)
    if name.text not in MATCHERS:
        known = (*MATCHERS, *LIST_MATCHERS, *NAMED_MATCHERS, CLOSED)
        reader.problems.add(name, f"unknown matcher {name.text}{nearest(name.text, known)}")
        return None
    argument = reader.json(value, key=key)
    if name.text == "$match":
        _check_pattern(reader, value, argument)
    if name.text == "$between" and not (isinstance(argument, list) and len(argument) == 2):
        reader.problems.add(value, "$between takes a list of two bounds")
    return argument


def _length(reader: Reader, node: Node) -> Json:
    """How many items; or what a number of them must be like, such as `{$gte: 2}`."""
    if isinstance(node, MapNode):
        return read_pattern(reader, node, key=LENGTH)
    if isinstance(node, ScalarNode) and "${" in node.text:
        return reader.text(node, "a length")
    return reader.integer(node, "a length", low=0, high=COUNT_MAX)


def _check_pattern(reader: Reader, node: Node, argument: Json) -> None:
    if not isinstance(argument, str):
        reader.problems.add(node, "$match takes a pattern as a text")
        return
    try:
        check_pattern(without_placeholders(argument))
    except PatternError as error:
        reader.problems.add(node, f"not a pattern that $match knows: {error}")


def _patterns(reader: Reader, node: Node, wanted: str) -> dict[str, Json]:
    return {name.text: read_pattern(reader, value, key=name.text) for name, value in reader.entries(node, wanted)}


def _status(reader: Reader, node: Node) -> Json:
    if isinstance(node, MapNode):
        return read_pattern(reader, node, key="status")
    if is_placeholder(node):
        return reader.text(node)
    text = reader.text(node, "a status such as 200 or 2xx", pattern=STATUS)
    return int(text) if text.isdigit() else text or None


def _transport(reader: Reader, node: Node) -> str:
    older = OLDER_TRANSPORTS.get(node.text) if isinstance(node, ScalarNode) else None
    return older or reader.choice(node, "transport", TRANSPORTS)


def _webhook(reader: Reader, node: Node) -> WebhookExpectation:
    fields = reader.fields(node, "a webhook", WEBHOOK_KEYS)
    if "no_more" in fields and set(fields) - {"no_more", "to"}:
        reader.problems.add(node, "no_more stands alone, or with `to`")
    if "no_more" not in fields and "to" not in fields and fields:
        reader.problems.add(node, "a webhook needs `to`, the receiver")
    if IN_ORDER in fields and set(fields) - {IN_ORDER, "to"}:
        reader.problems.add(node, f"{IN_ORDER} stands with `to` alone; what else is expected is an item of its own")
    body = read_pattern(reader, fields["body"], key="body") if "body" in fields else None
    if isinstance(body, dict):
        reader.check_event(fields["body"], body.get("event_type"))
    return WebhookExpectation(
        to=reader.named("receiver", fields["to"], "a receiver") if "to" in fields else None,
        body=body,
        headers=_patterns(reader, fields["headers"], "headers") if "headers" in fields else {},
        attempts=read_pattern(reader, fields["attempts"], key="attempts") if "attempts" in fields else None,
        signature=reader.choice(fields["signature"], "signature", SIGNATURES) if "signature" in fields else None,
        count=_count(reader, fields),
        no_more="no_more" in fields and reader.flag(fields["no_more"], "no_more"),
        in_order=_in_order(reader, fields[IN_ORDER]) if IN_ORDER in fields else None,
    )


def _in_order(reader: Reader, node: Node) -> tuple[Json, ...]:
    """Bodies of webhooks, one behind the other; an event's name alone stands for one about it."""
    items = reader.items(node, f"webhooks {IN_ORDER}")
    if len(items) > PATTERNS_MAX:
        reader.problems.add(node, f"{IN_ORDER} has {len(items)} patterns, at most {PATTERNS_MAX}")
    return tuple(_body_like(reader, item) for item in items)


def _body_like(reader: Reader, node: Node) -> Json:
    if isinstance(node, ScalarNode):
        return {"event_type": reader.event(node)}
    body = read_pattern(reader, node, key="body")
    if isinstance(body, dict):
        reader.check_event(node, body.get("event_type"))
    return body


def _events(reader: Reader, node: Node) -> tuple[EventExpectation, ...]:
    """A list of events, or matchers of lists in which an event is its name or an object."""
    if not isinstance(node, MapNode):
        return tuple(_event(reader, item) for item in reader.items(node, "events"))
    whole: dict[str, Json] = {}
    for name, value in node.entries:
        if name.text == LENGTH:
            whole[LENGTH] = _length(reader, value)
        elif name.text in PAIRING:
            items = value.items if isinstance(value, ListNode) else (value,)
            whole[name.text] = [_event_like(reader, item) for item in items]
        elif name.text in LIST_MATCHERS:
            whole[name.text] = _event_like(reader, value)
        else:
            hint = nearest(name.text, LIST_MATCHERS)
            reader.problems.add(name, f"events are a list, or matchers of one; there is no {name.text!r}{hint}")
    return (EventExpectation(whole=whole),)


def _event_like(reader: Reader, node: Node) -> Json:
    found = _event(reader, node)
    if found.no_more or found.count is not None:
        reader.problems.add(node, "count and no_more are for lists of events; say $length, or $none")
    return found.event


def _event(reader: Reader, node: Node) -> EventExpectation:
    """An event's name alone, or an object with `name`, `data`, `count`; or `no_more`."""
    if isinstance(node, ScalarNode):
        return EventExpectation(event={"name": reader.event(node)})
    fields = reader.fields(node, "an event", EVENT_KEYS)
    if "no_more" in fields:
        if len(fields) > 1:
            reader.problems.add(node, "no_more stands alone")
        return EventExpectation(no_more=reader.flag(fields["no_more"], "no_more"))
    event: dict[str, Json] = {key: read_pattern(reader, fields[key], key=key) for key in fields if key != "count"}
    reader.check_event(fields.get("name", node), event.get("name"))
    return EventExpectation(event=event, count=_count(reader, fields))


def _count(reader: Reader, fields: Mapping[str, Node]) -> int | None:
    return reader.integer(fields["count"], "a count", low=0, high=COUNT_MAX) if "count" in fields else None


def _ledger(reader: Reader, node: Node) -> LedgerExpectation:
    fields = reader.fields(node, "ledger", LEDGER_KEYS)
    delta, since = without_since(reader, fields["delta"]) if "delta" in fields else (node, None)
    return LedgerExpectation(
        balances=read_amounts(reader, fields["balances"], "balances") if "balances" in fields else None,
        totals=read_amounts(reader, fields["totals"], "totals", may_be_many=True) if "totals" in fields else None,
        delta=read_amounts(reader, delta, "delta") if "delta" in fields else None,
        since=since,
        postings=tuple(_posting(reader, item) for item in reader.items(fields["postings"], "postings"))
        if "postings" in fields
        else None,
        unchanged="unchanged" in fields and reader.flag(fields["unchanged"], "unchanged"),
    )


def _account(reader: Reader, node: Node) -> str:
    text = reader.text(node, "an account")
    reader.check_account(node, text)
    return text


def _posting(reader: Reader, node: Node) -> dict[str, Json]:
    fields = reader.fields(node, "a posting", POSTING_KEYS)
    readers: Mapping[str, Callable[[Reader, Node], Json]] = {
        "debit": _account,
        "credit": _account,
        "amount": read_amount,
    }
    return {key: readers[key](reader, value) for key, value in fields.items()}
