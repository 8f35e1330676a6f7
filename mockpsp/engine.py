"""The only doors to state: `run` for payments, `announce` for events about anything else.

A command meets a snapshot, a decider answers with facts, and everything else is derived from them here: the payment
row, postings, events, outgoing webhooks, effects. All of it is written in the caller's transaction, once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from mockpsp import card_use, planned_payouts, scripting, waiting_refunds
from mockpsp.domain import codes, commands, three_d_s
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import Command
from mockpsp.domain.decide import decide
from mockpsp.domain.decision import Context, Decision, NewRefund, RefundEnds, RefundFunded, RefundSlows, Terms
from mockpsp.domain.events import REFUND_FAILED_EVENT, event_name
from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.moments import parse_rfc3339
from mockpsp.domain.payment import Payment, apply
from mockpsp.domain.profiles import CardBehaviour, PspProfile, RefundShortBalance
from mockpsp.domain.wishes import SPLITS
from mockpsp.gateways import DEFAULT, gateway_profile, guard_enabled
from mockpsp.ledger import book, chart, payout_items
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.rules import postings_for
from mockpsp.store import agenda, payments, payouts, resources
from mockpsp.store.payments import RefundRow
from mockpsp.store.payouts import ItemRow
from mockpsp.store.resources import CardRow, EventRow
from mockpsp.store.waiting import WaitingRow
from mockpsp.universes import UniverseTx
from mockpsp.webhooks import outbox

#: Commands after which an attempt goes on.
_GO_ON = (commands.PassChallenge, commands.FingerprintDevice)
#: What an attempt begins with, or goes on with after the payer was asked.
_BEGIN = frozenset({Kind.REQUESTED, Kind.THREE_D_S_PASSED})
#: Commands about a refund that was made.
_REFUND_MOVES = (
    commands.SettleRefund,
    commands.FailRefund,
    commands.FallBackRefund,
    commands.CancelRefund,
    commands.FundRefund,
)
#: Commands that look at the balance, wherever the PSP does.
_PAY_BACK = (commands.Refund, commands.FundRefund)
_NO_CARD = CardBehaviour(scheme="visa")
#: Commands that choose source and gateway anew where nothing is held.
_ATTEMPTS = (commands.Authenticate, commands.Authorize, commands.Capture, commands.Payout)


class Outcome(NamedTuple):
    """What came of a command: the payment after it, and the refund it made, if any."""

    payment: Payment
    decision: Decision
    refund: RefundRow | None = None

    @property
    def error_code(self) -> str | None:
        """The decline, if it was one."""
        return self.decision.error_code


def run(tx: UniverseTx, payment: Payment, invoice: Mapping[str, Any], command: Command) -> Outcome:
    """Leave the command's facts, and all that follows from them, in the open transaction; or raise Refused.

    `payment` and `invoice` are the rows as this transaction read them (store.payments.load_payment).
    """
    if three_d_s.repeats(payment, command):
        waits = three_d_s.NEEDS_AUTHENTICATION if payment.is_challenged else payment.error_code
        return Outcome(payment, Decision((), error_code=waits))
    _guard_expiry(tx, payment, invoice, command)
    refund = _refund_of(tx, payment, command)
    card = _card(tx, payment, command)
    _use_once(tx, payment, command)
    context = _context(tx, payment, invoice, command, card, refund)
    decision = decide(payment, command, context)
    if card is not None and decision.facts and decision.facts[0].kind in _BEGIN:
        card_use.leave(tx, card, payment, decision.facts, invoice.get("billing"))
    if any(fact.kind is Kind.AUTHORIZED for fact in decision.facts):
        _fix_currency(tx, payment)
    after, is_credited = _write_facts(tx, payment, invoice, decision, context.profile)
    is_refund_waiting = waiting_refunds.any_wait(tx)
    made = _write_changes(tx, payment, command, decision, refund)
    if is_refund_waiting and refund is not None:
        # No payout was made while it waited.
        planned_payouts.plan(tx, context.gateway, context.profile)
    if is_credited and waiting_refunds.any_wait(tx):
        waiting_refunds.wake(tx, after.gateway or "", after.currency)
    if decision.effects:
        numbered = [(tx.mint.next(), effect) for effect in decision.effects]
        agenda.insert_effects(tx.conn, tx.project.no, payment.seq, numbered)
        tx.has_new_work = True
    return Outcome(after, decision, made)


def announce(tx: UniverseTx, name: str, payload: Mapping[str, Any], extra_url: str | None = None) -> None:
    """Record an event about something other than a payment, and queue its webhooks."""
    row = EventRow(tx.mint.next(), name, None, None, dict(payload), tx.now_ms)
    _write_events(tx, [row], extra_url)


def _guard_expiry(tx: UniverseTx, payment: Payment, invoice: Mapping[str, Any], command: Command) -> None:
    """Refuse to begin a payment of an invoice that expired; what began before goes on."""
    expires_at = invoice.get("expires_at")
    if expires_at is None or not isinstance(command, _ATTEMPTS) or _has_hold(payment):
        return
    if parse_rfc3339(expires_at) <= tx.now_ms:
        raise Refused(codes.INVALID_STATE, f"the invoice expired at {expires_at}, so it cannot be paid; make a new one")


def _refund_of(tx: UniverseTx, payment: Payment, command: Command) -> RefundRow | None:
    if not isinstance(command, _REFUND_MOVES):
        return None
    row = payments.load_refund(tx.conn, tx.project.no, command.refund_seq)
    if row is None or row.payment_seq != payment.seq:
        raise Refused("resource.refund.not-found", "the refund could not be found", 404)
    return row


def _context(
    tx: UniverseTx,
    payment: Payment,
    invoice: Mapping[str, Any],
    command: Command,
    card: CardRow | None,
    refund: RefundRow | None,
) -> Context:
    wanted = payment.gateway or DEFAULT
    if isinstance(command, _ATTEMPTS) and not _has_hold(payment):
        wanted = command.gateway
        guard_enabled(tx, wanted)
    gateway, profile = gateway_profile(tx, wanted)
    looks_first = profile.refund_short_balance is not RefundShortBalance.ALLOW
    is_balance_known = isinstance(command, commands.Payout) or (looks_first and isinstance(command, _PAY_BACK))
    wishes: commands.Wishes = getattr(command, "wishes", commands.NO_WISHES)
    context = Context(
        now_ms=tx.now_ms,
        gateway=gateway,
        profile=profile,
        card=card_use.behaviour(tx, card, payment, gateway, overrides_blocks=wishes.override_blocking)
        if card
        else _NO_CARD,
        mint=tx.mint,
        refund=refund.for_decider() if refund else None,
        is_card=card is not None,
        available_minor=_balance(tx, payment, chart.available(gateway)) if is_balance_known else 0,
        pending_minor=_balance(tx, payment, chart.pending(gateway)) if is_balance_known else 0,
        was_card_authorized=card is not None and "has_been_authorized" in card.body,
        has_cvc=card is None or "cvc" in card.body,
        has_network_token=card is not None and card_use.has_network_token(card, tx.now_ms),
        is_verification=bool(invoice.get("verification")),
        wishes=wishes,
        terms=_terms(invoice),
    )
    if tx.project.rules_count and three_d_s.way_of(payment, command, context) is not three_d_s.Way.PAYER:
        # What the payer has to pass first meets its scripted outcome when it goes on.
        goes_on = three_d_s.resumed(payment) if isinstance(command, _GO_ON) and payment.is_challenged else command
        test_card = card.test_card if card else None
        context.scripted = scripting.take(tx, goes_on, payment, invoice, gateway=gateway, card=test_card)
    return context


def _terms(invoice: Mapping[str, Any]) -> Terms:
    """How the invoice says its payment comes about."""
    initiation = invoice.get("initiation_type")
    return Terms(
        is_merchant_initiated=initiation == "MIT" if initiation else "merchant_initiator_type" in invoice,
        is_mail_order=invoice.get("payment_type") == "moto",
        exemption=invoice.get("sca_exemption_reason") or invoice.get("exemption_reason_3ds2") or "",
        challenge_indicator=invoice.get("challenge_indicator") or "",
    )


def _use_once(tx: UniverseTx, payment: Payment, command: Command) -> None:
    """Refuse what a customer brought back once and was used; from a hold, nothing is used at all."""
    source = getattr(command, "source", None)
    request = source.request if source is not None else None
    if request is None or request.digest is None or _has_hold(payment):
        return
    if not resources.use_gateway_request(tx.conn, tx.project.no, request.digest, payment.seq):
        raise Refused(
            "request.source.card-already-used",
            "source: this gateway request was used before; it is good for one payment",
            field="source",
        )


def _balance(tx: UniverseTx, payment: Payment, account: str) -> int:
    return book.balance(tx.conn, tx.project.no, account, payment.currency)


def _has_hold(payment: Payment) -> bool:
    """Whether something is or was held; without, an attempt chooses card and gateway anew."""
    return payment.authorized_minor > payment.voided_minor


def _card(tx: UniverseTx, payment: Payment, command: Command) -> CardRow | None:
    """The card a command is about: the source's of a new attempt, else the payment's."""
    seq, source = payment.card_seq, None
    if isinstance(command, _ATTEMPTS) and not _has_hold(payment):
        source = command.source
        seq = source.card_seq if source else None
    if seq is None:
        return None
    row = resources.load_card(tx.conn, tx.project.no, seq)
    if row is None:
        raise Refused("resource.card.not-found", "the card could not be found", 404)
    if source is not None:
        card_use.guard(row, source, payment)
    return row


def _fix_currency(tx: UniverseTx, payment: Payment) -> None:
    """A customer's currency is that of the first payment; a verification of nothing is none."""
    if payment.customer_seq is None or not payment.amount_minor:
        return
    customer = resources.load_customer(tx.conn, tx.project.no, payment.customer_seq)
    if customer is not None and "currency" not in customer.body:
        body = {**customer.body, "currency": payment.currency}
        resources.update_customer(tx.conn, tx.project.no, replace(customer, body=body))


