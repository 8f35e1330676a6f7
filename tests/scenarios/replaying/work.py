"""What tests have a crew do: functions of a module, which its workers can import."""

import os
import signal
import socket
from typing import Any

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.replaying.lines import Place, line_to

#: Longer than any of this takes.
PATIENCE_S = 30


class Odd(Exception):
    """Can't be made again from what `pickle` keeps of it."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


def double(_: Place, number: int) -> int:
    """Twice the number; an error of one kind or another below zero."""
    if number == -1:
        raise ReplayError("minus one")
    if number == -2:
        raise Odd(2, 2)
    print("what is printed is no result")
    return number * 2


def meet(_: Place, port: int) -> int:
    """Says which process this is to whoever listens, and does as it is told: `go` on, `die`, or `exit`."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as line:
        line.sendall(f"{os.getpid()}\n".encode())
        told = line.recv(4)
    if told == b"die\n":
        os.kill(os.getpid(), signal.SIGKILL)
    if told == b"exit":
        os._exit(3)
    return os.getpid()


def whose(_: Place, task: tuple[str, int]) -> tuple[str, int, int]:
    """The task, and which process it was done by."""
    return (*task, os.getpid())


def digest(place: Place, project_id: str) -> Any:
    """The digest of a universe at the place."""
    line = line_to(place, project_id, "key_sandbox_crew")
    answer = line.ask("GET", "/sandbox/digest", None, {})
    line.close()
    return answer.body
