"""What a PSP charges, to the minor unit, and what it gives back. Here alone the profile's rounding is read.

To add a fee: a `Fee` field in profiles.py, its row here and in `FEES`, and a decider that charges it. Files, tables and
the ledger follow from the row.
"""

from collections import Counter
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import Fee, FeeIfAgain, FeeIfWon, FeeOnRefund, FeeWhen, PspProfile, Rounding

_PPM = 1_000_000


class FeeKind(NamedTuple):
    """A fee by its name in files (`[fees.NAME]`), the field of the profile, the cause it is booked under, and the facts
    that carry it, given back included."""

    name: str
    field: str
    cause: str
    facts: tuple[Kind, ...]


CAPTURE = FeeKind("capture", "capture_fee", "processing", (Kind.CAPTURED,))
REFUND = FeeKind("refund", "refund_fee", "refund", (Kind.REFUND_MADE, Kind.REFUND_ACCEPTED, Kind.REFUND_FUNDED))
#: For a refund asked to be instant, beside its own fee; given back when it falls back to ordinary speed or fails
#: before it arrived.
INSTANT_REFUND = FeeKind(
    "instant_refund",
    "instant_refund_fee",
    "refund",
    (Kind.REFUND_MADE, Kind.REFUND_ACCEPTED, Kind.REFUND_FELL_BACK, Kind.REFUND_FAILED),
)
#: When a dispute is opened or lost, see `FeeWhen`.
CHARGEBACK = FeeKind(
    "chargeback",
    "chargeback_fee",
    "chargeback",
    (Kind.CHARGEBACK_OPENED, Kind.CHARGEBACK_WON, Kind.CHARGEBACK_LOST),
)
#: For answering a chargeback, beside the fee for the chargeback itself.
COUNTERED = FeeKind("countered", "countered_fee", "chargeback", (Kind.CHARGEBACK_CONTESTED, Kind.CHARGEBACK_WON))
RETRIEVAL = FeeKind("retrieval", "retrieval_fee", "chargeback", (Kind.RETRIEVAL_REQUESTED,))
#: For each payout to the merchant's bank, on all that is available; no payment's fact carries it.
PAYOUT = FeeKind("payout", "payout_fee", "other", ())
FEES = (CAPTURE, REFUND, INSTANT_REFUND, CHARGEBACK, COUNTERED, RETRIEVAL, PAYOUT)


def fee_of(kind: FeeKind, profile: PspProfile) -> Fee:
    """What the profile says of this fee."""
    fee = getattr(profile, kind.field)
    assert isinstance(fee, Fee)
    return fee


def charge_for(kind: FeeKind, profile: PspProfile, amount_minor: int, currency: str) -> int:
    """The fee of this kind on an amount at this PSP."""
    return charge(fee_of(kind, profile), amount_minor, currency, profile.rounding)


def charge(fee: Fee, amount_minor: int, currency: str, rounding: Rounding = Rounding.HALF_UP) -> int:
    """The fee on an amount: rate and fixed part, at least the minimum, at most the cap; nothing under a threshold.

    The rate's part is rounded, once a charge; all else is whole minor units.
    """
    if amount_minor < fee.free_under_minor.get(currency, 0):
        return 0
    rate_ppm = fee.rate_ppm_by_currency.get(currency, fee.rate_ppm)
    due_minor = rounded(amount_minor * rate_ppm, _PPM, rounding) + fee.fixed_minor.get(currency, 0)
    due_minor = max(due_minor, fee.minimum_minor.get(currency, 0))
    return min(due_minor, fee.cap_minor.get(currency, due_minor))


