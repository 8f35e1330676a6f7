"""Views are imported when somebody asks for what they answer, and the table that says which is true."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from mockpsp.api.blueprints import VIEWS, load_blueprint
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

#: What the first answer has no use for: bodies and what reads them, the control plane, its books, pages, documents.
UNASKED = (
    "marshmallow apispec yaml requests urllib3 trustme cryptography segno markdown_it sqlite_utils "
    "mockpsp.api.requests mockpsp.api.shapes mockpsp.api.pages mockpsp.api.described mockpsp.api.resources.invoices "
    "mockpsp.ledger.statements mockpsp.ledger.exports mockpsp.ledger.reconciliation mockpsp.engine.snapshot_files "
    "mockpsp.scenarios"
).split()

_ASK = """
import sys
from mockpsp.config import Settings
import mockpsp.cli.serve
from mockpsp.serving.app import create_app
app = create_app(Settings(db=":memory:"))
client = app.test_client()
for path in sys.argv[1:]:
    assert client.get(path).status_code in (200, 401), path
app.extensions["mockpsp"].close()
print(*sys.modules)
"""


def imported_for(*paths: str) -> set[str]:
    """The modules in memory once a server has answered these, and what packages they belong to."""
    done = subprocess.run([sys.executable, "-c", _ASK, *paths], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("file", VIEWS)
def test_a_file_names_the_beginnings_of_its_routes(file: str) -> None:
    app = Flask("alone", static_folder=None)
    app.register_blueprint(load_blueprint(file))

    assert {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} == set(VIEWS[file])


def test_the_first_answer_waits_for_nothing_that_it_does_not_need() -> None:
    imported = imported_for("/", "/healthz")

    assert [name for name in UNASKED if name in imported] == []
    assert "mockpsp.api.resources.root" in imported


def test_a_shop_that_is_paid_waits_for_no_control_plane() -> None:
    imported = imported_for("/invoices", "/transactions")

    assert {"marshmallow", "mockpsp.api.requests.paying"} <= imported
    assert [name for name in ("mockpsp.api.control.moves", "mockpsp.ledger.statements") if name in imported] == []


def test_routes_come_in_one_order_whatever_was_asked_for_first() -> None:
    orders = []
    for first in ("/sandbox", "/payouts", "/nowhere"):
        app = create_app(Settings(db=":memory:"))
        app.test_client().get(first)
        orders.append([(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()])
        app.extensions["mockpsp"].close()

    assert orders[0] == orders[1] == orders[2]
    names = list(dict.fromkeys(endpoint.split(".")[0] for _, endpoint in orders[0]))
    assert names == [load_blueprint(file).name for file in VIEWS]


def test_many_who_ask_first_at_once_are_all_answered() -> None:
    app = create_app(Settings(db=":memory:"))
    paths = ["/customers/a/tokens/b", "/invoices/a/void", "/sandbox/clock", "/projects/a/nothing", "/events", "/plans"]
    start = Barrier(len(paths) * 2)

    def ask(path: str) -> int:
        start.wait(10)
        return app.test_client().get(path).status_code

    with ThreadPoolExecutor(len(paths) * 2) as pool:
        found = list(pool.map(ask, paths * 2))
    app.extensions["mockpsp"].close()

    assert found == [401, 405, 401, 404, 401, 401] * 2
