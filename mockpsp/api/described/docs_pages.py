"""The pages of `mockpsp/docs` under `/docs/NAME`: what is read there belongs to the version that runs.

Each is a Markdown file that a test compares with the code or runs. To add one: its file, and its name in `GROUPS`.
`framed` puts what is to be read into the frame that all of `/docs` shares; nothing on a page is loaded from elsewhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response

from mockpsp.api.pages import screens
from mockpsp.domain.text.codes import Refused

if TYPE_CHECKING:
    from markdown_it.token import Token

blueprint = Blueprint("docs_pages", __name__)

#: What a group of pages is about -> their names, in the order in which they are listed.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "The API": ("endpoints", "objects", "not-simulated", "sdks"),
    "Payments": ("invoices", "payment-methods", "captures", "refunds", "cards", "browsers"),
    "Providers": ("psps", "psp-profiles", "psp-of-your-own"),
    "The world": ("page", "control-plane", "clock", "webhooks"),
    "Stories and tests": ("stories", "story-library", "compare", "pytest"),
    "Money": ("books",),
    "Running it": ("cli", "settings", "limits", "compatibility", "benchmarks"),
}
NAMES = tuple(name for names in GROUPS.values() for name in names)

_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
_TO_A_PAGE = re.compile(r"([a-z-]+)\.md(#.*)?")
_A_PICTURE = re.compile(r"[a-z-]+\.png")
_TITLE = re.compile(r"# (.+)\n+")


class Section(NamedTuple):
    """A heading that can be linked to."""

    anchor: str
    title: str


class Page(NamedTuple):
    """A page by its name; its text is Markdown and begins after the title."""

    name: str
    title: str
    text: str


@blueprint.get("/docs/<name>")
def docs_page(name: str) -> Response:
    """One of the pages about this version; needs no credentials."""
    page = _pages().get(name)
    if page is None and name.endswith(".png"):
        return _picture(name)
    if page is None:
        raise Refused("request.route-not-found", f"there is no page {name[:80]!r}; known: {', '.join(NAMES)}", 404)
    content, sections = rendered(page.text)
    return framed(page.title, content, sections, name=name)


def framed(title: str, content: str, sections: Sequence[Section], *, name: str = "") -> Response:
    """The page with this content, HTML that is taken as it is; `name` is the page's own among all of them."""
    return screens.screen(
        "docs.html",
        headers=screens.DOCS_HEADERS,
        title=title,
        content=content,
        sections=sections,
        name=name,
        groups=listed(),
    )


def listed() -> Mapping[str, Sequence[Page]]:
    """All pages by their groups."""
    pages = _pages()
    return {group: [pages[one] for one in names] for group, names in GROUPS.items()}


def rendered(text: str) -> tuple[str, list[Section]]:
    """Markdown as HTML and its sections; links and pictures lead to where they are served, raw HTML is left out."""
    # Imported now: nobody who pays has to wait for it.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    for kind in ("html_block", "html_inline"):
        parser.add_render_rule(kind, lambda *_: "")
    tokens = list(_with_scrolling_tables(parser.parse(text)))
    sections = list(_with_anchors(tokens))
    for token in tokens:
        for part in token.children or ():
            if part.type == "link_open" and (found := _TO_A_PAGE.fullmatch(str(part.attrs["href"]))):
                part.attrs["href"] = f"/docs/{found[1]}{found[2] or ''}"
            elif part.type == "image" and _A_PICTURE.fullmatch(str(part.attrs["src"])):
                part.attrs["src"] = f"/docs/{part.attrs['src']}"
    return parser.renderer.render(tokens, parser.options, {}), sections


def _with_scrolling_tables(tokens: Sequence["Token"]) -> Iterator["Token"]:
    """The tokens, each table in a box of its own that scrolls, by keys as well."""
    from markdown_it.token import Token

    for token in tokens:
        if token.type == "table_open":
            yield Token("box_open", "div", 1, attrs={"class": "scroll", "tabindex": "0"}, block=True)
        yield token
        if token.type == "table_close":
            yield Token("box_close", "div", -1, block=True)


def _with_anchors(tokens: Sequence["Token"]) -> Iterator[Section]:
    """Give every heading an anchor, like those GitHub gives; answers those of the second rank."""
    taken: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        title = "".join(part.content for part in tokens[place + 1].children or ())
        anchor = _NOT_IN_ANCHORS.sub("", title.lower()).replace(" ", "-")
        taken[anchor] = taken.get(anchor, -1) + 1
        anchor = f"{anchor}-{taken[anchor]}" if taken[anchor] else anchor
        token.attrs["id"] = anchor
        if token.tag == "h2":
            yield Section(anchor, title)


def _picture(name: str) -> Response:
    """A picture of a page; `make pictures` draws them."""
    found = next((one for one in (files("mockpsp") / "docs").iterdir() if one.name == name), None)
    if found is None:
        raise Refused("request.route-not-found", f"there is no picture {name[:80]!r}", 404)
    response = Response(found.read_bytes(), content_type="image/png")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@lru_cache(maxsize=1)
def _pages() -> Mapping[str, Page]:
    """All pages by their names."""
    return {name: _page(name) for name in NAMES}


def _page(name: str) -> Page:
    text = (files("mockpsp") / "docs" / f"{name}.md").read_text(encoding="utf-8")
    title = _TITLE.match(text)
    assert title is not None, f"{name}.md begins with its title"
    return Page(name, title[1], text[title.end() :])