def _write_facts(
    tx: UniverseTx, payment: Payment, invoice: Mapping[str, Any], decision: Decision, profile: PspProfile
) -> tuple[Payment, bool]:
    """Append the facts, fold the payment, book the entries, fire the events; answers also whether the gateway's balance
    has more in it than before."""
    entries, events = [], []
    items: list[ItemRow] = []
    is_told = tx.project.settings.get("refund_failed_event", True)
    for fact in decision.facts:
        if postings := postings_for(payment, fact) if fact.kind is not Kind.REQUESTED else []:
            entries.append(book.Entry(fact.seq, payment.seq, fact.kind, fact.at_ms, postings))
        items += _payout_items(tx, payment, fact, postings)
        payment = apply(payment, fact)
        name = event_name(fact, payment)
        if name is not None and (is_told or name != REFUND_FAILED_EVENT):
            events.append(EventRow(tx.mint.next(), name, payment.seq, fact.seq, None, tx.now_ms))
    payments.insert_facts(tx.conn, tx.project.no, payment.seq, decision.facts)
    payments.update_payment(tx.conn, tx.project.no, payment)
    book.append(tx.conn, tx.project.no, entries)
    if items:
        payouts.insert_items(tx.conn, tx.project.no, items)
        if any(item.amount_minor + item.fees_minor > 0 for item in items):
            planned_payouts.plan(tx, items[0].gateway, profile)
    _write_events(tx, events, invoice.get("webhook_url"))
    return payment, _is_credited(payment, entries)


