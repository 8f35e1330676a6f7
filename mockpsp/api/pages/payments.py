"""The page's payments: the list, and one payment as a timeline with the moves that can be made of it."""

from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.control import clock, timeline
from mockpsp.api.pages import screens
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.codes import Refused
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_exact
from mockpsp.domain.payment import Status
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import browsing, listing

blueprint = Blueprint("ui_payments", __name__)

_PAGE = 50


@blueprint.get(UI)
@takes_query("status", "q", "before")
@needs_sign_in
@reads
def list_payments(tx: UniverseTx) -> Response:
    """The payments of the universe, the newest first."""
    status, text, before = (request.args.get(name) or None for name in ("status", "q", "before"))
    if status is not None and status not in list(Status):
        raise Refused("request.validation.error", f"status is {status[:40]!r}; known: {', '.join(Status)}")
    lines = browsing.payments(
        tx.conn,
        tx.project.no,
        status=status,
        text=text.lower() if text else None,
        before_seq=_seq(tx, before) if before else browsing.LAST,
        limit=_PAGE + 1,
    )
    return screens.screen(
        "ui/payments.html",
        **around(tx, "payments"),
        payments=[_line(tx, line) for line in lines[:_PAGE]],
        has_more=len(lines) > _PAGE,
        total=listing.total(tx.conn, listing.TRANSACTIONS, (tx.project.no,)),
        statuses=list(Status),
        chosen=status,
        text=text,
    )


@blueprint.get(f"{UI}/payments/<subject_id>")
@takes_query("since")
@needs_sign_in
@reads
def show_payment(tx: UniverseTx, subject_id: str) -> Response:
    """One payment's history, what is to come, and the moves that can be made now."""
    row = timeline.found(tx, subject_id)
    since = request.args.get("since", "")
    found = timeline.timeline(tx, row, since=int(since) if since.isascii() and since.isdigit() else None)
    return screens.screen("ui/payment.html", **around(tx, "payments"), **found)


def around(tx: UniverseTx, section: str) -> dict[str, Any]:
    """What every page shows around its own: whose universe it is, and what time it is there."""
    return {"universe": tx.project.id, "clock": clock.clock(tx), "section": section, "here": request.full_path}


def _seq(tx: UniverseTx, transaction_id: str) -> int:
    seq = tx.seq("tr_", transaction_id)
    if seq is None:
        raise Refused(
            "request.pagination.invalid", f"before: {transaction_id[:60]!r} is no transaction of this universe"
        )
    return seq


def _line(tx: UniverseTx, line: browsing.PaymentLine) -> dict[str, Any]:
    return {
        "id": tx.id("tr_", line.seq),
        "name": line.name,
        "order": line.order_id or line.reference_id,
        "status": line.status,
        "amount": format_exact(line.amount_minor, line.currency),
        "refunded": format_exact(line.refunded_minor, line.currency) if line.refunded_minor else None,
        "currency": line.currency,
        "gateway": line.gateway,
        "created_at": rfc3339(line.created_at_ms),
    }
