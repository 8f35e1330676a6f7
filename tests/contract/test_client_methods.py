"""Every method of the official client for core endpoints, driven; each field it fills is what we sent.

A method that is in neither table fails: a new version of the client brings its own work along.
"""

import base64
import inspect
import json
from collections.abc import Callable
from typing import Any

import processout
import pytest
import requests
from processout.errors.notfounderror import NotFoundError

from mockpsp.api.described.coverage import missing_endpoints
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox, SandboxError
from mockpsp.serving.app import create_app

#: Methods for what is not simulated, and one that makes no call.
NOT_CORE = {
    "AlternativeMerchantCertificate.delete",
    "AlternativeMerchantCertificate.save",
    "ApplePayAlternativeMerchantCertificates.fetch",
    "ExportLayout.all",
    "ExportLayout.create",
    "ExportLayout.delete",
    "ExportLayout.find",
    "ExportLayout.find_default",
    "ExportLayout.update",
    "ExportLayoutConfigurationOptions.fetch",
    "GatewayRequest.to_string",
    "ProjectSFTPSettings.delete_sftp_settings",
    "ProjectSFTPSettings.save_sftp_settings",
    "ProjectSFTPSettingsPublic.fetch_sftp_settings",
}
#: Methods whose path is a literal text instead of an id.
UNREACHABLE = {"Invoice.authenticate", "Project.delete"}
SANDBOX_CONFIGURATION = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"


class Shop:
    """A merchant at work with the client; what a method needs beforehand is made here."""

    def __init__(self, mockpsp: Sandbox) -> None:
        self.mockpsp = mockpsp
        self.client = processout.ProcessOut(mockpsp.project_id, mockpsp.secret)
        self.client.host = mockpsp.url

    def card(self) -> str:
        """A card that has not paid yet."""
        return self.mockpsp.card()

    def invoice(self, **more: object) -> Any:
        """A new invoice."""
        wanted = {"name": "Order", "amount": "10.00", "currency": "EUR", "metadata": {"order": "1001"}, **more}
        return self.client.new_invoice(wanted).create()

    def held(self) -> Any:
        """An invoice whose money is held, and may be raised."""
        invoice = self.invoice()
        invoice.authorize(self.card(), {"incremental": True})
        return invoice

    def paid(self) -> Any:
        """A payment that is captured."""
        return self.invoice().capture(self.card())[0]

    def refunded(self) -> tuple[Any, str]:
        """A payment with a refund, and the refund's id."""
        transaction = self.paid()
        self.client.new_refund({"transaction_id": transaction.id}).create({"amount": "4"})
        return transaction, transaction.fetch_refunds()[0].id

    def customer(self) -> Any:
        """A customer."""
        return self.client.new_customer({"email": "ada@example.com", "first_name": "Ada"}).create()

    def token(self) -> Any:
        """A customer's card, kept as a token."""
        return self.client.new_token({"customer_id": self.customer().id}).create({"source": self.card()})[0]

    def wallet(self) -> Any:
        """A customer's token of another payment method."""
        asked = {"gateway_configuration_id": SANDBOX_CONFIGURATION, "method": "POST", "headers": {}, "body": ""}
        asked["url"] = "https://processout.com?token=test-valid"
        source = "gway_req_" + base64.b64encode(json.dumps(asked).encode()).decode()
        return self.client.new_token({"customer_id": self.customer().id}).create({"source": source})[0]

    def product(self) -> Any:
        """A product."""
        return self.client.new_product({"name": "Ticket", "amount": "5", "currency": "EUR"}).create()

    def event(self) -> Any:
        """An event."""
        self.customer()
        return self.client.new_event().all()[0]

    def configuration(self) -> Any:
        """A gateway configuration of its own."""
        return self.client.new_gateway_configuration().create("card-flexible", {"name": "second"})

    def payout(self) -> Any:
        """A payout with items."""
        self.paid()
        self.mockpsp.post("/sandbox/clock/advance", {"by": "30d"})
        self.mockpsp.simulate("payout.run", "sandbox")
        return self.client.new_payout().all()[0]

    def pending(self) -> tuple[str, str]:
        """An invoice, and the configuration of a bank that asks its customer for something."""
        named = {one.name: one.id for one in self.client.new_gateway_configuration().all({"limit": 100})}
        return self.invoice().id, named["bank-debit"]


