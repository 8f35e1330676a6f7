"""One process of a crew: it opens its place, then does one task after the other as it is told, until nobody tells it.

It hears and speaks over its standard input and output; what anybody prints goes to standard error. Read crew.py next.
"""

import os
import pickle
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any, BinaryIO, NamedTuple

from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.lines import Place


class Opening(NamedTuple):
    """What a worker works on: a server's address, or an application of its own with a folder of the user's profiles."""

    url: str | None = None
    psps: str = ""


class Unopened(NamedTuple):
    """The first word of a worker that has no place to work on."""

    why: str


class Raised(NamedTuple):
    """What a task came to that raised."""

    error: Exception


def attempt(work: Callable[[Place, Any], Any], place: Place, task: Any) -> Any:
    """What the work makes of a task, or what it raised."""
    try:
        return work(place, task)
    except Exception as error:
        return Raised(error)


def main() -> None:
    """Work until the other side is gone, and be gone then, whatever the work is at."""
    told: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, told), name="mockpsp-told", daemon=True).start()
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with ExitStack() as stack:
        try:
            place = stack.enter_context(_opened(told.get()))
        except Exception as error:
            _say(said, Unopened(str(error)))
            return
        _say(said, None)
        while True:
            work, task = told.get()
            _say(said, attempt(work, place, task))


def _listen(source: BinaryIO, told: "SimpleQueue[Any]") -> None:
    try:
        while True:
            told.put(pickle.load(source))
    except EOFError:
        os._exit(0)
    except Exception:  # the edge of a thread: the other one would wait for ever
        traceback.print_exc()
        os._exit(1)


@contextmanager
def _opened(opening: Opening) -> Iterator[Place]:
    if opening.url is not None:
        yield opening.url
    else:
        with own_application(psps=opening.psps) as application:
            yield application


def _say(said: BinaryIO, what: Any) -> None:
    """One word, whole; an error that can't be taken along goes as text."""
    block = pickle.dumps(what) if not isinstance(what, Raised) else _packed(what.error)
    try:
        said.write(block)
        said.flush()
    except BrokenPipeError:  # nobody hears it, nor would hear of trouble at the end
        os._exit(0)


def _packed(error: Exception) -> bytes:
    try:
        block = pickle.dumps(Raised(error))
        pickle.loads(block)
    except Exception:
        return pickle.dumps(Raised(RuntimeError("".join(traceback.format_exception(error)))))
    return block
