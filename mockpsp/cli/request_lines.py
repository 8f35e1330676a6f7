"""`mockpsp serve --log`: a line for each request that changes something or is the API's, and for each delivery.

They are written by a thread of their own: a terminal that takes nothing holds up no request. Whoever asks for no lines
has none of this in the way of a request.
"""

import json
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mockpsp import wallclock
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.request import current
from mockpsp.cli.screen import BAD, GOOD, QUIET, Cell, say
from mockpsp.domain.text.card_numbers import hide_card_numbers

_BEGAN = "mockpsp.began_ms"
#: Lines that wait for a terminal; further ones are counted, and that is told.
_LINES_MAX = 10_000
#: A longer answer is not looked through for what it is about.
_ANSWER_MAX_BYTES = 65_536
_NAMES_MAX = 10_000
#: What pages and commands ask for all the time: reading there is no news.
_READING = ("/sandbox", "/ui", "/static", "/docs", "/healthz", "/openapi.json", "/checkout")
_RESULTS = {"delivered": GOOD, "done": QUIET, "moot": QUIET}

Line = tuple[str | Cell, ...]


@contextmanager
def request_lines(app: Any) -> Iterator[None]:
    """Lines are printed for the length of a block."""
    state: AppState = app.extensions["mockpsp"]
    printer = _Printer()
    lines = _Lines(printer.put)
    # Not by Flask's own methods, which refuse once a request has come: the server answers already.
    app.before_request_funcs.setdefault(None, []).insert(0, lines.begin)
    app.after_request_funcs.setdefault(None, []).append(lines.end)
    told = state.timeline.on_ran

    def on_ran(no: int, steps: list[Any]) -> None:
        told(no, steps)
        for step in steps:
            lines.step(step._asdict())

    state.timeline.on_ran = on_ran
    try:
        yield
    finally:
        state.timeline.on_ran = told
        printer.close()


class _Printer:
    """Prints lines in the order they come, on a thread of its own."""

    def __init__(self) -> None:
        self._lines: queue.Queue[Line | None] = queue.Queue(_LINES_MAX)
        self._lost = 0
        self._thread = threading.Thread(target=self._print, name="mockpsp-lines", daemon=True)
        self._thread.start()

    def put(self, line: Line) -> None:
        """Print it as soon as those before it are."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """All is printed, unless nobody takes it for a second."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(1)

    def _print(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                say(*line)
                if self._lost:
                    lost, self._lost = self._lost, 0
                    say(Cell(f"{lost} lines were left out: this terminal did not take them", BAD))
        except OSError:
            self._lost += 1  # nobody reads any more; the server goes on


class _Lines:
    """Makes the lines; remembers how payments are called, which not every answer says."""

    def __init__(self, put: Callable[[Line], None]) -> None:
        self._put = put
        self._names: OrderedDict[str, str] = OrderedDict()

    def begin(self) -> None:
        """A request begins."""
        current().environ[_BEGAN] = wallclock.stopwatch_ms()

    def end(self, response: Any) -> Any:
        """A request was answered."""
        request = current()
        if request.method == "GET" and (request.path == "/" or request.path.startswith(_READING)):
            return response
        took_ms = wallclock.stopwatch_ms() - request.environ.get(_BEGAN, wallclock.stopwatch_ms())
        answer = _answer(response)
        fault = f"  [{request.fault}]" if request.fault else ""
        style = GOOD if response.status_code < 400 else BAD
        said = " ".join(self._about(request.path, answer))
        self._put(
            (
                Cell(str(response.status_code), style),
                f"  {request.method:6} {hide_card_numbers(request.path)}",
                Cell(f"  {took_ms} ms", QUIET),
                fault,
                f"  {said}" if said else "",
            )
        )
        for step in answer.get("ran") or ():
            self.step(step)
        return response

    def step(self, step: Mapping[str, Any]) -> None:
        """Something ran: an effect, or one attempt of a delivery."""
        style = _RESULTS.get(step["result"], BAD)
        kind = "webhook" if step["kind"] == "delivery" else "effect"
        self._put((Cell("  -> ", QUIET), f"{kind}  {step['what']}  {step['id']}  ", Cell(step["result"], style)))

    def _about(self, path: str, answer: Mapping[str, Any]) -> Iterable[str]:
        """What it was about, and why it was refused."""
        name = ""
        for kind in ("invoice", "transaction", "refund"):
            found = answer.get(kind)
            if isinstance(found, dict):
                name = str(found.get("name") or self._names.get(str(found.get("invoice_id")), ""))
                self._remember(found, name)
                yield from (str(found[key]) for key in ("amount", "currency", "status") if found.get(key))
                break
        name = name or next((self._names[part] for part in path.split("/") if part in self._names), "")
        if name:
            yield f'"{name}"'
        if not answer.get("success", True):
            yield hide_card_numbers(f"{answer.get('error_type')}: {answer.get('message')}")

    def _remember(self, found: Mapping[str, Any], name: str) -> None:
        if not name:
            return
        for key in ("id", "invoice_id", "transaction_id"):
            if isinstance(found.get(key), str):
                self._names[found[key]] = name
        while len(self._names) > _NAMES_MAX:
            self._names.popitem(last=False)


def _answer(response: Any) -> dict[str, Any]:
    if not response.is_json:
        return {}
    data = response.get_data()
    if len(data) > _ANSWER_MAX_BYTES:
        return {}
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
