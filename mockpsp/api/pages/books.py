"""The merchant's books as a person reads them: accounts, one account with its running balance, payouts, exports."""

from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, request

from mockpsp.api.pages import lists, screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.requests import lookups
from mockpsp.api.shapes import payouts as shapes
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book, exports
from mockpsp.ledger.book import BookedLine
from mockpsp.store import browsing, listing, payouts
from mockpsp.store.payouts import ItemRow, PayoutRow

blueprint = Blueprint("ui_books", __name__)

#: The newest posting there could be.
_LAST_LINE = (browsing.LAST, 0)


class Place(NamedTuple):
    """Where a page of an account goes on: before a line, which the account stood so high before."""

    seq: int
    line: int
    balance_minor: int


@blueprint.get(f"{UI}/books")
@takes_query("account", "currency", "before")
@needs_sign_in
@reads
def show_books(tx: UniverseTx) -> Response:
    """The accounts with their balances; or one of them in one currency, with what moved on it, the newest first."""
    account = lists.asked("account")
    if account is not None:
        return _account(tx, account)
    balances = book.balances(tx.conn, tx.project.no)
    return screens.screen(
        "ui/books.html",
        **around(tx, "books"),
        accounts=[
            (name, currency, format_exact(minor, currency))
            for name, by_currency in sorted(balances.items())
            for currency, minor in sorted(by_currency.items())
        ],
        totals=_totals(balances),
        formats=("csv", "text", "hledger", "beancount", "json"),
    )


@blueprint.get(f"{UI}/books/journal")
@takes_query("format")
@needs_sign_in
def export_journal() -> Response:
    """The journal as a file."""
    answered: Response = current_app.view_functions["sandbox_books.show_journal"]()  # type: ignore[assignment]
    ending = {"text": "txt", "hledger": "journal"}.get(wanted := request.args.get("format") or "json", wanted)
    answered.headers["Content-Disposition"] = f"attachment; filename=journal.{ending}"
    return answered


@blueprint.get(f"{UI}/payouts")
@takes_query("before")
@needs_sign_in
@reads
def list_payouts(tx: UniverseTx) -> Response:
    """Payouts, the newest first."""
    start = lists.before(tx, "payt_")
    seqs, has_more = listing.page(
        tx.conn, listing.PAYOUTS, (tx.project.no,), is_ascending=False, limit=lists.PAGE, start_after=start
    )
    found = payouts.load(tx.conn, tx.project.no, seqs)
    return screens.screen(
        "ui/payouts.html",
        **around(tx, "payouts"),
        payouts=[_payout(tx, found[seq]) for seq in seqs],
        older=f"?before={tx.id('payt_', seqs[-1])}" if has_more else None,
        is_first=start is None,
    )


@blueprint.get(f"{UI}/payouts/<payout_id>")
@takes_query("before")
@needs_sign_in
@reads
def show_payout(tx: UniverseTx, payout_id: str) -> Response:
    """A payout with its lines, each with the payment that it is about."""
    row = lookups.payout(tx, payout_id)
    scope = (tx.project.no, row.seq)
    start = lists.before(tx, "payt_itm_")
    seqs, has_more = listing.page(
        tx.conn, listing.PAYOUT_ITEMS, scope, is_ascending=True, limit=lists.PAGE, start_after=start
    )
    items = payouts.items(tx.conn, tx.project.no, seqs)
    names = browsing.names(tx.conn, tx.project.no, [one.payment_seq for one in items.values() if one.payment_seq])
    sums = row.body["sums"]
    return screens.screen(
        "ui/payout.html",
        **around(tx, "payouts"),
        payout=_payout(tx, row),
        sums=[(name, count, *_money(row.currency, amount, fees)) for name, (count, amount, fees) in sums.items()],
        items=[_item(tx, items[seq], names) for seq in seqs],
        older=f"?before={tx.id('payt_itm_', seqs[-1])}" if has_more else None,
    )


