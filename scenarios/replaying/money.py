"""What a flow came to, read from the books: parts that add up to the sales."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mockpsp.scenarios.language.matching import dig
from mockpsp.scenarios.replaying.world import World

_SALES, _REFUNDS, _LOSSES = "income:sales", "income:refunds", "expenses:chargebacks"
#: The last part of what an expense of this kind is called is its cause.
_FEES = "expenses:psp:"
#: What left for somebody else than a customer.
_PAID_ON = "expenses:sellers"
_OWED_CUSTOMERS = "liabilities:customers"
_PSP = "assets:psp:"
#: Endings of accounts at a PSP whose money is the merchant's no more, or perhaps not.
_DISPUTED, _IN_FLIGHT = ":disputed", ":refunds-in-flight"
#: What may be open still when nothing is due any more -> how the name of the account that holds it ends.
_HELD = {"in reserve": ":reserve", "not settled": ":pending"}
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """What a flow came to in one currency, in major units, positive; fees by cause.

    Sales are what is kept, the fees, what was refunded, paid on and lost, and what is at risk, less what is owed.
    `is_open`: what of it nothing ended, by kind; refunds that still wait for money are refunded, and not kept.
    """

    sales: Decimal = _NOTHING
    keeps: Decimal = _NOTHING
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    refunds: Decimal = _NOTHING
    paid_on: Decimal = _NOTHING
    losses: Decimal = _NOTHING
    #: Withheld in open disputes.
    at_risk: Decimal = _NOTHING
    #: A balance below zero, which the PSP will have back.
    owed_to_psp: Decimal = _NOTHING
    #: Refunds that the bank sent back, and those that wait for more than there is.
    owed_to_customers: Decimal = _NOTHING
    is_open: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def owed(self) -> Decimal:
        """To whomever."""
        return self.owed_to_psp + self.owed_to_customers

    @property
    def certain(self) -> Decimal:
        """What stays whatever becomes of the rest."""
        return self.keeps - self.owed


def money_of(world: World, journal: list[Any]) -> dict[str, Money]:
    """Currency -> what the flow came to."""
    by_currency: dict[str, dict[str, Decimal]] = {}
    for (account, currency), net in world.balances().items():
        if not account.startswith("memo:"):
            by_currency.setdefault(currency, {})[account] = net
    waiting = _refunds_that_wait(world, journal)
    return {currency: _sums(accounts, waiting.get(currency)) for currency, accounts in sorted(by_currency.items())}


def postings(journal: list[Any]) -> Iterator[tuple[str, str, str, str, Decimal, str]]:
    """(what it is about, fact, debit, credit, amount, currency) of every line, oldest first."""
    for entry in journal:
        for line in entry["postings"]:
            amount = Decimal(str(line["amount"]))
            yield str(entry["on"]), str(entry["fact"]), line["debit"], line["credit"], amount, line["currency"]


def _refunds_that_wait(world: World, journal: list[Any]) -> dict[str, Decimal]:
    """What was taken on to be refunded and has not left: each payment's own, since one's excess is not another's."""
    left: dict[str, Decimal] = {}
    for on, _, debit, credit, amount, _ in postings(journal):
        for account, sign in ((debit, 1), (credit, -1)):
            if account in (_REFUNDS, _OWED_CUSTOMERS) or account.endswith(_IN_FLIGHT):
                left[on] = left.get(on, _NOTHING) + sign * amount
    found: dict[str, Decimal] = {}
    for shown in world.transactions():
        currency = str(shown["currency"])
        waits = Decimal(str(shown["refunded_amount"])) - left.get(str(shown["id"]), _NOTHING)
        if Decimal(str(shown["captured_amount"])) > 0 and waits > 0:
            found[currency] = found.get(currency, _NOTHING) + waits
    return found


def _sums(accounts: Mapping[str, Decimal], waiting: Decimal | None) -> Money:
    sales = -accounts.get(_SALES, _NOTHING)
    # Transactions show amounts without trailing zeros; the books' are exact.
    waits = _NOTHING if waiting is None else waiting.quantize(next(iter(accounts.values())))
    at_psp: dict[str, Decimal] = {}
    for account, net in accounts.items():
        if account.startswith(_PSP) and not account.endswith((_DISPUTED, _IN_FLIGHT)):
            gateway = account.removeprefix(_PSP).rpartition(":")[0]
            at_psp[gateway] = at_psp.get(gateway, _NOTHING) + net
    elsewhere = sum(
        (net for name, net in accounts.items() if name.startswith("assets:") and not _is_at_psp(name)), _NOTHING
    )
    owed_to_psp = _below_zero(at_psp.values()) - sum(
        (net for name, net in accounts.items() if name.startswith("liabilities:psp:")), _NOTHING
    )
    fees: dict[str, Decimal] = {}
    for account, net in accounts.items():
        if account.startswith(_FEES) and net:
            cause = account.rpartition(":")[2]
            fees[cause] = fees.get(cause, _NOTHING) + net
    # What waits to be refunded is no more the merchant's; beyond what is there it is owed.
    kept = elsewhere + sum(at_psp.values(), _NOTHING) + _below_zero(at_psp.values()) - waits
    held = {kind: _ending(accounts, ending) for kind, ending in _HELD.items()}
    return Money(
        sales=sales,
        keeps=max(kept, _NOTHING),
        fees=fees,
        refunds=accounts.get(_REFUNDS, _NOTHING) + _ending(accounts, _IN_FLIGHT) + waits,
        paid_on=accounts.get(_PAID_ON, _NOTHING),
        losses=accounts.get(_LOSSES, _NOTHING),
        at_risk=_ending(accounts, _DISPUTED),
        owed_to_psp=owed_to_psp,
        owed_to_customers=_below_zero((kept, accounts.get(_OWED_CUSTOMERS, _NOTHING))),
        is_open={kind: net for kind, net in {"to be refunded": waits, **held}.items() if net > 0},
    )


def _is_at_psp(account: str) -> bool:
    return account.startswith(_PSP)


def _below_zero(nets: Iterable[Decimal]) -> Decimal:
    return -sum((net for net in nets if net < 0), _NOTHING)


def _ending(accounts: Mapping[str, Decimal], ending: str) -> Decimal:
    found = (net for name, net in accounts.items() if name.startswith(_PSP) and name.endswith(ending))
    return sum(found, _NOTHING)


def journal_of(world: World) -> list[Any]:
    """All entries of the journal, oldest first."""
    listed = dig(world.control("GET", "/sandbox/ledger/journal?format=json"), "journal")
    return listed if isinstance(listed, list) else []
