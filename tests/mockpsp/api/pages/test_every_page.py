"""What holds of every page: what others wrote is text, universes are sealed, and nothing is loaded from elsewhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask

from mockpsp.api.pages.acting import ACTIONS
from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import Looker, links, receiving, serving

#: Breaks out of an attribute of either kind and of a text, where it is not escaped.
HOSTILE = "x\"'><zz id=zz onclick=zz()><script>zz()</script>{{7*7}}&lt;"


class Tags(HTMLParser):
    """Every tag of a page, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def every_page(looker: Looker) -> Iterator[tuple[str, str]]:
    """(path, HTML) of each page that links lead to, from the first on."""
    todo, seen = [UI], set()
    while todo:
        path = todo.pop()
        if path in seen or "/books/journal" in path:
            continue
        seen.add(path)
        answer = looker.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        yield path, answer.text
        base = path.partition("?")[0]
        todo += [one.partition("#")[0] for one in links(answer.text, UI)]
        todo += [f"{base}{one}" for one in links(answer.text, "?")]


@pytest.fixture
def app() -> Iterator[Flask]:
    with serving() as app:
        yield app


@pytest.fixture
def hostile(app: Flask) -> Iterator[Looker]:
    """A universe in which everything that others write is hostile."""
    looker = Looker(app)
    answered = {"X-Zz": HOSTILE}
    with receiving(500, body=HOSTILE.encode(), headers=answered) as url:
        looker.listen(f"{url}?zz='%22%3Ezz", topics=["transaction.captured"])
        transaction_id = looker.pay(HOSTILE, order_id=HOSTILE, metadata={HOSTILE: HOSTILE})
        looker.call("POST", "/customers", {"first_name": HOSTILE}, **{"Idempotency-Key": HOSTILE})
        looker.call("POST", f"/transactions/{transaction_id}/refunds", {"amount": "5", "information": HOSTILE})
        looker.client.get(f"/invoices/{HOSTILE}?zz={HOSTILE}", auth=(looker.project, "key_sandbox_looked"))
        looker.call("POST", "/sandbox/settle", {})
        looker.act("make-rule", {"match[on]": "refund", "outcome": "ok", "metadata": f"{HOSTILE}={HOSTILE}"})
        looker.act("make-fault", {"match": "POST /cards", "do": "delay 1s", "key": HOSTILE})
        yield looker


def test_what_others_wrote_is_text(hostile: Looker) -> None:
    pages = list(every_page(hostile))
    texts = "".join(html for _, html in pages)

    assert {
        path.removeprefix(UI).split("/")[1:2][0] if path.removeprefix(UI).strip("/") else "" for path, _ in pages
    } > {"", "payments"}
    assert len(pages) > 12
    assert "&lt;zz id=zz onclick=zz()&gt;" in texts
    assert "{{7*7}}" in texts
    for path, html in pages:
        for tag, attributes in Tags(html).found:
            assert tag != "zz" and attributes.get("id") != "zz", path
            assert not any(name.startswith("on") or name == "style" for name in attributes), (path, tag, attributes)
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/"), path


@pytest.mark.parametrize(
    "path",
    [
        "?q={}",
        "?status={}",
        "?before={}",
        "/payments/{}",
        "/webhooks?q={}",
        "/webhooks?payment={}",
        "/webhooks?endpoint={}",
        "/webhooks/{}",
        "/books?account={}",
        "/payouts/{}",
        "/requests?path={}",
        "/requests?skip={}",
        "?{}=1",
        "/nothing/{}",
    ],
)
def test_what_is_asked_for_is_text(app: Flask, path: str) -> None:
    from urllib.parse import quote

    answer = Looker(app).client.get(UI + path.format(quote(HOSTILE, safe="")))

    assert answer.mimetype == "application/json" or "<zz" not in answer.text
    assert answer.mimetype == "application/json" or not any(tag == "zz" for tag, _ in Tags(answer.text).found)


def test_what_a_form_says_is_text(app: Flask) -> None:
    looker = Looker(app)

    refused = [looker.act(name, {"what": HOSTILE, "url": HOSTILE, "do": HOSTILE}, on=HOSTILE) for name in ACTIONS]

    assert not any("<zz" in answer.text for answer in refused)


