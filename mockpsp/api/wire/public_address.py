"""Where people find this server's pages: under the address that the settings name, or else the caller's own.

A container's application calls it by one name and a person's browser by another.
"""

from functools import lru_cache

from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import current


def page_url(path: str) -> str:
    """The whole address of a page; `path` begins without a slash."""
    return f"{state().settings.public_address or _own()}{path}"


def _own() -> str:
    environ = current().environ
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return _root(environ["wsgi.url_scheme"], host)


@lru_cache(256)
def _root(scheme: str, host: str) -> str:
    return f"{scheme}://{host}/"
