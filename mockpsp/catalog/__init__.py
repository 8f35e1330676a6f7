"""Packaged data, read once and validated into frozen values: PSP profiles, test cards, decline codes.

To add a PSP: one file in `psps/`. To add a card or a code: one line in its file. Read profile_files.py for the format.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from mockpsp.catalog.folders import Profiles, folder_of, parse
from mockpsp.catalog.issuers import Issuer, issuers_of, scheme_of
from mockpsp.catalog.profile_files import FIRST, NAME, NAME_IN_WORDS, CatalogError, near, profile_of
from mockpsp.domain.psps.profiles import CardBehaviour, Demand, Fingerprint, PspProfile, ThreeDSCard

__all__ = ["NAME", "NAME_IN_WORDS", "Catalog", "CatalogError", "DeclineCode", "load_catalog"]

_CARD_FACTS = [field.name for field in fields(CardBehaviour)]


class DeclineCode(NamedTuple):
    """A code a payment can fail with; hard: trying again is pointless."""

    code: str
    is_hard: bool
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """All packaged data."""

    #: Name -> profile, the default first, then by name, then a user's own.
    profiles: Profiles
    #: A card's key (first six and last four digits) -> what it brings about.
    cards: Mapping[str, CardBehaviour]
    declines: Mapping[str, DeclineCode]
    #: First six digits of a test card -> its issuer.
    issuers: Mapping[str, Issuer]

    def find(self, name: str) -> PspProfile | None:
        """The profile of that name or alias."""
        return self.profiles.find(name)

    def derive(self, name: str, facts: Mapping[str, Any], *, is_kept: bool = False) -> PspProfile:
        """A profile `like` a known one with single facts overridden; CatalogError says what is wrong with them.

        `is_kept`: it is read again from where it was kept, and contradicted nothing when it was made.
        """
        like = facts.get("like", FIRST)
        base = self.find(like) if isinstance(like, str) else None
        if base is None:
            known = [*self.profiles, *self.profiles.owner_by_alias()]
            raise CatalogError(f"{name}: like: there is no PSP {like!r}{near(like, known)}")
        own = {key: value for key, value in facts.items() if key != "like"}
        return profile_of(name, own, base=base, is_kept=is_kept)

    def card_key(self, number: str) -> str | None:
        """The key of a published test number; None for any other number."""
        return _numbers().get(number)

    def card_numbers(self) -> tuple[str, ...]:
        """The published test numbers, in the order of their file."""
        return tuple(_numbers())

    def behaviour(self, key: str) -> CardBehaviour:
        """What the card of that key brings about."""
        return self.cards[key]

    def issuer(self, iin: str) -> Issuer:
        """The issuer of a test card by its first six digits."""
        return self.issuers[iin]

    def find_issuer(self, digits: str) -> Issuer | None:
        """What a number's first six or more digits say; None: nothing."""
        known = self.issuers.get(digits[:6])
        if known is not None:
            return known
        scheme = scheme_of(digits)
        return None if scheme is None else Issuer(scheme)

    def decline(self, code: str) -> DeclineCode | None:
        """The decline code of that name."""
        return self.declines.get(code)

    def decline_message(self, code: str) -> str:
        """What a decline says."""
        known = self.declines.get(code)
        return known.message if known else code


def load_catalog(folder: str = "") -> Catalog:
    """The packaged catalog, with the profiles of a user's folder; raises CatalogError naming file, key and reason."""
    packaged = _packaged()
    return packaged if not folder else replace(packaged, profiles=packaged.profiles.with_own(Path(folder)))


@lru_cache(maxsize=1)
def _packaged() -> Catalog:
    declines = _declines()
    cards = {key_of(number): behaviour_of(number, row, declines) for number, row in _read("cards.toml").items()}
    profiles = folder_of(resources.files(__name__) / "psps")
    return Catalog(profiles, cards, declines, issuers_of(cards, _read("iins.toml")))


def behaviour_of(number: str, row: Any, declines: Collection[str]) -> CardBehaviour:
    """What a line of cards.toml says; CatalogError for a key or a decline code nobody knows."""
    where = f"cards.toml: card ending in {number[-4:]}"
    if not isinstance(row, dict) or "scheme" not in row:
        raise CatalogError(f"{where}: must be a table with at least a scheme")
    for key, value in row.items():
        if key not in _CARD_FACTS:
            raise CatalogError(f"{where}: {key}: no such fact{near(key, _CARD_FACTS)}")
        if key.endswith("_error") and value not in declines:
            raise CatalogError(f"{where}: {key}: {value!r} is not in codes.toml{near(value, list(declines))}")
    if "three_d_s" in row:
        row = {**row, "three_d_s": _three_d_s(where, row["three_d_s"])}
    return CardBehaviour(**row)


def _three_d_s(where: str, row: Any) -> ThreeDSCard:
    """How a card takes part in 3-D Secure."""
    known = [field.name for field in fields(ThreeDSCard)]
    for key in row:
        if key not in known:
            raise CatalogError(f"{where}: three_d_s.{key}: no such fact{near(key, known)}")
    try:
        return ThreeDSCard(
            versions=tuple(row.get("versions", (2,))),
            demand=Demand(row.get("demand", Demand.ASKED)),
            is_frictionless=row.get("is_frictionless", False),
            fingerprint=Fingerprint(row.get("fingerprint", Fingerprint.NO)),
        )
    except ValueError as error:
        raise CatalogError(f"{where}: three_d_s: {error}") from None


def key_of(number: str) -> str:
    """What is kept of a test number: its first six and last four digits."""
    return number[:6] + number[-4:]


@lru_cache(maxsize=1)
def _numbers() -> dict[str, str]:
    return {number: key_of(number) for number in _read("cards.toml")}


@lru_cache(maxsize=4)
def _read(name: str) -> dict[str, Any]:
    return parse(resources.files(__name__) / name)


def _declines() -> dict[str, DeclineCode]:
    rows = _read("codes.toml")
    found = {}
    for key, is_hard in (("hard", True), ("soft", False)):
        for code in rows[key]:
            text = rows["messages"].get(code) or _sentence(code)
            found[code] = DeclineCode(code, is_hard, text)
    return found


def _sentence(code: str) -> str:
    """A code's own words as a sentence: `card.issuer-down` -> "The payment failed: card, issuer down."."""
    family, _, words = code.partition(".")
    return f"The payment failed: {family}, {words.replace('-', ' ')}."
