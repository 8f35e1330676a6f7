"""How SQLite goes about each statement: by a key that fits it, never through all that a universe has of a kind.

The planner has no statistics here, and takes the primary key for sorting where an index would find. A statement that
means an index names it (INDEXED BY). To add one that reads everything on purpose: its row in `WHOLE`.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

import mockpsp
import mockpsp.webhooks
from mockpsp.store import db, migrations, payments

STATEMENT = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE)\b")
#: A search by the universe alone, or none at all.
EVERYTHING = re.compile(r"\((project_id|tenant_id)=\?\)|^SCAN (?!json_each|wanted|waiting|page$|CONSTANT|\()")

#: What begins like a statement and is a part of others.
PARTS = ("mockpsp.webhooks.delivery._WAITING",)
#: Module and name of statements that read all there is -> why that is no more than is asked for.
WHOLE: dict[str, str] = {
    "mockpsp.engine.digest._TABLES": "the tables of the file",
    "mockpsp.ledger.book._BALANCES": "the accounts",
    "mockpsp.engine.forks._ADDRESSES": "the endpoints, once a fork that redirects some",
    "mockpsp.engine.forks._NAMED_BY": "invoices and tokens, once a fork that redirects an address without an endpoint",
    "mockpsp.engine.forks._TELLS": "the endpoints, once a fork that redirects some",
    "mockpsp.engine.forks._REDIRECT": "the endpoints, once a fork that redirects some",
    "mockpsp.ledger.book._SUMS": "the books are looked through",
    "mockpsp.ledger.book._MOVED": "the books are looked through",
    "mockpsp.ledger.book._MOVED_BEFORE": "the books are looked through",
    "mockpsp.ledger.book._KEPT": "the accounts",
    "mockpsp.ledger.book._LAST": "the last one of a key in order",
    "mockpsp.ledger.exports._ACCOUNTS": "the accounts",
    "mockpsp.ledger.exports._CURRENCIES": "the accounts",
    "mockpsp.ledger.exports._FIRST": "the journal, whose first entry need not have the lowest number, once an export",
    "mockpsp.ledger.reconciliation._INVOICES": "all invoices, once a reconciliation",
    "mockpsp.ledger.reconciliation._METADATA": "all invoices, once a reconciliation",
    "mockpsp.store.files._OLDER_ACCOUNTS": "the accounts, once a file is opened",
    "mockpsp.store.agenda._FIRST": "the first one of a key in order",
    "mockpsp.store.agenda._FIRST_MOMENT": "the first one of a key in order",
    "mockpsp.store.agenda._ALL": "the first ones of a key in order",
    "mockpsp.store.agenda._SETTLEMENTS": "what waits, once a settlement by hand",
    "mockpsp.store.agenda._DELETE_PAYOUTS": "what waits, once a change of a PSP",
    "mockpsp.store.agenda._RULES": "the rules",
    "mockpsp.store.agenda._DELETE_RULES": "the rules",
    "mockpsp.store.audit._BEYOND": "the payments are looked through",
    "mockpsp.store.listing._TOTAL": "counted for a list within something; a universe's own lists keep their number",
    "mockpsp.store.holdings._HOLDING": "the universes, and of each the first row, once a command that must choose one",
    "mockpsp.store.holdings._COUNTS": "the rows of a universe, once a command that lists it to choose from",
    "mockpsp.store.history._AHEAD": "what waits, once a look at a payment",
    "mockpsp.store.overview._PAYMENTS": "the payments, once a diff",
    "mockpsp.store.overview._REFUNDS": "the refunds, once a diff",
    "mockpsp.store.overview._PAYOUTS": "the payouts, once a diff",
    "mockpsp.store.overview._EVENTS": "the events, once a diff",
    "mockpsp.store.payouts._SHOWN": "the payouts, once an export",
    "mockpsp.store.payouts._HIDDEN": "the payouts, once an export",
    "mockpsp.store.payouts._TOLD_BY_ACCOUNT": "the lines, once an export",
    "mockpsp.store.payouts._MOVEMENTS": "the lines, once an export",
    "mockpsp.store.payouts._EXTENT": "the lines, once an export",
    "mockpsp.ledger.book._OF_ACCOUNT": "the books are looked through",
    "mockpsp.store.resources._LOAD_COUNTS": "a row a kind",
    "mockpsp.store.snapshots._LAST": "a universe's snapshots, of which it has a hundred",
    "mockpsp.store.snapshots._LIST": "a universe's snapshots, of which it has a hundred",
    **{
        f"mockpsp.engine.snapshot_rows.{name}": "the one universe of a file, tried out"
        for name in (
            "_ATTEMPTS _EFFECTS _ENDPOINTS _ENTRIES _EVENTS _FACT_BODIES _INVOICES _PAIRED _PAYMENTS _PAYOUTS _PENDING "
            "_UNPAID _WAITING"
        ).split()
    },
    "mockpsp.store.overview._NUMBERS": "the one universe of a file, tried out",
    "mockpsp.store.overview._LAST_EVENTS": "the one universe of a file, tried out",
    "mockpsp.store.tx._AGES": "the universes, once a list of them",
    "mockpsp.store.snapshots._FORGET_ALL": "a universe is deleted",
    "mockpsp.store.tx._ALL_SETTINGS": "the universes, once a start",
    "mockpsp.store.tx._ALL_NOS": "the universes, once a start",
    "mockpsp.store.universe_rows._COLUMNS": "the columns of a table",
    "mockpsp.store.wiping._DELETE": "a universe is emptied",
    "mockpsp.webhooks.delivery._WHO_WAITS": "the first one of a key in order",
    "mockpsp.webhooks.delivery._NEXT_OF_WAITING": "the first one of a key in order",
    "mockpsp.webhooks.records._DEAD_AGAIN": "the deliveries, once a resend of all that are dead",
    "mockpsp.webhooks.records._PENDING": "the first ones of a key in order",
    "mockpsp.webhooks.records._STRICT": "the endpoints, once a resend of all that are dead",
    "mockpsp.webhooks.outbox._LISTENING": "the endpoints that an event goes to",
    "mockpsp.webhooks.outbox._LIST": "the endpoints",
    "mockpsp.webhooks.outbox._CLEAR": "a universe is emptied",
}


def statements() -> Iterator[tuple[str, str]]:
    """(module and name, text) of each statement that is kept under a name, alone or among others."""
    walks = (pkgutil.walk_packages(package.__path__, f"{package.__name__}.") for package in (mockpsp, mockpsp.webhooks))
    for found in chain.from_iterable(walks):
        if found.name.rpartition(".")[2] == "__main__":
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            for text in _texts(value):
                if STATEMENT.match(text) and f"{found.name}.{name}" not in PARTS:
                    yield f"{found.name}.{name}", text


def _texts(value: Any) -> list[str]:
    among = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else [value]
    return [text for text in among if isinstance(text, str)]


@pytest.fixture(scope="module")
def plans() -> dict[str, list[str]]:
    """Name of a statement -> the lines of its plan that read everything, of whatever stands under it."""
    database = db.Database(":memory:")
    migrations.migrate(database)
    conn = database.connection()
    found: dict[str, list[str]] = {}
    for name, text in statements():
        names = re.findall(r"(?<![\w:]):([a-z_]+)", text)
        values: Any = dict.fromkeys(names, 1) if names else [1] * text.count("?")
        plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        found.setdefault(name, []).extend(line for line in plan if EVERYTHING.search(line))
    database.close()
    return found


def test_nothing_is_looked_for_among_everything(plans: dict[str, list[str]]) -> None:
    assert {name: lines for name, lines in plans.items() if lines and name not in WHOLE} == {}


def test_what_reads_everything_does(plans: dict[str, list[str]]) -> None:
    assert {name for name in WHOLE if not plans.get(name)} == set()


def test_statements_are_found(plans: dict[str, list[str]]) -> None:
    assert len(plans) > 80


def test_what_facts_change_of_a_payment_is_in_no_index() -> None:
    database = db.Database(":memory:")
    migrations.migrate(database)
    text = payments._UPDATE_PAYMENT
    steps = database.connection().execute(f"EXPLAIN {text}", [1] * text.count("?")).fetchall()
    database.close()

    assert [step[1] for step in steps].count("OpenWrite") == 1
