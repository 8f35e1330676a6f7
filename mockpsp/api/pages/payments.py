"""The page's payments: the list, and one payment as a timeline with the moves that can be made of it."""

from collections import Counter
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, request

from mockpsp.api.control import clock, timeline
from mockpsp.api.pages import lists, screens
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import browsing, listing

blueprint = Blueprint("ui_payments", __name__)

#: What tells one moment of a history from the others.
_NAMED_BY = ("at", "kind", "what", "id", "n", "method", "path", "status", "amount", "refund_id", "status_code", "error")


@blueprint.get(UI)
@takes_query("status", "q", "before")
@needs_sign_in
@reads
def list_payments(tx: UniverseTx) -> Response:
    """The payments of the universe, the newest first."""
    status, text = lists.chosen("status", Status), lists.asked("q")
    before_seq = lists.before(tx, "tr_")
    found = browsing.payments(
        tx.conn,
        tx.project.no,
        status=status,
        text=text.lower() if text else None,
        before_seq=browsing.LAST if before_seq is None else before_seq,
        limit=lists.PAGE,
    )
    failed = browsing.failed_refunds(tx.conn, tx.project.no, [line.seq for line in found.lines])
    return screens.screen(
        "ui/payments.html",
        **around(tx, "payments"),
        **lists.older(found, found.until and tx.id("tr_", found.until.seq)),
        payments=[_line(tx, line, failed.get(line.seq, 0)) for line in found.lines],
        total=listing.total(tx.conn, listing.TRANSACTIONS, (tx.project.no,)),
        statuses=list(Status),
        chosen=status,
        text=text,
        is_first=before_seq is None,
    )


@blueprint.get(f"{UI}/payments/<subject_id>")
@takes_query("since")
@needs_sign_in
@reads
def show_payment(tx: UniverseTx, subject_id: str) -> Response:
    """One payment's history, what is to come, and the moves that can be made now."""
    row = timeline.found(tx, subject_id)
    found = timeline.timeline(tx, row, since=lists.whole("since", browsing.LAST))
    moments = keyed(folded(found.pop("moments")))
    shown = {**found, "moments": moments, "news": sum(bool(one.get("is_new")) for one in moments)}
    return screens.screen("ui/payment.html", **around(tx, "payments"), **shown)


def around(tx: UniverseTx, section: str) -> dict[str, Any]:
    """What every page shows around its own: whose universe it is, and what time it is there."""
    return {
        "universe": tx.project.id,
        "clock": clock.clock(tx),
        "section": section,
        "here": request.full_path.rstrip("?"),
    }


def folded(moments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history in which attempts that only repeat the one before them stand together, where the first of them was."""
    runs: dict[str, tuple[Any, list[dict[str, Any]]]] = {}
    shown: list[dict[str, Any]] = []
    for moment in moments:
        if moment["kind"] != "attempt":
            shown.append(moment)
            continue
        outcome = (moment["status_code"], moment["error"])
        known, run = runs.get(moment["id"], (None, []))
        if known == outcome:
            if not run:
                shown.append({**moment, "kind": "attempts", "run": run})
            run.append(moment)
        else:
            runs[moment["id"]] = (outcome, [])
            shown.append(moment)
    return [_told(one) if one["kind"] == "attempts" else one for one in shown]


def keyed(moments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each moment with a name that it keeps on every look, so that what a person has opened stays open."""
    seen: Counter[int] = Counter()
    for moment in moments:
        parts = [str(moment.get(name)) for name in _NAMED_BY]
        number = crc32("|".join([*parts, str(len(moment.get("run", ())))]).encode())
        seen[number] += 1
        moment["key"] = f"m-{number:08x}-{seen[number]}"
    return moments


def _told(one: dict[str, Any]) -> dict[str, Any]:
    """So many attempts in one line; a single one is told like any other."""
    run = one["run"]
    if len(run) == 1:
        return dict(run[0])
    news = {"is_new": True} if any(moment.get("is_new") for moment in run) else {}
    return {**one, "until": run[-1]["at"], **news}


def _line(tx: UniverseTx, line: browsing.PaymentLine, failed_minor: int) -> dict[str, Any]:
    return {
        "id": tx.id("tr_", line.seq),
        "name": line.name,
        "order": line.order_id or line.reference_id,
        "status": line.status,
        "amount": format_exact(line.amount_minor, line.currency),
        "refunded": format_exact(line.refunded_minor, line.currency) if line.refunded_minor else None,
        "failed_refunds": format_exact(failed_minor, line.currency) if failed_minor else None,
        "currency": line.currency,
        "gateway": line.gateway,
        "created_at": rfc3339(line.created_at_ms),
    }
