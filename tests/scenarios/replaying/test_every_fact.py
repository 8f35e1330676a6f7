"""Every fact of a profile has a story that is another one where the fact is: stated otherwise, it does not go as told.

To add a fact: its row in `STORIES`, with a story that depends on it and another value of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.catalog.facts import ASKED
from mockpsp.catalog.folders import Profiles
from mockpsp.catalog.profile_files import FACTS, profile_of
from mockpsp.domain.psps.fees import FEES
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.runner import SETUP, run

pytestmark = pytest.mark.slow

#: Fact -> a story that depends on it, and what it is changed to at every PSP that is in it.
STORIES: dict[str, tuple[str, Any]] = {
    "methods": ("cards-currencies-and-amounts-a-psp-does-not-take", ["card"]),
    "currencies": ("dinars-end-in-zero-where-the-psp-says-so", ["USD"]),
    "amount_minimum": ("cards-currencies-and-amounts-a-psp-does-not-take", "none"),
    "amount_maximum": ("cards-currencies-and-amounts-a-psp-does-not-take", "none"),
    "amount_step": ("dinars-end-in-zero-where-the-psp-says-so", "none"),
    "authorize": ("captured-once-or-in-as-many-parts-as-the-psp-takes", False),
    "authorization_lifetime": ("hold-captured-in-part-or-left-to-expire", "1h"),
    "capture_renews_authorization": ("rest-of-a-hold-has-its-time-anew-after-each-parcel", False),
    "honour_period": ("hold-runs-out-and-is-refunded-or-is-assured-no-more", "9d"),
    "capture_after_honour": ("hold-runs-out-and-is-refunded-or-is-assured-no-more", "allow"),
    "expired_hold": ("hold-runs-out-and-is-refunded-or-is-assured-no-more", "void"),
    "incremental_authorization": ("hold-raised-as-often-as-the-psp-allows", True),
    "increments_max": ("hold-raised-as-often-as-the-psp-allows", "1"),
    "partial_capture": ("no-partial-capture-so-capture-in-full-and-refund-the-rest", "none"),
    "captures_max": ("product-sold-shared-and-captured-by-line", "1"),
    "capture_rest": ("captured-once-or-in-as-many-parts-as-the-psp-takes", "release"),
    "over_capture": ("more-captured-than-was-held", "none"),
    "capture_outcome": ("pre-arbitration-after-a-win", "async"),
    "capture_delay": ("capture-taken-on-then-it-fails", "0s"),
    "capture_fails_after_final": ("capture-confirmed-rejected-days-later-and-through-after-all", "0s"),
    "capture_succeeds_again": ("capture-confirmed-rejected-days-later-and-through-after-all", False),
    "void": ("strategy-held-and-voided-or-captured-and-refunded", False),
    "partial_void": ("hold-raised-as-often-as-the-psp-allows", True),
    "captured_void_until": ("batch-voided-until-it-closes-refunded-once-settled", "none"),
    "split_payments": ("product-sold-shared-and-captured-by-line", False),
    "confirmation": ("bank-debit-paid-out-and-returned-days-later", "sync"),
    "confirmation_delay": ("bank-debit-confirmed-or-bounced-days-later", "0s"),
    "late_failure_window": ("bank-debit-paid-out-and-returned-days-later", "0s"),
    "native": ("bank-debit-confirmed-or-bounced-days-later", []),
    "payout_short_balance": ("payout-to-a-card-from-what-has-settled", "allow"),
    "refund": ("psp-that-refunds-only-in-full", "partial"),
    "refunds_max": ("twenty-refunds-and-not-one-more", "25"),
    "over_refund": ("more-given-back-than-was-paid", "none"),
    "refund_not_before": ("refunds-not-too-early-not-too-late-not-too-often", "0s"),
    "refund_window": ("a-year-to-refund-and-the-leap-day", "9d"),
    "refund_after_window": ("too-old-for-a-refund-but-an-instant-one", "refuse"),
    "refund_again_after_failure": ("refunds-not-too-early-not-too-late-not-too-often", True),
    "refund_requires": ("batch-voided-until-it-closes-refunded-once-settled", "captured"),
    "refund_per_capture": ("refund-refused-on-a-short-balance-or-as-a-duplicate", False),
    "duplicate_refund_window": ("refund-refused-on-a-short-balance-or-as-a-duplicate", "0s"),
    "refund_while_disputed": ("refund-of-what-the-issuer-disputes-or-asks-about", "allow"),
    "refund_while_retrieval": ("refund-of-what-the-issuer-disputes-or-asks-about", "allow"),
    "refund_after_lost": ("refund-of-what-the-issuer-disputes-or-asks-about", "allow"),
    "refund_short_balance": ("refund-waits-for-money", "allow"),
    "refund_queue": ("small-refund-goes-while-a-large-one-waits", "first-come"),
    "refund_cancel_within": ("refund-waits-for-money", "0s"),
    "refund_outcome": ("bank-debit-refund-fails-while-pending-and-after", "sync"),
    "refund_delay": ("instant-refund-falls-back-to-normal-speed", "0s"),
    "instant_refund": ("instant-refund-falls-back-to-normal-speed", True),
    "instant_refund_delay": ("instant-refund-falls-back-to-normal-speed", "1h"),
    "refund_fails_after_final": ("refund-comes-back-as-late-as-the-psp-lets-it", "1d"),
    "disputes": ("several-disputes-over-one-order", "none"),
    "chargeback_delay": ("refund-now-or-chargeback-later", "0s"),
    "chargeback_withheld": ("bank-debit-refunded-in-full-and-claimed-back-all-the-same", True),
    "chargeback_contestable": ("strategy-refunded-at-once-or-left-for-the-dispute", False),
    "chargeback_answer_within": ("dispute-deadline-missed-or-loss-accepted", "1d"),
    "chargeback_decided_after": ("dispute-contested-and-decided", "1d"),
    "partial_win": ("dispute-won-in-part", True),
    "win_after_lost": ("dispute-lost-and-won-after-all", True),
    "second_chargeback": ("dispute-won-then-presented-a-second-time", False),
    "pre_arbitration": ("pre-arbitration-after-a-win", True),
    "pre_arbitration_answer_within": ("pre-arbitration-after-a-win", "unlimited"),
    "alert_window": ("dispute-alert-heeded-or-ignored", "0s"),
    "retrieval_held": ("issuer-asks-then-warns-then-disputes-and-loses", True),
    "retrieval_answer_within": ("retrieval-request-holds-money-until-answered", "1d"),
    "chargeback_fee_when": ("dispute-fee-at-once-or-only-when-lost", "open"),
    "chargeback_fee_if_won": ("dispute-fee-at-once-or-only-when-lost", "keep"),
    "countered_fee_if_won": ("dispute-answered-for-a-fee-that-comes-back-if-won", "keep"),
    "countered_fee_if_partly_won": ("dispute-won-in-part", "return"),
    "chargeback_fee_if_again": ("pre-arbitration-after-a-win", "once"),
    "rounding": ("fees-with-a-minimum-a-cap-and-one-for-the-payout", "half_up"),
    "processing_fee_tax": ("tax-on-the-fee-stays-when-all-is-refunded", "none"),
    "processing_fee_on_refund": ("nothing-sold-and-only-the-fees-are-missing", "keep_all"),
    "settlement_delay": ("batch-closes-at-five-and-a-refund-is-in-a-later-one", "0s"),
    "settlement_cut_off": ("batch-closes-at-five-and-a-refund-is-in-a-later-one", "none"),
    "calendar": ("sold-before-easter-in-the-bank-after-it", "none"),
    "time_zone": ("payouts-on-their-way-and-sent-back-on-the-way", "UTC"),
    "payout_schedule": ("payouts-by-schedule-weekly-and-monthly", "manual"),
    "payout_transit": ("payouts-on-their-way-and-sent-back-on-the-way", "0s"),
    "payout_minimum": ("reserve-kept-back-and-released", "none"),
    "reserve": ("reserve-kept-back-and-released", "20%"),
    "reserve_period": ("reserve-kept-back-and-released", "0s"),
    "fees.capture": ("bank-debit-confirmed-or-bounced-days-later", {"rate": "7%"}),
    "fees.refund": ("bank-debit-refund-fails-while-pending-and-after", {"rate": "7%"}),
    "fees.instant_refund": ("instant-refund-falls-back-to-normal-speed", {"rate": "7%"}),
    "fees.chargeback": ("dispute-alert-heeded-or-ignored", {"rate": "7%"}),
    "fees.countered": ("dispute-answered-for-a-fee-that-comes-back-if-won", {"rate": "7%"}),
    "fees.retrieval": ("issuer-asks-then-warns-then-disputes-and-loses", {"rate": "7%"}),
    "fees.payout": ("fees-with-a-minimum-a-cap-and-one-for-the-payout", {"rate": "7%"}),
}
_PATHS = {path.stem: path for path in library_paths()}
_FIELDS = {fact: field for fact, (field, _) in FACTS.items()} | {f"fees.{kind.name}": kind.field for kind in FEES}


def test_every_fact_has_a_story() -> None:
    assert set(STORIES) == {*ASKED, *(f"fees.{kind.name}" for kind in FEES)}


@pytest.mark.parametrize("fact", STORIES)
def test_a_story_is_another_one_where_its_fact_is(fact: str) -> None:
    slug, value = STORIES[fact]
    story = load(_PATHS[slug])
    catalog = load_catalog()
    changed = replace(
        catalog, profiles=Profiles({}, {name: otherwise(one, fact, value) for name, one in catalog.profiles.items()})
    )
    with own_application() as application:
        application.app.extensions["mockpsp"].universes.catalog = changed

        told = [run(stated(story, fact, value), application, cell=cell) for cell in story.cells()]

    differences = [result.differences[0] for result in told if not result.ok]
    # A story that is for PSPs with the fact alone says so, by its name.
    assert [one for one in differences if one.where != SETUP or f" {fact}: " in one.actual], differences


def otherwise(profile: PspProfile, fact: str, value: Any) -> PspProfile:
    """The profile with the fact changed, whatever else it says."""
    said = {"fees": {fact.removeprefix("fees."): value}} if fact.startswith("fees.") else {fact: value}
    changed = getattr(profile_of("changed", said, is_kept=True), _FIELDS[fact])
    return replace(profile, **{_FIELDS[fact]: changed})


def stated(story: Scenario, fact: str, value: Any) -> Scenario:
    """The story, in which PSPs of its own that state the fact state it otherwise."""
    return replace(story, psps={name: _restated(own, fact, value) for name, own in story.psps.items()})


def _restated(own: Any, fact: str, value: Any) -> Mapping[str, Any]:
    kind = fact.removeprefix("fees.")
    if fact.startswith("fees.") and kind in own.get("fees", {}):
        return {**own, "fees": {**own["fees"], kind: value}}
    return {**own, fact: value} if fact in own else dict(own)
