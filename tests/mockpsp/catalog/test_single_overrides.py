"""A single fact stated about any built-in PSP is either refused or has its effect: nothing is half said."""

from collections.abc import Callable
from typing import Any

import pytest

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.domain.commands import (
    Authorize,
    CancelRefund,
    Capture,
    ConfirmCapture,
    ContestChargeback,
    Increment,
    LoseChargeback,
    OpenChargeback,
    OpenPreArbitration,
    Refund,
    SettleCapture,
    Void,
    WinChargeback,
)
from mockpsp.domain.payments.payment import Dispute
from mockpsp.domain.psps.profiles import CaptureOutcome, PartialCapture, PspProfile, RefundOutcome, RefundRequires
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

CATALOG = load_catalog()
DAY_MS = 86_400_000


def at(profile: PspProfile) -> Story:
    """A payment in a currency that the PSP takes."""
    taken = profile.currencies or ("EUR",)
    return Story(profile=profile, currency="EUR" if "EUR" in taken else taken[0])


def held(profile: PspProfile) -> Story:
    story = at(profile)
    story.does(Authorize(SOURCE, "psp", is_incremental=profile.incremental_authorization))
    return story


def captured(story: Story, amount_minor: int | None = None, *, is_final: bool | None = None) -> Story:
    """Of a hold or by a sale, through at once or confirmed."""
    story.does(Capture(SOURCE, "psp", amount_minor, is_final))
    if story.profile.capture_outcome is CaptureOutcome.ASYNC:
        story.does(ConfirmCapture())
    return story


def sold(profile: PspProfile) -> Story:
    """Captured whole, at an age at which it can be refunded."""
    story = captured(at(profile))
    story.now_ms += profile.refund_not_before_ms
    if profile.refund_requires is RefundRequires.SETTLED:
        story.does(SettleCapture())
    return story


def parts_go(count: int) -> Callable[[PspProfile], bool]:
    def check(profile: PspProfile) -> bool:
        story = held(profile) if profile.authorize else captured(at(profile), 1_00, is_final=False)
        while len(story.payment.captures) < count:
            captured(story, 1_00, is_final=False)
        return True

    return check


def is_disputed_twice(profile: PspProfile) -> bool:
    story = sold(profile)
    for command in (OpenChargeback(), ContestChargeback(), WinChargeback(), OpenChargeback()):
        story.does(command)
    return story.payment.dispute is Dispute.OPEN


def is_cancelled(profile: PspProfile) -> bool:
    story = sold(profile)
    if profile.refund_outcome is not RefundOutcome.ASYNC:
        story.balances.clear()  # none is pending but one that waits for money
    story.does(Refund(10_00))
    story.does(CancelRefund(story.refund_seq()))
    return story.payment.refunded_minor == 0


def refunds_go(count: int) -> Callable[[PspProfile], bool]:
    def check(profile: PspProfile) -> bool:
        story = sold(profile)
        for number in range(count):
            story.does(Refund(1_00 + number))
        return story.payment.refunds_count == count

    return check


def disputed(profile: PspProfile) -> Story:
    story = sold(profile)
    story.does(OpenChargeback())
    return story


def won(profile: PspProfile) -> Story:
    story = disputed(profile)
    story.does(WinChargeback())
    return story


def lost(profile: PspProfile) -> Story:
    story = disputed(profile)
    story.does(LoseChargeback())
    return story


def is_disputed_in_parts(profile: PspProfile) -> bool:
    story = sold(profile)
    for _ in range(2):
        story.does(OpenChargeback(10_00, is_by_hand=True))
    return len(story.payment.disputes) == 2


def is_final(profile: PspProfile) -> bool:
    try:
        disputed(profile)
    except Refused as refused:
        return "(disputes: none)" in refused.message
    return False


def does(story: Story, command: Any) -> bool:
    story.does(command)
    return True


def is_settled_later(profile: PspProfile) -> bool:
    decision = sold(profile).does(Refund(10_00))
    return any(effect.due_at_ms > 0 for effect in decision.effects)


def fails_after_all(profile: PspProfile) -> bool:
    """Each refund looks final and fails while it may: a rule for one that fails so late is taken."""
    limit_ms = profile.refund_fails_after_final_ms
    fails = sold(profile).does(Refund(10_00)).effects[0]
    return limit_ms is None or 0 <= fails.due_at_ms - profile.refund_not_before_ms <= limit_ms > 0


