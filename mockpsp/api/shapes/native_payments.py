"""How far a native payment got, on the wire: state, and what is still asked of the customer."""

import base64

from mockpsp.api.shapes.gateways import LOGO
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.wire import public
from mockpsp.api.wire.public_address import page_url
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.psps.native_inputs import INPUTS
from mockpsp.domain.text import references
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx

#: What the customer is to do elsewhere.
_TOLD = "customer_action_message"
CUSTOMER_INPUT, PENDING_CAPTURE, CAPTURED = "CUSTOMER_INPUT", "PENDING_CAPTURE", "CAPTURED"


def response(tx: UniverseTx, payment: Payment, gateway: str) -> Shape:
    """What the answer of a native payment says; what a customer entered is not repeated."""
    state = state_of(payment, gateway)
    asked = _definitions(tx, gateway) if state == CUSTOMER_INPUT else []
    values = _values(tx, payment, gateway) if state == PENDING_CAPTURE else None
    return {
        "state": state,
        "parameter_definitions": asked,
        # A list to the servers' clients and a map to the apps, which alone need what the customer is told.
        "parameter_values": values if values and _TOLD in values and public.is_public_call() else None,
        # The same as the browser library and Android's spell them.
        "parameterDefinitions": asked,
        "parameterValues": values,
    }


def details(tx: UniverseTx, payment: Payment, gateway: str) -> Shape:
    """What an app needs to show its form; or what the customer is told, where nothing is asked for."""
    state = state_of(payment, gateway)
    asked = _definitions(tx, gateway) if state == CUSTOMER_INPUT else []
    values: Shape = {}
    if state == PENDING_CAPTURE:
        values = _values(tx, payment, gateway)
    elif state == CUSTOMER_INPUT and not asked:
        # The browser library shows this, and begins the payment with the same step: the number is that of this attempt.
        values = _values(tx, payment._replace(attempts_count=payment.attempts_count + 1), gateway)
    return {
        "gateway": {
            "display_name": gateway,
            "logo_url": page_url(LOGO),
            # The browser library shows it beside what the customer is told, and asks for no other.
            "customer_action_image_url": page_url(LOGO),
        },
        "invoice": {
            "amount": format_trimmed(payment.amount_minor, payment.currency),
            "currency_code": payment.currency,
        },
        "parameters": asked,
        "parameter_values": values if values and _TOLD in values else None,
        "state": state,
    }


def of_transaction(tx: UniverseTx, payment: Payment) -> Shape | None:
    """The native payment of a transaction's last attempt, if it was one."""
    if payment.method is None or payment.gateway is None or not gateway_profile(tx, payment.gateway)[1].native:
        return None
    return response(tx, payment, payment.gateway)


def state_of(payment: Payment, gateway: str) -> str:
    """How far the payment got at this gateway; one that was paid another way meanwhile asks for nothing more."""
    is_its_own = payment.method is not None and payment.gateway == gateway
    if is_its_own and payment.is_pending:
        return PENDING_CAPTURE
    if payment.captured_minor:
        return CAPTURED
    return "FAILED" if is_its_own and payment.error_code else CUSTOMER_INPUT


def number(tx: UniverseTx, payment: Payment) -> str:
    """The number that a customer pays this attempt by elsewhere: the same each time it is shown.

    It begins as no card's does, or a shop that keeps it would now and then be refused as one that keeps a card number.
    """
    drawn = references.digits(tx.key + b"v", payment.seq * 1_000 + payment.attempts_count, 15)
    return f"9{drawn}"


def barcode(text: str) -> str:
    """A barcode's text as clients take it."""
    return base64.b64encode(text.encode()).decode()


def _values(tx: UniverseTx, payment: Payment, gateway: str) -> Shape:
    """What is shown while the provider is waited for: the browser library reads its logo without asking for more."""
    shown: Shape = {"provider_name": gateway, "provider_logo_url": page_url(LOGO)}
    found = native_inputs.action(gateway_profile(tx, gateway)[1].native)
    if found is None:
        return shown
    if found.number_label:
        code = number(tx, payment)
        shown["customer_action_barcode"] = {"type": "qr", "value": barcode(code)}
        return {**shown, _TOLD: f"{found.says} {found.number_label}: {code}"}
    return {**shown, _TOLD: found.says}


def _definitions(tx: UniverseTx, gateway: str) -> list[Shape]:
    found = [INPUTS[key] for key in native_inputs.asked(gateway_profile(tx, gateway)[1].native)]
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
