"""How holds, captures and refunds change a payment: one function a kind of fact, for the table in apply.py."""

from collections.abc import Iterable
from typing import Any

from mockpsp.domain.payments import debts
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import OF_HOLD, CapturePart, place_of

#: Why a refund ended that nobody but the merchant ended.
CANCELLED = "cancelled_by_merchant"


def move_captures(
    payment: Payment, parts: Iterable[tuple[int, int]], *, given_back: bool, sign: int, **changes: Any
) -> Payment:
    """Take (sign 1) or put back (sign -1) money of single captures; `given_back` also counts it as refunded.

    `changes` are made in the same step, since each copies the whole payment.
    """
    captures = list(payment.captures)
    for seq, amount_minor in parts:
        place = place_of(captures, seq)
        if place is not None:
            capture = captures[place]
            captures[place] = capture._replace(
                refunded_minor=capture.refunded_minor + (sign * amount_minor if given_back else 0),
                unsettled_minor=capture.unsettled_minor - (0 if capture.is_settled else sign * amount_minor),
            )
    return payment._replace(captures=tuple(captures), **changes)


def authorized(payment: Payment, fact: Fact) -> Payment:
    """A hold is placed, or the authorization of a sale passed."""
    return payment._replace(
        authenticated_card_seq=None,
        authorized_minor=payment.authorized_minor + fact.amount_minor,
        authorizations_count=payment.authorizations_count + 1,
        authorized_at_ms=fact.at_ms,
        checks=fact.checks,
        error_code=None,
        is_pending=False,
        is_pending_sale=False,
    )


def paid_out(payment: Payment, fact: Fact) -> Payment:
    """The money went to a customer's card."""
    return payment._replace(paid_out_minor=payment.paid_out_minor - fact.amount_minor, captured_at_ms=fact.at_ms)


def incremented(payment: Payment, fact: Fact) -> Payment:
    """The hold is higher, and so is what the payment is for."""
    return payment._replace(
        amount_minor=payment.amount_minor + fact.amount_minor,
        authorized_minor=payment.authorized_minor + fact.amount_minor,
        incremented_minor=payment.incremented_minor + fact.amount_minor,
        increments_count=payment.increments_count + 1,
    )


def capture_awaited(payment: Payment, fact: Fact) -> Payment:
    """A capture was taken on; a final one is the last."""
    assert fact.capture_seq is not None
    return payment._replace(
        capturing=(*payment.capturing, (fact.capture_seq, fact.amount_minor)),
        capturing_final_seq=fact.capture_seq if fact.is_final else payment.capturing_final_seq,
        error_code=None,
    )


def capture_failed(payment: Payment, fact: Fact) -> Payment:
    """A capture that was taken on came to nothing: what it claimed is as it was."""
    return _awaited_no_more(payment, fact)._replace(error_code=fact.error_code)


def captured(payment: Payment, fact: Fact) -> Payment:
    """Money of the hold, or of a sale, was claimed."""
    unsettled_minor = fact.amount_minor - fact.charged_minor
    part = CapturePart(fact.seq, fact.amount_minor, unsettled_minor=unsettled_minor, captured_at_ms=fact.at_ms)
    payment = _awaited_no_more(payment, fact)
    return payment._replace(
        captured_minor=payment.captured_minor + fact.amount_minor,
        captures=(*payment.captures, part),
        captured_at_ms=fact.at_ms,
        is_capture_final=payment.is_capture_final or fact.is_final,
        error_code=None,
    )


def capture_settled(payment: Payment, fact: Fact) -> Payment:
    """A capture is funded: nothing of it is unsettled any more."""
    captures = list(payment.captures)
    place = place_of(captures, fact.capture_seq)
    if place is not None:
        captures[place] = captures[place]._replace(unsettled_minor=0, is_settled=True)
    return payment._replace(captures=tuple(captures))


def voided(payment: Payment, fact: Fact) -> Payment:
    """A hold, or part of it, is released."""
    return payment._replace(voided_minor=payment.voided_minor + fact.amount_minor, voided_at_ms=fact.at_ms)


def capture_voided(payment: Payment, fact: Fact) -> Payment:
    """Everything captured was voided before it settled: no capture is left, and nothing is held again."""
    held_minor = max(0, payment.authorized_minor - payment.voided_minor)
    return voided(payment, fact._replace(amount_minor=min(fact.amount_minor, held_minor)))._replace(
        captured_minor=0, captures=()
    )


def capture_returned(payment: Payment, fact: Fact) -> Payment:
    """What was captured, all of it or one capture, came back: it is neither captured nor held."""
    return _reclaim(payment, fact, sign=1)._replace(
        returned=(*payment.returned, *fact.parts),
        returns_count=payment.returns_count + 1,
        is_returned=payment.is_returned or fact.kind is Kind.PAYMENT_RETURNED,
        error_code=fact.error_code,
    )


