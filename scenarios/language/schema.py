"""The JSON Schema of stories, made from the language's own tables: what editors complete and check by.

It says what a story is made of: keys, words to choose from, shapes of texts. What needs the whole file, or its text as
written, is the loader's alone: quoting, duplicate keys, names that are saved or made elsewhere, routes, PSPs, accounts.
To add a key to the language: its row in the language's own table, and its shape in one of the tables here. A key
without a shape takes anything, until a test says so.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from mockpsp.catalog.facts import ASKED
from mockpsp.catalog.profile_files import FACTS
from mockpsp.domain import faults
from mockpsp.domain.events import FIRED_EVENTS, TOPICS
from mockpsp.domain.psps.fees import FEES
from mockpsp.domain.time.calendars import Calendar
from mockpsp.scenarios.language import (
    branching,
    calls_made,
    expectations,
    known,
    list_matching,
    loader,
    matching,
    receivers,
    since,
    steps,
    story_sources,
    together,
    unfolding,
    verbs,
)
from mockpsp.scenarios.language.capabilities import CAN
from mockpsp.scenarios.language.model import INVARIANTS
from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.reading import DURATION, MOMENT
from mockpsp.scenarios.language.saving import SAVE_PATH
from mockpsp.scenarios.language.shapes import (
    ANY,
    UNSAID,
    Shape,
    closed,
    count,
    has,
    list_of,
    named,
    only_with,
    said,
    text,
    when,
    whole,
    without,
    word,
    word_or_name,
)
from mockpsp.scenarios.language.value_shapes import AMOUNT, AMOUNTS, AMOUNTS_OF_ONE, NAMED, ROWS

_FLAG: Shape = {"type": "boolean"}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


_EVENT, _TOPIC = _ref("fired"), _ref("topic")
#: Routes are shown to choose from; whether there is one is looked up by the loader, which knows names in paths.
_CALL: Shape = {**text(verbs.CALL), "examples": [name.replace("{}", "${id}") for name in sorted(known.routes())]}
_STATUS: Shape = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": whole(expectations.STATUS)},
        NAMED,
        {"type": "object", **_ref("pattern")},
    ]
}
_VALUES: Shape = {"anyOf": [text(), list_of(text())]}

#: Facts with the value or the values that will do; what values a fact may have is the catalog's.
_CAN: Shape = {
    **closed(sorted(ASKED), {key: {"not": {"type": "array", "maxItems": 0}} for key in ASKED}),
    "minProperties": 1,
}
_SOURCE: Shape = {
    "anyOf": [
        closed(
            story_sources.PAGE_KEYS, {"title": text(), "url": text(story_sources.URL)}, needed=story_sources.PAGE_KEYS
        ),
        closed((story_sources.CHOICE,), {story_sources.CHOICE: text()}, needed=(story_sources.CHOICE,)),
    ]
}
#: Key of a file -> its shape.
_FILE: Mapping[str, Shape] = {
    "format": word([int(loader.FORMAT), loader.FORMAT]),
    "name": text(),
    "about": text(),
    "source": {"anyOf": [_SOURCE, list_of(_SOURCE, high=story_sources.SOURCES_MAX)]},
    "tags": list_of(text()),
    "seed": count(0, loader.SEED_MAX),
    "clock": text(MOMENT),
    "psps": named(loader.GATEWAY_NAME, _ref("psp"), loader.PSPS_MAX),
    "receivers": named(NAME, _ref("receiver"), loader.RECEIVERS_MAX),
    "always": list_of(word(INVARIANTS)),
    "matrix": {
        **named(NAME, {"anyOf": [{**list_of(text()), "uniqueItems": True}, ROWS]}),
        "not": {"anyOf": [has(part) for part in (*expectations.PARTS, CAN)]},
    },
    "only": closed((CAN,), {CAN: _CAN}, needed=(CAN,)),
    "steps": list_of(_ref("step"), high=unfolding.STEPS_MAX),
}
#: Key of a receiver -> its shape.
_RECEIVER: Mapping[str, Shape] = {
    "url": {"anyOf": [word((receivers.SINK, receivers.APP)), {"type": "string", "pattern": whole(receivers.IN_APP)}]},
    "answers": list_of(count(200, 599)),
    "topics": list_of(_TOPIC),
    "endpoint": _FLAG,
    **{key: word(words) for key, words in receivers.ENDPOINT_WORDS.items()},
    "reserializable": _FLAG,
    "secret": text(),
}
#: Key that any step may have -> its shape.
_STEP: Mapping[str, Shape] = {
    "id": text(re.compile(r"([A-Za-z0-9]|\$\{n\})([A-Za-z0-9_.-]|\$\{n\}){0,59}")),
    unfolding.REPEAT: count(1, unfolding.REPEAT_MAX),
    "save": named(NAME, text(SAVE_PATH)),
    "expect": _ref("expect"),
    "only": {"type": "object", "properties": {CAN: _CAN}, "additionalProperties": _VALUES},
}
_SPAN = text(DURATION)
_MATCH = closed(verbs.MATCH_KEYS, {"event": _EVENT, "endpoint": text()})
_TIMES = count(1, verbs.DELIVERY_TIMES_MAX)
_DEED: Shape = {
    "type": "string",
    "pattern": "^(?:"
    + "|".join(f"{word} \\S+" if word in verbs.DELIVERY_SPANS else word for word in verbs.DELIVERIES)
    + ")$",
    "examples": list(verbs.DELIVERIES),
}
_RULE = closed(
    verbs.RULE_KEYS, {"match": _MATCH, "times": _TIMES, "do": {"anyOf": [_DEED, list_of(_DEED)]}}, needed=("do",)
)
_FAULT = closed(
    verbs.FAULT_KEYS,
    {
        **dict.fromkeys(("match", "do", "key", "gateway"), text()),
        "when": word(sorted({side for sides in faults.SIDES.values() for side in sides})),
        **dict.fromkeys(("nth", "times"), count(1, verbs.TIMES_MAX)),
    },
    needed=("match", "do"),
)
_ADVANCE: Shape = {
    **closed(
        verbs.ADVANCE_KEYS,
        {
            "by": _SPAN,
            "to": text(MOMENT),
            "until": {"anyOf": [word(("idle",)), closed(("event",), {"event": _EVENT}, needed=("event",))]},
            "max": _SPAN,
            "calendar": word(Calendar),
        },
    ),
    "oneOf": [has("by"), has("to"), has("until")],
    "dependentRequired": {"max": ["until"]},
}
#: Verb -> the shape of its own value.
_VERBS: Mapping[str, Shape] = {
    "call": _ref("route"),
    "together": list_of(_ref("call"), low=2, high=together.CALLS_MAX),
    branching.BRANCH: {
        **named(NAME, list_of({**_ref("step"), "not": has(branching.BRANCH)}), branching.FUTURES_MAX),
        "minProperties": 2,
    },
    "advance": _ADVANCE,
    "simulate": word(known.moves()),
    "fault": {"anyOf": [word((verbs.NO_FAULT,)), _FAULT]},
    "deliver": {"anyOf": [word((verbs.NORMAL,)), _DEED, list_of(_RULE)]},
    "reconcile": list_of(ANY),
    "end": closed(("max",), {"max": _SPAN}),
}
#: Verb -> its option -> its shape.
_OPTIONS: Mapping[str, Mapping[str, Shape]] = {
    "call": {"body": ANY, "key": text(), "via": text()},
    "simulate": {"on": text(), "with": {"type": "object"}, "after": _SPAN},
    "deliver": {"match": _MATCH, "times": _TIMES},
    "reconcile": {"by": text(), "differs": word((True, False, "true", "false"))},
}
_LENGTH: Shape = {"anyOf": [count(0, expectations.COUNT_MAX), {"type": "object", **_ref("pattern")}, NAMED]}
_ONE_EVENT: Shape = {"anyOf": [_EVENT, _ref("event")]}
#: Events as a list that is looked at as a whole.
_LIKE_EVENTS = closed(
    list_matching.LIST_MATCHERS,
    {
        **{key: {"anyOf": [_ONE_EVENT, list_of(_ONE_EVENT, low=0)]} for key in list_matching.PAIRING},
        **dict.fromkeys((list_matching.NONE, list_matching.EACH), _ONE_EVENT),
        list_matching.LENGTH: _LENGTH,
    },
)
#: Part of an expectation -> its shape.
_PARTS: Mapping[str, Shape] = {
    "status": _STATUS,
    "statuses": list_of(_STATUS),
    "body": _ref("pattern"),
    "headers": {"type": "object", "additionalProperties": _ref("pattern")},
    "transport": word((*expectations.TRANSPORTS, *expectations.OLDER_TRANSPORTS)),
    "webhooks": list_of(_ref("webhook")),
    "events": {"anyOf": [list_of({"anyOf": [_EVENT, _ref("event")]}), _LIKE_EVENTS]},
    "payouts": _ref("pattern"),
    "requests": list_of({"anyOf": [text(), _ref("request")]}),
    "ledger": closed(
        expectations.LEDGER_KEYS,
        {
            "balances": AMOUNTS,
            "totals": {"type": "object", "additionalProperties": AMOUNTS_OF_ONE},
            "delta": AMOUNTS | {"properties": {**AMOUNTS["properties"], since.SINCE: text()}},
            "postings": list_of(
                closed(expectations.POSTING_KEYS, {"debit": text(), "credit": text(), "amount": AMOUNT})
            ),
            "unchanged": _FLAG,
        },
    ),
    "clock": _ref("pattern"),
    "branches": named(branching.PLACE, _ref("pattern")),
}
_COUNT = count(0, expectations.COUNT_MAX)
_WEBHOOK: Mapping[str, Shape] = {
    "to": text(),
    "body": _ref("pattern"),
    "headers": {"type": "object", "additionalProperties": _ref("pattern")},
    "attempts": _ref("pattern"),
    "signature": word(expectations.SIGNATURES),
    "count": _COUNT,
    "no_more": _FLAG,
    list_matching.IN_ORDER: list_of(
        {"anyOf": [_EVENT, {"type": "object", **_ref("pattern")}]}, high=list_matching.PATTERNS_MAX
    ),
}
_EVENT_OF: Mapping[str, Shape] = {
    "name": {"anyOf": [_EVENT, {"type": ["object", "array", "integer", "boolean", "null"], **_ref("pattern")}]},
    "data": _ref("pattern"),
    "count": _COUNT,
    "no_more": _FLAG,
}
#: Matcher -> the shape of its argument; of any other it may be anything.
_MATCHERS: Mapping[str, Shape] = {
    "$match": {"type": "string"},
    "$between": list_of(ANY, low=2, high=2),
    **dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), ANY),
    **dict.fromkeys(list_matching.PAIRING, _ref("pattern") | {"maxItems": list_matching.PATTERNS_MAX}),
    **dict.fromkeys((list_matching.NONE, list_matching.EACH), _ref("pattern")),
    list_matching.LENGTH: _LENGTH,
    "$absent": {"const": True},
    "$any": {"const": True},
    **dict.fromkeys(matching.NAMED_MATCHERS, text(NAME)),
}
_ORDINARY = r"^(?:$|[^$]|\$exact$)"


def schema() -> dict[str, Any]:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A story of mockpsp",
        **closed(loader.FILE_KEYS, _FILE, needed=("format", "name", "steps")),
        "$defs": {
            "step": _step(),
            "call": _part(),
            "expectation": closed(expectations.PARTS, _PARTS),
            "expect": _expect(),
            "webhook": closed(expectations.WEBHOOK_KEYS, _WEBHOOK)
            | when(has("no_more"), only_with("no_more", "to"), {"anyOf": [has("to"), {"maxProperties": 0}]})
            | {"allOf": [when(has(list_matching.IN_ORDER), only_with("to", list_matching.IN_ORDER))]},
            "event": closed(expectations.EVENT_KEYS, _EVENT_OF) | when(has("no_more"), only_with("no_more")),
            "request": closed(calls_made.KEYS, {"call": text(), "count": _COUNT, "no_more": _FLAG})
            | when(has("no_more"), only_with("no_more"), has("call")),
            "pattern": _pattern(),
            "receiver": _receiver(),
            "psp": _psp(),
            "body": _body(),
            "fired": word_or_name(sorted(FIRED_EVENTS)),
            "topic": word_or_name(sorted(TOPICS)),
            "route": _CALL,
        },
    }


def as_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _step() -> Shape:
    """One verb with its options, or an expectation alone."""
    options = [option for verb in verbs.VERBS.values() for option in verb.options]
    used = {unfolding.USE: text(), unfolding.WITH: {"type": "object"}}
    found = closed(
        dict.fromkeys((*verbs.VERBS, *options, *steps.STEP_KEYS, *used)),
        {**_VERBS, **_STEP, **dict.fromkeys(options, ANY), **used},
    )
    rules = [
        when(has(name), only_with(name, *verb.options, *steps.STEP_KEYS) | _options_of(name, verb.options))
        for name, verb in verbs.VERBS.items()
    ]
    rules.append(when(has(unfolding.USE), only_with(*unfolding.USE_KEYS)))
    looks = when(
        {"not": {"anyOf": [has(name) for name in (*verbs.VERBS, unfolding.USE)]}},
        has(steps.LOOK) | only_with("id", "expect", "only", unfolding.REPEAT),
    )
    return found | {"allOf": [*rules, looks, _ref("body"), *_details(), _bare_deliver()]}


def _options_of(verb: str, options: tuple[str, ...]) -> Shape:
    shapes = _OPTIONS.get(verb, {})
    return {"properties": {option: shapes.get(option, UNSAID) for option in options}} if options else {}


def _body() -> Shape:
    """Route by route, the keys of its body; routes that take the same have them once."""
    by_keys: dict[str, list[str]] = {}
    for name, keys in sorted(known.routes().items()):
        if keys is not None:
            by_keys.setdefault(json.dumps(keys), []).append(name)
    rules = []
    for said_keys, names in by_keys.items():
        call = {"pattern": f"^(?:{'|'.join(map(_of_route, names))})(?:\\?.*)?$"}
        rules.append(when(said("call", call), {"properties": {"body": _keys(json.loads(said_keys))}}))
    return {"allOf": rules}


def _details() -> list[Shape]:
    """Move by move, what it is told."""
    return [
        when(said("simulate", {"const": name}), {"properties": {"with": _keys(keys)}})
        for name, keys in sorted(known.moves().items())
    ]


def _bare_deliver() -> Shape:
    """Of several rules each says for itself what it is for, and the end of all is for all."""
    return when(said("deliver", {"anyOf": [{"const": verbs.NORMAL}, {"type": "array"}]}), without("match", "times"))


def _of_route(name: str) -> str:
    """Its paths as a pattern, in which of a route's own words nothing but the dot has a meaning."""
    return name.replace(".", r"\.").replace("{}", "[^/?]+")


