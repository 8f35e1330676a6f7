"""What a gateway does by itself when its time has come, about no payment; with commands.py on the agenda."""

from typing import NamedTuple


class RunPayouts(NamedTuple):
    """The gateway pays out what is available."""

    gateway: str


class ArrivePayout(NamedTuple):
    """Payout `payout_seq` has reached the merchant's bank."""

    payout_seq: int


class ReleaseReserve(NamedTuple):
    """What payout `payout_seq` kept back is available again."""

    payout_seq: int


GatewayMove = RunPayouts | ArrivePayout | ReleaseReserve
