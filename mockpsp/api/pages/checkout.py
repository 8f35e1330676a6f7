"""The hosted checkout, where an invoice's `url` leads: a person pays there by a test card or a method, or leaves.

A card pays at once: it is captured, or held where the invoice says that its capture needs the server
(`require_backend_capture`). Who has to pass 3-D Secure is sent there; afterwards, and after a method, the person comes
back to the invoice's `return_url`, which a card's payment adds the invoice's id to. The page needs no credentials: its
address is known to whom the merchant showed it.
"""

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response

from mockpsp.api.pages import opener, screens
from mockpsp.api.pages.payer import acted, catch_up, is_foreign, message, not_there, payer_of, sent_back, sent_to
from mockpsp.api.pages.redirect import OPEN
from mockpsp.api.requests import lookups, paying
from mockpsp.api.requests.cards import CardRequest
from mockpsp.api.requests.way_back import with_query
from mockpsp.api.resources.cards import create_card
from mockpsp.api.shapes.invoices import payment_methods, redirect_address
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import Declined, load, state
from mockpsp.api.wire.request import current
from mockpsp.domain.decision import format_amount
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import Credentials, UniverseTx

blueprint = Blueprint("hosted_checkout", __name__)

#: Published test card -> what a person may expect of it.
CARDS = (
    ("4242424242424242", "goes through"),
    ("4000000000003253", "asks its holder to authenticate (3-D Secure)"),
    ("4000000000000002", "is declined"),
    ("4000000000000069", "goes through, and is disputed later"),
    ("4000000000000077", "goes through, and can't be refunded"),
)
_CARD_REQUEST = CardRequest()
#: What nobody checks of a test card.
_DATES = {"exp_month": 12, "exp_year": 2035, "cvc2": "123"}
#: Of a form, more is no form of this page.
_FORM_BYTES = 4_096


@blueprint.get("/checkout/<project_id>/<invoice_id>")
def show_checkout(project_id: str, invoice_id: str) -> Response:
    """The page on which a customer pays an invoice; needs no credentials."""
    payer = payer_of(project_id)
    try:
        catch_up(state(), payer)
        with state().universes.reading(payer) as tx:
            return _page(tx, lookups.invoice(tx, invoice_id))
    except Refused as error:
        return not_there(error)


@blueprint.post("/checkout/<project_id>/<invoice_id>")
def pay_by_card(project_id: str, invoice_id: str) -> Response:
    """Pay by the card that was chosen, and send the customer on."""
    if is_foreign():
        return message("Not from here", "Only this page's own button can pay here.", status=403)
    payer = payer_of(project_id)
    try:
        card = load(_CARD_REQUEST, {"number": _number(), **_DATES})
        return acted(payer, lambda tx: _paid(tx, invoice_id, card))
    except Refused as error:
        return _again(payer, invoice_id, error)


def _paid(tx: UniverseTx, invoice_id: str, card: dict[str, Any]) -> Response:
    row = lookups.invoice(tx, invoice_id)
    if row.payment.status not in OPEN:
        return _page(tx, row)
    made = create_card.__wrapped__(tx, card)  # type: ignore[attr-defined]
    pay = paying.authorize if row.body.get("require_backend_capture") else paying.capture
    found = pay(tx, row, {"source": made["card"]["id"]})
    if isinstance(found, Declined) and found.customer_action:
        return sent_to(opener.onward(str(found.customer_action["value"])))
    back = row.body.get("return_url")
    if isinstance(found, Declined) or back is None:
        trouble = f"{found.message} ({found.error_code})" if isinstance(found, Declined) else ""
        return _page(tx, lookups.invoice(tx, invoice_id), trouble=trouble)
    return sent_back(with_query(back, invoice_id=invoice_id), opener.success(invoice_id), shop=opener.shop_of(row.body))


def _number() -> str:
    """The card that was chosen or written."""
    fields = dict(parse_qsl(current().body[:_FORM_BYTES].decode("utf-8", "replace")))
    return "".join((fields.get("test_card") or fields.get("number") or "").split())


def _again(payer: Credentials, invoice_id: str, error: Refused) -> Response:
    """The page once more with what was wrong, or that there is none."""
    try:
        with state().universes.reading(payer) as tx:
            return _page(tx, lookups.invoice(tx, invoice_id), trouble=error.message, status=error.status)
    except Refused as missing:
        return not_there(missing)


def _page(tx: UniverseTx, row: PaymentRow, *, trouble: str = "", status: int = 200) -> Response:
    payment, body = row.payment, row.body
    amount = format_amount(payment, payment.amount_minor)
    if payment.status not in OPEN:
        text = f"{body['name']}: there is nothing to do, the payment is {payment.status}."
        shop, tells = opener.shop_of(body), _told(row, invoice_id=tx.id("iv_", payment.invoice_seq))
        return message(amount, text, back=body.get("return_url"), shop=shop, tells=tells)
    methods = [
        (
            method["display"]["name"],
            redirect_address(tx, tx.id("iv_", payment.invoice_seq), method["apm"]["gateway_configuration_id"]),
        )
        for method in payment_methods(tx, row)
        if "apm" in method
    ]
    return screens.pay_screen(
        "pay/checkout.html",
        f"Pay {amount}",
        status,
        name=body["name"],
        merchant=tx.project.id,
        amount=amount,
        lines=_lines(row),
        cards=CARDS,
        methods=methods,
        trouble=trouble,
        leave=body.get("cancel_url") or body.get("return_url"),
        shop=opener.shop_of(body),
        left=opener.canceled(),
    )


def _told(row: PaymentRow, *, invoice_id: str) -> str:
    """What a page that opened this one hears where there is nothing to do: that it is paid, if it is."""
    payment = row.payment
    is_paid = payment.captured_minor > 0 or payment.authorized_minor > payment.voided_minor
    return opener.success(invoice_id) if is_paid else opener.nothing_to_do()


def _lines(row: PaymentRow) -> list[tuple[str, str]]:
    currency = row.payment.currency
    return [
        (f"{line['quantity']} x {line['name']}", f"{format_trimmed(line['amount_minor'], currency)} {currency}")
        for line in row.body.get("details", ())
    ]
