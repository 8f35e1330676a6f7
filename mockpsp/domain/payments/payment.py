"""A payment as the fold of its facts: totals, captures, dispute, status. `apply` is the only way it changes.

Read facts.py first. Nothing here decides; the deciders (capture.py, refund.py, ...) do.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple

from mockpsp.domain.payments.states import CapturePart as CapturePart
from mockpsp.domain.payments.states import Challenge as Challenge
from mockpsp.domain.payments.states import Dispute as Dispute
from mockpsp.domain.payments.states import DisputeCase as DisputeCase
from mockpsp.domain.payments.states import Status as Status

#: Of a capture under way, or one that came back: (seq, amount).
_AMOUNT = itemgetter(1)


class Payment(NamedTuple):
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
    #: Of refunds that came back after they looked final, by capture: what was not refunded once more, nor released.
    #: What is owed of it: debts.py.
    bounced: tuple[tuple[int, int], ...] = ()
    #: What refunds that were asked for since, and are not final, will pay of it: (refund seq, capture seq, amount).
    repaying: tuple[tuple[int, int, int], ...] = ()
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
    #: The disputes there were, oldest first; and whether one was due when everything had been given back.
    disputes: tuple[DisputeCase, ...] = ()
    is_dispute_averted: bool = False
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
    #: The tax on the processing fee; a refund gives none of it back.
    tax_minor: int = 0
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
    #: Captures that looked final and came back, as (seq, amount), and how often that happened.
    returned: tuple[tuple[int, int], ...] = ()
    returns_count: int = 0
    #: They came back since the payment as a whole failed after it was confirmed.
    is_returned: bool = False

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
        """What is held, captures under way included. What was captured beyond the hold was never held, and what came
        back is not held again."""
        claimed_minor = self.captured_minor + self.returned_minor if self.returned else self.captured_minor
        return max(0, self.authorized_minor - claimed_minor - self.voided_minor)

    @property
    def returned_minor(self) -> int:
        """What was captured and came back."""
        return sum(map(_AMOUNT, self.returned))

    @property
    def capturing_minor(self) -> int:
        """What captures under way will claim."""
        return sum(map(_AMOUNT, self.capturing))

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
    def dispute(self) -> Dispute:
        """How far the payment's disputes are: one that is open ranks first, then one that was lost."""
        states = {case.state for case in self.disputes}
        for state in (Dispute.OPEN, Dispute.LOST):
            if state in states:
                return state
        if states:
            return Dispute.WON
        return Dispute.AVERTED if self.is_dispute_averted else Dispute.NONE

    @property
    def disputed_minor(self) -> int:
        """What issuers took: in disputes that are open, or were lost."""
        return sum(case.amount_minor for case in self.disputes if case.state in (Dispute.OPEN, Dispute.LOST))

    @property
    def disputable_minor(self) -> int:
        """What was captured and neither went back nor is disputed: a refund that only waits has given nothing back."""
        left_minor = self.captured_minor - self.refunded_minor + self.refund_waiting_minor
        return max(0, left_minor - self.disputed_minor)

    @property
    def status(self) -> Status:
        """The wire's status, derived from the totals; open and lost disputes rank first."""
        for status, holds in _STATUS if self.disputes or self.returned else _STATUS_UNTROUBLED:
            if holds(self):
                return status
        return Status.WAITING


def _is_nothing_left(payment: Payment) -> bool:
    """Whether nothing is captured, and nothing can be any more."""
    return payment.is_returned or not (payment.captured_minor or payment.capturing or payment.is_held)


_Rule = tuple[Status, Callable[[Payment], bool]]
_REFUNDED: _Rule = (Status.REFUNDED, lambda p: p.refunded_minor > 0)
#: What an untroubled payment's status is by: of one without disputes whose captures all stand, as next to all are.
_STATUS_UNTROUBLED: tuple[_Rule, ...] = (
    _REFUNDED,
    (Status.FRAUD_NOTIFICATION, lambda p: p.fraud_notified),
    (Status.RETRIEVAL_REQUEST, lambda p: p.retrieval_requested),
    (Status.COMPLETED, lambda p: p.captured_minor > 0 or p.paid_out_minor > 0),
    (Status.PENDING_CAPTURE, lambda p: bool(p.capturing)),
    (Status.AUTHORIZED, lambda p: p.is_held),
    (Status.VOIDED, lambda p: p.voided_at_ms is not None),
    (Status.PENDING, lambda p: p.is_pending),
    (Status.FAILED, lambda p: p.error_code is not None),
)
#: The first line that holds names the status. Derived from what is, never remembered.
_STATUS: tuple[_Rule, ...] = (
    (Status.CHARGEBACK_INITIATED, lambda p: p.dispute is Dispute.OPEN),
    (Status.REVERSED, lambda p: p.dispute is Dispute.LOST),
    (Status.FAILED, lambda p: bool(p.returned) and _is_nothing_left(p)),
    _REFUNDED,
    (Status.SOLVED, lambda p: p.dispute is Dispute.WON),
    *_STATUS_UNTROUBLED[1:],
)

_PLACE_BY_NAME = {name: place for place, name in enumerate(Payment._fields)}


def _replaced(payment: Payment, /, **changes: Any) -> Payment:
    values = list(payment)
    for name, value in changes.items():
        values[_PLACE_BY_NAME[name]] = value
    return tuple.__new__(Payment, values)


# The one that named tuples have asks for all sixty values by name; folds change a few of them, several times a request.
Payment._replace = _replaced  # type: ignore[assignment]
