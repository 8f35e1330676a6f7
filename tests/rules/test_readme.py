"""What the README and the pages say is so: what is made comes from the code, what they name exists."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from mockpsp.api.control.move_words import MOVE_WORDS
from mockpsp.api.described import docs_pages
from mockpsp.catalog import load_catalog
from mockpsp.cli import mockpsp as command
from mockpsp.config import OF_CLIENTS, PREFIX, Settings
from mockpsp.domain.events import EVENTS
from mockpsp.serving.app import create_app
from tests.bench import options as bench_options
from tests.docs import reading
from tests.docs.api import _ANNOUNCED
from tests.docs.commands import walk
from tests.docs.pages import FILES, FOLDER, README, ROOT, TABLES, rendered
from tests.rules.examples import JUDGES
from tests.rules.sources import shipped

README_BYTES_MAX = 10_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

by_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@by_file
def test_what_is_made_is_what_the_code_says(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert rendered(text) == text, "run `make docs`"


def test_every_generator_is_used() -> None:
    used = {name for file in FILES for name in re.findall(r"<!-- table: ([a-z-]+) -->", file.read_text())}

    assert used == set(TABLES)


def test_the_readme_is_short() -> None:
    assert len(README.read_bytes()) <= README_BYTES_MAX


def test_every_block_has_a_judge() -> None:
    assert [str(block) for block in reading.blocks() if not block.is_made and block.marker not in JUDGES] == []


def test_every_judge_has_a_block() -> None:
    assert {block.marker for block in reading.blocks()} - {""} == set(JUDGES)


def test_every_page_is_listed_and_linked_from_the_readme() -> None:
    linked = {href for file, href in reading.links() if file == README}

    assert set(docs_pages.NAMES) == {file.stem for file in FOLDER.glob("*.md")}
    assert {f"mockpsp/docs/{name}.md" for name in docs_pages.NAMES} <= linked


@by_file
def test_links_lead_to_what_exists(file: Path) -> None:
    for source, href in reading.links():
        if source != file or href.startswith(("https://", "http://")):
            continue
        path, _, anchor = href.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target in FILES, href
        assert not anchor or anchor in reading.anchors(target), href
        # Where they are served there is nothing else.
        assert file == README or target.parent == FOLDER, href


def test_no_html_but_comments() -> None:
    assert [found for found in reading.raw_html() if not found[1].startswith("<!--")] == []


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = [text.split()[1] for _, text in reading.spans() if text.startswith("make ")]

    assert named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_every_setting_that_is_named_exists() -> None:
    named = {name for file in FILES for name in re.findall(r"MOCKPSP_[A-Z_]+", file.read_text())}

    assert named <= {PREFIX + name.upper() for name in Settings.__dataclass_fields__} | OF_CLIENTS


def test_every_command_that_is_named_exists() -> None:
    for _, text in reading.spans():
        if text.startswith("mockpsp "):
            words = text.split()[1:]
            for choice in words[1].split("|") if len(words) > 1 and "|" in words[1] else [None]:
                find([words[0], choice] if choice else words)


def find(words: list[str]) -> None:
    """The command that the words begin with, and its options, exist."""
    found, rest = command, list(words)
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-") and rest[0].islower():
        child = found.get_command(click.Context(found), rest.pop(0))
        assert child is not None, words
        found = child
    known = {option for one in found.params for option in one.opts}
    assert {word for word in rest if word.startswith("--")} <= known, words


def test_every_option_that_is_named_exists(pytestconfig: pytest.Config) -> None:
    parameters = [one for _, context in walk() for one in context.command.params]
    known = {option for one in parameters for option in (*one.opts, *one.secondary_opts)}
    known |= set(bench_options.parser()._option_string_actions)
    of_plugins = [pytestconfig._parser.getgroup(name) for name in ("mockpsp", "socket")]
    known |= {name for group in of_plugins for option in group.options for name in option.names()}
    named = {word for _, text in reading.spans() for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)}

    assert named <= known


def test_every_route_that_is_named_exists() -> None:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    adapter = app.url_map.bind("localhost")
    app.extensions["mockpsp"].close()
    texts = [text for _, text in reading.spans()] + [block.text for block in reading.blocks()]
    named = {route for text in texts for route in re.findall(rf"({'|'.join(METHODS)}) (/[^\s\"'`,?]*)", text)}
    named |= {("", text.partition("?")[0]) for _, text in reading.spans() if re.match(r"/sandbox|/docs", text)}

    for method, path in named:
        path = re.sub(r"\$?\{[^}]*\}|[A-Z]{2,}", "x", path).rstrip(".")
        try:
            adapter.match(path, method=method or "GET")
        except MethodNotAllowed:
            assert not method, (method, path)
        except HTTPException:
            pytest.fail(f"there is no route {method} {path}")


def test_every_event_move_and_code_that_is_named_exists() -> None:
    catalog = load_catalog()
    events = {rule.name for rules in EVENTS.values() for rule in rules} | set(_ANNOUNCED)
    source = "".join(source.text for source in shipped())
    starts = "|".join(dict.fromkeys(name.partition(".")[0] for name in (*events, *MOVE_WORDS, "request.", "sandbox.")))
    for _, text in reading.spans():
        if re.fullmatch(rf"({starts})(\.[a-z_0-9-]+)+", text):
            is_known = text in events or text in MOVE_WORDS or catalog.decline(text) is not None
            assert is_known or f'"{text}"' in source, text


def test_every_name_of_the_code_that_is_named_exists() -> None:
    known = {word for source in shipped() for word in re.findall(r"\w+", source.text)}
    named = {text for _, text in reading.spans() if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", text)}

    assert {name for name in named - known if not name.startswith("key_")} == set()


def test_the_pythons_named_are_those_the_project_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = re.findall(r"Python (3\.[0-9]+) or newer \(tried: ([0-9., ]+)\)", README.read_text())
    tried = re.findall(r"Programming Language :: Python :: (3\.[0-9]+)", "\n".join(project["classifiers"]))

    assert [(f">={least}", those.split(", ")) for least, those in said] == [(project["requires-python"], tried)]
