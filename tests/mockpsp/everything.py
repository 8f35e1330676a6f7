"""A universe in which each kind of thing has happened: for tests that hold objects against each other."""

from typing import Any

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import request, written

CARD, DECLINED, CHALLENGED, FRICTIONLESS = (
    "4242424242424242",
    "4000000000002206",
    "4000000000000101",
    "4000000000003055",
)
ADDRESS = {"address1": "1 High Street", "city": "London", "zip": "N1 1AA", "country_code": "GB"}
RICH = {
    "order_id": "order-1",
    "reference_id": "ref-1",
    "metadata": {"order": "1"},
    "details": [
        {"name": "Shoes", "amount": "10.00", "quantity": 3, "category": "clothing", "metadata": {"size": "42"}}
    ],
    "shipping": {
        **ADDRESS,
        "amount": "2.50",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@shop.example",
    },
    "billing": ADDRESS,
    "tax": {"amount": "1.50", "rate": "20"},
    "risk": {"score": "7", "is_legit": True},
    "device": {"ip_address": "10.0.0.1", "channel": "web"},
    "submerchant": {"id": "sub-1", "name": "Corner shop", "mcc": "5411"},
    "return_url": "https://shop.example/return",
    "webhook_url": "http://127.0.0.1:9/none",
}


def invoice(world: Sandbox, gateway: str = "card-flexible", **more: Any) -> str:
    """The id of a new invoice of thirty euros that is to be paid at that gateway."""
    metadata = {"mockpsp_gateway": gateway, **more.pop("metadata", {})}
    body = {"name": "Order", "amount": "30.00", "currency": "EUR", "metadata": metadata, **more}
    return str(world.post("/invoices", body)["invoice"]["id"])


def paid(world: Sandbox, number: str = CARD, gateway: str = "card-flexible", **more: Any) -> str:
    """The id of the transaction of a sale by card, whatever became of it."""
    invoice_id = invoice(world, gateway, **more)
    world.call("POST", f"/invoices/{invoice_id}/capture", {"source": world.card(number)})
    return str(world.get(f"/invoices/{invoice_id}/transactions")["transaction"]["id"])


def furnish(world: Sandbox) -> None:
    """Let each kind of thing happen once, at least."""
    world.webhooks(answers=(500, 200))
    _people(world)
    _cards_and_products(world)
    _holds(world)
    _refunds_and_disputes(world)
    _three_d_s(world)
    _other_methods(world)
    _money_out(world)
    world.settle()


def configuration(world: Sandbox, name: str) -> str:
    """The id of a gateway configuration by its name."""
    listed = world.get("/gateway-configurations?limit=100")["gateway_configurations"]
    return str(next(one["id"] for one in listed if one["name"] == name))


def _people(world: Sandbox) -> None:
    world.post("/customers", {"id": "chosen-by-the-shop", "first_name": "Grace"})
    body = {"email": "ada@shop.example", "phone": {"number": "7700900123", "dialing_code": "0044"}, **ADDRESS}
    customer = world.post("/customers", body)["customer"]["id"]
    token = world.token(customer_id=customer)
    world.put(f"/customers/{customer}", {"default_token_id": token})
    tokens = f"/customers/{customer}/tokens"
    world.post(tokens, {"source": world.card(), "verify": True, "webhook_url": "http://127.0.0.1:9/token"})
    world.call("POST", tokens, {"source": world.card("4000000000001216"), "verify": True})
    world.post(tokens, {"source": written(request())})
    world.post(tokens, {})
    gone = world.post(tokens, {"source": world.card(), "provision_network_token": True})["token"]["id"]
    world.call("DELETE", f"{tokens}/{gone}")
    for source in (token, customer):
        invoice_id = invoice(world, customer_id=customer, **RICH)
        world.post(f"/invoices/{invoice_id}/capture", {"source": source, "provision_network_token": True})
    left = world.post("/customers", {"first_name": "Gone"})["customer"]["id"]
    invoice(world, customer_id=left)
    world.call("DELETE", f"/customers/{left}")
    world.call(
        "POST",
        f"/invoices/{invoice(world, customer_id=customer)}/capture",
        {"source": world.card(), "save_source": True},
    )


def _cards_and_products(world: Sandbox) -> None:
    body = {"number": CARD, "exp_month": 12, "exp_year": 2030, "token_type": "applepay", "contact": ADDRESS}
    card = world.post("/cards", {**body, "device": {"request_origin": "backend", "app_color_depth": 24}})["card"]["id"]
    world.put(f"/cards/{card}", {"cvc2": "123"})
    forgotten = world.card()
    world.call("POST", f"/invoices/{invoice(world)}/capture", {"source": forgotten})
    world.call("DELETE", f"/cards/{forgotten}")
    product = world.post("/products", {"name": "Tea", "amount": "4.5", "currency": "EUR"})["product"]["id"]
    world.post(f"/products/{product}/invoices")
    world.put(f"/products/{product}", {"name": "Green tea"})
    world.post("/gateways/card-flexible/gateway-configurations", {"name": "north", "sub_accounts_enabled": ["one"]})


