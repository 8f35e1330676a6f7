"""Cursor paging, on every list there is: against a plain list, both ways, in both orders, while objects come and go."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from tests.contract.test_bad_input import routes

AUTH = ("test-proj_paging", "key_test_paging")
LISTED = sorted(rule for method, rule in routes() if method == "GET" and not rule.startswith("/sandbox"))


@pytest.fixture(scope="module")
def world(mockpsp_server: str) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """A universe with several of everything that is listed, and the ids that its routes need."""
    with Sandbox(mockpsp_server, "test-proj_every-list", "key_sandbox_every-list") as sandbox:
        sandbox.reset()
        for n in range(3):
            sandbox.post("/sandbox/webhook-endpoints", {"url": f"http://127.0.0.1:9/{n}"})
        customer = sandbox.post("/customers", {"currency": "EUR"})["customer"]["id"]
        for n in range(5):
            sandbox.post("/customers", {"id": f"cust_{n}"} if n % 2 else {})
            sandbox.post("/products", {"name": f"Product {n}", "amount": "1.00", "currency": "EUR"})
            sandbox.post(f"/customers/{customer}/tokens", {"source": sandbox.card()})
            invoice = {"name": "Order", "amount": "10.00", "currency": "EUR", "customer_id": customer}
            paid = sandbox.post("/invoices", invoice)["invoice"]["id"]
            transaction = sandbox.post(f"/invoices/{paid}/capture", {"source": sandbox.card()})["transaction"]["id"]
        for _ in range(5):
            sandbox.post(f"/transactions/{transaction}/refunds", {"amount": "1"})
            pay_out(sandbox)
        found = {
            "event_id": sandbox.get("/events")["events"][0]["id"],
            "payout_id": sandbox.get("/payouts")["payouts"][0]["id"],
        }
        yield sandbox, {"customer_id": customer, "transaction_id": transaction, **found}


def pay_out(sandbox: Sandbox) -> None:
    """Take one more payment, at a PSP that settles and pays it out."""
    order = {"name": "Paid out", "amount": "9.00", "currency": "EUR", "metadata": {"mockpsp_gateway": "card-flexible"}}
    invoice = sandbox.post("/invoices", order)["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})
    for move in ("settlement.run", "payout.run"):
        sandbox.post("/sandbox/simulate", {"what": move, "on": "card-flexible"})


def lists(rule: str, sandbox: Sandbox, ids: dict[str, str]) -> tuple[str, str] | None:
    """(path, key of its items) when this route is a list of the world, else None."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", rule)
    if not set(names) <= set(ids):
        return None
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found.group(1)], rule)
    answer = sandbox.call("GET", path)
    body = answer.json() if answer.headers["Content-Type"].startswith("application/json") else {}
    if "total_count" not in body:
        return None
    return path, next(key for key, value in body.items() if isinstance(value, list))


def page(sandbox: Sandbox, path: str, key: str, query: str) -> tuple[list[str], dict[str, Any]]:
    body = sandbox.get(f"{path}?{query}")
    return [item["id"] for item in body[key]], body


