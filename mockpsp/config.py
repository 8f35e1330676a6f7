"""Settings: one frozen value, made once at start from the command line and `MOCKPSP_*` variables.

The only reader of the process environment. An unknown name or a malformed value stops the start: a mistyped setting
that is silently ignored costs its owner an afternoon. To add a setting: a field here and its row in `_READERS`.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl

PREFIX = "MOCKPSP_"
CLOCKS = ("wall", "manual")
#: What commands that call a server read themselves; a server started in such a shell has no use for them.
OF_CLIENTS = frozenset({f"{PREFIX}URL", f"{PREFIX}PROJECT", f"{PREFIX}KEY"})

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_HOSTS = "host names or addresses with commas between them, such as shop or [::1]:9000"
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class SettingsError(ValueError):
    """A setting that nobody knows or that can't be read; the message names it, its value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a server may be told at start. The comments above the fields are what the pages say of them."""

    #: Address to listen on; anything but loopback lets other machines in.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 picks a free one.
    port: int = 8765
    #: Where everything is kept: a file, or `:memory:` to keep nothing.
    db: str = "mockpsp.db"
    #: How time runs in new universes: `wall` or `manual`.
    clock: str = "wall"
    #: Root of the seeds of universes that are not given one.
    seed: int = 0
    #: Admit only projects made beforehand.
    strict_keys: bool = False
    #: Hosts beside loopback that webhooks may be sent to, that this server is called by, whose pages' calls a proxy may
    #: pass on, and whose pages may frame customers' pages, with commas between them: `shop`, or `shop:9000` for one
    #: port of it.
    allowed_hosts: tuple[str, ...] = ()
    #: Where people's browsers find this server, where that is not where its callers do: `http://localhost:8765`.
    public_address: str = ""
    #: How long a webhook's receiver may take to answer, in milliseconds.
    receiver_timeout_ms: int = 5000
    #: Requests that may wait for somebody (a settle, an advance) or take long (lists) answered side by side; more wait
    #: for their turn. The API's others need no place: they are answered one after the other as they come.
    threads: int = 64
    #: Connections open at once, fewer where the system lets a process open fewer files; a further one takes the place
    #: of the one that has been silent for longest.
    connections: int = 1_000
    #: Longest request line and headers, together.
    header_bytes: int = 64 * 1024
    #: Longest body; one in chunks with the lines between them.
    body_bytes: int = 1024 * 1024
    #: How long headers may take, from their first byte to their last; TLS's handshake before them likewise.
    header_timeout_ms: int = 10_000
    #: How long a body may take, from the end of its headers.
    body_timeout_ms: int = 20_000
    #: How long a connection may stay open without a request.
    idle_timeout_ms: int = 75_000
    #: How long a client may take nothing of its answer.
    answer_timeout_ms: int = 20_000
    #: How long requests under way may take to end once the server is told to.
    stop_timeout_ms: int = 3_000
    #: Speak https, with a certificate made on first use.
    tls: bool = False
    #: Speak https with this certificate and its chain, a PEM file.
    tls_cert: str = ""
    #: That certificate's key, a PEM file, unless the same file holds it.
    tls_key: str = ""
    #: A folder of PSP profiles of your own, one .toml file each.
    psps: str = ""

    def __post_init__(self) -> None:
        for name, allowed in _RANGES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise SettingsError(f"{name} is {value}, it must be from {allowed[0]} to {allowed[-1]}")
        if self.clock not in CLOCKS:
            raise SettingsError(f"clock is {self.clock!r}, it must be {' or '.join(CLOCKS)}")
        if not self.db:
            raise SettingsError("db is empty, it must be a file name or :memory:")
        if not self.host:
            raise SettingsError("host is empty, it must be a host name or address")
        hosts = _named_hosts("allowed_hosts", ", ".join(self.allowed_hosts), self.allowed_hosts)
        object.__setattr__(self, "allowed_hosts", hosts)
        object.__setattr__(self, "public_address", _address(self.public_address))
        if self.tls_key and not self.tls_cert:
            raise SettingsError("tls_key is given without tls_cert, it must be the key of a certificate")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **overrides: Any) -> Self:
        """Overrides (None: not given) before `MOCKPSP_*` variables before defaults. Raises `SettingsError`."""
        values: dict[str, Any] = {}
        for variable in sorted(environ):
            if variable.startswith(PREFIX) and variable not in OF_CLIENTS:
                values[_field_of(variable)] = _read(variable, environ[variable])
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)

    @classmethod
    def from_process(cls, **overrides: Any) -> Self:
        """`from_environ` of this process's own environment."""
        return cls.from_environ(os.environ, **overrides)