def _changed(thing: Any, **values: object) -> Any:
    for name, value in values.items():
        setattr(thing, name, value)
    return thing


#: Method -> how a merchant comes to call it. The answer is what the client made of what we sent.
DRIVES: dict[str, Callable[[Shop], Any]] = {
    "Balances.find": lambda shop: shop.client.new_balances().find(shop.wallet().id),
    "Card.all": lambda shop: shop.card() and shop.client.new_card().all(),
    "Card.anonymize": lambda shop: shop.client.new_card().find(shop.card()).anonymize(),
    "Card.find": lambda shop: shop.client.new_card().find(shop.card()),
    "CardCreateRequest.create": lambda shop: shop.client.new_card_create_request(
        {"number": "5555555555554444", "exp_month": 12, "exp_year": 2035, "name": "Ada", "metadata": {"a": "b"}}
    ).create(),
    "CardInformation.fetch": lambda shop: shop.client.new_card_information().fetch("424242"),
    "CardUpdateRequest.update": lambda shop: shop.client.new_card_update_request({"preferred_scheme": "visa"}).update(
        shop.card()
    ),
    "Customer.all": lambda shop: shop.customer() and shop.client.new_customer().all(),
    "Customer.create": lambda shop: shop.customer(),
    "Customer.delete": lambda shop: shop.customer().delete(),
    "Customer.delete_token": lambda shop: (
        lambda token: shop.client.new_customer({"id": token.customer_id}).delete_token(token.id)
    )(shop.token()),
    "Customer.fetch_tokens": lambda shop: shop.client.new_customer({"id": shop.token().customer_id}).fetch_tokens(),
    "Customer.fetch_transactions": lambda shop: shop.customer().fetch_transactions(),
    "Customer.find": lambda shop: shop.client.new_customer().find(shop.customer().id, {"expand": ["tokens"]}),
    "Customer.find_token": lambda shop: (
        lambda token: shop.client.new_customer({"id": token.customer_id}).find_token(token.id)
    )(shop.token()),
    "Customer.save": lambda shop: _changed(shop.customer(), first_name="Bea").save(),
    "ErrorCodes.all": lambda shop: shop.client.new_error_codes().all(),
    "Event.all": lambda shop: shop.event() and shop.client.new_event().all(),
    "Event.fetch_webhooks": lambda shop: shop.event().fetch_webhooks(),
    "Event.find": lambda shop: shop.client.new_event().find(shop.event().id),
    "Gateway.fetch_gateway_configurations": lambda shop: shop.client.new_gateway(
        {"name": "sandbox"}
    ).fetch_gateway_configurations(),
    "GatewayConfiguration.all": lambda shop: shop.client.new_gateway_configuration().all(),
    "GatewayConfiguration.create": lambda shop: shop.configuration(),
    "GatewayConfiguration.delete": lambda shop: shop.configuration().delete(),
    "GatewayConfiguration.find": lambda shop: shop.client.new_gateway_configuration().find(
        SANDBOX_CONFIGURATION, {"expand": ["gateway"]}
    ),
    "GatewayConfiguration.save": lambda shop: _changed(shop.configuration(), name="third").save(),
    "Invoice.all": lambda shop: shop.invoice() and shop.client.new_invoice().all(),
    "Invoice.assign_customer": lambda shop: shop.invoice().assign_customer(shop.customer().id),
    "Invoice.authorize": lambda shop: shop.invoice().authorize(shop.card()),
    "Invoice.capture": lambda shop: shop.invoice().capture(shop.card(), {"expand": ["invoice", "card"]}),
    "Invoice.create": lambda shop: shop.invoice(
        details=[{"name": "Cup", "amount": "4.50", "quantity": 2}], shipping={"address1": "1 Main Street"}
    ),
    "Invoice.delete": lambda shop: (lambda invoice: invoice.delete(invoice.id))(shop.invoice()),
    "Invoice.fetch_customer": lambda shop: shop.invoice(customer_id=shop.customer().id).fetch_customer(),
    "Invoice.fetch_transaction": lambda shop: shop.invoice().fetch_transaction(),
    "Invoice.find": lambda shop: shop.client.new_invoice().find(shop.invoice().id, {"expand": ["transaction"]}),
    "Invoice.increment_authorization": lambda shop: shop.held().increment_authorization("5"),
    "Invoice.initiate_three_d_s": lambda shop: shop.invoice().initiate_three_d_s(shop.mockpsp.card("4000000000000101")),
    "Invoice.payout": lambda shop: _pays_out(shop),
    "Invoice.process_native_payment": lambda shop: _native(shop),
    "Invoice.show_native_payment_transaction": lambda shop: shop.client.new_invoice().show_native_payment_transaction(
        *shop.pending()
    ),
    "Invoice.sync_with_psp": lambda shop: (lambda invoice: invoice.sync_with_psp(invoice.id))(shop.invoice()),
    "Invoice.update": lambda shop: (lambda invoice: _changed(invoice, amount="12").update(invoice.id))(shop.invoice()),
    "Invoice.void": lambda shop: shop.held().void(),
    "Payout.all": lambda shop: shop.payout() and shop.client.new_payout().all(),
    "Payout.delete": lambda shop: shop.client.new_payout().delete(shop.payout().id),
    "Payout.fetch_items": lambda shop: shop.payout().fetch_items(),
    "Payout.find": lambda shop: shop.client.new_payout().find(shop.payout().id),
    "Product.all": lambda shop: shop.product() and shop.client.new_product().all(),
    "Product.create": lambda shop: shop.product(),
    "Product.create_invoice": lambda shop: shop.product().create_invoice(),
    "Product.delete": lambda shop: shop.product().delete(),
    "Product.find": lambda shop: shop.client.new_product().find(shop.product().id),
    "Product.save": lambda shop: _changed(shop.product(), amount="6").save(),
    "Project.fetch": lambda shop: shop.client.new_project({"id": shop.mockpsp.project_id}).fetch(),
    "Project.save": lambda shop: shop.client.new_project({"id": shop.mockpsp.project_id}).save(),
    "Refund.create": lambda shop: shop.client.new_refund({"transaction_id": shop.paid().id}).create({"amount": "4"}),
    "Refund.create_for_invoice": lambda shop: shop.client.new_refund({"amount": "4"}).create_for_invoice(
        shop.paid().invoice_id
    ),
    "Refund.fetch_transaction_refunds": lambda shop: shop.client.new_refund().fetch_transaction_refunds(
        shop.refunded()[0].id
    ),
    "Refund.find": lambda shop: (lambda pair: shop.client.new_refund().find(pair[0].id, pair[1]))(shop.refunded()),
    "Token.create": lambda shop: shop.token(),
    "Token.delete": lambda shop: shop.token().delete(),
    "Token.fetch_customer_tokens": lambda shop: shop.client.new_token().fetch_customer_tokens(shop.token().customer_id),
    "Token.find": lambda shop: (lambda token: shop.client.new_token().find(token.customer_id, token.id))(shop.token()),
    "Token.save": lambda shop: shop.token().save({"source": shop.card()}),
    "Transaction.all": lambda shop: shop.paid() and shop.client.new_transaction().all(),
    "Transaction.fetch_refunds": lambda shop: shop.refunded()[0].fetch_refunds(),
    "Transaction.find": lambda shop: shop.client.new_transaction().find(
        shop.paid().id, {"expand": ["operations", "card.token"]}
    ),
    "Transaction.find_refund": lambda shop: (lambda pair: pair[0].find_refund(pair[1]))(shop.refunded()),
    "Transaction.list": lambda shop: shop.client.new_transaction().list(),
}


