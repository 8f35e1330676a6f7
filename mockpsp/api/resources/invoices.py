"""Invoices, and what is done to their payment: authorize, capture, void, increment, refund."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, native_progress, paying
from mockpsp.api.requests.invoice_making import assign_customer, change_invoice, make_invoice
from mockpsp.api.requests.invoices import InvoiceRequest, InvoiceUpdate
from mockpsp.api.requests.payments import (
    AmountRequest,
    AuthorizeRequest,
    CaptureRequest,
    guard_currency,
)
from mockpsp.api.requests.refunds import RefundRequest, make_refund
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.shapes.invoices import qr_code
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Text
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.payments.payment import Status
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, payments, resources

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
@blueprint.post("/invoices/<invoice_id>/sync-with-psp", endpoint="sync_invoice_by_post")
@writes()
def sync_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> dict[str, Any]:
    """Ask the PSP how the payment stands; here it is never behind, so the invoice is answered as it is."""
    return {"invoice": show(tx, "invoice", lookups.invoice(tx, invoice_id), request_expansion())}


@blueprint.post("/invoices/<invoice_id>/authorize")
@writes(AuthorizeRequest())
def authorize_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Hold the invoice's amount on the source."""
    return paying.authorize(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.post("/invoices/<invoice_id>/capture")
@writes(CaptureRequest())
def capture_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Capture what is held, in full or `capture_amount` of it; without a hold, authorize and capture at once."""
    row = lookups.invoice(tx, invoice_id)
    if body.get("source", "").startswith(native_progress.CONFIGURATION):
        return native_progress.take(tx, row, body)
    if body.get("authenticate_only"):
        return paying.authenticate(tx, row, body)
    if body.get("authorize_only"):
        return paying.authorize(tx, row, body)
    return paying.capture(tx, row, body)


@blueprint.post("/invoices/<invoice_id>/void")
@writes(AmountRequest())
def void_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Release the hold, in full or `amount` of it."""
    return paying.void(tx, lookups.invoice(tx, invoice_id), body)


@blueprint.post("/invoices/<invoice_id>/increment_authorization")
@writes(AmountRequest())
def increment_invoice(tx: UniverseTx, body: dict[str, Any], invoice_id: str) -> Any:
    """Raise the hold by `amount`."""
    return paying.increment(tx, lookups.invoice(tx, invoice_id), body)


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


def _guard_unstarted(row: PaymentRow, what: str) -> None:
    if row.payment.attempts_count or row.payment.status is not Status.WAITING:
        raise Refused("request.validation.error", f"the invoice's payment has started, so it cannot be {what}")
