"""What a step expected against what the world shows: one function a part of `expect`, in one table.

To add a part: a field of `model.Expect`, a row in `PARTS`, its reading in language/expectations.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import overload

from mockpsp.domain import faults
from mockpsp.scenarios.language.amounts import compare_books
from mockpsp.scenarios.language.matching import MISSING, Difference, Found, compare, compare_status, show
from mockpsp.scenarios.language.model import (
    EventExpectation,
    Expect,
    Json,
    LedgerExpectation,
    RequestExpectation,
    WebhookExpectation,
)
from mockpsp.scenarios.language.names import fill, fill_text
from mockpsp.scenarios.replaying.futures import compared
from mockpsp.scenarios.replaying.lines import Answer, parsed
from mockpsp.scenarios.replaying.receiver import Received
from mockpsp.scenarios.replaying.world import Balances, Posting, World


@dataclass(frozen=True, slots=True)
class Before:
    """The books as they were before a step; empty when its expectation doesn't compare them."""

    balances: Balances = field(default_factory=dict)
    postings_count: int = 0


@dataclass(frozen=True, slots=True)
class _Message:
    """All attempts to deliver one message to one receiver since the last look."""

    attempts: tuple[Received, ...]

    @property
    def body(self) -> Found:
        return parsed(self.attempts[0].body)

    def __str__(self) -> str:
        return f"{show(self.body)} in {len(self.attempts)} attempt(s)"


def before(world: World, expect: Expect) -> Before:
    """What has to be remembered of the books for `differences` to judge the step."""
    ledger = expect.ledger
    if ledger is None:
        return Before()
    needs_balances = ledger.delta is not None or ledger.unchanged
    return Before(
        balances=world.balances() if needs_balances else {},
        postings_count=len(world.postings()) if ledger.postings is not None else 0,
    )


def differences(expect: Expect, answer: Answer | None, world: World, was: Before) -> list[Difference]:
    """Where the world is not as expected after a step; `answer` is None for a step that only looks."""
    expect = _filled(expect, world.names)
    found = [] if answer is None else _of_answers(expect, answer, world)
    for part, look in PARTS.items():
        expected = getattr(expect, part)
        if expected is not None:
            found.extend(look(expected, world, was))
    return found


def _filled(expect: Expect, names: Mapping[str, Json]) -> Expect:
    """The expectation with its placeholders replaced."""
    webhooks = expect.webhooks and tuple(
        replace(one, body=fill(one.body, names), headers=_filled_object(one.headers, names)) for one in expect.webhooks
    )
    events = expect.events and tuple(
        replace(one, event=fill(one.event, names), whole=fill(one.whole, names)) for one in expect.events
    )
    ledger = expect.ledger and replace(
        expect.ledger,
        balances=_filled_object(expect.ledger.balances, names),
        totals=_filled_object(expect.ledger.totals, names),
        delta=_filled_object(expect.ledger.delta, names),
        postings=expect.ledger.postings and tuple(_filled_object(one, names) for one in expect.ledger.postings),
    )
    return replace(
        expect,
        status=fill(expect.status, names),
        statuses=expect.statuses and tuple(fill(one, names) for one in expect.statuses),
        body=fill(expect.body, names),
        headers=_filled_object(expect.headers, names),
        webhooks=webhooks,
        events=events,
        ledger=ledger,
        clock=fill(expect.clock, names),
        payouts=fill(expect.payouts, names),
        requests=expect.requests and tuple(replace(one, call=fill_text(one.call, names)) for one in expect.requests),
        branches=_filled_object(expect.branches, names),
    )


@overload
def _filled_object(value: Mapping[str, Json], names: Mapping[str, Json]) -> dict[str, Json]: ...
@overload
def _filled_object(value: None, names: Mapping[str, Json]) -> None: ...
def _filled_object(value: Mapping[str, Json] | None, names: Mapping[str, Json]) -> dict[str, Json] | None:
    return None if value is None else {fill_text(key, names): fill(one, names) for key, one in value.items()}


def of_call(expect: Expect, answer: Answer, world: World) -> list[Difference]:
    """Where the answer to one call is not as expected."""
    return _of_answer(_filled(expect, world.names), answer, world)


def _of_answers(expect: Expect, answer: Answer, world: World) -> list[Difference]:
    """Those of calls that went together are looked at one by one, but for their statuses."""
    if not answer.each:
        return _of_answer(expect, answer, world)
    actual = [one.status or one.transport for one in answer.each]
    if expect.statuses is None or _pairs(list(expect.statuses), actual, world.names):
        return []
    bodies = "; ".join(f"{one.status or one.transport} {show(one.body)}" for one in answer.each)
    return [Difference("statuses", f"{show(list(expect.statuses))} in any order", bodies)]


