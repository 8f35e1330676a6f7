"""SQL of the page's lists: the newest first, a page at a time from where the last one ended."""

import sqlite3
from typing import NamedTuple

# Payment's primary key backwards, invoice by its own; a search reads on until a page is full.
_PAYMENTS = """SELECT p.seq, p.invoice_seq, p.status, p.currency, p.amount_minor, p.captured_minor, p.refunded_minor,
p.gateway, p.created_at_ms, json_extract(v.body, '$.name'), json_extract(v.body, '$.order_id'),
json_extract(v.body, '$.reference_id')
FROM payment p JOIN invoice v ON v.project_id = p.project_id AND v.seq = p.invoice_seq
WHERE p.project_id = :project_no AND p.seq < :before_seq AND (:status IS NULL OR p.status = :status)
AND (:text IS NULL OR instr(lower(json_extract(v.body, '$.name')), :text)
  OR instr(lower(json_extract(v.body, '$.order_id')), :text)
  OR instr(lower(json_extract(v.body, '$.reference_id')), :text))
ORDER BY p.seq DESC LIMIT :limit"""
#: Numbers of universes end before.
LAST = (1 << 63) - 1


class PaymentLine(NamedTuple):
    """A payment in a list, with what its invoice is called."""

    seq: int
    invoice_seq: int
    status: str
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    gateway: str | None
    created_at_ms: int
    name: str
    order_id: str | None
    reference_id: str | None


def payments(
    conn: sqlite3.Connection,
    project_no: int,
    *,
    status: str | None = None,
    text: str | None = None,
    before_seq: int = LAST,
    limit: int,
) -> list[PaymentLine]:
    """Payments, the newest first: all, or those in one state, or whose name or reference holds a text in lower case."""
    values = {"project_no": project_no, "status": status, "text": text, "before_seq": before_seq, "limit": limit}
    return [PaymentLine._make(row) for row in conn.execute(_PAYMENTS, values)]
