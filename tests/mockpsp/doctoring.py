"""Files of snapshots that somebody changed: every way in which one value can be another."""

import base64
import copy
import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

_TEXTS: tuple[Any, ...] = (None, "", "nonsense", "JPY", "ZZZ", 7)
_NUMBERS: tuple[Any, ...] = (None, "x", -1, 0, 1, 987_654_321, 1 << 62)
_JSONS: tuple[Any, ...] = (None, "", "{", "[]", "{}", "null", "1", '"x"')
_WITHIN: tuple[Any, ...] = (None, [], {}, "nonsense", -1, True)
_DROP = object()


class Doctored(NamedTuple):
    """A file's content in which one value is another: what, and what a refusal has to name at the least."""

    what: str
    place: str
    world: Any


def unpacked(file: dict[str, Any]) -> Any:
    """The content of a file as `GET /sandbox/snapshots/ID/file` answers it."""
    return json.loads(zlib.decompress(base64.b64decode(file["snapshot_file"]["data"])))


def packed(file: dict[str, Any], world: Any) -> dict[str, Any]:
    """The file with another content."""
    text = world if isinstance(world, bytes) else json.dumps(world).encode()
    data = base64.b64encode(zlib.compress(text, 1)).decode()
    return {**file, "snapshot_file": {**file["snapshot_file"], "data": data}}


def columns(world: Any, table: str) -> Iterator[tuple[str, int]]:
    """(column, its place) of a table that has a row."""
    found = world["tables"][table]
    yield from ((name, place) for place, name in enumerate(found["columns"]) if found["rows"])


def changed(world: Any, table: str, column: str, value: Any) -> Any:
    """The content with another value in the first row that has one there, and another one."""
    place = world["tables"][table]["columns"].index(column)
    rows = world["tables"][table]["rows"]
    at = next(at for at, row in enumerate(rows) if row[place] not in (None, value))
    return _with(world, table, place, at, value)


def doctored(world: Any, table: str, place: int, at: int) -> Iterator[Doctored]:
    """One value of one row, otherwise in every way; of JSON its members too."""
    name, value = world["tables"][table]["columns"][place], world["tables"][table]["rows"][at][place]
    for other in _others(value):
        if other != value or type(other) is not type(value):
            what = f"{table}.rows[{at}].{name} = {str(other)[:200]!r}, was {str(value)[:60]!r}"
            yield Doctored(what, "tables.", _with(world, table, place, at, other))


def doctored_settings(world: Any) -> Iterator[Doctored]:
    """The universe's own settings, one member otherwise."""
    for text in _within(json.dumps(world["project"]["settings"])):
        settings = json.loads(text)
        yield Doctored(text, "snapshot_file: ", {**world, "project": {**world["project"], "settings": settings}})


def _with(world: Any, table: str, place: int, at: int, value: Any) -> Any:
    found = world["tables"][table]
    rows = list(found["rows"])
    rows[at] = [*rows[at][:place], value, *rows[at][place + 1 :]]
    return {**world, "tables": {**world["tables"], table: {**found, "rows": rows}}}


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, str) and value[:1] in "{[" and value:
        yield from _JSONS
        yield from _within(value)
    elif isinstance(value, str):
        yield from _TEXTS
    elif isinstance(value, int):
        yield from _NUMBERS
    else:
        yield from (*_NUMBERS, *_TEXTS, *_JSONS)


def _within(text: str) -> Iterator[str]:
    """The JSON with one member of its own, or of a member, otherwise or gone."""
    value = json.loads(text)
    for path in _paths(value):
        for other in (_DROP, *_WITHIN):
            yield json.dumps(_replaced(value, path, other), ensure_ascii=False, separators=(",", ":"))


def _paths(value: Any, levels: int = 3) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs)[:40]:
        yield (key,)
        if levels > 1:
            yield from ((key, *rest) for rest in _paths(inner, levels - 1))


def _replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    if other is _DROP:
        del at[path[-1]]
    else:
        at[path[-1]] = other
    return changed
