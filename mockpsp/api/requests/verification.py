"""Verifying a token: a payment of nothing with its card, held and released again, that says whether the card is good.

The payment is one like any other, with an invoice of its own unless one is given; `manual_invoice_cancellation` leaves
its hold to the caller. A card that wants its holder first leaves the verification pending.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockpsp.api.requests import lookups, three_d_s, token_events
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import Declined
from mockpsp.domain import commands
from mockpsp.domain.commands import Source
from mockpsp.domain.payments.payment import Challenge, Payment, Status
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.run import Outcome, run_command
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments, resources
from mockpsp.store.resources import CustomerRow, TokenRow

#: What a token keeps of its source; another source begins anew.
OF_SOURCE = frozenset(
    "gateway method_token account summary network_token verification_status invoice_seq revoked is_bare "
    "declined declined_by is_to_verify".split()
)
_PENDING_CODE = "card.needs-authentication"
#: Of customers without a currency.
_CURRENCY = "USD"


class Verified(NamedTuple):
    """A token after its verification, and what its customer has to do first, if anything."""

    row: TokenRow
    customer_action: dict[str, Any] | None = None


def verify(tx: UniverseTx, customer: CustomerRow, row: TokenRow, body: dict[str, Any], gateway: str) -> Verified:
    """The token with what came of its verification; Refused for a token without a card."""
    if row.card_seq is None:
        raise Refused(
            "request.validation.missing-source", "verify: only a token with a card can be verified", field="source"
        )
    if "invoice_id" in body:
        paid = lookups.invoice(tx, body["invoice_id"])
    else:
        paid = _own_invoice(tx, customer, row, body)
    command = commands.Authorize(Source(row.card_seq, row.seq), gateway)
    outcome = run_command(tx, paid.payment, paid.body, command)
    row = row._replace(body={**row.body, "invoice_seq": paid.payment.invoice_seq})
    row = _settled(tx, row, paid.body, outcome)
    if outcome.payment.is_challenged and "verifies" not in paid.body:
        # What comes of it later is the token's affair as well.
        payments.update_invoice(tx.conn, tx.project.no, outcome.payment, {**paid.body, "verifies": row.seq})
    return Verified(row, three_d_s.customer_action(tx, outcome.payment))


def take_answer(tx: UniverseTx, row: PaymentRow, said: dict[str, Any]) -> PaymentRow:
    """The payment after what its payer brought back of 3-D Secure; as it is where that was known before."""
    payment = row.payment
    if payment.challenge is Challenge.NONE:
        raise Refused("request.source.invalid", "source: this payment met no 3-D Secure to answer", field="source")
    if not three_d_s.answers(said, payment):
        return row
    outcome = run_command(tx, payment, row.body, three_d_s.command_for(said))
    complete_verification(tx, row.body, outcome)
    return row._replace(payment=outcome.payment, facts=None)


def go_on(tx: UniverseTx, row: TokenRow, said: dict[str, Any]) -> "Verified | Declined":
    """The token after what its customer brought back of the 3-D Secure of its verification."""
    found = payments.load_by_invoice(tx.conn, tx.project.no, row.body.get("invoice_seq", 0))
    if found is None:
        raise Refused("request.source.invalid", "source: this token met no 3-D Secure to answer", field="source")
    payment = take_answer(tx, PaymentRow(*found), said).payment
    if payment.error_code is not None:
        return Declined(payment.error_code, tx.catalog.decline_message(payment.error_code))
    kept = resources.load_token(tx.conn, tx.project.no, row.seq)
    assert kept is not None
    return Verified(kept, three_d_s.customer_action(tx, payment))


def currency_of(customer: CustomerRow) -> str:
    """The currency a customer's verification counts in."""
    return str(customer.body.get("currency") or _CURRENCY)


def complete_pending(tx: UniverseTx, invoice: Mapping[str, Any], outcome: Outcome) -> TokenRow | None:
    """The token whose pending verification this payment ended, or None."""
    row = resources.load_token(tx.conn, tx.project.no, invoice["verifies"])
    if row is None or row.body.get("verification_status") != "pending":
        return None
    return _settled(tx, row, invoice, outcome)


def complete_verification(tx: UniverseTx, invoice: Mapping[str, Any], outcome: Outcome) -> None:
    """Leave nothing to be done after an outcome that may have ended a verification."""
    if "verifies" in invoice and (token := complete_pending(tx, invoice, outcome)):
        token_events.tell(tx, "customer.token.updated", token)


def _own_invoice(tx: UniverseTx, customer: CustomerRow, row: TokenRow, body: dict[str, Any]) -> PaymentRow:
    invoice = {
        "name": "Card verification",
        "customer_id": row.body["customer_id"],
        "verification": True,
        "verifies": row.seq,
        "metadata": body.get("verify_metadata", {}),
        "statement_descriptor": body.get("verify_statement_descriptor"),
        "return_url": body.get("invoice_return_url"),
    }
    invoice_seq, payment_seq = tx.mint.next(), tx.mint.next()
    payment = Payment(payment_seq, invoice_seq, customer.seq, currency_of(customer), 0, tx.now_ms)
    kept = {name: value for name, value in invoice.items() if value is not None}
    payments.insert_invoice(tx.conn, tx.project.no, payment, kept)
    resources.count(tx.conn, tx.project.no, "invoice", 1)
    resources.count(tx.conn, tx.project.no, "payment", 1)
    return PaymentRow(payment, kept)


def _settled(tx: UniverseTx, row: TokenRow, invoice: Mapping[str, Any], outcome: Outcome) -> TokenRow:
    """The token with the verification's end written down, and the hold released."""
    payment = outcome.payment
    # A payer who fails or never comes declines no command: what came of it stands on the payment.
    error_code = outcome.error_code or payment.error_code
    status = "success" if error_code is None else "failed"
    if error_code == _PENDING_CODE:
        status = "pending"
    row = row._replace(body={**row.body, "verification_status": status})
    resources.update_token(tx.conn, tx.project.no, row)
    is_released = payment.status is Status.AUTHORIZED and not row.body.get("manual_invoice_cancellation")
    if is_released and payment.gateway and gateway_profile(tx, payment.gateway)[1].void:
        run_command(tx, payment, invoice, commands.Void())
    return row
