"""Scenario files on disk to `Scenario` values, strictly: every problem of a file at once, each with its place.

Nothing is executed and nothing is guessed: unknown and duplicate keys, unquoted money, YAML's surprises, names that
nobody saves or nobody uses are all refused. Next: steps.py for the steps, reading.py for single values.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mockpsp.catalog import Catalog, CatalogError, load_catalog
from mockpsp.scenarios.language.capabilities import CAN, read_capabilities
from mockpsp.scenarios.language.errors import Problem, ScenarioErrors
from mockpsp.scenarios.language.expectations import PARTS
from mockpsp.scenarios.language.known import Known
from mockpsp.scenarios.language.library import library_paths, named, themes
from mockpsp.scenarios.language.model import DEFAULT_CLOCK, DEFAULT_SEED, INVARIANTS, Json, ReceiverPlan, Scenario
from mockpsp.scenarios.language.names import APP, NAME, SOURCE
from mockpsp.scenarios.language.nodes import (
    SIZE_MAX_BYTES,
    ListNode,
    MapNode,
    Node,
    Problems,
    ReadingStopped,
    ScalarNode,
    nearest,
    parse,
)
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.receivers import read_receiver
from mockpsp.scenarios.language.rows import Row, is_table, read_rows
from mockpsp.scenarios.language.shared_files import SUFFIXES, TAKES, is_shared
from mockpsp.scenarios.language.steps import read_steps
from mockpsp.scenarios.language.story_sources import read_sources

PACKAGED = load_catalog()
FILE_KEYS = (
    "format",
    "name",
    "about",
    "source",
    "tags",
    "seed",
    "clock",
    "psps",
    "receivers",
    "always",
    "matrix",
    "only",
    "steps",
)
FORMAT = "1"
SEED_MAX = 2**53 - 1
#: The axis whose values are PSPs, one after the other the default of a run.
PSP_AXIS = "psp"
CELLS_MAX = 200
#: Of a folder's stories, in a message.
NAMED_MAX = 3
PSPS_MAX = 50
RECEIVERS_MAX = 20
GATEWAY_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def discover(paths: Iterable[Path]) -> list[Path]:
    """The scenario files among `paths` and in the folders among them, each once; a built-in story or theme goes by its
    name.

    `ScenarioErrors` if one is missing.
    """
    found: dict[Path, None] = {}
    problems: list[Problem] = []
    names = [*(file.stem for file in library_paths()), *themes()]
    for path in map(_or_built_in, paths):
        files = _stories_in(path) if path.is_dir() else [path]
        if not path.is_dir() and not path.is_file():
            problems.append(
                Problem(
                    str(path),
                    1,
                    1,
                    f"there is no such file, folder, built-in story or theme{nearest(path.name, names)}",
                )
            )
        elif not files:
            problems.append(Problem(str(path), 1, 1, "no .yaml file in this folder"))
        found.update(dict.fromkeys(files))
    if problems:
        raise ScenarioErrors(problems)
    return list(found)


def one_of(path: Path) -> Path:
    """The file of one story, or of the built-in one of that name; `ScenarioErrors` for a folder or a theme."""
    found = _or_built_in(path)
    if found.is_dir():
        names = ", ".join(file.stem for file in _stories_in(found)[:NAMED_MAX])
        kind = "a folder" if found is path else "a theme of the library"
        raise ScenarioErrors([Problem(str(path), 1, 1, f"is {kind}; name one story of it: {names}, ...")])
    return discover([path])[0]


def _stories_in(folder: Path) -> list[Path]:
    """The files of a folder; those of shared steps are for stories to use."""
    return sorted(one for one in folder.rglob("*") if one.suffix in SUFFIXES and not is_shared(one))


def _or_built_in(path: Path) -> Path:
    """The path, or where there is nothing, the built-in story or theme of that name if there is one."""
    return path if path.exists() else named(path.as_posix()) or path


def load(path: Path | str, catalog: Catalog | None = PACKAGED) -> Scenario:
    """The story in a file, or `ScenarioErrors` with all that is wrong in it.

    `catalog` has the PSPs there are; None leaves their names to the server that the story is for.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ScenarioErrors([Problem(str(path), 1, 1, "can't be read: it is no file")])
    try:
        with path.open("rb") as file:
            source = file.read(SIZE_MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioErrors([Problem(str(path), 1, 1, f"can't be read: {error.strerror}")]) from error
    return loads(source, path, catalog)


def loads(source: bytes, path: Path, catalog: Catalog | None = PACKAGED) -> Scenario:
    """The story in `source`; `path` names it in messages and gives its slug."""
    problems = Problems(str(path), Known(catalog))
    scenario = None
    with suppress(ReadingStopped):
        root = parse(source, problems)
        if root is None and not problems.found:
            problems.add(ScalarNode("", False, 1, 1), "the file is empty")
        scenario = _scenario(root, path, problems) if root is not None else None
        for node, wrong in problems.known.unknown():
            problems.add(node, wrong)
    if problems.found or scenario is None:
        raise ScenarioErrors([*problems.found, *problems.warnings])
    return replace(scenario, warnings=tuple(sorted(problems.warnings)))


def _scenario(root: Node, path: Path, problems: Problems) -> Scenario:
    reader = Reader(problems)
    taken = next((key for key, _ in root.entries if key.text == TAKES), None) if isinstance(root, MapNode) else None
    if taken is not None:
        problems.stop(
            taken, "a file that takes something has shared steps, for stories to `use`: it is no story itself"
        )
    fields = reader.fields(root, "a scenario", FILE_KEYS, needed=("format", "name", "steps"))
    if "format" in fields and reader.text(fields["format"], "the format") not in ("", FORMAT):
        problems.add(fields["format"], f"format {FORMAT} is the only one there is")
    matrix, tables = _matrix(reader, fields["matrix"]) if "matrix" in fields else ({}, {})
    handlers = Reader(problems)
    receivers = _receivers(reader, handlers, fields["receivers"]) if "receivers" in fields else ()
    scenario = Scenario(
        path=str(path),
        slug=_slug(path.stem),
        name=reader.text(fields["name"], "a name") if "name" in fields else "",
        about=reader.text(fields["about"], "what is behind the story") if "about" in fields else "",
        sources=read_sources(reader, fields["source"]) if "source" in fields else (),
        tags=tuple(reader.text(item, "a tag") for item in reader.items(fields["tags"], "tags"))
        if "tags" in fields
        else (),
        seed=reader.integer(fields["seed"], "a seed", low=0, high=SEED_MAX) if "seed" in fields else DEFAULT_SEED,
        clock=reader.start(fields["clock"]) if "clock" in fields else DEFAULT_CLOCK,
        psps=_psps(reader, fields["psps"]) if "psps" in fields else {},
        receivers=receivers,
        always=_always(reader, fields["always"]) if "always" in fields else (),
        matrix=matrix,
        tables=tables,
        can=_only(reader, fields["only"]) if "only" in fields else {},
        steps=(),
    )
    for name, node, _ in reader.log.entries:
        problems.add(node, f"${{{name}}} is not replaced here, only in steps")
    given = {APP, SOURCE, *scenario.choices(), *(f"{one.name}_url" for one in receivers)}
    if "steps" not in fields:
        return scenario
    steps, app_use = read_steps(fields["steps"], scenario, given, problems, handlers.log)
    if any(one.app_path is not None for one in receivers):
        app_use = fields["receivers"]
    return replace(scenario, steps=steps, app_place=None if app_use is None else (app_use.line, app_use.column))


def _matrix(reader: Reader, node: Node) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Row]]]:
    """The axes with their values, and the rows of those that are tables."""
    matrix: dict[str, tuple[str, ...]] = {}
    tables: dict[str, dict[str, Row]] = {}
    cells_count = 1
    for name, value in reader.entries(node, "matrix"):
        if not NAME.fullmatch(name.text) or name.text in (*PARTS, CAN):
            why = f"letters, digits, _, and neither a part of `expect` nor {CAN}"
            reader.problems.add(name, f"{name.text!r} can't be an axis: {why}")
        if is_table(value):
            tables[name.text] = read_rows(reader, name.text, reader.items(value, "rows"))
            values = tuple(tables[name.text])
        else:
            values = tuple(reader.text(item, "a value") for item in reader.items(value, "values"))
        if len(set(values)) != len(values):
            reader.problems.add(value, f"a value of {name.text} stands here twice")
        matrix[name.text] = values
        if name.text == PSP_AXIS and isinstance(value, ListNode):
            for item, psp in zip(value.items, values, strict=True):
                reader.check_named("psp", item, psp)
        cells_count *= len(values)
        if cells_count > CELLS_MAX:
            reader.problems.stop(node, f"{cells_count} cells or more, at most {CELLS_MAX} are replayed")
    return matrix, tables


