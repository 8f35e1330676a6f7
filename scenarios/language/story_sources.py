"""Where a story's incident or rule is told: a public page by title and address, or what is a choice, said plainly."""

import re

from mockpsp.scenarios.language.model import StorySource
from mockpsp.scenarios.language.nodes import ListNode, Node
from mockpsp.scenarios.language.reading import Reader

PAGE_KEYS = ("title", "url")
CHOICE = "choice"
KEYS = (*PAGE_KEYS, CHOICE)
URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
SOURCES_MAX = 10


def read_sources(reader: Reader, node: Node) -> tuple[StorySource, ...]:
    """One source, or a list of them."""
    items = reader.items(node, "sources") if isinstance(node, ListNode) else (node,)
    if len(items) > SOURCES_MAX:
        reader.problems.add(node, f"{len(items)} sources, a story names at most {SOURCES_MAX}")
    return tuple(_source(reader, item) for item in items)


def _source(reader: Reader, node: Node) -> StorySource:
    fields = reader.fields(node, "a source", KEYS)
    if CHOICE in fields:
        for key in PAGE_KEYS:
            if key in fields:
                reader.problems.add(fields[key], f"{key} beside {CHOICE}: make two sources of it, a page and a choice")
        return StorySource(choice=reader.text(fields[CHOICE], "what was chosen"))
    fields = reader.fields(node, "a source that is no choice", KEYS, needed=PAGE_KEYS)
    title = reader.text(fields["title"], "the title of a page") if "title" in fields else ""
    url = reader.text(fields["url"], "the address of a page, https://...,", pattern=URL) if "url" in fields else ""
    return StorySource(title, url)
