"""The running server as commands find it, and the universe in it that they are about.

A server writes beside its file where it is (serving/lock.py), so that nobody has to say what the file in the folder
knows. To make a command that calls a server: `@calls_server` gives it a `Caller`.
"""

import codecs
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import click
from click.core import ParameterSource

from mockpsp import __version__
from mockpsp.cli import InputError
from mockpsp.cli.choosing import OWN_ID, OWN_SECRET, choose
from mockpsp.cli.files import database_path, db_option, project_option
from mockpsp.config import Settings, SettingsError
from mockpsp.own_machine import proxies_of
from mockpsp.serving.lock import LockError, holder_of
from mockpsp.store import db as databases
from mockpsp.store import migrations
from mockpsp.store import tx as projects
from mockpsp.store.faults import StorageError

#: A settle waits as long as it may take (api/control/settle.py), and its answer some time longer.
TIMEOUT_S = 60
_BLOCK = 1 << 16

url_option = click.option(
    "--url",
    metavar="URL",
    envvar="MOCKPSP_URL",
    help="The server.  [default: MOCKPSP_URL, else that of the file, else http://127.0.0.1:8765]",
)
key_option = click.option(
    "--key", metavar="KEY", envvar="MOCKPSP_KEY", help="The universe's key.  [default: MOCKPSP_KEY, else the file's]"
)


class Place(NamedTuple):
    """Where a server is; its file is empty where it keeps none that we know of."""

    url: str
    file: str = ""
    ca: str = ""
    #: The file that no server runs on, where that is why it is looked for here.
    unserved: str = ""


