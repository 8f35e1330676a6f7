"""Commands about disputes. Planned ones name their dispute, so that one left over never ends another."""

from typing import NamedTuple


class OpenChargeback(NamedTuple):
    """The issuer takes the money back: `amount_minor`, or what was not refunded.

    One that the card brings by itself is averted where everything was refunded by then; one by hand always opens.
    `is_decided`: it ends at once, won wherever one can be.
    """

    amount_minor: int | None = None
    reason: str = "fraud"
    is_by_hand: bool = False
    is_decided: bool = False


class ContestChargeback(NamedTuple):
    """The merchant answers the chargeback with evidence; `outcome` is what the issuer makes of it: won or lost."""

    outcome: str = "won"


class _OfDispute(NamedTuple):
    """About the chargeback opened, or the retrieval request made, by fact `opened_seq`; None: the one that is open."""

    opened_seq: int | None = None


class AcceptChargeback(_OfDispute):
    """The merchant lets the chargeback stand."""

    __slots__ = ()


class ExpireChargeback(_OfDispute):
    """The time to answer the chargeback has run out."""

    __slots__ = ()


class WinChargeback(_OfDispute):
    """The dispute was decided for the merchant."""

    __slots__ = ()


class LoseChargeback(_OfDispute):
    """The dispute was decided for the customer."""

    __slots__ = ()


class AnswerRetrievalRequest(_OfDispute):
    """The merchant says what the payment was; the issuer is satisfied."""

    __slots__ = ()


class ExpireRetrievalRequest(_OfDispute):
    """The time to answer the retrieval request has run out: the issuer disputes."""

    __slots__ = ()
