"""How far a native payment got, as clients ask until it ends: by a capture whose source is the configuration."""

from typing import Any

from mockpsp.api.requests import lookups, paying
from mockpsp.api.shapes.expansions import show_payment
from mockpsp.api.shapes.native_payments import response
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

#: What a gateway configuration's id begins with.
CONFIGURATION = "gway_conf_"


def show(tx: UniverseTx, row: PaymentRow, configuration_id: str) -> Any:
    """The payment with the state of its native payment, or its decline; nothing moves."""
    name = lookups.gateway(tx, configuration_id)
    if not gateways.gateway_profile(tx, name)[1].native:
        raise Refused(
            "request.source.invalid",
            f"source: {name} asks customers for nothing in the merchant's form (native: none), so it is no source",
            field="source",
        )
    shown = response(tx, row.payment, name)
    if shown["state"] == "FAILED" and row.payment.error_code:
        return paying.declined(tx, row, row.payment.error_code)
    transaction = show_payment(tx, row, request_expansion())
    return {"transaction": transaction, "native_apm": shown, **paying.told_to_pages(tx, row.payment)}
