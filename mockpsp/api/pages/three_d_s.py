"""The page on which a payer passes 3-D Secure, fails it or leaves: the bank's, played by us. No script, no cookies.

Its address is its key: who was told it may answer, once. Everything shown is escaped, nothing is loaded from anywhere,
and no other page may frame it.
"""

import base64
import hashlib
import hmac
from html import escape
from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.requests import three_d_s, verification
from mockpsp.api.wire import bodies
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.http import is_behind, state, told_early
from mockpsp.api.wire.request import current
from mockpsp.domain import commands
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import Command
from mockpsp.domain.deciders.three_d_s import ABANDONED, EXPIRED
from mockpsp.domain.money import format_exact
from mockpsp.domain.payment import Challenge, Payment
from mockpsp.engine.run import run_command
from mockpsp.engine.universes import Credentials, UniverseTx
from mockpsp.store import payments, resources

blueprint = Blueprint("three_d_s_page", __name__)

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); --go: #1b6e3c; }
body { display: grid; font: 17px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; place-items: center; }
main { border: 1px solid var(--line); border-radius: 12px; box-sizing: border-box; margin: 1rem; max-width: 26rem;
  padding: 1.75rem; width: calc(100% - 2rem); }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; }
dl { border-block: 1px solid var(--line); display: grid; gap: .25rem 1rem; grid-template-columns: auto 1fr;
  margin: 1.25rem 0; padding: .75rem 0; }
dt { opacity: .75; }
dd { margin: 0; overflow-wrap: anywhere; text-align: right; }
form { display: grid; gap: .6rem; }
button { background: none; border: 1px solid var(--line); border-radius: 8px; color: inherit; cursor: pointer;
  font: inherit; padding: .7rem; }
button.go { background: var(--go); border-color: var(--go); color: #fff; font-weight: 600; }
button:focus-visible { outline: 3px solid #4c8dff; outline-offset: 2px; }
small { display: block; margin-top: 1.25rem; opacity: .75; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: No `form-action`: browsers hold it against the merchant's address as well, where the answer leads.
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # The address is a key: it goes to nobody. Not `no-referrer`, with which forms name no origin.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

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
_PASSED = ("Thank you", "You were authenticated. You may close this page.")
_FAILED = ("Not authenticated", "The payment failed. You may close this page.")
_UNKNOWN = ("There is nothing here", "This address belongs to no payment that waits, or to one that was tried again.")


@blueprint.get("/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>")
def show_challenge(project_id: str, invoice_id: str, challenge_id: str) -> Response:
    """Show the payer what the bank asks, or how it ended."""
    app, payer = state(), _payer(project_id)
    try:
        with app.inflight.counting(payer):
            with app.universes.reading(payer) as tx:
                behind = is_behind(tx)
            if behind:
                with app.universes.writing(payer) as tx:
                    app.timeline.catch_up(tx)
            with app.universes.reading(payer) as tx:
                found = _find(tx, invoice_id, challenge_id)
                return _page(*_UNKNOWN, status=404) if found is None else _shown(tx, *found)
    except Refused:
        return _page(*_UNKNOWN, status=404)


def _is_foreign() -> bool:
    """Whether another site's page asks: browsers say so, those that know no `Sec-Fetch-Site` by the origin alone."""
    origin = request.headers.get("Origin")
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") or (
        origin is not None and origin.partition("://")[2].lower() != request.host.lower()
    )


@blueprint.post("/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>")
def answer_challenge(project_id: str, invoice_id: str, challenge_id: str) -> Response:
    """Take the payer's answer and send them on, back to the merchant where an address is known."""
    if _is_foreign():
        return _page("Not from here", "Only this page's own buttons can answer it.", status=403)
    app, payer = state(), _payer(project_id)
    try:
        answer = bodies.read(current()).get("answer")
        return told_early(app, current(), lambda: _acted_on(app, payer, invoice_id, challenge_id, answer))
    except Refused as error:
        return _page("That did not work", error.message, status=404 if error.status == 401 else error.status)


def _acted_on(app: AppState, payer: Credentials, invoice_id: str, challenge_id: str, answer: object) -> Response:
    with app.inflight.counting(payer), app.universes.writing(payer) as tx:
        if tx.project.clock_mode == "wall":
            app.timeline.catch_up(tx)
        found = _find(tx, invoice_id, challenge_id)
        if found is None:
            return _page(*_UNKNOWN, status=404)
        tx.is_call = True
        response = _answered(tx, *found, answer)
        if tx.project.clock_mode == "wall" and tx.is_driver_wanted:
            tx.after_commit.append(lambda: app.timeline.tell_driver(tx))
        if tx.early:
            current().early = app.timeline.reserve_early(tx)
        return response


def _payer(project_id: str) -> Credentials:
    """Who needs no secret key of the project: the page's address is secret enough."""
    return Credentials(project_id, "", is_public=True)


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
        if answer not in steps:
            return _page("That did not work", f"This page can be answered by: {', '.join(sorted(steps))}.", status=400)
        outcome = run_command(tx, payment, invoice, _ANSWERS[answer])
        verification.complete_verification(tx, invoice, outcome)
        payment = outcome.payment
        if payment.is_challenged:
            return _sent(request.path)
    address = invoice.get("return_url")
    if payment.error_code == ABANDONED:
        address = invoice.get("cancel_url") or address
    if address is None:
        return _shown(tx, payment, invoice)
    return _sent(three_d_s.return_url(tx, payment, address, _trans_status(payment)))


def _trans_status(payment: Payment) -> str:
    return "Y" if payment.challenge is Challenge.PASSED else "N"


def _sent(address: str) -> Response:
    return Response("", 303, headers={**_HEADERS, "Location": address}, content_type="text/html; charset=utf-8")


def _shown(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> Response:
    if not payment.is_challenged:
        is_passed = payment.challenge is Challenge.PASSED
        ending = _PASSED if is_passed else _ENDINGS.get(payment.error_code or "", _FAILED)
        return _page(*ending, more=_way_back(tx, payment, invoice))
    heading, text, buttons = _STEPS[payment.challenge]
    card = None if payment.card_seq is None else resources.load_card(tx.conn, tx.project.no, payment.card_seq)
    rows = [
        ("For", str(invoice["name"])),
        ("Amount", f"{format_exact(payment.amount_minor, payment.currency)} {payment.currency}"),
        ("Card", f"•••• {card.test_card[-4:]}" if card else ""),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    pressed = "".join(
        f'<button name="answer" value="{name}"{" class=go" if not n else ""}>{label}</button>'
        for n, (name, label) in enumerate(buttons)
    )
    return _page(heading, text, more=f'<dl>{listed}</dl><form method="post">{pressed}</form>')


def _way_back(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> str:
    """A link to the merchant, where the payer came back to a page they had answered."""
    address = invoice.get("return_url")
    if address is None:
        return ""
    link = three_d_s.return_url(tx, payment, address, _trans_status(payment))
    return f'<p><a href="{escape(link)}" rel="noreferrer">Back to the shop</a></p>'


def _page(heading: str, text: str, *, more: str = "", status: int = 200) -> Response:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(heading)}</h1><p>{escape(text)}</p>{more}"
        "<small>mockpsp sandbox: no money moves, no bank is asked.</small></main></body></html>"
    )
    return Response(html, status, headers=_HEADERS, content_type="text/html; charset=utf-8")
