"""Facts that can't hold together are refused where one author states both, and never where one lies idle."""

from typing import Any

import pytest

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.catalog.profile_files import profile_of

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"partial_capture": "none", "captures_max": 3}, "captures_max: names more than one capture"),
        ({"partial_capture": "once", "captures_max": "unlimited"}, "captures_max: names more than one capture"),
        ({"incremental_authorization": False, "increments_max": 3}, "increments_max: counts increments"),
        ({"void": False, "partial_void": True}, "partial_void: is true, and void is false"),
        (
            {"capture_renews_authorization": True},
            "capture_renews_authorization: is true, and no hold that runs out is captured in parts",
        ),
        ({"authorize": False, "authorization_lifetime": "7d"}, "authorization_lifetime: says how long a hold lasts"),
        ({"authorize": False, "incremental_authorization": True}, "incremental_authorization: is true"),
        ({"authorize": False, "void": True}, "void: is true, and authorize is false"),
        ({"authorize": False, "over_capture": {"rate": "15%"}}, "over_capture: goes beyond a hold"),
        ({"capture_outcome": "sync", "capture_delay": "1d"}, "capture_delay: is a time to wait"),
        ({"methods": ["card"], "confirmation_delay": "1d"}, "confirmation_delay: is a time to wait"),
        ({"refund": "full", "refunds_max": 2}, "refunds_max: counts several refunds"),
        ({"refund": "none", "refund_window": "7d"}, "refund_window: says how long refunds go"),
        ({"refund": "none", "refund_short_balance": "wait"}, "refund_short_balance: says what becomes of refunds"),
        ({"refund_after_window": "instant"}, "refund_after_window: is instant, and no window closes"),
        (
            {"refund_after_window": "instant", "refund_window": "7d", "instant_refund": False},
            "refund_after_window: is instant, and no window closes (refund_window), or no refund is instant",
        ),
        ({"processing_fee_tax": "18%"}, "processing_fee_tax: is a share of the processing fee, and there is none"),
        ({"refund_queue": "first-that-fits"}, "refund_queue: says which refunds that wait are made, and none waits"),
        ({"refund": "none", "refund_outcome": "async", "refund_delay": "2d"}, "refund_outcome: says how refunds end"),
        ({"refund": "none", "instant_refund": True}, "instant_refund: is true, and refund is none"),
        ({"refund": "none", "over_refund": {"rate": "15%"}}, "over_refund: goes beyond the capture"),
        ({"chargeback_fee_when": "lost", "chargeback_fee_if_won": "return"}, "chargeback_fee_if_won: gives a fee back"),
        (
            {"disputes": "none", "chargeback_delay": "14d"},
            "chargeback_delay: says how disputes go, and disputes",
        ),
        ({"disputes": "none", "second_chargeback": True}, "second_chargeback: says how disputes go"),
        ({"chargeback_contestable": False, "pre_arbitration": True}, "pre_arbitration: is true, and chargeback_cont"),
        ({"chargeback_contestable": False, "partial_win": True}, "partial_win: is true, and chargeback_contestable"),
        ({"pre_arbitration_answer_within": "18d"}, "pre_arbitration_answer_within: says how long one may answer"),
        (
            {"partial_win": False, "countered_fee_if_partly_won": "return"},
            "countered_fee_if_partly_won: gives a fee back for a part that is won",
        ),
        ({"chargeback_fee_if_again": "again"}, "chargeback_fee_if_again: charges a fee anew, and no won dispute"),
        ({"refund_not_before": "7d", "refund_window": "7d"}, "refund_window: is 7d, and refund_not_before is 7d"),
        ({"captures_max": 0}, "captures_max: is 0; it must be at least 1"),
        ({"increments_max": 0}, "increments_max: is 0"),
        ({"refunds_max": 0}, "refunds_max: is 0"),
        ({"methods": []}, "methods: is empty"),
        ({"methods": ["card", "card"]}, "methods: is ['card', 'card']; it names one twice"),
        ({"methods": ["Card"]}, "methods: 'Card' must be 1 to 40 of a-z, 0-9 and _"),
        ({"currencies": []}, "currencies: is empty"),
        (
            {"currencies": ["EUR", "SEK"], "fees": {"capture": {"rate": {"EUR": "1%"}}}},
            "fees.capture: names no rate in SEK, which currencies says is taken",
        ),
        ({"currencies": ["EUR"], "amount_step": "1.00 HUF"}, "amount_step: names an amount in a currency that"),
        (
            {"amount_minimum": "5.00 EUR", "amount_maximum": "4.99 EUR"},
            "amount_maximum: is 4.99 EUR, and amount_minimum or amount_step is 5.00 EUR: no amount would go",
        ),
        ({"amount_step": "0.00 EUR"}, "amount_step: is '0.00 EUR'; it must be \"none\" or amounts above zero"),
        ({"amount_minimum": ["1.00 EUR", "2.00 EUR"]}, "it names EUR twice"),
        (
            {"fees": {"capture": {"rate": {"EUR": "1%"}}, "refund": {"rate": {"USD": "1%"}}}},
            "fees: have no currency in common, so no payment could be priced (fees.capture: EUR; fees.refund: USD)",
        ),
    ],
)
def test_facts_that_contradict_each_other_are_refused(facts: dict[str, Any], says: str) -> None:
    with pytest.raises(CatalogError) as error:
        profile_of("north", facts)

    assert str(error.value).startswith("north: ")
    assert says in str(error.value)


@pytest.mark.parametrize(
    "facts",
    [
        {"like": "card-flexible", "partial_capture": "none"},
        {"like": "card-flexible", "incremental_authorization": "false"},
        {"like": "card-flexible", "authorize": "false"},
        {"like": "square", "refund_outcome": "sync"},
        {"like": "sandbox", "void": "false"},
        {"like": "gocardless", "methods": ["card"]},
        {"like": "card-flexible", "chargeback_contestable": "false"},
        {"like": "bnpl", "refund_outcome": "final-then-fail", "refund_fails_after_final": "3d", "refund_delay": "3d"},
    ],
)
def test_what_is_taken_over_may_lie_idle(facts: dict[str, Any]) -> None:
    assert CATALOG.derive("north", facts).name == "north"


def test_a_window_that_is_taken_over_is_no_excuse_for_refunds_that_never_go() -> None:
    with pytest.raises(CatalogError, match=r"refund_window: is 180d, and refund_not_before is 200d"):
        CATALOG.derive("north", {"like": "paypal", "refund_not_before": "200d"})
