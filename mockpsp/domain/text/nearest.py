"""The known name that somebody meant who wrote another one; quick, however long or many the names are.

A name that looks like another and means something else misleads: `transaction.paid` is no slip for
`transaction.failed`. So names are held against each other word by word, and words of one meaning count as the same.
"""

import difflib
import re
from collections.abc import Iterable
from itertools import islice

#: Longer names are no slips of the pen.
_LETTERS_MAX = 80
_KNOWN_MAX = 300
#: So many that look like it are held against it word by word.
_LOOKED_AT = 8
#: So many are named where several begin with what was written.
_BEGUN_MAX = 5
#: A word that another begins or ends with is a short form of it from so many letters on.
_SHORT_FORM_MIN = 3
_WORDS = re.compile(r"[^\W_]+")
#: Words that other PSPs have for the same thing. To add a meaning: a row; a word stands in one row alone.
_MEANINGS = (
    ("paid", "charged", "captured", "succeeded", "completed"),
    ("payment", "charge", "transaction"),
    ("dispute", "chargeback"),
    ("canceled", "cancelled", "voided"),
    ("cancel", "void"),
    ("declined", "rejected", "failed"),
)
_MEANING_BY_WORD = {word: row[0] for row in _MEANINGS for word in row}


def nearest_name(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most like this one; None where none is like it, or those that look like it mean something else.

    `cutoff`: how much of the letters must be the same, from 0 to 1; at 0 the most alike is named whatever it means.
    """
    if len(name) > _LETTERS_MAX:
        return None
    # As texts: a word of an enumeration would be told as one.
    candidates = list(islice((str(one) for one in known if len(one) <= _LETTERS_MAX), _KNOWN_MAX))
    close = difflib.get_close_matches(name, candidates, n=_LOOKED_AT, cutoff=cutoff)
    written = _words(name)
    same = [one for one in candidates if _means(written, _words(one))]
    near = [one for one in close if not cutoff or _is_slip(written, _words(one))]
    return next(iter(same + near), None)


def meant(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """`; did you mean ...?`, for the end of a refusal; nothing where no known name is like it.

    Where several names begin with the word that was written, they are named.
    """
    names = [str(one) for one in islice(known, _KNOWN_MAX)]
    begun = [one for one in names if one.startswith(f"{name}.")] if name else []
    if len(begun) > 1:
        more = ", ..." if len(begun) > _BEGUN_MAX else ""
        return f"; did you mean one of {', '.join(begun[:_BEGUN_MAX])}{more}?"
    near = nearest_name(name, names, cutoff=cutoff)
    return f"; did you mean {near!r}?" if near else ""


def _words(name: str) -> list[str]:
    return _WORDS.findall(name.lower())


def _is_slip(written: list[str], known: list[str]) -> bool:
    """Whether one may have been written for the other: word by word, where words may have been left out before the
    first (as addresses are written without `http`), else as a whole."""
    if len(written) == len(known) or 1 < len(written) < len(known):
        by_word = all(map(_is_like, written, known[-len(written) :]))
        if by_word or len(written) == len(known):
            return by_word
    whole, other = "".join(written), "".join(known)
    return _is_short_form(whole, other) or _slips(whole, other) <= len(other) // 4


def _means(written: list[str], known: list[str]) -> bool:
    """Whether both mean the same in words of their own."""
    if len(written) != len(known):
        return False
    return bool(written) and all(
        one == other or _MEANING_BY_WORD.get(one, one) == _MEANING_BY_WORD.get(other, other)
        for one, other in zip(written, known, strict=True)
    )


def _is_like(written: str, known: str) -> bool:
    """Whether a word is the other one, a short form of it, or few letters away: a third, or half where both begin
    alike, since hardly anybody misses the first letter."""
    most = max(len(written), len(known)) // (2 if written[:1] == known[:1] else 3)
    return _is_short_form(written, known) or _slips(written, known) <= max(1, most)


def _is_short_form(written: str, known: str) -> bool:
    shorter, longer = sorted((written, known), key=len)
    return len(shorter) >= _SHORT_FORM_MIN and (longer.startswith(shorter) or longer.endswith(shorter))


def _slips(written: str, known: str) -> int:
    """How many letters were left out, added, mistaken, or swapped with the next one."""
    before: list[int] = []
    last = list(range(len(known) + 1))
    for row, letter in enumerate(written, 1):
        now = [row]
        for column, other in enumerate(known, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != other))
            if before and column > 1 and letter == known[column - 2] and written[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]
