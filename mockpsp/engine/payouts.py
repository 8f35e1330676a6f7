"""Payouts: a PSP sends what is available to the merchant's bank, made of the lines that no payout has paid yet.

A payout takes all that is available in a currency, and only where that is above zero; what is below waits and is netted
with what comes. The PSP may take a fee for it. A payout that fails puts its money back as an adjustment, which the next
one pays. When it is made by itself: planned_payouts.py; what is kept of sales meanwhile: reserves.py.
"""

from collections.abc import Collection, Mapping
from typing import Any

from mockpsp.domain.commands import ArrivePayout, GatewayMove, ReleaseReserve, RunPayouts
from mockpsp.domain.decision import Effect
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.psps.schedules import Shares, payout_arrives_ms, shares, why_unpaid
from mockpsp.domain.text.codes import INVALID_STATE, Refused
from mockpsp.engine import planned_payouts, reserves, waiting_refunds
from mockpsp.engine.gateways import configurations_of_psp, gateway_profile
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book, chart
from mockpsp.ledger.chart import Posting
from mockpsp.store import agenda, payouts, resources
from mockpsp.store.payouts import ItemRow, PayoutRow

#: Why a bank sends a payout back -> in words.
FAILURES: Mapping[str, str] = {
    "account_closed": "The bank account is closed.",
    "account_not_found": "The bank knows no such account.",
    "bank_declined": "The bank declined without saying why.",
    "technical": "The transfer failed for technical reasons.",
    "unknown": "The payout failed; nobody said why.",
}
_SENT, _ARRIVED, _FAILED = "payout-sent", "payout-arrived", "payout-failed"
_ADDED, _RELEASED, _RETURNED = "balance-added", "reserve-released", "reserve-returned"
#: What the journal calls entries that are about no payment.
ENTRIES = (_SENT, _ARRIVED, _FAILED, _ADDED, _RELEASED, _RETURNED)


def act(tx: UniverseTx, move: GatewayMove) -> None:
    """Make a move that was planned; Refused where nothing comes of it."""
    match move:
        case RunPayouts(gateway):
            planned_payouts.forget(tx, gateway)
            run(tx, gateway)
        case ArrivePayout(payout_seq):
            arrive(tx, _known(tx, payout_seq))
        case ReleaseReserve(int() as payout_seq):
            release(tx, _known(tx, payout_seq))
        case ReleaseReserve(_, gateway, currency, kept_minor):
            _return(tx, gateway, currency, reserves.left_of(tx, gateway, currency, kept_minor))


def run(tx: UniverseTx, gateway: str, currency: str | None = None) -> list[PayoutRow]:
    """Pay out what a gateway has available, one payout a currency, or only in `currency`; Refused for nothing.

    Refunds that wait for money come first: while one does, nothing is paid out in its currency.
    """
    _, profile = gateway_profile(tx, gateway)
    available = book.balances_of(tx.conn, tx.project.no, chart.available(gateway))
    wanted = {code: minor for code, minor in sorted(available.items()) if currency in (None, code)}
    waiting = [code for code in wanted if waiting_refunds.waits_at(tx, gateway, code)]
    made: list[PayoutRow] = []
    kept_back = []
    for code, minor in wanted.items():
        parts = shares(profile, minor, code) if minor > 0 and code not in waiting else None
        why = why_unpaid(profile, parts, code) if parts is not None else None
        if parts is not None and why is None:
            made.append(_pay(tx, gateway, profile, code, parts))
        kept_back.append(f"{format_exact(minor, code)} {code}{f', and {why}' if why else ''}")
    if not made and waiting:
        raise Refused(
            INVALID_STATE,
            f"nothing is paid out at {gateway} in {', '.join(waiting)} while a refund waits for money there "
            "(refund_short_balance: wait); add to the balance (balance.add), or cancel the refund",
        )
    if not made:
        found = "; ".join(kept_back) or "nothing"
        hint = "captures are available once settled"
        if currency is not None and available and currency not in available:
            hint = f"it has {', '.join(sorted(available))}, and nothing is converted into {currency}"
        raise Refused(INVALID_STATE, f"payout.run needs money available at {gateway}; there is {found} ({hint})")
    return made


def replan(tx: UniverseTx, psp: str) -> None:
    """The facts of a PSP changed: what it has available is paid out by them from now on."""
    gateways = configurations_of_psp(tx, psp)
    planned_payouts.drop(tx, gateways)
    for gateway in gateways:
        available = book.balances_of(tx.conn, tx.project.no, chart.available(gateway))
        if any(minor > 0 for minor in available.values()):
            planned_payouts.plan(tx, gateway, gateway_profile(tx, gateway)[1])


