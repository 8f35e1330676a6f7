"""What must hold after every step of a story that says so under `always`, as functions over one universe.

What to look at is the server's audit (mockpsp/api/control/audit.py), which looks through all books and payments each
time and tells what doesn't hold. To add one: its name in `INVARIANTS` (language/model.py), a row below, and what the
audit answers. Where one amount is above the other, the PSP that took the payment is asked how much beyond it tolerates
(`over_capture`, `over_refund`).
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mockpsp.scenarios.language.matching import MISSING, Difference, dig
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.replaying.world import World

Audit = Mapping[str, list[dict[str, Any]]]


def broken(names: tuple[str, ...], world: World) -> list[Difference]:
    """Where one of the named invariants doesn't hold right now; one question to the server, however many they are."""
    audit = world.audit() if names else {}
    found: list[Difference] = []
    for name in names:
        if name in AMOUNT_INVARIANTS:
            found.extend(_compare_amounts(name, audit["beyond"], world))
        else:
            found.extend(BOOK_INVARIANTS[name](audit))
    return found


def _check_balanced(audit: Audit) -> Iterable[Difference]:
    """Debits equal credits per currency, on and off the balance sheet; balances are the sums of the postings."""
    for one in audit["unbalanced"]:
        currency = one["currency"]
        yield Difference(
            "ledger.balanced", f"all {one['book']} to add up to 0 {currency}", f"{one['total']} {currency}"
        )
    for one in audit["unlike_postings"]:
        posted, balance = one["posted"] or "0", one["balance"] or "0"
        expected = f"the sum of its postings, {posted} {one['currency']}"
        yield Difference(f"ledger.balanced.{one['account']}", expected, f"{balance} {one['currency']}")


def _compare_amounts(name: str, transactions: list[dict[str, Json]], world: World) -> list[Difference]:
    smaller, larger, fact = AMOUNT_INVARIANTS[name]
    # What is paid out to a card goes the other way: below zero, and none of it was taken.
    return [
        Difference(f"{name} on {one.get('id')}", f"at most {one.get(larger)}", str(one.get(smaller)))
        for one in transactions
        if _at_least_zero(one.get(smaller)) > _at_least_zero(one.get(larger))
        and _at_least_zero(one.get(smaller)) > _at_least_zero(one.get(larger)) + _tolerated(fact, larger, one, world)
    ]


def _tolerated(fact: str, larger: str, one: Mapping[str, Json], world: World) -> Decimal:
    """How far beyond the larger amount the transaction's PSP goes: a rate of it, a cap, or the lesser of both."""
    answer = world.look("GET", f"/sandbox/psps/{one.get('gateway_name')}")
    tolerance = MISSING if answer.body is MISSING else dig(answer.body, f"psp.can.{fact}")
    if not isinstance(tolerance, dict):
        return Decimal(0)
    limits = []
    if "rate" in tolerance:
        limits.append(_at_least_zero(one.get(larger)) * Decimal(str(tolerance["rate"]).rstrip("%")) / 100)
    if "cap" in tolerance:
        cap = tolerance["cap"]
        limits.append(_at_least_zero(cap.get(str(one.get("currency"))) if isinstance(cap, dict) else None))
    return min(limits, default=Decimal(0))


def _at_least_zero(amount: Json) -> Decimal:
    return max(Decimal(0), Decimal(str(amount or 0)))


#: Name -> the two keys of a transaction, the first of which never exceeds the second, but for what this fact of the
#: PSP tolerates.
AMOUNT_INVARIANTS: Mapping[str, tuple[str, str, str]] = {
    "captured <= authorized": ("captured_amount", "authorized_amount", "over_capture"),
    "refunded <= captured": ("refunded_amount", "captured_amount", "over_refund"),
}
BOOK_INVARIANTS: Mapping[str, Callable[[Audit], Iterable[Difference]]] = {"ledger.balanced": _check_balanced}
