"""What can happen to a payment: the closed list of fact kinds, the fact itself, and how the API shows each.

A fact is immutable and says one thing. A payment is the fold of its facts (apply.py), postings and events are table
look-ups on the kind (ledger/rules.py, events.py), and the API's operations are the facts listed in `OPERATIONS`.
To add a kind: a member here, a row in `OPERATIONS`, a fold in apply.py, a row in each of those two tables; tests
prove the tables total.
"""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """One thing that happened, past tense."""

    REQUESTED = "requested"
    #: 3-D Secure was begun; until it passed or failed the payment waits, unless that comes in the same commit.
    THREE_D_S_ATTEMPTED = "three-d-s-attempted"
    #: The payer's device was looked at, and the issuer wants to ask the holder all the same.
    DEVICE_FINGERPRINTED = "device-fingerprinted"
    THREE_D_S_PASSED = "three-d-s-passed"
    THREE_D_S_FAILED = "three-d-s-failed"
    AUTHORIZATION_ATTEMPTED = "authorization-attempted"
    AUTHORIZED = "authorized"
    AUTHORIZATION_DECLINED = "authorization-declined"
    #: The provider took the payment on and says later how it ends: AUTHORIZED or AUTHORIZATION_DECLINED follows.
    CONFIRMATION_AWAITED = "confirmation-awaited"
    INCREMENT_ATTEMPTED = "increment-attempted"
    INCREMENTED = "incremented"
    INCREMENT_DECLINED = "increment-declined"
    CAPTURE_ATTEMPTED = "capture-attempted"
    #: The provider took the capture on and says later how it ends: CAPTURED or CAPTURE_FAILED follows.
    CAPTURE_AWAITED = "capture-awaited"
    CAPTURED = "captured"
    CAPTURE_DECLINED = "capture-declined"
    #: A capture that was taken on came to nothing.
    CAPTURE_FAILED = "capture-failed"
    CAPTURE_SETTLED = "capture-settled"
    VOID_ATTEMPTED = "void-attempted"
    VOIDED = "voided"
    VOID_DECLINED = "void-declined"
    #: What was captured, and had not settled, was voided as a whole.
    CAPTURE_VOIDED = "capture-voided"
    #: A payment that was confirmed came back: none of what was captured is the merchant's any more.
    PAYMENT_RETURNED = "payment-returned"
    #: A capture that looked final came to nothing after all.
    CAPTURE_RETURNED = "capture-returned"
    #: A capture that had come to nothing is through after all.
    CAPTURE_RESTORED = "capture-restored"
    HOLD_EXPIRED = "hold-expired"
    #: A refund asked for that is answered at once: REFUND_MADE or REFUND_DECLINED follows in the same commit.
    REFUND_ATTEMPTED = "refund-attempted"
    REFUND_MADE = "refund-made"
    REFUND_DECLINED = "refund-declined"
    #: A refund taken on whose outcome is open: REFUND_SETTLED or REFUND_FAILED follows later.
    REFUND_ACCEPTED = "refund-accepted"
    #: A refund taken on that the balance did not cover: REFUND_FUNDED or REFUND_FAILED follows later.
    REFUND_WAITING = "refund-waiting"
    #: The balance covers a refund that waited: from now on it is as one that was taken on.
    REFUND_FUNDED = "refund-funded"
    REFUND_SETTLED = "refund-settled"
    REFUND_FAILED = "refund-failed"
    #: A refund taken on as instant goes on at ordinary speed.
    REFUND_FELL_BACK = "refund-fell-back"
    #: A refund that looked final came back.
    REFUND_RETURNED = "refund-returned"
    #: Nobody is owed what came back any more: it is the merchant's.
    DEBT_RELEASED = "debt-released"
    RETRIEVAL_REQUESTED = "retrieval-requested"
    #: The issuer got its answer, or none in time, or disputes: what was held meanwhile is back.
    RETRIEVAL_CLOSED = "retrieval-closed"
    FRAUD_NOTIFIED = "fraud-notified"
    #: A dispute was due, but everything captured had been given back by then.
    CHARGEBACK_AVERTED = "chargeback-averted"
    CHARGEBACK_OPENED = "chargeback-opened"
    #: The merchant answered it, and waits for the issuer's decision.
    CHARGEBACK_CONTESTED = "chargeback-contested"
    CHARGEBACK_WON = "chargeback-won"
    CHARGEBACK_LOST = "chargeback-lost"
    #: The issuer does not let it stand that the merchant won, and says so before it takes the money again.
    PRE_ARBITRATION_OPENED = "pre-arbitration-opened"
    #: It has to: the dispute is won for good.
    PRE_ARBITRATION_WON = "pre-arbitration-won"
    #: Money to a customer's card; its amounts are below zero, as are those of the REQUESTED before it.
    PAYOUT_ATTEMPTED = "payout-attempted"
    PAID_OUT = "paid-out"
    PAYOUT_DECLINED = "payout-declined"


