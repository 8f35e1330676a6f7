"""What a universe's books come to for the merchant: sales, refunds, losses, fees, and what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mockpsp.scenarios.replaying.world import World

_LOSSES = "expenses:chargebacks"
_FEES = "expenses:psp:"
_IN_FLIGHT = ":refunds-in-flight"
#: What may be open still when nothing is due any more -> how the name of the account that holds it ends.
_HELD = {"disputed": ":disputed", "in reserve": ":reserve", "not settled": ":pending"}


@dataclass(frozen=True, slots=True)
class Money:
    """What a flow came to in one currency. Amounts in major units, positive; fees by cause.

    `is_open`: what nothing ended, by kind; refunds that still wait for money are `to be refunded`, and not kept.
    """

    sales: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    losses: Decimal = Decimal(0)
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    keeps: Decimal = Decimal(0)
    is_open: Mapping[str, Decimal] = field(default_factory=dict)


def money_of(world: World) -> dict[str, Money]:
    """What the books come to now, by currency."""
    by_currency: dict[str, dict[str, Decimal]] = {}
    for (account, currency), net in world.balances().items():
        if not account.startswith("memo:"):
            by_currency.setdefault(currency, {})[account] = net
    asked = _refunds_asked_for(world)
    return {currency: _sums(accounts, asked.get(currency)) for currency, accounts in sorted(by_currency.items())}


def _refunds_asked_for(world: World) -> dict[str, Decimal]:
    """What refunds that didn't fail come to, and payouts to cards, whether or not money has left for them yet."""
    found: dict[str, Decimal] = {}
    for shown in world.transactions():
        # A payout to a card is a capture below zero.
        asked = Decimal(str(shown["refunded_amount"])) - min(Decimal(0), Decimal(str(shown["captured_amount"])))
        found[str(shown["currency"])] = found.get(str(shown["currency"]), Decimal(0)) + asked
    return found


def _sums(accounts: Mapping[str, Decimal], asked: Decimal | None) -> Money:
    refunds = accounts.get("income:refunds", Decimal(0))
    in_flight = sum((net for account, net in accounts.items() if account.endswith(_IN_FLIGHT)), Decimal(0))
    held = {
        kind: sum((net for account, net in accounts.items() if account.endswith(ending)), Decimal(0))
        for kind, ending in _HELD.items()
    }
    assets = sum((net for account, net in accounts.items() if account.startswith("assets:")), Decimal(0))
    # Transactions show amounts without trailing zeros; the books' are exact.
    waiting = Decimal(0) if asked is None else (asked - refunds - in_flight).quantize(assets)
    return Money(
        sales=-accounts.get("income:sales", Decimal(0)),
        refunds=refunds,
        losses=accounts.get(_LOSSES, Decimal(0)),
        fees=_fees(accounts),
        keeps=assets - waiting,
        is_open={kind: net for kind, net in {"to be refunded": waiting, **held}.items() if net},
    )


def _fees(accounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What all gateways took, by cause."""
    found: dict[str, Decimal] = {}
    for name, net in accounts.items():
        if name.startswith(_FEES) and net:
            cause = name.rpartition(":")[2]
            found[cause] = found.get(cause, Decimal(0)) + net
    return found
