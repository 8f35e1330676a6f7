"""The dispute that a test card brings by itself: planned with its capture, and again when what averted it fails."""

from mockpsp.domain.commands import OpenChargeback
from mockpsp.domain.psps.profiles import CardBehaviour


def own_chargeback(card: CardBehaviour) -> OpenChargeback:
    """The card's own dispute; its outcome goes with it, so that it ends this dispute and no other one."""
    return OpenChargeback(is_decided=card.then == "chargeback_failed")
