"""`mockpsp diff A B`: ledgers, states and events of two universes side by side."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import click

from mockpsp.catalog import load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import db_option, json_option, reading
from mockpsp.cli.progress import working
from mockpsp.cli.screen import LOUD, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.text import ids
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine import snapshot_checks, snapshot_files
from mockpsp.ledger import exports
from mockpsp.store import overview
from mockpsp.store.tx import Project

#: How the id of a universe begins; anything else is a file.
_UNIVERSE = "test-proj_"
_AMOUNTS = ("amount", "authorized", "captured", "voided", "refunded")
_FILE_KEYS = ("format", "schema", "mockpsp", "data")
_FILE_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class World:
    """What one universe shows, each thing under its id."""

    seed: int
    now: str
    balances: Mapping[tuple[str, str], str]
    states: Mapping[str, Mapping[str, str]]
    #: (moment, name, what it is about).
    events: list[tuple[str, str, str]]


@click.command()
@click.argument("a")
@click.argument("b")
@db_option
@json_option
def diff(a: str, b: str, db: str | None, as_json: bool) -> None:
    """Show where two universes differ: balances, payments, refunds, payouts, events.

    A and B: a universe of the server's file (test-proj_...), one of another file (FILE:test-proj_...), a file with one
    universe, or a snapshot's file as GET /sandbox/snapshots/ID/file gives it out. Exit code 1: they differ.
    """
    with working("comparing the two"), _opened(a, db) as first, _opened(b, db) as second:
        found = _differences(first, second)
    if as_json or not is_terminal():
        click.echo(json.dumps({"diff": found}) if as_json else "\n".join(_lines(found, a, b)))
    else:
        _show(found, a, b)
    if not found["same"]:
        raise SystemExit(1)


@contextmanager
def _opened(named: str, db: str | None) -> Iterator[World]:
    if named.startswith(_UNIVERSE):
        path, project_id = db, named
    else:
        file, colon, last = named.rpartition(":")
        path, project_id = (file, last) if colon and last.startswith(_UNIVERSE) else (named, "")
        if not project_id and (kept := _snapshot_file(Path(named))) is not None:
            with _unpacked(named, kept) as world:
                yield world
            return
    with reading(path, project_id or None) as found:
        yield _world(found.conn, found.project)


def _snapshot_file(path: Path) -> dict[str, Any] | None:
    """The content of a snapshot's file; None for a file that is none."""
    try:
        with path.open("rb") as file:
            if file.read(1) != b"{":
                return None
            file.seek(0)
            text = file.read(_FILE_MAX_BYTES + 1)
    except OSError:
        return None  # said where it is read as a database
    try:
        kept = json.loads(text) if len(text) <= _FILE_MAX_BYTES else None
    except (ValueError, RecursionError):
        kept = None
    kept = kept.get("snapshot_file") if isinstance(kept, dict) else None
    wanted = {"format": int, "schema": int, "mockpsp": str, "data": str}
    if not isinstance(kept, dict) or not all(isinstance(kept.get(key), wanted[key]) for key in _FILE_KEYS):
        raise InputError(f"{path} is no file of a snapshot; GET /sandbox/snapshots/ID/file gives one out")
    return kept


@contextmanager
def _unpacked(named: str, kept: dict[str, Any]) -> Iterator[World]:
    """A snapshot's file in a database of its own, which is gone afterwards."""
    catalog = load_catalog()
    try:
        opened = snapshot_files.read(catalog, kept)
    except Refused as error:
        raise InputError(f"{named}: {error.message}") from None
    with snapshot_checks.bench(catalog) as bench, bench.reading(bench.put(opened.project, opened.rows)) as tx:
        yield _world(tx.conn, tx.project)


