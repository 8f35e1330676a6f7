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
from mockpsp.scenarios.language.loader import library_paths, load
from mockpsp.scenarios.language.model import Scenario

pytestmark = pytest.mark.slow

PSPS = list(load_catalog().profiles)
STORIES = [load(path) for path in library_paths()]
#: Stories of what the PSPs refuse that they bring along, or of amounts in their currencies.
OWN_PSPS_ONLY = {
    "bank-debit-refunded-in-full-and-claimed-back-all-the-same",
    "dinars-end-in-zero-where-the-psp-says-so",
    "refund-of-what-the-issuer-disputes-or-asks-about",
    "yen-have-no-cents-and-dinars-have-three",
}
MOVABLE = [story for story in STORIES if not chosen_gateways(story) and story.slug not in OWN_PSPS_ONLY]
TOLERANCES = ("over_capture", "over_refund")
#: Stories of disputes wait for deadlines that aren't refusals: slug -> facts without which the story is another one.
NEEDS: dict[str, dict[str, Any]] = {
    "bank-debit-disputed-and-gone-at-once": {"chargeback_withheld": False, "chargeback_contestable": False},
    "dispute-alert-heeded-or-ignored": {"alert_window": "3d"},
    "dispute-contested-and-decided": {"chargeback_contestable": True, "chargeback_decided_after": "60d"},
    "dispute-deadline-missed-or-loss-accepted": {"chargeback_contestable": True, "chargeback_answer_within": "18d"},
    "dispute-over-the-rest-before-it-settles": {"chargeback_contestable": True},
    "dispute-won-then-presented-a-second-time": {"second_chargeback": True, "chargeback_decided_after": "30d"},
    "refund-while-disputed-loses-twice": {"chargeback_answer_within": "18d"},
    "retrieval-request-holds-money-until-answered": {"retrieval_answer_within": "14d"},
}
#: `(partial_capture: none)`, `(refund_not_before)`.
_FACT = re.compile(r"\(([a-z_]+)(?:: ([^;)]+))?[;)]")


def facts(name: str) -> dict[str, Any]:
    """All facts of a PSP by name, as `mockpsp psps` shows them."""
    shown = profile_json(load_catalog().profiles[name])
    taken = {"currencies": shown["currencies"], "methods": shown["methods"]}
    return {**shown["can"], **shown["delays"], **shown["fees"], **shown["amounts"], **taken}


@pytest.mark.parametrize("story", MOVABLE, ids=lambda story: story.slug)
def test_a_psp_goes_along_or_names_the_fact_that_forbids_it(mockpsp_server: str, story: Scenario) -> None:
    fates = compare(story, mockpsp_server, PSPS, always=story.always)

    assert {fate.psp for fate in fates} == set(PSPS)
    needs = NEEDS.get(story.slug, {})
    for fate in fates:
        unmet = {fact for fact, value in needs.items() if facts(fate.psp)[fact] != value}
        if fate.psp == "sandbox" and not unmet:
            assert fate.survived, fate.refusal
        if fate.refusal is not None:
            assert is_by_a_fact(fate.psp, fate.refusal, unmet), (fate.psp, fate.refusal)


def is_by_a_fact(psp: str, refusal: Refusal, unmet: set[str]) -> bool:
    """Whether the PSP's facts forbid it: by name or, where a story lacks a fact it needs, by how its disputes go on."""
    if refusal.status == 200:
        # What the story takes for too much isn't, for a PSP that tolerates more; nor is an answer where one counts.
        tolerates = any(facts(psp)[fact] != "none" for fact in TOLERANCES)
        return tolerates or ("chargeback_contestable" in unmet and facts(psp)["chargeback_contestable"] is True)
    named = [fact for fact, _ in _FACT.findall(refusal.message)]
    named += ["currencies"] if "its currencies are" in refusal.message else []
    if any(fact in unmet or facts(psp).get(fact) != facts("sandbox").get(fact) for fact in named):
        return True
    short = facts(psp)["refund_short_balance"]
    if refusal.status == 410 and short == "refuse":
        return True
    is_waiting = refusal.status is None and "not reached" in refusal.message
    if is_waiting and short == "wait":
        return True
    return bool(unmet) and (is_waiting or "this payment's dispute is lost" in refusal.message)


def test_what_stories_need_is_there_for_them() -> None:
    slugs = {story.slug for story in MOVABLE}
    assert set(NEEDS) <= slugs
    assert {fact for needs in NEEDS.values() for fact in needs} <= set(facts("sandbox"))


def test_most_stories_can_be_moved() -> None:
    assert len(MOVABLE) >= 12