def _keys(keys: known.Keys) -> Shape:
    """An object, or a list of them, with no other keys than these, and those with a name in them."""
    inner = {key: _keys(value) for key, value in keys.items() if isinstance(value, Mapping)}
    shape = {
        "properties": {**dict.fromkeys(keys, ANY), **inner},
        "patternProperties": {r"\$\{": ANY},
        "additionalProperties": False,
    }
    return {**shape, "items": shape}


def _part() -> Shape:
    """A call that goes with others: what it is answered is expected of it, and nothing else."""
    answer = closed(expectations.ANSWER_PARTS, _PARTS)
    shapes = {**_STEP, **_OPTIONS["call"], "call": _ref("route"), "id": text(), "expect": answer}
    return closed(together.CALL_KEYS, shapes, needed=("call",)) | _ref("body")


def _expect() -> Shape:
    """What all cells expect, and by the values of an axis what each of them does."""
    shared = {"properties": {**_PARTS, "by": text()}, "additionalProperties": _ref("expectation")}
    return {"type": "object"} | when(has("by"), shared, _ref("expectation"))


def _pattern() -> Shape:
    """Any JSON, in which keys that begin with `$` are matchers; they and ordinary keys don't mix."""
    listed = (*matching.MATCHERS, *list_matching.LIST_MATCHERS, *matching.NAMED_MATCHERS)
    matchers = {"properties": {name: _MATCHERS.get(name, UNSAID) for name in listed}, "additionalProperties": False}
    ordinary = {"properties": {matching.CLOSED: {"const": True}}, "additionalProperties": _ref("pattern")}
    return {
        "type": ["object", "array", "string", "integer", "boolean", "null"],
        "items": _ref("pattern"),
        **when(
            {"type": "object", "propertyNames": {"pattern": _ORDINARY}}, ordinary, when({"type": "object"}, matchers)
        ),
    }


def _receiver() -> Shape:
    call = closed(
        receivers.HANDLER_KEYS, {**_OPTIONS["call"], "on": _TOPIC, "call": _ref("route")}, needed=("on", "call")
    ) | _ref("body")
    shapes = {**_RECEIVER, "handler": list_of(call, high=receivers.HANDLINGS_MAX)}
    is_sink = said("url", {"const": receivers.SINK})
    return closed(receivers.KEYS, shapes, needed=("url",)) | when(is_sink, ANY, without("answers", "handler"))


def _psp() -> Shape:
    fees = closed([kind.name for kind in FEES], dict.fromkeys((kind.name for kind in FEES), ANY))
    return closed(
        ("like", *FACTS, "fees"), {**dict.fromkeys(FACTS, ANY), "like": text(), "fees": fees}, needed=("like",)
    )