def _pairs(expected: list[Json], actual: list[int | str], names: dict[str, Json]) -> bool:
    """Whether each status can be given an expectation of its own that it meets."""
    if not expected or not actual:
        return len(expected) == len(actual)
    first, *others = expected
    return any(
        _pairs(others, [*actual[:index], *actual[index + 1 :]], names)
        for index in range(len(actual))
        if not compare_status(first, actual[index], names) and actual[index] not in actual[:index]
    )


def _of_answer(expect: Expect, answer: Answer, world: World) -> list[Difference]:
    """Unless the story says otherwise, a call is answered and the answer is a success."""
    transport = expect.transport or "ok"
    if answer.transport != transport:
        return [Difference("transport", transport, answer.transport)]
    if transport != "ok":
        return []
    wanted = "2xx" if expect.status is None else expect.status
    found = compare_status(wanted, MISSING if answer.status is None else answer.status, world.names)
    if found:
        # The message of a refusal says more than that the status is another one.
        found.append(Difference("body", "what such a status brings", show(answer.body)))
    if expect.body is not None:
        found.extend(compare(expect.body, answer.body, "body", world.names))
    if expect.headers is not None:
        actual: dict[str, Json] = {name.lower(): value for name, value in answer.headers.items()}
        lowered: dict[str, Json] = {name.lower(): value for name, value in expect.headers.items()}
        found.extend(compare(lowered, actual, "headers", world.names))
    return found


def _look_at_webhooks(expected: Sequence[WebhookExpectation], world: World, _: Before) -> list[Difference]:
    """Each entry claims one message, or with `count` all that match; `no_more` wants no message left unclaimed."""
    closed = [name for one in expected if one.no_more for name in ([one.to] if one.to else world.receivers)]
    asked = {one.to for one in expected if one.to} | set(closed)
    unclaimed = {name: _messages(world.new_deliveries(name)) for name in sorted(asked)}
    found: list[Difference] = []
    for index, one in enumerate(expected):
        if one.to is not None and not one.no_more:
            found.extend(_claim(one, unclaimed[one.to], f"webhooks.{index}", world.names))
    for name in dict.fromkeys(closed):
        left = [str(message) for message in unclaimed[name]]
        found.extend(Difference(f"webhooks to {name}", "no more", text) for text in left)
    return found


def _claim(
    expected: WebhookExpectation, unclaimed: list[_Message], where: str, names: dict[str, Json]
) -> list[Difference]:
    candidates = [one for one in unclaimed if not _message_differences(expected, one, where, dict(names), loosely=True)]
    if expected.count is not None and len(candidates) != expected.count:
        return [Difference(where, f"{expected.count} x {show(expected.body)}", f"{len(candidates)} such messages")]
    if expected.count is None and not candidates:
        seen = "; ".join(str(message) for message in unclaimed) or "nothing new"
        return [Difference(where, f"a webhook to {expected.to} {show(expected.body)}", seen)]
    claimed = candidates if expected.count is not None else candidates[:1]
    for message in claimed:
        unclaimed.remove(message)
    return [one for message in claimed for one in _message_differences(expected, message, where, names, loosely=False)]


def _message_differences(
    expected: WebhookExpectation, message: _Message, where: str, names: dict[str, Json], *, loosely: bool
) -> list[Difference]:
    """Loosely: by body alone, which says what message is meant; else all that was expected of it."""
    found = [] if expected.body is None else compare(expected.body, message.body, f"{where}.body", names)
    if loosely:
        return found
    if expected.attempts is not None:
        found.extend(compare(expected.attempts, len(message.attempts), f"{where}.attempts", names))
    for attempt in message.attempts:
        if expected.signature is not None and attempt.signature != expected.signature:
            found.append(Difference(f"{where}.signature", expected.signature, attempt.signature))
        for name, pattern in expected.headers.items():
            header = attempt.headers.get(name.lower(), MISSING)
            found.extend(compare(pattern, header, f"{where}.headers.{name}", names))
    return found


def _messages(received: Sequence[Received]) -> list[_Message]:
    """Attempts put together by message, in the order of first attempts; a request without an id stands alone."""
    by_id: dict[str, list[Received]] = {}
    for index, one in enumerate(received):
        by_id.setdefault(one.webhook_id or f"#{index}", []).append(one)
    return [_Message(tuple(attempts)) for attempts in by_id.values()]


def _look_at_events(expected: Sequence[EventExpectation], world: World, _: Before) -> list[Difference]:
    """As for webhooks, over the events fired since the last look."""
    unclaimed: list[Json] = [dict(event) for event in world.new_events()]
    if expected[0].whole is not None:
        return compare(expected[0].whole, unclaimed, "events", world.names)
    found: list[Difference] = []
    for index, one in enumerate(expected):
        if one.no_more:
            continue
        where = f"events.{index}"
        candidates = [event for event in unclaimed if not compare(one.event, event, where, dict(world.names))]
        if one.count is not None and len(candidates) != one.count:
            found.append(Difference(where, f"{one.count} x {show(one.event)}", f"{len(candidates)} such events"))
        elif one.count is None and not candidates:
            found.append(Difference(where, show(one.event), _event_names(unclaimed)))
        for event in candidates if one.count is not None else candidates[:1]:
            unclaimed.remove(event)
            compare(one.event, event, where, world.names)
    if any(one.no_more for one in expected) and unclaimed:
        found.append(Difference("events", "no more", _event_names(unclaimed)))
    return found


