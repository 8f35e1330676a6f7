"""How invoices, transactions, operations and refunds look on the wire: plain dicts, nothing expanded."""

from dataclasses import dataclass
from typing import Any

from mockpsp.api.shapes import Shape, checks
from mockpsp.domain.facts import OPERATIONS, Fact, Kind
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_trimmed
from mockpsp.domain.payment import Dispute, Payment
from mockpsp.gateways import configuration_id
from mockpsp.store.payments import RefundRow
from mockpsp.universes import UniverseTx

CHECKOUT = "https://checkout.processout.com"

#: Fields of an invoice that are shown as they were given.
INVOICE_TEXTS = (
    "order_id reference_id statement_descriptor statement_descriptor_phone statement_descriptor_city "
    "statement_descriptor_company statement_descriptor_url merchant_initiator_type initiation_type payment_intent "
    "payment_type return_url cancel_url webhook_url expires_at auto_capture_at submerchant_id"
).split()
INVOICE_OBJECTS = (
    "risk shipping device billing tax external_fraud_tools submerchant unsupported_feature_bypass "
    "payment_processing_config native_apm"
).split()
INVOICE_FLAGS = "require_backend_capture incremental verification".split()
_EMPTY_WHEN_UNSET = "sca_exemption_reason exemption_reason_3ds2 challenge_indicator".split()
DETAIL_TEXTS = (
    "type reference description brand model condition category marketplace_merchant marketplace_merchant_created_at"
).split()


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment with its invoice's body: what an invoice and a transaction are both shown from."""

    payment: Payment
    body: dict[str, Any]
    #: The payment's facts, where operations are shown.
    facts: tuple[Fact, ...] | None = None


def invoice(tx: UniverseTx, row: Paid) -> Shape:
    """An invoice; it has no status, its transaction has."""
    payment, body = row.payment, row.body
    invoice_id = tx.id("iv_", payment.invoice_seq)
    return {
        "id": invoice_id,
        "project_id": tx.project.public_id,
        "transaction_id": tx.id("tr_", payment.seq),
        "customer_id": body.get("customer_id"),
        "subscription_id": None,
        "token_id": tx.optional_id("tok_", payment.token_seq),
        "details": [detail(tx, line, payment.currency) for line in body.get("details", ())],
        "name": body["name"],
        "amount": format_trimmed(payment.amount_minor - payment.incremented_minor, payment.currency),
        "currency": payment.currency,
        "url": f"{CHECKOUT}/{tx.project.id}/{invoice_id}",
        "url_qrcode": None,
        "metadata": body.get("metadata", {}),
        "gateway_data": body.get("gateway_data", {}),
        **{name: body.get(name) for name in INVOICE_TEXTS},
        **{name: body.get(name, "") for name in _EMPTY_WHEN_UNSET},
        **{name: body.get(name) for name in INVOICE_FLAGS},
        **{name: body.get(name) for name in INVOICE_OBJECTS},
        "card_verification": None,
        "sandbox": True,
        "created_at": rfc3339(payment.created_at_ms),
    }


def detail(tx: UniverseTx, line: dict[str, Any], currency: str) -> Shape:
    """A line of an invoice."""
    return {
        "id": tx.id("iv_det_", line["seq"]),
        "name": line["name"],
        "amount": format_trimmed(line["amount_minor"], currency),
        "quantity": line["quantity"],
        "discount_amount": format_trimmed(line.get("discount_minor", 0), currency),
        "metadata": line.get("metadata", {}),
        "marketplace_merchant_is_business": line.get("marketplace_merchant_is_business"),
        **{name: line.get(name) for name in DETAIL_TEXTS},
    }


def transaction(tx: UniverseTx, row: Paid) -> Shape:
    """A transaction; `operations` and `refunds` are null until expanded."""
    payment, body = row.payment, row.body
    return {
        "id": tx.id("tr_", payment.seq),
        "project_id": tx.project.public_id,
        "invoice_id": tx.id("iv_", payment.invoice_seq),
        "customer_id": body.get("customer_id"),
        "subscription_id": None,
        "token_id": tx.optional_id("tok_", payment.token_seq),
        "card_id": tx.optional_id("card_", payment.card_seq),
        "gateway_configuration_id": configuration_id(tx, payment.gateway) if payment.gateway else None,
        "external_three_d_s_gateway_configuration_id": None,
        "operations": None,
        "refunds": None,
        "name": body["name"],
        "currency": payment.currency,
        "status": payment.status.value,
        **_amounts(payment),
        **_history(payment),
        "error_code": payment.error_code,
        "error_message": tx.catalog.decline_message(payment.error_code) if payment.error_code else None,
        "error_recommendations": [],
        **_checks_and_fees(payment),
        "gateway_name": payment.gateway,
        "acquirer_name": None,
        "payment_type": "card" if payment.card_seq is not None else payment.method,
        "eci": None,
        "scheme_id": None,
        "initial_scheme_transaction_id": None,
        "mcc": None,
        "merchant_account_id": None,
        "metadata": body.get("metadata", {}),
        "external_details": None,
        "native_apm": None,
        "origin": "api",
        "attempts_count": payment.attempts_count,
        "routing_tags": [],
        "sandbox": True,
        "created_at": rfc3339(payment.created_at_ms),
    }


def operation_rows(row: Paid) -> list["OperationRow"]:
    """The payment's operations, oldest first: the facts of the API's own types, each with its attempt."""
    attempt = Attempt()
    found = []
    for fact in row.facts or ():
        attempt = attempt.after(fact)
        if OPERATIONS[fact.kind] is not None:
            found.append(OperationRow(row, fact, attempt))
    return found


