"""Where a library of the shop's page begins 3-D Secure the older way: by an invoice and a source, in a frame.

A person goes on to the bank's page from here; where nobody has to, the page that opened this one is told so. The
library may also begin with an amount and no invoice: one is made when the person goes on, by this page's own button.
"""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.pages import opener, screens, three_d_s
from mockpsp.api.pages.payer import acted, is_foreign, message, not_there, payer_of, sent_to
from mockpsp.api.requests import lookups, paying
from mockpsp.api.requests.invoice_making import make_invoice
from mockpsp.api.requests.invoices import InvoiceRequest
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire import bodies
from mockpsp.api.wire.http import Declined, load, state
from mockpsp.domain.decision import format_amount
from mockpsp.domain.payments import money
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("three_d_s_start", __name__)

_PATH = "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"
_WITHOUT_INVOICE = "/checkout/<project_id>/three-d-s"
_INVOICE_REQUEST = InvoiceRequest()
#: What the address says of the invoice.
_TAKEN = ("name", "amount", "currency", "return_url")
_METADATA = re.compile(r"metadata\[(.{1,200})\]")


@blueprint.get(_PATH)
def show_start(project_id: str, invoice_id: str, source: str) -> Response:
    """Show what is about to begin; looking begins nothing."""
    try:
        with state().universes.reading(payer_of(project_id)) as tx:
            row = lookups.invoice(tx, invoice_id)
            amount = format_amount(row.payment, row.payment.amount_minor)
            return _start(str(row.body["name"]), amount, opener.shop_of(row.body))
    except Refused as error:
        return not_there(error)


@blueprint.post(_PATH)
def begin(project_id: str, invoice_id: str, source: str) -> Response:
    """Begin, and send the payer on."""
    return _acted(project_id, lambda tx: lookups.invoice(tx, invoice_id), source)


@blueprint.get(_WITHOUT_INVOICE)
def show_start_of_amount(project_id: str) -> Response:
    """Show what is about to begin without an invoice; looking makes none."""
    try:
        with state().universes.reading(payer_of(project_id)):
            body = _asked()
            currency = money.check_currency(body["currency"])
            amount = format_exact(money.parse(body["amount"], currency), currency)
            return _start(str(body["name"]), f"{amount} {currency}", body.get("return_url"))
    except Refused as error:
        return _refused(error)


@blueprint.post(_WITHOUT_INVOICE)
def begin_with_amount(project_id: str) -> Response:
    """Make the invoice that the address describes, begin, and send the payer on."""
    return _acted(project_id, lambda tx: make_invoice(tx, _asked()), request.args.get("source", ""))


def _asked() -> dict[str, Any]:
    """The body of the invoice that the address describes; Refused where it leads back to nobody's page we trust."""
    metadata = {found[1]: text for name, text in request.args.items() if (found := _METADATA.fullmatch(name))}
    given = {name: request.args[name] for name in _TAKEN if request.args.get(name)}
    asked = {**given, **({"metadata": metadata} if metadata else {})}
    # As of a body: it is shown and kept all the same.
    bodies.refuse_card_numbers(asked)
    body = load(_INVOICE_REQUEST, asked)
    back = body.get("return_url")
    # Anybody can write such an address: it must neither lead people away nor let a page frame what follows.
    if back is not None and not opener.is_trusted(opener.origin_of(back) or "", None):
        raise Refused(
            "request.validation.error",
            f"return_url: {back[:80]!r} is no page of this machine, nor of a host in MOCKPSP_ALLOWED_HOSTS; name its "
            "host there, or make the invoice with the secret key and begin with its id",
            field="return_url",
        )
    return body


def _start(name: str, amount: str, shop: str | None) -> Response:
    shown: dict[str, Any] = {
        "text": "Your bank may want to be sure that it is you who pays.",
        "rows": [("For", name), ("Amount", amount)],
        "buttons": (("begin", "Go to the bank"),),
    }
    return screens.pay_screen("pay/three_d_s.html", "On to your bank", shop=shop, **shown)


def _acted(project_id: str, find: Callable[[UniverseTx], PaymentRow], source: str) -> Response:
    if is_foreign():
        return message("Not from here", "Only this page's own button can go on.", status=403)
    shop: str | None = None

    def act(tx: UniverseTx) -> Response:
        nonlocal shop
        row = find(tx)
        shop = opener.shop_of(row.body)
        return _begun(tx, row, source, shop)

    try:
        return acted(payer_of(project_id), act)
    except Refused as error:
        return _refused(error, shop)


def _refused(error: Refused, shop: str | None = None) -> Response:
    tells = opener.failed(error.code, error.message)
    status = 404 if error.status == 401 else error.status
    return message("That did not work", error.message, shop=shop, tells=tells, status=status)


def _begun(tx: UniverseTx, row: PaymentRow, source: str, shop: str | None) -> Response:
    found = paying.authenticate(tx, row, {"source": source})
    if not isinstance(found, Declined):
        text = "Your bank asks nothing more. You may close this page."
        return message("Thank you", text, shop=shop, tells=opener.success(tx.id("iv_", row.payment.invoice_seq)))
    if found.customer_action:
        return sent_to(three_d_s.begun_at(str(found.customer_action["value"])))
    tells = opener.failed(found.error_code, found.message)
    return message("Not authenticated", found.message, shop=shop, tells=tells)