class Fact(NamedTuple):
    """One immutable thing that happened; amounts are minor units of the payment's currency.

    `parts` says which captures the money of a refund or chargeback belongs to, as (capture seq, amount). `fee_minor` is
    charged for this fact by its own cause (negative: given back); `processing_minor` corrects the processing fee of the
    capture (negative: given back).
    """

    seq: int
    kind: Kind
    amount_minor: int
    at_ms: int
    gateway: str | None = None
    card_seq: int | None = None
    token_seq: int | None = None
    #: Part of a sale in one call: no hold is booked.
    is_sale: bool = False
    #: CAPTURED: nothing more will be captured. THREE_D_S_PASSED: nothing goes on by itself. REQUESTED: increments are
    #: allowed, see `is_incremental`.
    is_final: bool = False
    is_incremental: bool = False
    error_code: str | None = None
    refund_seq: int | None = None
    #: CAPTURE_SETTLED, CAPTURE_RETURNED, CAPTURE_RESTORED: the capture. Of one that takes its time: the fact it began
    #: with.
    capture_seq: int | None = None
    parts: tuple[tuple[int, int], ...] = ()
    fee_minor: int = 0
    processing_minor: int = 0
    #: CAPTURED, CAPTURE_VOIDED: the tax on the processing fee (negative: given back), beside the fee itself.
    tax_minor: int = 0
    reason: str | None = None
    #: CHARGEBACK_OPENED, RETRIEVAL_REQUESTED: the PSP keeps the money apart while it is open (else it is gone at once).
    is_withheld: bool = False
    #: AUTHORIZED: results of the card checks, as (check, value).
    checks: tuple[tuple[str, str], ...] = ()
    #: REQUESTED without a card: the payment method, and the word with which it came back.
    method: str | None = None
    method_token: str | None = None
    #: AUTHORIZATION_DECLINED: what to do about it, by the issuer and by the card's network.
    recommendation_code: str | None = None
    merchant_advice_code: str | None = None
    #: REQUESTED: the card's network token went to the provider instead of its number.
    by_network_token: bool = False
    #: What the request said beside money: its metadata, and other values of it by name.
    metadata: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    #: The particulars of 3-D Secure as they are from this fact on, see deciders/three_d_s.py.
    three_d_s: tuple[tuple[str, str], ...] = ()
    #: THREE_D_S_ATTEMPTED: the command that goes on once it passed, as text.
    continues: str = ""
    #: THREE_D_S_ATTEMPTED, DEVICE_FINGERPRINTED: what the payer has to do next; "": nothing.
    step: str = ""
    #: Of a dispute: the fact that opened it first; None: the only one there is.
    dispute_seq: int | None = None

    @property
    def charged_minor(self) -> int:
        """All that the PSP takes for it, tax included (negative: gives back)."""
        return self.fee_minor + self.processing_minor + self.tax_minor


#: The note of a declined step that says more than its code.
MESSAGE = "error_message"


