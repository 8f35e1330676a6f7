"""Compares what was expected with what came, and says in words where they differ.

An object's listed keys must match and others are ignored, `$exact: true` closes it; a list matches item by item;
an amount or a moment matches by value. Keys that begin with `$` are matchers. Nothing here asks the server anything:
replaying/step_differences.py does.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from mockpsp.scenarios.language import list_matching as lists
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.nodes import nearest
from mockpsp.scenarios.language.patterns import TEXT_MAX, PatternError, compile_pattern

#: An amount, as against a card's last digits: no leading zeros.
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?")
_STATUS = re.compile(r"([1-5])xx")
#: A moment in UTC whose fraction of a second is nothing, and what it is without one.
_WHOLE_SECOND = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.0{1,9}Z")
_SHOWN_MAX = 200


class Missing(Enum):
    """Stands for a value that isn't there, which is not the same as null."""

    MISSING = "missing"


MISSING = Missing.MISSING
#: What was found: a JSON value, or nothing.
Found: TypeAlias = "Json | Missing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the world is not as expected; `expected` and `actual` are for a human."""

    where: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, got {self.actual}"


#: Matcher -> whether the actual value passes, given the argument. The two that need names stand in `compare`.
#: To add a matcher: a row here, and in expectations.py what its argument must look like.
MATCHERS: Mapping[str, Callable[[Json, Found], bool]] = {
    "$match": lambda pattern, actual: isinstance(actual, str) and _is_match(str(pattern), actual),
    "$gt": lambda bound, actual: _is_ordered(bound, actual, lambda order: order < 0),
    "$gte": lambda bound, actual: _is_ordered(bound, actual, lambda order: order <= 0),
    "$lt": lambda bound, actual: _is_ordered(bound, actual, lambda order: order > 0),
    "$lte": lambda bound, actual: _is_ordered(bound, actual, lambda order: order >= 0),
    "$between": lambda bounds, actual: _is_between(bounds, actual),
    "$absent": lambda _, actual: actual is MISSING,
    "$any": lambda _, actual: actual is not MISSING,
}
NAMED_MATCHERS = ("$same_as", "$save")
CLOSED = "$exact"


def compare(expected: Json, actual: Found, where: str, names: dict[str, Json]) -> list[Difference]:
    """All differences between the two, in the order of `expected`; `$save` puts the actual value into `names`."""
    if isinstance(expected, dict):
        matchers = {key: value for key, value in expected.items() if key.startswith("$") and key != CLOSED}
        if matchers:
            return _compare_matchers(matchers, actual, where, names)
        return _compare_objects(expected, actual, where, names)
    if isinstance(expected, list):
        return _compare_lists(expected, actual, where, names)
    if is_same(expected, actual):
        return []
    return [Difference(where, show(expected), show(actual))]


def compare_status(expected: Json, actual: Found, names: dict[str, Json]) -> list[Difference]:
    """As `compare`, where `2xx` stands for all statuses from 200 to 299."""
    family = _STATUS.fullmatch(expected) if isinstance(expected, str) else None
    if family is None:
        return compare(expected, actual, "status", names)
    if isinstance(actual, int) and actual // 100 == int(family[1]):
        return []
    return [Difference("status", str(expected), show(actual))]


def is_same(expected: Json, actual: Found) -> bool:
    """Whether two plain values are equal: of one type, amounts and moments by value."""
    if isinstance(expected, str) and isinstance(actual, str):
        if _AMOUNT.fullmatch(expected) and _AMOUNT.fullmatch(actual):
            return Decimal(expected) == Decimal(actual)
        # The API writes fractions of a second; few who write a story do.
        return expected == actual or _WHOLE_SECOND.sub(r"\1Z", expected) == _WHOLE_SECOND.sub(r"\1Z", actual)
    # True == 1 in Python, and to no client of an API.
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return expected == actual


