"""The patterns of `$match`: the usual notation, matched in time that grows with the text alone.

A pattern is read into numbered places, one for each character it may stand on, and what may follow each of them; a
text is read once, while the set of places reached is kept. So nothing is ever tried again, whatever the pattern. What
needs looking back or around (`\\1`, `(?=...)`, `\\b`) has no places and is refused. Sizes are reckoned before anything
is repeated: `(a{500}){500}` is refused without being written out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

LENGTH_MAX = 1_000
PLACES_MAX = 500
DEPTH_MAX = 20
#: Different classes such as [a-z] in one pattern: each costs more to read than all else.
CLASSES_MAX = 10
TEXT_MAX = 65_536
#: Sets of places remembered with what may follow them; a pattern that needs more reckons them again.
_REMEMBERED_MAX = 2_000

_FLAGS = re.compile(r"\(\?([is]{1,2})\)")
#: One character's worth of a pattern. Alone, against one character, Python's own engine has nothing to try twice.
_ATOM = re.compile(
    r"\\[dDsSwW]|\\[nrtfv]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[^A-Za-z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}*+?|^$]",
    re.DOTALL,
)
_REPEAT = re.compile(r"(?:([*+?])|\{([0-9]{0,4})(,?)([0-9]{0,4})\})\??")
_GROUP = re.compile(r"\((?:\?:|\?P<[A-Za-z_]\w{0,39}>)?(?!\?)")


class PatternError(ValueError):
    """A text that is no pattern here; the message says what and where."""


@dataclass(frozen=True, slots=True)
class _Atom:
    number: int


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple["_Part", ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    parts: tuple["_Part", ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: "_Part"
    low: int
    #: None: as often as there is.
    high: int | None


_Part = _Atom | _Sequence | _Choice | _Repeat


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where a part may begin and end, as bits by place, and whether it may be left out."""

    first: int
    last: int
    is_optional: bool


@dataclass(slots=True)
class Pattern:
    """A pattern ready to be matched: which characters may stand on a place, and which places may follow it."""

    #: What each place takes; many places take the same.
    atoms: list[Callable[[str], bool]]
    atom_by_place: list[int] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    first: int = 0
    last: int = 0
    is_optional: bool = False
    _places_by_letter: dict[str, int] = field(default_factory=dict)
    _after: dict[int, int] = field(default_factory=dict)

    def matches(self, text: str) -> bool:
        """Whether the whole text is what the pattern says; a longer one than `TEXT_MAX` never is."""
        if not text:
            return self.is_optional
        if len(text) > TEXT_MAX:
            return False
        allowed, reached = self.first, 0
        for letter in text:
            reached = allowed & self._taking(letter)
            if not reached:
                return False
            allowed = self._following(reached)
        return bool(reached & self.last)

    def _taking(self, letter: str) -> int:
        """The places that a character may stand on."""
        found = self._places_by_letter.get(letter)
        if found is None:
            takes = [atom(letter) for atom in self.atoms]
            found = sum(1 << place for place, atom in enumerate(self.atom_by_place) if takes[atom])
            _remember(self._places_by_letter, letter, found)
        return found

    def _following(self, reached: int) -> int:
        """The places that may follow some of these."""
        found = self._after.get(reached)
        if found is None:
            found = 0
            for place in _bits(reached):
                found |= self.follow[place]
            _remember(self._after, reached, found)
        return found


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """The pattern a text says; PatternError says why it is none."""
    atoms, part = _read(text)
    pattern = Pattern(atoms)
    ends = _placed(pattern, part)
    pattern.first, pattern.last, pattern.is_optional = ends.first, ends.last, ends.is_optional
    return pattern


def check_pattern(text: str) -> None:
    """Nothing, where the text is a pattern; PatternError says why it is none. Cheaper than compiling it."""
    _read(text)


def _read(text: str) -> tuple[list[Callable[[str], bool]], "_Part"]:
    if len(text) > LENGTH_MAX:
        raise PatternError(f"the pattern has {len(text)} characters; at most {LENGTH_MAX} go")
    reading = _Reading(text)
    part = reading.whole()
    places = _size(part)
    if places > PLACES_MAX:
        raise PatternError(f"the pattern's repeats make {places:,} characters of it; at most {PLACES_MAX} go")
    return reading.atoms, part


