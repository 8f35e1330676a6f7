"""Several disputes on one payment, parts that are won, pre-arbitration, and losses that turn around."""

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.domain.commands import (
    AcceptChargeback,
    Capture,
    Command,
    ContestChargeback,
    ExpireChargeback,
    LoseChargeback,
    OpenChargeback,
    OpenPreArbitration,
    OpenRetrievalRequest,
    Refund,
    SettleCapture,
    WinChargeback,
)
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Dispute, Status
from mockpsp.domain.psps.profiles import (
    Disputes,
    Fee,
    FeeIfAgain,
    FeeIfWon,
    FeeWhen,
    PspProfile,
    RefundBesideDispute,
)
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

WON, LOST = WinChargeback(is_by_hand=True), LoseChargeback()


def sold(**facts: object) -> Story:
    """100.00 EUR captured at a PSP that takes 15 for a dispute and 20 for the answer."""
    fees = {"chargeback_fee": Fee(0, {"EUR": 15_00}), "countered_fee": Fee(0, {"EUR": 20_00})}
    story = Story(profile=PspProfile("psp", **{**fees, **facts}))
    story.does(Capture(SOURCE, "psp"))
    return story


def by_hand(amount_minor: int | None = None, **more: object) -> OpenChargeback:
    return OpenChargeback(amount_minor, is_by_hand=True, **more)  # type: ignore[arg-type]


def won_part(amount_minor: int) -> WinChargeback:
    return WinChargeback(amount_minor=amount_minor, is_by_hand=True)


def after(story: Story, *commands: Command) -> Story:
    for command in commands:
        story.does(command)
    return story


@pytest.mark.parametrize("command", [by_hand(), OpenChargeback(), OpenRetrievalRequest()])
def test_where_payments_are_final_nobody_disputes_or_asks(command: Command) -> None:
    story = sold(disputes=Disputes.NONE)

    with pytest.raises(Refused, match=r"\(disputes: none\)"):
        story.does(command)


def test_open_and_lost_disputes_come_to_what_was_captured_at_most() -> None:
    story = after(sold(), by_hand(60_00), by_hand(30_00))

    with pytest.raises(
        Refused, match=r"chargeback of 10\.01 EUR exceeds the 100\.00 EUR captured, of which 90\.00 EUR"
    ):
        story.does(by_hand(10_01))
    after(story, LOST, by_hand())

    assert [case.amount_minor for case in story.payment.disputes] == [60_00, 30_00, 10_00]
    assert story.payment.disputed_minor == 100_00
    with pytest.raises(Refused, match=r"nothing is left to dispute: 100\.00 EUR captured, 100\.00 EUR in disputes"):
        story.does(by_hand())


def test_what_was_won_can_be_disputed_by_another_one() -> None:
    story = after(sold(), by_hand(60_00), WON, by_hand(100_00))

    assert [case.state for case in story.payment.disputes] == [Dispute.WON, Dispute.OPEN]
    assert story.payment.disputed_minor == 100_00


def test_without_an_amount_another_dispute_is_about_what_neither_was_refunded_nor_disputed() -> None:
    story = after(sold(), Refund(25_00), by_hand(30_00), by_hand())

    assert [case.amount_minor for case in story.payment.disputes] == [30_00, 45_00]


def test_a_second_dispute_is_refused_where_a_payment_has_one() -> None:
    story = after(sold(disputes=Disputes.ONE), by_hand(60_00))

    with pytest.raises(Refused, match=r"has a dispute already: open; psp has one a payment \(disputes: one\)"):
        story.does(by_hand(10_00))


def test_what_the_card_brings_opens_no_dispute_beside_one_made_by_hand() -> None:
    story = after(sold(), by_hand(60_00))

    with pytest.raises(Refused, match="has a dispute already: open"):
        story.does(OpenChargeback())


