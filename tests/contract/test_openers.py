"""Customer pages and the page that opened or frames them: what it is told, who is told, and by which addresses."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import SANDBOX_CONFIGURATION, invoice
from tests.contract.test_pending_payments import configuration
from tests.contract.test_three_d_s import FINGERPRINT, REQUIRED, challenged, transaction

SHOP = "http://localhost:3000"
FRAMED = {"Referer": f"{SHOP}/", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"}
OPENED = {"Referer": f"{SHOP}/", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-site"}
_TELLS = re.compile(r'data-tells="([^"]*)"[^>]*>([^<]*)')


def shown(url: str, headers: dict[str, str] | None = None) -> str:
    """A page as the browser of somebody gets it whom a page sent there."""
    return requests.get(url, headers=headers or {}, timeout=20).text


def opener_of(text: str) -> str | None:
    """Who is told by a page; None: it has no script that could tell anybody."""
    found = re.search(r'data-opener="([^"]*)"', text)
    return found[1] if found else "" if "customer.js" in text else None


def messages(text: str) -> dict[str, dict[str, Any]]:
    """What is pressed -> the message to the opener; of the page itself under "page"."""
    found = {("page" if "\n" in says else says): json.loads(html.unescape(told)) for told, says in _TELLS.findall(text)}
    assert all(told["namespace"] == "processout.checkout" for told in found.values())
    return found


def method_page(mockpsp: Sandbox, invoice_id: str) -> str:
    return f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/redirect/{SANDBOX_CONFIGURATION}"


def answered(page: str, answer: str, opener: str = SHOP) -> requests.Response:
    """What a form of the page comes to, pressed where the page's script said who opened it."""
    url = f"{page}?{urlencode({'opener': opener})}"
    return requests.post(url, {"answer": answer}, timeout=20, allow_redirects=False)


@pytest.mark.parametrize("headers", [FRAMED, OPENED], ids=["framed", "opened"])
@pytest.mark.parametrize("return_url", [None, "https://shop.example/back"])
def test_a_method_tells_its_opener_the_gateway_request(
    mockpsp: Sandbox, headers: dict[str, str], return_url: str | None
) -> None:
    invoice_id = invoice(mockpsp, **({} if return_url is None else {"return_url": return_url}))

    text = shown(method_page(mockpsp, invoice_id), headers)

    told = messages(text)
    assert opener_of(text) == SHOP
    assert {says[:7]: one["action"] for says, one in told.items() if says != "Cancel"} == {
        "Approve": "success",
        "Decline": "success",
        "Leave i": "success",
    }
    assert told["Cancel"]["action"] == "canceled"
    paid = mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": told["Approve"]["data"]})
    assert paid["transaction"]["status"] == "completed"


