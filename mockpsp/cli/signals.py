"""How a server is told to end: Ctrl-C or SIGTERM, also where signals can't be held back, as on Windows."""

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: How often a wait wakes where a signal does not interrupt it.
_TICK_S = 0.2

#: Returns once the process was told to end; from then on a second signal ends it at once.
Wait = Callable[[], None]


@contextmanager
def end_signals() -> Iterator[Wait]:
    """Signals wait to be fetched, so that none arrives in the middle of a start or an end."""
    if hasattr(signal, "pthread_sigmask"):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _END_SIGNALS)
        try:
            yield _wait_held_back
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    # A plain queue: its `put` may run inside its own `get`, which a handler has to expect.
    told: queue.SimpleQueue[int] = queue.SimpleQueue()
    handlers = {number: signal.signal(number, lambda got, _: told.put(got)) for number in _END_SIGNALS}
    try:
        yield lambda: _wait_for(told)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def until_ended() -> Iterator[None]:
    """For the length of a block that has no end of its own: Ctrl-C and SIGTERM end it, and that is no failure."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_held_back() -> None:
    signal.sigwait(_END_SIGNALS)
    _let_signals_kill()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _END_SIGNALS)


def _wait_for(told: queue.SimpleQueue[int]) -> None:
    while True:
        try:
            told.get(timeout=_TICK_S)
        except queue.Empty:
            continue
        _let_signals_kill()
        return


def _let_signals_kill() -> None:
    """While requests end their work a second Ctrl-C ends the process at once: every commit is whole."""
    for number in _END_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
