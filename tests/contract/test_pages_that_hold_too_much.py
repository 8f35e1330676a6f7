"""A page whose items hold more than one answer may is shorter and goes on: nothing is refused, nothing is left out."""

import pytest

from mockpsp.sandbox_client import Sandbox

pytestmark = pytest.mark.slow

REFUNDS = 205


@pytest.fixture(scope="module")
def shop(mockpsp_server: str) -> Sandbox:
    """A world in which one payment was refunded cent by cent."""
    sandbox = Sandbox(mockpsp_server, "test-proj_too-much", "key_sandbox_too-much")
    sandbox.reset()
    invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    paid = sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})["transaction"]["id"]
    for _ in range(REFUNDS):
        sandbox.post(f"/transactions/{paid}/refunds", {"amount": "0.01"})
    return sandbox


def test_a_page_of_events_is_as_long_as_it_can_be(shop: Sandbox) -> None:
    answer = shop.get("/events?limit=100")

    assert answer["has_more"] is True
    assert 10 <= len(answer["events"]) < 100
    assert len(answer["events"][0]["data"]["transaction"]["refunds"]) == REFUNDS


@pytest.mark.parametrize(("order", "way"), [("asc", "start_after"), ("desc", "end_before")])
def test_paging_reaches_every_event_once(shop: Sandbox, order: str, way: str) -> None:
    seen: list[str] = []
    if way == "end_before":
        # From the other end: the last of all is where the first page ends.
        last = shop.get(f"/events?limit=1&order={'desc' if order == 'asc' else 'asc'}")["events"][0]["id"]
        seen = [last]
    while True:
        place = f"&{way}={seen[-1] if way == 'start_after' else seen[0]}" if seen else ""
        answer = shop.get(f"/events?limit=100&order={order}{place}")
        ids = [event["id"] for event in answer["events"]]
        seen = [*seen, *ids] if way == "start_after" else [*ids, *seen]
        if not answer["has_more"]:
            break

    assert len(seen) == len(set(seen)) == answer["total_count"]


def test_one_that_is_too_much_by_itself_is_still_refused_by_name(shop: Sandbox) -> None:
    answer = shop.call("GET", "/transactions?expand=refunds,refunds.transaction,refunds.transaction.refunds")

    assert answer.status_code == 400
    assert answer.json()["error_type"] == "request.too-much"
