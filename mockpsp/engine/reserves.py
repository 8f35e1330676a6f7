"""What a PSP keeps back of sales against risk: a share of each when it settles, on its gross amount.

Refunds and disputes of settled sales are taken from it first, whichever sale it was kept of, and so is what came back
of captures that failed late. What is left comes back after its time, by the day on which it was kept, oldest first: the
account's two sides count what was ever kept and what ever left, so a day's release needs no more than how much had been
kept by its end. Where no PSP has a reserve nothing is looked up.
"""

from collections.abc import Iterable

from mockpsp.domain.commands import ReleaseReserve
from mockpsp.domain.decision import Effect
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import place_of
from mockpsp.domain.psps.business_days import arrival_after, zone_of
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.psps.schedules import reserved_minor
from mockpsp.domain.time.zones import local_day
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book, chart
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.payout_items import Line
from mockpsp.store import agenda, payouts
from mockpsp.store.payouts import ItemRow

#: Gateway -> currency -> where the latest share went: day, moment and number of its release, moment and number of its
#: line.
_SETTING = "reserves"
#: Facts besides refunds and disputes that take back what was sold.
_RETURNS = frozenset({Kind.CAPTURE_RETURNED, Kind.PAYMENT_RETURNED})
_FEE = "fee"
#: The type of lines about the reserve; they are about no one sale.
LINE = "reserve"
#: Types of lines that are taken from a reserve where they take something.
_TAKEN = frozenset({"refund", "chargeback"})


def has_reserve(tx: UniverseTx, gateway: str, profile: PspProfile) -> bool:
    """Whether the PSP keeps a share of sales, or may have some that it kept before."""
    return bool(profile.reserve_ppm) or gateway in tx.project.settings.get(_SETTING, ())


def held_minor(tx: UniverseTx, gateway: str, currency: str) -> int:
    """What a gateway has in reserve."""
    return book.balance(tx.conn, tx.project.no, chart.reserve(gateway), currency)


def share(
    tx: UniverseTx, profile: PspProfile, after: Payment, fact: Fact, lines: list[Line], booked: Iterable[Posting]
) -> tuple[list[Posting], list[ItemRow]]:
    """What a fact moves between a gateway's available money and its reserve, given its lines; `booked`: the postings
    of the command's facts so far, which are not in the balances yet."""
    gateway, currency = after.gateway or "", after.currency
    sold_minor, taken_minor = _sold_and_taken(after, fact, lines)
    if not sold_minor and not taken_minor:
        return [], []
    account = chart.reserve(gateway)
    kept_minor, left_minor = _sides(tx, account, currency, booked)
    share_minor = reserved_minor(profile, sold_minor)
    net_minor = share_minor - min(taken_minor, kept_minor - left_minor + share_minor)
    if net_minor > 0:
        line_seq = _keep(tx, gateway, currency, profile, net_minor, kept_minor + net_minor)
        rows = [] if line_seq is None else [_row(line_seq, gateway, currency, -net_minor, tx.now_ms)]
        return [Posting(account, chart.available(gateway), currency, net_minor)], rows
    if net_minor < 0:
        row = _row(tx.mint.next(), gateway, currency, -net_minor, tx.now_ms)
        return [Posting(chart.available(gateway), account, currency, -net_minor)], [row]
    return [], []


def left_of(tx: UniverseTx, gateway: str, currency: str, kept_minor: int | None) -> int:
    """What is in reserve of what had been kept when all that ever was came to `kept_minor`; None: all there is."""
    kept, left = book.sides(tx.conn, tx.project.no, chart.reserve(gateway), currency)
    return max(0, (kept if kept_minor is None else min(kept, kept_minor)) - left)


def _sold_and_taken(after: Payment, fact: Fact, lines: list[Line]) -> tuple[int, int]:
    """What became available of sales by a fact, gross, and what was given back of them."""
    net_minor = sum(line.amount_minor for line in lines if line.type != _FEE)
    if fact.kind is Kind.CAPTURE_SETTLED:
        place = place_of(after.captures, fact.capture_seq)
        sold_minor = 0 if place is None else after.captures[place].amount_minor
        return sold_minor, max(0, sold_minor - net_minor)
    if fact.kind is Kind.CAPTURE_RESTORED:
        return max(0, net_minor), 0
    if fact.kind in _RETURNS or any(line.type in _TAKEN for line in lines):
        return 0, max(0, -net_minor)
    return 0, 0


def _sides(tx: UniverseTx, account: str, currency: str, booked: Iterable[Posting]) -> tuple[int, int]:
    kept_minor, left_minor = book.sides(tx.conn, tx.project.no, account, currency)
    for posting in booked:
        kept_minor += posting.amount_minor if posting.debit == account else 0
        left_minor += posting.amount_minor if posting.credit == account else 0
    return kept_minor, left_minor


def _keep(
    tx: UniverseTx, gateway: str, currency: str, profile: PspProfile, net_minor: int, kept_minor: int
) -> int | None:
    """Plan the release with that of the day's other shares, and put the share into the moment's line.

    Answers the number of a new line; None: the one of the moment took it.
    """
    kept = tx.project.settings.setdefault(_SETTING, {}).setdefault(gateway, {})
    day = local_day(tx.now_ms, zone_of(profile)).toordinal()
    last_day, due_at_ms, effect_seq, at_ms, line_seq = kept.get(currency, (None, 0, 0, None, 0))
    if last_day == day:
        agenda.delete_planned(tx.conn, tx.project.no, due_at_ms, effect_seq)
    else:
        effect_seq = tx.mint.next()
    due_at_ms = arrival_after(profile, tx.now_ms, profile.reserve_period_ms)
    planned = Effect(due_at_ms, ReleaseReserve(None, gateway, currency, kept_minor))
    agenda.insert_effects(tx.conn, tx.project.no, 0, [(effect_seq, planned)])
    is_there = at_ms == tx.now_ms and payouts.add_to_unpaid(tx.conn, tx.project.no, line_seq, -net_minor)
    if not is_there:
        line_seq = tx.mint.next()
    kept[currency] = [day, due_at_ms, effect_seq, tx.now_ms, line_seq]
    tx.is_project_changed = tx.has_new_work = True
    return None if is_there else line_seq


def _row(seq: int, gateway: str, currency: str, amount_minor: int, at_ms: int) -> ItemRow:
    return ItemRow(seq, gateway, currency, None, None, LINE, amount_minor, 0, at_ms)
