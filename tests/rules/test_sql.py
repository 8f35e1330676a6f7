"""Every SQL statement names the universe it is about: one forgotten condition would show one user another's money."""

import ast
import re

import pytest

from mockpsp.engine import digest
from mockpsp.store import listing
from tests.rules.sources import ROOT, Source, everything, shipped

STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\s")
TENANT = re.compile(r"\b(project_id|tenant_id)\b")
NUMBERED = re.compile(r"\?\d")
#: About the table of universes itself, or about no rows of any.
EXEMPT = re.compile(r"\b(FROM|INTO|UPDATE) (project|sqlite_master|pragma_\w+)\b")
#: Files that build statements from tables of columns; what comes out is looked at instead.
BUILDERS = ("mockpsp/store/listing.py", "mockpsp/engine/digest.py", "mockpsp/store/universe_rows.py")


def statements(source: Source) -> list[tuple[int, str]]:
    """(line, text) of each string constant that is an SQL statement; parts put in by f-strings are left out."""
    inside = {id(part) for node in source.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    texts: list[tuple[int, str]] = []
    for node in source.nodes:
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            texts.append((node.lineno, " ".join(str(part) for part in parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            texts.append((node.lineno, node.value))
    return [(line, text) for line, text in texts if STATEMENT.match(text)]


def test_every_statement_names_its_universe() -> None:
    loose = [
        f"{source.path}:{line} {text[:80]}"
        for source in shipped()
        if source.path not in BUILDERS
        for line, text in statements(source)
        if not TENANT.search(text) and not EXEMPT.search(text)
    ]

    assert loose == []


def test_every_built_listing_names_its_universe() -> None:
    built = [*listing._PAGE.values(), *listing._TOTAL.values()]

    assert [text for text in built if not TENANT.search(text)] == []


@pytest.mark.parametrize(("table", "owner"), [("payment", "project_id"), ("webhook_message", "tenant_id")])
def test_every_built_digest_names_its_universe(table: str, owner: str) -> None:
    built = digest._statement(table, ((owner, 1), ("seq", 2), ("body", 0)))

    assert built == (table, f"SELECT seq, body FROM {table} WHERE {owner} = ? ORDER BY {owner}, seq")


def test_no_placeholder_has_a_number() -> None:
    # Plain `?` with a sequence, `:name` with a mapping. Some Pythons take `?1` for a name, and a sequence beside a name
    # is an error of theirs, or is going to be one.
    found = [(f"{source.path}:{line}", text) for source in everything() for line, text in statements(source)]

    assert [place for place, text in found if NUMBERED.search(text)] == []


@pytest.mark.parametrize("folder", ["mockpsp", "webhooks"])
def test_no_placeholder_in_a_file_of_statements_has_a_number(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.sql"))

    assert files
    assert [str(file) for file in files if NUMBERED.search(file.read_text(encoding="utf-8"))] == []


def test_no_connection_is_left_to_a_with_alone() -> None:
    # At its end a connection's own `with` commits and leaves the file open: `with closing(...) as conn, conn`.
    entered = [
        (f"{source.path}:{node.lineno}", item.context_expr)
        for source in everything()
        for node in source.nodes
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
    ]

    assert [place for place, call in entered if ast.unparse(call.func).endswith("sqlite3.connect")] == []


def test_there_are_statements_to_look_at() -> None:
    assert sum(len(statements(source)) for source in shipped()) > 50
