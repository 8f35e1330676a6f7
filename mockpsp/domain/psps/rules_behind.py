"""Which facts of a PSP's profile stand behind what happens to a payment: what a person who wonders would look up.

To add a row: the kind of fact, and the profile's facts in the order in which they explain it; a test holds the names.
"""

from collections.abc import Mapping

from mockpsp.domain.payments.facts import Kind

_REFUND_LATE = ("refund_fails_after_final", "refund_again_after_failure")
_DISPUTE = ("disputes", "chargeback_withheld", "fees.chargeback", "chargeback_fee_when")

#: What happened -> the names of the profile's facts, as `mockpsp psps --json` groups them, fees as `fees.NAME`.
RULES_BEHIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.AUTHORIZED: ("authorization_lifetime", "honour_period"),
    Kind.CONFIRMATION_AWAITED: ("confirmation", "confirmation_delay"),
    Kind.INCREMENTED: ("incremental_authorization", "increments_max"),
    Kind.CAPTURE_AWAITED: ("capture_outcome", "capture_delay"),
    Kind.CAPTURED: ("partial_capture", "capture_rest", "fees.capture", "processing_fee_tax"),
    Kind.CAPTURE_SETTLED: ("settlement_delay", "settlement_cut_off", "calendar"),
    Kind.CAPTURE_RETURNED: ("capture_fails_after_final", "capture_succeeds_again"),
    Kind.CAPTURE_RESTORED: ("capture_succeeds_again",),
    Kind.CAPTURE_VOIDED: ("captured_void_until",),
    Kind.PAYMENT_RETURNED: ("late_failure_window",),
    Kind.VOIDED: ("void", "partial_void"),
    Kind.HOLD_EXPIRED: ("authorization_lifetime", "capture_renews_authorization", "expired_hold"),
    Kind.REFUND_MADE: ("refund_outcome", "fees.refund", "processing_fee_on_refund"),
    Kind.REFUND_ACCEPTED: ("refund_outcome", "refund_delay", "fees.refund"),
    Kind.REFUND_WAITING: ("refund_short_balance",),
    Kind.REFUND_FUNDED: ("refund_short_balance", "refund_queue"),
    Kind.REFUND_SETTLED: ("refund_delay",),
    Kind.REFUND_FAILED: _REFUND_LATE,
    Kind.REFUND_RETURNED: _REFUND_LATE,
    Kind.REFUND_FELL_BACK: ("instant_refund", "refund_delay"),
    Kind.RETRIEVAL_REQUESTED: ("retrieval_held", "retrieval_answer_within", "fees.retrieval"),
    Kind.CHARGEBACK_OPENED: ("chargeback_delay", *_DISPUTE),
    Kind.CHARGEBACK_CONTESTED: ("chargeback_contestable", "chargeback_decided_after", "fees.countered"),
    Kind.CHARGEBACK_WON: ("chargeback_fee_if_won", "countered_fee_if_won", "partial_win"),
    Kind.CHARGEBACK_LOST: ("chargeback_answer_within", "refund_after_lost"),
    Kind.PRE_ARBITRATION_OPENED: ("pre_arbitration", "pre_arbitration_answer_within"),
}
