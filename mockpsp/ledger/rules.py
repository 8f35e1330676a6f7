"""What each fact means in the merchant's books. One row a kind; a test proves the table total.

To add a rule: a function that takes the payment *before* the fact and answers postings, and its row in `RULES`.
*Place* is where the money of a capture sits: `pending` until it is settled, then `available`; money that comes back
goes to where its capture sits by then. Fees are paid from the place of the first capture concerned.
"""

from collections.abc import Callable

from mockpsp.domain.payments.apply import fee_capture
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import OF_HOLD, place_of
from mockpsp.domain.psps.fees import FEES
from mockpsp.ledger import chart
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.debts import with_debts

Rule = Callable[[Payment, Fact], list[Posting]]


def postings_for(payment: Payment, fact: Fact, after: Payment) -> list[Posting]:
    """The journal entry of a fact, given the payment before it and after; empty: nothing is booked."""
    rule = RULES[fact.kind]
    postings = rule(payment, fact) if rule else []
    if (payment.bounced or after.bounced) and fact.kind is not Kind.CAPTURE_SETTLED:
        postings = with_debts(payment, after, postings)
    return postings + _fees(payment, fact)


def _gateway(payment: Payment) -> str:
    assert payment.gateway is not None, "money moves only at a gateway"
    return payment.gateway


def _transfer(payment: Payment, debit: str, credit: str, amount_minor: int) -> list[Posting]:
    """One posting; a negative amount the other way round, nothing for zero."""
    if amount_minor < 0:
        return [Posting(credit, debit, payment.currency, -amount_minor)]
    return [Posting(debit, credit, payment.currency, amount_minor)] if amount_minor else []


def _places(payment: Payment, fact: Fact) -> list[tuple[str, int]]:
    """Where the money of the fact's parts sits, as (account, amount), pending first."""
    pending_minor = available_minor = 0
    for seq, amount_minor in fact.parts:
        if seq == OF_HOLD:
            continue  # it was never the merchant's
        place = place_of(payment.captures, seq)
        assert place is not None, "a fact names captures of its own payment"
        if payment.captures[place].is_settled:
            available_minor += amount_minor
        else:
            pending_minor += amount_minor
    gateway = _gateway(payment)
    return [(chart.pending(gateway), pending_minor), (chart.available(gateway), available_minor)]


def _from_places(payment: Payment, fact: Fact, debit: str) -> list[Posting]:
    return [p for place, amount in _places(payment, fact) for p in _transfer(payment, debit, place, amount)]


def _to_places(payment: Payment, fact: Fact, credit: str) -> list[Posting]:
    return [p for place, amount in _places(payment, fact) for p in _transfer(payment, place, credit, amount)]


def _held(payment: Payment, fact: Fact) -> list[Posting]:
    if fact.is_sale:
        return []
    return _transfer(payment, chart.authorized(_gateway(payment)), chart.CUSTOMERS, fact.amount_minor)


def _released(payment: Payment, fact: Fact) -> list[Posting]:
    return _transfer(payment, chart.CUSTOMERS, chart.authorized(_gateway(payment)), fact.amount_minor)


def _captured(payment: Payment, fact: Fact) -> list[Posting]:
    # What is captured beyond the hold was never held.
    held_minor = 0 if fact.is_sale else min(fact.amount_minor, payment.held_minor)
    hold = _transfer(payment, chart.CUSTOMERS, chart.authorized(_gateway(payment)), held_minor)
    return hold + _transfer(payment, chart.pending(_gateway(payment)), chart.SALES, fact.amount_minor)


def _capture_voided(payment: Payment, fact: Fact) -> list[Posting]:
    return _transfer(payment, chart.SALES, chart.pending(_gateway(payment)), fact.amount_minor)


def _returned(payment: Payment, fact: Fact) -> list[Posting]:
    return _from_places(payment, fact, chart.SALES)


def _restored(payment: Payment, fact: Fact) -> list[Posting]:
    return _to_places(payment, fact, chart.SALES)


def _settled(payment: Payment, fact: Fact) -> list[Posting]:
    gateway = _gateway(payment)
    return _transfer(payment, chart.available(gateway), chart.pending(gateway), fact.amount_minor)


def _refund_made(payment: Payment, fact: Fact) -> list[Posting]:
    return _from_places(payment, fact, chart.REFUNDS)


def _refund_accepted(payment: Payment, fact: Fact) -> list[Posting]:
    return _from_places(payment, fact, chart.refunds_in_flight(_gateway(payment)))


def _refund_settled(payment: Payment, fact: Fact) -> list[Posting]:
    if fact.parts and fact.parts[0][0] == OF_HOLD:
        return []
    return _transfer(payment, chart.REFUNDS, chart.refunds_in_flight(_gateway(payment)), fact.amount_minor)


def _refund_failed(payment: Payment, fact: Fact) -> list[Posting]:
    return _to_places(payment, fact, chart.refunds_in_flight(_gateway(payment)))


def _refund_returned(payment: Payment, fact: Fact) -> list[Posting]:
    return _to_places(payment, fact, chart.REFUNDS)


