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
from typing import Any, NamedTuple

from mockpsp import __version__, wallclock
from mockpsp.catalog import CatalogError
from mockpsp.domain.card_numbers import is_card_number, may_hold_number
from mockpsp.domain.codes import Refused
from mockpsp.domain.moments import EARLIEST_MS, LATEST_MS, rfc3339
from mockpsp.engine import forks, misdelivery
from mockpsp.engine.universes import DELIVERY, FROM_FOLDER, UniverseTx
from mockpsp.store import tx as projects
from mockpsp.store import universe_rows
from mockpsp.store.faults import unfit
from mockpsp.store.migrations import SCHEMA_VERSION
from mockpsp.store.snapshots import Snapshot
from mockpsp.store.tx import Project

FORMAT = 1
#: The rows, as JSON before they are compressed.
SIZE_MAX_BYTES = 32 * 1024 * 1024
ROWS_MAX = 200_000
_DEPTH_MAX = 40
_INVALID = "request.validation.error"
_INT_MAX = (1 << 63) - 1
_SEED_MAX = (1 << 53) - 1
_PROJECT = ("id", "seed", "next_seq", "clock_mode", "clock_ms", "offset_ms", "rules_count", "settings")
#: Columns that hold JSON which is read again: by table.
_JSON: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("customer", "card", "token", "product", "invoice", "refund", "effect", "payout", "fact"), ("body",)
    ),
    "payment": ("state",),
    "scripted_rule": ("matches", "outcome"),
    "event": ("payload",),
    "idempotency": ("response",),
    "webhook_endpoint": ("topics",),
    "webhook_message": ("facts",),
}


class Opened(NamedTuple):
    """What a file holds, checked."""

    project: Project
    public_id: str
    taken_at_ms: int
    rows: dict[str, list[list[Any]]]


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


def read(tx: UniverseTx, file: Mapping[str, Any]) -> Opened:
    """What a file holds; Refused says what is wrong with it."""
    if file["format"] != FORMAT:
        raise _wrong(f"format {file['format']}; this is mockpsp {__version__}, which reads format {FORMAT}")
    if file["schema"] != SCHEMA_VERSION:
        raise _wrong(
            f"it was made by mockpsp {file['mockpsp']} with tables of version {file['schema']}, and here they are of "
            f"version {SCHEMA_VERSION}: open it with a server of that version, or carry the server's whole file over"
        )
    world = _world(file["data"])
    project = _project(world["project"])
    _check_settings(tx, project.settings)
    forks.guard_profiles(tx, project)
    rows = _tables(tx, world["tables"], project.next_seq)
    taken_at_ms = _whole(world["taken_at_ms"], "taken_at_ms", EARLIEST_MS, LATEST_MS)
    return Opened(project, project.id, taken_at_ms, rows)


def take_in(tx: UniverseTx, name: str, opened: Opened) -> Snapshot:
    """The file's moment is one of this universe's snapshots; Refused for rows that their tables don't take."""
    try:
        return forks.take_in(
            tx,
            name,
            source=opened.project,
            taken_at_ms=opened.taken_at_ms,
            public_id=opened.public_id,
            rows=opened.rows,
        )
    except (OverflowError, UnicodeError) as error:
        raise _wrong(f"a row doesn't fit its table: {error}") from None
    except Exception as error:
        if (said := unfit(error)) is None:
            raise
        raise _wrong(f"a row doesn't fit its table: {said}") from None


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
    if not isinstance(found["id"], str) or not 1 <= len(found["id"]) <= 80:
        raise _wrong("project.id is no text of at most 80 characters")
    if found["clock_mode"] not in ("manual", "wall"):
        raise _wrong("project.clock_mode is neither manual nor wall")
    if not isinstance(found["settings"], dict):
        raise _wrong("project.settings is no object")
    if _depth(found["settings"]) > _DEPTH_MAX:
        raise _wrong(f"project.settings nests deeper than {_DEPTH_MAX} levels")
    text = json.dumps(found["settings"])
    if may_hold_number(text) and is_card_number(text):
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


def _check_settings(tx: UniverseTx, settings: dict[str, Any]) -> None:
    """What a start of the server looks at in all universes must not stop it."""
    folder = settings.get(FROM_FOLDER, [])
    if not isinstance(folder, list) or not all(isinstance(name, str) for name in folder):
        raise _wrong(f"project.settings.{FROM_FOLDER} is no list of names")
    if DELIVERY in settings and not misdelivery.is_well_formed(settings[DELIVERY]):
        raise _wrong(f"project.settings.{DELIVERY} holds no rules of PUT /sandbox/delivery")
    own = settings.get("psps", {})
    try:
        for name, profile in own.items():
            tx.catalog.derive(name, profile, is_kept=True)
    except CatalogError as error:
        raise _wrong(f"project.settings.psps: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _wrong("project.settings.psps holds what is no profile") from None


def _tables(tx: UniverseTx, found: Any, next_seq: int) -> dict[str, list[list[Any]]]:
    found = _object(found, "tables", tuple(universe_rows.OWNER_BY_TABLE))
    taken: dict[str, list[list[Any]]] = {}
    places: dict[str, dict[str, int]] = {}
    count = 0
    for table, owner in universe_rows.OWNER_BY_TABLE.items():
        given = _object(found[table], f"tables.{table}", ("columns", "rows"))
        names = [one.name for one in universe_rows.columns_of(tx.conn, table) if one.name != owner]
        if given["columns"] != names or not isinstance(given["rows"], list):
            raise _wrong(f"tables.{table} has other columns than {', '.join(names)}")
        count += len(given["rows"])
        if count > ROWS_MAX:
            raise _too_much(f"the data has more than {ROWS_MAX} rows; at most so many go")
        for row in given["rows"]:
            _check_row(table, names, row, next_seq)
        taken[table] = given["rows"]
        places[table] = {name: place for place, name in enumerate(names)}
    _check_deliveries(taken, places)
    return taken


def _check_deliveries(taken: Mapping[str, list[list[Any]]], places: Mapping[str, Mapping[str, int]]) -> None:
    """What is due and can't be sent would be found due again, for ever: each has its message and its endpoint."""
    table = "webhook_delivery"
    for name, other in (("message_seq", "webhook_message"), ("endpoint_seq", "webhook_endpoint")):
        there = {row[places[other]["seq"]] for row in taken[other]}
        for row in taken[table]:
            if row[places[table]["state"]] == "pending" and row[places[table][name]] not in there:
                raise _wrong(
                    f"tables.{table}.{name}: {str(row[places[table][name]])[:40]} is in no row of tables.{other}"
                )


def _check_row(table: str, names: list[str], row: Any, next_seq: int) -> None:
    if not isinstance(row, list) or len(row) != len(names):
        raise _wrong(f"tables.{table}: a row has not the {len(names)} values of its columns")
    for name, value in zip(names, row, strict=True):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
            raise _wrong(f"tables.{table}.{name} holds neither text nor a whole number")
        if isinstance(value, str) and may_hold_number(value) and is_card_number(value):
            raise _wrong(f"tables.{table}.{name} holds what looks like a card number; nothing was kept")
        if name == "seq" and not (isinstance(value, int) and 0 < value < next_seq):
            raise _wrong(f"tables.{table}.seq: {str(value)[:40]} is no number that the universe has given")
        if value is not None and name in _JSON.get(table, ()):
            _check_json(table, name, value)


def _check_json(table: str, name: str, value: Any) -> None:
    try:
        json.loads(value)
    except (TypeError, ValueError, RecursionError):
        raise _wrong(f"tables.{table}.{name} holds what is no JSON") from None


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
