"""The fold: how each kind of fact changes a payment. `apply` is the only way a payment changes.

Read facts.py and payment.py first. What holds, captures and refunds do stands in folds.py, what disputes do in
dispute_folds.py.
To add a kind: its row in `FOLDS`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from mockpsp.domain.payments import debts, dispute_folds, folds
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.folds import move_captures as move_captures
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import CapturePart as CapturePart
from mockpsp.domain.payments.states import Challenge as Challenge
from mockpsp.domain.payments.states import Dispute as Dispute
from mockpsp.domain.payments.states import Status as Status
from mockpsp.domain.payments.states import place_of


def apply(payment: Payment, fact: Fact) -> Payment:
    """Answer the payment after `fact`; fees are added up and the kind's fold is done."""
    if fact.fee_minor or fact.processing_minor or fact.tax_minor:
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
    place = place_of(payment.captures, fact.parts[0][0]) if fact.parts else 0
    assert place is not None, "a fact names captures of its own payment"
    return payment.captures[place]


def _with_fees(payment: Payment, fact: Fact) -> Payment:
    total = fact.charged_minor
    for_refunds_minor = 0 if fact.refund_seq is None else fact.fee_minor
    changes: dict[str, Any] = {
        "fees_minor": payment.fees_minor + total,
        "refund_fees_minor": payment.refund_fees_minor + for_refunds_minor,
        "tax_minor": payment.tax_minor + fact.tax_minor,
    }
    if fact.kind is Kind.CAPTURED:  # the fold of the capture takes its own fee off
        return payment._replace(processing_fee_minor=payment.processing_fee_minor + fact.fee_minor, **changes)
    capture = fee_capture(payment, fact)
    if capture is None:
        return payment._replace(**changes)
    changes["processing_returned_minor"] = payment.processing_returned_minor - fact.processing_minor
    return move_captures(payment, [(capture.seq, total)], given_back=False, sign=1, **changes)


def _requested(payment: Payment, fact: Fact) -> Payment:
    # What pays without a card proves nothing of a holder, and leaves a challenge behind that nobody waits for.
    is_of_this_card = fact.card_seq is not None and payment.authenticated_card_seq == fact.card_seq
    if payment.three_d_s and not is_of_this_card:
        payment = payment._replace(
            three_d_s=(), continues="", challenge=Challenge.NONE, challenge_seq=0, authenticated_card_seq=None
        )
    return payment._replace(
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
    return payment._replace(
        three_d_s=fact.three_d_s,
        continues=fact.continues,
        challenge=Challenge(fact.step),
        challenge_seq=fact.seq,
    )


def _three_d_s_passed(payment: Payment, fact: Fact) -> Payment:
    return payment._replace(
        three_d_s=fact.three_d_s,
        challenge=Challenge.PASSED if payment.is_challenged else payment.challenge,
        authenticated_card_seq=payment.card_seq if fact.is_final else None,
    )


def _three_d_s_failed(payment: Payment, fact: Fact) -> Payment:
    challenge = Challenge.FAILED if payment.is_challenged else payment.challenge
    return payment._replace(three_d_s=fact.three_d_s, challenge=challenge, error_code=fact.error_code)


def _declined(payment: Payment, fact: Fact) -> Payment:
    return payment._replace(
        authenticated_card_seq=None,
        error_code=fact.error_code,
        recommendation_code=fact.recommendation_code,
        merchant_advice_code=fact.merchant_advice_code,
        checks=fact.checks or payment.checks,
        is_pending=False,
        is_pending_sale=False,
    )


def _awaited(payment: Payment, fact: Fact) -> Payment:
    return payment._replace(is_pending=True, is_pending_sale=fact.is_sale)


def _retrieval_requested(payment: Payment, fact: Fact) -> Payment:
    payment = payment._replace(retrieval_requested=True, retrieval_seq=fact.seq, retrieval_parts=fact.parts)
    return move_captures(payment, fact.parts, given_back=False, sign=1)


def _retrieval_closed(payment: Payment, fact: Fact) -> Payment:
    payment = payment._replace(retrieval_seq=None, retrieval_parts=())
    return move_captures(payment, fact.parts, given_back=False, sign=-1)


#: Fact kind -> how the payment changes; None: only history.
FOLDS: dict[Kind, Callable[[Payment, Fact], Payment] | None] = {
    Kind.REQUESTED: _requested,
    Kind.THREE_D_S_ATTEMPTED: _three_d_s_attempted,
    Kind.DEVICE_FINGERPRINTED: lambda p, f: p._replace(three_d_s=f.three_d_s, challenge=Challenge(f.step)),
    Kind.THREE_D_S_PASSED: _three_d_s_passed,
    Kind.THREE_D_S_FAILED: _three_d_s_failed,
    Kind.AUTHORIZATION_ATTEMPTED: None,
    Kind.AUTHORIZED: folds.authorized,
    Kind.AUTHORIZATION_DECLINED: _declined,
    Kind.CONFIRMATION_AWAITED: _awaited,
    Kind.INCREMENT_ATTEMPTED: None,
    Kind.INCREMENTED: folds.incremented,
    Kind.INCREMENT_DECLINED: lambda p, f: p._replace(increments_count=p.increments_count + 1),
    Kind.CAPTURE_ATTEMPTED: None,
    Kind.CAPTURE_AWAITED: folds.capture_awaited,
    Kind.CAPTURED: folds.captured,
    Kind.CAPTURE_DECLINED: _declined,
    Kind.CAPTURE_FAILED: folds.capture_failed,
    Kind.CAPTURE_SETTLED: folds.capture_settled,
    Kind.VOID_ATTEMPTED: None,
    Kind.VOIDED: folds.voided,
    Kind.VOID_DECLINED: None,
    Kind.CAPTURE_VOIDED: folds.capture_voided,
    Kind.PAYMENT_RETURNED: folds.capture_returned,
    Kind.CAPTURE_RETURNED: folds.capture_returned,
    Kind.CAPTURE_RESTORED: folds.capture_restored,
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
    Kind.DEBT_RELEASED: lambda p, f: debts.released(p, f.amount_minor),
    Kind.RETRIEVAL_REQUESTED: _retrieval_requested,
    Kind.RETRIEVAL_CLOSED: _retrieval_closed,
    Kind.FRAUD_NOTIFIED: lambda p, f: p._replace(fraud_notified=True),
    Kind.CHARGEBACK_AVERTED: lambda p, f: p._replace(is_dispute_averted=True),
    Kind.CHARGEBACK_OPENED: dispute_folds.opened,
    Kind.CHARGEBACK_CONTESTED: dispute_folds.contested,
    Kind.CHARGEBACK_WON: dispute_folds.won,
    Kind.CHARGEBACK_LOST: dispute_folds.lost,
    Kind.PRE_ARBITRATION_OPENED: dispute_folds.pre_arbitration_opened,
    Kind.PRE_ARBITRATION_WON: dispute_folds.pre_arbitration_won,
    Kind.PAYOUT_ATTEMPTED: None,
    Kind.PAID_OUT: folds.paid_out,
    Kind.PAYOUT_DECLINED: _declined,
}
