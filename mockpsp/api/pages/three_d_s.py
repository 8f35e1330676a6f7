"""The page on which a payer passes 3-D Secure, fails it or leaves: the bank's, played by us. No cookies.

Its address is its key: who was told it may answer, once. Everything shown is escaped and nothing is loaded from
anywhere. A page of the shop may frame or open it, and is then told how it went (opener.py); no other page may.
"""

import hmac
from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.pages import opener, screens
from mockpsp.api.pages.payer import acted, catch_up, is_foreign, message, payer_of, sent_back, sent_to
from mockpsp.api.requests import three_d_s, verification
from mockpsp.api.requests.way_back import with_query
from mockpsp.api.wire import bodies
from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import current
from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.deciders.three_d_s import ABANDONED, EXPIRED
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.payments.payment import Challenge, Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.run import run_command
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments, resources

blueprint = Blueprint("three_d_s_page", __name__)

#: Step -> (heading, what it says, buttons as (answer, label)).
_STEPS: dict[Challenge, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    Challenge.FINGERPRINT: (
        "Checking your device",
        "Your bank looks at the device you pay with. Nothing is asked of you.",
        (("fingerprint", "Continue"), ("abandon", "Abandon")),
    ),
    Challenge.ASKED: (
        "Is it you who pays?",
        "Your bank wants to be sure. This is a sandbox, so decide how it ends.",
        (("authenticate", "Authenticate"), ("fail", "Fail"), ("abandon", "Abandon")),
    ),
}
#: Answer of the form -> the command it is.
_ANSWERS: dict[str, Command] = {
    "fingerprint": commands.FingerprintDevice(),
    "authenticate": commands.PassChallenge(),
    "fail": commands.FailChallenge(),
    "abandon": commands.AbandonChallenge(),
}
#: Error code of a payment whose challenge ended badly -> what the page says.
_ENDINGS = {
    EXPIRED: ("Too late", "The time to answer ran out. Go back to the shop and pay again."),
    ABANDONED: ("You left", "The payment was abandoned. Go back to the shop to pay again."),
}
#: In the query of who began with an invoice and wants to hear of it again, not of a gateway request.
_SAYS, _INVOICE = "says", "invoice"
_PASSED = ("Thank you", "You were authenticated. You may close this page.")
_FAILED = ("Not authenticated", "The payment failed. You may close this page.")
_UNKNOWN = ("There is nothing here", "This address belongs to no payment that waits, or to one that was tried again.")


@blueprint.get("/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>")
def show_challenge(project_id: str, invoice_id: str, challenge_id: str) -> Response:
    """Show the payer what the bank asks, or how it ended."""
    app, payer = state(), payer_of(project_id)
    try:
        with app.inflight.counting(payer):
            catch_up(app, payer)
            with app.universes.reading(payer) as tx:
                found = _find(tx, invoice_id, challenge_id)
                return message(*_UNKNOWN, status=404) if found is None else _shown(tx, *found)
    except Refused:
        return message(*_UNKNOWN, status=404)


@blueprint.post("/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>")
def answer_challenge(project_id: str, invoice_id: str, challenge_id: str) -> Response:
    """Take the payer's answer and send them on, back to the merchant where an address is known."""
    if is_foreign():
        return message("Not from here", "Only this page's own buttons can answer it.", status=403)
    try:
        answer = bodies.read(current()).get("answer")
        return acted(payer_of(project_id), lambda tx: _acted_on(tx, invoice_id, challenge_id, answer))
    except Refused as error:
        return message("That did not work", error.message, status=404 if error.status == 401 else error.status)


def _acted_on(tx: UniverseTx, invoice_id: str, challenge_id: str, answer: object) -> Response:
    found = _find(tx, invoice_id, challenge_id)
    return message(*_UNKNOWN, status=404) if found is None else _answered(tx, *found, answer)


def _find(tx: UniverseTx, invoice_id: str, challenge_id: str) -> tuple[Payment, dict[str, Any]] | None:
    """The payment whose present challenge has this id, with its invoice."""
    seq = tx.seq("iv_", invoice_id)
    found = None if seq is None else payments.load_by_invoice(tx.conn, tx.project.no, seq)
    if found is None or found[0].challenge is Challenge.NONE:
        return None
    known = three_d_s.secret_id(tx, found[0].challenge_seq)
    return found if hmac.compare_digest(known.encode(), challenge_id.encode()) else None


