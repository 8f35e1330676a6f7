"""Commands about what becomes of a capture, or of the payment it was made for, after it was asked for."""

from typing import NamedTuple


class _OfCapture(NamedTuple):
    """A wish about one capture; those without further details share its methods."""

    capture_seq: int | None = None


class ConfirmCapture(NamedTuple):
    """Capture `capture_seq`, which was taken on, is through; None: the oldest one under way.

    `late_code`: it was scripted to come back with that code, at `late_at_ms`.
    """

    capture_seq: int | None = None
    late_at_ms: int | None = None
    late_code: str | None = None


class RestoreCapture(_OfCapture):
    """Capture `capture_seq`, which came back, is through after all; None: the last one that did."""

    __slots__ = ()


class FailCapture(NamedTuple):
    """Capture `capture_seq` came to nothing; None: the oldest one under way, else the last one that was through."""

    capture_seq: int | None = None
    error_code: str = "gateway.declined"
    #: What the decline says where it is by a rule of the PSP.
    message: str | None = None


class SettleCapture(_OfCapture):
    """The acquirer has funded capture `capture_seq`; None: the oldest one not settled."""

    __slots__ = ()


class FailPayment(NamedTuple):
    """The provider will not get the money of the pending payment; `attempt`: of this attempt only.

    Without one, of a payment that was confirmed too: it comes back. `reason` is the rail's own code.
    """

    attempt: int | None = None
    error_code: str = "gateway.declined"
    reason: str | None = None


class ExpireAuthorization(NamedTuple):
    """The hold has run out. `captures`: it was planned when there were so many; another one may have renewed it."""

    captures: int | None = None
