"""The schema of the code as text. After a change: `python -m tests.mockpsp.store.schema` records it for its version."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mockpsp.store.db import Database
from mockpsp.store.migrations import SCHEMA_VERSION, migrate

HERE = Path(__file__).parent


def recorded(version: int) -> Path:
    """Where the schema of a version stands."""
    return HERE / f"schema_{version}.sql"


def text_of(conn: sqlite3.Connection) -> str:
    """Everything that was made in a database, in the order of its making."""
    made = conn.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    return "".join(f"{sql};\n" for (sql,) in made)


def text_of_code() -> str:
    """What a fresh file holds."""
    with closing(Database(":memory:")) as database:
        migrate(database)
        return text_of(database.connection())


if __name__ == "__main__":
    recorded(SCHEMA_VERSION).write_text(text_of_code(), encoding="utf-8")
