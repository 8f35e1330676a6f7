"""Fixtures for tests that need payments: a server once a run, a universe a test, a module or a run.

`mockpsp_server` runs for the whole session on a free loopback port and keeps nothing, unless `--mockpsp-url` names one
that runs already. `mockpsp`, `mockpsp_module` and `mockpsp_session` are fresh universes on it, with credentials and
helpers of their own; a test that fails tells in its report what happened in those it used. Imports happen inside, so
that a project that merely has the package installed pays nothing for it.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockpsp.sandbox_client import Sandbox


#: A digest of digits alone could be taken for a card number, and such a project is refused.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_BEGINNING = {"mode": "manual", "clock": "2026-01-01T00:00:00Z"}
_PSPS = "mockpsp_psps"
_SERVER = "mockpsp_server"
#: The fixtures of pyfakefs.
_FAKE_FILES = frozenset({"fs", "fs_class", "fs_module", "fs_session"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's settings: one for pytest's own configuration file, one for the command line."""
    parser.addini(_PSPS, "A folder of PSP profiles of your own, from where the configuration file is.")
    parser.getgroup("mockpsp").addoption(
        "--mockpsp-url",
        metavar="URL",
        help="Use the mockpsp that runs there, such as http://127.0.0.1:8765, instead of starting one.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The plugin's mark is known; options that contradict each other end the run."""
    config.addinivalue_line(
        "markers", "psps(can={...}): run once for each PSP that can do this; the test takes the argument `psp`"
    )
    url = config.getoption("--mockpsp-url")
    if url and config.getini(_PSPS):
        raise pytest.UsageError(
            f"--mockpsp-url: profiles of PSPs belong to the server that runs there, so {_PSPS} can't give it any; "
            f"start it with them (mockpsp serve --psps {config.getini(_PSPS)}) and leave {_PSPS} out: "
            f"-o {_PSPS}="
        )
    if url:
        _check_answers(url)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which server is used, where it isn't the run's own."""
    url = config.getoption("--mockpsp-url")
    return f"mockpsp: {url}" if url else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """The client is imported before any test replaces what it sends by, or the files it would be read from."""
    if any(_SERVER in getattr(item, "fixturenames", ()) for item in session.items):
        import mockpsp.sandbox_client

        if _has_fake_files(session):
            import mockpsp.failure_reports
            import mockpsp.scenarios.replaying.receiver  # noqa: F401


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked `psps` runs once for each of them."""
    mark = metafunc.definition.get_closest_marker("psps")
    if mark is None:
        return
    where = metafunc.definition.nodeid
    if mark.args or set(mark.kwargs) - {"can"}:
        raise pytest.UsageError(f"{where}: the mark psps takes can={{fact: value}} and nothing else")
    if "psp" not in metafunc.fixturenames:
        raise pytest.UsageError(f"{where}: the mark psps gives the argument psp, which this test does not take")
    try:
        found = psps(mark.kwargs.get("can"), folder=_folder(metafunc.config))
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {error}") from None
    metafunc.parametrize("psp", found)


def psps(can: Mapping[str, Any] | None = None, *, folder: str | Path | None = None) -> list[str]:
    """The names of the PSPs that can do this, `can={"partial_capture": ["once", "many"]}`, or of all; no server needed.

    `folder` has profiles of your own. ValueError names a fact or value that no PSP has.
    """
    from mockpsp.catalog import CatalogError, load_catalog
    from mockpsp.catalog.facts import ASKED, value_of
    from mockpsp.catalog.profile_sheet import profile_json
    from mockpsp.domain.text.nearest import nearest_name
    from mockpsp.scenarios.language.capabilities import facts_shown, unmet

    wanted = {}
    for fact, values in (can or {}).items():
        if fact not in ASKED:
            near = nearest_name(fact, ASKED)
            hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(ASKED))}"
            raise ValueError(f"can: PSPs have no fact {fact!r}; {hint}")
        try:
            listed = values if isinstance(values, list | tuple) else [values]
            wanted[fact] = tuple(value_of(fact, value) for value in listed)
        except CatalogError as error:
            raise ValueError(str(error)) from None
    profiles = load_catalog(str(folder or "")).profiles
    found = [name for name, one in profiles.items() if not unmet(wanted, facts_shown(profile_json(one)))]
    if not found:
        raise ValueError(f"can: no PSP can do {dict(can or {})}; `mockpsp psps` shows what each can do")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """A failed test's report has a section with what happened in the universes that it used."""
    made = yield
    if made.failed and _SERVER in getattr(item, "fixturenames", ()):
        from mockpsp.failure_reports import report
        from mockpsp.sandbox_client import Sandbox

        used = {id(one): one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Sandbox)}
        made.sections += [("mockpsp", text) for one in used.values() if (text := report(one))]
    return made