class Operation(NamedTuple):
    """How the API shows a fact: its operation type and flags."""

    type: str
    is_attempt: bool = False
    has_failed: bool = False
    is_accountable: bool = False


#: Fact kind -> the operation the API shows for it; None: not an operation.
OPERATIONS: dict[Kind, Operation | None] = {
    Kind.REQUESTED: Operation("request"),
    Kind.THREE_D_S_ATTEMPTED: Operation("three_d_s_check", is_attempt=True),
    Kind.DEVICE_FINGERPRINTED: None,
    Kind.THREE_D_S_PASSED: Operation("three_d_s_check"),
    Kind.THREE_D_S_FAILED: Operation("three_d_s_check", has_failed=True),
    Kind.AUTHORIZATION_ATTEMPTED: Operation("authorization", is_attempt=True),
    Kind.AUTHORIZED: Operation("authorization"),
    Kind.AUTHORIZATION_DECLINED: Operation("authorization", has_failed=True),
    Kind.CONFIRMATION_AWAITED: None,
    Kind.INCREMENT_ATTEMPTED: Operation("increment_authorization", is_attempt=True),
    Kind.INCREMENTED: Operation("increment_authorization"),
    Kind.INCREMENT_DECLINED: Operation("increment_authorization", has_failed=True),
    Kind.CAPTURE_ATTEMPTED: Operation("capture", is_attempt=True),
    Kind.CAPTURE_AWAITED: None,
    Kind.CAPTURED: Operation("capture", is_accountable=True),
    Kind.CAPTURE_DECLINED: Operation("capture", has_failed=True),
    Kind.CAPTURE_FAILED: Operation("capture", has_failed=True),
    Kind.CAPTURE_SETTLED: None,
    Kind.VOID_ATTEMPTED: Operation("void", is_attempt=True),
    Kind.VOIDED: Operation("void"),
    Kind.VOID_DECLINED: Operation("void", has_failed=True),
    Kind.CAPTURE_VOIDED: Operation("void"),
    Kind.PAYMENT_RETURNED: Operation("capture", has_failed=True),
    Kind.CAPTURE_RETURNED: Operation("capture", has_failed=True),
    Kind.CAPTURE_RESTORED: Operation("capture", is_accountable=True),
    Kind.HOLD_EXPIRED: Operation("void"),
    Kind.REFUND_ATTEMPTED: Operation("refund", is_attempt=True),
    Kind.REFUND_MADE: Operation("refund", is_accountable=True),
    Kind.REFUND_DECLINED: Operation("refund", has_failed=True),
    Kind.REFUND_ACCEPTED: Operation("refund", is_attempt=True),
    Kind.REFUND_WAITING: Operation("refund", is_attempt=True),
    Kind.REFUND_FUNDED: None,
    Kind.REFUND_SETTLED: Operation("refund", is_accountable=True),
    Kind.REFUND_FAILED: Operation("refund", has_failed=True),
    Kind.REFUND_RETURNED: Operation("refund", has_failed=True),
    Kind.REFUND_FELL_BACK: None,
    Kind.DEBT_RELEASED: None,
    Kind.RETRIEVAL_REQUESTED: None,
    Kind.RETRIEVAL_CLOSED: None,
    Kind.FRAUD_NOTIFIED: None,
    Kind.CHARGEBACK_AVERTED: None,
    Kind.CHARGEBACK_OPENED: Operation("chargeback", is_attempt=True),
    Kind.CHARGEBACK_CONTESTED: None,
    Kind.CHARGEBACK_WON: Operation("chargeback", has_failed=True),
    Kind.CHARGEBACK_LOST: Operation("chargeback", is_accountable=True),
    Kind.PRE_ARBITRATION_OPENED: None,
    Kind.PRE_ARBITRATION_WON: None,
    Kind.PAYOUT_ATTEMPTED: Operation("payout", is_attempt=True),
    Kind.PAID_OUT: Operation("payout", is_accountable=True),
    Kind.PAYOUT_DECLINED: Operation("payout", has_failed=True),
}