def _account(tx: UniverseTx, account: str) -> Response:
    balances = book.balances_of(tx.conn, tx.project.no, account)
    if not balances:
        raise Refused("request.validation.error", f"there is no account {account[:80]!r} in these books", 404)
    currency = lists.chosen("currency", balances) or min(balances)
    place = _place()
    before = _LAST_LINE if place is None else (place.seq, place.line)
    rows = book.lately(tx.conn, tx.project.no, before=before, limit=browsing.LOOKED_MAX + 1)

    def is_moved(line: BookedLine) -> bool:
        return line.currency == currency and account in (line.debit, line.credit)

    found = browsing.looked_through(rows, is_moved, limit=lists.PAGE)
    standing = balances[currency] if place is None else place.balance_minor
    names = browsing.names(tx.conn, tx.project.no, {line.payment_seq for line in found.lines})
    lines = []
    for line in found.lines:
        moved = line.amount_minor if line.debit == account else -line.amount_minor
        lines.append({**_line(tx, line, account, names), "moved": moved, "balance": standing})
        standing -= moved
    until: BookedLine | None = found.until
    for shown in lines:
        shown.update({name: format_exact(shown[name], currency) for name in ("moved", "balance")})
    return screens.screen(
        "ui/account.html",
        **around(tx, "books"),
        **lists.older(found, until and f"{until.seq}.{until.line}.{standing}"),
        account=account,
        currency=currency,
        balances=[(one, format_exact(minor, one)) for one, minor in sorted(balances.items())],
        lines=lines,
        is_first=place is None,
    )


def _place() -> Place | None:
    """The place that an address names, as `older` writes it."""
    text = lists.asked("before")
    if text is None:
        return None
    parts = text.split(".")
    if len(parts) != 3 or not all(one.removeprefix("-").isdigit() and one.isascii() for one in parts) or len(text) > 60:
        raise Refused("request.pagination.invalid", f"before: {text[:60]!r} is no line of this account", field="before")
    seq, line, balance = map(int, parts)
    return Place(min(seq, browsing.LAST), min(line, browsing.LAST), balance)


def _line(tx: UniverseTx, line: BookedLine, account: str, names: dict[int, str]) -> dict[str, Any]:
    return {
        "at": rfc3339(line.at_ms),
        "fact": line.fact,
        "other": line.credit if line.debit == account else line.debit,
        "on": exports.subject_id(tx.key, line.fact, line.payment_seq),
        "name": names.get(line.payment_seq),
    }


def _totals(balances: dict[str, dict[str, int]]) -> list[tuple[str, str, str, str]]:
    """(currency, what stands on the debit side, on the credit side, the difference, which is nothing)."""
    sides: dict[str, list[int]] = {}
    for by_currency in balances.values():
        for currency, minor in by_currency.items():
            sides.setdefault(currency, [0, 0])[minor < 0] += abs(minor)
    return [
        (
            currency,
            format_exact(debit, currency),
            format_exact(credit, currency),
            format_exact(debit - credit, currency),
        )
        for currency, (debit, credit) in sorted(sides.items())
    ]


def _payout(tx: UniverseTx, row: PayoutRow) -> dict[str, Any]:
    shown = shapes.payout(tx, row)
    return {**shown, "amount": format_exact(row.amount_minor, row.currency), "gateway": row.gateway}


def _item(tx: UniverseTx, item: ItemRow, names: dict[int, str]) -> dict[str, Any]:
    amount, fees = _money(item.currency, item.amount_minor, item.fees_minor)
    return {
        "at": rfc3339(item.at_ms),
        "type": item.type,
        "payment_id": tx.optional_id("tr_", item.payment_seq),
        "name": None if item.payment_seq is None else names.get(item.payment_seq),
        "failed_payout_id": tx.optional_id("payt_", item.repays_seq),
        "amount": amount,
        "fees": fees,
        "net": format_exact(item.amount_minor + item.fees_minor, item.currency),
    }


def _money(currency: str, *minors: int) -> tuple[str, ...]:
    return tuple(format_exact(minor, currency) for minor in minors)
