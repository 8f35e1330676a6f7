"""A Flask application with one view that does nothing, under our web server: the bound for anything Flask answers."""

import json
import signal

from flask import Flask, Response

from mockpsp.config import Settings
from mockpsp.serving.server import Server

_BODY = json.dumps({"ok": True, "success": True})


def make_app() -> Flask:
    """The application: `GET /` answers a constant."""
    app = Flask("ping", static_folder=None)

    @app.get("/")
    def ping() -> Response:
        return Response(_BODY, content_type="application/json")

    return app


def main() -> None:
    """Serve until SIGTERM; the address goes to standard output once requests are answered."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    server = Server(make_app(), Settings(port=0))
    server.start()
    print(json.dumps({"url": server.url}), flush=True)
    signal.sigwait([signal.SIGTERM])
    server.stop()


if __name__ == "__main__":
    main()
