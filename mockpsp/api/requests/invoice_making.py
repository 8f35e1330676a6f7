"""Making and changing invoices: amounts are settled in the currency, lines numbered, addresses handed on."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockpsp.api.requests import due_dates, lookups
from mockpsp.api.shapes import customers
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.errors import error_type
from mockpsp.domain.payments import money
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text import addresses
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.announce import announce
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments, resources
from mockpsp.store.resources import CustomerRow

#: Keys of the metadata that belong to the API: what they say is an amount.
_RESERVED = ("taxes_amount", "shipping_amount")


def make_invoice(tx: UniverseTx, body: dict[str, Any]) -> PaymentRow:
    """Keep a new invoice with its waiting payment; `body` is as its schema loads it."""
    currency = money.check_currency(body.pop("currency"))
    amount_minor = money.parse(body.pop("amount"), currency, allow_zero=bool(body.get("verification")))
    due_dates.check(tx, body)
    customer = lookups.customer(tx, body["customer_id"]) if "customer_id" in body else None
    invoice_seq, payment_seq = tx.mint.next(), tx.mint.next()
    body = _settled(tx, body, currency, amount_minor)
    payment = Payment(payment_seq, invoice_seq, customer.seq if customer else None, currency, amount_minor, tx.now_ms)
    payments.insert_invoice(tx.conn, tx.project.no, payment, body)
    resources.count(tx.conn, tx.project.no, "invoice", 1)
    resources.count(tx.conn, tx.project.no, "payment", 1)
    if customer is not None and body.get("billing"):
        _fill_customer(tx, customer, body["billing"])
    return PaymentRow(payment, body)


def change_invoice(tx: UniverseTx, row: PaymentRow, body: dict[str, Any]) -> PaymentRow:
    """Change amount, tax, lines or shipping; each one given replaces the one before."""
    payment = row.payment
    body.pop("currency", None)  # the payment's own
    if "amount" in body:
        is_verification = bool(row.body.get("verification"))
        amount_minor = money.parse(body.pop("amount"), payment.currency, allow_zero=is_verification)
        payment = payment._replace(amount_minor=amount_minor)
    changed = {**row.body, **_settled(tx, body, payment.currency, payment.amount_minor)}
    _guard_tax(changed.get("tax"), payment)
    _guard_splits(changed.get("split_allocations", ()), payment.currency, payment.amount_minor)
    payments.update_invoice(tx.conn, tx.project.no, payment, changed)
    return PaymentRow(payment, changed)


def assign_customer(tx: UniverseTx, row: PaymentRow, customer_id: str) -> tuple[PaymentRow, CustomerRow]:
    """Make the customer the invoice's; the billing address fills the customer's where that is empty."""
    customer = lookups.customer(tx, customer_id)
    payment = row.payment._replace(customer_seq=customer.seq)
    body = {**row.body, "customer_id": customers.customer_id(tx, customer)}
    payments.update_invoice(tx.conn, tx.project.no, payment, body)
    if body.get("billing"):
        customer = _fill_customer(tx, customer, body["billing"])
    return PaymentRow(payment, body), customer


def settled_splits(splits: Sequence[Mapping[str, Any]], currency: str, limit_minor: int) -> list[dict[str, Any]]:
    """Splits with trimmed amounts; Refused when one is of another currency, or they come to more than `limit_minor`."""
    _guard_splits(splits, currency, limit_minor)
    unset = {"description": None, "payment_reference": None}
    return [
        {**unset, **split, "amount": _trimmed(split["amount"], currency, "amount"), "currency": currency}
        for split in splits
    ]


def _settled(tx: UniverseTx, body: dict[str, Any], currency: str, amount_minor: int) -> dict[str, Any]:
    """The body as it is kept: amounts checked and trimmed, lines and the submerchant numbered."""
    kept = dict(body)
    _guard_reserved(kept.get("metadata", {}), currency)
    if "details" in kept:
        kept["details"] = [_line(tx, line, currency, place) for place, line in enumerate(kept["details"])]
    if "amount" in kept.get("tax", ()):
        kept["tax"] = {**kept["tax"], "amount": _tax(kept["tax"]["amount"], currency, amount_minor)}
    if "shipping" in kept:
        kept["shipping"] = _shipping(kept["shipping"], currency)
    if "submerchant" in kept:
        kept["submerchant"] = {**kept["submerchant"], "seq": tx.mint.next()}
    if "split_allocations" in kept:
        kept["split_allocations"] = settled_splits(kept["split_allocations"], currency, amount_minor)
    return kept


def _line(tx: UniverseTx, line: dict[str, Any], currency: str, place: int) -> dict[str, Any]:
    kept = {name: value for name, value in line.items() if name not in ("amount", "discount_amount")}
    kept["seq"] = tx.mint.next()
    kept["amount_minor"] = _minor(line["amount"], currency, f"details.{place}.amount")
    if "discount_amount" in line:
        kept["discount_minor"] = _minor(line["discount_amount"], currency, f"details.{place}.discount_amount")
    return kept


def _shipping(shipping: dict[str, Any], currency: str) -> dict[str, Any]:
    kept = {name: value for name, value in shipping.items() if name != "phone_number"}
    if "amount" in kept:
        kept["amount"] = _trimmed(kept["amount"], currency, "shipping.amount")
    if "phone_number" in shipping:
        kept.setdefault("phone", shipping["phone_number"])
    return kept


def _tax(text: str, currency: str, amount_minor: int) -> str:
    tax_minor = _minor(text, currency, "tax.amount")
    if tax_minor > amount_minor:
        whole = money.format_exact(amount_minor, currency)
        raise _refused("tax.amount", f"{text} is more than the amount it is inside of, {whole} {currency}")
    return money.format_trimmed(tax_minor, currency)


def _guard_tax(tax: Mapping[str, Any] | None, payment: Payment) -> None:
    """Refuse an amount below a tax that was given before."""
    if tax and "amount" in tax:
        _tax(tax["amount"], payment.currency, payment.amount_minor)


def _guard_splits(splits: Sequence[Mapping[str, Any]], currency: str, limit_minor: int) -> None:
    total_minor = 0
    for place, split in enumerate(splits):
        path = f"split_allocations.{place}"
        if split["currency"].upper() != currency:
            raise _refused(f"{path}.currency", f"{split['currency']!r} is not the invoice's currency, {currency}")
        total_minor += _minor(split["amount"], currency, f"{path}.amount")
    if total_minor > limit_minor:
        total, limit = (money.format_exact(minor, currency) for minor in (total_minor, limit_minor))
        raise _refused("split_allocations.amount", f"the shares come to {total} {currency}, more than {limit}")


def _guard_reserved(metadata: Mapping[str, str], currency: str) -> None:
    for name in _RESERVED:
        if name in metadata:
            _minor(metadata[name], currency, f"metadata.{name}")


def _trimmed(text: str, currency: str, path: str) -> str:
    return money.format_trimmed(_minor(text, currency, path), currency)


def _minor(text: str, currency: str, path: str) -> int:
    """Minor units, zero included; a refusal names the field and has its code."""
    try:
        return money.parse(text, currency, allow_zero=True)
    except Refused as error:
        raise _refused(path, error.message.removeprefix("amount: ")) from None


def _refused(path: str, why: str) -> Refused:
    return Refused(error_type(path, is_missing=False), f"{path}: {why}", field=path)


def _fill_customer(tx: UniverseTx, customer: CustomerRow, billing: Mapping[str, Any]) -> CustomerRow:
    added = addresses.filled(customer.body, billing)
    if not added:
        return customer
    customer = customer._replace(body={**customer.body, **added})
    resources.update_customer(tx.conn, tx.project.no, customer)
    announce(tx, "customer.updated", {"customer": customers.customer(tx, customer)})
    return customer
