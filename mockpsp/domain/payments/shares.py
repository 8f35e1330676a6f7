"""Which captures the money of a refund or a dispute belongs to."""

from collections.abc import Iterable
from itertools import compress
from operator import attrgetter, gt

from mockpsp.domain.payments.payment import CapturePart, Payment

_AMOUNT, _REFUNDED = attrgetter("amount_minor"), attrgetter("refunded_minor")


def allocate_to_captures(
    payment: Payment, amount_minor: int, captures: tuple[CapturePart, ...] | None = None
) -> tuple[tuple[int, int], ...]:
    """Share an amount out over the captures, oldest first, each up to what it still has; a rest goes to the last.

    `captures` are those that may be drawn from; all of the payment's unless given.
    """
    captures = payment.captures if captures is None else captures
    parts: list[tuple[int, int]] = []
    left_minor = amount_minor
    # Captures that were given back are passed over without a look at each: a payment may have a thousand.
    for capture in compress(captures, map(gt, map(_AMOUNT, captures), map(_REFUNDED, captures))):
        if left_minor <= 0:
            break
        share_minor = min(left_minor, capture.amount_minor - capture.refunded_minor)
        parts.append((capture.seq, share_minor))
        left_minor -= share_minor
    if left_minor:
        last = captures[-1].seq
        amount_by_seq = dict(parts)
        amount_by_seq[last] = amount_by_seq.get(last, 0) + left_minor
        return tuple(amount_by_seq.items())
    return tuple(parts)


def first_of(parts: Iterable[tuple[int, int]], amount_minor: int) -> tuple[tuple[int, int], ...]:
    """So much of the parts, the first ones first."""
    found = []
    for seq, part_minor in parts:
        share_minor = min(part_minor, amount_minor)
        amount_minor -= share_minor
        if share_minor:
            found.append((seq, share_minor))
    return tuple(found)


def without(parts: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The parts less those that were taken from them."""
    taken_by_seq = dict(taken)
    left = ((seq, part_minor - taken_by_seq.get(seq, 0)) for seq, part_minor in parts)
    return tuple((seq, part_minor) for seq, part_minor in left if part_minor)
