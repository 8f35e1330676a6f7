"""The words for when a fee falls due, what becomes of it, and how it is rounded.

They are read through profiles.py. What fees come to is worked out in fees.py.
"""

from enum import StrEnum


class FeeWhen(StrEnum):
    """When the chargeback fee falls due."""

    OPEN = "open"
    LOST = "lost"


class FeeIfAgain(StrEnum):
    """Whether the chargeback fee is charged anew for a dispute that was won and is presented again."""

    ONCE = "once"
    AGAIN = "again"


class FeeIfWon(StrEnum):
    """What happens to a fee already charged for a dispute, or for answering it, when the merchant wins."""

    KEEP = "keep"
    RETURN = "return"


class FeeOnRefund(StrEnum):
    """What a refund does to the processing fee of the capture it gives back."""

    KEEP_ALL = "keep_all"
    #: All of it once all is refunded; until then, of the part that is no fixed one, as much as was refunded.
    RETURN_ALL = "return_all"
    #: As much of the part that is no fixed one as was refunded.
    RETURN_VARIABLE_KEEP_FIXED = "return_variable_keep_fixed"
    #: As much of all of it as was refunded.
    PRO_RATA = "pro_rata"


class Rounding(StrEnum):
    """What becomes of less than a minor unit in a fee."""

    HALF_UP = "half_up"
    HALF_DOWN = "half_down"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"
