"""A command is run: the door to a payment's state. announce.py is the door for events about anything else.

A command meets a snapshot, a decider answers with facts, and everything else is derived from them. All of it is written
in the caller's transaction, once, by five stages in a file each: load, guard, decide, write, follow_up. A new special
case goes into the stage that it belongs to.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockpsp.catalog import Catalog
from mockpsp.domain.commands import Command
from mockpsp.domain.deciders import three_d_s
from mockpsp.domain.decision import Decision
from mockpsp.domain.payments.payment import Payment
from mockpsp.engine.decide import decide
from mockpsp.engine.follow_up import follow_up
from mockpsp.engine.guard import guard
from mockpsp.engine.load import load
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.engine.write import write
from mockpsp.store.payments import RefundRow


class Outcome(NamedTuple):
    """What came of a command: the payment after it, and the refund it made, if any."""

    payment: Payment
    decision: Decision
    refund: RefundRow | None = None

    @property
    def error_code(self) -> str | None:
        """The decline, if it was one."""
        return self.decision.error_code

    def declined_as(self, catalog: Catalog) -> str:
        """What the decline says."""
        return self.decision.message or catalog.decline_message(self.decision.error_code or "")


def run_command(tx: UniverseTx, payment: Payment, invoice: Mapping[str, Any], command: Command) -> Outcome:
    """Leave the command's facts, and all that follows from them, in the open transaction; or raise Refused.

    `payment` and `invoice` are the rows as this transaction read them (store.payments.load_payment).
    """
    if three_d_s.repeats(payment, command):
        waits = three_d_s.NEEDS_AUTHENTICATION if payment.is_challenged else payment.error_code
        return Outcome(payment, Decision((), error_code=waits))
    work = Work(payment, invoice, command)
    load(tx, work)
    guard(tx, work)
    decide(tx, work)
    write(tx, work)
    follow_up(tx, work)
    return Outcome(work.after, work.decision, work.made)
