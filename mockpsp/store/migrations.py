"""How a file gets its tables. A fresh file runs `schema.sql` as it is; an older one is brought up step by step.

`PRAGMA user_version` names the step a file is at. To change a table: edit schema.sql for fresh files, raise
`SCHEMA_VERSION`, add the step that brings an older file to the same shape, and record the shape beside the tests, which
say how. Steps get a `sqlite_utils.Database`, whose `transform` does what SQLite's ALTER TABLE can't.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from mockpsp import __version__
from mockpsp.store import files
from mockpsp.store.db import Database
from mockpsp.store.faults import FileError, damaged
from mockpsp.store.files import Found

if TYPE_CHECKING:
    import sqlite_utils

SCHEMA_VERSION = 6
#: The oldest version whose tables are the ones of today: it can be read without being brought up.
READABLE_SINCE = 6
#: Where a schema.sql lies.
_PACKAGES = ("mockpsp.store", "mockpsp.webhooks")
_TABLE = re.compile(r"^\s*CREATE TABLE (\w+)", re.MULTILINE)

#: What version 2 added to version 1, as schema.sql has it.
_ADDED_IN_2: tuple[str, ...] = (
    """CREATE TABLE gateway_request (
  project_id INTEGER NOT NULL, digest TEXT NOT NULL, payment_seq INTEGER NOT NULL,
  PRIMARY KEY (project_id, digest)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE product (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE payout (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL,
  status TEXT NOT NULL, amount_minor INTEGER NOT NULL,
  body TEXT NOT NULL,
  deleted_at_ms INTEGER,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE payout_item (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL,
  payout_seq INTEGER, payment_seq INTEGER, type TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, fees_minor INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  repays_seq INTEGER,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX payout_item_unpaid ON payout_item (project_id, gateway, currency, seq) WHERE payout_seq IS NULL",
    "CREATE INDEX payout_item_payout ON payout_item (project_id, payout_seq, seq) WHERE payout_seq IS NOT NULL",
    "CREATE INDEX payout_item_payment ON payout_item (project_id, payment_seq, seq) WHERE payment_seq IS NOT NULL",
    "ALTER TABLE card ADD COLUMN anonymised_at_ms INTEGER",
    "ALTER TABLE webhook_attempt ADD COLUMN response_body TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE webhook_attempt ADD COLUMN response_headers TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE waiting_refund (
  project_id INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL, seq INTEGER NOT NULL,
  payment_seq INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
  PRIMARY KEY (project_id, gateway, currency, seq)
) STRICT, WITHOUT ROWID""",
)

#: And version 4 to version 3.
_ADDED_IN_4: tuple[str, ...] = (
    "ALTER TABLE webhook_endpoint ADD COLUMN dialect TEXT NOT NULL DEFAULT 'standard'",
    "ALTER TABLE webhook_endpoint ADD COLUMN body_form TEXT NOT NULL DEFAULT 'thin'",
    "ALTER TABLE webhook_endpoint ADD COLUMN rotations INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE webhook_endpoint ADD COLUMN rotated_seq INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE webhook_endpoint ADD COLUMN certificate_url TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE webhook_message ADD COLUMN facts TEXT",
    "ALTER TABLE webhook_endpoint ADD COLUMN schedule TEXT NOT NULL DEFAULT 'processout'",
    "ALTER TABLE webhook_endpoint ADD COLUMN ordering TEXT NOT NULL DEFAULT 'one_by_one'",
    "ALTER TABLE webhook_endpoint ADD COLUMN is_reserializable INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE webhook_delivery ADD COLUMN misbehaves TEXT",
    "ALTER TABLE webhook_attempt ADD COLUMN request_headers TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE webhook_attempt ADD COLUMN request_body TEXT",
)

#: And version 5 to version 4.
_ADDED_IN_5: tuple[str, ...] = (
    """CREATE TABLE snapshot (
  project_id INTEGER NOT NULL,
  n INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, taken_at_ms INTEGER NOT NULL,
  public_id TEXT NOT NULL,
  copy_no INTEGER,
  PRIMARY KEY (project_id, n)
) STRICT, WITHOUT ROWID""",
    "ALTER TABLE payout_item ADD COLUMN made_at_ms INTEGER",
    "ALTER TABLE payout_item ADD COLUMN captured_at_ms INTEGER",
)

#: And version 6 to version 5.
_ADDED_IN_6: tuple[str, ...] = (
    "ALTER TABLE project ADD COLUMN opened_real_ms INTEGER",
    "ALTER TABLE project ADD COLUMN used_real_ms INTEGER",
)


def _to_2(database: "sqlite_utils.Database") -> None:
    """Tables and columns of the whole API."""
    for statement in _ADDED_IN_2:
        database.execute(statement)


def _to_3(database: "sqlite_utils.Database") -> None:
    """Nothing but the mark of `APPLICATION_ID`, which every step leaves."""


def _to_4(database: "sqlite_utils.Database") -> None:
    """How an endpoint's calls are signed and delivered, what goes wrong with a delivery, and what was sent."""
    for statement in _ADDED_IN_4:
        database.execute(statement)


def _to_5(database: "sqlite_utils.Database") -> None:
    """When what payouts' lines are about happened; snapshots. 4 doesn't look for gateways in accounts of fees."""
    for statement in _ADDED_IN_5:
        database.execute(statement)


def _to_6(database: "sqlite_utils.Database") -> None:
    """How old universes are."""
    for statement in _ADDED_IN_6:
        database.execute(statement)


#: Version reached -> the step that reaches it from the one before.
STEPS: dict[int, Callable[["sqlite_utils.Database"], None]] = {2: _to_2, 3: _to_3, 4: _to_4, 5: _to_5, 6: _to_6}


def check_servable(path: str) -> None:
    """A server may have the file, or make it; nothing was changed. `FileError` says why not."""
    if path == files.MEMORY:
        return
    found = files.look(path)
    files.check_writable(path)
    if found is not None and not found.is_blank:
        _check_ours(path, found)


def check_readable(path: str, *, since: int = READABLE_SINCE) -> None:
    """The file is there and of a version from `since` to ours; nothing was changed. `FileError` says why not."""
    found = files.look(path)
    if found is None:
        raise FileError(f"can't read {path}: No such file or directory; --db names the server's file")
    if found.is_blank:
        raise FileError(f"{path} is empty; --db names the server's file")
    _check_ours(path, found)
    if found.version < since:
        raise FileError(
            f"{path} has schema {found.version} of an older mockpsp, and reading leaves a file as it is; a server "
            f"brings it up to schema {SCHEMA_VERSION}: mockpsp serve --db {path}"
        )


def migrate(database: Database) -> None:
    """Leave the file at `SCHEMA_VERSION`, in one transaction; raise `FileError` when it can't be brought there."""
    check_servable(database.path)
    with database.writing() as conn:
        version = int(conn.execute("PRAGMA user_version").fetchone()[0])
        if version == SCHEMA_VERSION:
            return
        if version == 0:
            for package in _PACKAGES:
                for statement in _statements(_schema_of(package)):
                    conn.execute(statement)
        else:
            import sqlite_utils

            for step in range(version + 1, SCHEMA_VERSION + 1):
                STEPS[step](sqlite_utils.Database(conn))
        conn.execute(f"PRAGMA application_id = {files.APPLICATION_ID}")
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _check_ours(path: str, found: Found) -> None:
    if not found.is_ours:
        raise FileError(f"{path} is a database, but not one of mockpsp's; it was left as it is")
    if found.version > SCHEMA_VERSION:
        raise FileError(
            f"{path} has schema {found.version}, which a newer mockpsp made; mockpsp {__version__} knows schema "
            f"{SCHEMA_VERSION} and older: install the newer one, or name another file"
        )
    if found.version < 1:
        raise damaged(path, "it is marked as mockpsp's and has no schema")
    if found.older_account:
        raise FileError(
            f"{path} was made by an older mockpsp, of schema {found.version}, and has postings under "
            f"{found.older_account}, which doesn't say whose fees they are; mockpsp {__version__} books them under "
            f"{found.older_account.replace(':psp:', ':psp:<gateway>:')}: read the file with the one that made it, "
            "or name another"
        )
    if missing := _tables_of(found.version) - found.tables:
        raise damaged(path, f"it has no table {', '.join(sorted(missing))}")


@cache
def _tables_of(version: int) -> frozenset[str]:
    """The tables of a version of ours; nothing was taken away since the first."""
    made = [statement for package in _PACKAGES for statement in _statements(_schema_of(package))]
    made_later = (*(_ADDED_IN_2 if version < 2 else ()), *(_ADDED_IN_5 if version < 5 else ()))
    return frozenset(_table_names(made)) - frozenset(_table_names(made_later))


def _table_names(statements: Iterable[str]) -> Iterator[str]:
    return (found[1] for found in map(_TABLE.search, statements) if found)


def _schema_of(package: str) -> str:
    return (resources.files(package) / "schema.sql").read_text()


def _statements(script: str) -> list[str]:
    """Split a script at complete statements; `executescript` would end the transaction."""
    import sqlite3

    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
