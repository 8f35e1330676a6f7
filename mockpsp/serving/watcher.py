"""The thread to which every connection belongs that isn't being answered.

It accepts, shakes hands for TLS, reads requests until they are whole and ends whoever takes too long, without ever
waiting for anybody: a thousand silent connections cost it nothing. Requests that wait for nobody either, as the
application says, it answers itself: threads that take turns in the midst of their work cost as much as the work. The
others have a worker each, which stays with its connection for the next request while nobody else waits for one.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.serving.connection import Connection, Stage, Wants
from mockpsp.serving.workers import Workers

#: How often to look for who takes too long.
_TICK_MS = 200
#: How long a worker waits for its connection's next request. A client that is busy sends it within this.
_STAY_S = 0.01
#: How many requests that take long are answered side by side.
_LONG_AT_ONCE = 2
#: How many requests of one connection while no other has sent any, before it is asked whether one has.
_ANSWERS_IN_A_ROW = 8
#: How long a client may go on sending after the last answer.
_DRAIN_MS = 2_000
#: How long threads without work may take to end.
_JOIN_MS = 500
#: Files that connections leave to the database, to deliveries and to whoever runs us.
_OTHER_FILES = 256
#: Windows' `select` takes 512 sockets.
_SELECT_FILES = 480

_log = logging.getLogger("mockpsp.server")


class Watcher:
    """All connections of one listening socket, from `start` to `stop`."""

    def __init__(self, app: Any, settings: Settings, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        self._app, self._settings, self._listener, self._tls = app, settings, listener, tls
        #: Whether a request, told by its WSGI environment, is of a kind that waits for nothing, and whether something
        #: is under way that it would have to wait for all the same. Any may wait, unless told.
        self._is_quick: Callable[[dict[str, Any]], bool] = getattr(app, "is_quick", lambda environ: False)
        self._is_busy: Callable[[], bool] = getattr(app, "is_busy", lambda: False)
        #: Whether it is of a kind that takes long, but waits for nobody.
        self._is_long: Callable[[dict[str, Any]], bool] = getattr(app, "is_long", lambda environ: False)
        self._base = _base_environ(listener, tls)
        self._room = room_for(settings.connections)
        self._timeout_ms = {
            Stage.HANDSHAKE: settings.header_timeout_ms,
            Stage.IDLE: settings.idle_timeout_ms,
            Stage.HEADERS: settings.header_timeout_ms,
            Stage.BODY: settings.body_timeout_ms,
            Stage.ANSWER: settings.answer_timeout_ms,
            Stage.DRAIN: _DRAIN_MS,
        }
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        #: Every open connection, and those of them that are watched, in order: the others are being answered.
        self._open: set[Connection] = set()
        self._watched: dict[Connection, None] = {}
        self._given_back: deque[Connection] = deque()
        #: Those whose answers faults hold back; nothing is heard of them meanwhile.
        self._held: set[Connection] = set()
        self._workers = Workers(self._work, settings.threads)
        #: Those that take long and wait for nobody gain nothing by being many at once.
        self._long_workers = Workers(self._work_long, _LONG_AT_ONCE)
        self._is_listening = False
        self._is_stopping = False
        self._is_over = False
        self._next_look_ms = 0
        self._thread = threading.Thread(target=self._run, name="mockpsp-watcher", daemon=True)

    def start(self) -> None:
        """Take connections from now on."""
        for sock in (self._listener, self._waker, self._woken):
            sock.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._listen()
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, let those under way end, within the setting; then end what is left."""
        self._is_stopping = True
        self._wake()
        self._thread.join()
        deadline_ms = wallclock.stopwatch_ms() + _JOIN_MS
        left = self._workers.stop(deadline_ms) + self._long_workers.stop(deadline_ms)
        if left:
            _log.warning("%d requests had not ended %d ms after the stop", left, self._settings.stop_timeout_ms)

    # What workers do.

    def _work(self, connection: Connection) -> None:
        try:
            connection.lend(_STAY_S)
            while True:
                # One that is here because it had to wait: the next one need not.
                was_quick = self._is_quick(connection.environ)
                connection.answer(self._app, self._base, may_stay=self._may_stay)
                if was_quick or self._workers.is_short or not connection.await_next():
                    break
            connection.lend(0)
        except Exception:
            _log.exception("a connection failed")
            connection.interrupt()
        self._give_back(connection)

    def _work_long(self, connection: Connection) -> None:
        try:
            connection.lend(_STAY_S)
            connection.answer(self._app, self._base, may_stay=self._may_stay)
            connection.lend(0)
        except Exception:
            _log.exception("a connection failed")
            connection.interrupt()
        self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        self._given_back.append(connection)
        self._wake()
        if self._is_over:
            connection.close()

    def _may_stay(self) -> bool:
        return not self._is_stopping

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: nobody is left to wake
            self._waker.send(b"\0")

    # What the watcher's own thread does.

    def _run(self) -> None:
        while not self._is_stopping:
            self._turn()
        self._pause()
        self._listener.close()
        deadline_ms = wallclock.stopwatch_ms() + self._settings.stop_timeout_ms
        while True:
            for connection in [*self._held, *(one for one in self._watched if one.stage is not Stage.ANSWER)]:
                self._end(connection)
            if not self._open or wallclock.stopwatch_ms() >= deadline_ms:
                break
            self._turn()
        self._is_over = True
        for connection in self._open - self._watched.keys():
            connection.interrupt()
        for connection in [*self._watched, *self._held, *self._given_back]:
            self._end(connection)
        for resource in (self._selector, self._waker, self._woken):
            resource.close()

    def _turn(self) -> None:
        """Do what there is to do; wait for it if need be."""
        is_timed = bool(self._open) or not self._is_listening
        wait_s = 0 if self._given_back else _TICK_MS / 1000 if is_timed else None
        if self._held and not self._given_back:
            wait_s = self._until_release_s()
        ready = self._selector.select(wait_s)
        answers = _ANSWERS_IN_A_ROW if len(ready) == 1 else 1
        for key, _ in ready:
            if isinstance(key.fileobj, Connection):
                self._proceed(key.fileobj, answers)
            elif key.fileobj is self._listener:
                self._accept()
            else:
                self._woken.recv(4096)
        for _ in range(len(self._given_back)):
            self._proceed(self._given_back.popleft())
        now_ms = wallclock.stopwatch_ms()
        if self._held:
            self._release(now_ms)
        if now_ms >= self._next_look_ms:
            self._next_look_ms = now_ms + _TICK_MS
            for connection in [one for one in self._watched if one.deadline_ms <= now_ms]:
                self._give_up(connection)
            self._listen()

    def _until_release_s(self) -> float:
        """How long nothing is due, a tick at most."""
        next_ms = min(one.held_until_ms for one in self._held) - wallclock.stopwatch_ms()
        return min(max(next_ms, 0), _TICK_MS) / 1000

    def _release(self, now_ms: int) -> None:
        for connection in [one for one in self._held if one.held_until_ms <= now_ms]:
            self._held.discard(connection)
            self._proceed(connection)

    def _listen(self) -> None:
        if not self._is_listening and not self._is_stopping:
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._is_listening = True

    def _pause(self) -> None:
        """Leave new connections to the system's queue until the next look."""
        if self._is_listening:
            self._selector.unregister(self._listener)
            self._is_listening = False

    def _accept(self) -> None:
        """Take one connection: one, since each may cost another its place."""
        if len(self._open) >= self._room and not self._make_room():
            self._pause()
            return
        try:
            sock, peer = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # the process has no files left
            if not self._make_room():
                self._pause()
            return
        try:
            connection = Connection(sock, peer, self._settings, self._tls)
        except OSError:
            sock.close()
            return
        self._open.add(connection)
        self._proceed(connection)

    def _make_room(self) -> bool:
        """End the connection that has been silent for longest; False when all are being answered."""
        oldest = min(self._watched or self._held, key=lambda one: one.heard_ms, default=None)
        if oldest is not None:
            self._end(oldest)
        return oldest is not None

    def _proceed(self, connection: Connection, answers: int = 1) -> None:
        """Read, write and answer; so many requests that wait for nobody, if they are there."""
        sent_bytes = connection.sent_bytes
        try:
            wants = connection.proceed()
            while wants is Wants.ANSWER and answers and self._may_answer(connection):
                connection.answer(self._app, self._base, may_stay=self._may_stay)
                answers -= 1
                wants = connection.go_on()
            if wants is Wants.ANSWER:
                self._unwatch(connection)
                if not answers:
                    self._given_back.append(connection)
                elif self._is_long(connection.environ):
                    self._long_workers.put(connection)
                else:
                    self._workers.put(connection)
            elif wants is Wants.TIME:
                self._unwatch(connection)
                self._held.add(connection)
            elif wants is not Wants.END:
                self._watch(connection, wants, has_sent=connection.sent_bytes > sent_bytes)
        except Exception:  # of one connection, which ends no other
            _log.exception("a connection failed")
            wants = Wants.END
        if wants is Wants.END:
            self._end(connection)

    def _may_answer(self, connection: Connection) -> bool:
        """Whether this thread can answer without waiting for anybody."""
        return self._is_quick(connection.environ) and not self._is_busy()

    def _watch(self, connection: Connection, wants: Wants, *, has_sent: bool) -> None:
        events = selectors.EVENT_READ if wants is Wants.READ else selectors.EVENT_WRITE
        if not connection.events:
            self._selector.register(connection, events)
            self._watched[connection] = None
        elif events != connection.events:
            self._selector.modify(connection, events)
        connection.events = events
        now_ms = connection.heard_ms = wallclock.stopwatch_ms()
        stage = connection.current_stage()
        # A stage has its time as a whole, however often something comes; an answer, as long as some of it is taken.
        if stage is not connection.stage or has_sent:
            connection.stage = stage
            connection.deadline_ms = now_ms + self._timeout_ms[stage]

    def _unwatch(self, connection: Connection) -> None:
        if connection.events:
            self._selector.unregister(connection)
            del self._watched[connection]
        connection.events = 0
        connection.stage = None

    def _give_up(self, connection: Connection) -> None:
        """Its stage took too long."""
        if connection.stage is Stage.HEADERS:
            what, setting = f"headers had not all come after {self._settings.header_timeout_ms} ms", "HEADER_TIMEOUT_MS"
        elif connection.stage is Stage.BODY:
            what, setting = f"body had not all come after {self._settings.body_timeout_ms} ms", "BODY_TIMEOUT_MS"
        else:
            self._end(connection)
            return
        message = f"the request's {what} (MOCKPSP_{setting}); nothing was done"
        connection.refuse(HTTPStatus.REQUEST_TIMEOUT, message)
        self._proceed(connection)

    def _end(self, connection: Connection) -> None:
        self._unwatch(connection)
        self._held.discard(connection)
        self._open.discard(connection)
        connection.close()


def _base_environ(listener: socket.socket, tls: ssl.SSLContext | None) -> dict[str, Any]:
    """What WSGI says of every request."""
    host, port = listener.getsockname()[:2]
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http" if tls is None else "https",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def room_for(connections: int) -> int:
    """How many connections this process can really have at once."""
    try:
        import resource
    except ImportError:  # Windows
        return min(connections, _SELECT_FILES)
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return connections if allowed < 0 else max(min(connections, allowed - _OTHER_FILES), 1)
