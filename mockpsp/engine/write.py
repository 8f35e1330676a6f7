"""Fourth stage: the decision in rows: facts, the payment as their fold, the books, what stands beside the payment.

To write something more: a function, and its place in `WRITERS`. What the rows bring about is follow_up.py's.
"""

import json
from collections.abc import Callable
from typing import Any, assert_never

from mockpsp.domain import commands
from mockpsp.domain.deciders.unsupported_features import SPLITS
from mockpsp.domain.decision import Decision, NewRefund, RefundEnded, RefundFellBack, RefundFunded
from mockpsp.domain.events import REFUND_FAILED_EVENT, event_names
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import place_of
from mockpsp.engine import card_use, reserves, waiting_refunds
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.ledger import book, payout_items
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.payout_items import Line
from mockpsp.ledger.rules import postings_for
from mockpsp.store import payments, payouts, resources
from mockpsp.store.payments import RefundRow
from mockpsp.store.payouts import ItemRow
from mockpsp.store.resources import EventRow
from mockpsp.store.waiting import WaitingRow

#: What an attempt begins with, or goes on with after the payer was asked.
_BEGIN = frozenset({Kind.REQUESTED, Kind.THREE_D_S_PASSED})


#: What the refund of a hold says that ran out: nobody asked for it.
_OF_HOLD = commands.Refund(information="authorization expired")


def write(tx: UniverseTx, work: Work) -> None:
    """Leave the decision in the open transaction."""
    for writer in WRITERS:
        writer(tx, work)


def _card_use(tx: UniverseTx, work: Work) -> None:
    facts = work.decision.facts
    if work.card is not None and facts and facts[0].kind in _BEGIN:
        card_use.record_use(tx, work.card, work.payment, facts, work.invoice.get("billing"))


def _customers_currency(tx: UniverseTx, work: Work) -> None:
    """A customer's currency is that of the first payment; a verification of nothing is none."""
    payment = work.payment
    if payment.customer_seq is None or not payment.amount_minor:
        return
    if not any(fact.kind is Kind.AUTHORIZED for fact in work.decision.facts):
        return
    customer = resources.load_customer(tx.conn, tx.project.no, payment.customer_seq)
    if customer is not None and "currency" not in customer.body:
        body = {**customer.body, "currency": payment.currency}
        resources.update_customer(tx.conn, tx.project.no, customer._replace(body=body))


def _facts(tx: UniverseTx, work: Work) -> None:
    """The facts and the payment after them; what each means in the books, in the next payout, and to the world.

    Numbers are given in one walk over the facts: they order whatever is listed by them.
    """
    payment = work.payment
    is_told = tx.project.settings.get("refund_failed_event", True)
    for fact in work.decision.facts:
        after = apply(payment, fact)
        postings = postings_for(payment, fact, after) if fact.kind is not Kind.REQUESTED else []
        if lines := _payout_lines(tx, payment, fact, postings):
            work.items += _payout_items(tx, payment, fact, lines)
            if reserves.has_reserve(tx, payment.gateway or "", work.context.profile):
                postings = postings + _reserve(tx, work, after, fact, lines)
        if postings:
            work.entries.append(book.Entry(fact.seq, payment.seq, fact.kind, fact.at_ms, postings))
        before, payment = payment, after
        for name in event_names(fact, before, payment):
            if is_told or name != REFUND_FAILED_EVENT:
                work.events.append(EventRow(tx.mint.next(), name, payment.seq, fact.seq, None, tx.now_ms))
    work.after = payment
    payments.insert_facts(tx.conn, tx.project.no, payment.seq, work.decision.facts)
    payments.update_payment(tx.conn, tx.project.no, payment)


def _books(tx: UniverseTx, work: Work) -> None:
    book.append(tx.conn, tx.project.no, work.entries)
    if work.items:
        payouts.insert_items(tx.conn, tx.project.no, work.items)


