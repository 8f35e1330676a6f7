"""Which moves of `/sandbox/simulate` can be made of a payment as it stands: each is tried, and nothing is kept."""

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from mockpsp.api.control.moves import MOVES, Move
from mockpsp.domain.commands import Command, InstrumentMove
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.decide import decide
from mockpsp.engine.guard import guard
from mockpsp.engine.load import load
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.store import payments

#: Of how many refunds, the newest ones, moves are offered.
_REFUNDS_MAX = 20


def possible(tx: UniverseTx, payment: Payment, invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """The moves that would be let through now, each with what it is about and the details that it takes.

    For transactions that read: a scripted outcome is neither met nor used up.
    """
    tx.project.rules_count = 0
    refunds = (
        payments.load_refunds(tx.conn, tx.project.no, payment.seq)[-_REFUNDS_MAX:] if payment.refunds_count else []
    )
    subjects: dict[str, list[tuple[Any, str]]] = {
        "payment": [(payment, tx.id("tr_", payment.seq))],
        "refund": [(row.seq, tx.id("refd_", row.seq)) for row in refunds],
    }
    return [
        {"what": what, "on": on, "details": sorted(move.details.fields)}
        for what, move in MOVES.items()
        for subject, on in subjects.get(move.on, ())
        if any(_goes(tx, payment, invoice, command) for command in _command(move, subject))
    ]


def _command(move: Move, subject: Any) -> Iterator[Command]:
    """The command of a move without details; none where it has no sense without."""
    if move.command is None:
        return
    try:
        command = move.command(subject, move.details.load({}))
    except (Refused, ValidationError):
        return
    if not isinstance(command, InstrumentMove):
        yield command


def _goes(tx: UniverseTx, payment: Payment, invoice: dict[str, Any], command: Command) -> bool:
    work = Work(payment, invoice, command)
    try:
        load(tx, work)
        guard(tx, work)
        decide(tx, work)
    except Refused:
        return False
    return bool(work.decision.facts)
