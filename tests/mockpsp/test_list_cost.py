"""A list costs as many statements for thirty objects as for three, whatever is expanded on them."""

from collections.abc import Iterator

import pytest

from mockpsp.api.expansions import RELATIONS
from tests.bench.in_process import Caller, calling

#: List -> the kind of object it shows.
LISTS = {
    "/invoices": "invoice",
    "/transactions": "transaction",
    "/customers": "customer",
    "/cards": "card",
    "/events": "event",
}
FEW, MANY = 3, 30


def names(kind: str, depth: int) -> list[str]:
    """Every chain of relations from an object of this kind, that deep."""
    if not depth:
        return []
    found = []
    for name, relation in RELATIONS[kind].items():
        found += [name, *(f"{name}.{deeper}" for deeper in names(relation.kind, depth - 1))]
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A universe of thirty payments by thirty customers, each refunded once."""
    with calling(tmp_path_factory.mktemp("lists") / "lists.db") as caller:
        for number in range(MANY):
            customer_id = caller.post("/customers", {"first_name": f"Customer {number}"})["customer"]["id"]
            source = f"/customers/{customer_id}/tokens"
            token_id = caller.post(source, {"source": caller.card()})["token"]["id"]
            body = {"name": f"Order {number}", "amount": "10.00", "currency": "EUR", "customer_id": customer_id}
            invoice_id = caller.post("/invoices", body)["invoice"]["id"]
            caller.post(f"/invoices/{invoice_id}/capture", {"source": token_id})
            caller.post(f"/invoices/{invoice_id}/refunds", {"amount": "1.00"})
        yield caller


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


@pytest.mark.parametrize(("path", "kind"), LISTS.items())
def test_a_list_costs_no_more_for_many(shop: Caller, path: str, kind: str) -> None:
    for depth in (0, 1, 2):
        for expand in [names(kind, depth), *([name] for name in names(kind, depth))]:
            wanted = f"{path}?expand={','.join(expand[:50])}&limit="
            few, for_few = statements(shop, f"{wanted}{FEW}")
            many, for_many = statements(shop, f"{wanted}{MANY}")

            assert (few, many) == (FEW, MANY)
            assert len(for_many) == len(for_few) > 0, expand
