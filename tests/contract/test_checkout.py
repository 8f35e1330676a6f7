"""The page of a method that sends customers away and back: what it offers, what comes of it, and that it is safe."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import SANDBOX_CONFIGURATION, invoice
from tests.contract.test_pending_payments import configuration

RETURN_URL = "https://shop.example/back?order=7&note="
#: Who may frame a page that leads back to no shop: this server's own pages and those of this machine.
FRAMED_BY = (
    "'self' http://localhost:* https://localhost:* http://*.localhost:* https://*.localhost:* http://127.0.0.1:* "
    "https://127.0.0.1:*"
)
_LINK = re.compile(r'<a href="([^"]*)">([^<]*)</a>')


def page(mockpsp: Sandbox, invoice_id: str, configuration_id: str = SANDBOX_CONFIGURATION) -> requests.Response:
    """The page as a customer's browser gets it: without credentials."""
    url = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}/redirect/{configuration_id}"
    return requests.get(url, timeout=20)


def link(mockpsp: Sandbox, invoice_id: str, says: str, configuration_id: str = SANDBOX_CONFIGURATION) -> str:
    found = {text: url for url, text in _LINK.findall(page(mockpsp, invoice_id, configuration_id).text)}
    return next(html.unescape(url) for text, url in found.items() if text.startswith(says))


def source(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


@pytest.mark.parametrize(
    ("says", "status", "code"),
    [
        ("Approve", 200, None),
        ("Decline", 410, "gateway.declined"),
        ("Cancel", 410, "customer.cancelled"),
    ],
)
def test_what_a_person_presses_is_what_the_capture_comes_to(
    mockpsp: Sandbox, says: str, status: int, code: str | None
) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL)

    answer = mockpsp.call(
        "POST", f"/invoices/{invoice_id}/capture", {"source": source(link(mockpsp, invoice_id, says))}
    )

    assert (answer.status_code, answer.json().get("error_type")) == (status, code)


def test_the_customer_goes_back_to_where_the_shop_said_with_its_own_query_kept(mockpsp: Sandbox) -> None:
    url = link(mockpsp, invoice(mockpsp, return_url=RETURN_URL), "Approve")

    assert url.startswith("https://shop.example/back?order=7&note=&token=gway_req_")


def test_a_query_that_the_shop_signed_stays_as_it_was_written(mockpsp: Sandbox) -> None:
    query = "sig=a%20b%2Fc&raw=%FF&x;y&&z"
    url = link(mockpsp, invoice(mockpsp, return_url=f"https://shop.example/back?{query}#top"), "Approve")

    assert url.startswith(f"https://shop.example/back?{query}&token=gway_req_")
    assert url.endswith("#top")


def test_who_cancels_goes_to_the_cancel_url(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL, cancel_url="https://shop.example/cancelled")

    assert link(mockpsp, invoice_id, "Cancel").startswith("https://shop.example/cancelled?token=gway_req_")


@pytest.mark.parametrize(
    ("says", "status"), [("Leave it pending: it will be c", "completed"), ("Leave it pending: it will be d", "failed")]
)
def test_a_customer_who_leaves_is_heard_of_after_the_profiles_delay(mockpsp: Sandbox, says: str, status: str) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL)
    url = link(mockpsp, invoice_id, says, configuration(mockpsp, "bank-redirect"))
    paid = mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": source(url)})["transaction"]
    assert (paid["status"], paid["payment_type"]) == ("pending", "bank_redirect")

    mockpsp.advance("15m")

    assert mockpsp.get(f"/transactions/{paid['id']}")["transaction"]["status"] == status


def test_an_answer_is_good_for_one_payment(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL)
    body = {"source": source(link(mockpsp, invoice_id, "Approve"))}
    mockpsp.post(f"/invoices/{invoice_id}/capture", body)

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", body)

    assert answer.json()["error_type"] == "request.source.card-already-used"


def test_after_a_decline_the_page_has_new_answers(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL)
    mockpsp.call("POST", f"/invoices/{invoice_id}/capture", {"source": source(link(mockpsp, invoice_id, "Decline"))})

    again = {"source": source(link(mockpsp, invoice_id, "Approve"))}

    assert mockpsp.post(f"/invoices/{invoice_id}/capture", again)["transaction"]["status"] == "completed"


def test_without_a_return_url_the_sources_are_shown(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)

    sources = re.findall(r"<code>(gway_req_[^<]+)</code>", page(mockpsp, invoice_id).text)

    assert len(sources) == 5
    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": sources[0]})


def test_a_payment_that_is_made_leaves_nothing_to_press(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, return_url=RETURN_URL)
    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})

    shown = page(mockpsp, invoice_id).text

    assert "the payment is completed" in shown
    assert not _LINK.findall(shown)


def test_what_a_merchant_wrote_is_text_on_the_page_and_nothing_else(mockpsp: Sandbox) -> None:
    evil = "\"><script>alert('x')</script>"
    invoice_id = invoice(mockpsp, name=evil, return_url='https://shop.example/"><img/src=x>')

    answer = page(mockpsp, invoice_id)

    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_the_page_loads_nothing_is_framed_by_no_other_site_and_not_kept(mockpsp: Sandbox) -> None:
    answer = page(mockpsp, invoice(mockpsp))

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ") and "script" not in policy
    assert policy.partition("frame-ancestors ")[2] == FRAMED_BY
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_looking_changes_nothing(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    first, second = page(mockpsp, invoice_id), page(mockpsp, invoice_id)

    assert first.text == second.text
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize(
    ("project", "invoice_id", "configuration_id"),
    [
        ("test-proj_nobody-at-all", None, SANDBOX_CONFIGURATION),
        ("proj_live", None, SANDBOX_CONFIGURATION),
        ("<script>", None, SANDBOX_CONFIGURATION),
        (None, "iv_nobody", SANDBOX_CONFIGURATION),
        (None, "%00<script>", SANDBOX_CONFIGURATION),
        (None, None, "gway_conf_nobody"),
    ],
)
def test_what_is_not_there_is_a_page_too(
    mockpsp: Sandbox, project: str | None, invoice_id: str | None, configuration_id: str
) -> None:
    where = f"{project or mockpsp.project_id}/{invoice_id or invoice(mockpsp)}/redirect/{configuration_id}"

    answer = requests.get(f"{mockpsp.url}/checkout/{where}", timeout=20)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<script" not in answer.text