def _only(reader: Reader, node: Node) -> dict[str, tuple[Json, ...]]:
    """What the PSPs of the whole story must be able to do; which cells there are is the matrix's."""
    fields = reader.fields(node, "only of a whole story", (CAN,), needed=(CAN,))
    return read_capabilities(reader, fields[CAN]) if CAN in fields else {}


def _psps(reader: Reader, node: Node) -> dict[str, Json]:
    """Inline profiles, their facts read as the catalog reads them."""
    psps: dict[str, Json] = {}
    entries = reader.entries(node, "psps")
    if len(entries) > PSPS_MAX:
        reader.problems.stop(node, f"{len(entries)} PSPs, a story has at most {PSPS_MAX}")
    for name, value in entries:
        if not GATEWAY_NAME.fullmatch(name.text):
            reader.problems.add(name, f"{name.text!r} can't name a gateway: lower case letters, digits and - only")
        profile = reader.mapping(value, f"psps.{name.text}")
        catalog = reader.problems.known.catalog
        if "like" not in profile:
            reader.problems.add(value, f"psps.{name.text} needs like, the profile it differs from")
        elif catalog is not None and (wrong := _wrong_fact(catalog, name.text, profile)):
            reader.problems.add(_place(value, wrong), f"psps.{wrong}")
        reader.problems.known.psps.append(name.text)
        psps[name.text] = profile
    return psps


