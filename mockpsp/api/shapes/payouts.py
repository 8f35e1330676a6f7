"""How payouts and their items look on the wire: plain dicts, nothing expanded."""

from collections.abc import Iterable
from typing import Any

from mockpsp.api.shapes.parts import Shape
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text import references
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine import gateways
from mockpsp.engine.payouts import FAILURES
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.payouts import ItemRow, PayoutRow

#: Type of item -> what its sums are called in a payout.
_SUMS = {"sale": "sales", "refund": "refunds", "chargeback": "chargebacks"}
_NONE = (0, 0, 0)
#: The fees of an item by cause; a simulated PSP takes one fee and does not say what for.
_BREAKDOWN = "scheme_fee interchange_fee gateway_fee markup_fee acquirer_fee other_fee".split()


def payout(tx: UniverseTx, row: PayoutRow) -> Shape:
    """A payout; `items` is null until expanded."""
    body = row.body
    reason: str | None = body.get("failure_reason")
    return {
        "id": tx.id("payt_", row.seq),
        "project_id": tx.project.public_id,
        "gateway_configuration_id": gateways.configuration_id(tx, row.gateway),
        "gateway_resource_id": f"{row.gateway}-{references.hexadecimal(tx.key, row.seq, 16)}",
        "report_ids": [],
        "status": row.status,
        "failure_reason_code": reason,
        "failure_reason": FAILURES[reason] if reason else None,
        "metadata": {},
        "amount": format_trimmed(row.amount_minor, row.currency),
        "currency": row.currency,
        "bank_name": None,
        "bank_summary": None,
        **_sums(row),
        "items": None,
        "settled_at": None if body["settled_at_ms"] is None else rfc3339_fraction(body["settled_at_ms"]),
        "created_at": rfc3339_fraction(body["created_at_ms"]),
    }


def payout_item(tx: UniverseTx, row: ItemRow) -> Shape:
    """A line of a payout."""
    fees = format_trimmed(row.fees_minor, row.currency)
    metadata = {} if row.repays_seq is None else {"failed_payout_id": tx.id("payt_", row.repays_seq)}
    return {
        "id": tx.id("payt_itm_", row.seq),
        "project_id": tx.project.public_id,
        "payout_id": tx.optional_id("payt_", row.payout_seq),
        "transaction_id": tx.optional_id("tr_", row.payment_seq),
        "report_id": None,
        "type": row.type,
        "payment_provider_type": None,
        "gateway_resource_id": f"{row.gateway}-{references.hexadecimal(tx.key, row.seq, 16)}",
        "amount": format_trimmed(row.amount_minor, row.currency),
        "fees": fees,
        "breakdown": {name: fees if name == "gateway_fee" and row.fees_minor else None for name in _BREAKDOWN},
        "metadata": metadata,
        "created_at": rfc3339_fraction(row.at_ms),
    }


def payout_summary(tx: UniverseTx, items: Iterable[tuple[ItemRow, PayoutRow | None]], payment: Payment) -> Shape:
    """What payouts made of a payment: its lines, each with the payout that paid it at last.

    A capture that has not settled has no line yet, and keeps the payment from being settled, as does a payout that is
    still on its way.
    """
    found, currency = list(items), payment.currency
    paid = [(item, row) for item, row in found if row is not None and row.status == "received"]
    settled_at_ms = max((row.body["settled_at_ms"] for _, row in paid), default=None)
    is_settled = bool(found) and len(paid) == len(found) and all(one.is_settled for one in payment.captures)

    def total(minors: Iterable[int]) -> str:
        return format_trimmed(sum(minors), currency)

    settled = total(item.amount_minor for item, _ in paid)
    fees = total(item.fees_minor for item, _ in found)
    return {
        "currency": currency,
        "is_settled": is_settled,
        "settled_at": None if settled_at_ms is None else rfc3339_fraction(settled_at_ms),
        "total_amount": total(item.amount_minor for item, _ in found),
        "settled_amount": settled,
        "settled_amount_local": settled,
        "fees": fees,
        "fees_local": fees,
        "fees_breakdown": {name: fees if name == "gateway_fee" else "0" for name in _BREAKDOWN},
        "settlement_status": "settled" if is_settled else "partially-settled" if paid else "pending",
    }


def _sums(row: PayoutRow) -> Shape:
    """Counts, volumes and fees by type: volumes and fees add up to the payout's amount."""
    sums: dict[str, Any] = row.body["sums"]
    shown: Shape = {}
    for type_name, name in _SUMS.items():
        count, amount_minor, fees_minor = sums.get(type_name, _NONE)
        shown[f"{name}_transactions"] = count
        shown[f"{name}_volume"] = format_trimmed(amount_minor, row.currency)
        shown[f"{name}_fees"] = format_trimmed(fees_minor, row.currency)
    # A line of type fee is nothing but a fee.
    fees_minor = sums.get("fee", _NONE)[1] + sum(fees for _, _, fees in sums.values())
    shown["fees"] = format_trimmed(fees_minor, row.currency)
    for type_name, name in (("adjustment", "adjustments"), ("reserve", "reserve")):
        _, amount_minor, fees_minor = sums.get(type_name, _NONE)
        shown[name] = shown[f"{name}_volume"] = format_trimmed(amount_minor, row.currency)
        shown[f"{name}_fees"] = format_trimmed(fees_minor, row.currency)
    return shown
