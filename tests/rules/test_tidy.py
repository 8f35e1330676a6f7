"""Style as a test: sizes, docstrings, names, and what is read in one place only."""

import ast
import re
from collections.abc import Iterator

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


def definitions(source: Source) -> Iterator[Definition]:
    return (node for node in source.nodes if isinstance(node, Definition))


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
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute):
            # `datetime.datetime.now` and `datetime.now` alike.
            yield node.lineno, ".".join(dotted(node).split(".")[-2:])


def calls(sources: tuple[Source, ...]) -> Iterator[tuple[str, str]]:
    """(place, dotted name) of each call."""
    for source in sources:
        for node in source.nodes:
            if isinstance(node, ast.Call):
                yield f"{source.path}:{node.lineno}", dotted(node.func)


def names_given(source: Source) -> list[str]:
    """What a file, its functions and its classes are called; the names of tests are sentences."""
    names = [node.name for node in definitions(source) if not node.name.startswith("test_")]
    return [*names, source.module.rpartition(".")[2]]


def public_definitions(source: Source) -> list[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes of a file, and those of its public classes."""
    bodies: list[ast.Module | ast.ClassDef] = [source.tree]
    bodies += [node for node in source.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    return [
        node
        for body in bodies
        for node in body.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and node.name != "Meta"
    ]


def test_no_file_is_too_long() -> None:
    assert [source.path for source in everything() if source.text.count("\n") > FILE_LINES_MAX] == []


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{source.path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in everything()
        for node in definitions(source)
        if not isinstance(node, ast.ClassDef)
    }

    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES_MAX} == {}


def test_every_file_says_what_it_is_for() -> None:
    assert [source.path for source in everything() if source.text and not ast.get_docstring(source.tree)] == []


def test_every_public_function_says_what_is_true_afterwards() -> None:
    silent = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in shipped()
        for node in public_definitions(source)
        if not ast.get_docstring(node)
    ]

    assert silent == []


def test_pages_are_templates() -> None:
    texts = [
        (f"{source.path}:{node.lineno}", node.value)
        for source in shipped()
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert [place for place, text in texts if HTML.search(text)] == []


def test_time_chance_and_environment_are_read_by_their_owners_only() -> None:
    found = {
        (f"{source.path}:{line}", name)
        for source in shipped()
        for line, name in reads(source)
        if name in OWNERS and source.path not in OWNERS[name]
    }

    assert found == set()


def test_nothing_sleeps() -> None:
    assert [place for place, name in calls(everything()) if name.rpartition(".")[2] == "sleep"] == []


def test_only_the_command_line_prints() -> None:
    assert [place for place, name in calls(shipped()) if name == "print"] == []


def test_names_say_what_a_thing_is() -> None:
    names = [(source.path, name) for source in everything() for name in names_given(source)]

    assert [(path, name) for path, name in names if words(name) & EMPTY_WORDS or name.lower() in VAGUE_NAMES] == []


def test_no_exception_is_swallowed_whole() -> None:
    swallowed = [
        f"{source.path}:{node.lineno}"
        for source in everything()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in ("Exception", "BaseException"))
        and all(isinstance(statement, ast.Pass) for statement in node.body)
    ]

    assert swallowed == []


def test_no_work_is_left_in_comments() -> None:
    # Written apart, so that this file passes its own test. XXX is a currency code too, so only in comments.
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b|# *XX" + r"X\b")
    # Folders with a dot hold virtual environments and caches: some hundred thousand files of others.
    folders = [one for one in ROOT.iterdir() if one.is_dir() and one.name[0] != "." and one.name not in BUILT]
    patterns = ("*.py", "*.toml", "*.sql", "*.yaml", "*.md")
    ours = [path for pattern in patterns for path in ROOT.glob(pattern)]
    ours += [path for folder in folders for pattern in patterns for path in folder.rglob(pattern)]

    assert [str(path) for path in ours if mark.search(path.read_text(encoding="utf-8"))] == []