def _is_credited(payment: Payment, entries: list[book.Entry]) -> bool:
    places = (chart.available(payment.gateway or ""), chart.pending(payment.gateway or ""))
    return any(posting.debit in places for entry in entries for posting in entry.postings)


def _payout_items(tx: UniverseTx, payment: Payment, fact: Fact, postings: list[Posting]) -> list[ItemRow]:
    """The lines of the next payout that a fact brings: what became available by it, or was taken."""
    if fact.kind is Kind.CAPTURE_SETTLED:
        assert fact.capture_seq is not None
        facts = payments.load_facts(tx.conn, tx.project.no, payment.seq)
        lines = payout_items.lines_settled(payment, facts, fact.capture_seq)
    else:
        line = payout_items.line_of(payment, fact, postings)
        lines = [] if line is None else [line]
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
        )
        for line in lines
    ]


def _write_events(tx: UniverseTx, events: Iterable[EventRow], extra_url: str | None) -> None:
    rows = list(events)
    if not rows:
        return
    resources.insert_events(tx.conn, tx.project.no, rows)
    resources.count(tx.conn, tx.project.no, "event", len(rows))
    messages = []
    for row in rows:
        event_id = tx.id("ev_", row.seq)
        body = f'{{"event_id":"{event_id}","event_type":"{row.name}"}}'
        messages.append(outbox.Message(row.seq, row.name, event_id, body, row.at_ms))
    queued = outbox.enqueue(
        tx.conn,
        tx.project.no,
        messages,
        next_seq=tx.mint.next,
        extra_url=extra_url,
        extra_secret=tx.webhook_secret if extra_url else None,
    )
    if queued:
        tx.has_new_work = True


def _splits(decision: Decision) -> dict[str, Any]:
    """How a refund is shared out, as its facts note it."""
    text = dict(decision.facts[0].notes).get(SPLITS)
    return {SPLITS: json.loads(text)} if text else {}


def _write_changes(
    tx: UniverseTx, payment: Payment, command: Command, decision: Decision, refund: RefundRow | None
) -> RefundRow | None:
    """Write the rows beside the payment; answers the refund that was made."""
    made = None
    for change in decision.changes:
        match change:
            case NewRefund():
                assert isinstance(command, commands.Refund)
                body = {
                    "reason": command.reason,
                    "information": command.information,
                    "metadata": dict(command.metadata),
                    "invoice_detail_ids": command.invoice_detail_ids,
                    **_splits(decision),
                    "created_at_ms": tx.now_ms,
                }
                made = payments.insert_refund(tx.conn, tx.project.no, payment.seq, change, body)
                resources.count(tx.conn, tx.project.no, "refund", 1)
                if change.is_queued:
                    row = WaitingRow(change.seq, payment.seq, change.amount_minor)
                    waiting_refunds.join(tx, payment.gateway or "", payment.currency, row)
            case RefundFunded():
                assert refund is not None
                refund = payments.fund_refund(tx.conn, tx.project.no, refund, change)
                waiting_refunds.leave(tx, payment.gateway or "", payment.currency, change.seq)
            case RefundEnds():
                assert refund is not None
                waiting_refunds.leave(tx, payment.gateway or "", payment.currency, change.seq)
                payments.update_refund(tx.conn, tx.project.no, refund, change.state, change.reason)
            case RefundSlows():
                assert refund is not None
                payments.slow_refund(tx.conn, tx.project.no, refund)
    return made
