"""What a PSP charges, to the minor unit. Rates are rounded half up once per charge."""

from mockpsp.domain.money import rate_of
from mockpsp.domain.payment import Payment
from mockpsp.domain.profiles import Fee, FeeOnRefund, PspProfile


def charge(fee: Fee, amount_minor: int, currency: str) -> int:
    """The fee on an amount: its rate, rounded half up, and the fixed part in that currency."""
    return rate_of(amount_minor, fee.rate_ppm) + fee.fixed_minor.get(currency, 0)


def processing_correction(payment: Payment, profile: PspProfile, refunded_minor: int) -> int:
    """How the processing fee changes when `refunded_minor` of the payment is given back in all; below zero: returned.

    Worked out from the total refunded, not refund by refund, so that many partial refunds never return more than one
    full refund, and a refund that fails takes back exactly what it had returned.
    """
    if profile.processing_fee_on_refund is FeeOnRefund.KEEP_ALL or not payment.captured_minor:
        return 0
    returnable_minor = payment.processing_fee_minor
    if profile.processing_fee_on_refund is FeeOnRefund.RETURN_VARIABLE_KEEP_FIXED:
        fixed_minor = profile.capture_fee.fixed_minor.get(payment.currency, 0) * len(payment.captures)
        returnable_minor = max(0, returnable_minor - fixed_minor)
    due_minor = (2 * returnable_minor * refunded_minor + payment.captured_minor) // (2 * payment.captured_minor)
    return payment.processing_returned_minor - due_minor


def charges_in(profile: PspProfile, currency: str) -> bool:
    """Whether the profile has a price in this currency: a fee with fixed parts names every currency it knows."""
    if profile.currencies is not None and currency not in profile.currencies:
        return False
    fees = (profile.capture_fee, profile.refund_fee, profile.chargeback_fee)
    return all(not fee.fixed_minor or currency in fee.fixed_minor for fee in fees)
