"""The facts of a profile by name, for whoever tells PSPs apart by them. How each is read: profile_files.py."""

from collections.abc import Mapping
from typing import Any

from mockpsp.catalog.profile_files import FACTS, profile_of
from mockpsp.catalog.profile_sheet import profile_json

#: What a profile says of itself, and not of what it can do.
_ABOUT = ("models", "aliases", "sources")
#: The facts that PSPs can be told apart by.
ASKED = tuple(key for key in FACTS if key not in _ABOUT)
#: Those that are lists. A value of such a fact is one of its words.
LISTED = ("methods", "currencies", "native")
#: What it is called that there is none, where that does not mean without a limit.
_NONE = {"calendar": "every day", "reserve": "none", "settlement_cut_off": "none"}
#: Sections of a profile as it is shown.
_SECTIONS = ("can", "fees", "delays", "money", "amounts")


def facts_of(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Fact -> value, of a profile as `profile_json` shows it: words as in a file, for a list its words.

    A PSP that names no currencies takes any: None.
    """
    found: dict[str, Any] = {}
    for section in _SECTIONS:
        found |= {fact: _named(fact, value) for fact, value in shown[section].items() if fact in FACTS}
    found["native"] = [] if found["native"] == "none" else found["native"].split(", ")
    return found | {fact: shown[fact] for fact in ("methods", "currencies")}


def value_of(fact: str, value: Any) -> Any:
    """A value of a fact, given as in a file, as `facts_of` has it; of a list, one word. CatalogError for another."""
    stated = [value] if fact in LISTED else value
    shown = facts_of(profile_json(profile_of("can", {fact: stated}, is_kept=True)))[fact]
    return shown[0] if fact in LISTED else shown


def _named(fact: str, value: Any) -> Any:
    if value is None:
        return _NONE.get(fact, "unlimited")
    return "none" if value == {} else value
