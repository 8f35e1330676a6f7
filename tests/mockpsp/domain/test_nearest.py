"""Names that are meant: slips and words of one meaning, and not what merely looks alike."""

import pytest

from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.domain.text.nearest import meant, nearest_name

MOVES = ("refund.make", "refund.fail", "chargeback.open", "chargeback.win", "payment.confirm", "payout.run")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("transaction.faild", "transaction.failed"),
        ("transction.captured", "transaction.captured"),
        ("transaction.refund", "transaction.refunded"),
        ("refund.failed", "transaction.operation.refund.failed"),
        ("Transaction_Captured", "transaction.captured"),
    ],
)
def test_a_slip_is_the_name_it_was_a_slip_for(written: str, known: str) -> None:
    assert nearest_name(written, FIRED_EVENTS, cutoff=0.5) == known


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("transaction.paid", "transaction.captured"),
        ("payment.succeeded", "transaction.captured"),
        ("charge.refunded", "transaction.refunded"),
        ("transaction.declined", "transaction.failed"),
        ("transaction.cancelled", "transaction.voided"),
    ],
)
def test_another_word_for_the_same_thing_is_understood(written: str, known: str) -> None:
    assert nearest_name(written, sorted(FIRED_EVENTS), cutoff=0.5) == known


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("worldpay", ("razorpay", "afterpay", "stripe")),
        ("amt", ("name", "card", "authorize")),
        ("full", ("url", "reason")),
        ("events", ("serve", "settle", "listen")),
        ("transaction.paid", ("transaction.failed", "transaction.voided")),
    ],
)
def test_what_merely_looks_alike_is_not_named(written: str, known: tuple[str, ...]) -> None:
    assert nearest_name(written, known, cutoff=0.5) is None


def test_several_names_that_begin_with_the_word_are_all_named() -> None:
    assert meant("chargeback", MOVES) == "; did you mean one of chargeback.open, chargeback.win?"


def test_the_one_name_that_begins_with_the_word_is_named_alone() -> None:
    assert meant("payout", MOVES) == "; did you mean 'payout.run'?"


def test_the_names_of_many_that_begin_with_the_word_are_cut() -> None:
    assert meant("a", [f"a.{number}" for number in range(9)]).endswith("a.3, a.4, ...?")
