"""Random lives of a payment at random PSPs: the books and the totals agree after every step."""

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mockpsp.domain.commands import (
    AcceptChargeback,
    Authorize,
    CancelRefund,
    Capture,
    Command,
    ConfirmCapture,
    ContestChargeback,
    ExpireAuthorization,
    FailCapture,
    FailPayment,
    FailRefund,
    FallBackRefund,
    FundRefund,
    Increment,
    LoseChargeback,
    OpenChargeback,
    OpenPreArbitration,
    OpenRetrievalRequest,
    Refund,
    ReleaseDebt,
    RestoreCapture,
    SendFraudNotification,
    SettleCapture,
    SettleRefund,
    Void,
    WinChargeback,
)
from mockpsp.domain.payments import debts
from mockpsp.domain.payments.apply import fold_all
from mockpsp.domain.payments.payment import Dispute, Payment
from mockpsp.domain.payments.states import OF_HOLD
from mockpsp.domain.psps.profiles import (
    CapturedVoid,
    CaptureOutcome,
    CaptureRest,
    CardBehaviour,
    Disputes,
    ExpiredHold,
    Fee,
    FeeIfAgain,
    FeeIfWon,
    FeeOnRefund,
    FeeWhen,
    LateCapture,
    PartialCapture,
    PspProfile,
    RefundAfterWindow,
    RefundBesideDispute,
    RefundKind,
    RefundOutcome,
    RefundQueue,
    RefundRequires,
    RefundShortBalance,
    Rounding,
    Tolerance,
)
from mockpsp.domain.psps.tolerance import tolerated
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.calendars import Calendar
from tests.mockpsp.domain.payments import SOURCE, Story
from tests.mockpsp.worlds import paid_by_disputes

