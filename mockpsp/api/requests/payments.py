"""What the payment actions take beside money, and how it reaches the payment: as options of the command."""

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from mockpsp.api.requests.gateway_requests import MAX_LENGTH
from mockpsp.api.requests.invoice_making import settled_splits
from mockpsp.api.requests.invoices import BypassRequest, DeviceRequest, SplitRequest
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.fields import (
    AmountText,
    Anything,
    Body,
    Flag,
    Items,
    Moment,
    Part,
    Parts,
    Text,
    TextMap,
    in_any_case,
    one_of,
    shaped,
)
from mockpsp.domain.commands import ExternalThreeDS, RequestOptions
from mockpsp.domain.deciders.unsupported_features import SPLITS
from mockpsp.domain.payments import money
from mockpsp.domain.text.codes import INVALID_CURRENCY, Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments

#: Texts of a request that stand on its operations.
_NOTED = (
    "capture_statement_descriptor initial_scheme_transaction_id preferred_scheme transaction_link_id "
    "installment_plan_id"
).split()


class InCurrencyRequest(Body):
    """A body about a payment, which may say the payment's currency and no other one.

    It moves money, and all there is where it says no amount: one that is given has to say something.
    """

    never_empty = frozenset({"amount", "capture_amount", "invoice_detail_ids"})

    currency = Text(3)


class ActionRequest(InCurrencyRequest):
    """What every payment action takes: metadata that stands on its operations."""

    metadata = TextMap()


class AmountRequest(ActionRequest):
    """A body that may name an amount, and no lines: what is released or added to a hold is no line's."""

    amount = AmountText()

    @validates_schema(pass_original=True)
    def _refuse_lines(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if "invoice_detail_ids" in original:
            raise ValidationError("a hold is not made of lines; give an amount", "invoice_detail_ids")


#: What an issuer's proof is written in; the published contract demands it.
_BASE64 = r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"


class ExternalThreeDSRequest(Body):
    """What came of 3-D Secure that somebody else ran."""

    trans_status = Text(1, required=True, validate=one_of("YANURC"))
    version = Text(10, validate=shaped(r"[12](\.[0-9]){1,2}", "a version such as 2.2.0"))
    eci = Text(2, validate=shaped("[0-9]{1,2}", "one or two digits"))
    cavv = Text(80, validate=shaped(_BASE64, "a value in base64, such as AAABBZIBAgAAAAAAAAAAAAAAAAA="))
    xid = Text(80)
    ds_trans_id = Text(80)
    authentication_flow = Text(validate=in_any_case(("frictionless", "challenge")))


class PaymentRequest(ActionRequest):
    """The keys that an authorization and a capture share."""

    source = Text(MAX_LENGTH)
    device = Part(DeviceRequest())
    incremental = Flag()
    capture_amount = AmountText()
    auto_capture_at = Moment(drops_offset=True)
    synchronous = Flag()
    retry_drop_liability_shift = Flag()
    enable_three_d_s_2 = Flag()
    override_mac_blocking = Flag()
    external_three_d_s = Part(ExternalThreeDSRequest())
    authenticate_only = Flag()
    save_source = Flag()
    provision_network_token = Flag()
    transaction_link_id = Text()
    initial_scheme_transaction_id = Text()
    preferred_scheme = Text()
    preferred_card_type = Text()
    installment_plan_id = Text()
    split_allocations = Parts(SplitRequest())
    unsupported_feature_bypass = Part(BypassRequest())


class AuthorizeRequest(PaymentRequest):
    """The body of an authorization."""

    allow_fallback_to_sale = Flag()
    invoice_line_items = Items(Anything())


class CaptureRequest(PaymentRequest):
    """The body of a capture: `capture_type` says whether the rest of the hold stays."""

    authorize_only = Flag()
    allow_fallback_to_sale = Flag()
    capture_type = Text(validate=one_of(("final", "non-final")))
    capture_statement_descriptor = Text(25)
    invoice_detail_ids = Items(Text())


def read_options(
    row: PaymentRow, body: Mapping[str, Any], limit_minor: int, *, is_payment: bool = False
) -> RequestOptions:
    """What the request asks beside money; for a payment the invoice speaks where the request is silent.

    Shares given here replace the invoice's; together they come to at most `limit_minor`.
    """
    notes = {name: body[name] for name in _NOTED if body.get(name)}
    splits = row.body.get(SPLITS, []) if is_payment else []
    if SPLITS in body:
        splits = settled_splits(body[SPLITS], row.payment.currency, limit_minor)
    if splits:
        notes[SPLITS] = json.dumps(splits, separators=(",", ":"), ensure_ascii=False)
    if body.get("invoice_detail_ids"):
        notes["invoice_detail_ids"] = json.dumps(body["invoice_detail_ids"])
    metadata = body.get("metadata") or {}
    bypass = _bypasses(row, body)
    return RequestOptions(
        metadata=tuple(metadata.items()),
        notes=tuple(notes.items()),
        is_split=bool(splits),
        bypass_split=bool(bypass.get("split_payments")),
        bypass_incremental=bool(bypass.get("incremental_authorization")),
        override_blocking=bool(body.get("override_mac_blocking")),
        # Some clients send false for an option left alone, so false asks for nothing and forbids nothing.
        asks_three_d_s=bool(body.get("enable_three_d_s_2")),
        external=_external(body.get("external_three_d_s")),
    )


def _external(given: Mapping[str, str] | None) -> ExternalThreeDS | None:
    if given is None:
        return None
    named = {name: text for name, text in given.items() if name != "authentication_flow"}
    return ExternalThreeDS(**named, is_challenged=given.get("authentication_flow", "").lower() == "challenge")


def guard_currency(row: PaymentRow, body: Mapping[str, Any]) -> None:
    """Refuse a request in another currency than the payment's: amounts are not converted."""
    own = row.payment.currency
    if "currency" in body and (wanted := money.check_currency(body["currency"])) != own:
        raise Refused(
            INVALID_CURRENCY,
            f"currency: the payment is in {own}, and nothing is converted into {wanted}; give amounts in {own}, "
            f"or make an invoice in {wanted}",
            field="currency",
        )


def amount_of(body: Mapping[str, Any], name: str, row: PaymentRow) -> int | None:
    """The amount under that name in minor units, or None."""
    text = body.get(name)
    return None if text is None else money.parse(text, row.payment.currency)


def keep_device(tx: UniverseTx, row: PaymentRow, body: Mapping[str, Any]) -> PaymentRow:
    """The payer's device, told with the payment, is the invoice's if that has none."""
    if not body.get("device") or row.body.get("device"):
        return row
    kept = {**row.body, "device": body["device"]}
    payments.update_invoice_body(tx.conn, tx.project.no, row.payment.invoice_seq, kept)
    return PaymentRow(row.payment, kept, row.facts)


def _bypasses(row: PaymentRow, body: Mapping[str, Any]) -> dict[str, Any]:
    """What may be left out where the PSP can't do it: as the invoice says, then as the request says."""
    found = dict(row.body.get("unsupported_feature_bypass") or {})
    if (row.body.get("payment_processing_config") or {}).get("bypass_unsupported_split_payments"):
        found["split_payments"] = True
    return found | (body.get("unsupported_feature_bypass") or {})
