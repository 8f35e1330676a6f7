"""Invoices, and what is done to their payment: authorize, capture, void, increment, refund."""

from dataclasses import replace
from typing import Any

from flask import Blueprint

from mockpsp import engine
from mockpsp.api import (
    attempts,
    authentication,
    due_dates,
    lookups,
    network_tokens,
    paging,
    saved_sources,
    verification,
)
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show, show_payment, show_seqs
from mockpsp.api.fields import Body, Text
from mockpsp.api.http import Declined, reads, writes
from mockpsp.api.invoice_making import assign_customer, change_invoice, make_invoice
from mockpsp.api.invoice_requests import InvoiceRequest, InvoiceUpdate
from mockpsp.api.invoice_shapes import qr_code
from mockpsp.api.payment_requests import (
    AmountRequest,
    AuthorizeRequest,
    CaptureRequest,
    amount_of,
    guard_currency,
    keep_device,
    lines_worth,
    wishes,
)
from mockpsp.api.payment_shapes import Paid
from mockpsp.api.refunds import RefundRequest, make_refund
from mockpsp.domain import commands
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import Command, Source
from mockpsp.domain.payment import Challenge, Payment, Status
from mockpsp.domain.three_d_s import NEEDS_AUTHENTICATION
from mockpsp.store import listing, payments, resources
from mockpsp.universes import UniverseTx

blueprint = Blueprint("invoices", __name__)


class CustomerAssignment(Body):
    """Whose invoice it is to be."""

    customer_id = Text(required=True)


