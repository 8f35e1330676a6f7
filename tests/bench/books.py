"""What has to be in a universe after so many sales and refunds: a rate counts only where this holds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from tests.bench.in_process import INVOICE, REFUND

#: A sale in one call is requested, authorized and captured.
EVENTS_A_SALE = 3
_EVENTS_A_REFUND = 1

#: Account -> currency -> amount, debits positive.
Balances = Mapping[str, Mapping[str, str]]


class State(NamedTuple):
    """What a universe holds at a moment."""

    events: int
    balances: Balances


def problems(before: State, after: State, *, captures: int, refunds: int) -> list[str]:
    """What is wrong: debits equal credits, every sale and refund is booked once, and each has its events."""
    found = [f"the {currency} accounts add up to {total}, not to zero" for currency, total in _off(after.balances)]
    wanted = {
        "income:sales": -Decimal(INVOICE["amount"]) * captures,
        "income:refunds": Decimal(REFUND["amount"]) * refunds,
    }
    for account, worth in wanted.items():
        grown = _euros(after.balances, account) - _euros(before.balances, account)
        if grown != worth:
            found.append(f"{account} grew by {grown} EUR, not by {worth}")
    fired, expected = after.events - before.events, captures * EVENTS_A_SALE + refunds * _EVENTS_A_REFUND
    if fired != expected:
        found.append(f"{captures:,} sales and {refunds:,} refunds have {fired:,} events, not {expected:,}")
    return found


def _off(balances: Balances) -> list[tuple[str, Decimal]]:
    """The currencies whose accounts add up to something."""
    totals: dict[str, Decimal] = {}
    for by_currency in balances.values():
        for currency, amount in by_currency.items():
            totals[currency] = totals.get(currency, Decimal()) + Decimal(amount)
    return [(currency, total) for currency, total in totals.items() if total]


def _euros(balances: Balances, account: str) -> Decimal:
    return Decimal(balances.get(account, {}).get("EUR", "0"))