def _event_names(events: Sequence[Json]) -> str:
    return ", ".join(str(event.get("name")) for event in events if isinstance(event, dict)) or "nothing new"


def _look_at_ledger(expected: LedgerExpectation, world: World, was: Before) -> list[Difference]:
    looks = expected.balances or expected.totals or expected.delta or expected.unchanged
    balances = world.balances() if looks else {}
    found: list[Difference] = []
    if expected.balances is not None:
        found.extend(compare_books(expected.balances, balances, "ledger.balances", world.names))
    if expected.totals is not None:
        found.extend(compare_books(expected.totals, balances, "ledger.totals", world.names))
    changes = {
        key: balances.get(key, Decimal(0)) - was.balances.get(key, Decimal(0))
        for key in sorted({*balances, *was.balances})
    }
    if expected.delta is not None:
        found.extend(compare_books(expected.delta, changes, "ledger.delta", world.names))
    if expected.unchanged:
        found.extend(
            Difference(f"ledger.{account}", "unchanged", f"{change:+} {currency}")
            for (account, currency), change in changes.items()
            if change
        )
    if expected.postings is not None:
        found.extend(_compare_postings(expected.postings, world.postings()[was.postings_count :]))
    return found


def _compare_postings(expected: Sequence[Mapping[str, Json]], posted: Sequence[Posting]) -> list[Difference]:
    left: list[dict[str, str]] = [
        {"debit": one.debit, "credit": one.credit, "amount": f"{one.amount.normalize():f} {one.currency}"}
        for one in posted
    ]
    found: list[Difference] = []
    for index, wanted in enumerate(expected):
        match = next((one for one in left if all(_is_posted(wanted[key], one[key]) for key in wanted)), None)
        if match is None:
            found.append(Difference(f"ledger.postings.{index}", show(dict(wanted)), show([dict(one) for one in left])))
        else:
            left.remove(match)
    return found


def _is_posted(wanted: Json, actual: str) -> bool:
    amount, _, currency = str(wanted).partition(" ")
    number, _, actual_currency = actual.partition(" ")
    return currency == actual_currency and compare(amount, number, "", {}) == []


def _look_at_clock(expected: Json, world: World, _: Before) -> list[Difference]:
    """A text is the moment it should be; an object is compared with the whole clock."""
    clock = world.clock()
    if isinstance(expected, dict):
        return compare(expected, clock, "clock", world.names)
    bounds: Json = {"$gte": expected, "$lte": expected}
    return compare(bounds, clock.get("now", MISSING), "clock.now", world.names)


def _look_at_payouts(expected: Json, world: World, _: Before) -> list[Difference]:
    """All payouts there are, oldest first."""
    return compare(expected, world.payouts(with_items=_names_items(expected)), "payouts", world.names)


def _names_items(pattern: Json) -> bool:
    if isinstance(pattern, dict):
        return "items" in pattern or any(map(_names_items, pattern.values()))
    return isinstance(pattern, list) and any(map(_names_items, pattern))


def _look_at_requests(expected: Sequence[RequestExpectation], world: World, _: Before) -> list[Difference]:
    """As for events, over the calls that an application made since the last look."""
    unclaimed = world.new_requests()
    found: list[Difference] = []
    for index, one in enumerate(expected):
        if one.no_more:
            continue
        matching = [call for call in unclaimed if faults.meets(one.call, *call)]
        if one.count is not None and len(matching) != one.count:
            found.append(Difference(f"requests.{index}", f"{one.count} x {one.call}", f"{len(matching)} such calls"))
        elif one.count is None and not matching:
            found.append(Difference(f"requests.{index}", one.call, _call_names(unclaimed)))
        for call in matching if one.count is not None else matching[:1]:
            unclaimed.remove(call)
    if any(one.no_more for one in expected) and unclaimed:
        found.append(Difference("requests", "no more", _call_names(unclaimed)))
    return found


def _call_names(calls: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{method} {path}" for method, path in calls) or "nothing new"


def _look_at_futures(expected: Mapping[str, Json], world: World, _: Before) -> list[Difference]:
    return compared(expected, world)


#: Part of an expectation -> how it is looked at.
PARTS: Mapping[str, Callable[..., list[Difference]]] = {
    "webhooks": _look_at_webhooks,
    "events": _look_at_events,
    "ledger": _look_at_ledger,
    "clock": _look_at_clock,
    "payouts": _look_at_payouts,
    "requests": _look_at_requests,
    "branches": _look_at_futures,
}