def _answered(tx: UniverseTx, payment: Payment, invoice: dict[str, Any], answer: Any) -> Response:
    if payment.is_challenged:
        steps = {name for name, _ in _STEPS[payment.challenge][2]}
        if not isinstance(answer, str) or answer not in steps:
            return message(
                "That did not work", f"This page can be answered by: {', '.join(sorted(steps))}.", status=400
            )
        outcome = run_command(tx, payment, invoice, _ANSWERS[answer])
        verification.complete_verification(tx, invoice, outcome)
        payment = outcome.payment
        if payment.is_challenged:
            return sent_to(_onward(request.path))
    address = invoice.get("return_url")
    if payment.error_code == ABANDONED:
        address = invoice.get("cancel_url") or address
    if address is None:
        return _shown(tx, payment, invoice)
    back = three_d_s.return_url(tx, payment, address, _trans_status(payment))
    return sent_back(back, _told(tx, payment), shop=opener.shop_of(invoice))


def begun_at(address: str) -> str:
    """The page's address for a library that began with an invoice, and is told that invoice's id in the end."""
    return f"{opener.onward(address)}{'&' if opener.is_told() else '?'}{_SAYS}={_INVOICE}"


def _onward(address: str) -> str:
    return begun_at(address) if request.args.get(_SAYS) == _INVOICE else opener.onward(address)


def _told(tx: UniverseTx, payment: Payment) -> str:
    """The message of a challenge that ended, to the page that opened it."""
    if payment.challenge is Challenge.PASSED:
        is_by_invoice = request.args.get(_SAYS) == _INVOICE
        invoice_id = tx.id("iv_", payment.invoice_seq)
        return opener.success(invoice_id if is_by_invoice else three_d_s.answer(tx, payment, "Y"))
    if payment.error_code == ABANDONED:
        return opener.canceled()
    heading, text = _ENDINGS.get(payment.error_code or "", _FAILED)
    return opener.failed(payment.error_code or "card.failed-3ds", f"{heading}: {text}")


def _trans_status(payment: Payment) -> str:
    return "Y" if payment.challenge is Challenge.PASSED else "N"


def _out_of_sight(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> Response:
    """The page of a fingerprint, which nobody sees: it goes on by itself, and the client tells us that it came by."""
    heading, text, _ = _STEPS[Challenge.FINGERPRINT]
    answer, address = three_d_s.fingerprinted(tx, payment), invoice.get("return_url")
    return message(
        heading,
        text,
        shop=opener.shop_of(invoice),
        tells=opener.success(answer),
        goes_to=None if address is None else with_query(address, token=answer),
        has_script=True,
    )


def _shown(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> Response:
    if payment.is_challenged and request.args.get(three_d_s.STEP) == three_d_s.FINGERPRINT:
        return _out_of_sight(tx, payment, invoice)
    if not payment.is_challenged:
        is_passed = payment.challenge is Challenge.PASSED
        ending = _PASSED if is_passed else _ENDINGS.get(payment.error_code or "", _FAILED)
        shop = opener.shop_of(invoice)
        return message(*ending, back=_way_back(tx, payment, invoice), shop=shop, tells=_told(tx, payment))
    heading, text, buttons = _STEPS[payment.challenge]
    card = None if payment.card_seq is None else resources.load_card(tx.conn, tx.project.no, payment.card_seq)
    rows = [
        ("For", str(invoice["name"])),
        ("Amount", f"{format_exact(payment.amount_minor, payment.currency)} {payment.currency}"),
        ("Card", f"•••• {card.test_card[-4:]}" if card else ""),
    ]
    shown: dict[str, Any] = {"text": text, "rows": rows, "buttons": buttons}
    return screens.pay_screen("pay/three_d_s.html", heading, shop=opener.shop_of(invoice), **shown)


def _way_back(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> str | None:
    """The merchant's address, where the payer came back to a page they had answered."""
    address = invoice.get("return_url")
    return None if address is None else three_d_s.return_url(tx, payment, address, _trans_status(payment))