_ON_DISPUTES = (
    OpenChargeback | ContestChargeback | AcceptChargeback | WinChargeback | LoseChargeback | OpenPreArbitration
)
_FEE = st.builds(Fee, st.integers(0, 60_000), st.fixed_dictionaries({"EUR": st.integers(0, 500)}))
_TOLERANCE = st.builds(
    Tolerance, st.none() | st.integers(0, 200_000), st.none() | st.fixed_dictionaries({"EUR": st.integers(0, 3_000)})
)
_DAY_MS = 86_400_000
_SPAN_MS = st.sampled_from((0, _DAY_MS, 3 * _DAY_MS, 30 * _DAY_MS))
_LAPSE_MS = st.none() | _SPAN_MS
_BESIDE = st.sampled_from(RefundBesideDispute)
#: Every fact that a decider reads of one payment, by field.
_FACTS: dict[str, st.SearchStrategy[Any]] = dict(
    authorization_lifetime_ms=_LAPSE_MS,
    capture_renews_authorization=st.booleans(),
    honour_period_ms=_LAPSE_MS,
    capture_after_honour=st.sampled_from(LateCapture),
    expired_hold=st.sampled_from(ExpiredHold),
    incremental_authorization=st.sampled_from((True, True, False)),
    capture_succeeds_again=st.booleans(),
    capture_fails_after_final_ms=_LAPSE_MS,
    late_failure_window_ms=_LAPSE_MS,
    captured_void_until=st.sampled_from(CapturedVoid),
    settlement_cut_off=st.none() | st.just("17:00"),
    settlement_delay_ms=_SPAN_MS,
    capture_delay_ms=_SPAN_MS,
    amount_step_minor=st.sampled_from(({}, {}, {"EUR": 5})),
    refund_not_before_ms=st.sampled_from((0, 0, _DAY_MS)),
    refund_window_ms=_LAPSE_MS,
    refund_after_window=st.sampled_from(RefundAfterWindow),
    refund_requires=st.sampled_from(RefundRequires),
    refund_per_capture=st.booleans(),
    duplicate_refund_window_ms=_SPAN_MS,
    refund_while_disputed=_BESIDE,
    refund_while_retrieval=_BESIDE,
    refund_after_lost=_BESIDE,
    refund_queue=st.sampled_from(RefundQueue),
    refund_delay_ms=_SPAN_MS,
    refund_fails_after_final_ms=_LAPSE_MS,
    instant_refund=st.sampled_from((True, True, False)),
    instant_refund_delay_ms=_SPAN_MS,
    chargeback_delay_ms=_SPAN_MS,
    chargeback_answer_within_ms=_LAPSE_MS,
    chargeback_decided_after_ms=_LAPSE_MS,
    pre_arbitration_answer_within_ms=_LAPSE_MS,
    alert_window_ms=_SPAN_MS,
    retrieval_held=st.booleans(),
    retrieval_answer_within_ms=_LAPSE_MS,
    calendar=st.none() | st.sampled_from(Calendar),
    time_zone=st.sampled_from(("UTC", "Asia/Kolkata")),
    partial_capture=st.sampled_from(PartialCapture),
    capture_rest=st.sampled_from(CaptureRest),
    captures_max=st.none() | st.integers(1, 4),
    over_capture=_TOLERANCE,
    over_refund=_TOLERANCE,
    capture_outcome=st.sampled_from(CaptureOutcome),
    increments_max=st.none() | st.integers(0, 3),
    void=st.booleans(),
    partial_void=st.booleans(),
    refund=st.sampled_from(RefundKind),
    refunds_max=st.none() | st.integers(1, 4),
    refund_again_after_failure=st.booleans(),
    refund_short_balance=st.sampled_from(RefundShortBalance),
    refund_cancel_within_ms=st.none() | st.just(0),
    refund_outcome=st.sampled_from(RefundOutcome),
    chargeback_withheld=st.booleans(),
    chargeback_contestable=st.booleans(),
    chargeback_fee_when=st.sampled_from(FeeWhen),
    chargeback_fee_if_won=st.sampled_from(FeeIfWon),
    chargeback_fee_if_again=st.sampled_from(FeeIfAgain),
    countered_fee_if_partly_won=st.sampled_from(FeeIfWon),
    disputes=st.sampled_from(Disputes),
    partial_win=st.booleans(),
    win_after_lost=st.booleans(),
    second_chargeback=st.booleans(),
    pre_arbitration=st.booleans(),
    capture_fee=_FEE,
    refund_fee=_FEE,
    chargeback_fee=_FEE,
    countered_fee=_FEE,
    countered_fee_if_won=st.sampled_from(FeeIfWon),
    retrieval_fee=_FEE,
    instant_refund_fee=_FEE,
    rounding=st.sampled_from(Rounding),
    processing_fee_on_refund=st.sampled_from(FeeOnRefund),
    processing_fee_tax_ppm=st.sampled_from((0, 180_000)),
)
PROFILES = st.builds(PspProfile, st.just("psp"), **_FACTS)
#: What nothing that is decided about one payment depends on, or what its currency and its method are beforehand.
_LEFT_OUT = set(
    "name models aliases methods currencies amount_minimum_minor amount_maximum_minor authorize split_payments "
    "confirmation confirmation_delay_ms native payout_short_balance payout_fee payout_schedule payout_transit_ms "
    "payout_minimum_minor reserve_ppm reserve_period_ms sources".split()
)
CARDS = st.builds(
    CardBehaviour,
    st.just("visa"),
    authorize_error=st.none() | st.just("card.no-money"),
    capture_error=st.none() | st.none() | st.just("gateway.declined"),
    refund_error=st.none() | st.none() | st.just("gateway.declined"),
)
_AMOUNT = st.none() | st.integers(1, 120_00)
_WHICH = st.none() | st.integers(0, 3)


