"""The page of a payment method that sends the customer away and back: a person says there how the payment goes.

It stands where the real one does, under this server's own address: `/checkout/{project}/{invoice}/redirect/{gateway
configuration}`. It changes nothing: each answer is a link to the invoice's `return_url` with a gateway request as its
`token`, which the merchant then captures with. Without a return_url the gateway requests are shown, to be copied. A
page that opened or framed this one is told by a message instead (opener.py).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from mockpsp.api.pages import opener, screens
from mockpsp.api.pages.payer import message, not_there, payer_of
from mockpsp.api.requests import gateway_requests, lookups
from mockpsp.api.requests.way_back import with_query
from mockpsp.api.wire.http import state
from mockpsp.domain.decision import format_amount
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.text import references
from mockpsp.domain.text.codes import Refused
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
    return _shown(project_id, lambda tx: _to_pay(tx, invoice_id, configuration_id))


@blueprint.get("/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>/tokenized/<token_id>")
def saved_method_page(project_id: str, invoice_id: str, configuration_id: str, token_id: str) -> Response:
    """The same for a customer whose method was saved before."""
    return _shown(project_id, lambda tx: _to_pay(tx, invoice_id, configuration_id, token_id))


@blueprint.get("/checkout/<project_id>/<customer_id>/<token_id>/redirect/<configuration_id>")
def token_page(project_id: str, customer_id: str, token_id: str, configuration_id: str) -> Response:
    """The page on which a customer lets a method be saved, as a token's source."""
    return _shown(project_id, lambda tx: _to_save(tx, customer_id, token_id, configuration_id))


def _shown(project_id: str, show: Callable[[UniverseTx], Response]) -> Response:
    try:
        with state().universes.reading(payer_of(project_id)) as tx:
            return show(tx)
    except Refused as error:
        return not_there(error)


def _to_pay(tx: UniverseTx, invoice_id: str, configuration_id: str, token_id: str | None = None) -> Response:
    row = lookups.invoice(tx, invoice_id)
    name = lookups.gateway(tx, configuration_id)
    if token_id is not None:
        lookups.token(tx, token_id)
    payment, shop = row.payment, opener.shop_of(row.body)
    title = f"Pay {format_amount(payment, payment.amount_minor)} with {name}"
    if payment.status not in OPEN:
        text = f"There is nothing to do: the payment is {payment.status}."
        return message(title, text, shop=shop, tells=opener.nothing_to_do())
    without = "The invoice has no return_url. Capture it with one of these as its source:"
    number = payment.seq * 1_000 + payment.attempts_count
    return _page(tx, configuration_id, number, row.body, title=title, about=row.body["name"], without=without)


def _to_save(tx: UniverseTx, customer_id: str, token_id: str, configuration_id: str) -> Response:
    token = lookups.token(tx, token_id, lookups.customer(tx, customer_id).seq)
    title = f"Save {lookups.gateway(tx, configuration_id)} for later"
    without = "The token has no return_url. Give it one of these as its source:"
    about = token.body.get("description") or "A payment method"
    return _page(tx, configuration_id, token.seq * 1_000, token.body, title=title, about=about, without=without)


def _page(
    tx: UniverseTx, configuration_id: str, number: int, body: Mapping[str, Any], *, title: str, about: str, without: str
) -> Response:
    sources = {
        text: gateway_requests.write(configuration_id, answer_url(tx, number, token)) for text, token in ANSWERS.items()
    }
    back = body.get("return_url")
    targets = None
    if back is not None:
        cancelled = body.get("cancel_url") or back
        targets = {
            text: with_query(cancelled if text == _CANCEL else back, token=source) for text, source in sources.items()
        }
    messages = {
        text: opener.canceled() if text == _CANCEL else opener.success(source) for text, source in sources.items()
    }
    return screens.pay_screen(
        "pay/redirect.html",
        title,
        shop=opener.shop_of(body),
        about=about,
        merchant=tx.project.id,
        without=without,
        targets=targets,
        sources=sources,
        messages=messages,
    )


def answer_url(tx: UniverseTx, number: int, token: str) -> str:
    """Where the method sends the customer back to: this page, with its word and a number good for one attempt."""
    query = urlencode({"token": token, "id": references.hexadecimal(tx.key, number, 24)})
    return f"{request.base_url}?{query}"
