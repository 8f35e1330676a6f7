"""The pages under `/docs`: whole, without credentials, and made of nothing but themselves."""

import re
from html.parser import HTMLParser

import pytest
import requests

from mockpsp.api.described.docs_pages import NAMES, rendered
from mockpsp.sandbox_client import Sandbox

by_name = pytest.mark.parametrize("name", NAMES)


class Page(HTMLParser):
    """What a page holds: tags, the addresses it names, its anchors, and what wraps its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: set[str] = set()
        self.anchors: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag if dict(attrs).get("class") != "scroll" else "scroll")
        for name, value in attrs:
            if name in ("href", "src"):
                self.targets.add(value or "")
            elif name == "id":
                self.anchors.append(value or "")


def page(mockpsp: Sandbox, name: str) -> Page:
    answer = requests.get(f"{mockpsp.url}/docs/{name}", timeout=10)
    assert answer.status_code == 200
    return Page(answer.text)


@by_name
def test_a_page_is_answered_without_credentials_and_loads_this_servers_style_alone(mockpsp: Sandbox, name: str) -> None:
    answer = requests.get(f"{mockpsp.url}/docs/{name}", timeout=10)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ") and "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not set(Page(answer.text).tags) & {"script", "style", "iframe", "form"}


@by_name
def test_links_lead_to_pages_and_headings_that_are_served(mockpsp: Sandbox, name: str) -> None:
    found = page(mockpsp, name)

    assert len(found.anchors) == len(set(found.anchors))
    for target in found.targets:
        path, _, anchor = target.partition("#")
        if path.startswith("https://"):
            continue
        if path.startswith("/static/"):
            continue
        assert path in ("", "/docs", "/openapi.json") or path.removeprefix("/docs/") in NAMES, target
        if anchor:
            assert anchor in (page(mockpsp, path.removeprefix("/docs/")) if path else found).anchors, target


@by_name
def test_comments_are_left_out_and_every_table_scrolls_by_itself(mockpsp: Sandbox, name: str) -> None:
    text = requests.get(f"{mockpsp.url}/docs/{name}", timeout=10).text
    tags = Page(text).tags

    assert "<!--" not in text and "&lt;!--" not in text
    assert all(tags[place - 1] == "scroll" for place, tag in enumerate(tags) if tag == "table")


def test_every_page_is_in_the_navigation_of_the_reference(mockpsp: Sandbox) -> None:
    text = requests.get(f"{mockpsp.url}/docs", timeout=10).text

    assert {f"/docs/{name}" for name in NAMES} <= Page(text).targets


def test_the_page_one_is_on_is_marked(mockpsp: Sandbox) -> None:
    text = requests.get(f"{mockpsp.url}/docs/refunds", timeout=10).text

    assert re.findall(r'href="([^"]+)" aria-current="page"', text) == ["/docs/refunds"]


@pytest.mark.parametrize("name", ["nothing", "psps.md", "..%2Fapp", "PSPS"])
def test_an_unknown_page_is_refused_in_the_envelope(mockpsp: Sandbox, name: str) -> None:
    answer = requests.get(f"{mockpsp.url}/docs/{name}", timeout=10)

    assert answer.status_code == 404
    assert answer.json()["error_type"] == "request.route-not-found"


def test_html_in_a_page_is_left_out() -> None:
    html, _ = rendered("<script>alert(1)</script>\n\nOne <b>two</b> `<three>`\n")

    assert html == "<p>One two <code>&lt;three&gt;</code></p>\n"


def test_headings_have_anchors_and_the_same_title_twice_has_two() -> None:
    html, sections = rendered("## Who's in?\n\n## Who's in?\n\n### `a_b` - c\n")

    assert [section.anchor for section in sections] == ["whos-in", "whos-in-1"]
    assert '<h3 id="a_b---c">' in html


def test_links_to_other_pages_lead_to_where_they_are_served() -> None:
    html, _ = rendered("[a](psps.md#fees) [b](https://example.com/x.md) [c](#here)")

    assert re.findall(r'href="([^"]+)"', html) == ["/docs/psps#fees", "https://example.com/x.md", "#here"]