def _world(conn: Any, project: Project) -> World:
    key, no = ids.key_for(project.seed), project.no
    states: dict[str, dict[str, str]] = {}
    for seq, status, currency, *amounts in overview.payments(conn, no):
        shown = {name: format_exact(amount, currency) for name, amount in zip(_AMOUNTS, amounts, strict=True)}
        states[ids.encode(key, "tr_", seq)] = {"status": status, "currency": currency, **shown}
    for prefix, rows in (("refd_", overview.refunds(conn, no)), ("payt_", overview.payouts(conn, no))):
        for seq, status, currency, amount in rows:
            shown = {"status": status, "currency": currency, "amount": format_exact(amount, currency)}
            states[ids.encode(key, prefix, seq)] = shown
    events = [
        (rfc3339(at_ms), name, "" if seq is None else ids.encode(key, "tr_", seq))
        for _, name, seq, at_ms in overview.events(conn, no)
    ]
    balances = {
        (account, currency): amount
        for account, by_currency in exports.balances_json(conn, no).items()
        for currency, amount in by_currency.items()
    }
    return World(project.seed, rfc3339(project.clock_ms), balances, states, events)


def _differences(a: World, b: World) -> dict[str, Any]:
    ledger = [
        {"account": place[0], "currency": place[1], "a": a.balances.get(place), "b": b.balances.get(place)}
        for place in sorted({*a.balances, *b.balances})
        if a.balances.get(place) != b.balances.get(place)
    ]
    states = []
    for name in dict.fromkeys((*a.states, *b.states)):
        one, other = a.states.get(name, {}), b.states.get(name, {})
        what = [key for key in dict.fromkeys((*one, *other)) if one.get(key) != other.get(key)]
        states += [{"id": name, "what": key, "a": one.get(key), "b": other.get(key)} for key in what]
    events = []
    for kind, a_from, a_to, b_from, b_to in SequenceMatcher(None, a.events, b.events, autojunk=False).get_opcodes():
        if kind != "equal":
            events += [_event("a", *one) for one in a.events[a_from:a_to]]
            events += [_event("b", *one) for one in b.events[b_from:b_to]]
    clock = {"a": a.now, "b": b.now} if a.now != b.now else None
    seed = {"a": a.seed, "b": b.seed} if a.seed != b.seed else None
    is_same = not (ledger or states or events or clock or seed)
    return {"same": is_same, "seed": seed, "clock": clock, "ledger": ledger, "states": states, "events": events}


def _event(side: str, at: str, name: str, on: str) -> dict[str, str]:
    return {"in": side, "at": at, "name": name, "on": on}


def _show(found: Mapping[str, Any], a: str, b: str) -> None:
    """The same within a terminal's width."""
    if found["same"]:
        say(f"{a} and {b} show the same")
        return
    say(Cell("A  ", LOUD), a)
    say(Cell("B  ", LOUD), b)
    columns = (Column("where", is_whole=False), Column("A", is_whole=False), Column("B", is_whole=False))
    table(columns, [[Cell(cell, QUIET) if cell == "-" else cell for cell in row] for row in _rows(found)])


def _lines(found: Mapping[str, Any], a: str, b: str) -> Iterator[str]:
    if found["same"]:
        yield f"{a} and {b} show the same"
        return
    rows = [("", "A", "B"), ("", a, b), *_rows(found)]
    widths = [max(len(row[place]) for row in rows) for place in range(2)]
    for left, middle, right in rows:
        yield f"{left:<{widths[0]}}  {middle:<{widths[1]}}  {right}".rstrip()


def _rows(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs, and how either side has it."""
    rows: list[tuple[str, str, str]] = []
    if found["seed"]:
        rows.append(("seed, and so all ids", str(found["seed"]["a"]), str(found["seed"]["b"])))
    if found["clock"]:
        rows.append(("clock", found["clock"]["a"], found["clock"]["b"]))
    rows += [(f"{one['account']} {one['currency']}", one["a"] or "-", one["b"] or "-") for one in found["ledger"]]
    rows += [(f"{one['id']} {one['what']}", one["a"] or "-", one["b"] or "-") for one in found["states"]]
    for one in found["events"]:
        shown = f"{one['at']} {one['name']}"
        rows.append((f"event {one['on']}".rstrip(), *((shown, "-") if one["in"] == "a" else ("-", shown))))
    return rows
