"""How transactions and refunds look on the wire: plain dicts, nothing expanded."""

import json
from typing import Any, NamedTuple

from mockpsp.api.shapes import native_payments, three_d_s
from mockpsp.api.shapes.parts import Shape, checks
from mockpsp.domain.payments.facts import Fact
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Dispute, Payment
from mockpsp.domain.psps.fees import CAPTURE, charge_for, tax_on
from mockpsp.domain.text import addresses, references
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.gateways import configuration_id, gateway_profile, psp_of
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.payments import RefundRow

#: Fields of a transaction about what no simulated world has.
_UNSEEN: Shape = dict.fromkeys(
    "subscription_id fraud_service_results is_on_us subscription_cycle duplicate_distance_seconds".split()
)
#: Notes of a request: the gateway configuration's sub-account, and the routing rule that chose the gateway.
MERCHANT_ACCOUNT = "merchant_account_id"
ROUTING_TAGS = "routing_tags"
#: Parts of a fee that no simulated PSP charges apart.
_FEES_NOT_CHARGED = dict.fromkeys(
    "exchange_fee interchange_fee scheme_fee markup_fee interchange_fee_estimate scheme_fee_estimate".split(), "0"
)

#: Advice of a network or an issuer -> the same in words.
_ADVICE_REASONS = {
    "03": "Do not try again.",
    "do-not-retry": "The issuer will not approve this card; use another one.",
}


class PaymentRow(NamedTuple):
    """A payment with its invoice's body: what an invoice and a transaction are both shown from."""

    payment: Payment
    body: dict[str, Any]
    #: The payment's facts, where operations are shown.
    facts: tuple[Fact, ...] | None = None


def transaction(tx: UniverseTx, row: PaymentRow) -> Shape:
    """A transaction; `operations` and `refunds` are null until expanded."""
    payment, body = row.payment, row.body
    notes = dict(payment.notes)
    return {
        "id": tx.id("tr_", payment.seq),
        "project_id": tx.project.public_id,
        "invoice_id": tx.id("iv_", payment.invoice_seq),
        "customer_id": body.get("customer_id"),
        "token_id": tx.optional_id("tok_", payment.token_seq),
        "card_id": tx.optional_id("card_", payment.card_seq),
        "gateway_configuration_id": configuration_id(tx, payment.gateway) if payment.gateway else None,
        "external_three_d_s_gateway_configuration_id": None,
        "operations": None,
        "refunds": None,
        "payout_items": None,
        "name": body["name"],
        "currency": payment.currency,
        "status": payment.status.value,
        **_amounts(payment),
        **_history(payment),
        "error_code": payment.error_code,
        "error_message": tx.catalog.decline_message(payment.error_code) if payment.error_code else None,
        "error_recommendations": [],
        **_checks(tx, payment),
        **_fees(tx, payment),
        "gateway_name": psp_of(tx, payment.gateway) if payment.gateway else None,
        "acquirer_name": None,
        "payment_type": "card" if payment.card_seq is not None else payment.method,
        "eci": three_d_s.eci(tx, payment.three_d_s),
        "scheme_id": scheme_id(tx, payment, payment.card_seq, payment.attempts_count),
        "initial_scheme_transaction_id": notes.get("initial_scheme_transaction_id"),
        "mcc": mcc(row),
        "merchant_account_id": notes.get(MERCHANT_ACCOUNT),
        **advice(payment),
        "details": {"country": (body.get("billing") or {}).get("country_code")},
        "buyer": _buyer(row),
        "sca": three_d_s.sca(payment, body),
        **_UNSEEN,
        "metadata": body.get("metadata", {}),
        "external_details": _external(row),
        "native_apm": native_payments.of_transaction(tx, payment),
        "origin": "api",
        "attempts_count": payment.attempts_count,
        "routing_tags": json.loads(notes.get(ROUTING_TAGS, "[]")),
        "sandbox": True,
        "created_at": rfc3339_fraction(payment.created_at_ms),
    }


#: Nobody advises anything.
NO_ADVICE: Shape = dict.fromkeys(
    "merchant_advice_code merchant_advice_reason recommendation_code recommendation_reason".split()
)


def advice(row: Payment | Fact) -> Shape:
    """What to do about a decline, by the card's network and by the issuer."""
    return {
        "merchant_advice_code": row.merchant_advice_code,
        "merchant_advice_reason": _ADVICE_REASONS.get(row.merchant_advice_code or ""),
        "recommendation_code": row.recommendation_code,
        "recommendation_reason": _ADVICE_REASONS.get(row.recommendation_code or ""),
    }


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
        "split_allocations": body.get("split_allocations", []),
        "funding_source": "",
        "sandbox": True,
        "created_at": rfc3339_fraction(body["created_at_ms"]),
    }


