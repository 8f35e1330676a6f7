"""What a PSP can do, charges and takes its time over, as frozen values; the catalog's files become these.

Facts only: numbers, flags, delays. A rule that needs a new fact gets a field here with a permissive default and is
read in one decider. All spans are milliseconds or business days (spans.py, business_days.py), amounts minor units,
rates parts per million of the amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from mockpsp.domain.psps.card_behaviour import CardBehaviour as CardBehaviour
from mockpsp.domain.psps.card_behaviour import Demand as Demand
from mockpsp.domain.psps.card_behaviour import Fingerprint as Fingerprint
from mockpsp.domain.psps.card_behaviour import ThreeDSCard as ThreeDSCard
from mockpsp.domain.psps.fee_terms import FeeIfAgain as FeeIfAgain
from mockpsp.domain.psps.fee_terms import FeeIfWon as FeeIfWon
from mockpsp.domain.psps.fee_terms import FeeOnRefund as FeeOnRefund
from mockpsp.domain.psps.fee_terms import FeeWhen as FeeWhen
from mockpsp.domain.psps.fee_terms import Rounding as Rounding
from mockpsp.domain.time.calendars import Calendar

#: Payment methods whose payments are a card's: by its number, or from a wallet that it stands in.
CARD_METHODS = frozenset({"card", "applepay", "googlepay"})
#: Those that a wallet's card is.
CARD_WALLETS = CARD_METHODS - {"card"}


class PartialCapture(StrEnum):
    """How often less than the whole hold may be captured."""

    NONE = "none"
    ONCE = "once"
    MANY = "many"


class CaptureRest(StrEnum):
    """What a partial capture does to the rest of the hold when the caller doesn't say."""

    RELEASE = "release"
    KEEP = "keep"


class CaptureOutcome(StrEnum):
    """Whether a capture is through in the answer (sync) or confirmed, or failed, after `capture_delay_ms` (async)."""

    SYNC = "sync"
    ASYNC = "async"


class RefundKind(StrEnum):
    """Which refunds the PSP makes."""

    NONE = "none"
    FULL = "full"
    PARTIAL = "partial"


class RefundOutcome(StrEnum):
    """Whether a refund looks final in the answer (sync) or after `refund_delay_ms` (async)."""

    SYNC = "sync"
    ASYNC = "async"
    #: Looks final in the answer, and comes back after `refund_delay_ms`: the worst a merchant can meet.
    FINAL_THEN_FAIL = "final-then-fail"


class Tolerance(NamedTuple):
    """How far an amount may go beyond another: a rate of it, or so much in each currency; the lesser where both are.

    Neither: not at all.
    """

    rate_ppm: int | None = None
    #: In a currency that is missing, nothing.
    cap_minor: Mapping[str, int] | None = None


#: Payouts to the merchant's bank are made by `payout.run` only.
MANUAL = "manual"
#: Not a minor unit more.
NO_TOLERANCE = Tolerance()


class PayoutShortBalance(StrEnum):
    """What happens to a payout to a card that the available balance does not cover."""

    ALLOW = "allow"
    FAIL = "fail"


class RefundShortBalance(StrEnum):
    """What happens to a refund that the PSP's balance does not cover."""

    #: It is made all the same, and the balance goes below zero.
    ALLOW = "allow"
    #: It is pending until the balance is credited.
    WAIT = "wait"
    #: It is taken on and fails, as every other refund that fails later.
    FAIL = "fail"
    #: It is declined at once, and nothing is kept of it but the failed operation.
    REFUSE = "refuse"


class RefundQueue(StrEnum):
    """Which of the refunds that wait for money are made when some comes in."""

    FIRST_COME = "first-come"
    #: The oldest that the balance covers, whoever waits longer for more.
    FIRST_THAT_FITS = "first-that-fits"


class RefundAfterWindow(StrEnum):
    """Which refunds go once the window of their capture is closed."""

    REFUSE = "refuse"
    #: Those that are asked to be instant: they are new payments, which nobody has to find the old one for.
    INSTANT = "instant"


