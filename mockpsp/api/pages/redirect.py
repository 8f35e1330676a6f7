"""The page of a payment method that sends the customer away and back: a person says there how the payment goes.

It stands where the real one does, under this server's own address: `/checkout/{project}/{invoice}/redirect/{gateway
configuration}`. It changes nothing: each answer is a link to the invoice's `return_url` with a gateway request as its
`token`, which the merchant then captures with. Without a return_url the gateway requests are shown, to be copied.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from mockpsp.api.pages import screens
from mockpsp.api.pages.payer import message, not_there, payer_of
from mockpsp.api.requests import gateway_requests, lookups
from mockpsp.api.requests.way_back import with_query
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import state
from mockpsp.domain.decision import format_amount
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.text import references
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("redirect_page", __name__)

#: What a person may press -> the word the method answers with.
ANSWERS = {
    "Approve": "test-valid",
    "Decline": "test-declined",
    "Cancel": "test-customer.cancelled",
    "Leave it pending: it will be confirmed": "test-pending",
    "Leave it pending: it will be declined": "test-pending-declined",
}
_CANCEL = "Cancel"
#: States of a payment that can still be tried.
OPEN = frozenset({Status.WAITING, Status.FAILED})


@blueprint.get("/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>")
def redirect_page(project_id: str, invoice_id: str, configuration_id: str) -> Response:
    """The page on which a customer approves, declines or leaves a payment; needs no credentials."""
    try:
        with state().universes.reading(payer_of(project_id)) as tx:
            row = lookups.invoice(tx, invoice_id)
            name = gateways.key_of_id(tx, configuration_id)
            if name is None:
                raise lookups.not_found("gateway configuration")
            return _page(tx, row, name, configuration_id)
    except Refused as error:
        return not_there(error)


def _page(tx: UniverseTx, row: PaymentRow, name: str, configuration_id: str) -> Response:
    payment = row.payment
    title = f"Pay {format_amount(payment, payment.amount_minor)} with {name}"
    about = {"name": row.body["name"], "merchant": tx.project.id}
    if payment.status not in OPEN:
        return message(title, f"There is nothing to do: the payment is {payment.status}.")
    source_by_answer = {
        text: gateway_requests.write(configuration_id, answer_url(tx, row, token)) for text, token in ANSWERS.items()
    }
    back = row.body.get("return_url")
    targets = None
    if back is not None:
        cancelled = row.body.get("cancel_url") or back
        targets = {
            text: with_query(cancelled if text == _CANCEL else back, token=source)
            for text, source in source_by_answer.items()
        }
    return screens.pay_screen("pay/redirect.html", title, **about, targets=targets, sources=source_by_answer)


def answer_url(tx: UniverseTx, row: PaymentRow, token: str) -> str:
    """Where the method sends the customer back to: this page, with its word and a number good for one attempt."""
    number = row.payment.seq * 1_000 + row.payment.attempts_count
    query = urlencode({"token": token, "id": references.hexadecimal(tx.key, number, 24)})
    return f"{request.base_url}?{query}"
