"""The published test cards, what each brings about, and what is asked in a shop's own form."""

import tomllib
from importlib.resources import files
from typing import Any

from mockpsp.domain.psps.native_inputs import ACTIONS, INPUTS
from mockpsp.domain.psps.profiles import ThreeDSCard
from tests.docs.markdown import code, table


def cards() -> list[str]:
    """Card by card: what each brings about."""
    found = tomllib.loads((files("mockpsp.catalog") / "cards.toml").read_text(encoding="utf-8"))
    rows = [(code(number), _scheme(card), _brings_about(card), "✓") for number, card in found.items()]
    return table(("card", "", "brings about", "works"), rows)


def inputs() -> list[str]:
    """What a payment method may ask for, by the keys that profiles use."""
    rows = [(code(key), one.display_name, one.wants) for key, one in INPUTS.items()]
    elsewhere = "nothing: the customer acts elsewhere"
    rows += [(code(key), one.number_label or "A link that opens an app", elsewhere) for key, one in ACTIONS.items()]
    return table(("key", "shown as", "must be"), rows)


def _scheme(card: dict[str, Any]) -> str:
    shown = [card["scheme"], *([f"with {card['co_scheme']}"] if "co_scheme" in card else [])]
    return ", ".join([" ".join(shown), *([card["country_code"]] if "country_code" in card else [])])


#: Field of a test card -> what it brings about, in words around its value.
_CARD_WORDS = {
    "authorize_error": "each authorization is declined: `{}`",
    "next_authorize_error": "the first authorization passes, later ones are declined: `{}`",
    "payment_error": "it can be verified, but each payment is declined: `{}`",
    "capture_error": "it can be authorized, but not captured: `{}`",
    "partial_capture_error": "it cannot be captured in part: `{}`",
    "increment_error": "its hold cannot be raised: `{}`",
    "refund_error": "refunds are declined: `{}`",
    "recommendation_code": "with the advice `{}`",
    "then": "after completion comes a {}",
}
_FOLLOWS = {"chargeback_failed": "chargeback that the merchant wins"}


def _brings_about(card: dict[str, Any]) -> str:
    words = [
        text.format(_FOLLOWS.get(card[name], card[name].replace("_", " ")))
        for name, text in _CARD_WORDS.items()
        if name in card
    ]
    words += [f"the check `{name}` says `{value}`" for name, value in card.get("checks", {}).items()]
    if "three_d_s" in card:
        words.append(_three_d_s(ThreeDSCard(**card["three_d_s"])))
    return "; ".join(words) or "nothing unusual"


def _three_d_s(card: ThreeDSCard) -> str:
    """How it takes part in 3-D Secure."""
    if not card.versions:
        return "no 3-D Secure, as it is not enrolled"
    asks = {"always": "always", "in-scope": "unless exempt or merchant-initiated", "asked": "when asked for"}[
        card.demand
    ]
    shown = [f"3-D Secure {' or '.join(map(str, card.versions))} {asks}"]
    if card.fingerprint != "no":
        shown.append("fingerprint" if card.fingerprint == "yes" else "fingerprint that fails")
    shown.append("frictionless" if card.is_frictionless else "challenge")
    return ", ".join(shown)
