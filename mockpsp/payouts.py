"""Payouts: a PSP sends what is available to the merchant's bank, made of the lines that no payout has paid yet.

A payout takes all that is available in a currency, and only where that is above zero; what is below waits and is netted
with what comes. What the PSP charges for a payout is a line of it. A payout that fails puts its money back as an
adjustment, which the next one pays.
"""

from collections.abc import Iterable, Mapping

from mockpsp import waiting_refunds
from mockpsp.domain.codes import INVALID_STATE, Refused
from mockpsp.domain.fees import PAYOUT, charge_for
from mockpsp.domain.money import format_exact
from mockpsp.gateways import gateway_profile
from mockpsp.ledger import book, chart
from mockpsp.ledger.chart import Posting
from mockpsp.store import payouts, resources
from mockpsp.store.payouts import ItemRow, PayoutRow
from mockpsp.universes import UniverseTx

#: Why a bank sends a payout back -> in words.
FAILURES: Mapping[str, str] = {
    "account_closed": "The bank account is closed.",
    "account_not_found": "The bank knows no such account.",
    "bank_declined": "The bank declined without saying why.",
    "technical": "The transfer failed for technical reasons.",
    "unknown": "The payout failed; nobody said why.",
}
_SENT, _FAILED, _ADDED = "payout-sent", "payout-failed", "balance-added"


def run(tx: UniverseTx, gateway: str, currency: str | None = None) -> list[PayoutRow]:
    """Pay out what a gateway has available, one payout a currency, or only in `currency`; Refused for nothing.

    Refunds that wait for money come first: while one does, nothing is paid out in its currency.
    """
    available = book.balances_of(tx.conn, tx.project.no, chart.available(gateway))
    wanted = {code: minor for code, minor in available.items() if currency in (None, code)}
    waiting = [code for code in sorted(wanted) if waiting_refunds.waits_at(tx, gateway, code)]
    profile = gateway_profile(tx, gateway)[1]
    fee_by_currency = {code: charge_for(PAYOUT, profile, max(0, minor), code) for code, minor in wanted.items()}
    made = [
        _pay(tx, gateway, code, minor, fee_by_currency[code])
        for code, minor in sorted(wanted.items())
        if minor > fee_by_currency[code] and code not in waiting
    ]
    if not made and waiting:
        raise Refused(
            INVALID_STATE,
            f"nothing is paid out at {gateway} in {', '.join(waiting)} while a refund waits for money there "
            "(refund_short_balance: wait); add to the balance (balance.add), or cancel the refund",
        )
    if not made:
        found = _named(wanted) or "nothing"
        fees = _named({code: minor for code, minor in fee_by_currency.items() if minor})
        beyond = f" beyond the fee of {fees} (fees.payout)" if fees else ""
        raise Refused(
            INVALID_STATE,
            f"payout.run needs money available at {gateway}{beyond}; there is {found} "
            "(captures are available once settled)",
        )
    return made


def add(tx: UniverseTx, gateway: str, currency: str, amount_minor: int) -> None:
    """The merchant sends money to the gateway: it is available at once, and refunds that wait for it are tried."""
    seq = tx.mint.next()
    line = ItemRow(seq, gateway, currency, None, None, "adjustment", amount_minor, 0, tx.now_ms)
    payouts.insert_items(tx.conn, tx.project.no, [line])
    posting = Posting(chart.available(gateway), chart.BANK, currency, amount_minor)
    book.append(tx.conn, tx.project.no, [book.Entry(seq, 0, _ADDED, tx.now_ms, [posting])])
    waiting_refunds.wake(tx, gateway, currency)


def fail(tx: UniverseTx, row: PayoutRow, reason: str) -> PayoutRow:
    """The bank sends a payout back: its money is available again, and the next payout pays it."""
    if row.status not in ("in-flight", "received"):
        raise Refused(INVALID_STATE, f"payout.fail needs a payout that was sent; this one is {row.status}")
    seq = tx.mint.next()
    adjustment = ItemRow(
        seq, row.gateway, row.currency, None, None, "adjustment", row.amount_minor, 0, tx.now_ms, row.seq
    )
    payouts.insert_items(tx.conn, tx.project.no, [adjustment])
    _book(tx, seq, row, _FAILED, debit=chart.available(row.gateway), credit=chart.BANK)
    waiting_refunds.wake(tx, row.gateway, row.currency)
    failed = row._replace(status="failed", body={**row.body, "failure_reason": reason, "failed_at_ms": tx.now_ms})
    payouts.update(tx.conn, tx.project.no, failed)
    return failed


def _named(minor_by_currency: Mapping[str, int]) -> str:
    return ", ".join(f"{format_exact(minor, code)} {code}" for code, minor in sorted(minor_by_currency.items()))


def _pay(tx: UniverseTx, gateway: str, currency: str, available_minor: int, fee_minor: int) -> PayoutRow:
    if fee_minor:
        fee = ItemRow(tx.mint.next(), gateway, currency, None, None, "fee", -fee_minor, 0, tx.now_ms)
        payouts.insert_items(tx.conn, tx.project.no, [fee])
    amount_minor = available_minor - fee_minor
    sums = payouts.sum_unpaid(tx.conn, tx.project.no, gateway, currency)
    missing_minor = amount_minor - sum(amount + fees for _, amount, fees in sums.values())
    if missing_minor:
        # Money that became available before lines were kept, in a file of an older version.
        carried = ItemRow(tx.mint.next(), gateway, currency, None, None, "adjustment", missing_minor, 0, tx.now_ms)
        payouts.insert_items(tx.conn, tx.project.no, [carried])
        sums = payouts.sum_unpaid(tx.conn, tx.project.no, gateway, currency)
    body = {"sums": sums, "created_at_ms": tx.now_ms, "settled_at_ms": tx.now_ms}
    row = PayoutRow(tx.mint.next(), gateway, currency, "received", amount_minor, body)
    payouts.insert(tx.conn, tx.project.no, row)
    payouts.pay(tx.conn, tx.project.no, gateway, currency, row.seq)
    resources.count(tx.conn, tx.project.no, "payout", 1)
    charged = [Posting(chart.fee(PAYOUT.cause), chart.available(gateway), currency, fee_minor)] if fee_minor else []
    _book(tx, row.seq, row, _SENT, charged, debit=chart.BANK, credit=chart.available(gateway))
    return row


def _book(
    tx: UniverseTx,
    seq: int,
    row: PayoutRow,
    fact: str,
    charged: Iterable[Posting] = (),
    *,
    debit: str,
    credit: str,
) -> None:
    postings = [Posting(debit, credit, row.currency, row.amount_minor), *charged]
    book.append(tx.conn, tx.project.no, [book.Entry(seq, row.seq, fact, tx.now_ms, postings)])
