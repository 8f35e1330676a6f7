"""Copies of universes: forks, which others may open, and snapshots, which are kept for forks to come.

A copy is made within the transaction that sees the moment. It has everything: seed, ids, clock, keys, rules, faults,
endpoints with their secrets, what is due and what is on its way. What is remembered apart from the file is kept by a
universe's number and generation, so that a copy, which has a number of its own, begins with none of it. Read
store/universe_rows.py next, and snapshot_files.py for how one travels.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockpsp.domain.text import ids
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.engine import misdelivery
from mockpsp.engine.digest import names_of
from mockpsp.engine.universes import FROM_FOLDER, UniverseTx
from mockpsp.store import snapshots, universe_rows
from mockpsp.store import tx as projects
from mockpsp.store.snapshots import Snapshot
from mockpsp.store.tx import Project

#: Snapshots that a universe may have: each is as large as the universe was.
SNAPSHOTS_MAX = 100
_INVALID = "request.validation.error"
_PREFIX = "snap_"
#: Begins no id that anybody can open a universe by.
_KEPT = "snapshot-"

# Primary keys and the unique index of addresses that came with messages; once a fork.
_ADDRESSES = "SELECT DISTINCT url FROM webhook_endpoint WHERE tenant_id = ?"
_URL_OF = "SELECT url FROM webhook_endpoint WHERE tenant_id = ? AND seq = ?"
_REDIRECT = "UPDATE webhook_endpoint SET url = ? WHERE tenant_id = ? AND url = ?"
_TELLS = "SELECT 1 FROM webhook_endpoint WHERE tenant_id = ? AND url = ? LIMIT 1"
_NAMED_BY = """SELECT 1 FROM invoice WHERE project_id = ? AND instr(body, ?)
UNION ALL SELECT 1 FROM token WHERE project_id = ? AND instr(body, ?) LIMIT 1"""


def fork(
    tx: UniverseTx, project_id: str, *, kept: Snapshot | None, endpoints: Mapping[str, str], is_again: bool
) -> tuple[Project, dict[str, str]]:
    """A universe of that id is as this one is now, or was when it was kept; webhooks go to other addresses as told.

    It answers with the addresses that something goes to and what takes their place, too: an invoice to come may name
    others. `is_again`: one that is there and has the same secret is overwritten; otherwise it is refused (409).
    """
    source = _now(tx) if kept is None else _kept_project(tx, kept)
    urls = _redirected(tx, source, endpoints)
    old_id = f"test-{kept.public_id}" if kept else tx.project.id
    texts = dict(zip(names_of(old_id), names_of(project_id), strict=True))
    texts |= {form: to for old, new in urls.items() for form, to in _written(old, new)}
    copied = replace(source, id=project_id, secret=tx.project.secret, settings=_replaced(source.settings, texts))
    copied = _place(tx, copied, is_again=is_again)
    universe_rows.copy(tx.conn, of_no=source.no, to_no=copied.no, texts=texts, left_out=())
    for old, new in urls.items():
        tx.conn.execute(_REDIRECT, (new, copied.no, old))
    misdelivery.note_early_of(tx, copied.id, copied.settings)
    return copied, {old: new for old, new in urls.items() if _is_told(tx, source, old)}


def keep(tx: UniverseTx, name: str) -> Snapshot:
    """This moment is kept; nothing of the universe changes, its digest neither."""
    source = _now(tx)
    made = _new_snapshot(tx, name, taken_at_ms=tx.now_ms, public_id=tx.project.public_id)
    no = _insert_kept(tx, made, source)
    universe_rows.copy(tx.conn, of_no=source.no, to_no=no, texts={}, left_out=universe_rows.ANSWERS)
    return _insert(tx, made, no)


def take_in(
    tx: UniverseTx,
    name: str,
    *,
    source: Project,
    taken_at_ms: int,
    public_id: str,
    rows: Mapping[str, Any],
) -> Snapshot:
    """A moment of some universe, which was checked, is kept as one of this one."""
    made = _new_snapshot(tx, name, taken_at_ms=taken_at_ms, public_id=public_id)
    no = _insert_kept(tx, made, source)
    universe_rows.put(tx.conn, no, rows)
    return _insert(tx, made, no)


def find(tx: UniverseTx, snapshot_id: str) -> Snapshot:
    """The universe's own snapshot of that id; Refused (404) where there is none."""
    found = next((one for one in snapshots.listed(tx.conn, tx.project.no) if one.id == snapshot_id), None)
    if found is None:
        raise Refused(
            "resource.snapshot.not-found",
            f"this universe has no snapshot {snapshot_id[:80]!r}; GET /sandbox/snapshots lists those it has",
            404,
        )
    return found


def forget(tx: UniverseTx, kept: Snapshot) -> None:
    """The snapshot and its rows are gone; forks made of it stay."""
    universe_rows.wipe(tx.conn, kept.copy_no)
    projects.delete(tx.conn, kept.copy_no)
    snapshots.forget(tx.conn, tx.project.no, kept.n)


