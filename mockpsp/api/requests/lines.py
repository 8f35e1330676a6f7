"""The lines of an invoice that a capture or a refund names: which there are, which were captured, what they come to."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.errors import error_type
from mockpsp.domain.text.codes import INVALID_AMOUNT, Refused
from mockpsp.engine.capture_stories import NAMED_LINES as PATH
from mockpsp.engine.universes import UniverseTx


def lines_worth(tx: UniverseTx, row: PaymentRow, detail_ids: list[str] | None) -> int | None:
    """What the named lines come to, less their discounts; None for none named. Refused for lines that aren't there."""
    if not detail_ids:
        return None
    if len(set(detail_ids)) != len(detail_ids):
        raise Refused(error_type(PATH, is_missing=False), f"{PATH} names a line twice", field=PATH)
    return sum(_worth(tx, row.body.get("details", ()), detail_id) for detail_id in detail_ids)


def guard_worth(worth_minor: int | None, *, purpose: str) -> None:
    """Refuse lines that are to say how much and come to nothing."""
    if worth_minor is not None and worth_minor <= 0:
        raise Refused(INVALID_AMOUNT, f"the named lines come to nothing, so there is nothing to {purpose}", field=PATH)


def guard_captured(tx: UniverseTx, row: PaymentRow, detail_ids: list[str] | None) -> None:
    """Refuse to give back lines that no capture took. A capture that named none took whatever there is."""
    if not detail_ids or not row.payment.captures:
        return
    payment = row.payment
    missing = tx.capture_stories.line_not_captured(tx, payment.seq, payment.captures[0].seq, detail_ids)
    if missing is not None:
        raise _no_line(f"{missing[:60]!r} was not captured, so it cannot be refunded")


def _worth(tx: UniverseTx, lines: Sequence[Mapping[str, Any]], detail_id: str) -> int:
    """What a line comes to. Lines have numbers in their order, so nobody looks at all of them."""
    seq = tx.seq("iv_det_", detail_id)
    place = len(lines) if seq is None else bisect_left(lines, seq, key=itemgetter("seq"))
    if place == len(lines) or lines[place]["seq"] != seq:
        raise _no_line(f"{detail_id[:60]!r} is not a line of this invoice")
    line = lines[place]
    return int(line["amount_minor"] * line["quantity"] - line.get("discount_minor", 0))


def _no_line(why: str) -> Refused:
    return Refused(error_type(PATH, is_missing=False), f"{PATH}: {why}", field=PATH)
