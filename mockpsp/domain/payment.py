"""A payment as the fold of its facts: totals, captures, dispute, status. `apply` is the only way it changes.

Read facts.py first. Nothing here decides; the deciders (capture.py, refund.py, ...) do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mockpsp.domain import folds
from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.folds import move_captures as move_captures
from mockpsp.domain.states import CapturePart as CapturePart
from mockpsp.domain.states import Challenge as Challenge
from mockpsp.domain.states import Dispute as Dispute
from mockpsp.domain.states import Status as Status


@dataclass(frozen=True, slots=True)
class Payment:
    """Everything a decider may know of a payment. Amounts are minor units, moments virtual milliseconds."""

    seq: int
    invoice_seq: int
    customer_seq: int | None
    currency: str
    amount_minor: int
    created_at_ms: int
    gateway: str | None = None
    card_seq: int | None = None
    token_seq: int | None = None
    authorized_minor: int = 0
    captured_minor: int = 0
    voided_minor: int = 0
    #: Given back or on its way: refunds that have not failed.
    refunded_minor: int = 0
    refund_pending_minor: int = 0
    #: Of what is pending, what the balance did not cover yet: it is in no account.
    refund_waiting_minor: int = 0
    incremented_minor: int = 0
    attempts_count: int = 0
    authorizations_count: int = 0
    increments_count: int = 0
    refunds_count: int = 0
    refunds_failed_count: int = 0
    captures: tuple[CapturePart, ...] = ()
    #: Captures whose outcome is open, as (seq, amount); the one after which nothing more is captured.
    capturing: tuple[tuple[int, int], ...] = ()
    capturing_final_seq: int | None = None
    is_hold_expired: bool = False
    is_incremental: bool = False
    is_capture_final: bool = False
    error_code: str | None = None
    dispute: Dispute = Dispute.NONE
    disputed_minor: int = 0
    is_withheld: bool = False
    dispute_fee_minor: int = 0
    #: The merchant has answered the chargeback, for this fee.
    is_contested: bool = False
    countered_fee_minor: int = 0
    dispute_parts: tuple[tuple[int, int], ...] = ()
    #: The fact that opened the dispute, and how often the issuer has opened one.
    dispute_seq: int | None = None
    presentments: int = 0
    #: The retrieval request that is open, and what is held for it.
    retrieval_seq: int | None = None
    retrieval_parts: tuple[tuple[int, int], ...] = ()
    authorized_at_ms: int | None = None
    captured_at_ms: int | None = None
    voided_at_ms: int | None = None
    refunded_at_ms: int | None = None
    chargedback_at_ms: int | None = None
    fraud_notified: bool = False
    retrieval_requested: bool = False
    processing_fee_minor: int = 0
    processing_returned_minor: int = 0
    fees_minor: int = 0
    refund_fees_minor: int = 0
    checks: tuple[tuple[str, str], ...] = ()
    #: What the last request said beside money.
    notes: tuple[tuple[str, str], ...] = ()
    #: What the last attempt was made with when it was no card.
    method: str | None = None
    #: What the last decline advised.
    recommendation_code: str | None = None
    merchant_advice_code: str | None = None
    #: The provider has not said yet how the last attempt ends; a sale is captured once confirmed.
    is_pending: bool = False
    is_pending_sale: bool = False
    #: Paid out to a customer's card. `is_payout`: the last attempt was one.
    paid_out_minor: int = 0
    is_payout: bool = False
    #: The last attempt's 3-D Secure: its particulars, the command that goes on once it passed, and how far it is.
    three_d_s: tuple[tuple[str, str], ...] = ()
    continues: str = ""
    challenge: Challenge = Challenge.NONE
    challenge_seq: int = 0
    #: The card whose holder was authenticated for an attempt still to come.
    authenticated_card_seq: int | None = None

    @property
    def is_challenged(self) -> bool:
        """Whether the payment waits until the payer has been through 3-D Secure."""
        return self.challenge in (Challenge.FINGERPRINT, Challenge.ASKED)

    @property
    def hold_minor(self) -> int:
        """What is still held and may be captured or voided; captures under way have claimed their part."""
        return max(0, self.held_minor - self.capturing_minor)

    @property
    def held_minor(self) -> int:
        """What is held, captures under way included. What was captured beyond the hold was never held."""
        return max(0, self.authorized_minor - self.captured_minor - self.voided_minor)

    @property
    def capturing_minor(self) -> int:
        """What captures under way will claim."""
        return sum(amount_minor for _, amount_minor in self.capturing)

    @property
    def is_held(self) -> bool:
        """Whether there is a hold; a verification holds nothing, and is held all the same until it is voided."""
        is_verified = self.amount_minor == 0 and self.authorizations_count > 0 and self.voided_at_ms is None
        return self.hold_minor > 0 or is_verified

    @property
    def available_minor(self) -> int:
        """What was captured and not given back; nothing where more than that was given back."""
        return max(0, self.captured_minor - self.refunded_minor)

    @property
    def status(self) -> Status:
        """The wire's status, derived from the totals; open and lost disputes rank first."""
        for status, holds in _STATUS:
            if holds(self):
                return status
        return Status.WAITING


