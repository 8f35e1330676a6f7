"""The verb `together`: calls that happen at once, each with what is kept of its answer and what is expected of it.

How they are sent: replaying/together.py; in which order they go in is the server's to draw, from the story's seed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockpsp.scenarios.language.expectations import ANSWER_PARTS, read_expect
from mockpsp.scenarios.language.model import Expect
from mockpsp.scenarios.language.nodes import MapNode, Node
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.saving import read_save

#: As many as the server lets wait for each other.
CALLS_MAX = 20
CALL_KEYS = ("id", "call", "body", "key", "via", "save", "expect")


@dataclass(frozen=True, slots=True)
class Part:
    """One of the calls. `expect` None: nothing is expected of it alone."""

    id: str
    #: A verbs.Call.
    call: Any
    save: Mapping[str, str] = field(default_factory=dict)
    expect: Expect | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Calls that go in one by one in an order drawn from the seed, once all of them have come."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return f"together {', '.join(str(part.call) for part in self.parts)}"


def reading(read_call: Callable[[Reader, Node, Mapping[str, Node]], Any]) -> Callable[..., Together]:
    """What reads the verb, given what reads a call."""

    def read(reader: Reader, node: Node, _: Mapping[str, Node]) -> Together:
        items = reader.items(node, "calls")
        if items and not 2 <= len(items) <= CALLS_MAX:
            reader.problems.add(node, f"2 to {CALLS_MAX} calls go together, not {len(items)}")
        # All calls are on their way before anything is kept of an answer.
        later = Reader(reader.problems)
        parts = tuple(_part(reader, later, item, number, read_call) for number, item in enumerate(items, start=1))
        ids = [part.id for part in parts]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            reader.problems.add(node, f"the id {twice} stands here twice")
        reader.log.entries.extend(later.log.entries)
        return Together(parts)

    return read


def _part(reader: Reader, later: Reader, node: Node, number: int, read_call: Callable[..., Any]) -> Part:
    fields = reader.fields(node, "a call", CALL_KEYS, needed=("call",))
    call = read_call(reader, fields["call"], fields) if "call" in fields else None
    if call is not None and not call.is_of_api:
        reader.problems.add(fields["call"], "only calls of the API go together: the server holds them for each other")
    expect = None
    if "expect" in fields:
        expect = read_expect(later, fields["expect"])
        _check_parts(later, fields["expect"])
    return Part(
        id=reader.text(fields["id"], "an id") if "id" in fields else str(number),
        call=call,
        save=read_save(later, fields["save"]) if "save" in fields else {},
        expect=expect,
    )


def _check_parts(reader: Reader, node: Node) -> None:
    """What is not of one answer is the step's to expect, when all of them are there."""
    for key, _ in node.entries if isinstance(node, MapNode) else ():
        if key.text not in ANSWER_PARTS:
            reader.problems.add(
                key, f"{key.text} is expected of the whole step; of one call: {', '.join(ANSWER_PARTS)}"
            )
