"""A shop's program on the Python client that openapi-generator made: generators.py runs it beside that client."""

import os

from shop_client import (
    ApiClient,
    AuthorizeRequest,
    CaptureRequest,
    CardRequest,
    CardRequestNumber,
    CardsApi,
    Configuration,
    Error,
    InvoiceRequest,
    InvoicesApi,
    NewCardRequest,
    RefundRequest,
    TransactionsApi,
)
from shop_client.exceptions import ApiException

_CLIENT = ApiClient(
    Configuration(os.environ["SHOP_URL"], username=os.environ["SHOP_PROJECT"], password=os.environ["SHOP_SECRET"])
)
CARDS, INVOICES, TRANSACTIONS = CardsApi(_CLIENT), InvoicesApi(_CLIENT), TransactionsApi(_CLIENT)


def main() -> None:
    """Each thing a shop does, and a line when it is done."""
    invoice_id, card_id = invoiced(), card_of("4242424242424242")
    held = INVOICES.authorize_invoice(invoice_id, authorize_request=AuthorizeRequest(source=card_id)).transaction
    assert (held.status, held.authorized_amount, held.captured) == ("authorized", "12.5", False), held
    paid = INVOICES.capture_invoice(invoice_id, capture_request=CaptureRequest(source=card_id)).transaction
    assert (paid.status, paid.captured_amount) == ("completed", "12.5"), paid
    assert paid.created_at.tzinfo is not None
    print("pays")

    body = RefundRequest(amount="2.50", reason="customer_request")
    refund = INVOICES.refund_invoice(invoice_id, refund_request=body).refund
    assert [one.id for one in TRANSACTIONS.list_refunds(paid.id).refunds] == [refund.id]
    shown = TRANSACTIONS.fetch_transaction(paid.id, expand=["operations", "invoice"]).transaction
    assert (shown.refunded_amount, len(shown.operations) > 2) == ("2.5", True), shown
    print("refunds")

    refused = failed(invoice_id, card_id)
    assert (refused.status, type(refused.data), refused.data.success) == (400, Error, False), refused
    assert refused.data.error_type and refused.data.message, refused
    assert failed(invoiced(), card_of("4000000000002180")).data.error_type == "card.do-not-honor"
    print("reads a refusal and a decline")
    print("done")


def failed(invoice_id: str, card_id: str) -> ApiException:
    """What the client raises of a capture that must not succeed."""
    try:
        INVOICES.capture_invoice(invoice_id, capture_request=CaptureRequest(source=card_id))
    except ApiException as error:
        return error
    raise AssertionError("it was captured")


def invoiced() -> str:
    """The id of an invoice that waits to be paid."""
    body = InvoiceRequest(name="Umbrella", amount="12.50", currency="EUR")
    return INVOICES.create_invoice(body).invoice.id


def card_of(number: str) -> str:
    """The id of a new card, which pays once."""
    body = CardRequest(number=CardRequestNumber(number), exp_month=12, exp_year=2035, cvc2="123")
    return CARDS.create_card(NewCardRequest(body)).card.id


main()
