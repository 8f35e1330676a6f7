"""One command on its way through the stages of run.py: what each stage found, for those that come after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockpsp.domain import commands
from mockpsp.domain.commands import Command, Source
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.payments.payment import Payment
from mockpsp.ledger.book import Entry
from mockpsp.store.payments import RefundRow
from mockpsp.store.payouts import ItemRow
from mockpsp.store.resources import CardRow, EventRow

#: Commands that choose source and gateway anew where nothing is held.
_ATTEMPTS = (commands.Authenticate, commands.Authorize, commands.Capture, commands.Payout)


@dataclass(slots=True)
class Work:
    """A command and all that is known of it so far; `payment` and `invoice` stay as they were read."""

    payment: Payment
    invoice: Mapping[str, Any]
    command: Command
    #: By load.py: the rows that the command is about. None where there are none, or where they are missing.
    card: CardRow | None = None
    refund: RefundRow | None = None
    waiting: list[RefundRow] = field(default_factory=list)
    #: Whether refunds of this universe waited for money when the command came.
    is_queue_filled: bool = False
    #: By decide.py.
    context: Context = None  # type: ignore[assignment]
    decision: Decision = None  # type: ignore[assignment]
    #: By write.py: the payment after its facts, what they left in the books and in the next payout, the events to be
    #: told, the refund that was made, and the one that waits no more.
    after: Payment = None  # type: ignore[assignment]
    entries: list[Entry] = field(default_factory=list)
    items: list[ItemRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    made: RefundRow | None = None
    has_left_queue: bool = False

    @property
    def is_new_attempt(self) -> bool:
        """Whether the command chooses source and gateway anew: nothing is held that it would go on with."""
        return isinstance(self.command, _ATTEMPTS) and not has_hold(self.payment)

    @property
    def new_source(self) -> Source | None:
        """What a new attempt pays with, as far as it says."""
        command = self.command
        return command.source if isinstance(command, _ATTEMPTS) and self.is_new_attempt else None


def has_hold(payment: Payment) -> bool:
    """Whether something is or was held; without, an attempt chooses card and gateway anew."""
    return payment.authorized_minor > payment.voided_minor
