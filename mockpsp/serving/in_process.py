"""Calls to an application in this process, without a socket: a request's bytes in, its answer's bytes out.

They are read and written by what the server reads and writes with (messages.py), so that what is refused there, a body
that is too long for one, is refused here with the same answer. A connection that a fault breaks is told by `Broken`;
where one would be late or silent, nobody waits.
"""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus

from mockpsp.config import Settings
from mockpsp.domain.faults import CARRIER, Outage, let_through
from mockpsp.serving import messages
from mockpsp.serving.messages import Incoming, Pieces, Refusal

#: The host that such calls name: of this machine, and nobody listens there, which an address in an answer should tell.
HOST = "in-process.localhost"

#: What WSGI says of every request.
_BASE = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": HOST,
    "SERVER_PORT": "80",
    "REMOTE_ADDR": "127.0.0.1",
    "REMOTE_PORT": "0",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}

_log = logging.getLogger("mockpsp.server")


class Broken(Exception):
    """No whole answer came; `transport` says how the way broke, as stories do."""

    def __init__(self, transport: str) -> None:
        super().__init__(f"the connection was broken by a fault: {transport}")
        self.transport = transport


class _Carrier:
    """What carries one answer."""

    outage: Outage | None = None


def answer(app: Callable[..., Iterable[bytes]], settings: Settings, request: bytes) -> bytes:
    """What the server would send back for one whole request, byte for byte, on a connection that stays open.

    Raises `Broken` where a client would have no whole answer.
    """
    incoming, buffer, carrier = Incoming(settings), bytearray(request), _Carrier()
    try:
        incoming.feed(buffer)
        if not incoming.is_whole or buffer:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the request is not one whole request; nothing was done")
        found = messages.call(app, {**_BASE, CARRIER: carrier}, incoming, may_stream=True)
        head = messages.encoded(found, incoming, keeps_alive=True)
        whole = head + b"".join(found[2].blocks()) if isinstance(found[2], Pieces) else head
    except Refusal as refusal:
        return messages.refused(refusal)
    except Exception:
        _log.exception("the application failed on %s", incoming.environ["REQUEST_URI"][:200])
        failed = "the application failed on this request"
        return messages.refused(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, failed))
    return whole if carrier.outage is None else _carried(carrier.outage, whole)


def _carried(outage: Outage, whole: bytes) -> bytes:
    if outage.transport in ("ok", "garbled"):
        return let_through(outage, whole)
    raise Broken(outage.transport)
