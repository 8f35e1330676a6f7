"""A list costs as many statements for thirty objects as for three, whatever is expanded on them."""

import re
from collections.abc import Iterator

import pytest

from mockpsp.api.described.endpoints import Endpoint, core, declared
from mockpsp.api.shapes.expansions import RELATIONS
from tests.bench.in_process import Caller, calling

pytestmark = pytest.mark.slow

#: Every list of the API, by its rows.
LISTS = [one for one in declared().values() if one.is_list and one.method == "GET"]
FEW, MANY = 3, 30


def kind_of(one: Endpoint) -> str:
    """What `RELATIONS` calls the objects of a list."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", one.object).lower()


def names(kind: str, depth: int) -> list[str]:
    """Every chain of relations from an object of this kind, that deep."""
    if not depth:
        return []
    found = []
    for name, relation in RELATIONS[kind].items():
        found += [name, *(f"{name}.{deeper}" for deeper in names(relation.kind, depth - 1))]
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, dict[str, str]]]:
    """A universe with thirty of everything, and for each list within an object the id of one that has so many."""
    with calling(tmp_path_factory.mktemp("lists") / "lists.db") as caller:
        for number in range(MANY):
            customer_id = caller.post("/customers", {"first_name": f"Customer {number}"})["customer"]["id"]
            pay(caller, customer_id)
            caller.post("/products", {"name": f"Product {number}", "amount": "1", "currency": "EUR"})
            caller.post("/gateways/sandbox/gateway-configurations", {"name": f"Account {number}"})
            caller.put(f"/sandbox/psps/own-{number}", {"like": "sandbox"})
            move(caller, "settlement.run", "card-flexible")
            move(caller, "payout.run", "card-flexible")
        for _ in range(MANY):
            transaction_id = pay(caller, customer_id)
        for _ in range(MANY - 1):
            caller.post(f"/transactions/{transaction_id}/refunds", {"amount": "0.10"})
        move(caller, "settlement.run", "card-flexible")
        payout_id = move(caller, "payout.run", "card-flexible")["ids"][0]
        for number in range(MANY):
            caller.post("/sandbox/webhook-endpoints", {"url": f"https://shop.example/{number}"})
        caller.post("/customers", {})
        event_id = caller.get("/events?limit=1")["events"][0]["id"]
        yield (
            caller,
            {
                "/transactions/{}/refunds": transaction_id,
                "/customers/{}/transactions": customer_id,
                "/customers/{}/tokens": customer_id,
                "/events/{}/webhooks": event_id,
                "/gateways/{}/gateway-configurations": "sandbox",
                "/payouts/{}/items": payout_id,
            },
        )


def pay(caller: Caller, customer_id: str) -> str:
    """The id of a transaction by a new token of the customer, refunded in part."""
    token_id = caller.post(f"/customers/{customer_id}/tokens", {"source": caller.card()})["token"]["id"]
    metadata = {"mockpsp_gateway": "card-flexible"}
    body = {"name": "Order", "amount": "10.00", "currency": "EUR", "customer_id": customer_id, "metadata": metadata}
    invoice_id = caller.post("/invoices", body)["invoice"]["id"]
    transaction_id = caller.post(f"/invoices/{invoice_id}/capture", {"source": token_id})["transaction"]["id"]
    caller.post(f"/invoices/{invoice_id}/refunds", {"amount": "1.00"})
    return str(transaction_id)


def move(caller: Caller, what: str, on: str) -> dict[str, list[str]]:
    """What a move of the world answers."""
    return dict(caller.post("/sandbox/simulate", {"what": what, "on": on})["simulated"])


def statements(shop: Caller, path: str) -> tuple[int, list[str]]:
    """(how many objects came, the statements it took)."""
    seen: list[str] = []
    database = shop.app.extensions["mockpsp"].database
    with database.reading() as conn:
        conn.set_trace_callback(seen.append)
    try:
        answer = shop.get(path)
    finally:
        with database.reading() as conn:
            conn.set_trace_callback(None)
    return int(answer["count"]), seen


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.path)
def test_a_list_costs_no_more_for_many(shop: tuple[Caller, dict[str, str]], one: Endpoint) -> None:
    caller, ids = shop
    path, kind = one.path.format(ids.get(one.path, "")), kind_of(one)
    for depth in (0, 1, 2):
        for expand in [names(kind, depth), *([name] for name in names(kind, depth))]:
            wanted = f"{path}?expand={','.join(expand[:50])}&limit="
            few, for_few = statements(caller, f"{wanted}{FEW}")
            many, for_many = statements(caller, f"{wanted}{MANY}")

            assert (few, many) == (FEW, MANY)
            assert len(for_many) == len(for_few) > 0, expand


def test_every_list_of_the_contract_is_among_them() -> None:
    assert {one.path for one in core().values() if one.is_list and one.method == "GET"} <= {one.path for one in LISTS}
    assert len(LISTS) >= 15