def scheme_id(tx: UniverseTx, payment: Payment, card_seq: int | None, attempt: int) -> str | None:
    """The card scheme's number of an attempt."""
    if card_seq is None:
        return None
    return references.digits(tx.key, payment.seq * 1_000 + attempt, 15)


def mcc(row: PaymentRow) -> str | None:
    """The merchant category: the submerchant's, where the invoice names one."""
    code: str | None = (row.body.get("submerchant") or {}).get("mcc")
    return code


def _buyer(row: PaymentRow) -> Shape:
    """Who bought, as far as the invoice says."""
    shipping = row.body.get("shipping") or {}
    name = f"{shipping.get('first_name') or ''} {shipping.get('last_name') or ''}".strip()
    phone = shipping.get("phone") or {}
    return {
        "name": name,
        "email": shipping.get("email") or "",
        "address": shipping.get("address1") or "",
        "phone": f"{phone.get('dialing_code') or ''}{phone.get('number') or ''}",
    }


def _external(row: PaymentRow) -> Shape | None:
    """What an alternative method knows of its payer, once it has the money: here what the merchant told it."""
    payment, body = row.payment, row.body
    if payment.card_seq is not None or payment.method is None or not payment.authorized_minor:
        return None
    shipping, billing = body.get("shipping") or {}, body.get("billing") or body.get("shipping") or {}
    phone = shipping.get("phone") or {}
    named = {name: shipping.get(name) or "" for name in ("first_name", "last_name", "email")}
    number = f"{phone.get('dialing_code') or ''}{phone.get('number') or ''}"
    return {
        "customer": {**named, "phone_number": number, **{part: billing.get(part) or "" for part in addresses.PARTS}},
        "shipping": {part: shipping.get(part) or "" for part in addresses.PARTS},
    }


def _amounts(payment: Payment) -> Shape:
    """The totals, each also as `_local`: the sandbox converts nothing. Those of a payout are below zero."""
    totals = {
        "amount": -payment.amount_minor if payment.is_payout else payment.amount_minor,
        "authorized_amount": payment.authorized_minor,
        "captured_amount": payment.captured_minor - payment.paid_out_minor,
        "refunded_amount": payment.refunded_minor,
        "available_amount": payment.available_minor - payment.paid_out_minor,
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
        "authorized": payment.authorized_at_ms is not None,
        "captured": payment.captured_at_ms is not None,
        "refunded": payment.refunded_minor > 0,
        "voided": payment.voided_at_ms is not None,
        "chargedback": payment.dispute in (Dispute.OPEN, Dispute.WON, Dispute.LOST),
        "received_fraud_notification": payment.fraud_notified,
        "received_retrieval_request": payment.retrieval_requested,
        "authorized_at": _moment(payment.authorized_at_ms),
        "captured_at": _moment(payment.captured_at_ms),
        "refunded_at": _moment(payment.refunded_at_ms),
        "voided_at": _moment(payment.voided_at_ms),
        "chargedback_at": _moment(payment.chargedback_at_ms),
    }


def _checks(tx: UniverseTx, payment: Payment) -> Shape:
    """What was checked."""
    found = dict(payment.checks)
    return {
        **three_d_s.summary(tx, payment),
        "cvc_check": found.get("cvc", "unavailable"),
        "avs_check": found.get("avs", "unavailable"),
        "card_checks": checks(found, "unavailable"),
    }


def _fees(tx: UniverseTx, payment: Payment) -> Shape:
    """What the PSP charged so far, in the payment's currency; before the first capture, what that will cost."""
    charged = format_trimmed(payment.fees_minor, payment.currency)
    processing_minor = payment.processing_fee_minor - payment.processing_returned_minor + payment.tax_minor
    estimate = charged
    if payment.gateway is not None and not payment.captures and not payment.fees_minor:
        profile = gateway_profile(tx, payment.gateway)[1]
        fee_minor = charge_for(CAPTURE, profile, payment.amount_minor, payment.currency)
        estimate = format_trimmed(fee_minor + tax_on(profile, fee_minor), payment.currency)
    return {
        "processout_fee": "0",
        "estimated_fee": estimate,
        "gateway_fee": charged,
        "gateway_fee_local": charged,
        "gateway_fee_details": {
            "processing_fee": format_trimmed(processing_minor, payment.currency),
            "refund_fee": format_trimmed(payment.refund_fees_minor, payment.currency),
            **_FEES_NOT_CHARGED,
            "currency": payment.currency,
        },
        "currency_fee": payment.currency if payment.captures else None,
    }


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339_fraction(at_ms)
