"""Numbers that providers and schemes give to what they did: made from the universe's key, the same each time.

They are shown, never looked up, so nothing of them is stored.
"""

import hashlib
from functools import lru_cache


@lru_cache(maxsize=4096)
def hexadecimal(key: bytes, seq: int, length: int) -> str:
    """`length` (at most 64) hexadecimal digits for a sequence number."""
    return hashlib.blake2b(seq.to_bytes(12, "big"), key=key, digest_size=32, person=b"reference").hexdigest()[:length]


@lru_cache(maxsize=4096)
def digits(key: bytes, seq: int, length: int) -> str:
    """`length` (at most 70) decimal digits for a sequence number, the first of them not zero."""
    number = int(hexadecimal(key, seq, 64), 16)
    return str(10 ** (length - 1) + number % (9 * 10 ** (length - 1)))
