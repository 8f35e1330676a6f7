"""Making a refund, by either of its two routes."""

from typing import Any

from mockpsp import engine
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show
from mockpsp.api.fields import AmountText, Body, Text, Texts, at_most, fields, one_of
from mockpsp.api.http import Declined
from mockpsp.api.payment_shapes import Paid
from mockpsp.domain import commands, money
from mockpsp.domain.codes import INVALID_AMOUNT, Refused
from mockpsp.universes import UniverseTx

#: The documented reasons; `other` when none is given.
REASONS = ("customer_request", "duplicate", "fraud", "other")


class RefundRequest(Body):
    """The body of a refund; without an amount, all that is left or what the named lines come to."""

    amount = AmountText()
    reason = Text(load_default="other", validate=one_of(REASONS))
    information = Text(4_096, load_default="")
    metadata = Texts(load_default=dict)
    invoice_detail_ids = fields.List(Text(), validate=at_most(500))


def make_refund(tx: UniverseTx, row: Paid, body: dict[str, Any]) -> Any:
    """Refund a payment; a decline at once is kept as a failed operation and answered as one."""
    detail_ids = body.get("invoice_detail_ids") or None
    amount_minor = None
    if "amount" in body:
        amount_minor = money.parse(body["amount"], row.payment.currency)
    lines_minor = _lines_worth(tx, row, detail_ids) if detail_ids else None
    command = commands.Refund(
        amount_minor=amount_minor if amount_minor is not None else lines_minor,
        reason=body["reason"],
        information=body["information"],
        metadata=body["metadata"],
        invoice_detail_ids=tuple(detail_ids) if detail_ids else None,
    )
    outcome = engine.run(tx, row.payment, row.body, command)
    if outcome.error_code is not None:
        return Declined(outcome.error_code, tx.catalog.decline_message(outcome.error_code))
    assert outcome.refund is not None
    return {"refund": show(tx, "refund", (outcome.refund, row.payment.currency), request_expansion())}


def _lines_worth(tx: UniverseTx, row: Paid, detail_ids: list[str]) -> int:
    """What the named lines of the invoice come to, less their discounts."""
    worth_by_id: dict[str, int] = {
        tx.id("iv_det_", line["seq"]): line["amount_minor"] * line["quantity"] - line.get("discount_minor", 0)
        for line in row.body.get("details", ())
    }
    if len(set(detail_ids)) != len(detail_ids):
        raise Refused("request.validation.error", "invoice_detail_ids names a line twice", field="invoice_detail_ids")
    for detail_id in detail_ids:
        if detail_id not in worth_by_id:
            raise Refused(
                "request.validation.error",
                f"invoice_detail_ids: {detail_id[:60]!r} is not a line of this invoice",
                field="invoice_detail_ids",
            )
    worth_minor = sum(worth_by_id[detail_id] for detail_id in detail_ids)
    if worth_minor <= 0:
        raise Refused(INVALID_AMOUNT, "the named lines come to nothing, so there is nothing to refund", field="amount")
    return worth_minor
