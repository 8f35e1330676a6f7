"""The moves of the world that are about a gateway or a payout, as `/sandbox/simulate` makes them."""

from typing import Any

from mockpsp.api.requests import lookups
from mockpsp.api.wire.fields import AmountText, StrictBody, Text, one_of
from mockpsp.domain.payments.money import check_currency, parse
from mockpsp.domain.psps.fees import missing_price
from mockpsp.domain.text.codes import INVALID_CURRENCY, INVALID_STATE, Refused
from mockpsp.engine import payouts
from mockpsp.engine.effects import run_effect
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda

#: How many captures one move settles at most; it says whether more wait.
_SETTLED_MAX = 1_000


class CurrencyDetails(StrictBody):
    """Which currency is paid out, or let go from the reserve; without it, each one a gateway has."""

    currency = Text(3)


class BalanceDetails(StrictBody):
    """How much the merchant adds to what a gateway has available."""

    amount = AmountText(required=True)
    currency = Text(3, required=True)


class PayoutFailureDetails(StrictBody):
    """Why the bank sends a payout back."""

    reason = Text(validate=one_of(payouts.FAILURES), load_default="unknown")


def settle(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """Settle the captures that wait for it at a gateway, each as if its time had come."""
    gateway = gateway_profile(tx, on)[0]
    waiting = agenda.settlements(tx.conn, tx.project.no, gateway, _SETTLED_MAX + 1)
    if not waiting:
        raise Refused(INVALID_STATE, f"settlement.run needs captures that wait for settlement; {gateway} has none")
    steps = [run_effect(tx, effect) for effect in waiting[:_SETTLED_MAX]]
    return {"ids": [step.id for step in steps if step.result == "done"], "more": len(waiting) > _SETTLED_MAX}


def add_to_balance(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """The merchant sends money to a gateway's balance."""
    currency = check_currency(details["currency"])
    gateway, profile = gateway_profile(tx, on)
    if why := missing_price(profile, currency):
        raise Refused(INVALID_CURRENCY, f"{gateway} does not take {currency}: {why}", field="with")
    payouts.add(tx, gateway, currency, parse(details["amount"], currency))
    return {"ids": [], "more": False}


def pay_out(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """Pay out what is available at a gateway."""
    currency = check_currency(details["currency"]) if "currency" in details else None
    made = payouts.run(tx, gateway_profile(tx, on)[0], currency)
    return {"ids": [tx.id("payt_", row.seq) for row in made], "more": False}


def arrive(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """Let a payout that is under way reach the merchant's bank before its time."""
    payouts.arrive(tx, lookups.payout(tx, on))
    return {"ids": [on], "more": False}


def fail_payout(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """Let the bank send a payout back."""
    payouts.fail(tx, lookups.payout(tx, on), details["reason"])
    return {"ids": [on], "more": False}


def release_reserve(tx: UniverseTx, on: str, details: dict[str, Any]) -> dict[str, Any]:
    """Let the PSP give back what it has in reserve; in older files, what a payout kept."""
    if on.startswith("payt_"):
        payouts.release(tx, lookups.payout(tx, on))
    else:
        currency = check_currency(details["currency"]) if "currency" in details else None
        payouts.return_reserves(tx, gateway_profile(tx, on)[0], currency)
    return {"ids": [on], "more": False}
