"""A running server asked instead of its file: what keeps nothing on disk, or runs elsewhere, has no file to read."""

import codecs
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import click

from mockpsp.cli import InputError
from mockpsp.cli.servers import proxies_for

_TIMEOUT_S = 60
_BLOCK = 1 << 16
url_option = click.option(
    "--url",
    metavar="URL",
    help="Ask this server instead: http://test-proj_...:key_test_...@127.0.0.1:8765, project and secret key in it.",
)


def check_alone(option: str, others: Mapping[str, object]) -> None:
    """Refuse options that say nothing to a server."""
    for other, given in others.items():
        if given:
            raise click.UsageError(f"{option} and {other} don't go together")


def pieces_of(url: str, path: str, asked: Mapping[str, str | None]) -> Iterator[str]:
    """What the server answers to a GET, as it comes; `InputError` says what it refuses, before anything is written."""
    base, credentials = _parts(url)
    import requests  # only here: reading a file must not wait for it

    given = {name: value for name, value in asked.items() if value is not None}
    try:
        answer = requests.get(
            base + path, params=given, auth=credentials, stream=True, timeout=_TIMEOUT_S, proxies=proxies_for(base)
        )
        if answer.status_code != 200:
            raise InputError(_refusal(answer))
    except requests.RequestException as error:
        raise click.ClickException(f"the server at {base} did not answer: {error}") from None
    return _texts(base, answer)


def _texts(base: str, answer: Any) -> Iterator[str]:
    import requests

    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in answer.iter_content(_BLOCK):
            yield decoder.decode(block)
    except requests.RequestException as error:
        raise click.ClickException(f"the answer of {base} was cut off: {error}") from None


def _parts(url: str) -> tuple[str, tuple[str, str]]:
    """The address without credentials, and those."""
    try:
        found = urlsplit(url)
        port = f":{found.port}" if found.port else ""
    except ValueError:
        found, port = urlsplit(""), ""
    if found.scheme not in ("http", "https") or not found.hostname or not found.username or not found.password:
        raise click.UsageError(
            "--url is the server's address with project and secret key in it, such as "
            "http://test-proj_a:key_test_a@127.0.0.1:8765"
        )
    host = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
    base = urlunsplit((found.scheme, host + port, found.path.rstrip("/"), "", ""))
    return base, (unquote(found.username), unquote(found.password))


def _refusal(answer: Any) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {answer.status_code}"
