"""How far a payment and its parts are: the words of its status, its dispute and its 3-D Secure, and its captures.

They are read through payment.py, whose fold sets them.
"""

from enum import StrEnum
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
