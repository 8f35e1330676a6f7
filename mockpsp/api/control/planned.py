"""What is planned for a payment, told to whoever asks for something that needs it to have happened."""

from collections.abc import Iterator
from contextlib import contextmanager

from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.planned_ids import target_id
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import history

#: How moves begin that are about one and the same thing -> its name; others are about what they begin with.
_ABOUT = {"pre_arbitration": "chargeback", "retrieval_request": "chargeback"}


@contextmanager
def told(tx: UniverseTx, what: str, payment_seq: int) -> Iterator[None]:
    """A refusal of a move adds the first other one about the same thing that is planned for the payment, and when.

    Whether it helps to wait for it, nobody says: what was asked may need it, or may never come to be possible.
    """
    try:
        yield
    except Refused as error:
        found = (one for one in history.effects_of_payment(tx.conn, tx.project.no, payment_seq))
        ahead = next((one for one in found if one.name != what and _about(one.name) == _about(what)), None)
        if ahead is None:
            raise
        on, at = target_id(tx, ahead.payment_seq, ahead.command), rfc3339(ahead.due_at_ms)
        error.message += f"; {ahead.name} on {on} is planned for {at}, and has not come yet"
        raise


def _about(move: str) -> str:
    begins = move.partition(".")[0]
    return _ABOUT.get(begins, begins)
