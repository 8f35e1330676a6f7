"""Every call that changes something x every fault x the same request again, under its key and under another one.

What must be true in the books, the events, the outbox, all other state and under the key is fault_model.py's.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockpsp.api.resources import unsupported_routes
from mockpsp.api.wire.faults import routes
from mockpsp.domain.faults import METHODS, SIDES, STATUSES
from mockpsp.scenarios.replaying.application import Application, own_application
from tests.contract.test_gateway_requests import written
from tests.mockpsp.api.control.fault_model import CARD, PROJECT, Call, World, begun, reference

pytestmark = pytest.mark.slow

#: (what a fault does, when) -> what a client sees of it: `transport`, and the status where that is another one.
FAULTS: dict[tuple[str, str | None], tuple[str, int | None]] = {
    **{("reset", when): ("reset", None) for when in SIDES["reset"]},
    **{("stall 30s", when): ("stalled", None) for when in SIDES["stall"]},
    **{(f"status {status}", when): ("ok", status) for status in STATUSES for when in SIDES["status"]},
    ("truncate", "while_answering"): ("cut", None),
    ("garble", "while_answering"): ("garbled", None),
    ("delay 90s", None): ("ok", None),
}


def token(world: World) -> str:
    customer = world.customer()
    made = world.post(f"/customers/{customer}/tokens", {"source": world.card()})
    return f"/customers/{customer}/tokens/{made['token']['id']}"


def product(world: World) -> str:
    made = world.post("/products", {"name": "Tea", "amount": "4.5", "currency": "EUR"})
    return f"/products/{made['product']['id']}"


def configuration(world: World) -> str:
    made = world.post("/gateways/card-flexible/gateway-configurations", {"name": "north"})
    return f"/gateway-configurations/{made['gateway_configuration']['id']}"


def payout(world: World) -> str:
    world.paid()
    world.post("/sandbox/simulate", {"what": "settlement.run", "on": "card-flexible"})
    made = world.post("/sandbox/simulate", {"what": "payout.run", "on": "card-flexible"})
    return f"/payouts/{made['simulated']['ids'][0]}"


def method(world: World, name: str) -> str:
    listed = world.ask("GET", "/gateway-configurations?limit=100").body
    assert isinstance(listed, dict)
    rows: Any = listed["gateway_configurations"]
    return str(next(one["id"] for one in rows if one["name"] == name))


def native(world: World) -> Call:
    wanted = method(world, "bank-debit")
    invoice = world.invoice("bank-debit")
    return Call(f"/invoices/{invoice}/native-payment", {"gateway_configuration_id": wanted, "native_apm": None})


def step(world: World, path: str) -> Call:
    entries = {"account_holder": "Ada Lovelace", "iban": "DE89370400440532013000"}
    return Call(path, {"gateway_configuration_id": method(world, "bank-debit"), "submit_data": {"parameters": entries}})


def step_of_token(world: World) -> Call:
    customer = world.customer()
    made = world.post(f"/customers/{customer}/tokens", {})
    return step(world, f"/customers/{customer}/apm-tokens/{made['token']['id']}/tokenize")


def way_back(world: World) -> Call:
    invoice = world.invoice("bank-redirect")
    url = f"http://localhost/checkout/{PROJECT}/{invoice}/native/x?token=test-valid&id={invoice}"
    source = written({"gateway_configuration_id": method(world, "bank-redirect"), "url": url})
    return Call("/apm-payments", {"redirect": {"success": True, "result": {"url": f"shop.app://back?token={source}"}}})


def authenticated(world: World) -> Call:
    invoice = world.invoice()
    challenged = world.post("/cards", {**CARD, "number": "4000000000000101"})["card"]["id"]
    return Call(f"/invoices/{invoice}/authenticate", {"source": challenged})


#: What is asked by POST and changes nothing, so that no key keeps its answer.
READ = "POST /transactions"
APPLE_PAY = {"session_url": "https://apple-pay-gateway.apple.com/", "domain_name": "shop.example"}
INVOICE = {"name": "Order 7", "amount": "10.00", "currency": "EUR"}
#: Route -> the world in which it is called, and the call.
CALLS: dict[str, Callable[[World], Call]] = {
    "DELETE /cards/{}": lambda w: Call(f"/cards/{w.card()}"),
    "DELETE /customers/{}": lambda w: Call(f"/customers/{w.customer()}"),
    "DELETE /customers/{}/tokens/{}": lambda w: Call(token(w)),
    "DELETE /gateway-configurations/{}": lambda w: Call(configuration(w)),
    "DELETE /invoices/{}": lambda w: Call(f"/invoices/{w.invoice()}"),
    "DELETE /payouts/{}": lambda w: Call(payout(w)),
    "DELETE /products/{}": lambda w: Call(product(w)),
    "DELETE /projects/{}": lambda w: Call(f"/projects/{PROJECT}"),
    "POST /cards": lambda w: Call("/cards", CARD),
    "POST /customers": lambda w: Call("/customers", {"email": "ada@shop.example"}),
    "POST /customers/{}/tokens": lambda w: Call(f"/customers/{w.customer()}/tokens", {"source": w.card()}),
    "POST /gateways/{}/gateway-configurations": lambda w: Call(
        "/gateways/card-flexible/gateway-configurations", {"name": "north"}
    ),
    "POST /invoices": lambda w: Call("/invoices", INVOICE),
    "POST /invoices/{}/authenticate": authenticated,
    "POST /invoices/{}/authorize": lambda w: Call(f"/invoices/{w.invoice()}/authorize", {"source": w.card()}),
    "POST /invoices/{}/capture": lambda w: Call(f"/invoices/{w.invoice()}/capture", {"source": w.card()}),
    "POST /invoices/{}/customers": lambda w: Call(f"/invoices/{w.invoice()}/customers", {"customer_id": w.customer()}),
    "POST /invoices/{}/increment_authorization": lambda w: Call(
        f"/invoices/{w.held(incremental=True)}/increment_authorization", {"amount": "5.00"}
    ),
    "POST /apm-payments": way_back,
    "POST /customers/{}/apm-tokens/{}/tokenize": step_of_token,
    "POST /invoices/{}/apm-payment": lambda w: step(w, f"/invoices/{w.invoice('bank-debit')}/apm-payment"),
    "POST /invoices/{}/native-payment": native,
    "POST /telemetry": lambda w: Call("/telemetry", {"events": []}),
    "POST /applepay/sessions": lambda w: Call("/applepay/sessions", APPLE_PAY),
    "POST /invoices/{}/payout": lambda w: Call(f"/invoices/{w.invoice('sandbox')}/payout", {"source": w.card()}),
    "POST /invoices/{}/refunds": lambda w: Call(f"/invoices/{w.paid()[0]}/refunds", {"amount": "3.00"}),
    "POST /invoices/{}/sync-with-psp": lambda w: Call(f"/invoices/{w.paid()[0]}/sync-with-psp", {}),
    "POST /invoices/{}/three-d-s": lambda w: Call(f"/invoices/{w.invoice()}/three-d-s", {"source": w.card()}),
    "POST /invoices/{}/void": lambda w: Call(f"/invoices/{w.held()}/void", {"amount": "3.00"}),
    "POST /network-tokens": lambda w: Call("/network-tokens", {"card_id": w.card()}),
    "POST /products": lambda w: Call("/products", {"name": "Tea", "amount": "4.5", "currency": "EUR"}),
    "POST /products/{}/invoices": lambda w: Call(f"{product(w)}/invoices"),
    READ: lambda w: Call("/transactions", {"transaction_ids": [w.paid()[1]]}),
    "POST /transactions/{}/refunds": lambda w: Call(f"/transactions/{w.paid()[1]}/refunds", {"amount": "3.00"}),
    "PUT /cards/{}": lambda w: Call(f"/cards/{w.card()}", {"cvc2": "123"}),
    "PUT /customers/{}": lambda w: Call(f"/customers/{w.customer()}", {"city": "Rome"}),
    "PUT /customers/{}/tokens/{}": lambda w: Call(token(w), {"metadata": {"kept": "yes"}}),
    "PUT /gateway-configurations/{}": lambda w: Call(configuration(w), {"name": "south"}),
    "PUT /invoices/{}": lambda w: Call(f"/invoices/{w.invoice()}", {"name": "Order 8"}),
    "PUT /invoices/{}/sync-with-psp": lambda w: Call(f"/invoices/{w.paid()[0]}/sync-with-psp", {}),
    "PUT /products/{}": lambda w: Call(product(w), {"name": "Green tea"}),
    "PUT /projects/{}": lambda w: Call(f"/projects/{PROJECT}", {"name": "Shop"}),
}


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


@pytest.fixture
def world(application: Application) -> Iterator[World]:
    found = World(application)
    yield found
    found.close()


def test_every_route_that_changes_something_is_tried(application: Application) -> None:
    with application.app.app_context():
        changing = {route for route in routes() if not route.startswith("GET ")}
    refused = {f"{method} {path}".replace("<id>", "{}") for method, path, _ in unsupported_routes.routes()}
    not_simulated = {route for route in changing if _plain(route) in {_plain(one) for one in refused}}

    assert changing - not_simulated == set(CALLS)


def test_every_fault_is_tried_on_every_side_of_the_commit() -> None:
    """From the table of what faults do: a word, or a side, that is added there is tried here."""
    spelled = {"stall": ["stall 30s"], "delay": ["delay 90s"], "status": [f"status {status}" for status in STATUSES]}
    wanted = {
        (do, when) for word, sides in SIDES.items() for do in spelled.get(word, [word]) for when in (sides or (None,))
    }

    assert wanted == set(FAULTS)
    assert {do.split(" ")[0] for do, _ in FAULTS} == set(SIDES)


def test_faults_may_be_about_whatever_method_a_route_has(application: Application) -> None:
    with application.app.app_context():
        assert {route.split(" ")[0] for route in routes()} == METHODS


def test_every_read_that_faults_may_be_about_meets_them(application: Application, world: World) -> None:
    with application.app.app_context():
        reads = [route.partition(" ")[2] for route in routes() if route.startswith("GET ")]

    for path in reads:
        world.post(
            "/sandbox/faults", {"match": f"GET {path.replace('{}', '*')}", "do": "status 503", "when": "before_commit"}
        )

        assert world.ask("GET", path.replace("{}", "x")).status == 503, path


def _plain(route: str) -> str:
    return "/".join("{}" if part.startswith(("<", "{")) else part for part in route.split("/"))


@pytest.mark.parametrize("route", CALLS)
def test_after_every_fault_the_world_is_as_it_must_be(world: World, route: str) -> None:
    method, prepare = route.split(" ")[0], CALLS[route]
    wanted = reference(world, method, prepare)
    assert wanted.first.status in (200, 202, 410), wanted.first
    match = f"{method} {route.split(' ')[1].replace('{}', '*')}"

    for (do, when), (transport, status) in FAULTS.items():
        fault = {"match": match, "do": do, **({"when": when} if when else {})}
        happened, arrives = when != "before_commit", transport in ("ok", "garbled")
        for key in ("a", "b"):
            call = begun(world, prepare, fault)
            what = (do, when, key)

            met = world.ask(method, call.path, call.body, "a")
            assert (met.transport, met.status) == (transport, status or wanted.first.status if arrives else None), what
            assert world.rows() == (wanted.once if happened else wanted.before), what
            assert world.kept("a") == (wanted.first.body if happened and route != READ else None), what

            again = world.ask(method, call.path, call.body, key)
            is_second = happened and key == "b"
            expected = wanted.second if is_second else wanted.first
            assert (again.status, again.body) == (expected.status, expected.body), what
            assert world.rows() == (wanted.twice if is_second else wanted.once), what