def test_pages_know_their_own_parameters_alone(app: Flask) -> None:
    looker = Looker(app)
    looker.pay()
    paths = {path.partition("?")[0] for path, _ in every_page(looker)}

    assert len(paths) == 9
    assert {path for path in paths if looker.client.get(f"{path}?nonsense=1").status_code != 400} == set()


def test_every_page_loads_this_servers_files_alone(app: Flask) -> None:
    looker = Looker(app)
    looker.listen()
    looker.pay()

    for path, html in every_page(looker):
        loaded = [
            value
            for tag, found in Tags(html).found
            for name, value in found.items()
            if name == "src" or (tag == "link" and name == "href")
        ]
        assert all((one or "").startswith(("/static/", "data:,")) for one in loaded), path
        policy = looker.client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_universes_are_sealed(app: Flask) -> None:
    mine, other = Looker(app), Looker(app, "test-proj_other")
    with receiving(200) as url:
        mine.listen(url)
        mine.call("PUT", "/sandbox/psps/north", {"like": "sandbox", "settlement_delay": "0s"})
        mine.pay("secret umbrella", metadata={"mockpsp_gateway": "north"})
        mine.call("POST", "/sandbox/settle", {})
        mine.call("POST", "/sandbox/simulate", {"what": "payout.run", "on": "north"})
    own = [path for path, _ in every_page(mine)]
    things = [path for path in own if any(f"/{kind}_" in path for kind in ("tr", "wbk", "payt"))]

    assert len(things) > 2
    assert {other.client.get(path).status_code for path in things} == {404}
    assert not any("umbrella" in other.client.get(path).text for path in own)


def test_buttons_act_on_ones_own_universe(app: Flask) -> None:
    mine, other = Looker(app), Looker(app, "test-proj_other")
    endpoint_id = mine.listen()
    mine.call("POST", "/customers", {})
    delivery_id = mine.call("GET", "/sandbox/deliveries")["deliveries"][0]["id"]
    transaction_id = mine.pay()

    assert other.act("delete-endpoint", on=endpoint_id).status_code == 404
    assert other.act("retry", on=delivery_id).status_code == 404
    assert other.act("simulate", {"what": "refund.make", "on": transaction_id}).status_code == 404
    assert len(mine.call("GET", "/sandbox/webhook-endpoints")["webhook_endpoints"]) == 1


def test_every_action_is_a_call_of_the_control_plane(app: Flask) -> None:
    Looker(app)  # routes are read once one of them was asked for
    assert {action.endpoint for action in ACTIONS.values()} <= set(app.view_functions)
    assert all(action.endpoint.startswith("sandbox_") for action in ACTIONS.values())


def test_every_form_leads_to_an_action(app: Flask) -> None:
    looker = Looker(app)
    with receiving(410) as url:
        looker.listen(url)
        looker.listen()
        looker.pay()
        looker.call("POST", "/sandbox/settle", {})
    looker.act("make-rule", {"match[on]": "refund", "outcome": "ok"})
    looker.act("make-fault", {"match": "POST /cards", "do": "delay 1s"})
    looker.act("add-misbehaviour", {"do": "unsigned"})
    used = set()
    for _, html in every_page(looker):
        for tag, found in Tags(html).found:
            if tag == "form" and "/act/" in (action := found.get("action") or ""):
                used.add(action.partition("/act/")[2].partition("?")[0])
                assert found["hx-post"] == action

    assert used == set(ACTIONS)


def test_an_unknown_action_is_refused(app: Flask) -> None:
    assert Looker(app).act("nothing").status_code == 404


def test_a_page_that_is_as_it_was_is_not_sent_again(app: Flask) -> None:
    looker = Looker(app)
    shown = re.findall(r'hx-headers=\'{"X-Seen": "([0-9a-f]{8})"}\'', looker.look("/webhooks"))[0]

    again = looker.client.get(f"{UI}/webhooks", headers={"HX-Request": "true", "X-Seen": shown})
    looker.listen()
    changed = looker.client.get(f"{UI}/webhooks", headers={"HX-Request": "true", "X-Seen": shown})

    assert (again.status_code, again.text) == (204, "")
    assert changed.status_code == 200
