"""Payouts to a customer's card: an invoice's amount goes the other way.

The transaction completes with amounts below zero; nothing of it can be refunded or captured. No event is documented
for a payout that went through, so none is fired; one that is declined fires transaction.failed.
"""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import attempts, lookups
from mockpsp.api.requests.gateway_requests import MAX_LENGTH
from mockpsp.api.requests.paying import pay
from mockpsp.api.requests.payments import InCurrencyRequest, guard_currency
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.fields import Text, TextMap
from mockpsp.api.wire.http import writes
from mockpsp.domain import commands
from mockpsp.domain.commands import Source
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("card_payouts", __name__)


class PayoutRequest(InCurrencyRequest):
    """The body of a payout: the card or token, and the gateway configuration if one is wanted."""

    source = Text(MAX_LENGTH, required=True)
    gateway_configuration_id = Text()
    force_gateway_configuration_id = Text()
    metadata = TextMap()


@blueprint.post("/invoices/<invoice_id>/payout")
@writes(PayoutRequest())
def pay_out_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Pay the invoice's amount out to a card or a customer's token."""
    row = lookups.invoice(tx, invoice_id)
    guard_currency(row, body)
    source = lookups.source(tx, body["source"])
    if source is None or source.card_seq is None:
        raise Refused(
            "request.source.invalid", "source: a payout goes to a card, or to a token that has one", field="source"
        )
    asked = commands.RequestOptions(metadata=tuple((body.get("metadata") or {}).items()))
    gateway, asked = _routed(tx, row, source, body, asked)
    return pay(tx, row, commands.Payout(source, gateway, asked), shows_project=True)


def _routed(
    tx: UniverseTx, row: PaymentRow, source: Source, body: dict[str, Any], asked: commands.RequestOptions
) -> tuple[str, commands.RequestOptions]:
    """The gateway the request forces or names, else as the invoice is routed; and its options."""
    for name in ("force_gateway_configuration_id", "gateway_configuration_id"):
        if name in body:
            found = gateways.key_of_id(tx, body[name])
            if found is None:
                raise Refused(
                    "request.configuration.missing-gateway-configuration",
                    f"{name}: there is no gateway configuration {body[name][:60]!r}",
                    field=name,
                )
            return found, asked
    return attempts.route_attempt(tx, row, source, asked)