def test_a_move_means_the_oldest_open_dispute_unless_another_is_named() -> None:
    story = after(sold(), by_hand(60_00), by_hand(30_00))
    first, second = story.payment.disputes

    after(story, LoseChargeback(second.opened_seq), WON)

    assert [case.state for case in story.payment.disputes] == [Dispute.WON, Dispute.LOST]
    assert story.balances["expenses:chargebacks"] == 30_00
    with pytest.raises(Refused, match=r"chargeback\.lose needs an open chargeback; that dispute is won"):
        story.does(LoseChargeback(first.opened_seq))


def test_the_status_follows_the_dispute_that_ranks_first() -> None:
    story = after(sold(), by_hand(60_00), by_hand(30_00))
    statuses = [story.payment.status]
    for command in (LOST, WON):
        story.does(command)
        statuses.append(story.payment.status)

    assert statuses == [Status.CHARGEBACK_INITIATED, Status.CHARGEBACK_INITIATED, Status.REVERSED]


def test_no_refund_after_a_loss_even_while_another_dispute_is_open() -> None:
    refuse, allow = RefundBesideDispute.REFUSE, RefundBesideDispute.ALLOW
    story = after(sold(refund_after_lost=refuse, refund_while_disputed=allow), by_hand(40_00), by_hand(20_00), LOST)

    with pytest.raises(Refused, match="refund_after_lost: refuse"):
        story.does(Refund(10_00))


def test_disputes_of_one_payment_take_the_money_of_different_captures() -> None:
    story = Story()
    after(story, Capture(SOURCE, "psp", 60_00, False), Capture(SOURCE, "psp", 40_00, True), SettleCapture())

    after(story, by_hand(60_00), by_hand(40_00))

    assert [case.parts for case in story.payment.disputes] == [
        ((story.payment.captures[0].seq, 60_00),),
        ((story.payment.captures[1].seq, 40_00),),
    ]
    assert story.balances["assets:psp:psp:available"] == story.balances["assets:psp:psp:pending"] == 0


@pytest.mark.parametrize("is_withheld", [True, False])
def test_of_a_dispute_won_in_part_the_rest_is_lost(is_withheld: bool) -> None:
    story = after(sold(chargeback_withheld=is_withheld), by_hand(80_00), ContestChargeback())

    decision = story.does(won_part(50_00))

    assert [(fact.kind, fact.amount_minor) for fact in decision.facts] == [
        (Kind.CHARGEBACK_WON, 50_00),
        (Kind.CHARGEBACK_LOST, 30_00),
    ]
    assert story.books() == {
        "income:sales": -100_00,
        "expenses:chargebacks": 30_00,
        "expenses:psp:psp:chargeback": 35_00,
        "assets:psp:psp:pending": 35_00,
    }
    assert story.payment.status is Status.REVERSED


@pytest.mark.parametrize(
    ("facts", "costs_minor"),
    [
        ({}, 35_00),
        ({"countered_fee_if_partly_won": FeeIfWon.RETURN}, 15_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, 35_00),
        ({"chargeback_fee_when": FeeWhen.LOST}, 35_00),
        ({"chargeback_fee_when": FeeWhen.LOST, "chargeback_fee": Fee(100_000, {})}, 23_00),
    ],
)
def test_what_a_part_that_is_won_gives_back_of_the_fees(facts: dict[str, object], costs_minor: int) -> None:
    story = after(sold(**facts), by_hand(80_00), ContestChargeback(), won_part(50_00))

    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_the_whole_dispute_named_as_an_amount_is_no_part_of_it() -> None:
    story = after(sold(partial_win=False), by_hand(80_00), won_part(80_00))

    assert story.payment.status is Status.SOLVED
    after(story, by_hand(20_00))
    with pytest.raises(Refused, match=r"\(partial_win: no\)"):
        story.does(won_part(10_00))
    story.profile = PspProfile("psp")
    with pytest.raises(Refused, match=r"a win of 20\.01 EUR exceeds the 20\.00 EUR that this dispute is about"):
        story.does(won_part(20_01))