class RefundBesideDispute(StrEnum):
    """Which refunds go while the issuer disputes or asks, or after a dispute was lost."""

    ALLOW = "allow"
    #: Only of all that is left.
    FULL_ONLY = "full_only"
    REFUSE = "refuse"


class ExpiredHold(StrEnum):
    """What a hold that nobody captured turns into when it runs out."""

    VOID = "void"
    #: The payer is given the money back as a refund, with the refund's object and events.
    REFUND = "refund"


class LateCapture(StrEnum):
    """What becomes of a capture after the honour period, in which the money is assured."""

    ALLOW = "allow"
    DECLINE = "decline"


class CapturedVoid(StrEnum):
    """Until when what was captured can be voided, as a whole."""

    NONE = "none"
    #: Until the cut-off that closes the batch it is in.
    CUT_OFF = "cut-off"
    SETTLED = "settled"


class RefundRequires(StrEnum):
    """How far a capture has to be before it can be refunded."""

    CAPTURED = "captured"
    SETTLED = "settled"


class Confirmation(StrEnum):
    """Whether a method other than a card is paid at once (sync) or after `confirmation_delay_ms` (async)."""

    SYNC = "sync"
    ASYNC = "async"


class Disputes(StrEnum):
    """How many disputes one payment can have."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Fee:
    """A rate of the amount plus a fixed part per currency: 1.4 % + 0.25 EUR is `Fee(14_000, {"EUR": 25})`.

    Together they are at least the minimum and at most the cap. An amount below `free_under_minor` costs nothing.
    """

    rate_ppm: int = 0
    fixed_minor: Mapping[str, int] = field(default_factory=dict)
    minimum_minor: Mapping[str, int] = field(default_factory=dict)
    cap_minor: Mapping[str, int] = field(default_factory=dict)
    free_under_minor: Mapping[str, int] = field(default_factory=dict)
    #: Instead of `rate_ppm`, where the rate is not the same in every currency.
    rate_ppm_by_currency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PspProfile:
    """One PSP's rules. Each field defaults to the permissive: an empty profile can do all and charges nothing.

    The comments above the fields are what the documentation says of a profile's facts. None is `unlimited` in a file.
    """

    name: str
    #: The PSPs it is modelled on, in words.
    models: tuple[str, ...] = ()
    #: Other names it goes by.
    aliases: tuple[str, ...] = ()
    #: The payment methods it takes.
    methods: tuple[str, ...] = ("card",)
    #: The currencies it takes; left out: any. One that a fee names no amount in pays the rate alone.
    currencies: tuple[str, ...] | None = None
    #: The least that a payment may be for; in a currency that is missing, anything.
    amount_minimum_minor: Mapping[str, int] = field(default_factory=dict)
    #: The most that a payment may be for; in a currency that is missing, anything.
    amount_maximum_minor: Mapping[str, int] = field(default_factory=dict)
    #: The PSP's own minor units: every amount is a multiple of this; in a currency that is missing, of the usual ones.
    amount_step_minor: Mapping[str, int] = field(default_factory=dict)

    #: Whether money can be held before it is captured.
    authorize: bool = True
    #: How long a hold lasts.
    authorization_lifetime_ms: int | None = None
    #: Whether a partial capture gives the rest of the hold that time anew.
    capture_renews_authorization: bool = False
    #: For how long of that the money is assured.
    honour_period_ms: int | None = None
    #: What becomes of a capture later on; one that is scripted to end well does.
    capture_after_honour: LateCapture = LateCapture.ALLOW
    #: What a hold that nobody captured turns into when it runs out.
    expired_hold: ExpiredHold = ExpiredHold.VOID
    #: Whether a hold may be raised.
    incremental_authorization: bool = True
    #: How often a hold may be raised.
    increments_max: int | None = None
    #: How often less than the whole hold may be captured.
    partial_capture: PartialCapture = PartialCapture.MANY
    #: How many captures one hold takes, where it takes many.
    captures_max: int | None = None
    #: What a partial capture does to the rest of the hold when the caller doesn't say.
    capture_rest: CaptureRest = CaptureRest.KEEP
    #: How much more than the hold may be captured.
    over_capture: Tolerance = NO_TOLERANCE
    #: Whether a capture is through in the answer, or confirmed or failed later.
    capture_outcome: CaptureOutcome = CaptureOutcome.SYNC
    #: How long the PSP takes over a capture that is confirmed later.
    capture_delay_ms: int = 0
    #: How long after it was through a capture may still fail; `0s`: never.
    capture_fails_after_final_ms: int | None = None
    #: Whether a capture that failed so late may be through after all.
    capture_succeeds_again: bool = True
    #: Whether a hold may be released.
    void: bool = True
    #: Whether a part of it may be released.
    partial_void: bool = True
    #: Until when what was captured can be voided, as a whole.
    captured_void_until: CapturedVoid = CapturedVoid.NONE
    #: Whether a payment may be shared out among several accounts.
    split_payments: bool = True

    #: Whether a method other than a card is paid at once, or later.
    confirmation: Confirmation = Confirmation.SYNC
    #: How long the confirmation takes, also where only a customer who left the page brings it about.
    confirmation_delay_ms: int = 0
    #: How long after it was confirmed a payment may still fail, with the rail's own reason; `0s`: never.
    late_failure_window_ms: int | None = None
    #: What the method asks customers for in the merchant's own form, by the inputs' keys.
    native: tuple[str, ...] = ()
    #: What happens to a payout to a card that the available balance does not cover.
    payout_short_balance: PayoutShortBalance = PayoutShortBalance.ALLOW

    #: Which refunds it makes.
    refund: RefundKind = RefundKind.PARTIAL
    #: How many refunds one payment takes.
    refunds_max: int | None = None
    #: How much more than was captured may be refunded.
    over_refund: Tolerance = NO_TOLERANCE
    #: How long after the capture refunds begin.
    refund_not_before_ms: int = 0
    #: How long after the capture refunds end.
    refund_window_ms: int | None = None
    #: Which refunds go after that: none, or those that are asked to be instant.
    refund_after_window: RefundAfterWindow = RefundAfterWindow.REFUSE
    #: Whether another refund may follow one that failed.
    refund_again_after_failure: bool = True
    #: How far a capture has to be before it can be refunded.
    refund_requires: RefundRequires = RefundRequires.CAPTURED
    #: Whether a refund is made of one capture, never of several together.
    refund_per_capture: bool = False
    #: How long another refund of the same amount is taken for the same one and refused; `0s`: never.
    duplicate_refund_window_ms: int = 0
    #: Which refunds go while a chargeback is open.
    refund_while_disputed: RefundBesideDispute = RefundBesideDispute.ALLOW
    #: Which refunds go while a retrieval request is open.
    refund_while_retrieval: RefundBesideDispute = RefundBesideDispute.ALLOW
    #: Which refunds go after a chargeback was lost.
    refund_after_lost: RefundBesideDispute = RefundBesideDispute.ALLOW
    #: What happens to a refund that the PSP's balance does not cover.
    refund_short_balance: RefundShortBalance = RefundShortBalance.ALLOW
    #: Which of the refunds that wait are made when money comes in.
    refund_queue: RefundQueue = RefundQueue.FIRST_COME
    #: How long after it was made a pending refund may be cancelled; `0s`: never.
    refund_cancel_within_ms: int | None = None
    #: Whether a refund looks final in the answer or later, or looks final and comes back.
    refund_outcome: RefundOutcome = RefundOutcome.SYNC
    #: How long until a refund that ends later does.
    refund_delay_ms: int = 0
    #: Whether a refund may be asked to be instant.
    instant_refund: bool = True
    #: How long the customer then waits, where refunds end later.
    instant_refund_delay_ms: int = 0
    #: How long after it looked final a refund may still fail; `0s`: never. A move by hand ignores it.
    refund_fails_after_final_ms: int | None = None

    #: How many disputes one payment can have; those that are open or lost come to what was captured at most.
    disputes: Disputes = Disputes.MANY
    #: How long after completion the dispute arrives that a test card brings.
    chargeback_delay_ms: int = 0
    #: Whether disputed money is held until the decision, or gone at once.
    chargeback_withheld: bool = True
    #: Whether the merchant may answer a chargeback, and win.
    chargeback_contestable: bool = True
    #: How long the merchant may answer a chargeback; unanswered by then, it is lost.
    chargeback_answer_within_ms: int | None = None
    #: How long the issuer then takes to decide; without a limit it decides only when it is told to.
    chargeback_decided_after_ms: int | None = None
    #: Whether a dispute may be won in part.
    partial_win: bool = True
    #: Whether a dispute that was lost may turn into a won one.
    win_after_lost: bool = True
    #: Whether a dispute the merchant won is presented once more.
    second_chargeback: bool = False
    #: Whether the issuer may announce first that it does not let a won dispute stand, without taking money meanwhile.
    pre_arbitration: bool = False
    #: How long the merchant may answer that; unanswered by then, the money is taken again and the dispute is lost.
    pre_arbitration_answer_within_ms: int | None = None
    #: How long before a chargeback the merchant is warned, to refund and be spared; `0s`: there is no warning.
    alert_window_ms: int = 0
    #: Whether the money is held while a retrieval request is open.
    retrieval_held: bool = False
    #: How long the merchant may answer a retrieval request.
    retrieval_answer_within_ms: int | None = None
    #: When the chargeback fee falls due.
    chargeback_fee_when: FeeWhen = FeeWhen.OPEN
    #: What becomes of the chargeback fee when the merchant wins.
    chargeback_fee_if_won: FeeIfWon = FeeIfWon.KEEP
    #: What becomes of the fee for answering when the merchant wins.
    countered_fee_if_won: FeeIfWon = FeeIfWon.RETURN
    #: What becomes of it when the merchant wins a part.
    countered_fee_if_partly_won: FeeIfWon = FeeIfWon.KEEP
    #: Whether the chargeback fee is charged anew for a dispute that was won and is presented again.
    chargeback_fee_if_again: FeeIfAgain = FeeIfAgain.ONCE

    #: To add a fee, see fees.py.
    capture_fee: Fee = Fee()
    refund_fee: Fee = Fee()
    instant_refund_fee: Fee = Fee()
    chargeback_fee: Fee = Fee()
    countered_fee: Fee = Fee()
    retrieval_fee: Fee = Fee()
    payout_fee: Fee = Fee()
    #: What becomes of less than a minor unit in a fee.
    rounding: Rounding = Rounding.HALF_UP
    #: What a refund does to the processing fee of the capture it gives back.
    processing_fee_on_refund: FeeOnRefund = FeeOnRefund.KEEP_ALL
    #: The tax on the processing fee, as a share of it; no refund brings it back.
    processing_fee_tax_ppm: int = 0

    #: How long until a capture has settled.
    settlement_delay_ms: int = 0
    #: The time of day that closes a batch, in `time_zone` or one of its own (`17:00 Europe/Berlin`); the delay begins
    #: then, or with the capture where there is none.
    settlement_cut_off: str | None = None
    #: Whose bank holidays count: target2, us-fed, br or none (Monday to Friday). Left out: target2 where the settlement
    #: delay is one of business days (`2bd`); where it is not, every day is as good as another.
    calendar: Calendar | None = None
    #: Where its days begin and its money arrives at midnight; left out: the zone of the cut-off, else UTC.
    time_zone: str | None = None
    #: When what is available is paid out: manual, daily, weekly:DAY or monthly:DAY, with several days after a comma.
    payout_schedule: str = MANUAL
    #: How long a payout is on its way to the merchant's bank.
    payout_transit_ms: int = 0
    #: What is less waits for more; in a currency that is missing, every amount is paid.
    payout_minimum_minor: Mapping[str, int] = field(default_factory=dict)
    #: Which part of each sale is kept back once it settles, of its gross amount.
    reserve_ppm: int = 0
    #: For how long it is kept back.
    reserve_period_ms: int = 0
    #: A table of fact to where its figure comes from, or `choice: ...` when no public source says.
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_cards_alone(self) -> bool:
        """Whether all its payments are a card's, those of cards in wallets among them."""
        return CARD_METHODS.issuperset(self.methods)
