"""What a step expected of webhooks against what receivers got since they were last looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockpsp.scenarios.language.list_matching import IN_ORDER, in_order
from mockpsp.scenarios.language.matching import MISSING, Difference, Found, compare, show
from mockpsp.scenarios.language.model import Json, WebhookExpectation
from mockpsp.scenarios.replaying.lines import parsed
from mockpsp.scenarios.replaying.receiver import Received
from mockpsp.scenarios.replaying.world import World


@dataclass(frozen=True, slots=True)
class _Message:
    """All attempts to deliver one message to one receiver since the last look."""

    attempts: tuple[Received, ...]

    @property
    def body(self) -> Found:
        return parsed(self.attempts[0].body)

    def __str__(self) -> str:
        return f"{show(self.body)} in {len(self.attempts)} attempt(s)"


def look(expected: Sequence[WebhookExpectation], world: World) -> list[Difference]:
    """Each entry claims one message, or with `count` all that match, or with `$in_order` those that it names; `no_more`
    wants no message left unclaimed."""
    closed = [name for one in expected if one.no_more for name in ([one.to] if one.to else world.receivers)]
    asked = {one.to for one in expected if one.to} | set(closed)
    unclaimed = {name: _messages(world.new_deliveries(name)) for name in sorted(asked)}
    found: list[Difference] = []
    for index, one in enumerate(expected):
        if one.to is not None and one.in_order is not None:
            found.extend(_claim_in_order(one.in_order, one.to, unclaimed[one.to], f"webhooks.{index}", world.names))
        elif one.to is not None and not one.no_more:
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


def _claim_in_order(
    patterns: Sequence[Json], to: str, unclaimed: list[_Message], where: str, names: dict[str, Json]
) -> list[Difference]:
    """Messages like these, each arrived behind the one before; of one tried again, its first attempt counts."""

    def is_like(pattern: Json, body: Json) -> bool:
        return not compare(pattern, body, where, dict(names))

    bodies: list[Json] = [None if one.body is MISSING else one.body for one in unclaimed]
    indices = in_order(patterns, bodies, is_like)
    if indices is None:
        lonely = next((one for one in patterns if not any(is_like(one, body) for body in bodies)), None)
        missing = "" if lonely is None else f"; nothing is like {_named(lonely)}"
        arrived = ", ".join(map(_named, bodies)) or "nothing new"
        wanted = f"webhooks to {to}, one behind the other: {', '.join(map(_named, patterns))}"
        return [Difference(f"{where}.{IN_ORDER}", wanted, f"in the order of arrival: {arrived}{missing}")]
    for pattern, index in zip(patterns, indices, strict=True):
        compare(pattern, bodies[index], where, names)
    for index in reversed(indices):
        del unclaimed[index]
    return []


def _named(body: Json) -> str:
    """What a webhook is about, by the event's name where that is all it says."""
    name = body.get("event_type") if isinstance(body, dict) else None
    is_thin = isinstance(body, dict) and body.keys() <= {"event_type", "event_id"}
    return str(name) if is_thin and name is not None else show(body)


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
