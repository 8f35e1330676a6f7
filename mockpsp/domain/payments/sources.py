"""Where a payment's money comes from, and what a request says of its action beside money: parts of commands.

They are read through commands.py, whose commands carry them.
"""

from dataclasses import dataclass

#: Text by name, in order.
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """What a customer brings back from a payment method: the gateway it was at, and the word it answered.

    `error_code`: the method declined. `is_pending`: it says so later, or that all went well. `digest` names the request
    where it is good for one use only.
    """

    gateway: str
    token: str
    error_code: str | None = None
    is_pending: bool = False
    digest: str | None = None
    #: The gateway configuration's sub-account, where one was named.
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the money comes from: a card, by itself or behind a customer's token, or a payment method's answer."""

    card_seq: int | None = None
    token_seq: int | None = None
    request: GatewayRequest | None = None


@dataclass(frozen=True, slots=True)
class ExternalThreeDS:
    """What came of 3-D Secure that somebody else ran."""

    trans_status: str
    version: str = ""
    eci: str = ""
    cavv: str = ""
    xid: str = ""
    ds_trans_id: str = ""
    is_challenged: bool = False


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What a request says of its action beside money; it stands on the action's operations.

    `notes` are values of the request by name, as text. The `bypass` flags let an action go on where the PSP can't do
    what was asked beside it.
    """

    metadata: Pairs = ()
    notes: Pairs = ()
    is_split: bool = False
    bypass_split: bool = False
    bypass_incremental: bool = False
    #: Try even what a scheme's advice blocks.
    override_blocking: bool = False
    #: 3-D Secure of cards that would do without it; or what came of it elsewhere.
    asks_three_d_s: bool = False
    external: ExternalThreeDS | None = None


#: Nothing asked beside money.
NO_OPTIONS = RequestOptions()
