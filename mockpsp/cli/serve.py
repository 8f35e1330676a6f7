"""`mockpsp serve`: one server on one file until it is told to end."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import click

from mockpsp import __version__
from mockpsp.api.wire.app_state import AppState
from mockpsp.catalog import CatalogError
from mockpsp.cli import InputError
from mockpsp.cli.choosing import OWN_ID, OWN_SECRET
from mockpsp.cli.naming import Choice
from mockpsp.cli.signals import end_signals
from mockpsp.config import CLOCKS, Settings, SettingsError
from mockpsp.engine import universes
from mockpsp.engine.universes import Credentials, Universes
from mockpsp.serving import certificates
from mockpsp.serving.app import create_app
from mockpsp.serving.certificates import CertificateError
from mockpsp.serving.flask_app import App
from mockpsp.serving.lock import FileLock, LockError
from mockpsp.serving.server import Server, ServerError
from mockpsp.store import migrations
from mockpsp.store import tx as projects
from mockpsp.store.faults import StorageError

_TRUST = """  certificate by   {ca}

Clients trust it when they are started with its file in a variable: SSL_CERT_FILE (Ruby, Go on Linux, OpenSSL),
REQUESTS_CA_BUNDLE (Python), NODE_EXTRA_CA_CERTS (Node), or curl.cainfo in php.ini (PHP).
"""
_LOOPBACK = ("localhost", "::1")


class Ready(NamedTuple):
    """What a client needs to know of a server that answers."""

    url: str
    project_id: str
    secret: str
    webhook_secret: str
    #: The file that a client must trust; empty without TLS, or with a certificate of the user's own.
    ca: str = ""


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 picks a free one.  [default: 8765]")
@click.option("--db", metavar="FILE", help="Where everything is kept; :memory: keeps nothing.  [default: mockpsp.db]")
@click.option("--clock", type=Choice(CLOCKS), help="How time runs in new universes.  [default: wall]")
@click.option("--seed", type=int, help="Root of the seeds of new universes.  [default: 0]")
@click.option("--strict-keys", is_flag=True, default=None, help="Admit only projects made beforehand.")
@click.option("--psps", metavar="DIR", help="A folder of PSP profiles of your own, one .toml file each.")
@click.option("--tls", is_flag=True, default=None, help="Speak https, with a certificate made on first use.")
@click.option("--tls-cert", metavar="FILE", help="Speak https with this certificate (PEM).")
@click.option("--tls-key", metavar="FILE", help="The certificate's key, unless its file holds it.")
@click.option(
    "--log/--no-log", "is_logged", default=None, help="A line a request and delivery.  [default: on a terminal]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON once requests are answered.")
def serve(is_logged: bool | None, as_json: bool, **options: Any) -> None:
    """Serve the API until Ctrl-C.

    Every option can be given as a variable as well: MOCKPSP_PORT=9000 is --port 9000.
    """
    if is_logged and as_json:
        raise click.UsageError("--json prints one line; leave out --log")
    try:
        settings = Settings.from_process(**options)
        migrations.check_servable(settings.db)
        with end_signals() as wait, FileLock(settings.db) as lock, _running(settings) as (server, app, ca):
            state: AppState = app.extensions["mockpsp"]
            ready = _ready(server, state, ca)
            lock.announce(ready.url, ready.ca)
            if not _is_loopback(settings.host):
                click.echo(f"warning: {settings.host} lets other machines reach this server", err=True)
            click.echo(_as_json(ready) if as_json else _banner(ready, settings))
            sys.stdout.flush()
            with _lines(app, not as_json and (sys.stdout.isatty() if is_logged is None else is_logged)):
                wait()
    except (SettingsError, LockError, ServerError, StorageError, CertificateError, CatalogError) as error:
        raise InputError(str(error)) from None


@contextmanager
def _running(settings: Settings) -> Iterator[tuple[Server, Any, str]]:
    with certificates.open_tls(settings) as tls:
        app = create_app(settings)
        assert isinstance(app, App)
        app.keeps_imports = True
        state: AppState = app.extensions["mockpsp"]
        context = None if tls is None else tls.context
        server = Server(app, settings, tls=context)
        try:
            server.start()
            yield server, app, "" if tls is None else tls.ca
        finally:
            state.stop_moving()
            server.stop()
            state.close()


@contextmanager
def _lines(app: Any, is_logged: bool) -> Iterator[None]:
    """A line a request, where that is asked for; nothing of it is imported otherwise."""
    if not is_logged:
        yield
        return
    from mockpsp.cli.request_lines import request_lines

    with request_lines(app):
        yield


def _ready(server: Server, state: AppState, ca: str) -> Ready:
    """Open the universe whose credentials are printed, even under --strict-keys: nobody could come in otherwise."""
    with state.database.reading() as conn:
        existing = projects.load(conn, OWN_ID)
    credentials = Credentials(OWN_ID, existing.secret if existing else OWN_SECRET)
    opener = Universes(state.database, state.universes.catalog, replace(state.settings, strict_keys=False))
    with opener.reading(credentials) as tx:
        webhook_secret = universes.webhook_secret(tx.project.seed)
    return Ready(server.url, credentials.project_id, credentials.secret, webhook_secret, ca)


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("127.")


def _as_json(ready: Ready) -> str:
    return json.dumps(
        {
            "url": ready.url,
            "project_id": ready.project_id,
            "secret": ready.secret,
            "webhook_secret": ready.webhook_secret,
            "pid": os.getpid(),
            **({"ca": ready.ca} if ready.ca else {}),
        }
    )


def _banner(ready: Ready, settings: Settings) -> str:
    trust, curl = "", ""
    if ready.ca:
        trust = _TRUST.format(ca=ready.ca)
        curl = f" --cacert {shlex.quote(ready.ca)}"
    return f"""\
mockpsp {__version__} on {ready.url}
  data             {settings.db}
  project id       {ready.project_id}
  secret key       {ready.secret}
  webhook secret   {ready.webhook_secret}
{trust}
Any other test-proj_... id with a key_sandbox_... password opens a universe of its own.

Try it:
  curl{curl} -u {ready.project_id}:{ready.secret} {ready.url}/sandbox

Or with the official client (pip install processout requests):
  client = processout.ProcessOut("{ready.project_id}", "{ready.secret}")
  client.host = "{ready.url}"

Ctrl-C ends it."""
