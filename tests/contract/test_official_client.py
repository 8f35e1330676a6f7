"""The official Python client, unmodified, against a live server."""

import processout
import pytest
from processout.errors.authenticationerror import AuthenticationError
from processout.errors.genericerror import GenericError
from processout.errors.notfounderror import NotFoundError
from processout.errors.validationerror import ValidationError

from mockpsp.sandbox_client import Sandbox


@pytest.fixture
def client(mockpsp: Sandbox) -> processout.ProcessOut:
    client = processout.ProcessOut(mockpsp.project_id, mockpsp.secret)
    client.host = mockpsp.url
    return client


def new_invoice(client: processout.ProcessOut, **more: object) -> processout.Invoice:
    return client.new_invoice({"name": "Order", "amount": "10.00", "currency": "EUR", **more}).create()


def paid(client: processout.ProcessOut, mockpsp: Sandbox, **more: object) -> processout.Transaction:
    return new_invoice(client, **more).capture(mockpsp.card())[0]


def test_a_customer_is_created_found_changed_and_deleted(client: processout.ProcessOut) -> None:
    customer = client.new_customer({"email": "a@example.com", "first_name": "Ada"}).create()
    assert customer.id.startswith("cust_")

    customer.first_name = "Bea"
    customer.save()
    found = client.new_customer().find(customer.id)
    assert (found.first_name, found.email) == ("Bea", "a@example.com")

    assert customer.delete()
    with pytest.raises(NotFoundError) as error:
        client.new_customer().find(customer.id)
    assert "resource.customer.not-found" in str(error.value)


def test_an_empty_customer_is_valid_and_may_choose_its_id(client: processout.ProcessOut) -> None:
    assert client.new_customer().create().balance == "0"
    assert client.new_customer({"id": "my-own"}).create().id == "my-own"
    assert client.new_customer().find("my-own").id == "my-own"