#: Setting -> its least and greatest value.
_RANGES: Mapping[str, range] = {
    "port": range(65_536),
    "seed": range(2**63),
    "receiver_timeout_ms": range(1, 600_001),
    "threads": range(1, 257),
    "connections": range(1, 100_001),
    "header_bytes": range(1_024, 2**20 + 1),
    "body_bytes": range(1_024, 2**30 + 1),
    "header_timeout_ms": range(1, 600_001),
    "body_timeout_ms": range(1, 600_001),
    "idle_timeout_ms": range(1, 3_600_001),
    "answer_timeout_ms": range(1, 600_001),
    "stop_timeout_ms": range(600_001),
}


def _field_of(variable: str) -> str:
    known = {PREFIX + field.name.upper(): field.name for field in fields(Settings)}
    if variable in known:
        return known[variable]
    import difflib  # only for this message: it would cost every start a few milliseconds

    nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0.0)[0]
    raise SettingsError(f"unknown variable {variable}; the nearest known one is {nearest}")


def _read(variable: str, text: str) -> Any:
    wanted, reader = _READERS[_field_of(variable)]
    value = reader(text)
    if value is None:
        raise SettingsError(f"{variable} is {text!r}, it must be {wanted}")
    return value


def _whole_number(text: str) -> int | None:
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


def _name(text: str) -> str | None:
    return text or None


def _clock(text: str) -> str | None:
    return text if text in CLOCKS else None


def _hosts(text: str) -> tuple[str, ...]:
    return _named_hosts(f"{PREFIX}ALLOWED_HOSTS", text, [part.strip() for part in text.split(",") if part.strip()])


def _named_hosts(setting: str, text: str, hosts: Iterable[str]) -> tuple[str, ...]:
    """Hosts as they are compared; the first that is none is named, since the list may be long."""
    named = []
    for host in hosts:
        try:
            named.append(targets.allowed_host(host))
        except MalformedUrl:
            raise SettingsError(f"{setting} is {text!r}, it must be {_HOSTS}; {host!r} is none") from None
    return tuple(named)


def _address(text: str) -> str:
    """An address with a slash at its end, or none."""
    from urllib.parse import urlsplit

    if not text:
        return ""
    wanted = "http:// or https:// with a host, and nothing but a port behind it, such as http://localhost:8765"
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or parts.path.strip("/") or parts.query or parts.fragment or parts.username or not text.isascii():
        raise SettingsError(f"public_address is {text!r}, it must be {wanted}")
    return f"{parts.scheme}://{parts.netloc}/"


#: Setting -> what its variable must look like, and its reader, which answers None for anything else.
_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "host": ("a host name or address", _name),
    "port": ("a whole number", _whole_number),
    "db": ("a file name or :memory:", _name),
    "clock": ("wall or manual", _clock),
    "seed": ("a whole number", _whole_number),
    "strict_keys": ("true or false", _boolean),
    "allowed_hosts": (_HOSTS, _hosts),
    "public_address": ("an address such as http://localhost:8765", _name),
    "receiver_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "threads": ("a whole number", _whole_number),
    "connections": ("a whole number", _whole_number),
    "header_bytes": ("a whole number of bytes", _whole_number),
    "body_bytes": ("a whole number of bytes", _whole_number),
    "header_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "body_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "idle_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "answer_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "stop_timeout_ms": ("a whole number of milliseconds", _whole_number),
    "tls": ("true or false", _boolean),
    "tls_cert": ("a file name", _name),
    "tls_key": ("a file name", _name),
    "psps": ("the name of a folder", _name),
}