def guard_profiles(tx: UniverseTx, source: Project) -> None:
    """Refuse a moment that uses a profile of a folder that isn't there: what is due at that PSP would be lost."""
    missing = [name for name in source.settings.get(FROM_FOLDER, ()) if name not in tx.catalog.profiles]
    if missing:
        raise Refused(
            _INVALID,
            f"the universe uses the PSP {missing[0]}, and this server has none of that name; start it with --psps and "
            f"the folder that holds {missing[0]}.toml",
        )


def _now(tx: UniverseTx) -> Project:
    """The project as the end of the transaction will save it."""
    return replace(tx.project, next_seq=tx.mint.next_seq, clock_ms=tx.now_ms)


def _kept_project(tx: UniverseTx, kept: Snapshot) -> Project:
    source = projects.load_by_no(tx.conn, kept.copy_no)
    assert source is not None, "a snapshot has its rows"
    guard_profiles(tx, source)
    return source


def _place(tx: UniverseTx, copied: Project, *, is_again: bool) -> Project:
    """The project's row, new or in place of an earlier one's, which has no rows any more."""
    there = projects.load(tx.conn, copied.id)
    if there is None:
        return projects.insert(tx.conn, copied, above_no=tx.gone.last_no)
    if there.no == tx.project.no:
        raise Refused(_INVALID, f"as: {copied.id} is this universe itself; a fork has an id of its own", 409, "as")
    if not is_again or there.secret != copied.secret:
        hint = " (again: true overwrites one that has the same secret key)" if not is_again else ", with another secret"
        raise Refused(_INVALID, f"as: there is a universe {copied.id} already{hint}; choose another id", 409, "as")
    universe_rows.wipe(tx.conn, there.no)
    # What is on its way, or remembered, of the universe that was there is told apart by its generation.
    copied = replace(copied, no=there.no, generation=max(there.generation, copied.generation) + 1)
    projects.overwrite(tx.conn, copied)
    return copied


def _redirected(tx: UniverseTx, source: Project, endpoints: Mapping[str, str]) -> dict[str, str]:
    """Address -> its replacement, of endpoints that were named by id or by address."""
    known = [url for (url,) in tx.conn.execute(_ADDRESSES, (source.no,))]
    found: dict[str, str] = {}
    for named, new in endpoints.items():
        old = _address(tx, source, named, known)
        if new in known or new in found.values():
            raise Refused(
                _INVALID, f"endpoints.{named}: {new} gets webhooks of this universe already; name an address of its own"
            )
        if found.setdefault(old, new) != new:
            raise Refused(_INVALID, f"endpoints.{named}: {old} is redirected twice, here and to {found[old]}")
    return found


def _address(tx: UniverseTx, source: Project, named: str, known: list[str]) -> str:
    seq = ids.decode(ids.key_for(source.seed), "wbe_", named)
    if seq is not None and (row := tx.conn.execute(_URL_OF, (source.no, seq)).fetchone()):
        return str(row[0])
    if "://" in named:
        return named
    listed = ", ".join(known[:10]) or "there are none"
    raise Refused(
        _INVALID,
        f"endpoints: {named[:200]!r} is neither an endpoint's id nor an address; known: {listed}{meant(named, known)}",
    )


def _is_told(tx: UniverseTx, source: Project, url: str) -> bool:
    """Whether webhooks go there, or will because an invoice or a token names it."""
    quoted = _quoted(url)
    told = tx.conn.execute(_TELLS, (source.no, url)).fetchone()
    return (told or tx.conn.execute(_NAMED_BY, (source.no, quoted, source.no, quoted)).fetchone()) is not None


def _new_snapshot(tx: UniverseTx, name: str, *, taken_at_ms: int, public_id: str) -> Snapshot:
    there = len(snapshots.listed(tx.conn, tx.project.no))
    if there >= SNAPSHOTS_MAX:
        raise Refused(
            _INVALID,
            f"this universe has {there} snapshots, and at most {SNAPSHOTS_MAX} go; DELETE /sandbox/snapshots/ID takes "
            "one away",
        )
    n = snapshots.next_n(tx.conn, tx.project.no)
    return Snapshot(n, tx.id(_PREFIX, n), name, taken_at_ms, public_id, 0)


def _insert_kept(tx: UniverseTx, made: Snapshot, source: Project) -> int:
    """The number under which a moment's rows are to be."""
    kept = replace(source, id=_name_of(tx, made), secret="")
    return projects.insert(tx.conn, kept, above_no=tx.gone.last_no).no


def _insert(tx: UniverseTx, made: Snapshot, no: int) -> Snapshot:
    kept = made._replace(copy_no=no)
    snapshots.insert(tx.conn, tx.project.no, kept)
    return kept


def _name_of(tx: UniverseTx, made: Snapshot) -> str:
    return f"{_KEPT}{tx.project.no}-{made.n}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _written(old: str, new: str) -> list[tuple[str, str]]:
    """An address as texts have it, escaped or not, and what takes its place."""
    return [(_quoted(old), _quoted(new)), (json.dumps(old), json.dumps(new))]


def _replaced(settings: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(settings, ensure_ascii=False)
    for old, new in texts.items():
        text = text.replace(old, new)
    found: dict[str, Any] = json.loads(text)
    return found
