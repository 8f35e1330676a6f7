"""What a gateway does by itself when its time has come, about no payment; with commands.py on the agenda."""

from typing import NamedTuple


class RunPayouts(NamedTuple):
    """The gateway pays out what is available."""

    gateway: str


class ArrivePayout(NamedTuple):
    """Payout `payout_seq` has reached the merchant's bank."""

    payout_seq: int


class ReleaseReserve(NamedTuple):
    """What is left of the reserve is available again, as far as it was kept by then.

    `kept_minor`: what had ever been kept when the last share of that day was. Files of older versions have payouts that
    kept a share: of those `payout_seq` is given, and nothing else.
    """

    payout_seq: int | None = None
    gateway: str = ""
    currency: str = ""
    kept_minor: int = 0


GatewayMove = RunPayouts | ArrivePayout | ReleaseReserve
