"""How far a native payment of the newer generation got, on the wire: its state, and what the customer does next."""

from typing import Any

from mockpsp.api.shapes.gateways import gateway, logo
from mockpsp.api.shapes.native_payments import barcode, number
from mockpsp.api.shapes.parts import Shape
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.psps.native_inputs import INPUTS, NativeInput
from mockpsp.engine.gateways import configuration_id, gateway_profile
from mockpsp.engine.universes import UniverseTx

NEXT_STEP, PENDING, SUCCESS = "NEXT_STEP_REQUIRED", "PENDING", "SUCCESS"

#: Country -> the code before its phone numbers. Clients show the first until another is chosen.
DIALING_CODES = {
    "DE": "+49",
    "AT": "+43",
    "BE": "+32",
    "BR": "+55",
    "CH": "+41",
    "ES": "+34",
    "FR": "+33",
    "GB": "+44",
    "IT": "+39",
    "KE": "+254",
    "NL": "+31",
    "PL": "+48",
    "PT": "+351",
    "SE": "+46",
    "US": "+1",
}
_PHONE = {"dialing_codes": [{"region_code": region, "value": code} for region, code in DIALING_CODES.items()]}


def method(tx: UniverseTx, name: str) -> Shape:
    """The payment method, as a client shows it above its form."""
    return {
        "gateway_configuration_id": configuration_id(tx, name),
        "gateway_name": name,
        "display_name": gateway(tx, name)["display_name"],
        "logo": logo(),
    }


def invoice(tx: UniverseTx, payment: Payment) -> Shape:
    """What is paid."""
    return {
        "id": tx.id("iv_", payment.invoice_seq),
        "amount": format_trimmed(payment.amount_minor, payment.currency),
        "currency": payment.currency,
    }


def form(tx: UniverseTx, name: str) -> list[Shape]:
    """The one element of a method that asks in the merchant's own form."""
    asked = [_parameter(INPUTS[key]) for key in native_inputs.asked(gateway_profile(tx, name)[1].native)]
    return [{"type": "form", "parameters": {"parameter_definitions": asked}}]


def instructions(tx: UniverseTx, payment: Payment, name: str, url: str) -> list[Shape]:
    """What a customer who pays elsewhere is told: what to do, by which number, and the page that plays the till."""
    found = native_inputs.action(gateway_profile(tx, name)[1].native)
    if found is None:
        return []
    told = [{"type": "message", "value": found.says}]
    if found.number_label:
        code = number(tx, payment)
        told.append({"type": "message", "label": found.number_label, "value": code})
        told.append({"type": "barcode", "subtype": "qr", "value": barcode(code)})
    page = {"type": "message", "label": "To pay it in this sandbox", "value": url}
    return [*map(_instruction, told), *_grouped(found.beside_picture), _instruction(page)]


def _instruction(one: Shape) -> Shape:
    return {"type": "instruction", "instruction": one}


def _grouped(beside_picture: str) -> list[Shape]:
    """A picture and what is said beside it, as a group in the words of either app.

    Each passes over the other's word, and the browser library, which knows no pictures here, over both: a client shows
    it once or not at all.
    """
    if not beside_picture:
        return []
    told = [{"type": "image_url", "value": logo()}, {"type": "message", "value": beside_picture}]
    group = {"label": "Where to pay", "instructions": told}
    return [{"type": "group", "group": group}, {"type": "instructions_group", **group}]


def redirect(name: str, url: str, *, kind: str = "web") -> Shape:
    """Where the customer goes; who comes back says so, and with that asks how far it got. `kind`: web or deep_link."""
    return {"url": url, "hint": f"Pay with {name}", "type": kind, "confirmation_required": True}


def _parameter(one: NativeInput) -> Shape:
    """An input as this generation names it: a code of fixed length is shown as boxes, digit by digit."""
    more: dict[str, Any] = {}
    kind = one.type
    if kind == "numeric":
        kind = "digits" if one.length is None else "otp"
        more = {"min_length": one.length, "max_length": one.length}
        if one.length is not None:
            more["subtype"] = "digits"
    elif kind == "text":
        more = {"min_length": one.length, "max_length": one.length}
    elif kind == "phone":
        more = {"dialing_codes": [dict(code) for code in _PHONE["dialing_codes"]]}
    return {"type": kind, "key": one.key, "label": one.display_name, "required": True, **more}
