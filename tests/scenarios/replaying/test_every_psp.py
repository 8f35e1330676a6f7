"""Every PSP goes through every story: to its end, or to a refusal that names the fact by which it can't go on.

Stories whose steps choose a PSP of their own are about that one, and are left to test_library.py. After every step of
every one the invariants hold, whatever became of it.
"""

import re
from typing import Any

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.scenarios.comparing.compare import Refusal, chosen_gateways, compare
from mockpsp.scenarios.comparing.report import parts
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application

pytestmark = pytest.mark.slow

PSPS = list(load_catalog().profiles)
STORIES = [load(path) for path in library_paths()]
#: Stories of what the PSPs refuse that they bring along, or of amounts in their currencies.
OWN_PSPS_ONLY = {
    "bank-debit-refunded-in-full-and-claimed-back-all-the-same",
    "dinars-end-in-zero-where-the-psp-says-so",
    "refund-comes-back-as-late-as-the-psp-lets-it",
    "refund-of-what-the-issuer-disputes-or-asks-about",
    "yen-have-no-cents-and-dinars-have-three",
}
MOVABLE = [story for story in STORIES if not chosen_gateways(story) and story.slug not in OWN_PSPS_ONLY]
TOLERANCES = ("over_capture", "over_refund")
#: `(partial_capture: none)`, `(refund_not_before)`.
_FACT = re.compile(r"\(([a-z_]+)(?:: ([^;)]+))?[;)]")
#: `void: true is needed here`.
_NEEDED = re.compile(r"is not: ([a-z_]+): .+ is needed here, and it has \1: (.+)")


def facts(name: str) -> dict[str, Any]:
    """All facts of a PSP by name, as `mockpsp psps` shows them."""
    shown = profile_json(load_catalog().profiles[name])
    taken = {"currencies": shown["currencies"], "methods": shown["methods"]}
    # A fee may be called like a fact: `instant_refund` is both.
    fees = {f"fees.{name}" if isinstance(value, dict) else name: value for name, value in shown["fees"].items()}
    return {**shown["can"], **shown["delays"], **fees, **shown["amounts"], **taken}


@pytest.mark.parametrize("story", MOVABLE, ids=lambda story: story.slug)
def test_a_psp_goes_along_or_names_the_fact_that_forbids_it(application: Application, story: Scenario) -> None:
    fates = compare(story, application, PSPS, always=story.always)

    assert {fate.psp for fate in fates} == set(PSPS)
    for fate in fates:
        if fate.psp == "sandbox" and not story.can:
            assert fate.survived, fate.refusal
        if fate.refusal is not None:
            assert is_by_a_fact(fate.psp, fate.refusal), (fate.psp, fate.refusal)
        for money in fate.money.values():
            assert sum(parts(money).values()) == money.sales, (fate.psp, money)


def is_by_a_fact(psp: str, refusal: Refusal) -> bool:
    """Whether the PSP's facts forbid it, by name."""
    if refusal.status == 200:
        # What the story takes for too much isn't, for a PSP that tolerates more.
        return any(facts(psp)[fact] != "none" for fact in TOLERANCES)
    if needed := _NEEDED.search(refusal.message):
        return needed[1] in facts(psp)
    named = [fact for fact, _ in _FACT.findall(refusal.message)]
    named += ["currencies"] if "its currencies are" in refusal.message else []
    if any(facts(psp).get(fact) != facts("sandbox").get(fact) for fact in named):
        return True
    short = facts(psp)["refund_short_balance"]
    is_waiting = refusal.status is None and "not reached" in refusal.message
    return (refusal.status == 410 and short == "refuse") or (is_waiting and short == "wait")


def test_most_stories_can_be_moved() -> None:
    assert len(MOVABLE) >= 20
