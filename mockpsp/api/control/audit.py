"""Whether this universe's books and payments hold, in one answer: asked after every step of a story."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.http import reads
from mockpsp.domain.payments.money import format_exact, format_trimmed
from mockpsp.engine.gateways import psp_of
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import audit
from mockpsp.store import audit as payment_audit
from mockpsp.store import payments

blueprint = Blueprint("sandbox_audit", __name__)


@blueprint.get("/sandbox/audit")
@reads
def show_audit(tx: UniverseTx) -> dict[str, Any]:
    """What doesn't hold: balances unlike their postings or unlike zero together, transactions beyond their amounts."""
    imbalances, mismatches = audit.look_through(tx.conn, tx.project.no)
    return {
        "audit": {
            "unbalanced": [
                {"book": one.book, "currency": one.currency, "total": format_exact(one.total_minor, one.currency)}
                for one in imbalances
            ],
            "unlike_postings": [_unlike(one) for one in mismatches],
            "beyond": [_amounts(tx, seq) for seq in payment_audit.payments_beyond(tx.conn, tx.project.no)],
        }
    }


def _unlike(found: audit.Mismatch) -> dict[str, Any]:
    """A balance and the sum of its postings; null where there is none."""
    return {
        "account": found.account,
        "currency": found.currency,
        "balance": _exact(found.balance_minor, found.currency),
        "posted": _exact(found.posted_minor, found.currency),
    }


def _exact(amount_minor: int | None, currency: str) -> str | None:
    return None if amount_minor is None else format_exact(amount_minor, currency)


def _amounts(tx: UniverseTx, seq: int) -> dict[str, Any]:
    """The amounts of a transaction as it shows them, and the PSP, which may tolerate them."""
    loaded = payments.load_payment(tx.conn, tx.project.no, seq)
    assert loaded is not None, "a payment found by the same transaction is there"
    payment = loaded[0]
    return {
        "id": tx.id("tr_", payment.seq),
        "gateway_name": psp_of(tx, payment.gateway) if payment.gateway else None,
        "currency": payment.currency,
        "authorized_amount": format_trimmed(payment.authorized_minor, payment.currency),
        "captured_amount": format_trimmed(payment.captured_minor - payment.paid_out_minor, payment.currency),
        "refunded_amount": format_trimmed(payment.refunded_minor, payment.currency),
    }