def rounded(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A fraction, not below zero, as a whole number. A larger fraction never becomes a smaller number."""
    whole, rest = divmod(numerator, denominator)
    return whole + _IS_UP[rounding](whole, rest, denominator)


#: Whether a whole number and a rest are rounded up. Twice the rest against the denominator: below, at or above a half.
_IS_UP: dict[Rounding, Callable[[int, int, int], bool]] = {
    Rounding.HALF_UP: lambda whole, rest, denominator: 2 * rest >= denominator,
    Rounding.HALF_DOWN: lambda whole, rest, denominator: 2 * rest > denominator,
    Rounding.HALF_EVEN: lambda whole, rest, denominator: 2 * rest + whole % 2 > denominator,
    Rounding.UP: lambda whole, rest, denominator: rest > 0,
    Rounding.DOWN: lambda whole, rest, denominator: False,
}


def tax_on(profile: PspProfile, fee_minor: int) -> int:
    """The tax on a processing fee, which comes on top of it."""
    tax_ppm = profile.processing_fee_tax_ppm
    return rounded(fee_minor * tax_ppm, _PPM, profile.rounding) if tax_ppm else 0


def processing_returned(payment: Payment, profile: PspProfile, amount_minor: int) -> int:
    """How much of the processing fee comes back with a refund of this amount.

    Worked out from the total refunded, less what came back before: parts of any size return together what one refund
    of the whole returns, and never more than was charged. A refund that fails takes its own share back, see refund.py.
    """
    due_minor = _due_back(payment, profile, min(payment.refunded_minor + amount_minor, payment.captured_minor))
    return max(0, due_minor - payment.processing_returned_minor)


def opened_fee(profile: PspProfile, disputed_minor: int, currency: str) -> int:
    """The chargeback fee that falls due when a dispute over this amount is opened."""
    if profile.chargeback_fee_when is not FeeWhen.OPEN:
        return 0
    return charge_for(CHARGEBACK, profile, disputed_minor, currency)


def lost_fee(profile: PspProfile, disputed_minor: int, currency: str) -> int:
    """The chargeback fee that falls due when a dispute over this amount is lost."""
    if profile.chargeback_fee_when is not FeeWhen.LOST:
        return 0
    return charge_for(CHARGEBACK, profile, disputed_minor, currency)


def opened_again_fee(profile: PspProfile, disputed_minor: int, currency: str, *, opened_minor: int) -> int:
    """The chargeback fee that falls due when a won dispute is presented again; `opened_minor` was charged at first.

    It is the same dispute: unless the PSP charges anew, what it charges is what winning had given back.
    """
    if profile.chargeback_fee_if_again is FeeIfAgain.AGAIN:
        return opened_fee(profile, disputed_minor, currency)
    return returned_if_won(profile, opened_minor=opened_minor, countered_minor=0)


def returned_if_won(profile: PspProfile, *, opened_minor: int, countered_minor: int) -> int:
    """How much of what was charged for a dispute, when it was opened and when it was answered, comes back if it is
    won."""
    kept_by_policy = ((profile.chargeback_fee_if_won, opened_minor), (profile.countered_fee_if_won, countered_minor))
    return sum(minor for policy, minor in kept_by_policy if policy is FeeIfWon.RETURN)


def missing_price(profile: PspProfile, currency: str) -> str | None:
    """Why the profile takes no payment in this currency, None where it does.

    What comes on top of a rate, or limits it, is left out in a currency it is not given in. A rate that is given per
    currency is the price itself: without one there is none.
    """
    if profile.currencies is not None and currency not in profile.currencies:
        return f"its currencies are {', '.join(profile.currencies)}"
    for kind in FEES:
        rates = fee_of(kind, profile).rate_ppm_by_currency
        if rates and currency not in rates:
            return f"fees.{kind.name} names no rate in that currency, only in {', '.join(sorted(rates))}"
    return None


def _due_back(payment: Payment, profile: PspProfile, refunded_minor: int) -> int:
    """What has to have come back of the processing fee once so much is refunded."""
    policy, charged_minor = profile.processing_fee_on_refund, payment.processing_fee_minor
    if policy is FeeOnRefund.KEEP_ALL or not payment.captured_minor:
        return 0
    if policy is FeeOnRefund.RETURN_ALL and refunded_minor == payment.captured_minor:
        return charged_minor
    if policy is not FeeOnRefund.PRO_RATA:
        charged_minor = max(0, charged_minor - _fixed_charged(payment, profile))
    return rounded(charged_minor * refunded_minor, payment.captured_minor, profile.rounding)


def _fixed_charged(payment: Payment, profile: PspProfile) -> int:
    """The fixed parts of what the captures cost: under a minimum or a cap, too, what one costs whatever its amount.

    A capture that cost less than the fixed part, being small or capped, has no more to keep than it cost.
    """
    fixed_minor = profile.capture_fee.fixed_minor.get(payment.currency, 0)
    # Many captures of one payment are of few different amounts.
    return sum(
        count * min(fixed_minor, charge_for(CAPTURE, profile, amount_minor, payment.currency))
        for amount_minor, count in Counter(map(attrgetter("amount_minor"), payment.captures)).items()
    )
