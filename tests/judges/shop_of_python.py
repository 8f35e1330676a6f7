"""A shop's program on the client that openapi-python-client made: clients.py runs it beside that client."""

import base64
import json
import os

from shop_client import AuthenticatedClient
from shop_client.api.cards import create_card
from shop_client.api.control_plane import create_rule, simulate
from shop_client.api.invoices import authorize_invoice, capture_invoice, create_invoice, refund_invoice
from shop_client.api.transactions import fetch_transaction, list_refunds
from shop_client.models import (
    ApplePayCardRequest,
    ApplePayResponse,
    ApplePayTestData,
    ApplePayToken,
    AuthorizeRequest,
    CaptureRequest,
    CardRequest,
    Currency,
    Error,
    FailureDetails,
    FailureDetailsReason,
    GooglePayCardRequest,
    GooglePayTestToken,
    InvoiceRequest,
    MatchRequest,
    MatchRequestOn,
    RefundFail,
    RefundRequest,
    RefundRequestReason,
    RuleRequest,
    WalletTestCard,
)

_WHO = f"{os.environ['SHOP_PROJECT']}:{os.environ['SHOP_SECRET']}"
CLIENT = AuthenticatedClient(os.environ["SHOP_URL"], base64.b64encode(_WHO.encode()).decode(), prefix="Basic")


def main() -> None:
    """Each thing a shop does, and a line when it is done."""
    invoice_id = invoiced()
    card_id = card_of("4242424242424242")
    body = AuthorizeRequest(source=card_id)
    held = authorize_invoice.sync(invoice_id, client=CLIENT, body=body).transaction
    assert (held.status, held.authorized_amount, held.captured) == ("authorized", "12.5", False), held
    paid = capture_invoice.sync(invoice_id, client=CLIENT, body=CaptureRequest(source=card_id)).transaction
    assert (paid.status, paid.captured_amount) == ("completed", "12.5"), paid
    assert paid.created_at.tzinfo is not None
    print("pays")

    body = RefundRequest(amount="2.50", reason=RefundRequestReason.CUSTOMER_REQUEST)
    refund = refund_invoice.sync(invoice_id, client=CLIENT, body=body).refund
    assert refund.amount == "2.5", refund
    listed = list_refunds.sync(paid.id, client=CLIENT)
    assert ([one.id for one in listed.refunds], listed.total_count) == ([refund.id], 1), listed
    shown = fetch_transaction.sync(paid.id, client=CLIENT, expand=["operations", "invoice"]).transaction
    assert (shown.refunded_amount, len(shown.operations) > 2) == ("2.5", True), shown
    print("refunds")

    refused = capture_invoice.sync_detailed(invoice_id, client=CLIENT, body=CaptureRequest(source=card_id))
    assert refused.status_code == 400 and isinstance(refused.parsed, Error), refused
    assert not refused.parsed.success and refused.parsed.error_type and refused.parsed.message, refused
    body = AuthorizeRequest(source=card_of("4000000000002180"))
    declined = authorize_invoice.sync(invoiced(), client=CLIENT, body=body)
    assert isinstance(declined, Error) and declined.error_type == "card.do-not-honor", declined
    print("reads a refusal and a decline")

    by_wallets()
    print("pays by the payload of a wallet alone")

    rule = RuleRequest(match=MatchRequest(on=MatchRequestOn.AUTHORIZE), outcome=["card.no-money", "ok"], times=1)
    assert create_rule.sync(client=CLIENT, body=rule).success
    body = AuthorizeRequest(source=card_of("4242424242424242"))
    scripted = authorize_invoice.sync(invoiced(), client=CLIENT, body=body)
    assert isinstance(scripted, Error) and scripted.error_type == "card.no-money", scripted
    move = RefundFail("refund.fail", refund.id, FailureDetails(FailureDetailsReason.ACCOUNT_CLOSED))
    assert simulate.sync(client=CLIENT, body=move).success
    print("scripts an outcome and makes the world move")
    print("done")


def by_wallets() -> None:
    """Cards of what wallets send alone, each paid with."""
    test_card = WalletTestCard(number="4242424242424242", exp_month=3, exp_year=2031)
    apple = ApplePayCardRequest(ApplePayResponse(ApplePayToken(ApplePayTestData(test_card))))
    packed = base64.b64encode(json.dumps({"mockpsp": test_card.to_dict()}).encode()).decode()
    for wallet, body in (
        ("applepay", apple),
        ("googlepay", GooglePayCardRequest(packed)),
        ("googlepay", GooglePayCardRequest(GooglePayTestToken(test_card))),
    ):
        card = create_card.sync(client=CLIENT, body=body).card
        assert (card.token_type, card.last_4_digits, card.exp_month) == (wallet, "4242", 3), card
        paid = capture_invoice.sync(invoiced(), client=CLIENT, body=CaptureRequest(source=card.id)).transaction
        assert paid.status == "completed", paid


def invoiced() -> str:
    """The id of an invoice that waits to be paid."""
    body = InvoiceRequest(name="Umbrella", amount="12.50", currency=Currency.EUR)
    invoice = create_invoice.sync(client=CLIENT, body=body).invoice
    assert (invoice.amount, invoice.customer_id, invoice.sandbox) == ("12.5", None, True), invoice
    return invoice.id


def card_of(number: str) -> str:
    """The id of a new card, which pays once."""
    body = CardRequest(exp_month=12, exp_year=2035, number=number, cvc2="123")
    return create_card.sync(client=CLIENT, body=body).card.id


main()