def arrive(tx: UniverseTx, row: PayoutRow) -> None:
    """A payout that was under way is in the merchant's bank; Refused for any other."""
    if row.status != "in-flight":
        raise Refused(INVALID_STATE, f"payout.arrive needs a payout that is in-flight; this one is {row.status}")
    posting = Posting(chart.BANK, chart.transit(row.gateway), row.currency, row.amount_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(tx.mint.next(), row.seq, _ARRIVED, tx.now_ms, [posting])])
    arrived = row._replace(status="received", body={**row.body, "settled_at_ms": tx.now_ms})
    payouts.update(tx.conn, tx.project.no, arrived)


def return_reserves(tx: UniverseTx, gateway: str, currency: str | None = None) -> None:
    """All that a gateway has in reserve is available again, or what it has in `currency`; Refused for nothing."""
    held = book.balances_of(tx.conn, tx.project.no, chart.reserve(gateway))
    wanted = {code: minor for code, minor in sorted(held.items()) if minor > 0 and currency in (None, code)}
    if not wanted:
        where = f"{gateway} in {currency}" if currency else gateway
        raise Refused(
            INVALID_STATE,
            f"reserve.release needs money in reserve at {where}, and there is none: a share of sales is kept when they "
            "settle (reserve), and refunds and disputes are taken from it first",
        )
    for code, minor in wanted.items():
        _return(tx, gateway, code, minor)


def release(tx: UniverseTx, row: PayoutRow) -> None:
    """What a payout of an older file kept in reserve is available again, as far as it is there; Refused for nothing."""
    kept_minor = row.body.get("reserve_minor", 0)
    reserve_minor = min(kept_minor, reserves.held_minor(tx, row.gateway, row.currency))
    if not reserve_minor or "released_at_ms" in row.body:
        why = "kept nothing: name the gateway, whose sales it is a share of"
        if kept_minor:
            why = "was released before" if "released_at_ms" in row.body else "has nothing left of it"
        raise Refused(INVALID_STATE, f"reserve.release needs a payout that kept a reserve; this one {why}")
    seq = tx.mint.next()
    line = ItemRow(seq, row.gateway, row.currency, None, None, "reserve", reserve_minor, 0, tx.now_ms)
    payouts.insert_items(tx.conn, tx.project.no, [line])
    posting = Posting(chart.available(row.gateway), chart.reserve(row.gateway), row.currency, reserve_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(seq, row.seq, _RELEASED, tx.now_ms, [posting])])
    released = row._replace(body={**row.body, "released_at_ms": tx.now_ms})
    payouts.update(tx.conn, tx.project.no, released)
    _credited(tx, row.gateway, row.currency, is_arrival=True)


def add(tx: UniverseTx, gateway: str, currency: str, amount_minor: int) -> None:
    """The merchant sends money to the gateway: it is available at once, and refunds that wait for it are tried."""
    seq = tx.mint.next()
    line = ItemRow(seq, gateway, currency, None, None, "adjustment", amount_minor, 0, tx.now_ms)
    payouts.insert_items(tx.conn, tx.project.no, [line])
    posting = Posting(chart.available(gateway), chart.BANK, currency, amount_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(seq, seq, _ADDED, tx.now_ms, [posting])])
    _credited(tx, gateway, currency)


def last_paid_by(tx: UniverseTx, seqs: Collection[int]) -> dict[int, PayoutRow]:
    """Number of a payout -> it, or for one that failed the payout that paid its money again, as far as there is one."""
    last = payouts.load(tx.conn, tx.project.no, seqs, with_hidden=True)
    while again := {row.body["repaid_by"] for row in last.values() if "repaid_by" in row.body}:
        found = payouts.load(tx.conn, tx.project.no, again, with_hidden=True)
        last = {seq: found.get(row.body.get("repaid_by", 0), row) for seq, row in last.items()}
    return last


def fail(tx: UniverseTx, row: PayoutRow, reason: str) -> PayoutRow:
    """The bank sends a payout back: its money is available again, and the next payout pays it."""
    if row.status not in ("in-flight", "received"):
        raise Refused(INVALID_STATE, f"payout.fail needs a payout that was sent; this one is {row.status}")
    seq = tx.mint.next()
    adjustment = ItemRow(
        seq, row.gateway, row.currency, None, None, "adjustment", row.amount_minor, 0, tx.now_ms, row.seq
    )
    payouts.insert_items(tx.conn, tx.project.no, [adjustment])
    place = chart.transit(row.gateway) if row.status == "in-flight" else chart.BANK
    posting = Posting(chart.available(row.gateway), place, row.currency, row.amount_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(seq, row.seq, _FAILED, tx.now_ms, [posting])])
    _credited(tx, row.gateway, row.currency)
    failed = row._replace(status="failed", body={**row.body, "failure_reason": reason, "failed_at_ms": tx.now_ms})
    payouts.update(tx.conn, tx.project.no, failed)
    return failed