class Refusal(InputError):
    """The server refused what was asked; `body` is its whole answer."""

    def __init__(self, message: str, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class Caller:
    """Calls to one universe on a running server; whatever goes wrong is told in a line, with the way out."""

    def __init__(self, place: Place, project_id: str, secret: str) -> None:
        import requests  # only for commands that call somebody

        self.url, self.project_id = place.url, project_id
        self._file = place.file
        self._unserved = place.unserved
        self._failed = requests.RequestException
        self._session = requests.Session()
        self._session.auth = (project_id, secret)
        # Given with each request: a session's own is overruled by REQUESTS_CA_BUNDLE.
        self._ca: str | bool = place.ca or True
        self._proxies = proxies_of(place.url)

    def get(self, path: str) -> dict[str, Any]:
        """The answer to a GET."""
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """The answer to a POST."""
        return self.ask("POST", path, {} if body is None else body)

    def ask(
        self, method: str, path: str, body: Any = None, *, may_decline: bool = False, may_fail: bool = False
    ) -> dict[str, Any]:
        """The answer's body, a success: or that of a decline (410), or of what came to no end (409), where they may be.

        Raises `Refusal`, `InputError`.
        """
        answer = self._answer(method, path, json=body)
        shown = _body(answer.content)
        if shown is None or "success" not in shown:
            raise InputError(f"what answers at {self.url} is not mockpsp: {method} {path} gave {answer.status_code}")
        status = answer.status_code
        if shown["success"] or (may_decline and status == 410) or (may_fail and status == 409 and "ran" in shown):
            return shown
        raise self._refusal(answer.status_code, shown)

    def pieces(self, path: str, asked: Mapping[str, str]) -> Iterator[str]:
        """The text that answers a GET, as it comes; raises as `ask` does, before any of it is given out."""
        answer = self._answer("GET", path, params=asked, stream=True)
        if answer.status_code != 200:
            raise self._refusal(answer.status_code, _body(answer.content) or {})
        return self._texts(answer)

    def _texts(self, answer: Any) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for block in answer.iter_content(_BLOCK):
                yield decoder.decode(block)
        except self._failed as error:
            raise click.ClickException(f"the answer of {self.url} was cut off: {error}") from None

    def _answer(self, method: str, path: str, **how: Any) -> Any:
        try:
            return self._session.request(
                method,
                self.url + path,
                timeout=TIMEOUT_S,
                proxies=self._proxies,
                verify=self._ca,
                allow_redirects=False,
                **how,
            )
        except self._failed as error:
            raise self._unreachable(error) from None

    def _refusal(self, status: int, shown: dict[str, Any]) -> Refusal:
        message = str(shown.get("message") or f"the server answered {status}")
        if shown.get("error_type") == "request.route-not-found":
            message += f": the server at {self.url} is mockpsp {self._version()}, and this command of {__version__}"
            message += "; start one of the same version"
        if status == 401:
            message += f" ({self.project_id} at {self.url}; --project and --key say another)"
        return Refusal(message, status, shown)

    def _version(self) -> str:
        try:
            answer = self._session.get(f"{self.url}/healthz", timeout=TIMEOUT_S, proxies=self._proxies, verify=self._ca)
        except self._failed:
            return "of another version"
        return str((_body(answer.content) or {}).get("version", "of another version"))

    def _unreachable(self, error: Exception) -> click.ClickException:
        import requests

        if isinstance(error, requests.Timeout):
            return click.ClickException(f"the server at {self.url} did not answer within {TIMEOUT_S} s")
        if isinstance(error, requests.exceptions.SSLError):
            return click.ClickException(
                f"the certificate of {self.url} is not trusted: REQUESTS_CA_BUNDLE names its file"
            )
        if isinstance(error, requests.ConnectionError):
            start = f"mockpsp serve --db {self._file}" if self._file else "mockpsp serve"
            none = f"no server runs on {self._unserved}, and none" if self._unserved else "no server"
            return click.ClickException(
                f"{none} answers at {self.url}; start one in another terminal: {start}\n"
                "(or say where it is: --url, MOCKPSP_URL)"
            )
        return click.ClickException(f"{self.url} can't be called: {error}")


def calls_server(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which server and universe, and its first argument: a `Caller`."""

    @url_option
    @project_option
    @key_option
    @db_option
    @wraps(function)
    def run(*args: Any, url: str | None, project_id: str | None, key: str | None, db: str | None, **rest: Any) -> Any:
        return function(caller_of(url, project_id, key, db), *args, **rest)

    return run


def caller_of(url: str | None, project_id: str | None, key: str | None, db: str | None) -> Caller:
    """The universe that the options mean."""
    url, in_it = _without_credentials(url)
    place = find(url, db)
    if in_it is not None:
        # A variable may name another project for every command; an option beside the address means this one.
        source = click.get_current_context().get_parameter_source("project_id")
        if source is ParameterSource.COMMANDLINE and project_id != in_it[0]:
            raise InputError(f"--url names the project {in_it[0]} and --project {project_id}; leave one of them out")
        return Caller(place, *in_it)
    return Caller(place, *_credentials(place, project_id, key))


def find(url: str | None, db: str | None) -> Place:
    """The server that the options mean: the one named, else that of the file, else where one would be."""
    try:
        settings = Settings.from_process(db=db)
    except SettingsError as error:
        raise InputError(str(error)) from None
    is_file = settings.db != ":memory:" and os.path.exists(settings.db)
    try:
        holder = holder_of(settings.db) if is_file else None
    except LockError as error:
        raise InputError(str(error)) from None
    if url is not None:
        url = _checked(url)
        is_its = holder is not None and holder.url == url
        return Place(url, settings.db if is_its else "", holder.ca if is_its and holder else "")
    if holder is not None and holder.url:
        return Place(holder.url, settings.db, holder.ca)
    if db is not None:
        database_path(db)
        raise InputError(f"no server runs on {db}; start one in another terminal: mockpsp serve --db {db}")
    return Place(f"http://{_host(settings.host)}:{settings.port or 8765}", unserved=settings.db)


def _credentials(place: Place, project_id: str | None, key: str | None) -> tuple[str, str]:
    if project_id is not None and key is not None:
        return project_id, key
    if not place.file:
        return project_id or OWN_ID, key or OWN_SECRET
    try:
        migrations.check_readable(place.file)
        with closing(databases.Database(place.file, read_only=True)) as database, database.reading() as conn:
            if project_id is not None and key is None and projects.load(conn, project_id) is None:
                raise InputError(
                    f"{place.file} has no project {project_id} yet: --key gives it one, such as {OWN_SECRET}"
                )
            project = choose(conn, place.file, project_id)
            return project.id, key or project.secret
    except StorageError as error:
        raise InputError(str(error)) from None


def _without_credentials(url: str | None) -> tuple[str | None, tuple[str, str] | None]:
    """An address without the project and the key that stand in it, as the reading commands take one, and those."""
    parts = _split(url or "")
    if url is None or not parts.username or not parts.password:
        return url, None
    return url.replace(f"{parts.netloc.rpartition('@')[0]}@", "", 1), (unquote(parts.username), unquote(parts.password))


def _split(url: str) -> SplitResult:
    """The parts of an address; none where it has a bracket too many or too few."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _checked(url: str) -> str:
    parts = _split(url if "://" in url else f"http://{url}")
    try:
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    is_good = is_good and url.isprintable() and " " not in url
    if not is_good or parts.path.strip("/") or parts.query or parts.username:
        raise InputError(f"--url is {url!r}; it must be a server's address, such as http://127.0.0.1:8765")
    return f"{parts.scheme}://{parts.netloc}"


def _host(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _body(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
