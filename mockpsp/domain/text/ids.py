"""Public ids: a prefix and 32 letters that look random, made from a sequence number and a universe's key, both ways.

The number runs through a keyed permutation of all 62^32 texts, so ids have the shape of the real ones, only the server
can tell them from random ones, nothing has to be stored to look one up, and a mistyped id decodes to nothing: half of
the text is redundancy. Read `encode` first.
"""

import hashlib
from functools import lru_cache

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HALF_LETTERS = 16
_MODULUS = 62**_HALF_LETTERS
_ROUNDS = 4
_PAIR, _FOUR, _EIGHT = 62**2, 62**4, 62**8
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_PAIR_VALUES = {text: value for value, text in enumerate(_PAIRS)}
#: The largest sequence number: what SQLite holds.
_MAX_SEQ = (1 << 63) - 1


class Mint:
    """Gives a project's next sequence number; `next_seq` is written back with the transaction."""

    __slots__ = ("next_seq",)

    def __init__(self, next_seq: int) -> None:
        self.next_seq = next_seq

    def next(self) -> int:
        """The next number, each once."""
        seq = self.next_seq
        self.next_seq = seq + 1
        return seq


@lru_cache(maxsize=4096)
def key_for(seed: int) -> bytes:
    """The key of a universe with this seed."""
    return hashlib.blake2b(str(seed).encode(), digest_size=32, person=b"mockpsp-ids").digest()


# One answer names the same few ids many times over; a larger cache costs memory (65,536 entries: 18 MB) for nothing.
@lru_cache(maxsize=8_192)
def encode(key: bytes, prefix: str, seq: int) -> str:
    """The id of a sequence number, such as `tr_` and 32 letters; the same each time."""
    global _given, _given_before
    text = write(key, prefix, seq)
    if len(_given) >= _GIVEN_MAX:
        _given, _given_before = {}, _given
    _given[key, text] = (prefix, seq)
    return text


def cut(text: str) -> str:
    """What is wrong with an id that somebody copied in part, for the end of a refusal; nothing where it is whole."""
    prefix, _, letters = text.rpartition("_")
    if not prefix or len(letters) == 2 * _HALF_LETTERS:
        return ""
    return (
        f"; an id is wanted whole, {2 * _HALF_LETTERS} letters behind {prefix[:20]}_, and this one has {len(letters)}"
    )


def write(key: bytes, prefix: str, seq: int) -> str:
    """The same, and nothing is kept of it: for files that name a hundred thousand ids once.

    Round by round and pair by pair without a call of our own, which costs half of the time.
    """
    first, second, third, fourth = _rounds(key, prefix)
    right = _mix(first, seq) % _MODULUS
    left = (seq + _mix(second, right)) % _MODULUS
    right = (right + _mix(third, left)) % _MODULUS
    left = (left + _mix(fourth, right)) % _MODULUS
    # The last letters first. By halves: numbers that fit a machine word are divided far faster.
    (b, a), (d, c) = divmod(left, _EIGHT), divmod(right, _EIGHT)
    (a2, a1), (b2, b1), (c2, c1), (d2, d1) = divmod(a, _FOUR), divmod(b, _FOUR), divmod(c, _FOUR), divmod(d, _FOUR)
    return (
        f"{prefix}"
        f"{_PAIRS[a1 % _PAIR]}{_PAIRS[a1 // _PAIR]}{_PAIRS[a2 % _PAIR]}{_PAIRS[a2 // _PAIR]}"
        f"{_PAIRS[b1 % _PAIR]}{_PAIRS[b1 // _PAIR]}{_PAIRS[b2 % _PAIR]}{_PAIRS[b2 // _PAIR]}"
        f"{_PAIRS[c1 % _PAIR]}{_PAIRS[c1 // _PAIR]}{_PAIRS[c2 % _PAIR]}{_PAIRS[c2 // _PAIR]}"
        f"{_PAIRS[d1 % _PAIR]}{_PAIRS[d1 // _PAIR]}{_PAIRS[d2 % _PAIR]}{_PAIRS[d2 // _PAIR]}"
    )


def decode(key: bytes, prefix: str, text: str) -> int | None:
    """The sequence number behind an id; None when it is mistyped, or of another prefix or universe."""
    given = _given.get((key, text)) or _given_before.get((key, text))
    if given is not None and given[0] == prefix:
        return given[1]
    if len(text) != len(prefix) + 2 * _HALF_LETTERS or not text.startswith(prefix):
        return None
    letters = text[len(prefix) :]
    left, right = _value(letters[:_HALF_LETTERS]), _value(letters[_HALF_LETTERS:])
    if left is None or right is None:
        return None
    rounds = _rounds(key, prefix)
    for index in range(_ROUNDS - 2, -1, -2):
        left = (left - _mix(rounds[index + 1], right)) % _MODULUS
        right = (right - _mix(rounds[index], left)) % _MODULUS
    return left if right == 0 and left <= _MAX_SEQ else None


#: Ids given of late -> their prefix and number: most ids that come back were given a moment ago. Those before them are
#: kept for as long as it takes to give as many again, so that filling up never forgets the last ones.
_given: dict[tuple[bytes, str], tuple[str, int]] = {}
_given_before: dict[tuple[bytes, str], tuple[str, int]] = {}
_GIVEN_MAX = 4_096


@lru_cache(maxsize=4096)
def _rounds(key: bytes, prefix: str) -> tuple["hashlib.blake2b", ...]:
    """A keyed hash for each round, to be copied: keying one costs more than hashing with it."""
    return tuple(
        hashlib.blake2b(key=key, digest_size=16, salt=bytes([index]), person=prefix.encode()[:16])
        for index in range(_ROUNDS)
    )


def _mix(keyed: "hashlib.blake2b", half: int) -> int:
    hasher = keyed.copy()
    hasher.update(half.to_bytes(12, "big"))
    return int.from_bytes(hasher.digest(), "big")


def _value(letters: str) -> int | None:
    value = 0
    for index in range(_HALF_LETTERS - 2, -1, -2):
        pair = _PAIR_VALUES.get(letters[index : index + 2])
        if pair is None:
            return None
        value = value * _PAIR + pair
    return value
