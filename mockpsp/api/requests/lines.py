"""The lines of an invoice that a capture or a refund names: which there are, which were captured, what they come to."""

import json

from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.errors import error_type
from mockpsp.domain.codes import INVALID_AMOUNT, Refused
from mockpsp.domain.facts import Kind
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments

PATH = "invoice_detail_ids"


def lines_worth(tx: UniverseTx, row: PaymentRow, detail_ids: list[str] | None) -> int | None:
    """What the named lines come to, less their discounts; None for none named. Refused for lines that aren't there."""
    if not detail_ids:
        return None
    worth_by_id: dict[str, int] = {
        tx.id("iv_det_", line["seq"]): line["amount_minor"] * line["quantity"] - line.get("discount_minor", 0)
        for line in row.body.get("details", ())
    }
    if len(set(detail_ids)) != len(detail_ids):
        raise Refused(error_type(PATH, is_missing=False), f"{PATH} names a line twice", field=PATH)
    for detail_id in detail_ids:
        if detail_id not in worth_by_id:
            raise _no_line(f"{detail_id[:60]!r} is not a line of this invoice")
    return sum(worth_by_id[detail_id] for detail_id in detail_ids)


def guard_worth(worth_minor: int | None, *, purpose: str) -> None:
    """Refuse lines that are to say how much and come to nothing."""
    if worth_minor is not None and worth_minor <= 0:
        raise Refused(INVALID_AMOUNT, f"the named lines come to nothing, so there is nothing to {purpose}", field=PATH)


def guard_captured(tx: UniverseTx, row: PaymentRow, detail_ids: list[str] | None) -> None:
    """Refuse to give back lines that no capture took. A capture that named none took whatever there is."""
    if not detail_ids or not row.payment.captures:
        return
    facts = payments.load_facts(tx.conn, tx.project.no, row.payment.seq)
    named_by_seq = {fact.seq: dict(fact.notes).get(PATH) for fact in facts}
    captured: set[str] = set()
    for fact in facts:
        if fact.kind is Kind.CAPTURED:
            # One that took its time was asked for with another fact.
            named = named_by_seq.get(fact.capture_seq or fact.seq)
            if named is None:
                return
            captured |= set(json.loads(named))
    for detail_id in detail_ids:
        if detail_id not in captured:
            raise _no_line(f"{detail_id[:60]!r} was not captured, so it cannot be refunded")


def _no_line(why: str) -> Refused:
    return Refused(error_type(PATH, is_missing=False), f"{PATH}: {why}", field=PATH)
