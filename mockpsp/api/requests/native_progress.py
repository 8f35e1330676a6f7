"""A capture whose source is a gateway configuration: how far a native payment got, as clients ask until it ends.

Where a method asks for nothing in a form, the first such call begins the payment: the browser library's older widget
makes no other. A method that sends customers away answers pages with the way there.
"""

from typing import Any

from mockpsp.api.requests import lookups, native_entries, paying, saved_sources
from mockpsp.api.shapes.expansions import show_payment
from mockpsp.api.shapes.native_payments import CUSTOMER_INPUT, PENDING_CAPTURE, response
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire import faults
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.domain import commands
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

#: What a gateway configuration's id begins with.
CONFIGURATION = "gway_conf_"
#: The browser library asks again as soon as it is answered that the payment is pending: so long it waits for that.
_HELD_MS = 250
#: States of a payment that can still be tried.
_OPEN = frozenset({Status.WAITING, Status.FAILED})


def take(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """The payment with the state of its native payment, or its decline; or the way to the method's page."""
    name = lookups.gateway(tx, body["source"])
    profile = gateways.gateway_profile(tx, name)[1]
    if not profile.native:
        if tx.is_public and not profile.takes_cards_alone and row.payment.status in _OPEN:
            return _way(tx, row, body)
        raise Refused(
            "request.source.invalid",
            f"source: {name} asks customers for nothing in the merchant's form (native: none), so it is no source",
            field="source",
        )
    if _begins_by_itself(profile.native) and response(tx, row.payment, name)["state"] == CUSTOMER_INPUT:
        answer = paying.pay(tx, row, commands.Capture(native_entries.source(name), name))
        if not isinstance(answer, dict):
            return answer
        row = lookups.invoice(tx, tx.id("iv_", row.payment.invoice_seq))
    return _shown(tx, row, name)


def _shown(tx: UniverseTx, row: PaymentRow, name: str) -> Any:
    shown = response(tx, row.payment, name)
    if shown["state"] == "FAILED" and row.payment.error_code:
        return paying.declined(tx, row, row.payment.error_code)
    if tx.is_public and shown["state"] == PENDING_CAPTURE:
        faults.hold_back(_HELD_MS)
    transaction = show_payment(tx, row, request_expansion())
    return {"transaction": transaction, "native_apm": shown, **paying.told_to_pages(tx, row.payment)}


def _begins_by_itself(words: tuple[str, ...]) -> bool:
    """Whether a method asks for nothing first, and for a step outside the shop after that, which an app is not."""
    action = native_inputs.action(words)
    return not native_inputs.asked(words) and action is not None and bool(action.number_label)


def _way(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> dict[str, Any]:
    """The way to the method's page; with `save_source` it names the token that the method is to stand behind."""
    kept = None
    if body.get("save_source"):
        address, kept = saved_sources.way_to_save(tx, row, body["source"])
    else:
        address = saved_sources.way(tx, row, body["source"])
    transaction = show_payment(tx, row, request_expansion())
    told = paying.told_to_pages(tx, row.payment, kept)
    return {"transaction": transaction, "customer_action": saved_sources.action(address), **told}