def _pays_out(shop: Shop) -> Any:
    transaction = shop.paid()
    shop.mockpsp.post("/sandbox/clock/advance", {"by": "30d"})
    assert transaction.id
    return shop.invoice(amount="2").payout(SANDBOX_CONFIGURATION, shop.card())


def _native(shop: Shop) -> Any:
    invoice_id, configuration_id = shop.pending()
    entered = [{"key": "account_holder", "value": "Ada"}, {"key": "iban", "value": "DE89370400440532013000"}]
    wanted = {"gateway_configuration_id": configuration_id, "native_apm": {"parameter_values": entered}}
    return shop.client.new_invoice().process_native_payment(invoice_id, wanted)


def methods() -> set[str]:
    """Every method of the client that makes a call."""
    found = set()
    for name, kind in inspect.getmembers(processout, inspect.isclass):
        if name == "ProcessOut":
            continue
        for method, _ in inspect.getmembers(kind, inspect.isfunction):
            if not method.startswith("_") and method not in ("fill_with_data", "to_json"):
                found.add(f"{name}.{method}")
    return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the client was answered, oldest first."""
    found: list[dict[str, Any]] = []
    send = requests.Session.send

    def keep(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        answer = send(session, request, **how)
        found.append(answer.json())
        return answer

    monkeypatch.setattr(requests.Session, "send", keep)
    return found


def differences(filled: Any, sent: Any, where: str = "") -> list[str]:
    """Where what the client holds is not what we sent; keys it has no field for are not its concern."""
    if isinstance(sent, dict) and not isinstance(filled, dict):
        known = [(name, value) for name, value in sent.items() if hasattr(filled, name)]
        return [text for name, value in known for text in differences(getattr(filled, name), value, f"{where}.{name}")]
    if isinstance(sent, list) and isinstance(filled, list):
        if len(sent) != len(filled):
            return [f"{where}: {len(filled)} instead of {len(sent)}"]
        return [text for pair in zip(filled, sent, strict=True) for text in differences(*pair, f"{where}[]")]
    is_same = filled == sent or (sent is None and filled == [])  # the client makes an empty list of null
    return [] if is_same else [f"{where}: {filled!r} instead of {sent!r}"]


def held_by(filled: Any, body: dict[str, Any]) -> list[str]:
    """Where one answer differs from what the client made of it: an object, a list, several, or that all went well."""
    if isinstance(filled, bool):
        return [] if filled is body["success"] else ["success"]
    parts = [value for key, value in body.items() if isinstance(value, dict | list)]
    things = list(filled) if isinstance(filled, tuple) else [filled]
    if not parts or len(parts) < len(things):
        return [f"the client made {filled!r} of {body}"]
    return [text for thing, part in zip(things, parts, strict=False) for text in differences(thing, part)]


def is_not_there_yet(text: str) -> bool:
    """Whether a drive ended where a core endpoint is still a blank in the coverage."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    missing = missing_endpoints(app)
    app.extensions["mockpsp"].close()
    return bool(missing) and ("request.route-not-found" in text or "sandbox.not-supported" in text)


def test_every_method_is_driven_or_known_to_be_none_of_ours() -> None:
    assert set(DRIVES) | NOT_CORE | UNREACHABLE == methods()
    assert not set(DRIVES) & (NOT_CORE | UNREACHABLE)


@pytest.mark.parametrize("method", sorted(DRIVES))
def test_the_client_holds_what_was_sent(method: str, mockpsp: Sandbox, answers: list[dict[str, Any]]) -> None:
    try:
        filled = DRIVES[method](Shop(mockpsp))
    except (NotFoundError, SandboxError) as error:
        assert is_not_there_yet(str(error)), error
        return

    assert filled is not None
    assert held_by(filled, {"all": answers[-1]} if method == "ErrorCodes.all" else answers[-1]) == []


def test_paths_the_client_misspells_are_unknown_ids(mockpsp: Sandbox) -> None:
    shop = Shop(mockpsp)

    with pytest.raises(NotFoundError):
        shop.invoice().authenticate(shop.card())
    with pytest.raises(NotFoundError):
        shop.client.new_project({"id": mockpsp.project_id}).delete()
