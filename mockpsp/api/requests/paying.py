"""Acting on a payment as the routes ask: authenticate, authorize, capture, void, increment; and what is answered."""

from typing import Any

from mockpsp.api.requests import (
    attempts,
    due_dates,
    gateway_requests,
    lookups,
    network_tokens,
    saved_sources,
    three_d_s,
    verification,
)
from mockpsp.api.requests.lines import guard_worth, lines_worth
from mockpsp.api.requests.payments import (
    amount_of,
    guard_currency,
    keep_device,
    read_options,
)
from mockpsp.api.shapes.expansions import show_payment
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.http import Declined
from mockpsp.domain import commands
from mockpsp.domain.commands import Command, Source
from mockpsp.domain.deciders.three_d_s import NEEDS_AUTHENTICATION
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.run import run_command
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import TokenRow


def authenticate(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Authenticate the holder of the source's card, for an attempt to come."""
    guard_currency(row, body)
    row, source = _told_of_attempt(tx, row, body)
    if isinstance(source, Declined):
        return source
    source = _needed(source, "authentication needs a card or a token")
    asked = read_options(row, body, row.payment.amount_minor, is_payment=True)
    gateway, asked = attempts.route_attempt(tx, row, source, asked)
    return pay(tx, row, commands.Authenticate(source, gateway, options=asked))


def authorize(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Hold the invoice's amount on the source, or authenticate its holder where no more is asked."""
    if body.get("authenticate_only"):
        return authenticate(tx, row, body)
    guard_currency(row, body)
    amount_of(body, "capture_amount", row)  # checked; what is captured is said when it is
    row, source = _told_of_attempt(tx, row, body)
    if isinstance(source, Declined):
        return source
    source = _needed(source, "an authorization needs a card, a token or a gateway request")
    asked = read_options(row, body, row.payment.amount_minor, is_payment=True)
    gateway, asked = attempts.route_attempt(tx, row, source, asked)
    command = commands.Authorize(
        source,
        gateway,
        is_incremental=bool(body.get("incremental") or row.body.get("incremental")),
        auto_capture_at_ms=due_dates.automatic_capture(tx, row, body),
        allow_fallback_to_sale=body.get("allow_fallback_to_sale", False),
        options=asked,
    )
    return _pay_and_keep(tx, row, command, body)


def capture(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Capture what is held, or the amount or lines that are named; without a hold, authorize and capture at once."""
    _guard_backend_capture(tx, row)
    guard_currency(row, body)
    row, source = _told_of_attempt(tx, row, body)
    if isinstance(source, Declined):
        return source
    worth_minor = lines_worth(tx, row, body.get("invoice_detail_ids"))
    amount_minor = amount_of(body, "capture_amount", row)
    if amount_minor is None:
        guard_worth(worth_minor, purpose="capture")
        amount_minor = worth_minor
    is_final = {"final": True, "non-final": False}.get(body.get("capture_type", ""))
    limit_minor = amount_minor or row.payment.hold_minor or row.payment.amount_minor
    asked = read_options(row, body, limit_minor, is_payment=True)
    gateway, asked = attempts.route_attempt(tx, row, source, asked)
    return _pay_and_keep(tx, row, commands.Capture(source, gateway, amount_minor, is_final, options=asked), body)


def void(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Release the hold, or the amount of it that is named."""
    guard_currency(row, body)
    asked = read_options(row, body, row.payment.hold_minor)
    return pay(tx, row, commands.Void(amount_of(body, "amount", row), options=asked))


def increment(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> Any:
    """Raise the hold by the amount that is named."""
    guard_currency(row, body)
    amount_minor = amount_of(body, "amount", row)
    if amount_minor is None:
        raise Refused("request.validation.invalid-amount", "amount: say how much to add to the hold", field="amount")
    return pay(
        tx, row, commands.Increment(amount_minor, options=read_options(row, body, amount_minor)), shows_project=True
    )


def pay(
    tx: UniverseTx,
    row: PaymentRow,
    command: Command,
    *,
    saved: dict[str, Any] | None = None,
    provisions: bool = False,
    shows_project: bool = False,
) -> Any:
    """Run a command on the payment; answer the transaction, or the decline. `saved`: what asks to keep what pays."""
    outcome = run_command(tx, row.payment, row.body, command)
    verification.complete_verification(tx, row.body, outcome)
    if outcome.error_code is not None:
        after = row._replace(payment=outcome.payment, facts=None)
        return declined(tx, after, outcome.error_code, outcome.decision.message)
    kept = None if saved is None else _saved(tx, outcome.payment, command, saved)
    if provisions:
        network_tokens.provision_for(tx, outcome.payment)
    # The first attempt's facts are all there are: they need not be read back.
    facts = None if row.payment.attempts_count else outcome.decision.facts
    tree = {"project": {}, **request_expansion()} if shows_project else request_expansion()
    shown = {"transaction": show_payment(tx, PaymentRow(outcome.payment, row.body, facts), tree)}
    return {**shown, **told_to_pages(tx, outcome.payment, kept)}


def told_to_pages(tx: UniverseTx, payment: Payment, kept: TokenRow | None = None) -> dict[str, Any]:
    """What the browser library hands on to the shop's page with every answer to an attempt; nothing to servers.

    `kept`: the token that the payment was saved as.
    """
    if not tx.is_public:
        return {}
    told: dict[str, Any] = {
        "authorized": payment.authorized_minor > 0 or payment.captured_minor > 0,
        "captured": payment.captured_minor > 0,
    }
    return told if kept is None else {**told, "customer_token_id": tx.id("tok_", kept.seq)}


def declined(tx: UniverseTx, row: PaymentRow, error_code: str, message: str | None = None) -> Declined:
    """The answer of a payment that failed, or that waits for its payer."""
    action = three_d_s.customer_action(tx, row.payment)
    waiting = show_payment(tx, row, request_expansion()) if action and tx.is_public else None
    beside = told_to_pages(tx, row.payment)
    return Declined(error_code, message or tx.catalog.decline_message(error_code), action, waiting, beside)


def _pay_and_keep(tx: UniverseTx, row: PaymentRow, command: Command, body: dict[str, Any]) -> Any:
    """Pay, and keep of the source what the request asks for."""
    return pay(
        tx,
        row,
        command,
        saved=body if body.get("save_source") else None,
        provisions=bool(body.get("provision_network_token")),
    )


def _saved(tx: UniverseTx, payment: Payment, command: Command, body: dict[str, Any]) -> TokenRow | None:
    source = command.source if isinstance(command, (commands.Authorize, commands.Capture)) else None
    request = None if source is None else source.request
    return saved_sources.save(tx, payment, request, body.get("source"))


def _told_of_attempt(
    tx: UniverseTx, row: PaymentRow, body: dict[str, Any]
) -> tuple[PaymentRow, Source | Declined | None]:
    """The payment with what the request tells of its payer, and what pays.

    A source that tells how 3-D Secure ended ends it first, and then stands for the card behind it.
    """
    row = keep_device(tx, row, body)
    said = three_d_s.parse_challenge_answer(body.get("source"))
    if said is None:
        found = lookups.source(tx, body.get("source"))
        if found is not None and str(body["source"]).startswith(gateway_requests.PREFIX):
            gateway_requests.guard_page(tx, body["source"], tx.id("iv_", row.payment.invoice_seq))
        return row, found
    row = verification.take_answer(tx, row, said)
    payment = row.payment
    if payment.is_challenged or payment.error_code is not None:
        return row, declined(tx, row, payment.error_code or NEEDS_AUTHENTICATION)
    return row, Source(payment.card_seq, payment.token_seq)


def _needed(source: Source | None, why: str) -> Source:
    if source is None:
        raise Refused("request.validation.missing-source", f"source: {why}", field="source")
    return source


def _guard_backend_capture(tx: UniverseTx, row: PaymentRow) -> None:
    """Refuse (401) a page's capture of an invoice that the server wants to capture itself."""
    if tx.is_public and row.body.get("require_backend_capture"):
        raise Refused(
            "request.authentication.invalid",
            "the invoice was made with require_backend_capture: its capture needs the secret key",
            401,
        )
