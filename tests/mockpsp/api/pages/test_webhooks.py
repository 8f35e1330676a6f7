"""The inbox: what was told to whom, found again, looked into, and sent again."""

import re

import pytest

from mockpsp.api.pages import lists
from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import NOWHERE, Looker, links, receiving, words


def topics(html: str) -> list[str]:
    return re.findall(r'<td><a id="[^"]+" href="/sandbox/ui/webhooks/[^"]+">([^<]+)</a>', html)


def first(looker: Looker, query: str = "") -> str:
    """The path, below the page's, of the newest delivery's own page."""
    return links(looker.look(f"/webhooks{query}"), f"{UI}/webhooks/wbk_")[0].removeprefix(UI)


def test_the_newest_webhook_comes_first(looker: Looker) -> None:
    looker.listen()
    looker.pay()

    assert topics(looker.look("/webhooks"))[:2] == ["transaction.captured", "transaction.authorized"]


def test_webhooks_are_found_by_what_they_are(looker: Looker) -> None:
    with receiving(200) as url:
        endpoint_id = looker.listen(url)
        looker.listen(f"{NOWHERE}/nobody", topics=["transaction.captured"])
        transaction_id = looker.pay()
        looker.call("POST", "/customers", {})
        looker.call("POST", "/sandbox/settle", {})
        event_id = looker.call("GET", "/sandbox/deliveries")["deliveries"][0]["event_id"]

        def found(query: str) -> list[str]:
            return topics(looker.look(f"/webhooks?{query}"))

        assert found("event=customer.created") == ["customer.created"]
        assert found("state=dead") == ["transaction.captured"]
        assert set(found(f"endpoint={endpoint_id}&state=delivered")) == {
            "customer.created",
            "transaction.captured",
            "transaction.authorized",
            "transaction.requested",
        }
        assert (
            "customer.created" not in found(f"payment={transaction_id}")
            and len(found(f"payment={transaction_id}")) == 4
        )
        assert len(found(f"q={event_id}")) == 1
        assert found("q=NOBODY") == ["transaction.captured"]
        assert found("q=nothing-like-it") == []


def test_an_inbox_goes_on_where_it_ended(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    looker.listen(topics=["customer.created"])
    for _ in range(5):
        looker.call("POST", "/customers", {})

    pages = [looker.look("/webhooks?state=pending")]
    while older := links(pages[-1], "?state=pending"):
        pages.append(looker.look(f"/webhooks{older[0]}"))

    assert [len(topics(page)) for page in pages] == [2, 2, 1]


def test_a_delivery_shows_what_was_sent_and_what_came_back(looker: Looker) -> None:
    with receiving(500, body=b"no room", headers={"X-Trouble": "yes"}) as url:
        looker.listen(url, topics=["customer.created"])
        looker.call("POST", "/customers", {})
        looker.call("POST", "/sandbox/settle", {})

        page = words(looker.look(first(looker)))

    assert "webhook-signature: v1," in page and '"event_type":"customer.created"' in page
    assert "X-Trouble: yes" in page and "no room" in page
    assert "Next attempt" in page and "Let it come" in page


def test_a_delivery_leads_to_its_payment(looker: Looker) -> None:
    looker.listen(topics=["transaction.captured"])
    transaction_id = looker.pay("umbrella")

    assert f"{UI}/payments/{transaction_id}" in links(looker.look(first(looker)), f"{UI}/payments")


def test_a_webhook_is_sent_again_at_once(looker: Looker) -> None:
    with receiving(410, 200) as url:
        endpoint_id = looker.listen(url, topics=["customer.created"])
        looker.call("POST", "/customers", {})
        looker.call("POST", "/sandbox/settle", {})
        looker.call("POST", f"/sandbox/webhook-endpoints/{endpoint_id}/enable")
        path = first(looker)

        done = looker.act("retry", on=path.rpartition("/")[2], back=f"{UI}{path}")

        assert done.headers["Location"] == f"{UI}{path}"
        assert "delivered to" in words(looker.look(path))


def test_all_dead_ones_are_sent_again(looker: Looker) -> None:
    with receiving(410, 200) as url:
        endpoint_id = looker.listen(url, topics=["customer.created"])
        for _ in range(3):
            looker.call("POST", "/customers", {})
        looker.call("POST", "/sandbox/settle", {})
        looker.call("POST", f"/sandbox/webhook-endpoints/{endpoint_id}/enable")
        assert len(topics(looker.look("/webhooks?state=dead"))) == 3

        looker.act("retry-dead", back=f"{UI}/webhooks")

        assert len(topics(looker.look("/webhooks?state=delivered"))) == 3


def test_what_goes_to_no_endpoint_any_more_offers_no_button(looker: Looker) -> None:
    endpoint_id = looker.listen(topics=["customer.created"])
    looker.call("POST", "/customers", {})
    looker.call("DELETE", f"/sandbox/webhook-endpoints/{endpoint_id}")

    page = looker.look(first(looker))

    assert "/act/retry?" not in page and "can't be sent again" in words(page)
