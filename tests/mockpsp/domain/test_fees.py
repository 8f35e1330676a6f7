"""Fees to the minor unit: what is charged, and what comes back of it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mockpsp.domain.commands import Capture, FailRefund, Refund
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY
from mockpsp.domain.psps.fees import FEES, charge, fee_of, opened_fee, returned_if_won, rounded
from mockpsp.domain.psps.profiles import Fee, FeeIfWon, FeeOnRefund, FeeWhen, PspProfile, Rounding, Tolerance
from mockpsp.ledger.rules import FEE_CAUSES
from tests.mockpsp.domain.payments import SOURCE, Story

#: One currency for each number of decimals there is.
CURRENCIES = ("JPY", "EUR", "KWD", "CLF")
_AMOUNT = st.integers(1, 10**9)
_FEE_AMOUNT = st.integers(0, 2_000)


@st.composite
def fees(draw: st.DrawFn) -> Fee:
    """A fee with any of its parts, each with an amount of its own in every currency."""

    def part(amounts: st.SearchStrategy[int]) -> dict[str, int]:
        return {currency: draw(amounts) for currency in CURRENCIES} if draw(st.booleans()) else {}

    minimum_minor = part(_FEE_AMOUNT)
    is_capped, has_rates = draw(st.booleans()), draw(st.booleans())
    return Fee(
        draw(st.integers(0, 100_000)),
        part(_FEE_AMOUNT),
        minimum_minor,
        {code: draw(st.integers(minimum_minor.get(code, 0), 5_000)) for code in CURRENCIES} if is_capped else {},
        part(st.integers(0, 100_00)),
        {code: draw(st.integers(0, 100_000)) for code in CURRENCIES} if has_rates else {},
    )


def test_there_is_a_currency_here_for_each_number_of_decimals() -> None:
    assert {EXPONENT_BY_CURRENCY[currency] for currency in CURRENCIES} == set(EXPONENT_BY_CURRENCY.values())


@pytest.mark.parametrize(
    ("rounding", "fees_minor"),
    [
        # 0.5, 1.5, 2.5, 1.4999, 1.5001 and 2 minor units
        (Rounding.HALF_UP, [1, 2, 3, 1, 2, 2]),
        (Rounding.HALF_DOWN, [0, 1, 2, 1, 2, 2]),
        (Rounding.HALF_EVEN, [0, 2, 2, 1, 2, 2]),
        (Rounding.UP, [1, 2, 3, 2, 2, 2]),
        (Rounding.DOWN, [0, 1, 2, 1, 1, 2]),
    ],
)
def test_less_than_a_minor_unit_is_rounded_as_the_profile_says(rounding: Rounding, fees_minor: list[int]) -> None:
    halves = [charge(Fee(500_000), amount_minor, "EUR", rounding) for amount_minor in (1, 3, 5)]
    near = [rounded(numerator, 10_000, rounding) for numerator in (14_999, 15_001)]

    assert [*halves, *near, charge(Fee(500_000), 4, "EUR", rounding)] == fees_minor


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"),
    [(10_00, 50), (16_67, 50), (17_00, 51), (100_00, 3_00), (166_67, 5_00), (10_000_00, 5_00), (4_99, 0), (5_00, 50)],
)
def test_a_fee_has_a_minimum_a_cap_and_a_threshold(amount_minor: int, fee_minor: int) -> None:
    fee = Fee(30_000, {}, {"EUR": 50}, {"EUR": 5_00}, {"EUR": 5_00})

    assert charge(fee, amount_minor, "EUR") == fee_minor


def test_a_rate_may_differ_by_currency() -> None:
    fee = Fee(rate_ppm_by_currency={"EUR": 14_000, "USD": 29_000})

    assert (charge(fee, 100_00, "EUR"), charge(fee, 100_00, "USD")) == (1_40, 2_90)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(CURRENCIES), _AMOUNT, st.sampled_from(Rounding))
def test_a_fee_is_exact_within_a_minor_unit_and_keeps_its_limits(
    data: st.DataObject, currency: str, amount_minor: int, rounding: Rounding
) -> None:
    fee = data.draw(fees())

    due_minor = charge(fee, amount_minor, currency, rounding)

    if amount_minor < fee.free_under_minor.get(currency, 0):
        assert due_minor == 0
        return
    rate_ppm = fee.rate_ppm_by_currency.get(currency, fee.rate_ppm)
    exact = Fraction(amount_minor * rate_ppm, 1_000_000) + fee.fixed_minor.get(currency, 0)
    least, most = fee.minimum_minor.get(currency, 0), fee.cap_minor.get(currency, due_minor)
    assert due_minor >= 0
    assert least <= due_minor <= most
    if due_minor not in (least, most):
        assert abs(due_minor - exact) < 1


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**9), st.sampled_from(Rounding))
def test_rounding_never_turns_more_into_less(one: int, other: int, denominator: int, rounding: Rounding) -> None:
    assume(one <= other)

    assert rounded(one, denominator, rounding) <= rounded(other, denominator, rounding)


POLICIES = st.builds(
    PspProfile,
    st.just("psp"),
    capture_fee=fees(),
    refund_fee=fees(),
    processing_fee_on_refund=st.sampled_from(FeeOnRefund),
    rounding=st.sampled_from(Rounding),
)


def _captured(profile: PspProfile, captures: list[int], currency: str = "EUR") -> Story:
    # More was authorized than is captured: what comes back goes by what was captured.
    story = Story(profile=profile, amount_minor=sum(captures) + 7_77, currency=currency)
    for amount_minor in captures[:-1]:
        story.does(Capture(SOURCE, "psp", amount_minor, is_final=False))
    story.does(Capture(SOURCE, "psp", captures[-1]))
    return story


_SPLIT = st.lists(st.integers(1, 50_00), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(POLICIES, st.lists(st.integers(1, 90_00), min_size=1, max_size=3), st.sampled_from(CURRENCIES), st.data())
def test_refunds_of_any_split_return_what_one_refund_of_the_whole_returns(
    profile: PspProfile, captures: list[int], currency: str, data: st.DataObject
) -> None:
    whole, split = _captured(profile, captures, currency), _captured(profile, captures, currency)
    costs_minor = [fact.fee_minor for fact in whole.facts if fact.kind is Kind.CAPTURED]
    whole.does(Refund())

    while split.payment.available_minor:
        split.does(Refund(data.draw(st.integers(1, split.payment.available_minor))))
        assert all(fact.processing_minor <= 0 for fact in split.facts)

    kept_minor = whole.balances["expenses:psp:psp:processing"]
    assert split.balances["expenses:psp:psp:processing"] == kept_minor
    assert kept_minor == _kept_of_all(profile, costs_minor, currency)


def _kept_of_all(profile: PspProfile, costs_minor: list[int], currency: str) -> int:
    """What stays with the PSP of what each capture cost once all is refunded, by the words of the policy."""
    fixed_minor = profile.capture_fee.fixed_minor.get(currency, 0)
    return {
        FeeOnRefund.KEEP_ALL: sum(costs_minor),
        FeeOnRefund.RETURN_ALL: 0,
        FeeOnRefund.RETURN_VARIABLE_KEEP_FIXED: sum(min(cost_minor, fixed_minor) for cost_minor in costs_minor),
        FeeOnRefund.PRO_RATA: 0,
    }[profile.processing_fee_on_refund]


@settings(max_examples=300, deadline=None)
@given(
    POLICIES,
    _SPLIT,
    st.lists(st.tuples(st.booleans(), st.integers(1, 40_00), st.integers(0, 9)), max_size=25),
    st.sampled_from(CURRENCIES),
)
def test_no_row_of_refunds_and_failures_returns_more_than_was_charged(
    profile: PspProfile, captures: list[int], life: list[tuple[bool, int, int]], currency: str
) -> None:
    story = _captured(profile, captures, currency)
    charged_minor = story.balances["expenses:psp:psp:processing"]
    for is_refund, amount_minor, number in life:
        standing = [refund for refund in story.refunds.values() if refund.state != "failed"]
        if is_refund and story.payment.available_minor:
            story.does(Refund(min(amount_minor, story.payment.available_minor)))
        elif standing:
            story.does(FailRefund(standing[number % len(standing)].seq))
        assert 0 <= story.balances["expenses:psp:psp:processing"] <= charged_minor
        made = [fact for fact in story.facts if fact.kind is Kind.REFUND_MADE]
        assert all(fact.processing_minor <= 0 <= fact.fee_minor for fact in made)

    for refund in list(story.refunds.values()):
        if refund.state != "failed":
            story.does(FailRefund(refund.seq))
    assert story.balances["expenses:psp:psp:processing"] == charged_minor


@settings(max_examples=200, deadline=None)
@given(POLICIES, _SPLIT, st.integers(1, 100_00), st.data())
def test_what_is_refunded_beyond_the_capture_brings_no_more_of_the_fee_back(
    profile: PspProfile, captures: list[int], beyond_minor: int, data: st.DataObject
) -> None:
    profile = replace(profile, over_refund=Tolerance(cap_minor={"EUR": 100_00}))
    whole, split, beyond = (_captured(profile, captures) for _ in range(3))
    whole.does(Refund())

    beyond.does(Refund(sum(captures) + beyond_minor))
    first_minor = data.draw(st.integers(1, sum(captures)))
    split.does(Refund(first_minor))
    split.does(Refund(sum(captures) - first_minor + beyond_minor))

    kept_minor = whole.balances["expenses:psp:psp:processing"]
    assert split.balances["expenses:psp:psp:processing"] == beyond.balances["expenses:psp:psp:processing"] == kept_minor


@settings(max_examples=200, deadline=None)
@given(POLICIES, _SPLIT, _SPLIT)
def test_a_failed_refund_takes_back_exactly_what_came_with_it(
    profile: PspProfile, captures: list[int], refunds: list[int]
) -> None:
    story = _captured(profile, captures)
    for amount_minor in refunds:
        if story.payment.available_minor:
            story.does(Refund(min(amount_minor, story.payment.available_minor)))

    for seq in list(story.refunds):
        story.does(FailRefund(seq))

    came, went = {}, {}
    for fact in story.facts:
        if fact.refund_seq is not None and fact.processing_minor:
            (came if fact.processing_minor < 0 else went)[fact.refund_seq] = abs(fact.processing_minor)
    assert came == went


@pytest.mark.parametrize(
    ("policy", "after_half", "after_all"),
    [
        (FeeOnRefund.KEEP_ALL, 3_20, 3_20),
        (FeeOnRefund.RETURN_ALL, 1_75, 0),
        (FeeOnRefund.RETURN_VARIABLE_KEEP_FIXED, 1_75, 30),
        (FeeOnRefund.PRO_RATA, 1_60, 0),
    ],
)
def test_what_is_left_of_the_processing_fee_of_a_hundred_euros(
    policy: FeeOnRefund, after_half: int, after_all: int
) -> None:
    story = _captured(
        PspProfile("psp", capture_fee=Fee(29_000, {"EUR": 30}), processing_fee_on_refund=policy), [100_00]
    )
    left = []
    for _ in range(2):
        story.does(Refund(50_00))
        left.append(story.balances["expenses:psp:psp:processing"])

    assert left == [after_half, after_all]


@pytest.mark.parametrize(
    ("fee", "captures", "kept_minor"),
    [
        (Fee(29_000, {"EUR": 30}), [50_00, 50_00], 60),
        (Fee(29_000, {"EUR": 30}, minimum_minor={"EUR": 2_00}), [10_00], 30),
        (Fee(29_000, {"EUR": 30}, cap_minor={"EUR": 20}), [50_00, 50_00], 40),
    ],
    ids=["the fixed part of each capture", "with a minimum", "with a cap below the fixed part"],
)
def test_the_fixed_part_is_kept_of_each_capture(fee: Fee, captures: list[int], kept_minor: int) -> None:
    policy = FeeOnRefund.RETURN_VARIABLE_KEEP_FIXED
    story = _captured(PspProfile("psp", capture_fee=fee, processing_fee_on_refund=policy), captures)

    while story.payment.available_minor:
        story.does(Refund(5_00))

    assert story.balances["expenses:psp:psp:processing"] == kept_minor


@pytest.mark.parametrize(("rounding", "left_minor"), [(Rounding.DOWN, 67), (Rounding.HALF_UP, 67), (Rounding.UP, 66)])
def test_what_comes_back_is_rounded_as_the_profile_says(rounding: Rounding, left_minor: int) -> None:
    policy = FeeOnRefund.PRO_RATA
    profile = PspProfile("psp", capture_fee=Fee(10_000), processing_fee_on_refund=policy, rounding=rounding)
    story = _captured(profile, [100_00])

    story.does(Refund(33_33))

    assert story.balances["expenses:psp:psp:processing"] == left_minor


def test_a_refund_never_costs_what_rounding_gave_back_before() -> None:
    # Half a cent a cent: every other refund brings one. Those that brought none fail, so more has come back by now
    # than a refund of as much would bring.
    profile = PspProfile("psp", capture_fee=Fee(500_000), processing_fee_on_refund=FeeOnRefund.PRO_RATA)
    story = _captured(profile, [10])
    for _ in range(10):
        story.does(Refund(1))
    for seq in sorted(story.refunds)[1::2]:
        story.does(FailRefund(seq))
    assert story.balances["expenses:psp:psp:processing"] == 0

    story.does(Refund(1))

    assert story.facts[-1].processing_minor == 0


def test_a_dispute_costs_nothing_under_its_threshold() -> None:
    profile = PspProfile("psp", chargeback_fee=Fee(0, {"EUR": 15_00}, free_under_minor={"EUR": 30_00}))

    assert [opened_fee(profile, amount_minor, "EUR") for amount_minor in (29_99, 30_00)] == [0, 15_00]


@pytest.mark.parametrize(
    ("opened", "countered", "returned_minor"),
    [
        (FeeIfWon.KEEP, FeeIfWon.KEEP, 0),
        (FeeIfWon.RETURN, FeeIfWon.KEEP, 15_00),
        (FeeIfWon.KEEP, FeeIfWon.RETURN, 20_00),
        (FeeIfWon.RETURN, FeeIfWon.RETURN, 35_00),
    ],
)
def test_a_dispute_won_returns_the_fees_that_the_profile_returns(
    opened: FeeIfWon, countered: FeeIfWon, returned_minor: int
) -> None:
    profile = PspProfile("psp", chargeback_fee_if_won=opened, countered_fee_if_won=countered)

    assert returned_if_won(profile, opened_minor=15_00, countered_minor=20_00) == returned_minor


def test_each_fee_is_booked_under_one_cause() -> None:
    facts = [fact for kind in FEES for fact in kind.facts]
    causes = {fact: kind.cause for kind in FEES for fact in kind.facts}

    assert causes == FEE_CAUSES
    assert all({kind.cause for kind in FEES if fact in kind.facts} == {causes[fact]} for fact in facts)


def test_each_fee_has_its_field_and_costs_nothing_by_default() -> None:
    profile = PspProfile("psp", chargeback_fee_when=FeeWhen.LOST)

    assert [fee_of(kind, profile) for kind in FEES] == [Fee()] * len(FEES)
    assert len({kind.name for kind in FEES} & {kind.field.removesuffix("_fee") for kind in FEES}) == len(FEES)