@pytest.fixture(scope="session")
def mockpsp_server(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server that runs as long as the test session, or of the one that `--mockpsp-url` names.

    It is a process of its own where gevent or a fake file system replaces in this one what a server stands on.
    """
    if url := pytestconfig.getoption("--mockpsp-url"):
        yield url.rstrip("/")
        return
    from mockpsp.serving.for_tests import served_apart, served_here

    serve = served_apart if _is_replaced(request.session) else served_here
    with ExitStack() as stack:
        with _blocked_sockets_explained(), _real_files():
            url = stack.enter_context(serve(_folder(pytestconfig)))
        yield url


@pytest.fixture
def mockpsp(mockpsp_server: str, request: pytest.FixtureRequest) -> Iterator["Sandbox"]:
    """A fresh universe for this test: `url`, `project_id`, `secret`, and helpers to move its world.

    Its ids follow from the test's own name, so they are the same in every run.
    """
    yield from _universe(mockpsp_server, request.config, request.node.nodeid)


@pytest.fixture(scope="module")
def mockpsp_module(mockpsp_server: str, request: pytest.FixtureRequest) -> Iterator["Sandbox"]:
    """A fresh universe that the tests of this module share."""
    yield from _universe(mockpsp_server, request.config, f"module {request.node.nodeid}{_worker(request.config)}")


@pytest.fixture(scope="session")
def mockpsp_session(mockpsp_server: str, request: pytest.FixtureRequest) -> Iterator["Sandbox"]:
    """A fresh universe that all tests of the run share, or all of one process where pytest-xdist makes several."""
    yield from _universe(mockpsp_server, request.config, f"session{_worker(request.config)}")


def _is_replaced(session: pytest.Session) -> bool:
    """Whether this process is no place for a server.

    gevent may replace threads and sockets at any time: a server that ran before would wait for ever on what was there.
    """
    return "gevent" in sys.modules or _has_fake_files(session)


def _has_fake_files(session: pytest.Session) -> bool:
    """Whether a test takes a fixture of pyfakefs, or a test module has anything of it."""
    if "pyfakefs" not in sys.modules:  # where it is installed, pytest has loaded its plugin
        return False
    modules = {id(found): found for item in session.items if (found := getattr(item, "module", None))}
    return any(_FAKE_FILES.intersection(getattr(item, "fixturenames", ())) for item in session.items) or any(
        (getattr(value, "__module__", None) or getattr(value, "__name__", None) or "").startswith("pyfakefs")
        for module in modules.values()
        for value in vars(module).values()
    )


def _real_files() -> AbstractContextManager[object]:
    """Fake files that are there for the whole run are laid aside: no process starts among them."""
    fake = sys.modules.get("pyfakefs.fake_filesystem_unittest")
    patcher = fake and fake.Patcher.PATCHER
    return fake.Pause(patcher) if fake and patcher and patcher.is_patching else nullcontext()


def _universe(url: str, config: pytest.Config, name: str) -> Iterator["Sandbox"]:
    from mockpsp.sandbox_client import Sandbox

    letters = hashlib.blake2b(name.encode(), digest_size=12).hexdigest().translate(_LETTERS)
    sandbox = Sandbox(url, f"test-proj_{letters}", f"key_sandbox_{letters}")
    # A server that was started by hand may have another clock for universes that begin.
    with _blocked_sockets_explained():
        sandbox.reset(**(_BEGINNING if config.getoption("--mockpsp-url") else {}))
    yield sandbox
    sandbox.close()


@contextmanager
def _blocked_sockets_explained() -> Iterator[None]:
    """Where pytest-socket forbids what a universe can't do without, the test fails with what to allow."""
    try:
        yield
    except RuntimeError as error:
        if type(error).__module__ != "pytest_socket":
            raise
        pytest.fail(
            f"pytest-socket forbids mockpsp its server's address: {error} Allow this machine alone: "
            "--allow-hosts=127.0.0.1 in place of --disable-socket",
            pytrace=False,
        )


def _worker(config: pytest.Config) -> str:
    """What sets processes apart that share a server which none of them started."""
    given = getattr(config, "workerinput", None)
    return f" {given['workerid']}" if given and config.getoption("--mockpsp-url") else ""


def _folder(config: pytest.Config) -> str:
    psps = str(config.getini(_PSPS) or "")
    return str(config.rootpath / psps) if psps else ""


def _check_answers(url: str) -> None:
    """UsageError unless mockpsp of this version answers there."""
    from mockpsp import __version__
    from mockpsp.sandbox_client import Sandbox

    try:
        with Sandbox(url, "", "") as anybody:
            version = anybody.call("GET", "/healthz").json()["version"]
    # What `requests` raises are OSErrors, and ValueErrors for what is no address and no JSON.
    except (OSError, ValueError, LookupError, TypeError):
        raise pytest.UsageError(
            f"--mockpsp-url: no mockpsp answers at {url!r}; `mockpsp serve` starts one and prints its address"
        ) from None
    if version != __version__:
        raise pytest.UsageError(
            f"--mockpsp-url: the mockpsp at {url} is {version}, and this plugin is of {__version__}; start one of the "
            "same version"
        )
