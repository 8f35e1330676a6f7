"""Disputes: answered or not, won or lost, and what each step costs."""

import pytest

from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import Capture, Command, ContestChargeback, LoseChargeback, OpenChargeback, WinChargeback
from mockpsp.domain.profiles import Fee, FeeIfWon, FeeWhen, PspProfile
from tests.mockpsp.domain.payments import SOURCE, Story


def disputed(**facts: object) -> Story:
    """100.00 EUR captured and disputed at a PSP that takes 15 for the dispute and 20 for the answer."""
    fees = {"chargeback_fee": Fee(0, {"EUR": 15_00}), "countered_fee": Fee(0, {"EUR": 20_00})}
    story = Story(profile=PspProfile("psp", **{**fees, **facts}))
    story.does(Capture(SOURCE, "psp"))
    story.does(OpenChargeback())
    return story


@pytest.mark.parametrize(
    ("facts", "steps", "costs_minor"),
    [
        ({}, [], 15_00),
        ({}, [ContestChargeback()], 35_00),
        ({}, [ContestChargeback(), WinChargeback()], 15_00),
        ({}, [ContestChargeback(), LoseChargeback()], 35_00),
        ({}, [LoseChargeback()], 15_00),
        ({"countered_fee_if_won": FeeIfWon.KEEP}, [ContestChargeback(), WinChargeback()], 35_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, [ContestChargeback(), WinChargeback()], 0),
        ({"chargeback_fee_when": FeeWhen.LOST}, [ContestChargeback(), WinChargeback()], 0),
        ({"chargeback_fee_when": FeeWhen.LOST}, [ContestChargeback(), LoseChargeback()], 35_00),
    ],
)
def test_what_a_dispute_costs_by_how_it_goes(facts: dict[str, object], steps: list[Command], costs_minor: int) -> None:
    story = disputed(**facts)

    for step in steps:
        story.does(step)

    assert story.balances["expenses:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_a_chargeback_is_answered_once() -> None:
    story = disputed()
    story.does(ContestChargeback())

    with pytest.raises(Refused, match="a chargeback nobody answered"):
        story.does(ContestChargeback())


def test_a_chargeback_that_nobody_can_win_is_not_answered() -> None:
    story = disputed(chargeback_contestable=False)

    with pytest.raises(Refused, match="chargeback_contestable: no"):
        story.does(ContestChargeback())


def test_only_an_open_chargeback_is_answered() -> None:
    story = disputed()
    story.does(LoseChargeback())

    with pytest.raises(Refused, match="needs an open chargeback"):
        story.does(ContestChargeback())