def _refunds(tx: UniverseTx, work: Work) -> None:
    """The refunds that the decision makes, ends, funds or slows."""
    gateway, currency = work.payment.gateway or "", work.payment.currency
    rows = {row.seq: row for row in (work.refund, *work.waiting) if row is not None}
    for change in work.decision.changes:
        match change:
            case NewRefund():
                work.made = _new_refund(tx, work, change)
            case RefundFunded():
                rows[change.seq] = payments.fund_refund(tx.conn, tx.project.no, rows[change.seq], change)
                work.has_left_queue |= waiting_refunds.dequeue(tx, gateway, currency, change.seq)
            case RefundEnded():
                work.has_left_queue |= waiting_refunds.dequeue(tx, gateway, currency, change.seq)
                payments.update_refund(tx.conn, tx.project.no, rows[change.seq], change.state, change.reason)
            case RefundFellBack():
                payments.record_fall_back(tx.conn, tx.project.no, rows[change.seq])
            case _:
                assert_never(change)


def _new_refund(tx: UniverseTx, work: Work, change: NewRefund) -> RefundRow:
    command, payment = work.command, work.payment
    if not isinstance(command, commands.Refund):
        command = _OF_HOLD
    body = {
        "reason": command.reason,
        "information": command.information,
        "metadata": dict(command.metadata),
        "invoice_detail_ids": command.invoice_detail_ids,
        **_splits(work.decision),
        "created_at_ms": tx.now_ms,
    }
    made = payments.insert_refund(tx.conn, tx.project.no, payment.seq, change, body)
    resources.count(tx.conn, tx.project.no, "refund", 1)
    if change.is_queued:
        row = WaitingRow(change.seq, payment.seq, change.amount_minor)
        waiting_refunds.enqueue(tx, payment.gateway or "", payment.currency, row)
    return made


def _splits(decision: Decision) -> dict[str, Any]:
    """How a refund is shared out, as its facts note it."""
    text = dict(decision.facts[0].notes).get(SPLITS)
    return {SPLITS: json.loads(text)} if text else {}


def _payout_lines(tx: UniverseTx, payment: Payment, fact: Fact, postings: list[Posting]) -> list[Line]:
    """The lines of the next payout that a fact brings: what became available by it, or was taken."""
    if fact.kind is Kind.CAPTURE_SETTLED:
        return _lines_settled(tx, payment, fact.capture_seq)
    line = payout_items.line_of(payment, fact, postings)
    return [] if line is None else [line]


def _reserve(tx: UniverseTx, work: Work, after: Payment, fact: Fact, lines: list[Line]) -> list[Posting]:
    """What goes to the reserve by a fact, or is taken from it, with its line."""
    booked = [posting for entry in work.entries for posting in entry.postings]
    postings, rows = reserves.share(tx, work.context.profile, after, fact, lines, booked)
    work.items += rows
    return postings


def _payout_items(tx: UniverseTx, payment: Payment, fact: Fact, lines: list[Line]) -> list[ItemRow]:
    gateway = payment.gateway or ""
    return [
        ItemRow(
            tx.mint.next(),
            gateway,
            payment.currency,
            None,
            payment.seq,
            line.type,
            line.amount_minor,
            line.fees_minor,
            fact.at_ms,
            made_at_ms=line.made_at_ms,
            captured_at_ms=line.captured_at_ms,
        )
        for line in lines
    ]


def _lines_settled(tx: UniverseTx, payment: Payment, capture_seq: int | None) -> list[Line]:
    assert capture_seq is not None, "a capture is settled by its number"
    if payout_items.is_untouched(payment):
        place = place_of(payment.captures, capture_seq)
        if place is not None and payment.captures[place].captured_at_ms is not None:
            return payout_items.line_untouched(payment.captures[place])
        facts = [payments.load_fact(tx.conn, tx.project.no, payment.seq, capture_seq)]
    else:
        facts = tx.capture_stories.facts_of(tx, payment.seq, payment.captures[0].seq, capture_seq)
    return payout_items.lines_settled(payment, facts, capture_seq)


WRITERS: tuple[Callable[[UniverseTx, Work], None], ...] = (_card_use, _customers_currency, _facts, _books, _refunds)
