"""3-D Secure on its own: authenticate now, pay later; and the older way to begin it."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, three_d_s
from mockpsp.api.requests.gateway_requests import MAX_LENGTH
from mockpsp.api.requests.paying import authenticate
from mockpsp.api.requests.payments import PaymentRequest
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Flag, Text
from mockpsp.api.wire.http import Declined, writes
from mockpsp.domain.deciders.three_d_s import NEEDS_AUTHENTICATION
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("three_d_s", __name__)


class AuthenticationRequest(PaymentRequest):
    """The body of an authentication."""


class ThreeDSRequest(Body):
    """The body of the older way."""

    source = Text(MAX_LENGTH, required=True)
    enable_three_d_s_2 = Flag()


@blueprint.post("/invoices/<invoice_id>/authenticate")
@writes(AuthenticationRequest())
def authenticate_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Authenticate the holder of the source's card; an authorization or capture with it then asks no more."""
    return authenticate(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.post("/invoices/<invoice_id>/three-d-s")
@writes(ThreeDSRequest())
def begin_three_d_s(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Begin 3-D Secure the older way: answers where the payer goes, or nothing where nobody needs to."""
    request_expansion()
    answer = authenticate(tx, lookups.invoice(tx, invoice_id), body)
    if not isinstance(answer, Declined):
        return {}
    if answer.error_code != NEEDS_AUTHENTICATION:
        return answer
    payment = lookups.invoice(tx, invoice_id).payment
    return {"customer_action": three_d_s.customer_action(tx, payment, "url")}
