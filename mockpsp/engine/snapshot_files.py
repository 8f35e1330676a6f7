"""A snapshot as a file, which another server opens: written whole, read as if an enemy had made it.

The file is a JSON object; its `data` is the rows of the one universe, as JSON, compressed, in base64. It has the
webhooks' secrets, since a copy has to sign as the original did, and neither the project's secret key nor what receivers
answered. What is read must fit the tables of this version exactly and stays within limits that are checked before
anything is made of it.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from mockpsp import __version__, wallclock
from mockpsp.catalog import Catalog
from mockpsp.domain.text.card_numbers import is_card_number, may_hold_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS, rfc3339
from mockpsp.engine import forks, snapshot_checks
from mockpsp.engine.snapshot_checks import Look
from mockpsp.engine.snapshot_settings import wrong_setting
from mockpsp.engine.universes import UniverseTx, is_project_id
from mockpsp.store import tx as projects
from mockpsp.store import universe_rows
from mockpsp.store.migrations import SCHEMA_VERSION
from mockpsp.store.snapshots import Snapshot
from mockpsp.store.tx import Project

FORMAT = 1
#: The rows, as JSON before they are compressed.
SIZE_MAX_BYTES = 32 * 1024 * 1024
ROWS_MAX = 200_000
_DEPTH_MAX = 40
_INVALID = "request.validation.error"
#: What a universe is called while it is tried out: no file's own can be.
_TRIED = "snapshot-tried"
#: Moments up to the year 2286 are below; of card numbers as numbers, nearly all are above.
_NO_MOMENT = 10**13
_INT_MAX = (1 << 63) - 1
_SEED_MAX = (1 << 53) - 1
_PROJECT = ("id", "seed", "next_seq", "clock_mode", "clock_ms", "offset_ms", "rules_count", "settings")


class Opened(NamedTuple):
    """What a file holds, checked."""

    project: Project
    public_id: str
    taken_at_ms: int
    rows: dict[str, list[list[Any]]]


def nothing_more(tx: UniverseTx) -> None:
    """Of whoever has nothing else to look at."""


def write(tx: UniverseTx, kept: Snapshot) -> dict[str, Any]:
    """The file of a snapshot; Refused (413) for one too large to be read again."""
    project = projects.load_by_no(tx.conn, kept.copy_no)
    assert project is not None, "a snapshot has its rows"
    world = {
        "project": {name: kept.public_id if name == "id" else getattr(project, name) for name in _PROJECT},
        "taken_at_ms": kept.taken_at_ms,
        "tables": universe_rows.take(tx.conn, kept.copy_no),
    }
    text = json.dumps(world, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > SIZE_MAX_BYTES:
        raise _too_much(f"the snapshot has {len(text)} bytes; a file takes {SIZE_MAX_BYTES}: mockpsp backup copies it")
    return {
        "format": FORMAT,
        "schema": SCHEMA_VERSION,
        "mockpsp": __version__,
        "name": kept.name,
        "now": rfc3339(kept.taken_at_ms),
        "data": base64.b64encode(zlib.compress(text, 6)).decode(),
    }


def read(catalog: Catalog, file: Mapping[str, Any], look: Look = nothing_more) -> Opened:
    """What a file holds, once it was tried out; Refused says where something is wrong with it. Touches no file of ours.

    `look` tries what else may be asked of it.
    """
    if file["format"] != FORMAT:
        raise _wrong(f"format {file['format']}; this is mockpsp {__version__}, which reads format {FORMAT}")
    if file["schema"] != SCHEMA_VERSION:
        raise _wrong(
            f"it was made by mockpsp {file['mockpsp']} with tables of version {file['schema']}, and here they are of "
            f"version {SCHEMA_VERSION}: open it with a server of that version, or carry the server's whole file over"
        )
    world = _world(file["data"])
    project = _project(world["project"])
    with snapshot_checks.bench(catalog) as bench:
        columns = bench.columns
        rows = _tables(world["tables"], columns, project.next_seq)
        taken_at_ms = _whole(world["taken_at_ms"], "taken_at_ms", EARLIEST_MS, LATEST_MS)
        try:
            with bench.trying() as tx:
                tx.project.settings.update(project.settings)
                if said := wrong_setting(tx, project.settings):
                    raise _wrong(said)
                forks.guard_profiles(tx, project)
                snapshot_checks.check_columns(tx, rows, columns)
            bench.check(bench.put(replace(project, id=_TRIED), rows), rows, look)
        except snapshot_checks.Wrong as wrong:
            raise _wrong(str(wrong)) from None
    return Opened(project, project.id, taken_at_ms, rows)


def take_in(tx: UniverseTx, name: str, opened: Opened) -> Snapshot:
    """The file's moment is one of this universe's snapshots."""
    return forks.take_in(
        tx,
        name,
        source=opened.project,
        taken_at_ms=opened.taken_at_ms,
        public_id=opened.public_id,
        rows=opened.rows,
    )


def _world(data: str) -> dict[str, Any]:
    """What is packed into the file, no further than the limit, with no more and no less than it has to have."""
    try:
        packed = base64.b64decode(data, validate=True)
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, SIZE_MAX_BYTES + 1)
        if len(text) > SIZE_MAX_BYTES:
            raise _too_much(f"the data holds more than {SIZE_MAX_BYTES} bytes; at most so many go")
        if not unpacking.eof or unpacking.unused_data:
            raise _wrong("the data was cut, or more was put behind it")
        world = json.loads(text, parse_float=_no_fraction, parse_constant=_no_fraction)
    except (binascii.Error, zlib.error):
        raise _wrong("the data is not what a snapshot's file has: it was damaged on its way") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(f"what is packed in the data is no JSON: {str(error)[:100]}") from None
    return _object(world, "the data", ("project", "taken_at_ms", "tables"))


def _project(found: Any) -> Project:
    found = _object(found, "project", _PROJECT)
    if not isinstance(found["id"], str) or not is_project_id(f"test-{found['id']}"):
        raise _wrong(
            "project.id is no id of a universe without its `test-`: proj_ and letters, digits, '.', '_' or '-'"
        )
    if found["clock_mode"] not in ("manual", "wall"):
        raise _wrong("project.clock_mode is neither manual nor wall")
    if not isinstance(found["settings"], dict):
        raise _wrong("project.settings is no object")
    if _depth(found["settings"]) > _DEPTH_MAX:
        raise _wrong(f"project.settings nests deeper than {_DEPTH_MAX} levels")
    if _holds_card_number(json.dumps(found["settings"])):
        raise _wrong("project.settings holds what looks like a card number; nothing was kept")
    offset_ms = _whole(found["offset_ms"], "project.offset_ms", EARLIEST_MS - LATEST_MS, LATEST_MS - EARLIEST_MS)
    if found["clock_mode"] == "wall" and not EARLIEST_MS <= wallclock.now_ms() + offset_ms <= LATEST_MS:
        raise _wrong("project.offset_ms takes the clock out of the years 0001 to 9999")
    return Project(
        no=0,
        id=found["id"],
        secret="",
        seed=_whole(found["seed"], "project.seed", 0, _INT_MAX),
        next_seq=_whole(found["next_seq"], "project.next_seq", 1, _SEED_MAX),
        generation=1,
        clock_mode=found["clock_mode"],
        clock_ms=_whole(found["clock_ms"], "project.clock_ms", EARLIEST_MS, LATEST_MS),
        offset_ms=offset_ms,
        rules_count=_whole(found["rules_count"], "project.rules_count", 0, _SEED_MAX),
        settings=found["settings"],
    )


def _depth(value: Any) -> int:
    """How many levels a value has, counted level by level: what is read at a start is read by SQLite too."""
    level, depth = [value], 0
    while level:
        depth += 1
        inner = (list(one.values()) if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [item for items in inner for item in items]
    return depth


def _holds_card_number(text: str) -> bool:
    """Whether a text holds one. Of JSON, a text or a number in it: amounts and moments side by side are none."""
    if not (may_hold_number(text) and is_card_number(text)):
        return False
    try:
        level = [json.loads(text)]
    except (ValueError, RecursionError):
        return True
    while level:
        if any(map(_is_card, level)):
            return True
        pairs = [
            [*one, *one.values()] if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)
        ]
        level = [inner for one in pairs for inner in one]
    return False


def _is_card(value: object) -> bool:
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) and value >= _NO_MOMENT else ""
    return is_card_number(text)


def _tables(found: Any, columns: Mapping[str, list[str]], next_seq: int) -> dict[str, list[list[Any]]]:
    found = _object(found, "tables", tuple(columns))
    taken: dict[str, list[list[Any]]] = {}
    count = 0
    for table, names in columns.items():
        given = _object(found[table], f"tables.{table}", ("columns", "rows"))
        if given["columns"] != names or not isinstance(given["rows"], list):
            raise _wrong(f"tables.{table} has other columns than {', '.join(names)}")
        count += len(given["rows"])
        if count > ROWS_MAX:
            raise _too_much(f"the data has more than {ROWS_MAX} rows; at most so many go")
        for number, row in enumerate(given["rows"]):
            _check_row(f"tables.{table}.rows[{number}]", names, row, next_seq)
        taken[table] = given["rows"]
    return taken


def _check_row(where: str, names: list[str], row: Any, next_seq: int) -> None:
    if not isinstance(row, list) or len(row) != len(names):
        raise _wrong(f"{where} has not the {len(names)} values of its columns")
    for name, value in zip(names, row, strict=True):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
            raise _wrong(f"{where}.{name} holds neither text nor a whole number")
        if isinstance(value, str) and _holds_card_number(value):
            raise _wrong(f"{where}.{name} holds what looks like a card number; nothing was kept")
        if name == "seq" and not (isinstance(value, int) and 0 < value < next_seq):
            raise _wrong(f"{where}.seq: {str(value)[:40]} is no number that the universe has given")


def _object(found: Any, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(found, dict) or found.keys() != set(keys):
        shown = ", ".join(keys) if len(keys) < 10 else "each table of a universe"
        raise _wrong(f"{where} is no object of {shown}")
    return found


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(f"{name} is no whole number from {low} to {high}")
    return value


def _no_fraction(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no whole number")


def _wrong(why: str) -> Refused:
    return Refused(_INVALID, f"snapshot_file: {why}", field="snapshot_file")


def _too_much(why: str) -> Refused:
    return Refused("request.too-much", f"snapshot_file: {why}", 413)
