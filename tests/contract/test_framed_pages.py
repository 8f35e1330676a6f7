"""Pages that the browser's library builds addresses of: card fields, the message hub, 3-D Secure of an amount."""

import html
import re
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_openers import FRAMED, SHOP, messages, opener_of
from tests.contract.test_three_d_s import REQUIRED

#: A card number of nobody's, that passes every check of one.
UNKNOWN = "4539578763621486"


def start(mockpsp: Sandbox, *, prefix: str = "/checkout", **more: str) -> str:
    """Where the library begins 3-D Secure of an amount."""
    asked = {"processoutjs": "true", "amount": "12.00", "currency": "EUR", "name": "Order", "return_url": "", **more}
    return f"{mockpsp.url}{prefix}/{mockpsp.project_id}/three-d-s?{urlencode(asked)}"


def invoices(mockpsp: Sandbox) -> list[dict[str, object]]:
    return list(mockpsp.get("/invoices")["invoices"])


@pytest.mark.parametrize("path", ["/ccfield.html", "/messagehub.html"])
def test_pages_of_this_machine_alone_may_frame_them(mockpsp: Sandbox, path: str) -> None:
    page = requests.get(f"{mockpsp.url}{path}?r=1", headers={"Host": "js.localhost:8765"}, timeout=20)

    policy = page.headers["Content-Security-Policy"]
    ancestors = policy.partition("frame-ancestors ")[2].split()
    assert page.status_code == 200
    assert {urlsplit(one).hostname for one in ancestors[1:]} <= {
        "localhost",
        "*.localhost",
        "127.0.0.1",
        "js.localhost",
    }
    assert "'unsafe-inline'" not in policy
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert requests.get(mockpsp.url + html.unescape(name), timeout=20).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/checkout"])
def test_an_amount_begins_without_an_invoice(mockpsp: Sandbox, prefix: str) -> None:
    card = mockpsp.card(REQUIRED)
    address = start(mockpsp, prefix=prefix, source=card, **{"metadata[order]": "7"})

    shown = requests.get(address, headers=FRAMED, timeout=20)

    assert (opener_of(shown.text), "12.00 EUR" in shown.text, invoices(mockpsp)) == (SHOP, True, [])
    sent = requests.post(f"{shown.url}&opener={SHOP}", {"answer": "begin"}, timeout=20, allow_redirects=False)
    made = invoices(mockpsp)
    assert [(one["name"], one["amount"], one["metadata"]) for one in made] == [("Order", "12", {"order": "7"})]
    challenge = sent.headers["location"]
    ended = requests.post(challenge, {"answer": "authenticate"}, timeout=20)
    assert messages(ended.text)["page"]["action"] == "success"
    assert messages(ended.text)["page"]["data"] == made[0]["id"]


def test_nothing_to_ask_is_told_at_once(mockpsp: Sandbox) -> None:
    address = start(mockpsp, source=mockpsp.card())
    ended = requests.post(f"{address}&opener={SHOP}", {"answer": "begin"}, timeout=20)
    assert messages(ended.text)["page"] == {
        "namespace": "processout.checkout",
        "action": "success",
        "data": invoices(mockpsp)[0]["id"],
    }


@pytest.mark.parametrize(
    "more",
    [
        {"return_url": "https://stranger.example/x"},
        {"return_url": "javascript:alert(1)"},
        {"return_url": "data:text/html,x"},
        {"return_url": "//stranger.example"},
        {"return_url": "http://localhost:3000@stranger.example/"},
        {"return_url": "http://localhost.stranger.example/"},
        {"return_url": "http://localhost\\shop/"},
        {"return_url": "myapp://back"},
        {"amount": "undefined"},
        {"amount": ""},
        {"currency": "XXXX"},
        {"name": ""},
        {"name": f"for {UNKNOWN}"},
        {"metadata[order]": UNKNOWN},
        {f"metadata[{UNKNOWN}]": "7"},
        {"return_url": f"http://localhost:3000/?of={UNKNOWN}"},
        {"source": "card_none"},
        {"source": ""},
    ],
)
def test_what_will_not_do_makes_nothing(mockpsp: Sandbox, more: dict[str, str]) -> None:
    address = start(mockpsp, **{"source": mockpsp.card(REQUIRED), **more})
    before = mockpsp.get("/sandbox/digest")

    page = requests.get(address, headers={"Referer": "https://stranger.example/", **FRAMED}, timeout=20)
    sent = requests.post(address, {"answer": "begin"}, timeout=20, allow_redirects=False)

    assert 400 <= sent.status_code < 500, sent.text
    assert UNKNOWN not in page.text + sent.text
    assert "stranger" not in page.headers["Content-Security-Policy"] + sent.headers["Content-Security-Policy"]
    assert mockpsp.get("/sandbox/digest") == before


def test_a_page_of_this_machine_is_led_back_to(mockpsp: Sandbox) -> None:
    back = "http://localhost:3000/back"
    address = start(mockpsp, source=mockpsp.card(REQUIRED), return_url=back)
    challenge = requests.post(address, {"answer": "begin"}, timeout=20, allow_redirects=False).headers["location"]
    ended = requests.post(challenge, {"answer": "authenticate"}, timeout=20, allow_redirects=False)
    assert ended.headers["location"].startswith(f"{back}?token=gway_req_")


def test_other_sites_forms_and_other_universes_cards_begin_nothing(mockpsp: Sandbox) -> None:
    address = start(mockpsp, source=mockpsp.card(REQUIRED))
    foreign = requests.post(address, {"answer": "begin"}, headers={"Origin": "https://stranger.example"}, timeout=20)
    with Sandbox(mockpsp.url, f"{mockpsp.project_id}-two", "key_test_two") as other:
        theirs = requests.post(start(mockpsp, source=other.card()), {"answer": "begin"}, timeout=20)
    nobody = requests.get(f"{mockpsp.url}/checkout/test-proj_nobody/three-d-s?amount=1", timeout=20)

    assert (foreign.status_code, theirs.status_code, nobody.status_code) == (403, 404, 404)
    assert invoices(mockpsp) == []
