"""What a step expected against what the world shows: one function a part of `expect`, in one table.

To add a part: a field of `model.Expect`, a row in `PARTS`, its reading in language/expectations.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import overload

from mockpsp.domain import faults
from mockpsp.scenarios.language.amounts import compare_books
from mockpsp.scenarios.language.matching import MISSING, Difference, compare, compare_status, show
from mockpsp.scenarios.language.model import (
    EventExpectation,
    Expect,
    Json,
    LedgerExpectation,
    RequestExpectation,
    WebhookExpectation,
)
from mockpsp.scenarios.language.names import fill, fill_text
from mockpsp.scenarios.replaying import webhook_differences
from mockpsp.scenarios.replaying.futures import compared
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.world import Balances, Posting, World


@dataclass(frozen=True, slots=True)
class Before:
    """The books as they were before a step; empty when its expectation doesn't compare them."""

    balances: Balances = field(default_factory=dict)
    postings_count: int = 0


def before(world: World, expect: Expect) -> Before:
    """What has to be remembered of the books for `differences` to judge the step."""
    ledger = expect.ledger
    if ledger is None:
        return Before()
    needs_balances = (ledger.delta is not None and ledger.since is None) or ledger.unchanged
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
        replace(
            one,
            body=fill(one.body, names),
            headers=_filled_object(one.headers, names),
            in_order=one.in_order and tuple(fill(each, names) for each in one.in_order),
        )
        for one in expect.webhooks
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
    return webhook_differences.look(expected, world)


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
    changes = _changes(was.balances, balances)
    if expected.delta is not None and expected.since is not None:
        found.extend(_since(expected.since, expected.delta, balances, world))
    elif expected.delta is not None:
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


def _changes(earlier: Balances, balances: Balances) -> Balances:
    return {key: balances.get(key, Decimal(0)) - earlier.get(key, Decimal(0)) for key in sorted({*balances, *earlier})}


def _since(step_id: str, delta: Mapping[str, Json], balances: Balances, world: World) -> list[Difference]:
    """What changed since an earlier step, which this cell may not have."""
    earlier = world.balances_after.get(step_id)
    if earlier is None:
        return [Difference("ledger.delta.since", f"the books as they were after {step_id}", "it was not played here")]
    found = compare_books(delta, _changes(earlier, balances), "ledger.delta", world.names)
    return [replace(one, expected=f"{one.expected} since {step_id}") for one in found]


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
