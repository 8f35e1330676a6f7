"""Commands about disputes. Planned ones name their dispute, so that one left over never ends another."""

from typing import NamedTuple


class OpenChargeback(NamedTuple):
    """The issuer takes the money back: `amount_minor`, or what was not refunded.

    One that the card brings by itself is averted where everything was refunded by then; one by hand always opens.
    `is_decided`: it ends at once, won wherever one can be. Where a dispute was won that may be presented again, that is
    what it does: `again_seq` names the dispute, `is_new` says that it is another one.
    """

    amount_minor: int | None = None
    reason: str = "fraud"
    is_by_hand: bool = False
    is_decided: bool = False
    again_seq: int | None = None
    is_new: bool = False


class ContestChargeback(NamedTuple):
    """The merchant answers the chargeback with evidence; `outcome` is what the issuer makes of it: won or lost."""

    outcome: str = "won"
    opened_seq: int | None = None


class _OfDispute(NamedTuple):
    """About the chargeback opened, or the retrieval request made, by fact `opened_seq`; None: the oldest open one."""

    opened_seq: int | None = None


class AcceptChargeback(_OfDispute):
    """The merchant lets the chargeback stand."""

    __slots__ = ()


class ExpireChargeback(_OfDispute):
    """The time to answer the chargeback has run out."""

    __slots__ = ()


class WinChargeback(NamedTuple):
    """The dispute was decided for the merchant: all of it, or `amount_minor`. By hand also one that was lost."""

    opened_seq: int | None = None
    amount_minor: int | None = None
    is_by_hand: bool = False


class LoseChargeback(_OfDispute):
    """The dispute was decided for the customer."""

    __slots__ = ()


class OpenPreArbitration(NamedTuple):
    """The issuer does not let it stand that dispute `again_seq` was won; None: the oldest won one."""

    again_seq: int | None = None


class AnswerRetrievalRequest(_OfDispute):
    """The merchant says what the payment was; the issuer is satisfied."""

    __slots__ = ()


class ExpireRetrievalRequest(_OfDispute):
    """The time to answer the retrieval request has run out: the issuer disputes."""

    __slots__ = ()