#: The first line that holds names the status. Derived from what is, never remembered.
_STATUS: tuple[tuple[Status, Callable[[Payment], bool]], ...] = (
    (Status.CHARGEBACK_INITIATED, lambda p: p.dispute is Dispute.OPEN),
    (Status.REVERSED, lambda p: p.dispute is Dispute.LOST),
    (Status.REFUNDED, lambda p: p.refunded_minor > 0),
    (Status.SOLVED, lambda p: p.dispute is Dispute.WON),
    (Status.FRAUD_NOTIFICATION, lambda p: p.fraud_notified),
    (Status.RETRIEVAL_REQUEST, lambda p: p.retrieval_requested),
    (Status.COMPLETED, lambda p: p.captured_minor > 0 or p.paid_out_minor > 0),
    (Status.PENDING_CAPTURE, lambda p: bool(p.capturing)),
    (Status.AUTHORIZED, lambda p: p.is_held),
    (Status.VOIDED, lambda p: p.voided_at_ms is not None),
    (Status.PENDING, lambda p: p.is_pending),
    (Status.FAILED, lambda p: p.error_code is not None),
)


def apply(payment: Payment, fact: Fact) -> Payment:
    """Answer the payment after `fact`; fees are added up and the kind's fold is done."""
    if fact.fee_minor or fact.processing_minor:
        payment = _with_fees(payment, fact)
    fold = FOLDS[fact.kind]
    return fold(payment, fact) if fold else payment


def fold_all(payment: Payment, facts: Iterable[Fact]) -> Payment:
    """Answer a new payment after all its facts, in order."""
    for fact in facts:
        payment = apply(payment, fact)
    return payment


def fee_capture(payment: Payment, fact: Fact) -> CapturePart | None:
    """The capture whose money pays this fact's fees: the first one concerned, else the first there is."""
    if not payment.captures:
        return None
    first = fact.parts[0][0] if fact.parts else payment.captures[0].seq
    return next(capture for capture in payment.captures if capture.seq == first)


def _with_fees(payment: Payment, fact: Fact) -> Payment:
    total = fact.fee_minor + fact.processing_minor
    for_refunds_minor = 0 if fact.refund_seq is None else fact.fee_minor
    payment = replace(
        payment,
        fees_minor=payment.fees_minor + total,
        refund_fees_minor=payment.refund_fees_minor + for_refunds_minor,
    )
    if fact.kind is Kind.CAPTURED:  # the fold of the capture takes its own fee off
        return replace(payment, processing_fee_minor=payment.processing_fee_minor + fact.fee_minor)
    capture = fee_capture(payment, fact)
    if capture is None:
        return payment
    payment = replace(payment, processing_returned_minor=payment.processing_returned_minor - fact.processing_minor)
    return move_captures(payment, [(capture.seq, total)], given_back=False, sign=1)


def _requested(payment: Payment, fact: Fact) -> Payment:
    if payment.three_d_s and payment.authenticated_card_seq != fact.card_seq:
        payment = replace(
            payment, three_d_s=(), continues="", challenge=Challenge.NONE, challenge_seq=0, authenticated_card_seq=None
        )
    return replace(
        payment,
        attempts_count=payment.attempts_count + 1,
        gateway=fact.gateway,
        card_seq=fact.card_seq,
        token_seq=fact.token_seq,
        method=fact.method,
        notes=fact.notes,
        is_payout=fact.amount_minor < 0,
        recommendation_code=None,
        merchant_advice_code=None,
        is_incremental=payment.is_incremental or fact.is_incremental,
        error_code=None,
    )


def _three_d_s_attempted(payment: Payment, fact: Fact) -> Payment:
    return replace(
        payment,
        three_d_s=fact.three_d_s,
        continues=fact.continues,
        challenge=Challenge(fact.step),
        challenge_seq=fact.seq,
    )


def _three_d_s_passed(payment: Payment, fact: Fact) -> Payment:
    return replace(
        payment,
        three_d_s=fact.three_d_s,
        challenge=Challenge.PASSED if payment.is_challenged else payment.challenge,
        authenticated_card_seq=payment.card_seq if fact.is_final else None,
    )


def _three_d_s_failed(payment: Payment, fact: Fact) -> Payment:
    challenge = Challenge.FAILED if payment.is_challenged else payment.challenge
    return replace(payment, three_d_s=fact.three_d_s, challenge=challenge, error_code=fact.error_code)