def _disputed(payment: Payment, fact: Fact) -> str:
    return chart.disputed(_gateway(payment)) if fact.is_withheld else chart.CHARGEBACKS


def _retrieval_requested(payment: Payment, fact: Fact) -> list[Posting]:
    return _from_places(payment, fact, chart.disputed(_gateway(payment)))


def _retrieval_closed(payment: Payment, fact: Fact) -> list[Posting]:
    return _to_places(payment, fact, chart.disputed(_gateway(payment)))


def _chargeback_opened(payment: Payment, fact: Fact) -> list[Posting]:
    return _from_places(payment, fact, _disputed(payment, fact))


def _chargeback_won(payment: Payment, fact: Fact) -> list[Posting]:
    return _to_places(payment, fact, _disputed(payment, fact))


def _chargeback_lost(payment: Payment, fact: Fact) -> list[Posting]:
    if not fact.is_withheld:
        return []
    return _transfer(payment, chart.CHARGEBACKS, chart.disputed(_gateway(payment)), fact.amount_minor)


def _paid_out(payment: Payment, fact: Fact) -> list[Posting]:
    return _transfer(payment, chart.SELLERS, chart.available(_gateway(payment)), -fact.amount_minor)


#: Fact kind -> its rule; None: explicitly nothing but fees, and what becomes of debts (ledger/debts.py).
RULES: dict[Kind, Rule | None] = {
    Kind.REQUESTED: None,
    Kind.THREE_D_S_ATTEMPTED: None,
    Kind.DEVICE_FINGERPRINTED: None,
    Kind.THREE_D_S_PASSED: None,
    Kind.THREE_D_S_FAILED: None,
    Kind.AUTHORIZATION_ATTEMPTED: None,
    Kind.AUTHORIZED: _held,
    Kind.AUTHORIZATION_DECLINED: None,
    Kind.CONFIRMATION_AWAITED: None,
    Kind.INCREMENT_ATTEMPTED: None,
    Kind.INCREMENTED: _held,
    Kind.INCREMENT_DECLINED: None,
    Kind.CAPTURE_ATTEMPTED: None,
    Kind.CAPTURE_AWAITED: None,
    Kind.CAPTURED: _captured,
    Kind.CAPTURE_DECLINED: None,
    Kind.CAPTURE_FAILED: None,
    Kind.CAPTURE_SETTLED: _settled,
    Kind.VOID_ATTEMPTED: None,
    Kind.VOIDED: _released,
    Kind.VOID_DECLINED: None,
    Kind.CAPTURE_VOIDED: _capture_voided,
    Kind.PAYMENT_RETURNED: _returned,
    Kind.CAPTURE_RETURNED: _returned,
    Kind.CAPTURE_RESTORED: _restored,
    Kind.HOLD_EXPIRED: _released,
    Kind.REFUND_ATTEMPTED: None,
    Kind.REFUND_MADE: _refund_made,
    Kind.REFUND_DECLINED: None,
    Kind.REFUND_ACCEPTED: _refund_accepted,
    Kind.REFUND_WAITING: None,
    Kind.REFUND_FUNDED: _refund_accepted,
    Kind.REFUND_SETTLED: _refund_settled,
    Kind.REFUND_FAILED: _refund_failed,
    Kind.REFUND_RETURNED: _refund_returned,
    Kind.REFUND_FELL_BACK: None,
    Kind.DEBT_RELEASED: None,
    Kind.RETRIEVAL_REQUESTED: _retrieval_requested,
    Kind.RETRIEVAL_CLOSED: _retrieval_closed,
    Kind.FRAUD_NOTIFIED: None,
    Kind.CHARGEBACK_AVERTED: None,
    Kind.CHARGEBACK_OPENED: _chargeback_opened,
    Kind.CHARGEBACK_CONTESTED: None,
    Kind.CHARGEBACK_WON: _chargeback_won,
    Kind.CHARGEBACK_LOST: _chargeback_lost,
    Kind.PRE_ARBITRATION_OPENED: None,
    Kind.PRE_ARBITRATION_WON: None,
    Kind.PAYOUT_ATTEMPTED: None,
    Kind.PAID_OUT: _paid_out,
    Kind.PAYOUT_DECLINED: None,
}

#: Fact kind -> what a fee it carries is for, which its account names.
FEE_CAUSES: dict[Kind, str] = {fact: kind.cause for kind in FEES for fact in kind.facts}


def _fees(payment: Payment, fact: Fact) -> list[Posting]:
    if not fact.fee_minor and not fact.processing_minor and not fact.tax_minor:
        return []
    gateway = _gateway(payment)
    capture = None if fact.kind is Kind.CAPTURED else fee_capture(payment, fact)
    place = chart.available(gateway) if capture is not None and capture.is_settled else chart.pending(gateway)
    postings = _transfer(payment, chart.fee(gateway, FEE_CAUSES.get(fact.kind, "other")), place, fact.fee_minor)
    postings += _transfer(payment, chart.processing(gateway), place, fact.processing_minor)
    return postings + _transfer(payment, chart.tax(gateway), place, fact.tax_minor)