@pytest.mark.parametrize("is_withheld", [True, False])
@pytest.mark.parametrize(
    ("facts", "costs_minor"),
    [
        ({}, 15_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, 0),
        ({"chargeback_fee_when": FeeWhen.LOST}, 0),
        ({"countered_fee_if_won": FeeIfWon.KEEP}, 35_00),
    ],
)
def test_a_lost_dispute_turns_into_a_won_one_by_hand(
    is_withheld: bool, facts: dict[str, object], costs_minor: int
) -> None:
    story = after(sold(chargeback_withheld=is_withheld, **facts), by_hand(80_00), ContestChargeback(), LOST)
    assert story.balances["expenses:chargebacks"] == 80_00

    story.does(WON)

    assert story.payment.status is Status.SOLVED
    assert story.balances["expenses:chargebacks"] == story.balances["assets:psp:psp:disputed"] == 0
    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_a_lost_dispute_turns_around_in_part_and_then_wholly() -> None:
    story = after(sold(), by_hand(80_00), LOST, won_part(30_00))
    assert (story.payment.status, story.balances["expenses:chargebacks"]) == (Status.REVERSED, 50_00)

    story.does(WON)

    assert (story.payment.status, story.balances["expenses:chargebacks"]) == (Status.SOLVED, 0)


def test_what_was_planned_for_a_dispute_never_turns_its_loss_around() -> None:
    story = after(sold(chargeback_decided_after_ms=60), by_hand())
    planned = story.does(ContestChargeback("won")).effects[0].command
    story.does(LOST)

    with pytest.raises(Refused, match=r"chargeback\.win needs an open chargeback; this payment's dispute is lost"):
        story.does(planned)  # type: ignore[arg-type]


def test_a_loss_is_for_good_where_the_psp_says_so() -> None:
    story = after(sold(win_after_lost=False), by_hand(), LOST)

    with pytest.raises(Refused, match=r"\(win_after_lost: no\)"):
        story.does(WON)


def test_in_pre_arbitration_no_money_moves_and_a_win_is_for_good() -> None:
    story = after(sold(pre_arbitration=True, second_chargeback=True), by_hand(), WON)
    before = story.books()

    story.does(OpenPreArbitration())
    assert (story.payment.status, story.books()) == (Status.SOLVED, before)
    decision = story.does(WON)

    assert [fact.kind for fact in decision.facts] == [Kind.PRE_ARBITRATION_WON]
    assert story.books() == before
    assert story.events[-1] == "transaction.chargeback.won"
    for command in (OpenPreArbitration(), by_hand(again_seq=story.payment.disputes[0].seq)):
        with pytest.raises(Refused, match="is won for good"):
            story.does(command)


@pytest.mark.parametrize("end", [LOST, AcceptChargeback(), ExpireChargeback()])
def test_whoever_loses_or_does_not_answer_pre_arbitration_loses_the_money_after_all(end: Command) -> None:
    story = after(sold(pre_arbitration=True), by_hand(80_00), WON, OpenPreArbitration())

    decision = story.does(end)

    assert [fact.kind for fact in decision.facts] == [Kind.CHARGEBACK_OPENED, Kind.CHARGEBACK_LOST]
    assert story.payment.status is Status.REVERSED
    assert story.balances["expenses:chargebacks"] == 80_00
    assert story.balances["expenses:psp:psp:chargeback"] == 15_00


def test_pre_arbitration_is_lost_unless_it_is_answered_in_time() -> None:
    story = after(sold(pre_arbitration=True, pre_arbitration_answer_within_ms=18), by_hand(), WON)
    opened = story.does(OpenPreArbitration())
    assert [(effect.due_at_ms, effect.command) for effect in opened.effects] == [
        (18, ExpireChargeback(opened.facts[0].seq))
    ]

    story.does(ContestChargeback())

    with pytest.raises(Refused, match="this one was contested in time"):
        story.does(ExpireChargeback(opened.facts[0].seq))