def rest_is_never_stuck(profile: PspProfile) -> bool:
    """One capture, and nothing is kept that no other one can take."""
    story = captured(held(profile) if profile.authorize else at(profile))
    return not story.payment.is_held and profile.partial_capture is not PartialCapture.MANY


#: (key, value) -> what must then go at the PSP; it answers False or is refused where the fact has no effect.
EFFECTS: list[tuple[str, Any, Callable[[PspProfile], bool]]] = [
    ("partial_capture", "many", parts_go(2)),
    ("partial_capture", "once", lambda p: captured(held(p) if p.authorize else at(p), 60_00) is not None),
    ("captures_max", 1, rest_is_never_stuck),
    ("captures_max", 2, parts_go(2)),
    ("captures_max", 4, parts_go(4)),
    ("captures_max", "unlimited", parts_go(3)),
    (
        "capture_rest",
        "keep",
        lambda p: captured(held(p), 60_00).payment.is_held if p.authorize else parts_go(2)(p),
    ),
    ("void", True, lambda p: does(held(p), Void())),
    ("partial_void", True, lambda p: does(held(p), Void(1_00))),
    ("incremental_authorization", True, lambda p: does(held(p), Increment(1_00))),
    ("increments_max", 2, lambda p: does(held(p), Increment(1_00))),
    ("over_capture", {"rate": "10%"}, lambda p: captured(held(p), 105_00).payment.captured_minor == 105_00),
    ("authorization_lifetime", "3d", lambda p: bool(held(p).last.effects)),
    (
        "capture_delay",
        "2d",
        lambda p: at(p).does(Capture(SOURCE, "psp")).effects[-1].due_at_ms >= 2 * DAY_MS,
    ),
    ("refund", "partial", refunds_go(1)),
    ("refunds_max", 2, refunds_go(2)),
    ("over_refund", {"rate": "10%"}, lambda p: does(sold(p), Refund(105_00))),
    ("refund_delay", "2d", is_settled_later),
    ("refund_delay", "99d", is_settled_later),
    ("refund_outcome", "final-then-fail", fails_after_all),
    ("refund_cancel_within", "1d", is_cancelled),
    ("instant_refund_delay", "7m", lambda p: sold(p).does(Refund(1_00, is_instant=True)).effects[-1].due_at_ms > 0),
    ("countered_fee_if_won", "return", lambda p: does(disputed(p), WinChargeback())),
    ("chargeback_fee_if_won", "return", lambda p: does(disputed(p), WinChargeback())),
    ("alert_window", "1d", lambda p: p.chargeback_delay_ms > 0),
    ("native", ["iban"], lambda p: p.methods != ("card",)),
    ("second_chargeback", True, is_disputed_twice),
    ("disputes", "many", is_disputed_in_parts),
    ("disputes", "one", lambda p: not disputed(p).payment.disputable_minor),
    ("disputes", "none", is_final),
    ("partial_win", True, lambda p: does(disputed(p), WinChargeback(amount_minor=10_00))),
    ("win_after_lost", True, lambda p: does(lost(p), WinChargeback(is_by_hand=True))),
    ("pre_arbitration", True, lambda p: does(won(p), OpenPreArbitration())),
    ("chargeback_answer_within", "9d", lambda p: bool(sold(p).does(OpenChargeback()).effects)),
]
CASES = [(name, key, value, check) for name in CATALOG.profiles for key, value, check in EFFECTS]


@pytest.mark.parametrize(
    ("name", "key", "value", "has_effect"), CASES, ids=[f"{name}-{key}-{value}" for name, key, value, _ in CASES]
)
def test_what_is_stated_of_a_psp_is_refused_or_has_its_effect(
    name: str, key: str, value: Any, has_effect: Callable[[PspProfile], bool]
) -> None:
    try:
        profile = CATALOG.derive("north", {"like": name, key: value})
    except CatalogError as error:
        assert str(error).startswith(f"north: {key}: ")
        return

    try:
        assert has_effect(profile)
    except Refused as refused:
        pytest.fail(f"{key} = {value!r} was taken, and then: {refused.message}")


def test_what_was_kept_is_not_refused_by_later_rules() -> None:
    facts = {"like": "card-simple", "partial_capture": "many"}
    with pytest.raises(CatalogError, match="is many, and captures_max is 1"):
        CATALOG.derive("north", facts)

    assert CATALOG.derive("north", facts, is_kept=True).captures_max == 1