def test_a_token_of_a_card_pays_any_number_of_times(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    customer = client.new_customer().create()
    token = client.new_token({"customer_id": customer.id}).create({"source": mockpsp.card()})[0]

    statuses = [new_invoice(client, customer_id=customer.id).capture(token.id)[0].status for _ in range(2)]

    assert statuses == ["completed", "completed"]
    assert [t.id for t in customer.fetch_tokens()] == [token.id]
    assert customer.find_token(token.id).summary == "**** **** **** 4242"
    assert len(customer.fetch_transactions()) == 2


def test_a_deleted_token_no_longer_pays(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    customer = client.new_customer().create()
    token = client.new_token({"customer_id": customer.id}).create({"source": mockpsp.card()})[0]

    assert customer.delete_token(token.id)

    with pytest.raises(NotFoundError):
        new_invoice(client).capture(token.id)


def test_an_invoice_keeps_what_it_was_given(client: processout.ProcessOut) -> None:
    invoice = new_invoice(
        client,
        metadata={"order": "1001"},
        details=[{"name": "Cup", "amount": "4.50", "quantity": 2}],
        shipping={"address1": "1 Main Street"},
        return_url="https://example.com/back",
    )

    found = client.new_invoice().find(invoice.id)

    assert (found.amount, found.currency, found.metadata) == ("10", "EUR", {"order": "1001"})
    assert (found.details[0].name, found.details[0].quantity) == ("Cup", 2)
    assert found.shipping.address1 == "1 Main Street"
    assert found.return_url == "https://example.com/back"
    assert invoice.id in [listed.id for listed in client.new_invoice().all()]


def test_an_invoice_can_be_deleted_only_before_its_payment_started(
    client: processout.ProcessOut, mockpsp: Sandbox
) -> None:
    assert client.new_invoice().delete(new_invoice(client).id)
    invoice = new_invoice(client)
    invoice.capture(mockpsp.card())

    with pytest.raises(ValidationError):
        invoice.delete(invoice.id)


def test_a_hold_is_raised_and_captured(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    invoice = new_invoice(client)
    (held,) = invoice.authorize(mockpsp.card(), {"incremental": True})
    assert (held.status, held.authorized_amount) == ("authorized", "10")

    raised = invoice.increment_authorization("5")
    assert (raised.amount, raised.authorized_amount) == ("15", "15")

    (transaction,) = invoice.capture(None, {"capture_amount": "12.00"})
    assert (transaction.status, transaction.captured_amount) == ("completed", "12")
    assert transaction.id == held.id


def test_a_hold_is_voided(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    invoice = new_invoice(client)
    invoice.authorize(mockpsp.card())

    assert invoice.void().status == "voided"


def test_a_declined_payment_is_an_error_with_its_code(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    invoice = new_invoice(client)

    with pytest.raises(GenericError, match=r"card\.no-money"):
        invoice.capture(mockpsp.card("4000000000002206"))

    transaction = invoice.fetch_transaction()
    assert (transaction.status, transaction.error_code) == ("failed", "card.no-money")


def test_refunds_are_made_listed_and_found_both_ways(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    transaction = paid(client, mockpsp)
    assert client.new_refund({"transaction_id": transaction.id}).create({"amount": "4", "reason": "fraud"})
    assert client.new_refund().create_for_invoice(transaction.invoice_id, {"metadata": {"a": "b"}})

    refunds = transaction.fetch_refunds()

    assert [(r.amount, r.reason, r.metadata) for r in refunds] == [("6", "other", {"a": "b"}), ("4", "fraud", {})]
    assert transaction.find_refund(refunds[0].id).amount == "6"
    assert client.new_refund().find(transaction.id, refunds[1].id, {"expand": ["transaction"]}).transaction.id


def test_events_are_listed_and_found_with_what_they_are_about(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    transaction = paid(client, mockpsp)

    (newest, *_) = client.new_event().all()
    found = client.new_event().find(newest.id)

    assert found.name == "transaction.captured"
    assert found.data["transaction"]["id"] == transaction.id
    assert found.data["transaction"]["card"]["last_4_digits"] == "4242"
    assert found.fetch_webhooks() == []


def test_an_event_shows_the_payment_as_it_then_was(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    transaction = paid(client, mockpsp)
    client.new_refund().create_for_invoice(transaction.invoice_id)

    by_name = {event.name: event.data["transaction"] for event in client.new_event().all()}

    assert by_name["transaction.requested"]["status"] == "waiting"
    assert by_name["transaction.captured"]["available_amount"] == "10"
    assert by_name["transaction.captured"]["refunds"] == []
    assert by_name["transaction.refunded"]["available_amount"] == "0"
    assert len(by_name["transaction.refunded"]["refunds"]) == 1


def test_gateway_configurations_cards_and_the_project_are_there(
    client: processout.ProcessOut, mockpsp: Sandbox
) -> None:
    published = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"
    card = mockpsp.card()

    assert client.new_gateway_configuration().find(published, {"expand": ["gateway"]}).gateway.name == "sandbox"
    assert published in [one.id for one in client.new_gateway_configuration().all({"limit": 100})]
    assert client.new_card().find(card).last_4_digits == "4242"
    assert [one.id for one in client.new_card().all()] == [card]
    expanded = client.new_customer().create({"expand": ["project"]})
    assert expanded.project.id == mockpsp.project_id.removeprefix("test-")


def test_paging_reaches_every_customer_once(client: processout.ProcessOut) -> None:
    made = [client.new_customer().create().id for _ in range(11)]
    first = client.new_customer().all({"limit": 10})

    rest = client.new_customer().all({"limit": 10, "start_after": first[-1].id})

    assert [customer.id for customer in first + rest] == made[::-1]


def test_a_second_password_is_an_authentication_error(client: processout.ProcessOut, mockpsp: Sandbox) -> None:
    other = processout.ProcessOut(mockpsp.project_id, "key_sandbox_another")
    other.host = mockpsp.url

    with pytest.raises(AuthenticationError, match=r"request\.authentication\.invalid"):
        other.new_customer().all()


def test_the_published_test_credentials_work_like_any_others(mockpsp_server: str) -> None:
    client = processout.ProcessOut(
        "test-proj_gAO1Uu0ysZJvDuUpOGPkUBeE3pGalk3x", "key_sandbox_mah31RDFqcDxmaS7MvhDbJfDJvjtsFTB"
    )
    client.host = mockpsp_server

    assert new_invoice(client).id.startswith("iv_")
