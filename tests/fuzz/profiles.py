"""Random PSPs: every fact there is, drawn from what its field may be, so that a new fact joins by itself."""

from enum import StrEnum
from random import Random
from typing import Any, get_type_hints

from mockpsp.catalog import load_catalog
from mockpsp.catalog.profile_files import FACTS
from mockpsp.domain.psps.fees import FEES
from mockpsp.domain.psps.profiles import PspProfile, Tolerance

CURRENCIES = ("EUR", "JPY", "KWD")
_SPANS = ("0s", "1h", "1d", "2d", "5d", "9d", "30d", "0bd", "1bd", "3bd")
#: How windows and lifetimes are counted beside that.
_LAPSES = (*_SPANS, "1mo", "unlimited")
#: Facts that say what a PSP is, not what it does; methods are drawn for every one.
_LEFT_OUT = {"models", "aliases", "methods", "sources"}
#: Facts that are written in a way of their own.
_DRAWN: dict[str, tuple[Any, ...]] = {
    "currencies": (["EUR", "JPY", "KWD"], ["KWD", "EUR", "JPY"], ["EUR", "JPY"]),
    "amount_minimum": ("none", ["0.50 EUR", "50 JPY"], "0.100 KWD"),
    "amount_maximum": ("none", ["1000.00 EUR", "100000 JPY"], "9.990 KWD"),
    "amount_step": ("none", ["0.05 EUR", "0.010 KWD"], ["1.00 EUR", "10 JPY"]),
    "refund_window": (*(span for span in _SPANS[1:] if not span.endswith("bd")), "1mo", "1y", "unlimited"),
    "settlement_cut_off": ("none", "00:00", "17:00", "23:59", "17:00 Europe/Berlin", "16:30 Asia/Kolkata"),
    "calendar": ("target2", "us-fed", "br", "none"),
    "time_zone": ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"),
    "payout_schedule": (
        *("manual", "daily", "daily", "weekly:monday", "weekly:sunday", "monthly:1", "monthly:28"),
        *("weekly:tuesday,friday", "monthly:1,15", "monthly:31"),
    ),
    "payout_minimum": ("none", ["5.00 EUR", "500 JPY"], ["0.01 EUR", "1 JPY", "2.000 KWD"]),
    "reserve": ("none", "5%", "10%", "33.3333%"),
    "processing_fee_tax": ("none", "18%", "7.7%"),
    "native": ([], ["iban"], ["account_holder", "iban"]),
}
_AMOUNTS = {"EUR": ("0.00", "0.01", "0.25", "7.50"), "JPY": ("0", "1", "30"), "KWD": ("0.000", "0.001", "0.125")}
#: Drawn more often than the others, since what is planned for later comes of them.
_OFTEN = (
    *("payout_schedule", "payout_minimum", "reserve", "settlement_cut_off", "settlement_delay"),
    *("payout_transit", "calendar", "time_zone"),
)


def draw(random: Random) -> dict[str, Any]:
    """A profile like a built-in one with some facts overridden; not every draw is one that a PSP can be."""
    hints, field_by_fact = get_type_hints(PspProfile), {fact: field for fact, (field, _) in FACTS.items()}
    profile: dict[str, Any] = {"like": random.choice(list(load_catalog().profiles))}
    facts = [fact for fact in field_by_fact if fact not in _LEFT_OUT]
    drawn = random.sample(facts, random.randint(0, 8))
    drawn += [fact for fact in _OFTEN if fact not in drawn and random.random() < 0.3]
    for fact in drawn:
        name = field_by_fact[fact]
        profile[fact] = random.choice(_DRAWN[fact]) if fact in _DRAWN else _value(random, name, hints[name])
    # A built-in PSP may take other currencies and no cards, and nothing would ever be paid at it.
    profile.setdefault("currencies", list(CURRENCIES))
    profile["methods"] = random.choice((["card"], ["card"], ["card", "wallet"], ["wallet", "card"], ["wallet"]))
    profile["fees"] = {kind.name: _fee(random) for kind in FEES}
    return profile


def _value(random: Random, name: str, hint: Any) -> Any:
    """A value as a file would write it; LookupError for a kind of fact that nobody thought of here."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return random.choice(list(hint)).value
    if hint is bool:
        return random.choice((True, False))
    if hint is Tolerance:
        return random.choice(("none", {"rate": "15%"}, {"cap": ["5.00 EUR", "500 JPY", "1.000 KWD"]}))
    if name.endswith("_ms"):
        return random.choice(_SPANS if hint is int else _LAPSES)
    if name.endswith("_max"):
        return random.choice(("1", "2", "4", "unlimited"))
    raise LookupError(f"how is a {name} drawn?")


def _fee(random: Random) -> dict[str, Any]:
    fee: dict[str, Any] = {"rate": random.choice(("0%", "1.4%", "2.9%", "15%"))}
    for part in ("fixed", "minimum", "cap"):
        if part == "fixed" or random.random() < 0.3:
            fee[part] = [f"{random.choice(_AMOUNTS[currency])} {currency}" for currency in CURRENCIES]
    return fee
