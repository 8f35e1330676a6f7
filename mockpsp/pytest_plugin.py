"""Fixtures for tests that need payments: a server once a run, a universe a test.

`mockpsp_server` runs for the whole session on a free loopback port and keeps nothing. `mockpsp` is a fresh universe on
it for each test, with its own credentials and helpers. Imports happen inside, so that a project that merely has the
package installed pays nothing for it.
"""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockpsp.sandbox_client import Sandbox


#: A digest of digits alone could be taken for a card number, and such a project is refused.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's one setting, for pytest's own configuration file."""
    parser.addini("mockpsp_psps", "A folder of PSP profiles of your own, from where the configuration file is.")


@pytest.fixture(scope="session")
def mockpsp_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a server that runs as long as the test session; universes start on a manual clock."""
    from mockpsp.config import Settings
    from mockpsp.serving.app import create_app
    from mockpsp.serving.server import Server

    psps = str(pytestconfig.getini("mockpsp_psps") or "")
    folder = str(pytestconfig.rootpath / psps) if psps else ""
    settings = Settings(port=0, db=":memory:", clock="manual", psps=folder)
    app = create_app(settings)
    server = Server(app, settings)
    server.start()
    yield server.url
    app.extensions["mockpsp"].stop_moving()
    server.stop()
    app.extensions["mockpsp"].close()


@pytest.fixture
def mockpsp(mockpsp_server: str, request: pytest.FixtureRequest) -> Iterator["Sandbox"]:
    """A fresh universe for this test: `url`, `project_id`, `secret`, and helpers to move its world.

    Its ids follow from the test's own name, so they are the same in every run.
    """
    from mockpsp.sandbox_client import Sandbox

    name = hashlib.blake2b(request.node.nodeid.encode(), digest_size=12).hexdigest().translate(_LETTERS)
    sandbox = Sandbox(mockpsp_server, f"test-proj_{name}", f"key_sandbox_{name}")
    sandbox.reset()
    yield sandbox
    sandbox.close()