@pytest.mark.parametrize("rule", LISTED)
def test_a_page_is_that_part_of_the_list(world: tuple[Sandbox, dict[str, str]], rule: str) -> None:
    sandbox, ids = world
    found = lists(rule, sandbox, ids)
    if found is None:
        return
    path, key = found
    newest_first, _ = page(sandbox, path, key, "limit=100")

    for order, items in (("desc", newest_first), ("asc", newest_first[::-1])):
        for place in {0, 1, len(items) // 2, len(items) - 2, len(items) - 1} & set(range(len(items))):
            for limit in (1, 2, 4):
                query = f"order={order}&limit={limit}"
                after, body = page(sandbox, path, key, f"{query}&start_after={items[place]}")
                assert after == items[place + 1 : place + 1 + limit]
                assert body["has_more"] == (place + 1 + limit < len(items))
                assert (body["count"], body["limit"], body["order"]) == (len(after), limit, order)
                assert body["total_count"] == len(items)
                before, body = page(sandbox, path, key, f"{query}&end_before={items[place]}")
                both, _ = page(sandbox, path, key, f"{query}&start_after={items[-1]}&end_before={items[place]}")
                assert both == before
                assert before == items[max(0, place - limit) : place]
                assert body["has_more"] == (place > limit)


@pytest.mark.parametrize("rule", LISTED)
def test_a_filter_that_a_list_does_not_know_is_refused(world: tuple[Sandbox, dict[str, str]], rule: str) -> None:
    sandbox, ids = world
    found = lists(rule, sandbox, ids)
    if found is None:
        return

    answer = sandbox.call("GET", f"{found[0]}?filter=paid")

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.filter.invalid")
    assert "'paid'" in answer.json()["message"]


@pytest.mark.parametrize("rule", LISTED)
def test_bad_paging_is_refused_on_every_list(world: tuple[Sandbox, dict[str, str]], rule: str) -> None:
    sandbox, ids = world
    found = lists(rule, sandbox, ids)
    if found is None:
        return
    path, key = found
    shown, _ = page(sandbox, path, key, "")
    mistyped = shown[0][:-1] + ("a" if shown[0][-1] != "a" else "b")
    with Sandbox(sandbox.url, sandbox.project_id + "-2", sandbox.secret) as other:
        other.reset(seed=7)
        foreign = other.post("/customers")["customer"]["id"]
    for query in (
        "limit=101",
        "limit=abc",
        "limit=-1",
        "limit=1.5",
        "limit=1e1",
        "order=up",
        f"start_after={mistyped}",
        f"end_before={foreign}",
        "start_after=%00",
    ):
        answer = sandbox.call("GET", f"{path}?{query}")

        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.pagination.invalid"), query
    for query in ("limit=0", "limit=", "limit=00", "start_after=&end_before="):
        assert page(sandbox, path, key, query)[1]["limit"] == 10


def test_the_lists_that_were_walked_are_many(world: tuple[Sandbox, dict[str, str]]) -> None:
    walked = {rule for rule in LISTED if lists(rule, *world) is not None}

    assert walked >= {
        "/cards",
        "/customers",
        "/customers/<customer_id>/tokens",
        "/customers/<customer_id>/transactions",
        "/events",
        "/events/<event_id>/webhooks",
        "/gateway-configurations",
        "/invoices",
        "/products",
        "/transactions",
        "/transactions/<transaction_id>/refunds",
    }


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    yield app.test_client()
    app.extensions["mockpsp"].close()


STEPS = st.lists(st.one_of(st.just("make"), st.integers(0, 30), st.just("page")), min_size=5, max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from(["asc", "desc"]), st.integers(1, 4), st.booleans())
def test_a_walk_sees_each_object_once_while_others_come_and_go(
    client: FlaskClient, steps: list[Any], order: str, limit: int, is_forward: bool
) -> None:
    """Numbers delete the object at that place, "page" reads on from the last one seen, deleted by now or not."""
    client.post("/sandbox/reset", json={}, auth=AUTH)
    living: list[str] = []
    seen: list[str] = []
    missed: set[str] = set()
    for step in ["make", "make", "make", *steps]:
        if step == "make":
            living.append(client.post("/customers", json={}, auth=AUTH).json["customer"]["id"])
        elif step == "page":
            cursor = "" if not seen else f"&{'start_after' if is_forward else 'end_before'}={seen[-1]}"
            body = client.get(f"/customers?order={order}&limit={limit}{cursor}", auth=AUTH).json
            shown = [customer["id"] for customer in body["customers"]]
            assert body["total_count"] == len(living)
            assert set(shown) <= set(living)
            if seen:
                seen += shown if is_forward else shown[::-1]
            else:
                seen = shown[:1] if not is_forward else shown
        elif living:
            gone = living.pop(step % len(living))
            missed.add(gone)
            assert client.delete(f"/customers/{gone}", auth=AUTH).json["success"]

    assert len(seen) == len(set(seen))
    made = sorted({*living, *missed}, key=[*living, *missed].index)
    reads_up = (order == "asc") == is_forward
    order_made = client.get("/customers?order=asc&limit=100", auth=AUTH).json["customers"]
    rank = {customer["id"]: place for place, customer in enumerate(order_made)}
    ranks = [rank[one] for one in seen if one in rank]
    assert ranks == sorted(ranks, reverse=not reads_up)
    assert set(seen) <= set(made)
    between = [one for one in rank if ranks and min(ranks) < rank[one] < max(ranks)]
    assert set(between) <= set(seen)
