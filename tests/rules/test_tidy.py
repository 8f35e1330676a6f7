"""Style as a test: sizes, docstrings, names, and what is read in one place only."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.rules.sources import ROOT, Source, everything, shipped

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400

#: What reads the world outside -> the files that own it. Everything else gets moments, ids and settings as arguments.
OWNERS: dict[str, tuple[str, ...]] = {
    # transport.py measures spans for its deadline: webhooks/ imports nothing of ours.
    "time": ("mockpsp/wallclock.py", "webhooks/transport.py"),
    "random": (),
    "secrets": (),
    "uuid": (),
    "os.environ": ("mockpsp/config.py",),
    "os.getenv": (),
    "os.urandom": (),
    "datetime.now": (),
    "datetime.utcnow": (),
    "datetime.today": (),
    "date.today": (),
}

BUILT = ("build", "dist")

#: A tag of a page: those are in mockpsp/templates.
HTML = re.compile(
    r"</?(html|head|body|title|div|p|span|table|tr|td|h[1-6]|a|form|input|script|style)[ >/]", re.IGNORECASE
)

#: Words that say nothing about what a thing is.
EMPTY_WORDS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})
#: Too vague alone, fine as part of a name.
VAGUE_NAMES = frozenset({"data", "process", "handle"})

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def by_path(sources: tuple[Source, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", sources, ids=lambda source: source.path)


def definitions(source: Source) -> Iterator[Definition]:
    return (node for node in ast.walk(source.tree) if isinstance(node, Definition))


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names, else nothing."""
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return node.id if isinstance(node, ast.Name) else ""


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def reads(source: Source) -> Iterator[tuple[int, str]]:
    """(line, what) of each name in `OWNERS` that a file imports or uses."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute):
            # `datetime.datetime.now` and `datetime.now` alike.
            yield node.lineno, ".".join(dotted(node).split(".")[-2:])


@by_path(everything())
def test_no_file_is_too_long(source: Source) -> None:
    assert source.text.count("\n") <= FILE_LINES_MAX


@by_path(everything())
def test_no_function_is_too_long(source: Source) -> None:
    lengths = {
        f"{node.name}, line {node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in definitions(source)
        if not isinstance(node, ast.ClassDef)
    }

    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES_MAX} == {}


@by_path(tuple(source for source in everything() if source.text))
def test_every_file_says_what_it_is_for(source: Source) -> None:
    assert ast.get_docstring(source.tree)


@by_path(shipped())
def test_every_public_function_says_what_is_true_afterwards(source: Source) -> None:
    bodies: list[ast.Module | ast.ClassDef] = [source.tree]
    bodies += [node for node in source.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    public = [
        node
        for body in bodies
        for node in body.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and node.name != "Meta"
    ]

    assert [f"{node.name}, line {node.lineno}" for node in public if not ast.get_docstring(node)] == []


@by_path(shipped())
def test_pages_are_templates(source: Source) -> None:
    texts = [node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert [node.lineno for node in texts if HTML.search(node.value)] == []


@by_path(shipped())
def test_time_chance_and_environment_are_read_by_their_owners_only(source: Source) -> None:
    found = {(line, name) for line, name in reads(source) if name in OWNERS and source.path not in OWNERS[name]}

    assert found == set()


@by_path(everything())
def test_nothing_sleeps(source: Source) -> None:
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))

    assert [node.lineno for node in calls if dotted(node.func).rpartition(".")[2] == "sleep"] == []


@by_path(shipped())
def test_only_the_command_line_prints(source: Source) -> None:
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))

    assert [node.lineno for node in calls if dotted(node.func) == "print"] == []


@by_path(everything())
def test_names_say_what_a_thing_is(source: Source) -> None:
    # The names of tests are sentences.
    names = [node.name for node in definitions(source) if not node.name.startswith("test_")]
    names.append(source.module.rpartition(".")[2])

    assert [name for name in names if words(name) & EMPTY_WORDS or name.lower() in VAGUE_NAMES] == []


@by_path(everything())
def test_no_exception_is_swallowed_whole(source: Source) -> None:
    handlers = (node for node in ast.walk(source.tree) if isinstance(node, ast.ExceptHandler))
    broad = [one for one in handlers if one.type is None or dotted(one.type) in ("Exception", "BaseException")]

    assert [one.lineno for one in broad if all(isinstance(statement, ast.Pass) for statement in one.body)] == []


def test_no_work_is_left_in_comments() -> None:
    # Written apart, so that this file passes its own test. XXX is a currency code too, so only in comments.
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b|# *XX" + r"X\b")
    # Folders with a dot hold virtual environments and caches: some hundred thousand files of others.
    folders = [one for one in ROOT.iterdir() if one.is_dir() and one.name[0] != "." and one.name not in BUILT]
    patterns = ("*.py", "*.toml", "*.sql", "*.yaml", "*.md")
    ours = [path for pattern in patterns for path in ROOT.glob(pattern)]
    ours += [path for folder in folders for pattern in patterns for path in folder.rglob(pattern)]

    assert [str(path) for path in ours if mark.search(path.read_text(encoding="utf-8"))] == []
