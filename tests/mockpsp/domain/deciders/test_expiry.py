"""A capture of a part gives the rest of the hold its time anew, where the PSP says so."""

from dataclasses import replace

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    ConfirmCapture,
    ExpireAuthorization,
    restore_command,
    stored_name,
    stored_values,
)
from mockpsp.domain.decision import Decision
from mockpsp.domain.psps.profiles import CaptureOutcome, PspProfile
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

DAY_MS = 86_400_000
RENEWS = PspProfile("psp", authorization_lifetime_ms=28 * DAY_MS, capture_renews_authorization=True)
KEEPS = replace(RENEWS, capture_renews_authorization=False)
PART = Capture(None, "psp", 40_00)


def held(profile: PspProfile) -> Story:
    story = Story(profile=profile)
    story.does(Authorize(SOURCE, "psp"))
    return story


def ends(decision: Decision | None) -> list[tuple[int, ExpireAuthorization]]:
    """When holds run out after this decision, in days."""
    assert decision is not None
    return [
        (effect.due_at_ms // DAY_MS, effect.command)
        for effect in decision.effects
        if isinstance(effect.command, ExpireAuthorization)
    ]


def test_the_rest_has_its_time_anew_from_the_capture_on() -> None:
    story = held(RENEWS)
    ((day, first),) = ends(story.last)
    assert day == 28
    story.now_ms = 20 * DAY_MS
    ((day, second),) = ends(story.does(PART))
    assert day == 48

    story.now_ms = 28 * DAY_MS
    with pytest.raises(Refused, match=r"28d anew \(capture_renews_authorization: yes\)"):
        story.does(first)
    story.now_ms = 48 * DAY_MS
    story.does(second)

    assert story.payment.hold_minor == 0
    assert story.payment.is_hold_expired


def test_elsewhere_it_runs_out_when_it_did() -> None:
    story = held(KEEPS)
    ((_, first),) = ends(story.last)
    assert stored_values(first) == {}
    story.now_ms = 20 * DAY_MS
    assert ends(story.does(PART)) == []
    story.now_ms = 28 * DAY_MS
    story.does(first)

    assert story.payment.hold_minor == 0


@pytest.mark.parametrize("last", [Capture(None, "psp"), Capture(None, "psp", 40_00, is_final=True)])
def test_a_capture_after_which_nothing_is_held_renews_nothing(last: Capture) -> None:
    assert ends(held(RENEWS).does(last)) == []


def test_a_sale_of_a_part_in_one_call_keeps_the_rest_for_its_time() -> None:
    story = Story(profile=RENEWS)
    ((day, end),) = ends(story.does(Capture(SOURCE, "psp", 40_00)))
    assert day == 28
    assert restore_command(stored_name(end), stored_values(end)) == end

    story.does(end)

    assert story.payment.hold_minor == 0


def test_a_capture_that_takes_its_time_renews_the_hold_once_it_is_through() -> None:
    story = held(replace(RENEWS, capture_outcome=CaptureOutcome.ASYNC, capture_delay_ms=2 * DAY_MS))
    story.now_ms = 20 * DAY_MS
    assert ends(story.does(PART)) == []
    story.now_ms = 22 * DAY_MS

    ((day, _),) = ends(story.does(ConfirmCapture()))

    assert day == 50


def test_a_hold_runs_out_by_hand_all_the_same() -> None:
    story = held(RENEWS)
    story.does(PART)
    story.does(ExpireAuthorization())

    assert story.payment.is_hold_expired


def test_a_profile_that_renews_no_more_lets_the_hold_run_out_as_planned() -> None:
    story = held(RENEWS)
    ((_, first),) = ends(story.last)
    story.does(PART)
    story.profile = KEEPS
    story.does(first)

    assert story.payment.hold_minor == 0