def _declined(payment: Payment, fact: Fact) -> Payment:
    return replace(
        payment,
        authenticated_card_seq=None,
        error_code=fact.error_code,
        recommendation_code=fact.recommendation_code,
        merchant_advice_code=fact.merchant_advice_code,
        checks=fact.checks or payment.checks,
        is_pending=False,
        is_pending_sale=False,
    )


def _awaited(payment: Payment, fact: Fact) -> Payment:
    return replace(payment, is_pending=True, is_pending_sale=fact.is_sale)


def _retrieval_requested(payment: Payment, fact: Fact) -> Payment:
    payment = replace(payment, retrieval_requested=True, retrieval_seq=fact.seq, retrieval_parts=fact.parts)
    return move_captures(payment, fact.parts, given_back=False, sign=1)


def _retrieval_closed(payment: Payment, fact: Fact) -> Payment:
    payment = replace(payment, retrieval_seq=None, retrieval_parts=())
    return move_captures(payment, fact.parts, given_back=False, sign=-1)


def _chargeback_opened(payment: Payment, fact: Fact) -> Payment:
    payment = replace(
        payment,
        dispute=Dispute.OPEN,
        disputed_minor=fact.amount_minor,
        is_withheld=fact.is_withheld,
        dispute_fee_minor=fact.fee_minor,
        dispute_parts=fact.parts,
        dispute_seq=fact.seq,
        presentments=payment.presentments + 1,
        is_contested=False,
        countered_fee_minor=0,
        chargedback_at_ms=fact.at_ms,
    )
    return move_captures(payment, fact.parts, given_back=False, sign=1)


def _chargeback_won(payment: Payment, fact: Fact) -> Payment:
    payment = replace(payment, dispute=Dispute.WON)
    return move_captures(payment, fact.parts, given_back=False, sign=-1)


#: Fact kind -> how the payment changes; None: only history.
FOLDS: dict[Kind, Callable[[Payment, Fact], Payment] | None] = {
    Kind.REQUESTED: _requested,
    Kind.THREE_D_S_ATTEMPTED: _three_d_s_attempted,
    Kind.DEVICE_FINGERPRINTED: lambda p, f: replace(p, three_d_s=f.three_d_s, challenge=Challenge(f.step)),
    Kind.THREE_D_S_PASSED: _three_d_s_passed,
    Kind.THREE_D_S_FAILED: _three_d_s_failed,
    Kind.AUTHORIZATION_ATTEMPTED: None,
    Kind.AUTHORIZED: folds.authorized,
    Kind.AUTHORIZATION_DECLINED: _declined,
    Kind.CONFIRMATION_AWAITED: _awaited,
    Kind.INCREMENT_ATTEMPTED: None,
    Kind.INCREMENTED: folds.incremented,
    Kind.INCREMENT_DECLINED: lambda p, f: replace(p, increments_count=p.increments_count + 1),
    Kind.CAPTURE_ATTEMPTED: None,
    Kind.CAPTURE_AWAITED: folds.capture_awaited,
    Kind.CAPTURED: folds.captured,
    Kind.CAPTURE_DECLINED: _declined,
    Kind.CAPTURE_FAILED: folds.capture_failed,
    Kind.CAPTURE_SETTLED: folds.capture_settled,
    Kind.VOID_ATTEMPTED: None,
    Kind.VOIDED: folds.voided,
    Kind.VOID_DECLINED: None,
    Kind.HOLD_EXPIRED: folds.hold_expired,
    Kind.REFUND_ATTEMPTED: None,
    Kind.REFUND_MADE: folds.refund_taken,
    Kind.REFUND_DECLINED: None,
    Kind.REFUND_ACCEPTED: folds.refund_taken,
    Kind.REFUND_WAITING: folds.refund_waiting,
    Kind.REFUND_FUNDED: folds.refund_funded,
    Kind.REFUND_SETTLED: folds.refund_settled,
    Kind.REFUND_FAILED: folds.refund_undone,
    Kind.REFUND_RETURNED: folds.refund_undone,
    Kind.REFUND_FELL_BACK: None,
    Kind.RETRIEVAL_REQUESTED: _retrieval_requested,
    Kind.RETRIEVAL_CLOSED: _retrieval_closed,
    Kind.FRAUD_NOTIFIED: lambda p, f: replace(p, fraud_notified=True),
    Kind.CHARGEBACK_AVERTED: lambda p, f: replace(p, dispute=Dispute.AVERTED),
    Kind.CHARGEBACK_OPENED: _chargeback_opened,
    Kind.CHARGEBACK_CONTESTED: lambda p, f: replace(p, is_contested=True, countered_fee_minor=f.fee_minor),
    Kind.CHARGEBACK_WON: _chargeback_won,
    Kind.CHARGEBACK_LOST: lambda p, f: replace(p, dispute=Dispute.LOST, chargedback_at_ms=f.at_ms),
    Kind.PAYOUT_ATTEMPTED: None,
    Kind.PAID_OUT: folds.paid_out,
    Kind.PAYOUT_DECLINED: _declined,
}
