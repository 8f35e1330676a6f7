"""The request log's page: what was called, found again, and made again by a command."""

import re
import shlex
from html import unescape

import pytest

from mockpsp.api.pages import lists
from tests.mockpsp.api.pages.looking import PROJECT, SECRET, Looker, links, words

CALL = re.compile(r'<code class="path">([^<]+)</code>')
COMMAND = re.compile(r'<pre class="copy" tabindex="0">([^<]+)</pre>')


def calls(html: str) -> list[str]:
    return [unescape(one) for one in CALL.findall(html)]


def test_the_newest_call_comes_first(looker: Looker) -> None:
    looker.call("POST", "/customers", {})
    looker.call("GET", "/customers")

    assert calls(looker.look("/requests")) == ["GET /customers", "POST /customers"]


def test_calls_are_found_by_what_they_are(looker: Looker) -> None:
    transaction_id = looker.pay()
    looker.client.get("/invoices/iv_nobody", auth=(PROJECT, SECRET))

    def found(query: str) -> list[str]:
        return calls(looker.look(f"/requests?{query}"))

    assert found("status=4xx") == ["GET /invoices/iv_nobody"]
    assert found("method=GET&status=2xx")[0].startswith("GET /invoices/iv_")
    assert found("path=/cards") == ["POST /cards"]
    assert [one.partition(" ")[0] for one in found(f"path={transaction_id}")] == ["GET", "POST", "POST"]
    assert found("status=5xx") == []


def test_a_log_goes_on_where_it_ended(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for _ in range(5):
        looker.call("POST", "/customers", {})

    pages = [looker.look("/requests?method=POST")]
    while older := links(pages[-1], "?method=POST"):
        pages.append(looker.look(f"/requests{older[0]}"))

    assert [len(calls(page)) for page in pages] == [2, 2, 1]


def test_a_call_is_a_command_without_the_secret(looker: Looker) -> None:
    looker.call("POST", "/customers", {"first_name": "O'Neil; rm -rf $HOME"})

    page = looker.look("/requests")
    words_of_it = shlex.split(unescape(COMMAND.findall(page)[0]).replace("\\\n", " "))

    assert words_of_it == [
        "curl",
        "-u",
        f"{PROJECT}:YOUR_SECRET_KEY",
        "-X",
        "POST",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"first_name": "O\'Neil; rm -rf $HOME"}',
        "http://localhost/customers",
    ]
    assert SECRET not in page


def test_card_numbers_are_on_no_page(looker: Looker) -> None:
    transaction_id = looker.pay(number="4242424242424242")

    assert not any("4242424242424242" in looker.look(path) for path in ("/requests", f"/payments/{transaction_id}"))


def test_nothing_called_yet_is_said(looker: Looker) -> None:
    assert "Nothing has been called" in words(looker.look("/requests"))


def test_a_reset_forgets_what_was_called(looker: Looker) -> None:
    looker.call("POST", "/customers", {})
    looker.call("POST", "/sandbox/reset", {})

    assert calls(looker.look("/requests")) == []
