"""How a transaction's operations look on the wire, and which facts become which."""

import json
from typing import NamedTuple

from mockpsp.api.shapes import three_d_s as authentication_shapes
from mockpsp.api.shapes.parts import Shape, checks
from mockpsp.api.shapes.payments import MERCHANT_ACCOUNT, NO_ADVICE, ROUTING_TAGS, PaymentRow, advice, mcc, scheme_id
from mockpsp.domain.payments.facts import OPERATIONS, Fact, Kind
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.text import references
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.gateways import configuration_id
from mockpsp.engine.universes import UniverseTx

#: What the sandbox's provider says of an approved card.
_APPROVED = {"token": "test-valid"}
#: Why something happened that nobody asked for; what failed may say itself why.
_REASONS = {Kind.HOLD_EXPIRED: "authorization-expired", Kind.REFUND_WAITING: "waits-for-balance"}
_SAY_WHY = frozenset(
    {
        *(Kind.REFUND_DECLINED, Kind.REFUND_FAILED, Kind.REFUND_RETURNED),
        *(Kind.AUTHORIZATION_DECLINED, Kind.CAPTURE_DECLINED, Kind.PAYMENT_RETURNED),
    }
)
_HAS_REASON = _SAY_WHY | _REASONS.keys()
#: The facts that have a reference at the acquirer.
_AT_THE_ACQUIRER = frozenset({Kind.CAPTURED, Kind.REFUND_MADE, Kind.REFUND_SETTLED})
#: Notes that are lists, and those that an attempt shows for all its operations or the transaction.
_NOTED_AS_JSON = frozenset({"split_allocations", "invoice_detail_ids"})
_NOTED_ELSEWHERE = frozenset({"initial_scheme_transaction_id", MERCHANT_ACCOUNT, ROUTING_TAGS})
#: Fields of an operation about what no simulated world has.
_UNSEEN: Shape = dict.fromkeys("acquirer_name is_on_us".split())


class Attempt(NamedTuple):
    """Which card, token and gateway the operations at hand belong to: those of the last request before them."""

    gateway: str | None = None
    card_seq: int | None = None
    token_seq: int | None = None
    is_sale: bool = False
    method: str | None = None
    method_token: str | None = None
    notes: tuple[tuple[str, str], ...] = ()
    number: int = 0
    by_network_token: bool = False
    #: What 3-D Secure came to so far, and the fact it began with.
    three_d_s: tuple[tuple[str, str], ...] = ()
    three_d_s_seq: int = 0

    def after(self, fact: Fact) -> "Attempt":
        """The attempt a later fact belongs to; a new request begins another."""
        if fact.three_d_s:
            seq = fact.seq if fact.kind is Kind.THREE_D_S_ATTEMPTED else self.three_d_s_seq
            return self._replace(three_d_s=fact.three_d_s, three_d_s_seq=seq)
        if fact.kind is not Kind.REQUESTED:
            return self
        begun = Attempt(
            fact.gateway,
            fact.card_seq,
            fact.token_seq,
            fact.is_sale,
            fact.method,
            fact.method_token,
            fact.notes,
            self.number + 1,
            fact.by_network_token,
        )
        if fact.card_seq == self.card_seq and dict(self.three_d_s).get("status") == "success":
            return begun._replace(three_d_s=self.three_d_s, three_d_s_seq=self.three_d_s_seq)
        return begun


class OperationRow(NamedTuple):
    """What an operation is shown from: its fact, the payment, and the attempt it belongs to."""

    payment_row: PaymentRow
    fact: Fact
    attempt: Attempt
    #: The number of the fact its step at the PSP began with.
    step_seq: int
    error_code: str | None
    #: What the attempt's operations of each kind have in common, made for the first of them; None: all of them.
    common: dict[Kind | None, Shape]


def operation(tx: UniverseTx, row: OperationRow) -> Shape:
    """One step of a transaction: what its attempt's steps of the kind have in common, and what is its own.

    Each is one of two for every part of a payment that is captured or refunded in a thousand parts.
    """
    fact, attempt = row.fact, row.attempt
    kind, currency = fact.kind, row.payment_row.payment.currency
    shape = (row.common.get(kind) or _of_kind(tx, row)).copy()
    shape["id"] = tx.id("tr_op_", fact.seq)
    shape["amount"] = shape["amount_local"] = format_trimmed(fact.amount_minor, currency)
    if row.error_code:
        shape["error_code"] = row.error_code
        shape["error_message"] = tx.catalog.decline_message(row.error_code)
    if kind is Kind.AUTHORIZED:
        shape["authorization_code"] = references.digits(tx.key, fact.seq, 6)
    if kind is not Kind.REQUESTED and attempt.gateway is not None:
        shape["gateway_operation_id"] = f"{attempt.gateway}-{references.hexadecimal(tx.key, row.step_seq, 16)}"
    if kind in _AT_THE_ACQUIRER:
        shape["arn"] = references.digits(tx.key, row.step_seq, 23)
    if kind is Kind.CAPTURED:
        shape["capture_type"] = "final" if fact.is_final else "non-final"
    if row.error_code or kind in _HAS_REASON:
        shape["gateway_data"] = _gateway_data(row, shape["gateway_data"])
    if fact.metadata or row.error_code:
        gateway_error = {"gateway_error_code": row.error_code} if row.error_code else {}
        shape["metadata"] = {**dict(fact.metadata), **shape["metadata"], **gateway_error}
    if fact.fee_minor or fact.processing_minor or fact.tax_minor:
        shape["gateway_fee"] = format_trimmed(fact.charged_minor, currency)
    if kind is Kind.CHARGEBACK_OPENED:
        shape["chargeback_reason"] = fact.reason
    if fact.checks:
        shape["card_checks"] = checks(dict(fact.checks), "unavailable")
    if fact.merchant_advice_code or fact.recommendation_code:
        shape.update(advice(fact))
    if attempt.three_d_s:
        shape.update(
            authentication_shapes.payment_data(
                tx, row.payment_row.payment, fact, attempt.three_d_s, attempt.three_d_s_seq
            )
        )
    if fact.notes:
        del shape["created_at"]  # which stays the last of all
        shape.update(_noted(fact))
    shape["created_at"] = rfc3339_fraction(fact.at_ms)
    return shape


