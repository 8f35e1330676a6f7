"""What was captured is voided as a whole while it waits in the day's batch, and never afterwards."""

from dataclasses import replace

import pytest

from mockpsp.domain.commands import Authorize, Capture, OpenRetrievalRequest, SettleCapture, Void
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.psps.profiles import CapturedVoid, Fee, PspProfile
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

HOUR_MS = 3_600_000
BATCH = PspProfile(
    "psp",
    captured_void_until=CapturedVoid.CUT_OFF,
    settlement_cut_off="23:00",
    settlement_delay_ms=HOUR_MS,
    capture_fee=Fee(29_000, {"EUR": 30}),
)


def sold(profile: PspProfile = BATCH, **more: object) -> Story:
    story = Story(profile=profile, **more)  # type: ignore[arg-type]
    story.does(Capture(SOURCE, "psp"))
    return story


def refuses(story: Story, command: Void, *says: str) -> None:
    before = story.payment

    with pytest.raises(Refused) as refused:
        story.does(command)

    for words in says:
        assert words in refused.value.message
    assert story.payment == before


@pytest.mark.parametrize("amount_minor", [None, 100_00])
def test_the_sale_and_its_fee_are_undone_and_the_payment_is_voided(amount_minor: int | None) -> None:
    story = sold()
    story.now_ms += 23 * HOUR_MS

    story.does(Void(amount_minor))

    assert story.payment.status is Status.VOIDED
    assert (story.payment.captured_minor, story.payment.voided_minor, story.payment.fees_minor) == (0, 100_00, 0)
    assert story.payment.captured_at_ms == 0
    assert {account: minor for account, minor in story.balances.items() if minor} == {}
    assert story.events[-1] == "transaction.voided"


def test_the_tax_on_its_fee_is_undone_too() -> None:
    story = sold(replace(BATCH, processing_fee_tax_ppm=180_000))
    assert (story.payment.fees_minor, story.payment.tax_minor) == (378, 58)

    story.does(Void())

    assert (story.payment.fees_minor, story.payment.tax_minor) == (0, 0)
    assert {account: minor for account, minor in story.balances.items() if minor} == {}


def test_after_the_cut_off_it_is_refunded_instead() -> None:
    story = sold()
    story.now_ms += 23 * HOUR_MS + 1

    refuses(story, Void(), "(captured_void_until: cut-off)", "closed at 1970-01-01T23:00:00")


def test_a_part_of_it_is_not_voided() -> None:
    refuses(sold(), Void(40_00), "as a whole (captured_void_until: cut-off), which is 100.00 EUR")


def test_several_captures_are_voided_together() -> None:
    story = Story(profile=BATCH)
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 60_00, is_final=False))
    story.does(Capture(None, "psp", 30_00, is_final=True))

    story.does(Void())

    assert story.payment.status is Status.VOIDED
    assert {account: minor for account, minor in story.balances.items() if minor} == {}


def test_what_is_held_is_voided_before_what_was_captured() -> None:
    story = Story(profile=BATCH)
    story.does(Authorize(SOURCE, "psp"))
    story.does(Capture(None, "psp", 60_00, is_final=False))

    story.does(Void())

    assert (story.payment.captured_minor, story.payment.voided_minor) == (60_00, 40_00)


def test_what_has_settled_is_refunded_instead() -> None:
    story = sold(PspProfile("psp", captured_void_until=CapturedVoid.SETTLED))
    story.does(SettleCapture())

    refuses(story, Void(), "(captured_void_until: settled), since it has settled")


def test_a_voided_capture_never_settles() -> None:
    story = sold()
    story.does(Void())

    with pytest.raises(Refused, match="needs a capture that is not settled"):
        story.does(SettleCapture())


def test_what_the_issuer_asks_about_is_not_voided() -> None:
    story = sold()
    story.does(OpenRetrievalRequest())

    with pytest.raises(Refused):
        story.does(Void())


def test_a_scripted_decline_leaves_everything_as_it_was() -> None:
    story = sold()
    before = story.payment
    story.scripted = ScriptedOutcome("gateway.declined")

    assert story.does(Void()).error_code == "gateway.declined"

    assert story.payment == before


def test_without_that_fact_nothing_captured_is_voided() -> None:
    refuses(sold(PspProfile("psp")), Void(), "nothing is held")
