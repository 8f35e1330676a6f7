"""The certificate of a server that speaks https: the user's own, or one made here on first use.

What is made lies in a folder beside the database, which its owner alone may read: an authority (`ca.pem`), kept so that
a client trusts it once, and a certificate by it, made anew at each start for the names this server has then. An
authority can vouch for any name: trust it where a client is started, not in the whole machine.
"""

import datetime
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from mockpsp import wallclock
from mockpsp.api.wire.cross_site import is_address
from mockpsp.config import Settings

if TYPE_CHECKING:
    import trustme

_NAMES = ("localhost", "127.0.0.1", "::1")
#: Before a name: the hosts that clients of browsers and apps make of one.
_CALLED = ("api", "checkout", "js")
_EVERYWHERE = ("", "0.0.0.0", "::")
#: What the strictest clients take: 398 days.
_DAYS = 397


class CertificateError(Exception):
    """There is no usable certificate; the message names the file and what is wrong with it."""


class Tls(NamedTuple):
    """How to speak TLS; `ca` is the file to trust, empty when the certificate is the user's own."""

    context: ssl.SSLContext
    ca: str = ""


@contextmanager
def open_tls(settings: Settings) -> Iterator[Tls | None]:
    """TLS as the settings ask for it, as long as its server runs; None for none. Raises `CertificateError`."""
    if settings.tls_cert:
        yield Tls(_context(settings.tls_cert, settings.tls_key))
    elif not settings.tls:
        yield None
    elif settings.db == ":memory:":
        with TemporaryDirectory(prefix="mockpsp-tls-") as folder:
            yield _made(Path(folder), _names(settings))
    else:
        yield _made(Path(settings.db + ".tls"), _names(settings))


def _made(folder: Path, names: tuple[str, ...]) -> Tls:
    now = datetime.datetime.fromtimestamp(wallclock.now_s(), datetime.UTC)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _authority(folder)
        leaf = authority.issue_cert(
            *names,
            common_name="mockpsp",
            not_before=now - datetime.timedelta(days=1),
            not_after=now + datetime.timedelta(days=_DAYS),
        )
        _write(folder / "server.pem", leaf.private_key_and_cert_chain_pem.bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CertificateError(f"can't keep a certificate in {folder}: {reason}; remove it to have a new one") from None
    return Tls(_context(str(folder / "server.pem"), ""), str((folder / "ca.pem").absolute()))


def _authority(folder: Path) -> "trustme.CA":
    """The authority kept in the folder, or a new one."""
    import trustme  # with the cryptography behind it, which nobody else should wait for

    cert, key = folder / "ca.pem", folder / "ca.key"
    if key.exists():
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="mockpsp", organization_unit_name="mockpsp on this machine")
    _write(cert, authority.cert_pem.bytes())
    _write(key, authority.private_key_pem.bytes())
    return authority


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _names(settings: Settings) -> tuple[str, ...]:
    """What clients may call this server."""
    host = socket.gethostname() if settings.host in _EVERYWHERE else settings.host
    plain = [name for name in ("localhost", host, *_hosts(settings)) if not is_address(name)]
    named = [f"{called}.{name}" for name in plain for called in _CALLED if not name.startswith(f"{called}.")]
    return tuple(dict.fromkeys((*_NAMES, host, *_hosts(settings), *named)))


def _hosts(settings: Settings) -> list[str]:
    """The names that the settings let clients call, without a port."""
    return [name.partition(":")[0] for name in settings.allowed_hosts if not name.startswith("[")]


def _context(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key or None)
    except OSError as error:  # an ssl.SSLError is one
        reason = error.strerror or error
        if isinstance(error, ssl.SSLError):
            reason = "no certificate in PEM form, or not with the key that belongs to it and no password"
        raise CertificateError(f"can't serve with the certificate {cert} and key {key or cert}: {reason}") from None
    return context