def _holds(world: Sandbox) -> None:
    held = invoice(world, "sandbox", **RICH)
    world.post(f"/invoices/{held}/authorize", {"source": world.card(), "incremental": True})
    world.post(f"/invoices/{held}/increment_authorization", {"amount": "5"})
    world.post(f"/invoices/{held}/capture", {"capture_amount": "12.34", "capture_type": "non-final"})
    world.post(f"/invoices/{held}/void", {"amount": "3"})
    voided = invoice(world)
    world.post(f"/invoices/{voided}/authorize", {"source": world.card()})
    world.post(f"/invoices/{voided}/void")
    world.post(f"/invoices/{invoice(world)}/authorize", {"source": world.card()})  # expires when time moves
    tried_twice = invoice(world)
    for number in (DECLINED, CARD):
        world.call("POST", f"/invoices/{tried_twice}/capture", {"source": world.card(number)})
    for number in (DECLINED, "4000000000000010", "4000000000000044", "5337480000007168"):
        paid(world, number)


def _refunds_and_disputes(world: Sandbox) -> None:
    sold = paid(world, gateway="sandbox", **RICH)
    lines = world.get(f"/transactions/{sold}?expand=invoice")["transaction"]["invoice"]["details"]
    world.post(f"/transactions/{sold}/refunds", {"amount": "4.50", "reason": "fraud", "metadata": {"why": "late"}})
    world.post(f"/transactions/{sold}/refunds", {"invoice_detail_ids": [lines[0]["id"]], "amount": "1"})
    paid(world, gateway="card-async")  # is captured when time moves
    world.put("/sandbox/psps/slow", {"like": "sandbox", "refund_outcome": "async", "refund_delay": "2h"})
    for outcome in (None, "refund.settle", "refund.fail"):
        refund = world.post(f"/transactions/{paid(world, gateway='slow')}/refunds", {"amount": "2"})["refund"]["id"]
        if outcome:
            world.call("POST", "/sandbox/simulate", {"what": outcome, "on": refund})
    for move in ((), ("chargeback.win",), ("chargeback.lose",)):
        disputed = paid(world)
        for what in ("chargeback.open", *move):
            world.simulate(what, disputed)
    for what in ("retrieval_request.open", "fraud_notification.send"):
        world.simulate(what, paid(world))


def _three_d_s(world: Sandbox) -> None:
    for answer in (None, "Y", "N"):
        waiting = invoice(world)
        world.call("POST", f"/invoices/{waiting}/capture", {"source": world.card(CHALLENGED)})
        if answer:
            said = written(request(body=f'{{"transStatus": "{answer}"}}', url=""))
            world.call("POST", f"/invoices/{waiting}/capture", {"source": said})
    paid(world, FRICTIONLESS)
    external = {"trans_status": "Y", "eci": "05", "cavv": "AAAB", "version": "2.2.0"}
    body = {"source": world.card(), "external_three_d_s": external}
    world.post(f"/invoices/{invoice(world)}/capture", body)


def _other_methods(world: Sandbox) -> None:
    for token in ("test-valid", "test-pending-customer.payment-method-revoked", "test-valid"):
        source = written(request(token, gateway_configuration_id=configuration(world, "bank-debit")))
        world.post(f"/invoices/{invoice(world, 'bank-debit', **RICH)}/capture", {"source": source})
        if token == "test-valid":
            world.advance("4d")
    asked = {"gateway_configuration_id": configuration(world, "bank-debit"), "native_apm": None}
    world.post(f"/invoices/{invoice(world, 'bank-debit')}/native-payment", asked)
    for name in ("bank-debit", "bank-redirect"):
        step = {"gateway_configuration_id": configuration(world, name)}
        world.post(f"/invoices/{invoice(world, name)}/apm-payment", step)
    redirected = written(request(gateway_configuration_id=configuration(world, "bank-redirect")))
    world.post(f"/invoices/{invoice(world, 'bank-redirect')}/capture", {"source": redirected})


def _money_out(world: Sandbox) -> None:
    world.post(f"/invoices/{invoice(world, 'sandbox', amount='5')}/payout", {"source": world.card()})
    sold = paid(world)
    world.simulate("settlement.run", "card-flexible")
    failed = world.simulate("payout.run", "card-flexible")["ids"][0]
    world.simulate("payout.fail", failed)
    world.simulate("card.expire", world.card())
    world.advance("8d")
    world.post(f"/transactions/{sold}/refunds", {"amount": "1"})
    world.put("/sandbox/psps/wary", {"like": "sandbox", "reserve": "10%", "reserve_period": "90d"})
    paid(world, gateway="wary")
    world.simulate("settlement.run", "wary")
    world.simulate("payout.run", "wary")