def _wrong_fact(catalog: Catalog, name: str, profile: dict[str, Json]) -> str:
    """What the catalog says against a profile, its `like` before all; empty where nothing is wrong."""
    try:
        catalog.derive(name, profile)
    except CatalogError as error:
        return str(error)
    return ""


def _place(node: Node, wrong: str) -> Node:
    """Where the key stands that a message is about, `north: fees.capture.rate: ...`; as near as can be told."""
    path = wrong.split(": ")[1].split(".")
    for key in path:
        found = [value for name, value in node.entries if name.text == key] if isinstance(node, MapNode) else []
        if not found:
            break
        node = found[0]
    return node


def _receivers(reader: Reader, handlers: Reader, node: Node) -> tuple[ReceiverPlan, ...]:
    entries = reader.entries(node, "receivers")
    if len(entries) > RECEIVERS_MAX:
        reader.problems.stop(node, f"{len(entries)} receivers, a story has at most {RECEIVERS_MAX}")
    reader.problems.known.receivers += [name.text for name, _ in entries]
    plans = tuple(read_receiver(reader, handlers, name, value) for name, value in entries)
    calling = [one.name for one in plans if one.handler]
    if len(calling) > 1:
        reader.problems.add(node, f"{' and '.join(calling)} call back: in which order is told of one receiver alone")
    return plans


def _always(reader: Reader, node: Node) -> tuple[str, ...]:
    names = (reader.choice(item, "invariant", INVARIANTS) for item in reader.items(node, "always"))
    return tuple(name for name in names if name)


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "story"
