"""What is held can be captured, voided and runs out, whatever else happened; its end is told once, however it ends."""

from collections.abc import Callable

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    Command,
    ConfirmCapture,
    ExpireAuthorization,
    FailCapture,
    Increment,
    LoseChargeback,
    OpenChargeback,
    OpenRetrievalRequest,
    Refund,
    SendFraudNotification,
    Void,
    WinChargeback,
)
from mockpsp.domain.psps.profiles import CaptureOutcome, PspProfile
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

FIRST = Capture(None, "psp", 60_00, is_final=False)
REST = Capture(None, "psp", 40_00)

#: What may happen to a payment of which a part was captured and the rest is held.
MEANWHILE: dict[str, list[Command]] = {
    "nothing": [],
    "refunded-in-part": [Refund(5_00)],
    "refunded": [Refund()],
    "warned": [SendFraudNotification()],
    "asked": [OpenRetrievalRequest()],
    "disputed": [OpenChargeback()],
    "dispute-won": [OpenChargeback(), WinChargeback()],
    "dispute-lost": [OpenChargeback(), LoseChargeback()],
    "refunded-and-disputed-all-the-same": [Refund(), OpenChargeback(is_by_hand=True)],
}


def shipped(meanwhile: str) -> Story:
    """60.00 of a hold of 100.00 captured, and something happened since."""
    story = Story()
    for command in (Authorize(SOURCE, "psp"), FIRST, *MEANWHILE[meanwhile]):
        story.does(command)
    return story


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize(
    ("command", "captured_minor", "voided_minor"),
    [
        (REST, 100_00, 0),
        (Capture(None, "psp"), 100_00, 0),
        (Void(), 60_00, 40_00),
        (ExpireAuthorization(), 60_00, 40_00),
    ],
    ids=["captured", "captured-whole", "voided", "expired"],
)
def test_the_rest_of_a_hold_goes_its_way(
    meanwhile: str, command: Command, captured_minor: int, voided_minor: int
) -> None:
    story = shipped(meanwhile)

    story.does(command)

    assert (story.payment.captured_minor, story.payment.voided_minor) == (captured_minor, voided_minor)
    assert not story.payment.is_held
    assert story.balances["memo:customers"] == 0


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_hold_is_raised_before_the_first_capture_alone(meanwhile: str) -> None:
    story = shipped(meanwhile)

    with pytest.raises(Refused, match="only an authorized payment's hold can be raised"):
        story.does(Increment(1_00))


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_nothing_is_captured_of_a_hold_that_is_over(meanwhile: str) -> None:
    story = shipped(meanwhile)
    story.does(Void())

    for command in (REST, Void()):
        with pytest.raises(Refused):
            story.does(command)


ASYNC = PspProfile("psp", capture_outcome=CaptureOutcome.ASYNC)
#: How a hold of 100.00 ends -> how often its end is told: once where something of it was released.
ENDS: dict[str, tuple[list[Command], PspProfile | None, int]] = {
    "voided": ([Void()], None, 1),
    "voided-in-two-parts": ([Void(40_00), Void(60_00)], None, 1),
    "voided-in-part": ([Void(40_00)], None, 0),
    "expired": ([ExpireAuthorization()], None, 1),
    "voided-in-part-and-expired": ([Void(40_00), ExpireAuthorization()], None, 1),
    "captured": ([Capture(None, "psp")], None, 0),
    "captured-in-two-parts": ([FIRST, REST], None, 0),
    "captured-in-part": ([FIRST], None, 0),
    "captured-in-part-for-good": ([Capture(None, "psp", 60_00, is_final=True)], None, 1),
    "captured-then-voided": ([FIRST, Void()], None, 1),
    "voided-then-captured": ([Void(40_00), Capture(None, "psp")], None, 1),
    "captured-then-expired": ([FIRST, ExpireAuthorization()], None, 1),
    "capture-under-way": ([Capture(None, "psp")], ASYNC, 0),
    "capture-through": ([Capture(None, "psp"), ConfirmCapture()], ASYNC, 0),
    "part-through-for-good": ([Capture(None, "psp", 60_00, is_final=True), ConfirmCapture()], ASYNC, 1),
    "expired-under-way": ([Capture(None, "psp"), ExpireAuthorization()], ASYNC, 0),
    "expired-under-way-then-through": ([Capture(None, "psp"), ExpireAuthorization(), ConfirmCapture()], ASYNC, 0),
    "expired-under-way-then-failed": ([Capture(None, "psp"), ExpireAuthorization(), FailCapture()], ASYNC, 1),
    "rest-voided-under-way-then-failed-and-voided": ([FIRST, Void(), FailCapture(), Void()], ASYNC, 1),
}


@pytest.mark.parametrize(("commands", "profile", "times"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_hold_is_told_once_where_something_was_released(
    commands: list[Command], profile: PspProfile | None, times: int
) -> None:
    story = Story() if profile is None else Story(profile=profile)
    story.does(Authorize(SOURCE, "psp"))

    for command in commands:
        story.does(command)

    assert story.events.count("transaction.voided") == times


@pytest.mark.parametrize("end", [Void, ExpireAuthorization])
def test_the_end_of_a_verification_is_told(end: Callable[[], Command]) -> None:
    story = Story(amount_minor=0)
    story.does(Authorize(SOURCE, "psp"))

    story.does(end())

    assert story.events.count("transaction.voided") == 1
