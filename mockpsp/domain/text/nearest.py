"""The known name that somebody meant who wrote another one; quick, however long or many the names are."""

import difflib
from collections.abc import Iterable
from itertools import islice

#: Longer names are no slips of the pen.
_LETTERS_MAX = 80
_KNOWN_MAX = 300


def nearest_name(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most like this one; None where none is like it."""
    if len(name) > _LETTERS_MAX:
        return None
    # As texts: a word of an enumeration would be told as one.
    candidates = list(islice((str(one) for one in known if len(one) <= _LETTERS_MAX), _KNOWN_MAX))
    return next(iter(difflib.get_close_matches(name, candidates, n=1, cutoff=cutoff)), None)


def meant(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """`; did you mean ...?`, for the end of a refusal; nothing where no known name is like it."""
    near = nearest_name(name, known, cutoff=cutoff)
    return f"; did you mean {near!r}?" if near else ""
