"""Card numbers in texts: found in every likely spelling, so that none is kept where card numbers don't belong.

A number is digits in groups, parted by one or two characters that are neither letter nor digit; where a whole run of
groups has a network's beginning and length and passes the check digit, it counts. What only looks like one (IBANs,
moments, ids of hex digits) is told apart by lookalikes.py. To add a network: a row in `_NETWORKS`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from mockpsp.domain.text.lookalikes import without_lookalikes

HIDDEN = "[hidden]"

#: (first prefix, last prefix, lengths): prefixes of one length. Maestro's older cards have 12 to 19 digits; its other
#: ranges count from 16 on, since twelve to fifteen digits are phone numbers and orders more often than cards.
_NETWORKS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14,)),  # Diners Club
    ("3095", "3095", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("3528", "3589", (16,)),  # JCB
    ("60", "60", (16, 19)),  # Discover and those that share its ranges
    ("64", "65", (16, 19)),
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("2200", "2204", (16,)),  # Mir
    ("50", "50", (16, 18, 19)),  # Maestro
    ("56", "58", (16, 18, 19)),
    ("63", "63", (16, 18, 19)),
    ("67", "67", (16, 18, 19)),
    *((prefix, prefix, (12, 13, 14, 15)) for prefix in ("5018", "5020", "5038", "5893", "6304")),
    ("6759", "6763", (12, 13, 14, 15)),
)
_SHORTEST = 12

#: Digits enough for a number, parted as a number's groups may be. Each step is decided by one character, so this looks
#: at no character more than `_SHORTEST` times.
_CHAIN = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,2}[0-9]){11,}")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_ANY_DIGIT = re.compile(r"\d")
#: Digits -> what each adds to a check sum, counted once and twice.
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
#: Times that a text is unescaped: an address in an address in an address.
_ESCAPES_MAX = 3


def is_card_number(text: str) -> bool:
    """Whether a text holds what looks like a network's own card number, however it is spelled."""
    return any(_CHAIN.search(plain) is not None and any(_found(plain)) for plain in _spellings(text))


def may_hold_number(text: str) -> bool:
    """Whether some text within a longer one, say a body of JSON, could hold a card number: a quick look."""
    # Escapes and other alphabets hide digits and what parts them.
    return not text.isascii() or "\\" in text or "%" in text or _CHAIN.search(text) is not None


def hide_card_numbers(text: str) -> str:
    """The text with every card number hidden; unescaped, where a number was written in escapes or other digits."""
    for plain in _spellings(text):
        spans = list(_found(plain)) if _CHAIN.search(plain) else []
        if spans:
            # Others may be left that are spelled otherwise.
            return hide_card_numbers(_without(plain, spans))
    return text


def _spellings(text: str) -> Iterator[str]:
    """The text as it is, and with its foreign digits and its escapes read, where it has any."""
    yield text
    for _ in range(_ESCAPES_MAX):
        before = text
        if not text.isascii():
            text = _folded(text)
        if "%" in text:
            text = _unescaped(text)
        if text == before:
            return
        yield text


def _folded(text: str) -> str:
    """Every digit as ASCII has it, without characters that nobody sees."""
    letters = unicodedata.normalize("NFKC", text)
    if len(letters) > len(text):  # what parts groups as one character must not become three, as an ellipsis does
        letters = "".join(_compatible(letter) for letter in text)
    if len(_ANY_DIGIT.findall(letters)) < _SHORTEST and "%" not in letters:
        return ""  # too few for any number, and this costs a tenth
    return "".join(_fold(letter) for letter in letters)


def _compatible(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    return plain if any(part.isalnum() for part in plain) else plain[:1]


def _fold(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    # Format characters such as zero-width blanks, and marks on the letter before.
    if unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return ""
    # A letter parts no groups; only ASCII's are told from blanks and dashes below.
    return "x" if letter.isalnum() else letter


def _unescaped(text: str) -> str:
    """Percent signs and their two digits as the characters they stand for."""
    raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text.encode(errors="surrogatepass"))
    return raw.decode(errors="replace")


def _found(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each card number."""
    if next(_numbers(text), None) is not None:
        yield from _numbers(without_lookalikes(text))


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of groups that is a network's number."""
    for chain in _CHAIN.finditer(text):
        found, start = chain.group(), chain.start()
        digits = _NOT_DIGITS.sub("", found)
        places = [at for at, letter in enumerate(found, start) if "0" <= letter <= "9"]
        # Where groups begin, and where the last one ends.
        cuts = [0, *(at for at in range(1, len(digits)) if places[at] != places[at - 1] + 1), len(digits)]
        for first, last in _runs(digits, cuts):
            # Twelve or thirteen digits after a plus are a phone number.
            if last - first > 13 or text[places[first] - 1 : places[first]] != "+":
                yield places[first], places[last - 1] + 1


def _runs(digits: str, cuts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of whole groups that has a network's beginning, length and check digit."""
    once, twice = digits.encode().translate(_ONCE), digits.encode().translate(_TWICE)
    ends = set(cuts)
    for first in cuts[:-1]:
        for length in _LENGTHS_BY_TWO.get(digits[first : first + 2], ()):
            last = first + length
            if last not in ends:
                continue
            # Luhn: from the right, every second digit counts twice, its own digits added.
            at = (first, first + 1) if length % 2 == 0 else (first + 1, first)
            checked = sum(twice[at[0] : last : 2]) + sum(once[at[1] : last : 2])
            if checked % 10 == 0 and _shape().fullmatch(digits, first, last):
                yield first, last


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with the spans hidden, those that overlap as one."""
    parts, done = [], 0
    for start, end in sorted(spans):
        if end > done:
            parts.append(text[done:start] + HIDDEN if start >= done else "")
            done = end
    return "".join(parts) + text[done:]


@cache  # once a text has so many digits: it takes longer to make than all else here
def _shape() -> re.Pattern[str]:
    """One pattern of all networks' beginnings and lengths."""
    parts = []
    for low, high, lengths in _NETWORKS:
        prefixes = "|".join(str(prefix) for prefix in range(int(low), int(high) + 1))
        rests = "|".join(f"[0-9]{{{length - len(low)}}}" for length in lengths)
        parts.append(f"(?:{prefixes})(?:{rests})")
    return re.compile("|".join(parts))


def _lengths_by_two() -> Mapping[str, tuple[int, ...]]:
    """First two digits -> the lengths a number of theirs may have."""
    found: dict[str, set[int]] = {}
    for low, high, lengths in _NETWORKS:
        for two in range(int(low[:2].ljust(2, "0")), int(high[:2].ljust(2, "9")) + 1):
            found.setdefault(str(two), set()).update(lengths)
    return {two: tuple(sorted(lengths)) for two, lengths in found.items()}


_LENGTHS_BY_TWO = _lengths_by_two()