def _return(tx: UniverseTx, gateway: str, currency: str, amount_minor: int) -> None:
    """So much of the reserve is available again; Refused for nothing."""
    if not amount_minor:
        raise Refused(
            INVALID_STATE,
            f"reserve.release: nothing is left of what {gateway} kept in {currency} by then; refunds and disputes took "
            "it, or it was released before",
        )
    seq = tx.mint.next()
    line = ItemRow(seq, gateway, currency, None, None, "reserve", amount_minor, 0, tx.now_ms)
    payouts.insert_items(tx.conn, tx.project.no, [line])
    posting = Posting(chart.available(gateway), chart.reserve(gateway), currency, amount_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(seq, seq, _RETURNED, tx.now_ms, [posting])])
    _credited(tx, gateway, currency, is_arrival=True)


def _pay(tx: UniverseTx, gateway: str, profile: PspProfile, currency: str, parts: Shares) -> PayoutRow:
    lines = [("fee", -parts.fee_minor)] if parts.fee_minor else []
    sums = payouts.sum_unpaid(tx.conn, tx.project.no, gateway, currency)
    missing_minor = sum(parts) - sum(amount + fees for _, amount, fees in sums.values())
    if missing_minor:
        # Money that became available before lines were kept, in a file of an older version.
        lines.append(("adjustment", missing_minor))
    if lines:
        rows = [ItemRow(tx.mint.next(), gateway, currency, None, None, kind, n, 0, tx.now_ms) for kind, n in lines]
        payouts.insert_items(tx.conn, tx.project.no, rows)
        sums = payouts.sum_unpaid(tx.conn, tx.project.no, gateway, currency)
    arrives_at_ms = payout_arrives_ms(profile, tx.now_ms)
    is_there = arrives_at_ms <= tx.now_ms
    body: dict[str, Any] = {"sums": sums, "created_at_ms": tx.now_ms, "settled_at_ms": tx.now_ms}
    if not is_there:
        body |= {"settled_at_ms": None, "arrives_at_ms": arrives_at_ms}
    row = PayoutRow(tx.mint.next(), gateway, currency, "received" if is_there else "in-flight", parts.paid_minor, body)
    payouts.insert(tx.conn, tx.project.no, row)
    _note_repaid(tx, row)
    payouts.pay(tx.conn, tx.project.no, gateway, currency, row.seq)
    resources.count(tx.conn, tx.project.no, "payout", 1)
    bank = chart.BANK if is_there else chart.transit(gateway)
    places = ((bank, parts.paid_minor), (chart.other_fees(gateway), parts.fee_minor))
    postings = [Posting(place, chart.available(gateway), currency, minor) for place, minor in places if minor]
    book.append(tx.conn, tx.project.no, [book.Entry(row.seq, row.seq, _SENT, tx.now_ms, postings)])
    if not is_there:
        arrives = (tx.mint.next(), Effect(arrives_at_ms, ArrivePayout(row.seq)))
        agenda.insert_effects(tx.conn, tx.project.no, 0, [arrives])
        tx.has_new_work = True
    return row


def _known(tx: UniverseTx, payout_seq: int) -> PayoutRow:
    row = payouts.load(tx.conn, tx.project.no, [payout_seq], with_hidden=True).get(payout_seq)
    assert row is not None, "payouts are hidden, never deleted"
    return row


def _note_repaid(tx: UniverseTx, row: PayoutRow) -> None:
    """Say in the failed payouts which one pays their money."""
    if again := payouts.repaid(tx.conn, tx.project.no, row.gateway, row.currency):
        for failed in payouts.load(tx.conn, tx.project.no, again, with_hidden=True).values():
            payouts.update(tx.conn, tx.project.no, failed._replace(body={**failed.body, "repaid_by": row.seq}))


def _credited(tx: UniverseTx, gateway: str, currency: str, *, is_arrival: bool = False) -> None:
    """What follows from money that became available without a payment."""
    waiting_refunds.schedule_next(tx, gateway, currency)
    planned_payouts.plan(tx, gateway, gateway_profile(tx, gateway)[1], is_arrival=is_arrival)