def test_who_comes_alone_gets_a_page_without_a_script(mockpsp: Sandbox) -> None:
    page = method_page(mockpsp, invoice(mockpsp, return_url="https://shop.example/"))
    own = {"Referer": f"{mockpsp.url}/x", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}

    assert [opener_of(shown(page, headers)) for headers in ({}, own)] == [None, None]
    assert "script" not in requests.get(page, timeout=20).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://app.localhost", "https://app.localhost"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://shop.example", "https://shop.example"),
        ("http://shop.example", None),
        ("https://shop.example:444", None),
        ("https://evil.example", None),
        ("https://localhost.evil.example", None),
    ],
)
def test_only_pages_that_are_trusted_are_told(mockpsp: Sandbox, origin: str, told: str | None) -> None:
    page = method_page(mockpsp, invoice(mockpsp, return_url="https://shop.example/back?order=1"))

    by_referer = shown(page, {"Referer": f"{origin}/", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"})
    by_query = shown(f"{page}?{urlencode({'opener': origin})}")

    assert opener_of(by_referer) == told
    assert opener_of(by_query) == (told or "")


def test_a_shop_that_names_itself_nowhere_is_told_by_where_it_leads_back_to(mockpsp: Sandbox) -> None:
    nameless = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
    page = method_page(mockpsp, invoice(mockpsp, return_url="https://shop.example/back"))

    assert opener_of(shown(page, nameless)) == "https://shop.example"
    assert opener_of(shown(method_page(mockpsp, invoice(mockpsp)), nameless)) is None


@pytest.mark.parametrize("opener", ["null", "javascript:alert(1)", '"><script>', "http://localhost:3000/x", "*", ""])
def test_what_is_no_origin_is_told_nothing(mockpsp: Sandbox, opener: str) -> None:
    text = shown(f"{method_page(mockpsp, invoice(mockpsp))}?{urlencode({'opener': opener})}")

    assert opener_of(text) == ""
    assert "<script>" not in text


def test_an_apps_link_is_no_origin_that_frames(mockpsp: Sandbox) -> None:
    page = method_page(mockpsp, invoice(mockpsp, return_url="my.app://back"))

    policy = requests.get(page, headers=FRAMED, timeout=20).headers["Content-Security-Policy"]

    assert "my.app" not in policy and "script-src 'self'" in policy


def test_a_challenge_that_is_passed_tells_the_gateway_request_that_goes_on(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp)
    assert opener_of(shown(page, FRAMED)) == SHOP

    answer = answered(page, "authenticate")

    told = messages(answer.text)["page"]
    assert (answer.status_code, opener_of(answer.text), told["action"]) == (200, SHOP, "success")
    assert mockpsp.call("POST", f"/invoices/{invoice_id}/capture", {"source": told["data"]}).status_code == 200
    assert transaction(mockpsp, invoice_id)["status"] == "completed"


def test_a_fingerprint_carries_along_who_opened_it(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp, FINGERPRINT)

    answer = answered(page, "fingerprint")
    if answer.status_code == 303:
        assert parse_qs(urlsplit(answer.headers["Location"]).query)["opener"] == [SHOP]
        answer = answered(page, "authenticate")

    assert messages(answer.text)["page"]["action"] == "success"
    assert transaction(mockpsp, invoice_id)["status"] == "completed"


@pytest.mark.parametrize(
    ("answer", "action", "code"), [("fail", "error", "card.failed-3ds"), ("abandon", "canceled", None)]
)
@pytest.mark.parametrize("more", [{}, {"return_url": "https://shop.example/"}], ids=["no way back", "way back"])
def test_a_challenge_that_ends_badly_says_how(
    mockpsp: Sandbox, answer: str, action: str, code: str | None, more: dict[str, str]
) -> None:
    _, _, page = challenged(mockpsp, **more)

    told = messages(answered(page, answer).text)["page"]

    assert (told["action"], told.get("errorCode")) == (action, code)


def test_who_was_opened_by_nobody_goes_back_by_redirect_as_ever(mockpsp: Sandbox) -> None:
    _, _, page = challenged(mockpsp, return_url="https://shop.example/back")

    answer = requests.post(page, {"answer": "authenticate"}, timeout=20, allow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://shop.example/back?token=")


def test_a_page_that_is_not_there_tells_an_error(mockpsp: Sandbox) -> None:
    told = messages(shown(method_page(mockpsp, "iv_nobody"), FRAMED))["page"]

    assert (told["action"], told["errorCode"]) == ("error", "resource.invoice.not-found")


def test_a_page_with_nothing_to_do_says_so(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})

    assert messages(shown(method_page(mockpsp, invoice_id), FRAMED))["page"]["action"] == "none"


def test_the_hosted_checkout_tells_that_it_was_paid_and_that_it_was_left(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, return_url="https://shop.example/back")
    page = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}"
    assert messages(shown(page, OPENED))["Leave without paying"]["action"] == "canceled"

    answer = requests.post(
        f"{page}?{urlencode({'opener': SHOP})}", {"test_card": "4242424242424242"}, timeout=20, allow_redirects=False
    )

    assert messages(answer.text)["page"] == {
        "namespace": "processout.checkout",
        "action": "success",
        "data": invoice_id,
    }
    assert f'data-goes-to="https://shop.example/back?invoice_id={invoice_id}"' in answer.text


def test_a_tokens_page_gives_the_source_that_the_token_takes(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens")["token"]["id"]
    path = f"{mockpsp.project_id}/{customer}/{token}/redirect/{SANDBOX_CONFIGURATION}"

    told = messages(shown(f"{mockpsp.url}/{path}", FRAMED))

    mockpsp.call("PUT", f"/customers/{customer}/tokens/{token}", {"source": told["Approve"]["data"]}).raise_for_status()
    assert mockpsp.get(f"/customers/{customer}/tokens/{token}")["token"]["is_chargeable"]


@pytest.mark.parametrize("prefix", ["", "/checkout"])
def test_addresses_that_clients_build_lead_to_the_pages(mockpsp: Sandbox, prefix: str) -> None:
    invoice_id = invoice(mockpsp)
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]
    base = f"{mockpsp.url}{prefix}/{mockpsp.project_id}"
    gateway = f"redirect/{SANDBOX_CONFIGURATION}"
    more = "additional_data%5Bphone%5D=1"
    addresses = [
        f"{base}/{invoice_id}",
        f"{base}/{invoice_id}/{gateway}",
        f"{base}/{invoice_id}/{gateway}?{more}",
        f"{base}/{invoice_id}/{gateway}/tokenized/{token}",
        f"{base}/{invoice_id}/three-d-s/redirect/{mockpsp.card()}?processoutjs=true",
        f"{base}/{customer}/{token}/{gateway}",
    ]

    answers = [requests.get(address, headers=OPENED, timeout=20) for address in addresses]

    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    assert {opener_of(answer.text) for answer in answers} == {SHOP}
    assert answers[2].url.endswith(more)


def test_a_path_that_only_begins_like_a_project_is_no_page(mockpsp: Sandbox) -> None:
    answer = requests.get(f"{mockpsp.url}/test-proj_x/y/z/a/b/c/d/e", timeout=20)

    assert (answer.status_code, answer.json()["error_type"]) == (404, "request.route-not-found")


@pytest.mark.parametrize(
    "tail", ["a%0D%0AX-A:b", "%00/%E2%82%AC", "%2F%2Fevil.example", "?x=%0D%0AX-A:b", "iv_1?a=%2F&b"]
)
def test_an_address_without_its_first_part_is_led_on_as_it_was_written(mockpsp: Sandbox, tail: str) -> None:
    answer = requests.get(f"{mockpsp.url}/test-proj_x/{tail}", timeout=20, allow_redirects=False)

    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("/checkout/test-proj_x/")
    assert answer.headers["Location"].partition("?")[2] == tail.partition("?")[2]
    assert "X-A" not in answer.headers


def test_the_older_way_begins_on_a_page_and_tells_the_invoices_id(mockpsp: Sandbox) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(REQUIRED)
    start = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/three-d-s/redirect/{card}"
    before = mockpsp.get("/sandbox/digest")
    assert opener_of(shown(f"{start}?processoutjs=true", FRAMED)) == SHOP
    assert mockpsp.get("/sandbox/digest") == before

    on = answered(start, "begin").headers["Location"]
    answer = requests.post(on, {"answer": "authenticate"}, timeout=20)

    assert messages(answer.text)["page"]["data"] == invoice_id
    assert transaction(mockpsp, invoice_id)["three_d_s_status"] == "success"


def test_the_older_way_tells_at_once_where_nobody_is_asked_or_cannot_be(mockpsp: Sandbox) -> None:
    found = []
    for number in ("4242424242424242", "4000000000000119"):
        invoice_id, card = invoice(mockpsp), mockpsp.card(number)
        start = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/three-d-s/redirect/{card}"
        told = messages(answered(start, "begin").text)["page"]
        found.append((told["action"], told.get("errorCode"), told.get("data") == invoice_id))

    assert found == [("success", None, True), ("error", "card.unsupported-3ds", False)]


def test_another_sites_page_begins_nothing(mockpsp: Sandbox) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(REQUIRED)
    start = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/three-d-s/redirect/{card}"

    answer = requests.post(start, headers={"Origin": "https://evil.example"}, timeout=20)

    assert answer.status_code == 403
    assert transaction(mockpsp, invoice_id)["three_d_s_status"] == "unchecked"


def native_page(mockpsp: Sandbox, invoice_id: str, method: str = "wallet") -> str:
    return f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/native/{configuration(mockpsp, method)}"


@pytest.mark.parametrize(
    "urls",
    [
        {"return_url": "https://shop.example/back", "cancel_url": "https://elsewhere.example/left"},
        {"cancel_url": "https://shop.example/left"},
    ],
    ids=["left for elsewhere", "no way back"],
)
@pytest.mark.parametrize(("answer", "action"), [("Approve", "success"), ("Cancel", "canceled")])
def test_a_shop_hears_how_a_native_page_was_answered_wherever_it_leads(
    mockpsp: Sandbox, urls: dict[str, str], answer: str, action: str
) -> None:
    page = native_page(mockpsp, invoice(mockpsp, **urls))

    told = answered(page, answer, "https://shop.example")
    after = shown(page, {**FRAMED, "Referer": "https://shop.example/"}) if answer == "Approve" else told.text

    assert (opener_of(told.text), messages(told.text)["page"]["action"]) == ("https://shop.example", action)
    assert "https://shop.example" in told.headers["Content-Security-Policy"]
    assert opener_of(after) == "https://shop.example"


def test_a_shop_hears_that_a_challenge_was_left_for_elsewhere(mockpsp: Sandbox) -> None:
    _, _, page = challenged(mockpsp, return_url="https://shop.example/", cancel_url="https://elsewhere.example/left")

    told = answered(page, "abandon", "https://shop.example")

    assert (opener_of(told.text), messages(told.text)["page"]["action"]) == ("https://shop.example", "canceled")
    assert 'data-goes-to="https://elsewhere.example/left' in told.text


@pytest.mark.parametrize("kind", ["native", "three-d-s"])
def test_a_shop_hears_what_was_refused(mockpsp: Sandbox, kind: str) -> None:
    invoice_id = invoice(mockpsp, return_url="https://shop.example/back", currency="JPY", amount="900")
    start = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/three-d-s/redirect/card_nobody"
    page = native_page(mockpsp, invoice_id, "instant-rail") if kind == "native" else start

    told = answered(page, "Approve", "https://shop.example")

    assert told.status_code in (400, 404)
    assert (opener_of(told.text), messages(told.text)["page"]["action"]) == ("https://shop.example", "error")
