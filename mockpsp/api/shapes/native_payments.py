"""How far a native payment got, on the wire: state, and what is still asked of the customer."""

from mockpsp.api.shapes.gateways import LOGO
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.wire.public_address import page_url
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.native_inputs import INPUTS
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx

CUSTOMER_INPUT, PENDING_CAPTURE, CAPTURED = "CUSTOMER_INPUT", "PENDING_CAPTURE", "CAPTURED"


def response(tx: UniverseTx, payment: Payment, gateway: str) -> Shape:
    """What the answer of a native payment says; what a customer entered is not repeated."""
    state = state_of(payment, gateway)
    asked = _definitions(tx, gateway) if state == CUSTOMER_INPUT else []
    return {
        "state": state,
        "parameter_definitions": asked,
        # A list to the server's clients and a map to the apps: null reads as either.
        "parameter_values": None,
        # The same as the browser library and Android's spell them.
        "parameterDefinitions": asked,
        "parameterValues": _values(gateway, state),
    }


def details(tx: UniverseTx, payment: Payment, gateway: str) -> Shape:
    """What an app needs to show its form."""
    state = state_of(payment, gateway)
    return {
        "gateway": {"display_name": gateway, "logo_url": page_url(LOGO)},
        "invoice": {
            "amount": format_trimmed(payment.amount_minor, payment.currency),
            "currency_code": payment.currency,
        },
        "parameters": _definitions(tx, gateway) if state == CUSTOMER_INPUT else [],
        "state": state,
    }


def of_transaction(tx: UniverseTx, payment: Payment) -> Shape | None:
    """The native payment of a transaction's last attempt, if it was one."""
    if payment.method is None or payment.gateway is None or not gateway_profile(tx, payment.gateway)[1].native:
        return None
    return response(tx, payment, payment.gateway)


def state_of(payment: Payment, gateway: str) -> str:
    """How far the payment got at this gateway."""
    if payment.method is None or payment.gateway != gateway:
        return CUSTOMER_INPUT
    if payment.is_pending:
        return PENDING_CAPTURE
    if payment.captured_minor:
        return CAPTURED
    return "FAILED" if payment.error_code else CUSTOMER_INPUT


def _values(gateway: str, state: str) -> Shape | None:
    """What is shown while the provider is waited for: the browser library reads its logo without asking for more."""
    return {"provider_name": gateway, "provider_logo_url": page_url(LOGO)} if state == PENDING_CAPTURE else None


def _definitions(tx: UniverseTx, gateway: str) -> list[Shape]:
    found = [INPUTS[key] for key in gateway_profile(tx, gateway)[1].native]
    return [
        {
            "key": one.key,
            "type": one.type,
            "display_name": one.display_name,
            "required": True,
            "length": one.length,
            "available_values": None,
        }
        for one in found
    ]