def _of_kind(tx: UniverseTx, row: OperationRow) -> Shape:
    """What the steps of a kind have in common in their attempt, made for the first of them."""
    if None not in row.common:
        row.common[None] = _of_attempt(tx, row)
    shape = row.common[row.fact.kind] = row.common[None].copy()
    shown = OPERATIONS[row.fact.kind]
    assert shown is not None
    shape["type"], shape["is_attempt"], shape["has_failed"], shape["is_accountable"] = shown
    return shape


def _of_attempt(tx: UniverseTx, row: OperationRow) -> Shape:
    """An operation with all its keys in their places: what the attempt says, and nothing yet of the step."""
    attempt, payment, invoice = row.attempt, row.payment_row.payment, row.payment_row.body
    network_id = scheme_id(tx, payment, attempt.card_seq, attempt.number)
    notes = dict(attempt.notes)
    return {
        "id": None,
        "transaction_id": tx.id("tr_", payment.seq),
        "token_id": tx.optional_id("tok_", attempt.token_seq),
        "card_id": tx.optional_id("card_", attempt.card_seq),
        "gateway_configuration_id": configuration_id(tx, attempt.gateway) if attempt.gateway else None,
        "type": None,
        "amount": None,
        "amount_local": None,
        "currency": payment.currency,
        "is_attempt": None,
        "has_failed": None,
        "is_accountable": None,
        "error_code": None,
        "error_message": None,
        "authenticated_transaction_id": network_id,
        "authorization_code": None,
        "gateway_operation_id": "",
        "arn": None,
        "scheme_id": network_id,
        "initial_scheme_transaction_id": notes.get("initial_scheme_transaction_id"),
        "payment_type": "card" if attempt.card_seq is not None else attempt.method,
        "capture_type": None,
        "gateway_data": _accepted(attempt),
        "metadata": {"is_sale": "true" if attempt.is_sale else "false"},
        "gateway_fee": format_trimmed(0, payment.currency),
        "chargeback_reason": None,
        "challenge_indicator": invoice.get("challenge_indicator", "no-preference"),
        "sca_exemption_reason": invoice.get("sca_exemption_reason", ""),
        "card_checks": None,
        "merchant_account_id": notes.get(MERCHANT_ACCOUNT),
        **_UNSEEN,
        "mcc": mcc(row.payment_row),
        "eci": authentication_shapes.eci(tx, attempt.three_d_s),
        **NO_ADVICE,
        "processed_with_network_token": attempt.by_network_token,
        **authentication_shapes.UNUSED,
        "created_at": None,
    }


def _noted(fact: Fact) -> Shape:
    """What the request asked beside money, under its own names; nothing where it asked nothing."""
    return {
        name: json.loads(text) if name in _NOTED_AS_JSON else text
        for name, text in fact.notes
        if name not in _NOTED_ELSEWHERE
    }


def _accepted(attempt: Attempt) -> Shape:
    """What the provider says where nothing went wrong: the token of a gateway request, or that a card was approved."""
    if attempt.method_token:
        return {"token": attempt.method_token}
    return {} if attempt.card_seq is None else _APPROVED


def _gateway_data(row: OperationRow, accepted: Shape) -> Shape:
    """What the provider says: why something happened, or nothing of a card that it declined."""
    reason = _REASONS.get(row.fact.kind, row.fact.reason if row.fact.kind in _SAY_WHY else None)
    if reason:
        return {"reason": reason}
    return {} if row.error_code and not row.attempt.method_token else accepted


def operation_rows(row: PaymentRow) -> list["OperationRow"]:
    """The payment's operations, oldest first: the facts of the API's own types, each with its attempt.

    An attempt and its result are one step at the PSP; the code of a failure stands on both.
    """
    attempt = Attempt()
    found: list[OperationRow] = []
    place_by_step: dict[tuple[str, int | None, int | None, int | None], int] = {}
    first_dispute: int | None = None
    common: dict[Kind | None, Shape] = {}
    for fact in row.facts or ():
        before, attempt = attempt, attempt.after(fact)
        if attempt is not before:
            common = {}
        shown = OPERATIONS[fact.kind]
        if shown is None:
            continue
        if fact.kind is Kind.CHARGEBACK_OPENED and first_dispute is None:
            first_dispute = fact.seq
        dispute = (fact.dispute_seq or first_dispute) if shown.type == "chargeback" else None
        step = (shown.type, fact.refund_seq, fact.capture_seq, dispute)
        begun = place_by_step.get(step)
        if shown.is_attempt or begun is None:
            place_by_step[step] = len(found)
            found.append(OperationRow(row, fact, attempt, fact.seq, fact.error_code, common))
            continue
        found.append(OperationRow(row, fact, attempt, found[begun].step_seq, fact.error_code, common))
        if shown.has_failed:
            found[begun] = found[begun]._replace(error_code=fact.error_code)
    return found
