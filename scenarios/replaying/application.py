"""A server of our own for a replay: an application in this process, asked without sockets as long as none is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockpsp.config import Settings


class Application:
    """One application; it listens from the first time its address is asked for."""

    def __init__(self, settings: Settings) -> None:
        # Of the server only what is needed is imported, and not before that: `--url` needs none of it.
        from mockpsp.serving.app import create_app

        self._settings = settings
        #: The WSGI application.
        self.app = create_app(settings)
        self._server: Any = None

    def answer(self, request: bytes) -> bytes:
        """The answer to one whole request, byte for byte as it would come over a connection."""
        from mockpsp.serving.in_process import answer

        return answer(self.app, self._settings, request)

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            from mockpsp.serving.server import Server

            server = Server(self.app, self._settings)
            server.start()
            self._server = server
        return str(self._server.url)

    def close(self) -> None:
        """Time stands still, nothing listens any more, the file is closed."""
        state = self.app.extensions["mockpsp"]
        state.stop_moving()
        if self._server is not None:
            self._server.stop()
        state.close()


@contextmanager
def own_application(db: str = ":memory:", psps: str = "") -> Iterator[Application]:
    """An application that ends with the block; replays without a file leave no trace.

    `psps` is a folder of profiles of the user's own.
    """
    application = Application(Settings(port=0, db=db, clock="manual", psps=psps))
    try:
        yield application
    finally:
        application.close()