@blueprint.post("/invoices")
@writes(InvoiceRequest())
def create_invoice(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Create an invoice and, waiting with it, its transaction."""
    return {"invoice": show(tx, "invoice", make_invoice(tx, body), request_expansion())}


@blueprint.get("/invoices")
@reads
def list_invoices(tx: UniverseTx) -> dict[str, Any]:
    """List invoices."""
    tree = request_expansion()
    return paging.page(tx, "invoices", "iv_", listing.INVOICES, (), lambda seqs: show_seqs(tx, "invoice", seqs, tree))


@blueprint.get("/invoices/<invoice_id>")
@reads
def fetch_invoice(tx: UniverseTx, invoice_id: str) -> dict[str, Any]:
    """Fetch an invoice, with its address as a QR code."""
    shape = show(tx, "invoice", lookups.invoice(tx, invoice_id), request_expansion())
    shape["url_qrcode"] = qr_code(shape["url"])
    return {"invoice": shape}


@blueprint.put("/invoices/<invoice_id>")
@writes(InvoiceUpdate())
def update_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> dict[str, Any]:
    """Change the amount, tax, lines or shipping of an invoice whose payment has not started."""
    row = lookups.invoice(tx, invoice_id)
    guard_currency(row, body)
    _guard_unstarted(row, "changed")
    return {"invoice": show(tx, "invoice", change_invoice(tx, row, body), request_expansion())}


@blueprint.delete("/invoices/<invoice_id>")
@writes()
def delete_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> dict[str, Any]:
    """Delete an invoice whose payment has not started."""
    row = lookups.invoice(tx, invoice_id)
    _guard_unstarted(row, "deleted")
    payments.delete_invoice(tx.conn, tx.project.no, row.payment)
    resources.count(tx.conn, tx.project.no, "invoice", -1)
    resources.count(tx.conn, tx.project.no, "payment", -1)
    return {}


@blueprint.get("/invoices/<invoice_id>/customers")
@reads
def fetch_invoice_customer(tx: UniverseTx, invoice_id: str) -> dict[str, Any]:
    """Fetch the invoice's customer."""
    seq = lookups.invoice(tx, invoice_id).payment.customer_seq
    customer = None if seq is None else resources.load_customer(tx.conn, tx.project.no, seq)
    if customer is None:
        raise lookups.not_found("customer")
    return {"customer": show(tx, "customer", customer, request_expansion())}


@blueprint.post("/invoices/<invoice_id>/customers")
@writes(CustomerAssignment())
def assign_invoice_customer(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> dict[str, Any]:
    """Make a customer the invoice's; possible until the payment starts."""
    row = lookups.invoice(tx, invoice_id)
    _guard_unstarted(row, "given another customer")
    _, customer = assign_customer(tx, row, body["customer_id"])
    return {"customer": show(tx, "customer", customer, request_expansion())}


@blueprint.put("/invoices/<invoice_id>/sync-with-psp")
@writes()
def sync_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> dict[str, Any]:
    """Ask the PSP how the payment stands; here it is never behind, so the invoice is answered as it is."""
    return {"invoice": show(tx, "invoice", lookups.invoice(tx, invoice_id), request_expansion())}


@blueprint.post("/invoices/<invoice_id>/authorize")
@writes(AuthorizeRequest())
def authorize_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Hold the invoice's amount on the source."""
    return _authorize(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.post("/invoices/<invoice_id>/capture")
@writes(CaptureRequest())
def capture_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Capture what is held, in full or `capture_amount` of it; without a hold, authorize and capture at once."""
    row = lookups.invoice(tx, invoice_id)
    if body.get("authenticate_only"):
        return authenticate(tx, row, body)
    if body.get("authorize_only"):
        return _authorize(tx, row, body)
    if tx.is_public and row.body.get("require_backend_capture"):
        raise Refused(
            "request.authentication.invalid",
            "the invoice was made with require_backend_capture: its capture needs the secret key",
            401,
        )
    guard_currency(row, body)
    row = keep_device(tx, row, body)
    row, source = _source(tx, row, body)
    if isinstance(source, Declined):
        return source
    amount_minor = amount_of(body, "capture_amount", row)
    if amount_minor is None:
        amount_minor = lines_worth(tx, row, body.get("invoice_detail_ids"), purpose="capture")
    is_final = {"final": True, "non-final": False}.get(body.get("capture_type", ""))
    limit_minor = amount_minor or row.payment.hold_minor or row.payment.amount_minor
    asked = wishes(row, body, limit_minor, is_payment=True)
    gateway, asked = attempts.routed(tx, row, source, asked)
    command = commands.Capture(source, gateway, amount_minor, is_final, wishes=asked)
    return pay(
        tx,
        row,
        command,
        saves_source=bool(body.get("save_source")),
        provisions=bool(body.get("provision_network_token")),
    )


@blueprint.post("/invoices/<invoice_id>/void")
@writes(AmountRequest())
def void_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Release the hold, in full or `amount` of it."""
    row = lookups.invoice(tx, invoice_id)
    guard_currency(row, body)
    asked = wishes(row, body, row.payment.hold_minor)
    return pay(tx, row, commands.Void(amount_of(body, "amount", row), wishes=asked))


@blueprint.post("/invoices/<invoice_id>/increment_authorization")
@writes(AmountRequest())
def increment_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Raise the hold by `amount`."""
    row = lookups.invoice(tx, invoice_id)
    guard_currency(row, body)
    amount_minor = amount_of(body, "amount", row)
    if amount_minor is None:
        raise Refused("request.validation.invalid-amount", "amount: say how much to add to the hold", field="amount")
    return pay(tx, row, commands.Increment(amount_minor, wishes=wishes(row, body, amount_minor)), shows_project=True)


@blueprint.post("/invoices/<invoice_id>/refunds")
@writes(RefundRequest())
def refund_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Refund the invoice's payment, in full or `amount` of it."""
    return make_refund(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.get("/invoices/<invoice_id>/transactions")
@reads
def fetch_invoice_transaction(tx: UniverseTx, invoice_id: str) -> dict[str, Any]:
    """Fetch the invoice's transaction."""
    return {"transaction": show(tx, "transaction", lookups.invoice(tx, invoice_id), request_expansion())}


def _guard_unstarted(row: Paid, what: str) -> None:
    if row.payment.attempts_count or row.payment.status is not Status.WAITING:
        raise Refused("request.validation.error", f"the invoice's payment has started, so it cannot be {what}")


def _source(tx: UniverseTx, row: Paid, body: dict[str, Any]) -> tuple[Paid, Source | Declined | None]:
    """What pays. A source that tells how 3-D Secure ended ends it first, and then stands for the card behind it."""
    said = authentication.answer_in(body.get("source"))
    if said is None:
        return row, lookups.source(tx, body.get("source"))
    payment = row.payment
    if payment.challenge is Challenge.NONE:
        raise Refused("request.source.invalid", "source: this payment met no 3-D Secure to answer", field="source")
    if payment.is_challenged:
        outcome = engine.run(tx, payment, row.body, authentication.command_for(said))
        verification.tell_after(tx, row.body, outcome)
        row, payment = replace(row, payment=outcome.payment, facts=None), outcome.payment
    if payment.is_challenged or payment.error_code is not None:
        return row, declined(tx, payment, payment.error_code or NEEDS_AUTHENTICATION)
    return row, Source(payment.card_seq, payment.token_seq)


def authenticate(tx: UniverseTx, row: Paid, body: dict[str, Any]) -> Any:
    """Authenticate the holder of the source's card, for an attempt to come."""
    guard_currency(row, body)
    row = keep_device(tx, row, body)
    row, source = _source(tx, row, body)
    if isinstance(source, Declined):
        return source
    if source is None:
        raise Refused(
            "request.validation.missing-source", "source: authentication needs a card or a token", field="source"
        )
    asked = wishes(row, body, row.payment.amount_minor, is_payment=True)
    gateway, asked = attempts.routed(tx, row, source, asked)
    return pay(tx, row, commands.Authenticate(source, gateway, wishes=asked))


def _authorize(tx: UniverseTx, row: Paid, body: dict[str, Any]) -> Any:
    if body.get("authenticate_only"):
        return authenticate(tx, row, body)
    guard_currency(row, body)
    row = keep_device(tx, row, body)
    amount_of(body, "capture_amount", row)  # checked; what is captured is said when it is
    row, source = _source(tx, row, body)
    if isinstance(source, Declined):
        return source
    if source is None:
        raise Refused(
            "request.validation.missing-source",
            "source: an authorization needs a card, a token or a gateway request",
            field="source",
        )
    asked = wishes(row, body, row.payment.amount_minor, is_payment=True)
    gateway, asked = attempts.routed(tx, row, source, asked)
    command = commands.Authorize(
        source,
        gateway,
        is_incremental=bool(body.get("incremental") or row.body.get("incremental")),
        auto_capture_at_ms=due_dates.automatic_capture(tx, row, body),
        allow_fallback_to_sale=body.get("allow_fallback_to_sale", False),
        wishes=asked,
    )
    return pay(
        tx,
        row,
        command,
        saves_source=bool(body.get("save_source")),
        provisions=bool(body.get("provision_network_token")),
    )


def pay(
    tx: UniverseTx,
    row: Paid,
    command: Command,
    *,
    saves_source: bool = False,
    provisions: bool = False,
    shows_project: bool = False,
) -> Any:
    """Run a command on the payment; answer the transaction, or the decline."""
    outcome = engine.run(tx, row.payment, row.body, command)
    verification.tell_after(tx, row.body, outcome)
    if outcome.error_code is not None:
        return declined(tx, outcome.payment, outcome.error_code)
    if saves_source:
        saved_sources.save(tx, outcome.payment)
    if provisions:
        network_tokens.provision_for(tx, outcome.payment)
    # The first attempt's facts are all there are: they need not be read back.
    facts = None if row.payment.attempts_count else outcome.decision.facts
    tree = {"project": {}, **request_expansion()} if shows_project else request_expansion()
    return {"transaction": show_payment(tx, Paid(outcome.payment, row.body, facts), tree)}


def declined(tx: UniverseTx, payment: Payment, error_code: str) -> Declined:
    """The answer of a payment that failed, or that waits for its payer."""
    action = authentication.customer_action(tx, payment)
    return Declined(error_code, tx.catalog.decline_message(error_code), action)
