"""Native payments: what a method asks the customer for in the merchant's own form, and what becomes of the answers.

First the method says what it wants (CUSTOMER_INPUT). With all of it the payment is taken on (PENDING_CAPTURE) and is
CAPTURED or FAILED when the provider says so, by the clock or by hand. What a customer entered is checked, not kept.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.requests.paying import pay
from mockpsp.api.shapes.expansions import show_payment
from mockpsp.api.shapes.native_payments import details, response
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Items, Text, fields
from mockpsp.api.wire.http import Declined, InvalidFields, reads, writes
from mockpsp.domain import commands
from mockpsp.domain.commands import GatewayRequest, Source
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("native_payments", __name__)

_MISSING = "request.configuration.missing-gateway-configuration"


class ParameterValue(Body):
    """What the customer entered for one input."""

    key = Text(80, required=True)
    value = Text(required=True)


class Entries(Items):
    """What was entered: a list of keys with values, or a map of them, as browsers and apps send it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> list[Any]:
        if isinstance(value, dict):
            value = [{"key": key, "value": text} for key, text in value.items()]
        return super()._deserialize(value, attr, data, **more)


class NativeInput(Body):
    """All that the customer entered."""

    parameter_values = Entries(fields.Nested(ParameterValue()), 100)


class NativePaymentRequest(Body):
    """The body of a native payment: where, and what the customer entered."""

    gateway_configuration_id = Text()
    native_apm = fields.Nested(NativeInput())


@blueprint.post("/invoices/<invoice_id>/native-payment")
@writes(NativePaymentRequest())
def pay_natively(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Begin a native payment, or go on with what the customer entered."""
    row = lookups.invoice(tx, invoice_id)
    configuration_id = body.get("gateway_configuration_id")
    if configuration_id is None:
        raise Refused(_MISSING, "gateway_configuration_id: say which one", field="gateway_configuration_id")
    name = gateways.key_of_id(tx, configuration_id)
    if name is None:
        raise Refused(
            _MISSING,
            f"gateway_configuration_id: there is no gateway configuration {configuration_id[:60]!r}",
            field="gateway_configuration_id",
        )
    wanted = _wanted(tx, name)
    given = body.get("native_apm", {}).get("parameter_values")
    if given is None:
        transaction = show_payment(tx, row, request_expansion())
        return {"transaction": transaction, "native_apm": response(tx, row.payment, name)}
    _check(wanted, {one["key"]: one["value"] for one in given})
    source = Source(request=GatewayRequest(name, "", is_pending=True))
    answer = pay(tx, row, commands.Capture(source, name))
    if isinstance(answer, Declined):
        return answer
    return {**answer, "native_apm": response(tx, lookups.invoice(tx, invoice_id).payment, name)}


@blueprint.get("/invoices/<invoice_id>/native-payment/<configuration_id>")
@reads
def fetch_native_payment(tx: UniverseTx, invoice_id: str, configuration_id: str) -> dict[str, Any]:
    """Say what the method asks the customer for, or how far the payment got."""
    row: PaymentRow = lookups.invoice(tx, invoice_id)
    name = gateways.key_of_id(tx, configuration_id)
    if name is None:
        raise lookups.not_found("gateway configuration")
    _wanted(tx, name)
    return {"native_apm": details(tx, row.payment, name)}


def _wanted(tx: UniverseTx, name: str) -> tuple[str, ...]:
    wanted = gateways.gateway_profile(tx, name)[1].native
    if not wanted:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{name} asks customers for nothing in the merchant's form (native: none); send them to its page instead",
        )
    return wanted


def _check(wanted: tuple[str, ...], given: dict[str, str]) -> None:
    """Refuse what is missing, then what is wrong, with all of it at once."""
    missing, wrong = native_inputs.check(wanted, given)
    for code, found in (("gateway.missing-customer-input", missing), ("gateway.invalid-customer-input", wrong)):
        if found:
            key, message = next(iter(found.items()))
            named = [{"name": key, "message": message} for key, message in found.items()]
            raise InvalidFields(code, f"{key}: {message}", named)