def test_pre_arbitration_may_end_in_a_second_presentment_that_is_argued_about() -> None:
    story = after(sold(pre_arbitration=True), by_hand(80_00), WON, OpenPreArbitration(), by_hand())

    assert [(case.state, case.amount_minor, case.presentments) for case in story.payment.disputes] == [
        (Dispute.OPEN, 80_00, 2)
    ]


def test_no_part_of_what_was_not_taken_comes_back() -> None:
    story = after(sold(pre_arbitration=True), by_hand(80_00), WON, OpenPreArbitration())

    with pytest.raises(Refused, match="was not taken again, so no part of it comes back"):
        story.does(won_part(10_00))


def test_pre_arbitration_needs_a_psp_that_has_it_and_a_dispute_that_was_won() -> None:
    story = after(sold(), by_hand(), WON)
    with pytest.raises(Refused, match=r"\(pre_arbitration: no\)"):
        story.does(OpenPreArbitration())

    story = after(sold(pre_arbitration=True), by_hand())
    with pytest.raises(Refused, match="needs a won dispute; this payment's dispute is open"):
        story.does(OpenPreArbitration())


@pytest.mark.parametrize(
    ("facts", "costs_minor"),
    [
        ({}, 15_00),
        ({"chargeback_fee_if_again": FeeIfAgain.AGAIN}, 30_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN}, 15_00),
        ({"chargeback_fee_if_won": FeeIfWon.RETURN, "chargeback_fee_if_again": FeeIfAgain.AGAIN}, 15_00),
        ({"chargeback_fee_when": FeeWhen.LOST}, 15_00),
    ],
)
def test_what_a_dispute_costs_that_is_won_presented_again_and_lost(facts: dict[str, object], costs_minor: int) -> None:
    story = sold(second_chargeback=True, countered_fee=Fee(), **facts)

    after(story, by_hand(), ContestChargeback(), WON, by_hand(), ContestChargeback(), LOST)

    assert story.balances["expenses:psp:psp:chargeback"] == story.payment.fees_minor == costs_minor


def test_a_second_presentment_is_about_what_the_first_one_was() -> None:
    story = after(sold(second_chargeback=True), by_hand(60_00), WON)

    with pytest.raises(Refused, match=r"exceeds the 60\.00 EUR that came back when this dispute was won"):
        story.does(by_hand(60_01))
    story.does(by_hand())

    assert [(case.amount_minor, case.presentments) for case in story.payment.disputes] == [(60_00, 2)]


def test_a_new_dispute_beside_a_won_one_has_to_be_called_new_where_that_may_come_again() -> None:
    story = after(sold(second_chargeback=True), by_hand(60_00), WON, by_hand(40_00, is_new=True))

    assert [(case.state, case.amount_minor) for case in story.payment.disputes] == [
        (Dispute.WON, 60_00),
        (Dispute.OPEN, 40_00),
    ]
    assert story.balances["expenses:psp:psp:chargeback"] == 30_00


def test_a_dispute_that_was_won_stays_won_where_that_is_final() -> None:
    story = after(sold(), by_hand(60_00), WON)

    with pytest.raises(Refused, match=r"that one is won, and at psp that is final \(second_chargeback: no\)"):
        story.does(by_hand(again_seq=story.payment.disputes[0].seq))


@pytest.mark.parametrize(
    ("facts", "fees_minor", "pending_minor"),
    [({"chargeback_fee_if_won": "return"}, 20_00, -21_10), ({}, 40_00, -41_10)],
)
def test_a_second_presentment_at_card_async_costs_its_fee_once_where_winning_gave_it_back_and_else_twice(
    facts: dict[str, object], fees_minor: int, pending_minor: int
) -> None:
    profile = load_catalog().derive("psp", {"like": "card-async", "capture_outcome": "sync", **facts})
    story = after(Story(profile=profile), Capture(SOURCE, "psp"))

    after(story, by_hand(), ContestChargeback(), WON, by_hand(), ContestChargeback(), LOST)

    assert story.balances["expenses:psp:psp:chargeback"] == fees_minor
    assert story.balances["assets:psp:psp:pending"] == pending_minor
