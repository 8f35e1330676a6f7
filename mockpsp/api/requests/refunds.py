"""Making a refund, by either of its two routes."""

from collections.abc import Mapping
from typing import Any

from mockpsp.api.requests.invoices import BypassRequest, SplitRequest
from mockpsp.api.requests.lines import guard_captured, guard_worth, lines_worth
from mockpsp.api.requests.payments import InCurrencyRequest, guard_currency, read_options
from mockpsp.api.shapes.expansions import show
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import AmountText, Items, Part, Parts, Text, TextMap, one_of
from mockpsp.api.wire.http import Declined
from mockpsp.domain import commands
from mockpsp.domain.payments import money
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.engine.run import run_command
from mockpsp.engine.universes import UniverseTx

#: The documented reasons; `other` when none is given.
REASONS = ("customer_request", "duplicate", "fraud", "other")


class RefundRequest(InCurrencyRequest):
    """The body of a refund; without an amount, all that is left or what the named lines come to."""

    amount = AmountText()
    reason = Text(load_default="other", validate=one_of(REASONS))
    information = Text(4_096, load_default="")
    metadata = TextMap(load_default=dict)
    invoice_detail_ids = Items(Text())
    split_allocations = Parts(SplitRequest())
    unsupported_feature_bypass = Part(BypassRequest())


#: Key in a refund's metadata with which it is asked to be instant, as no documented key says so.
SPEED = "mockpsp_refund_speed"
_SPEEDS = ("normal", "instant")


def make_refund(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Refund a payment; a decline at once is kept as a failed operation and answered as one."""
    guard_currency(row, body)
    detail_ids = body.get("invoice_detail_ids") or None
    worth_minor = lines_worth(tx, row, detail_ids)
    guard_captured(tx, row, detail_ids)
    if "amount" in body:
        amount_minor: int | None = money.parse(body["amount"], row.payment.currency)
    else:
        guard_worth(worth_minor, purpose="refund")
        amount_minor = worth_minor
    asked = read_options(row, body, amount_minor or row.payment.available_minor)
    command = commands.Refund(
        amount_minor=amount_minor,
        reason=body["reason"],
        information=body["information"],
        metadata=body["metadata"],
        invoice_detail_ids=tuple(detail_ids) if detail_ids else None,
        options=asked,
        is_instant=_is_instant(body["metadata"]),
    )
    outcome = run_command(tx, row.payment, row.body, command)
    if outcome.error_code is not None:
        return Declined(outcome.error_code, outcome.declined_as(tx.catalog))
    assert outcome.refund is not None
    return {"refund": show(tx, "refund", (outcome.refund, row.payment.currency), request_expansion())}


def _is_instant(metadata: Mapping[str, str]) -> bool:
    speed = metadata.get(SPEED, "normal")
    if speed not in _SPEEDS:
        raise Refused(
            "request.validation.error",
            f"metadata.{SPEED}: {speed[:40]!r} is no speed; known: {', '.join(_SPEEDS)}{meant(speed, _SPEEDS)}",
            field=f"metadata.{SPEED}",
        )
    return speed == "instant"
