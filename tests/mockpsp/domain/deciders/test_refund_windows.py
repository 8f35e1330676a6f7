"""Each capture has a refund window of its own."""

import pytest

from mockpsp.domain.commands import Authorize, Capture, FundRefund, Refund
from mockpsp.domain.psps.profiles import PspProfile, RefundAfterWindow, RefundShortBalance, Tolerance
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000


def in_two_parcels(**facts: object) -> Story:
    """60.00 EUR captured on day 0, 40.00 on day 10."""
    story = Story(profile=PspProfile("psp", **facts))
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 60_00, is_final=False))
    story.now_ms = 10 * DAY_MS
    story.does(Capture(None, "psp", 40_00))
    return story


def refunded_by_capture(story: Story) -> list[int]:
    return [capture.refunded_minor for capture in story.payment.captures]


@pytest.mark.parametrize(
    ("day", "amount_minor", "by_capture"),
    [(20, 100_00, [60_00, 40_00]), (30, 70_00, [60_00, 10_00]), (31, 40_00, [0, 40_00]), (40, 15_00, [0, 15_00])],
)
def test_a_refund_draws_on_the_captures_inside_their_window(day: int, amount_minor: int, by_capture: list[int]) -> None:
    story = in_two_parcels(refund_window_ms=30 * DAY_MS)
    story.now_ms = day * DAY_MS

    story.does(Refund(amount_minor))

    assert refunded_by_capture(story) == by_capture


@pytest.mark.parametrize(
    ("day", "amount_minor", "why"),
    [
        (31, 40_01, "of the other captures 40.00 EUR can be refunded"),
        (31, None, "of the other captures 40.00 EUR can be refunded"),
        (41, 1, "refund_window: 30d"),
    ],
)
def test_what_a_closed_window_holds_is_not_refunded(day: int, amount_minor: int | None, why: str) -> None:
    story = in_two_parcels(refund_window_ms=30 * DAY_MS)
    story.now_ms = day * DAY_MS

    with pytest.raises(Refused, match=why):
        story.does(Refund(amount_minor))


@pytest.mark.parametrize(
    ("day", "amount_minor", "by_capture"),
    # What is open goes first, so that an ordinary refund finds as much as it can.
    [(31, 40_00, [0, 40_00]), (31, 70_00, [30_00, 40_00]), (90, 70_00, [60_00, 10_00])],
)
def test_an_instant_refund_goes_after_the_window_where_the_psp_makes_them(
    day: int, amount_minor: int, by_capture: list[int]
) -> None:
    story = in_two_parcels(refund_window_ms=30 * DAY_MS, refund_after_window=RefundAfterWindow.INSTANT)
    story.now_ms = day * DAY_MS

    story.does(Refund(amount_minor, is_instant=True))

    assert refunded_by_capture(story) == by_capture


def test_an_ordinary_one_does_not_and_is_told_of_the_other() -> None:
    story = in_two_parcels(refund_window_ms=30 * DAY_MS, refund_after_window=RefundAfterWindow.INSTANT)
    story.now_ms = 90 * DAY_MS

    with pytest.raises(Refused, match=r"refund_window: 30d.*ask for an instant one.*refund_after_window: instant"):
        story.does(Refund(1))


def test_a_capture_too_young_lets_the_older_one_be_refunded() -> None:
    story = in_two_parcels(refund_not_before_ms=7 * DAY_MS)

    story.does(Refund(60_00))

    assert refunded_by_capture(story) == [60_00, 0]
    with pytest.raises(Refused, match="wait 7d more"):
        story.does(Refund(1))


def waiting_for_the_first_parcel(**facts: object) -> Story:
    """60.00 EUR captured on day 0 and asked back on day 1, when the balance was empty; 40.00 captured on day 10."""
    story = Story(profile=PspProfile("psp", refund_short_balance=RefundShortBalance.WAIT, **facts))
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 60_00, is_final=False))
    story.now_ms = DAY_MS
    story.balances["assets:psp:psp:pending"] = 0
    story.does(Refund(60_00))
    story.now_ms = 10 * DAY_MS
    story.does(Capture(None, "psp", 40_00))
    return story


@pytest.mark.parametrize("day", [20, 31, 40])
def test_a_refund_that_waits_leaves_the_captures_that_it_will_not_draw_on(day: int) -> None:
    story = waiting_for_the_first_parcel(refund_window_ms=30 * DAY_MS)
    waits = story.refund_seq()
    story.now_ms = day * DAY_MS

    story.does(Refund(40_00))

    assert refunded_by_capture(story) == [0, 40_00]
    story.balances["assets:psp:psp:pending"] = 60_00
    story.does(FundRefund(waits))
    assert refunded_by_capture(story) == [60_00, 40_00]


def test_what_a_waiting_refund_will_draw_on_is_not_refunded_twice() -> None:
    story = waiting_for_the_first_parcel(refund_window_ms=30 * DAY_MS, over_refund=Tolerance(cap_minor={"EUR": 5_00}))
    story.now_ms = 31 * DAY_MS

    with pytest.raises(Refused, match=r"of the other captures 40\.00 EUR can be refunded"):
        story.does(Refund(41_00))
