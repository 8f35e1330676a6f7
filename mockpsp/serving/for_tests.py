"""A server for as long as tests run, which keeps nothing: in their process, or in one of its own.

One of its own is for tests in whose process something stands in for what a server is made of: threads and sockets, or
the files it reads on first use. It ends when its standard input does, so also when the tests' process is killed.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server

#: What an orderly end may take, that of requests under way included.
_END_S = 15


@contextmanager
def served_here(psps: str) -> Iterator[str]:
    """The URL of a server whose threads are this process's; `psps` is a folder of profiles of the user's own, or ""."""
    settings = Settings(port=0, db=":memory:", clock="manual", psps=psps)
    app = create_app(settings)
    server = Server(app, settings)
    server.start()
    yield server.url
    app.extensions["mockpsp"].stop_moving()
    server.stop()
    app.extensions["mockpsp"].close()


@contextmanager
def served_apart(psps: str) -> Iterator[str]:
    """The same of a process of its own; RuntimeError where it ends before it answers, and it has said why."""
    # Modules of the user's folder that are called like ours or Flask's are not what it is to import.
    command = [sys.executable, "-P", "-m", __name__, psps]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"mockpsp's server ended with {process.wait()} before it answered")
        try:
            yield url
        finally:
            process.stdin.close()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """What runs apart: the address, as soon as requests are answered, and then an end to wait for."""
    with served_here(sys.argv[1]) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
