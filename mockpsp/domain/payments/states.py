"""How far a payment and its parts are: the words of its status, its dispute and its 3-D Secure, and its captures.

They are read through payment.py, whose fold sets them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple


class Status(StrEnum):
    """The wire's transaction states."""

    WAITING = "waiting"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PENDING_CAPTURE = "pending-capture"
    COMPLETED = "completed"
    FAILED = "failed"
    VOIDED = "voided"
    REFUNDED = "refunded"
    RETRIEVAL_REQUEST = "retrieval-request"
    FRAUD_NOTIFICATION = "fraud-notification"
    CHARGEBACK_INITIATED = "chargeback-initiated"
    SOLVED = "solved"
    REVERSED = "reversed"


class Dispute(StrEnum):
    """How far a dispute got; AVERTED: it was due, but the money had been given back."""

    NONE = ""
    AVERTED = "averted"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    #: It was won, and the issuer does not let that stand; the money is still the merchant's.
    PRE_ARBITRATION = "pre-arbitration"


class Challenge(StrEnum):
    """How far the payer is with 3-D Secure where it takes more than the request: two steps to go, or one, or done."""

    NONE = ""
    FINGERPRINT = "fingerprint"
    ASKED = "asked"
    PASSED = "passed"
    FAILED = "failed"


class CapturePart(NamedTuple):
    """One capture and where its money is: `unsettled_minor` may be negative while the PSP hasn't settled it."""

    seq: int
    amount_minor: int
    refunded_minor: int = 0
    unsettled_minor: int = 0
    is_settled: bool = False
    #: None in files of versions that did not note it.
    captured_at_ms: int | None = None


class DisputeCase(NamedTuple):
    """One dispute from its opening to its end, however often it was presented."""

    #: The fact that opened it first, and the one that its present stage began with.
    seq: int
    opened_seq: int
    state: Dispute
    #: What is open, was lost or was won; of one won in part, what was lost.
    amount_minor: int
    parts: tuple[tuple[int, int], ...] = ()
    is_withheld: bool = False
    #: Charged when it was presented last, when it was lost, and when it was answered.
    fee_minor: int = 0
    lost_fee_minor: int = 0
    countered_fee_minor: int = 0
    is_contested: bool = False
    presentments: int = 1
    #: Won for good.
    is_final: bool = False
    #: What the customer was owed when it was presented, since a refund had come back: of a loss that much is none.
    debt_minor: int = 0

    @property
    def is_undecided(self) -> bool:
        """Whether it can be answered, and ended."""
        return self.state in (Dispute.OPEN, Dispute.PRE_ARBITRATION)


#: Instead of a capture's number, in a refund's parts: a hold that ran out was given back, and no capture was.
OF_HOLD = 0
_SEQ = itemgetter(0)


def place_of(parts: Sequence[tuple[object, ...]], seq: int | None) -> int | None:
    """The place of the part that begins with this number, among parts in that order; None where none does.

    A payment may have a thousand captures, and a thousand commands be about one of them each: none walks over them all.
    """
    if seq is None:
        return None
    place = bisect_left(parts, seq, key=_SEQ)
    return place if place < len(parts) and parts[place][0] == seq else None