class _Reading:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.flags = 0
        self.atoms: list[Callable[[str], bool]] = []
        self._numbers: dict[str, int] = {}
        self._classes_count = 0

    def whole(self) -> _Part:
        """The parts of the whole text; `^` before and `$` behind it say what is so anyway."""
        if found := _FLAGS.match(self.text):
            self.at = found.end()
            self.flags = (re.IGNORECASE if "i" in found[1] else 0) | (re.DOTALL if "s" in found[1] else 0)
        if self.text.startswith("^", self.at):
            self.at += 1
        part = self._choice()
        if self.text[self.at :] not in ("", "$"):
            self._refuse("a ) without its (" if self.text[self.at] == ")" else "this is only known at the ends")
        return part

    def _choice(self) -> _Part:
        parts = [self._sequence()]
        while self.text.startswith("|", self.at):
            self.at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Choice(tuple(parts))

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if self.text[self.at :] == "$":
                break
            parts.append(self._repeated(self._single()))
        return _Sequence(tuple(parts))

    def _repeated(self, part: _Part) -> _Part:
        found = _REPEAT.match(self.text, self.at)
        if found is None or found.group() == "{,}":
            return part
        self.at = found.end()
        if self.at < len(self.text) and (self.text[self.at] in "*+?" or _REPEAT.match(self.text, self.at)):
            self._refuse("a repeat of a repeat; put the first into ( )")
        if found[1]:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[found[1]]
            return _Repeat(part, low, high)
        low = int(found[2] or 0)
        high = (int(found[4]) if found[4] else None) if found[3] else low
        if (not found[2] and not found[3]) or (high is not None and low > high):
            self._refuse("no repeat: {2}, {2,} or {2,5} go", found.start())
        return _Repeat(part, low, high)

    def _single(self) -> _Part:
        if self.text[self.at] == "(":
            return self._group()
        found = _ATOM.match(self.text, self.at)
        if found is None:
            if self.text[self.at] in "{}":
                # No repeat stands here, so it means itself.
                self.at += 1
                return self._atom(self.text[self.at - 1])
            self._refuse(_WHY_NOT.get(self.text[self.at], "not known here"))
        self.at = found.end()
        return self._atom(found.group())

    def _group(self) -> _Part:
        found = _GROUP.match(self.text, self.at)
        if found is None:
            self._refuse("groups that look ahead or back, or are otherwise special, are not known here")
        start, self.at, self.depth = self.at, found.end(), self.depth + 1
        if self.depth > DEPTH_MAX:
            self._refuse(f"groups nest deeper than {DEPTH_MAX}")
        part = self._choice()
        if not self.text.startswith(")", self.at):
            self._refuse("a ( without its )", start)
        self.at, self.depth = self.at + 1, self.depth - 1
        return part

    def _atom(self, text: str) -> _Atom:
        number = self._numbers.get(text)
        if number is None:
            self.atoms.append(self._taking(text))
            number = self._numbers[text] = len(self.atoms) - 1
        return _Atom(number)

    def _taking(self, text: str) -> Callable[[str], bool]:
        """Whether a character may stand where this is written."""
        letter = text[1:] if text[0] == "\\" and not text[1].isalnum() else text
        if len(letter) == 1 and letter != ".":
            return _same_as(letter, ignores_case=bool(self.flags & re.IGNORECASE))
        self._classes_count += letter.startswith("[")
        if self._classes_count > CLASSES_MAX:
            self._refuse(f"more than {CLASSES_MAX} different classes in one pattern")
        try:
            one = re.compile(text, self.flags)
        except re.error as error:
            self._refuse(f"{text[:40]}: {error.msg}")
        return lambda letter: one.fullmatch(letter) is not None

    def _refuse(self, why: str, at: int | None = None) -> NoReturn:
        place = self.at if at is None else at
        raise PatternError(f"{why} (at character {place + 1}, {self.text[place : place + 10]!r})")


#: Character -> why it can't stand where nothing else reads it.
_WHY_NOT = {
    "\\": "this escape is not known here; \\d \\w \\s, \\n \\t and characters that are no letters go",
    "[": "a [ without its ]",
    "]": "a ] without its [; write \\]",
    "*": "nothing to repeat",
    "+": "nothing to repeat",
    "?": "nothing to repeat",
    "^": "the whole text is matched, so ^ goes at the beginning alone",
    "$": "the whole text is matched, so $ goes at the end alone",
}


def _same_as(letter: str, *, ignores_case: bool) -> Callable[[str], bool]:
    if not ignores_case:
        return lambda other: other == letter
    folded = letter.casefold()
    return lambda other: other.casefold() == folded


def _size(part: _Part) -> int:
    """How many places a part takes once its repeats are written out."""
    if isinstance(part, _Atom):
        return 1
    if isinstance(part, _Repeat):
        return _size(part.part) * _times(part)
    return sum(_size(one) for one in part.parts)


def _times(part: _Repeat) -> int:
    """How often a repeated part is written out: an endless repeat goes round in its last one."""
    return max(part.low, 1) if part.high is None else part.high


def _placed(pattern: Pattern, part: _Part) -> _Ends:
    """The part on places of its own, and where it begins and ends."""
    if isinstance(part, _Atom):
        place = 1 << len(pattern.follow)
        pattern.follow.append(0)
        pattern.atom_by_place.append(part.number)
        return _Ends(place, place, False)
    if isinstance(part, _Choice):
        ends = [_placed(pattern, one) for one in part.parts]
        return _Ends(_union(e.first for e in ends), _union(e.last for e in ends), any(e.is_optional for e in ends))
    if isinstance(part, _Sequence):
        return _joined(pattern, [_placed(pattern, one) for one in part.parts])
    times = _times(part)
    ends = [_placed(pattern, part.part) for _ in range(times)]
    if part.high is None:
        _lead(pattern, ends[-1].last, ends[-1].first)
    return _joined(pattern, [_Ends(e.first, e.last, e.is_optional or n >= part.low) for n, e in enumerate(ends)])


def _joined(pattern: Pattern, ends: list[_Ends]) -> _Ends:
    """One after the other; what is optional may be left out."""
    whole = _Ends(0, 0, True)
    for one in ends:
        _lead(pattern, whole.last, one.first)
        whole = _Ends(
            whole.first | (one.first if whole.is_optional else 0),
            one.last | (whole.last if one.is_optional else 0),
            whole.is_optional and one.is_optional,
        )
    return whole


def _lead(pattern: Pattern, before: int, after: int) -> None:
    for place in _bits(before):
        pattern.follow[place] |= after


def _bits(places: int) -> Iterator[int]:
    while places:
        lowest = places & -places
        yield lowest.bit_length() - 1
        places ^= lowest


def _union(sets: Iterator[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def _remember(known: dict[Any, int], key: Any, value: int) -> None:
    if len(known) >= _REMEMBERED_MAX:
        known.clear()
    known[key] = value
