"""Third stage: the context that the deciders of the domain may know, and their decision.

What a decider lacks becomes a field of `Context`, filled here; never a connection.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.domain import commands
from mockpsp.domain.deciders import three_d_s
from mockpsp.domain.deciders.decide import decide as decided
from mockpsp.domain.decision import Context, OpenRefund, Terms
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import CardBehaviour, PspProfile, RefundShortBalance
from mockpsp.engine import card_use, reserves, scripted_outcomes
from mockpsp.engine.gateways import DEFAULT_GATEWAY, gateway_profile
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work
from mockpsp.ledger import book, chart
from mockpsp.store.payments import load_refunds

#: Commands after which an attempt goes on.
_GO_ON = (commands.PassChallenge, commands.FingerprintDevice)
#: Commands that look at the balance, wherever the PSP does.
_PAY_BACK = (commands.Refund, commands.FundRefund)
_NO_CARD = CardBehaviour(scheme="visa")


def decide(tx: UniverseTx, work: Work) -> None:
    """Fill in context and decision; Refused where a rule of the domain is broken."""
    work.context = _context(tx, work)
    work.decision = decided(work.payment, work.command, work.context)


def _context(tx: UniverseTx, work: Work) -> Context:
    payment, command, card, refund = work.payment, work.command, work.card, work.refund
    wanted = command.gateway if work.is_new_attempt else payment.gateway or DEFAULT_GATEWAY  # type: ignore[union-attr]
    gateway, profile = gateway_profile(tx, wanted)
    looks_first = profile.refund_short_balance is not RefundShortBalance.ALLOW
    is_balance_known = isinstance(command, commands.Payout) or (looks_first and isinstance(command, _PAY_BACK))
    options: commands.RequestOptions = getattr(command, "options", commands.NO_OPTIONS)
    context = Context(
        now_ms=tx.now_ms,
        gateway=gateway,
        profile=profile,
        card=card_use.behaviour(tx, card, payment, gateway, overrides_blocks=options.override_blocking)
        if card
        else _NO_CARD,
        mint=tx.mint,
        refund=refund.for_decider() if refund else None,
        waiting=tuple(row.for_decider() for row in work.waiting),
        refunds=_refunds(tx, payment, command, profile),
        is_card=card is not None,
        available_minor=_available(tx, work, gateway, profile) if is_balance_known else 0,
        pending_minor=_balance(tx, payment, chart.pending(gateway)) if is_balance_known else 0,
        was_card_authorized=card is not None and "has_been_authorized" in card.body,
        has_cvc=card is None or "cvc" in card.body,
        has_network_token=card is not None and card_use.has_network_token(card, tx.now_ms),
        is_verification=bool(work.invoice.get("verification")),
        options=options,
        terms=_terms(work.invoice),
    )
    if tx.project.rules_count and three_d_s.flow_of(payment, command, context) is not three_d_s.Flow.PAYER:
        # What the payer has to pass first meets its scripted outcome when it goes on.
        goes_on = three_d_s.resumed(payment) if isinstance(command, _GO_ON) and payment.is_challenged else command
        test_card = card.test_card if card else None
        context.scripted = scripted_outcomes.use_matching_rule(
            tx, goes_on, payment, work.invoice, gateway=gateway, card=test_card
        )
    return context


def _refunds(
    tx: UniverseTx, payment: Payment, command: commands.Command, profile: PspProfile
) -> tuple[OpenRefund, ...]:
    """The payment's refunds, read only where a second one of the same amount is refused for a while."""
    if not profile.duplicate_refund_window_ms or not payment.refunds_count or not isinstance(command, commands.Refund):
        return ()
    return tuple(row.for_decider() for row in load_refunds(tx.conn, tx.project.no, payment.seq))


def _terms(invoice: Mapping[str, Any]) -> Terms:
    """How the invoice says its payment comes about."""
    initiation = invoice.get("initiation_type")
    return Terms(
        is_merchant_initiated=initiation == "MIT" if initiation else "merchant_initiator_type" in invoice,
        is_mail_order=invoice.get("payment_type") == "moto",
        exemption=invoice.get("sca_exemption_reason") or invoice.get("exemption_reason_3ds2") or "",
        challenge_indicator=invoice.get("challenge_indicator") or "",
    )


def _available(tx: UniverseTx, work: Work, gateway: str, profile: PspProfile) -> int:
    """What is available for a command; refunds are taken from the reserve first, payouts to cards never."""
    available_minor = _balance(tx, work.payment, chart.available(gateway))
    if isinstance(work.command, commands.Payout) or not reserves.has_reserve(tx, gateway, profile):
        return available_minor
    return available_minor + reserves.held_minor(tx, gateway, work.payment.currency)


def _balance(tx: UniverseTx, payment: Payment, account: str) -> int:
    return book.balance(tx.conn, tx.project.no, account, payment.currency)
