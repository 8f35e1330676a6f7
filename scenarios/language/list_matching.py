"""Matchers of lists: what is in one, in whatever order, how long it is, and what is not in it.

Their arguments are patterns, so that what compares a pattern with a value is handed in: matching.py has it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from mockpsp.scenarios.language.model import Json

#: (pattern, item) -> whether the item is like that. Tried, not kept: nothing is saved by it.
IsLike: TypeAlias = Callable[[Json, Json], bool]
#: For each pattern the index of an item that is like it, or how many patterns found one before one didn't.
Pairs: TypeAlias = "list[int] | None"


def contained(patterns: Sequence[Json], items: Sequence[Json], is_like: IsLike) -> Pairs:
    """An item of its own for each pattern, wherever it stands; None where there aren't enough."""
    liked = [[index for index, item in enumerate(items) if is_like(pattern, item)] for pattern in patterns]
    taken: dict[int, int] = {}
    for number in range(len(patterns)):
        if not _take(number, liked, taken, set()):
            return None
    by_pattern = {number: index for index, number in taken.items()}
    return [by_pattern[number] for number in range(len(patterns))]


def unordered(patterns: Sequence[Json], items: Sequence[Json], is_like: IsLike) -> Pairs:
    """As `contained`, and no item is left over."""
    return contained(patterns, items, is_like) if len(patterns) == len(items) else None


def in_order(patterns: Sequence[Json], items: Sequence[Json], is_like: IsLike) -> Pairs:
    """An item for each pattern, each behind the one before; others may stand between them."""
    found: list[int] = []
    start = 0
    for pattern in patterns:
        index = next((at for at in range(start, len(items)) if is_like(pattern, items[at])), None)
        if index is None:
            return None
        found.append(index)
        start = index + 1
    return found


def none(pattern: Json, items: Sequence[Json], is_like: IsLike) -> list[int]:
    """The items that are like the pattern, of which there should be none."""
    return [index for index, item in enumerate(items) if is_like(pattern, item)]


def _take(number: int, liked: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give a pattern an item, moving patterns that have one already to others where that helps."""
    for index in liked[number]:
        if index in tried:
            continue
        tried.add(index)
        if index not in taken or _take(taken[index], liked, taken, tried):
            taken[index] = number
            return True
    return False


IN_ORDER = "$in_order"
#: Matchers that give each of a list of patterns an item.
PAIRING: Mapping[str, Callable[[Sequence[Json], Sequence[Json], IsLike], Pairs]] = {
    "$contains": contained,
    "$unordered": unordered,
    IN_ORDER: in_order,
}
NONE, EACH, LENGTH = "$none", "$each", "$length"
#: Each may have to move all before it to other items.
PATTERNS_MAX = 200
#: All of them. To add one: its name here, and what it does in matching.py.
LIST_MATCHERS: tuple[str, ...] = (*PAIRING, NONE, EACH, LENGTH)
#: What each says of a list, for a human.
WORDS: Mapping[str, str] = {
    "$contains": "a list with",
    "$unordered": "a list, in any order, of",
    IN_ORDER: "a list with, in this order,",
    NONE: "no item like",
    EACH: "each item like",
    LENGTH: "a list of length",
}


def as_patterns(argument: Any) -> list[Json]:
    """The patterns of a pairing matcher; one alone needs no list."""
    return argument if isinstance(argument, list) else [argument]
