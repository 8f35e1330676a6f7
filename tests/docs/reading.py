"""What stands in the README and the pages: blocks of code, code in sentences, links, anchors."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mockpsp.api.described.docs_pages import rendered
from tests.docs.pages import FILES

_MARKER = re.compile(r"<!-- ([a-z -]+) -->")
_TABLE = re.compile(r"<!-- table: [a-z-]+ -->")
_END = "<!-- end -->"
_ANCHOR = re.compile(r' id="([^"]+)"')


class Block(NamedTuple):
    """A fenced block. `marker`: what stands in the comment before it; `is_made`: a generator writes it."""

    file: Path
    line: int
    marker: str
    language: str
    text: str
    is_made: bool

    def __str__(self) -> str:
        return f"{self.file.stem}-{self.line}-{self.marker.replace(' ', '-')}"


def blocks() -> Iterator[Block]:
    """Every fenced block there is."""
    for file in FILES:
        before, is_made = "", False
        for token in _tokens(file):
            content = token.content.strip()
            if token.type == "html_block" and (_TABLE.fullmatch(content) or content == _END):
                is_made = content != _END
            if token.type in ("fence", "code_block"):
                found = _MARKER.fullmatch(before)
                assert token.map is not None
                marker = found[1] if found else ""
                yield Block(file, token.map[0] + 1, marker, token.info, token.content, is_made)
            before = content if token.type == "html_block" else ""


def blocks_of(marker: str) -> list[Block]:
    """Those with that marker."""
    return [block for block in blocks() if block.marker == marker]


def spans() -> Iterator[tuple[Path, str]]:
    """Code within sentences and tables."""
    return ((file, part.content) for file, part in _parts() if part.type == "code_inline")


def links() -> Iterator[tuple[Path, str]]:
    """Where links lead."""
    return ((file, str(part.attrs["href"])) for file, part in _parts() if part.type == "link_open")


def raw_html() -> Iterator[tuple[Path, str]]:
    """HTML as it stands in the text, comments included."""
    for file in FILES:
        yield from ((file, token.content.strip()) for token in _tokens(file) if token.type == "html_block")
    yield from ((file, part.content) for file, part in _parts() if part.type == "html_inline")


@lru_cache
def anchors(file: Path) -> frozenset[str]:
    """What can be linked to in a file."""
    return frozenset(_ANCHOR.findall(rendered(file.read_text(encoding="utf-8"))[0]))


def _parts() -> Iterator[tuple[Path, Token]]:
    return ((file, part) for file in FILES for token in _tokens(file) for part in token.children or ())


@lru_cache
def _tokens(file: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))