def wish(
    kind: type[Command], *values: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """That command with these values; `st.builds` would make up the others, too, of a named tuple."""
    return st.tuples(st.tuples(*values), st.fixed_dictionaries(named)).map(lambda given: kind(*given[0], **given[1]))


COMMANDS = st.one_of(
    wish(Authorize, st.just(SOURCE), st.just("psp"), st.booleans()),
    wish(Capture, st.just(SOURCE), st.just("psp"), _AMOUNT, st.none() | st.booleans()),
    wish(Capture, st.just(SOURCE), st.just("psp")),
    wish(Increment, st.integers(1, 50_00)),
    wish(Void, _AMOUNT),
    wish(Refund, _AMOUNT),
    wish(Refund, st.integers(1, 30_00)),
    wish(Refund, st.integers(1, 30_00), is_instant=st.just(True)),
    wish(SettleRefund, st.integers(0, 5), st.booleans()),
    wish(FallBackRefund, st.integers(0, 5)),
    wish(FailRefund, st.integers(0, 5)),
    wish(CancelRefund, st.integers(0, 5)),
    wish(FundRefund, st.integers(0, 5)),
    wish(ReleaseDebt),
    wish(SettleCapture),
    wish(ConfirmCapture),
    wish(FailCapture),
    wish(RestoreCapture),
    wish(FailPayment),
    wish(ExpireAuthorization),
    wish(OpenChargeback, _AMOUNT),
    wish(OpenChargeback, st.integers(1, 60_00), is_by_hand=st.just(True), is_new=st.booleans()),
    wish(OpenChargeback, _AMOUNT, is_by_hand=st.just(True), again_seq=st.integers(0, 3)),
    wish(ContestChargeback),
    wish(WinChargeback, _WHICH, _AMOUNT, st.booleans()),
    wish(LoseChargeback, _WHICH),
    wish(AcceptChargeback, _WHICH),
    wish(OpenPreArbitration, _WHICH),
    wish(OpenRetrievalRequest),
    wish(SendFraudNotification),
    st.sampled_from((_DAY_MS // 2, _DAY_MS, 5 * _DAY_MS)),
)


def of_a_dispute(payment: Payment, command: Command) -> Command:
    """The command with the number of a dispute where it names one by position."""
    for name in ("again_seq", "opened_seq"):
        position = getattr(command, name, None)
        if position is not None and payment.disputes and isinstance(command, _ON_DISPUTES):
            case = payment.disputes[position % len(payment.disputes)]
            command = command._replace(**{name: case.seq if name == "again_seq" else case.opened_seq})
    return command


def runs(story: Story, command: Command | int) -> None:
    """Run a command if the rules allow it, or let so many milliseconds pass; commands name refunds by position."""
    if isinstance(command, int):
        story.now_ms += command
        return
    if isinstance(command, SettleRefund | FailRefund | FallBackRefund | CancelRefund | FundRefund):
        known = sorted(story.refunds)
        if not known:
            return
        command = command._replace(refund_seq=known[command.refund_seq % len(known)])
    command = of_a_dispute(story.payment, command)
    before = story.payment, dict(story.balances), len(story.facts)
    try:
        story.does(command)
    except Refused:
        assert (story.payment, dict(story.balances), len(story.facts)) == before


def of_a_hold(story: Story) -> tuple[int, int]:
    """What was given back of a hold that ran out, which no account knows, and how much of it is on its way."""
    refunds = [one for one in story.refunds.values() if one.parts and one.parts[0][0] == OF_HOLD]
    minor_by_state = {state: sum(r.amount_minor for r in refunds if r.state == state) for state in ("pending", "final")}
    return sum(minor_by_state.values()), minor_by_state["pending"]


def test_every_fact_of_a_profile_is_drawn_or_left_out_for_a_reason() -> None:
    assert {one.name for one in fields(PspProfile)} == {*_FACTS, *_LEFT_OUT}
    assert not _LEFT_OUT & {*_FACTS}


@settings(max_examples=300, deadline=None)
@given(profile=PROFILES, card=CARDS, life=st.lists(COMMANDS, max_size=25))
def test_the_books_agree_with_the_payment_after_every_step(
    profile: PspProfile, card: CardBehaviour, life: list[Command | int]
) -> None:
    story = Story(profile=profile, card=card)
    for command in life:
        runs(story, command)
        payment, books = story.payment, story.balances

        assert sum(books.values()) == 0
        assert books["income:sales"] == -payment.captured_minor
        owed_minor = -books["liabilities:customers"]
        assert owed_minor == debts.owed_minor(payment)
        hold_minor, hold_pending_minor = of_a_hold(story)
        pending_minor = payment.refund_pending_minor - hold_pending_minor
        assert books["income:refunds"] == (
            payment.refunded_minor - hold_minor - pending_minor + owed_minor + paid_by_disputes(payment)
        )
        in_flight_minor = pending_minor - payment.refund_waiting_minor
        assert books["assets:psp:psp:refunds-in-flight"] == in_flight_minor
        assert books["memo:customers"] == -books["memo:authorized:psp"]
        assert books["memo:authorized:psp"] == payment.held_minor
        fees = sum(books[f"expenses:psp:psp:{cause}"] for cause in ("processing", "tax", "refund", "chargeback"))
        assert fees == payment.fees_minor
        kept = books["assets:psp:psp:pending"] + books["assets:psp:psp:available"]
        lost = books["expenses:chargebacks"]
        held_minor = sum(minor for _, minor in payment.retrieval_parts)
        by_disputes = paid_by_disputes(payment)
        assert books["assets:psp:psp:disputed"] + lost + by_disputes == payment.disputed_minor + held_minor
        kept += books["assets:psp:psp:disputed"] + books["assets:psp:psp:refunds-in-flight"]
        assert kept + fees + lost + books["income:refunds"] - owed_minor == payment.captured_minor
        assert books["assets:psp:psp:pending"] == sum(c.unsettled_minor for c in payment.captures)


@settings(max_examples=200, deadline=None)
@given(profile=PROFILES, card=CARDS, life=st.lists(COMMANDS, max_size=25))
def test_totals_stay_within_what_was_authorized_and_captured(
    profile: PspProfile, card: CardBehaviour, life: list[Command | int]
) -> None:
    story = Story(profile=profile, card=card)
    for command in life:
        runs(story, command)
        payment = story.payment

        held_minor = payment.authorized_minor - payment.voided_minor
        over_minor = tolerated(profile.over_capture, held_minor, "EUR")
        assert 0 <= payment.captured_minor + payment.capturing_minor <= held_minor + over_minor
        # What came back after it looked final had been captured, and refunded perhaps.
        once_minor = payment.captured_minor + payment.returned_minor
        beyond_minor = tolerated(profile.over_refund, once_minor, "EUR")
        hold_minor, _ = of_a_hold(story)
        assert 0 <= payment.refund_pending_minor <= payment.refunded_minor <= once_minor + beyond_minor + hold_minor
        assert payment.increments_count <= (999 if profile.increments_max is None else profile.increments_max)
        assert len(payment.captures) <= (profile.captures_max or 999)
        assert payment.refunds_count <= (profile.refunds_max or 999)
        assert 0 <= payment.processing_returned_minor <= payment.processing_fee_minor
        assert all(0 <= c.refunded_minor <= c.amount_minor + beyond_minor for c in payment.captures)
        given_back_minor = payment.refunded_minor - payment.refund_waiting_minor - hold_minor
        assert sum(c.refunded_minor for c in payment.captures) == given_back_minor
        assert 0 <= payment.refund_waiting_minor <= payment.refund_pending_minor
        assert 0 <= payment.disputed_minor <= payment.captured_minor
        assert (payment.disputed_minor > 0) == (payment.dispute in (Dispute.OPEN, Dispute.LOST))
        assert len(payment.disputes) <= {"none": 0, "one": 1, "many": 999}[profile.disputes]
        for case in payment.disputes:
            assert case.amount_minor == sum(minor for _, minor in case.parts) > 0


@settings(max_examples=200, deadline=None)
@given(profile=PROFILES, card=CARDS, life=st.lists(COMMANDS, max_size=25))
def test_where_the_psp_looks_at_its_balance_no_refund_takes_it_below_zero(
    profile: PspProfile, card: CardBehaviour, life: list[Command | int]
) -> None:
    story = Story(profile=profile, card=card)
    for command in life:
        before = dict(story.balances)
        runs(story, command)

        if profile.refund_short_balance is RefundShortBalance.ALLOW or not isinstance(command, Refund | FundRefund):
            continue
        for account in ("assets:psp:psp:pending", "assets:psp:psp:available"):
            assert story.balances[account] >= min(0, before.get(account, 0))


@settings(max_examples=100, deadline=None)
@given(profile=PROFILES, card=CARDS, life=st.lists(COMMANDS, max_size=25))
def test_a_payment_is_the_fold_of_its_facts(
    profile: PspProfile, card: CardBehaviour, life: list[Command | int]
) -> None:
    story = Story(profile=profile, card=card)
    for command in life:
        runs(story, command)

    assert fold_all(story.blank, story.facts) == story.payment
