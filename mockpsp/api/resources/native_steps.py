"""Native payments of the newer generation: the routes by which browsers and apps pay an invoice or make a token."""

from typing import Any

from flask import Blueprint, request

from mockpsp.api.requests import lookups, native_entries, native_steps
from mockpsp.api.requests.native_steps import StepRequest
from mockpsp.api.wire.http import reads, writes
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("native_steps", __name__)


@blueprint.post("/invoices/<invoice_id>/apm-payment")
@writes(StepRequest())
def step_payment(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Begin a native payment of the newer generation, go on with it, or ask how far it got."""
    return native_steps.pay(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.get("/invoices/<invoice_id>/apm-payment")
@reads
def fetch_step(tx: UniverseTx, invoice_id: str) -> Any:
    """Say how far the native payment got by `gateway_configuration_id`, or by the method that was tried last."""
    row = lookups.invoice(tx, invoice_id)
    wanted = request.args.get("gateway_configuration_id")
    if wanted is None and row.payment.gateway is not None:
        wanted = gateways.configuration_id(tx, row.payment.gateway)
    return native_steps.show_payment(tx, row, native_entries.gateway(tx, wanted), {})


@blueprint.post("/customers/<customer_id>/apm-tokens/<token_id>/tokenize")
@writes(StepRequest())
def step_token(tx: UniverseTx, body: dict[str, Any], customer_id: str, token_id: str) -> Any:
    """Begin to make a token by a payment method, go on with it, or ask how far it got."""
    customer = lookups.customer(tx, customer_id)
    return native_steps.tokenize(tx, lookups.token(tx, token_id, customer.seq), body)


@blueprint.post("/apm-payments")
@writes(StepRequest())
def resolve_return(tx: UniverseTx, body: dict[str, Any]) -> Any:
    """Go on with what a customer came back from, by the address at which they came back (`redirect.result.url`)."""
    return native_steps.resolve(tx, body)