def show(value: Found) -> str:
    """A value for a human: JSON, cut when long."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}... ({len(text)} characters)"


def dig(value: Json, path: str) -> Found:
    """What stands at a dotted path such as `transaction.operations.0.id`."""
    found: Found = value
    for part in path.split("."):
        if isinstance(found, dict):
            found = found.get(part, MISSING)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return MISSING
    return found


def _compare_matchers(
    matchers: Mapping[str, Json], actual: Found, where: str, names: dict[str, Json]
) -> list[Difference]:
    found: list[Difference] = []
    for matcher, argument in matchers.items():
        if matcher == "$save":
            if actual is MISSING:
                found.append(Difference(where, f"a value to save as {argument}", show(actual)))
            else:
                names[str(argument)] = actual
        elif matcher == "$same_as":
            if not is_same(names[str(argument)], actual):
                found.append(Difference(where, f"the same as {argument}, {show(names[str(argument)])}", show(actual)))
        elif matcher in lists.LIST_MATCHERS:
            found.extend(_compare_items(matcher, argument, actual, where, names))
        elif not MATCHERS[matcher](argument, actual):
            limit = f", in a text of at most {TEXT_MAX} characters" if matcher == "$match" and _is_long(actual) else ""
            found.append(Difference(where, f"{matcher} {show(argument)}{limit}", show(actual)))
    return found


def _compare_items(matcher: str, argument: Json, actual: Found, where: str, names: dict[str, Json]) -> list[Difference]:
    """What a matcher of lists says of one. Patterns are tried on copies of `names`; what fits saves what it saves."""
    if not isinstance(actual, list):
        return [Difference(where, f"{lists.WORDS[matcher]} {show(argument)}", show(actual))]
    if matcher == lists.LENGTH:
        return compare(argument, len(actual), f"length of {where}", names)
    if matcher == lists.EACH:
        return [one for index, item in enumerate(actual) for one in compare(argument, item, f"{where}.{index}", names)]

    def is_like(pattern: Json, item: Json) -> bool:
        return not compare(pattern, item, where, dict(names))

    if matcher == lists.NONE:
        liked = lists.none(argument, actual, is_like)
        return [
            Difference(f"{where}.{index}", f"no item like {show(argument)}", show(actual[index])) for index in liked
        ]
    patterns = lists.as_patterns(argument)
    if len(patterns) > lists.PATTERNS_MAX:
        return [Difference(where, f"at most {lists.PATTERNS_MAX} patterns in {matcher}", f"{len(patterns)} of them")]
    pairs = lists.PAIRING[matcher](patterns, actual, is_like)
    if pairs is None:
        lonely = [one for one in patterns if not any(is_like(one, item) for item in actual)]
        missing = f"; nothing is like {show(lonely[0])}" if lonely else ""
        expected = f"{lists.WORDS[matcher]} {show(argument)}"
        return [Difference(where, expected, f"{len(actual)} items{missing}: {show(actual)}")]
    for pattern, index in zip(patterns, pairs, strict=True):
        compare(pattern, actual[index], where, names)
    return []


def _compare_objects(
    expected: Mapping[str, Json], actual: Found, where: str, names: dict[str, Json]
) -> list[Difference]:
    if not isinstance(actual, dict):
        return [Difference(where, "an object", show(actual))]
    found: list[Difference] = []
    for key, value in expected.items():
        if key == CLOSED:
            continue
        place = f"{where}.{key}"
        if key not in actual and not (isinstance(value, dict) and "$absent" in value):
            wanted = "a value" if isinstance(value, dict) else show(value)
            found.append(Difference(place, wanted, f"nothing{nearest(key, actual)}"))
        else:
            found.extend(compare(value, actual.get(key, MISSING), place, names))
    if CLOSED in expected:
        extra = [key for key in actual if key not in expected]
        found.extend(Difference(f"{where}.{key}", "nothing (the object is $exact)", show(actual[key])) for key in extra)
    return found


def _compare_lists(expected: list[Json], actual: Found, where: str, names: dict[str, Json]) -> list[Difference]:
    if not isinstance(actual, list):
        return [Difference(where, f"a list of {len(expected)}", show(actual))]
    found: list[Difference] = []
    if len(expected) != len(actual):
        found.append(Difference(where, f"{len(expected)} items", f"{len(actual)}: {show(actual)}"))
    for index, (value, item) in enumerate(zip(expected, actual, strict=False)):
        found.extend(compare(value, item, f"{where}.{index}", names))
    return found


def _is_long(actual: Found) -> bool:
    return isinstance(actual, str) and len(actual) > TEXT_MAX


def _is_match(pattern: str, actual: str) -> bool:
    """Names filled in since the file was checked may have made it no pattern: nothing is like that."""
    try:
        return compile_pattern(pattern).matches(actual)
    except PatternError:
        return False


def _is_ordered(bound: Json, actual: Found, accepts: Callable[[int], bool]) -> bool:
    first, second = _rank(bound), _rank(actual)
    if first is None or second is None or type(first) is not type(second):
        return False
    # Two datetimes or two decimals by now; mypy can't see that they are of one type.
    return accepts((first > second) - (first < second))  # type: ignore[operator]


def _is_between(bounds: Json, actual: Found) -> bool:
    assert isinstance(bounds, list), bounds
    low, high = bounds
    return MATCHERS["$gte"](low, actual) and MATCHERS["$lte"](high, actual)


def _rank(value: Found) -> Decimal | datetime | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        return None
    if _AMOUNT.fullmatch(value):
        return Decimal(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