def refund(tx: UniverseTx, row: tuple[RefundRow, str]) -> Shape:
    """A refund, given with its currency."""
    refund_row, currency = row
    body = refund_row.body
    return {
        "id": tx.id("refd_", refund_row.seq),
        "transaction_id": tx.id("tr_", refund_row.payment_seq),
        "amount": format_trimmed(refund_row.amount_minor, currency),
        "reason": body["reason"],
        "information": body["information"],
        "has_failed": refund_row.state == "failed",
        "metadata": body["metadata"],
        "invoice_detail_ids": body["invoice_detail_ids"],
        "funding_source": "",
        "sandbox": True,
        "created_at": rfc3339(body["created_at_ms"]),
    }


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which card, token and gateway the operations at hand belong to: those of the last request before them."""

    gateway: str | None = None
    card_seq: int | None = None
    token_seq: int | None = None
    is_sale: bool = False
    method: str | None = None
    method_token: str | None = None

    def after(self, fact: Fact) -> "Attempt":
        """The attempt a later fact belongs to; a new request begins another."""
        if fact.kind is not Kind.REQUESTED:
            return self
        return Attempt(fact.gateway, fact.card_seq, fact.token_seq, fact.is_sale, fact.method, fact.method_token)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """What an operation is shown from: its fact, the payment, and the attempt it belongs to."""

    paid: Paid
    fact: Fact
    attempt: Attempt


def operation(tx: UniverseTx, row: OperationRow) -> Shape:
    """One step of a transaction."""
    fact, attempt, payment = row.fact, row.attempt, row.paid.payment
    shown = OPERATIONS[fact.kind]
    assert shown is not None
    amount = format_trimmed(fact.amount_minor, payment.currency)
    return {
        "id": tx.id("tr_op_", fact.seq),
        "transaction_id": tx.id("tr_", payment.seq),
        "token_id": tx.optional_id("tok_", attempt.token_seq),
        "card_id": tx.optional_id("card_", attempt.card_seq),
        "gateway_configuration_id": configuration_id(tx, attempt.gateway) if attempt.gateway else None,
        "type": shown.type,
        "amount": amount,
        "amount_local": amount,
        "currency": payment.currency,
        "is_attempt": shown.is_attempt,
        "has_failed": shown.has_failed,
        "is_accountable": shown.is_accountable,
        "error_code": fact.error_code,
        "error_message": tx.catalog.decline_message(fact.error_code) if fact.error_code else None,
        "gateway_operation_id": "",
        "arn": None,
        "scheme_id": None,
        "initial_scheme_transaction_id": None,
        "payment_type": "card" if attempt.card_seq is not None else attempt.method,
        "capture_type": ("final" if fact.is_final else "non-final") if fact.kind is Kind.CAPTURED else None,
        "gateway_data": {"token": attempt.method_token} if attempt.method_token else {},
        "metadata": {"is_sale": "true" if attempt.is_sale else "false"},
        "gateway_fee": format_trimmed(fact.fee_minor + fact.processing_minor, payment.currency),
        "chargeback_reason": fact.reason if fact.kind is Kind.CHARGEBACK_OPENED else None,
        "processed_with_network_token": False,
        "payment_data_three_d_s_request": None,
        "payment_data_three_d_s_authentication": None,
        "payment_data_network_authentication": None,
        "created_at": rfc3339(fact.at_ms),
    }


def _amounts(payment: Payment) -> Shape:
    """The totals, each also as `_local`: the sandbox converts nothing."""
    totals = {
        "amount": payment.amount_minor,
        "authorized_amount": payment.authorized_minor,
        "captured_amount": payment.captured_minor,
        "refunded_amount": payment.refunded_minor,
        "available_amount": payment.available_minor,
        "voided_amount": payment.voided_minor,
        "incremented_amount": payment.incremented_minor,
    }
    shown = {}
    for name, minor in totals.items():
        shown[name] = shown[f"{name}_local"] = format_trimmed(minor, payment.currency)
    return shown


def _history(payment: Payment) -> Shape:
    """What has ever happened to the payment, and when."""
    return {
        "authorized": payment.authorized_minor > 0,
        "captured": payment.captured_minor > 0,
        "refunded": payment.refunded_minor > 0,
        "voided": payment.voided_minor > 0,
        "chargedback": payment.dispute in (Dispute.OPEN, Dispute.WON, Dispute.LOST),
        "received_fraud_notification": payment.fraud_notified,
        "received_retrieval_request": payment.retrieval_requested,
        "authorized_at": _moment(payment.authorized_at_ms),
        "captured_at": _moment(payment.captured_at_ms),
        "refunded_at": _moment(payment.refunded_at_ms),
        "voided_at": _moment(payment.voided_at_ms),
        "chargedback_at": _moment(payment.chargedback_at_ms),
    }


def _checks_and_fees(payment: Payment) -> Shape:
    """What was checked, and what the PSP charged so far."""
    found = dict(payment.checks)
    fees = format_trimmed(payment.fees_minor, payment.currency)
    return {
        "three_d_s_status": "unchecked",
        "three_d_s_version": None,
        "three_d_s": None,
        "cvc_check": found.get("cvc", "unavailable"),
        "avs_check": found.get("avs", "unavailable"),
        "card_checks": checks(found, "unavailable"),
        "processout_fee": "0",
        "estimated_fee": fees,
        "gateway_fee": fees,
        "gateway_fee_local": fees,
        "currency_fee": payment.currency,
    }


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