def capture_restored(payment: Payment, fact: Fact) -> Payment:
    """A capture that had come back is through again, where its money sat."""
    again = {seq for seq, _ in fact.parts}
    return _reclaim(payment, fact, sign=-1)._replace(
        returned=tuple(part for part in payment.returned if part[0] not in again),
        captured_at_ms=fact.at_ms,
        error_code=None,
    )


def hold_expired(payment: Payment, fact: Fact) -> Payment:
    """The hold ran out; captures under way go on."""
    if fact.amount_minor or not payment.amount_minor:
        payment = voided(payment, fact)
    return payment._replace(is_hold_expired=True)


def refund_taken(payment: Payment, fact: Fact) -> Payment:
    """A refund left the balance of the merchant."""
    is_open = fact.kind is Kind.REFUND_ACCEPTED
    payment = debts.asked_again(payment, fact.refund_seq, _taken(fact))
    payment = payment if is_open else debts.paid_again(payment, fact.refund_seq)
    return move_captures(payment, fact.parts, given_back=True, sign=1, **_refund_counted(payment, fact, is_open))


def refund_waiting(payment: Payment, fact: Fact) -> Payment:
    """A refund counts, but nothing has left the balance yet."""
    payment = debts.asked_again(payment, fact.refund_seq, fact.amount_minor)
    waiting_minor = payment.refund_waiting_minor + fact.amount_minor
    return payment._replace(refund_waiting_minor=waiting_minor, **_refund_counted(payment, fact, True))


def refund_funded(payment: Payment, fact: Fact) -> Payment:
    """A refund that waited left the balance of the merchant."""
    payment = payment._replace(refund_waiting_minor=payment.refund_waiting_minor - fact.amount_minor)
    return move_captures(payment, fact.parts, given_back=True, sign=1)


def refund_settled(payment: Payment, fact: Fact) -> Payment:
    """A refund that was open is final."""
    payment = payment._replace(refund_pending_minor=payment.refund_pending_minor - fact.amount_minor)
    return debts.paid_again(payment, fact.refund_seq)


def refund_undone(payment: Payment, fact: Fact) -> Payment:
    """A refund failed: its amount is the merchant's again, and owed to the customer where they seemed to have it."""
    was_open = fact.kind is Kind.REFUND_FAILED
    # Of a refund that waited, no capture gave anything yet.
    waiting_minor = 0 if fact.parts else fact.amount_minor
    is_failure = fact.reason != CANCELLED
    refunded_minor = payment.refunded_minor - fact.amount_minor
    payment = debts.given_up(payment, fact.refund_seq) if was_open else debts.came_back(payment, fact.parts)
    payment = payment._replace(
        refunded_minor=refunded_minor,
        refund_pending_minor=payment.refund_pending_minor - (fact.amount_minor if was_open else 0),
        refund_waiting_minor=payment.refund_waiting_minor - waiting_minor,
        refunds_failed_count=payment.refunds_failed_count + is_failure,
        refunded_at_ms=payment.refunded_at_ms if refunded_minor else None,
    )
    return move_captures(payment, fact.parts, given_back=True, sign=-1)


def _taken(fact: Fact) -> int:
    """What a refund took from captures; what a hold gave back was never the merchant's."""
    return sum(amount_minor for seq, amount_minor in fact.parts if seq != OF_HOLD)


def _reclaim(payment: Payment, fact: Fact, *, sign: int) -> Payment:
    """Take (sign 1) or put back (sign -1) what captures claimed."""
    captures = list(payment.captures)
    for seq, amount_minor in fact.parts:
        place = place_of(captures, seq)
        if place is not None:
            capture = captures[place]
            captures[place] = capture._replace(
                amount_minor=capture.amount_minor - sign * amount_minor,
                unsettled_minor=capture.unsettled_minor - (0 if capture.is_settled else sign * amount_minor),
            )
    return payment._replace(captures=tuple(captures), captured_minor=payment.captured_minor - sign * fact.amount_minor)


def _awaited_no_more(payment: Payment, fact: Fact) -> Payment:
    """The capture that took its time has ended; for any other nothing changes."""
    if fact.capture_seq is None:
        return payment
    final_seq, capturing = payment.capturing_final_seq, list(payment.capturing)
    place = place_of(capturing, fact.capture_seq)
    if place is not None:
        del capturing[place]
    return payment._replace(
        capturing=tuple(capturing),
        capturing_final_seq=None if final_seq == fact.capture_seq else final_seq,
    )


def _refund_counted(payment: Payment, fact: Fact, is_open: bool) -> dict[str, Any]:
    """What changes of a payment by one refund more."""
    return {
        "refunded_minor": payment.refunded_minor + fact.amount_minor,
        "refund_pending_minor": payment.refund_pending_minor + (fact.amount_minor if is_open else 0),
        "refunds_count": payment.refunds_count + 1,
        "refunded_at_ms": fact.at_ms,
    }
