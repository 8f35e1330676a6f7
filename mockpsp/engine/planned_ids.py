"""What planned commands are about, as ids that the API knows."""

from mockpsp.domain.commands import Planned, ReleaseReserve, RunPayouts
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

#: Number in a planned command -> how the id begins.
_SUBJECTS = (("refund_seq", "refd_"), ("card_seq", "card_"), ("token_seq", "tok_"), ("payout_seq", "payt_"))


def target_id(tx: UniverseTx, payment_seq: int, command: Planned) -> str:
    """The id of what a command is about: a gateway, a card, a refund ..., or else its transaction."""
    if isinstance(command, RunPayouts | ReleaseReserve) and command.gateway:
        return gateways.configuration_id(tx, command.gateway)
    for name, prefix in _SUBJECTS:
        seq = getattr(command, name, None)
        if seq is not None:
            return tx.id(prefix, seq)
    return tx.id("tr_", payment_seq)
