"""The page behind an invoice's `url`: who comes pays by card, by 3-D Secure or by a method, is declined, or leaves."""

import html
import re
from typing import Any

import pytest
import requests

from mockpsp.api.pages.checkout import CARDS
from mockpsp.sandbox_client import Sandbox

RETURN_URL = "https://shop.example/back?order=7"
GOOD, ASKS, DECLINED = "4242424242424242", "4000000000003253", "4000000000000002"


def invoice(mockpsp: Sandbox, **more: Any) -> dict[str, Any]:
    body = {"name": "Blue umbrella", "amount": "40.00", "currency": "EUR", **more}
    found: dict[str, Any] = mockpsp.post("/invoices", body)["invoice"]
    return found


def look(url: str) -> requests.Response:
    return requests.get(url, timeout=20, allow_redirects=False)


def pay(url: str, number: str = GOOD, **more: Any) -> requests.Response:
    return requests.post(url, {"test_card": number}, timeout=20, allow_redirects=False, **more)


def status(mockpsp: Sandbox, found: dict[str, Any]) -> str:
    shown = mockpsp.get(f"/invoices/{found['id']}?expand=transaction")["invoice"]
    return str(shown["transaction"]["status"])


def test_an_invoices_url_leads_to_a_page_of_this_server(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp)

    assert found["url"] == f"{mockpsp.url}/checkout/{mockpsp.project_id}/{found['id']}"
    page = look(found["url"])
    assert page.status_code == 200
    assert "Blue umbrella" in page.text and "Pay 40.00 EUR" in page.text


def test_looking_changes_nothing(mockpsp: Sandbox) -> None:
    url = invoice(mockpsp)["url"]
    before = mockpsp.get("/sandbox/digest")

    look(url)

    assert mockpsp.get("/sandbox/digest") == before


def test_who_pays_by_card_comes_back_to_the_shop_and_the_payment_is_made(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp, return_url=RETURN_URL)

    answer = pay(found["url"])

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{RETURN_URL}&invoice_id={found['id']}")
    assert status(mockpsp, found) == "completed"
    assert "nothing to do" in look(found["url"]).text


def test_without_a_return_url_the_page_says_so(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp)

    assert "the payment is completed" in pay(found["url"]).text


def test_an_invoice_that_its_server_captures_is_held(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp, require_backend_capture=True)

    pay(found["url"])

    assert status(mockpsp, found) == "authorized"


def test_a_declined_card_is_told_and_another_one_can_pay(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp, return_url=RETURN_URL)

    answer = pay(found["url"], DECLINED)

    assert answer.status_code == 200 and "card.declined" in answer.text
    assert status(mockpsp, found) == "failed"
    assert pay(found["url"]).status_code == 303
    assert status(mockpsp, found) == "completed"


def test_who_has_to_authenticate_is_sent_to_3_d_secure_and_pays_there(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp, return_url=RETURN_URL)

    challenge = pay(found["url"], ASKS).headers["Location"]
    for _ in range(2):
        buttons = re.findall(r'name="answer" value="([a-z]+)"', look(challenge).text)
        answer = requests.post(challenge, {"answer": buttons[0]}, timeout=20, allow_redirects=False)
        if answer.headers["Location"].startswith("https://shop.example"):
            break

    assert answer.headers["Location"].startswith(RETURN_URL)
    assert status(mockpsp, found) == "completed"


def test_methods_of_the_universes_psps_are_offered(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp, return_url=RETURN_URL)

    links = [html.unescape(link) for link in re.findall(r'<li><a href="([^"]+)"', look(found["url"]).text)]

    assert links and all(f"/{found['id']}/redirect/" in link for link in links)
    assert look(links[0]).status_code == 200


@pytest.mark.parametrize(
    "more", [{"return_url": RETURN_URL}, {"return_url": RETURN_URL, "cancel_url": "https://a.b/c"}]
)
def test_who_leaves_goes_where_the_shop_said(mockpsp: Sandbox, more: dict[str, str]) -> None:
    text = look(invoice(mockpsp, **more)["url"]).text

    link = re.search(r'<a href="([^"]+)" rel="noreferrer">Leave', text)
    assert link is not None and html.unescape(link[1]) == more.get("cancel_url", RETURN_URL)


@pytest.mark.parametrize("number", ["", "4242", "not a number", "4242 4242 4242 4241", "378282246310006"], ids=repr)
def test_what_is_no_test_card_is_refused_and_changes_nothing(mockpsp: Sandbox, number: str) -> None:
    found = invoice(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    answer = requests.post(found["url"], {"test_card": "", "number": number}, timeout=20)

    assert answer.status_code == 400 and "alert" in answer.text
    shown = answer.text.partition('role="alert"')[2].partition("</p>")[0]
    assert not number or number not in shown
    assert mockpsp.get("/sandbox/digest") == before


def test_a_card_that_is_written_with_spaces_pays(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp)

    requests.post(found["url"], {"test_card": "", "number": "4242 4242 4242 4242"}, timeout=20)

    assert status(mockpsp, found) == "completed"


def test_pressing_twice_pays_once(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp)
    pay(found["url"])

    again = pay(found["url"])

    assert "nothing to do" in again.text
    assert len(mockpsp.get("/cards")["cards"]) == 1


@pytest.mark.parametrize("headers", [{"Origin": "https://shop.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_another_sites_page_pays_nothing(mockpsp: Sandbox, headers: dict[str, str]) -> None:
    found = invoice(mockpsp)

    assert pay(found["url"], headers=headers).status_code == 403
    assert status(mockpsp, found) == "waiting"


@pytest.mark.parametrize(
    "path", ["/checkout/test-proj_nobody/{id}", "/checkout/{project}/iv_x", "/checkout/{project}/x"]
)
def test_an_address_that_leads_to_no_payment_says_so(mockpsp: Sandbox, path: str) -> None:
    found = invoice(mockpsp)
    url = mockpsp.url + path.format(id=found["id"], project=mockpsp.project_id)

    assert (look(url).status_code, pay(url).status_code) == (404, 404)


def test_what_a_merchant_wrote_is_text(mockpsp: Sandbox) -> None:
    evil = "\"><script>alert('x')</script>"
    line = {"name": evil, "amount": "40", "quantity": 1}
    url = invoice(mockpsp, name=evil, details=[line], return_url='https://shop.example/"><img/src=x>')["url"]

    text = look(url).text

    assert "<script" not in text and "<img" not in text and "&lt;script&gt;" in text


def test_every_card_on_the_page_does_what_it_says(mockpsp: Sandbox) -> None:
    came_to = {}
    for number, says in CARDS:
        found = invoice(mockpsp)
        pay(found["url"], number)
        came_to[says.split(",")[0]] = status(mockpsp, found)

    assert came_to == {
        "goes through": "completed",
        "asks its holder to authenticate (3-D Secure)": "waiting",
        "is declined": "failed",
    }


def test_the_page_can_be_driven_with_webhooks_told(mockpsp: Sandbox) -> None:
    found = invoice(mockpsp)

    pay(found["url"])

    names = [event["name"] for event in mockpsp.get("/events")["events"]]
    assert "transaction.captured" in names
