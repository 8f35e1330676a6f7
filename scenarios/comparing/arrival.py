"""When a flow's money came: half of it and all of it, in days counted from each sale.

Days are those of the PSP's own time zone, a begun one whole: sold at noon and there at midnight is one day. Money has
come when the bank has it; where nobody pays out, when it is available.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mockpsp.scenarios.language.matching import dig
from mockpsp.scenarios.replaying.money import postings
from mockpsp.scenarios.replaying.world import World

_SETTLED = "capture-settled"
_SALES = "income:sales"
_DAY = timedelta(days=1)


class Came(NamedTuple):
    """When so much of the money had come, and how many days after its sale the last of it was; None: never."""

    at: str | None = None
    days: int | None = None


_NEVER = Came()


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the money of one currency came, to the bank or, where `is_paid_out` is false, to what is available."""

    half: Came = _NEVER
    whole: Came = _NEVER
    is_paid_out: bool = False


@dataclass(slots=True)
class _Share:
    """What one capture came to, once it settled."""

    amount: Decimal
    sold_at: str
    came_at: str | None


def arrivals_of(world: World, journal: list[Any], psp: str) -> dict[str, Arrival]:
    """Currency -> when its money came."""
    paid = _paid_at(world)
    shares = _shares(journal, paid)
    zone = ZoneInfo(str(dig(world.control("GET", f"/sandbox/psps/{psp}"), "psp.money.time_zone")))
    return {currency: _arrival(of_currency, zone, bool(paid)) for currency, of_currency in sorted(shares.items())}


def days_between(start: str, end: str, zone: ZoneInfo) -> int:
    """Days from one moment to another by the clocks of a place, a begun one whole."""
    begun, ended = (datetime.fromisoformat(at).astimezone(zone).replace(tzinfo=None) for at in (start, end))
    return -((begun - ended) // _DAY)


def _paid_at(world: World) -> dict[tuple[str, str], str]:
    """(transaction, when a capture of it settled) -> when the bank had it."""
    found: dict[tuple[str, str], str] = {}
    for payout in world.pages("/payouts", "payouts"):
        if payout["status"] != "received" or not payout["settled_at"]:
            continue
        for item in world.pages(f"/payouts/{payout['id']}/items", "items"):
            if item["type"] == "sale":
                found[str(item["transaction_id"]), _moment(item["created_at"])] = _moment(payout["settled_at"])
    return found


def _moment(text: object) -> str:
    """A moment as the journal writes it: payouts have a fraction of a second also where it is nothing."""
    return str(text).replace(".000Z", "Z")


def _shares(journal: list[Any], paid: dict[tuple[str, str], str]) -> dict[str, list[_Share]]:
    """What settled of each sale, by currency; a payment's sales settle in their order."""
    sold: dict[str, list[str]] = {}
    shares: dict[str, list[_Share]] = {}
    for entry in journal:
        on, at = str(entry["on"]), str(entry["at"])
        for _, fact, _, credit, amount, currency in postings([entry]):
            if credit == _SALES:
                sold.setdefault(on, []).append(at)
            elif fact == _SETTLED and on in sold:
                sold_at = sold[on].pop(0) if len(sold[on]) > 1 else sold[on][0]
                came_at = paid.get((on, at)) if paid else at
                shares.setdefault(currency, []).append(_Share(amount, sold_at, came_at))
    return shares


def _arrival(shares: list[_Share], zone: ZoneInfo, is_paid_out: bool) -> Arrival:
    came = [
        (share.came_at, days_between(share.sold_at, share.came_at, zone), share.amount)
        for share in shares
        if share.came_at is not None
    ]
    total = sum((share.amount for share in shares), Decimal(0))

    def by(wanted: Decimal) -> Came:
        at = _reached(((at, amount) for at, _, amount in came), wanted)
        return Came(at, _reached(((days, amount) for _, days, amount in came), wanted))

    return Arrival(by(total / 2), by(total), is_paid_out)


def _reached(shares: Iterable[tuple[Any, Decimal]], wanted: Decimal) -> Any:
    """The first place by which what came is as much as wanted; None: it never is."""
    so_far = Decimal(0)
    for place, amount in sorted(shares, key=lambda share: share[0]):
        so_far += amount
        if so_far >= wanted:
            return place
    return None
