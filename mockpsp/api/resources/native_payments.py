"""Native payments: what a method asks the customer for in the merchant's own form, and what becomes of the answers.

First the method says what it wants (CUSTOMER_INPUT). With all of it the payment is taken on (PENDING_CAPTURE) and is
CAPTURED or FAILED when the provider says so, by the clock or by hand. What a customer entered is checked, not kept.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, native_entries
from mockpsp.api.requests.paying import pay, told_to_pages
from mockpsp.api.shapes.expansions import show_payment
from mockpsp.api.shapes.native_payments import details, response
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Items, Text, fields
from mockpsp.api.wire.http import Declined, reads, writes
from mockpsp.domain import commands
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("native_payments", __name__)


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
    name = native_entries.gateway(tx, body.get("gateway_configuration_id"))
    wanted = native_entries.wanted(tx, name)
    given = body.get("native_apm", {}).get("parameter_values")
    if given is None:
        transaction = show_payment(tx, row, request_expansion())
        beside = told_to_pages(tx, row.payment)
        return {"transaction": transaction, "native_apm": response(tx, row.payment, name), **beside}
    native_entries.check(wanted, {one["key"]: one["value"] for one in given})
    answer = pay(tx, row, commands.Capture(native_entries.source(name), name))
    if isinstance(answer, Declined):
        return answer
    return {**answer, "native_apm": response(tx, lookups.invoice(tx, invoice_id).payment, name)}


@blueprint.get("/invoices/<invoice_id>/native-payment/<configuration_id>")
@reads
def fetch_native_payment(tx: UniverseTx, invoice_id: str, configuration_id: str) -> dict[str, Any]:
    """Say what the method asks the customer for, or how far the payment got."""
    row: PaymentRow = lookups.invoice(tx, invoice_id)
    name = lookups.gateway(tx, configuration_id)
    native_entries.wanted(tx, name)
    return {"native_apm": details(tx, row.payment, name)}
