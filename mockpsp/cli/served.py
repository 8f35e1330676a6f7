"""A running server asked instead of its file: what keeps nothing on disk, or runs elsewhere, has no file to read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from mockpsp.cli.servers import caller_of, key_option

_url_option = click.option(
    "--url",
    metavar="URL",
    help="Ask this server instead; project and key may stand in it: http://test-proj_...:key_test_...@127.0.0.1:8765.",
)


def may_ask_server(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that reads a file the options that say which server to ask instead: `url` and `key`."""
    return _url_option(key_option(function))


def check_alone(option: str, others: Mapping[str, object]) -> None:
    """Refuse options that say nothing to a server."""
    for other, given in others.items():
        if given:
            raise click.UsageError(f"{option} and {other} don't go together")


def pieces_of(
    url: str, project_id: str | None, key: str | None, path: str, asked: Mapping[str, str | None]
) -> Iterator[str]:
    """What the server answers to a GET, as it comes; `InputError` says what it refuses, before anything is written."""
    given = {name: value for name, value in asked.items() if value is not None}
    return caller_of(url, project_id, key, None).pieces(path, given)
