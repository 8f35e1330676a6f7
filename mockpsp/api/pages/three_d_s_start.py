"""Where a library of the shop's page begins 3-D Secure the older way: by an invoice and a source, in a frame.

A person goes on to the bank's page from here; where nobody has to, the page that opened this one is told so.
"""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.pages import opener, screens, three_d_s
from mockpsp.api.pages.payer import acted, is_foreign, message, not_there, payer_of, sent_to
from mockpsp.api.requests import lookups, paying
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import Declined, state
from mockpsp.domain.decision import format_amount
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("three_d_s_start", __name__)

_PATH = "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"


@blueprint.get(_PATH)
def show_start(project_id: str, invoice_id: str, source: str) -> Response:
    """Show what is about to begin; looking begins nothing."""
    try:
        with state().universes.reading(payer_of(project_id)) as tx:
            row = lookups.invoice(tx, invoice_id)
            rows = [("For", str(row.body["name"])), ("Amount", format_amount(row.payment, row.payment.amount_minor))]
            shown: dict[str, Any] = {
                "text": "Your bank may want to be sure that it is you who pays.",
                "rows": rows,
                "buttons": (("begin", "Go to the bank"),),
            }
            shop = opener.shop_of(row.body)
            return screens.pay_screen("pay/three_d_s.html", "On to your bank", shop=shop, **shown)
    except Refused as error:
        return not_there(error)


@blueprint.post(_PATH)
def begin(project_id: str, invoice_id: str, source: str) -> Response:
    """Begin, and send the payer on."""
    if is_foreign():
        return message("Not from here", "Only this page's own button can go on.", status=403)
    shop: str | None = None

    def act(tx: UniverseTx) -> Response:
        nonlocal shop
        row = lookups.invoice(tx, invoice_id)
        shop = opener.shop_of(row.body)
        return _begun(tx, row, source, shop)

    try:
        return acted(payer_of(project_id), act)
    except Refused as error:
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
