"""First stage: the rows that a command is about, beside the payment. Refuses nothing; guard.py does."""

from mockpsp.domain import commands
from mockpsp.engine import waiting_refunds
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.store import payments, resources

#: Commands about a refund that was made.
REFUND_MOVES = (
    commands.SettleRefund,
    commands.FailRefund,
    commands.FallBackRefund,
    commands.CancelRefund,
    commands.FundRefund,
)


#: Commands to which the payment's refunds that wait for money matter.
_MINDS_WAITING = (commands.OpenChargeback, commands.Refund, commands.FailPayment, commands.FailCapture)


def load(tx: UniverseTx, work: Work) -> None:
    """Find the refund and the card that the command is about: a new attempt's own card, else the payment's."""
    command = work.command
    if isinstance(command, REFUND_MOVES):
        row = payments.load_refund(tx.conn, tx.project.no, command.refund_seq)
        work.refund = row if row is not None and row.payment_seq == work.payment.seq else None
    if isinstance(command, _MINDS_WAITING) and _minds_waiting(work):
        rows = payments.load_refunds(tx.conn, tx.project.no, work.payment.seq)
        work.waiting = [row for row in rows if row.state == "pending" and not row.body["parts"]]
    seq = card_seq(work)
    if seq is not None:
        work.card = resources.load_card(tx.conn, tx.project.no, seq)
    work.is_queue_filled = waiting_refunds.any_wait(tx)


def _minds_waiting(work: Work) -> bool:
    """Whether it matters which refunds wait: what they will draw on is open to no other, where there is a choice."""
    is_choice = len(work.payment.captures) > 1
    return work.payment.refund_waiting_minor > 0 and (is_choice or not isinstance(work.command, commands.Refund))


def card_seq(work: Work) -> int | None:
    """The number of the card that the command is about, whether it is there or not."""
    if not work.is_new_attempt:
        # What was captured is settled whatever became of the card.
        return None if isinstance(work.command, commands.SettleCapture) else work.payment.card_seq
    source = work.new_source
    return source.card_seq if source is not None else None
