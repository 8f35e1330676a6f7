"""What a network does to a request on its way: it is cut, comes again, or comes twice at once. No money moves twice.

`send` answers as the request alone would have been answered.
"""

import json
from collections.abc import Callable, Mapping
from random import Random
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

#: How many of the requests that move something meet each trouble.
_SHARE = 0.05
_KEPT = (200, 202, 410)

Hold = Callable[[bool, str], None]


class Network:
    """The way to the application, with its troubles drawn from the world's seed."""

    def __init__(self, app: Flask, headers: Mapping[str, str], seed: int) -> None:
        self._app = app
        self._headers = dict(headers)
        self._random = Random(seed)
        self._keys = 0

    def send(self, method: str, path: str, body: Any, hold: Hold) -> TestResponse:
        """One request and what comes back of it."""
        if method == "GET" or body is None or path.startswith("/sandbox"):
            return self._open(method, path, body)
        drawn = self._random.random()
        if drawn < _SHARE:
            self._cut(method, path, body, hold)
        elif drawn < 2 * _SHARE:
            return self._repeated(method, path, body, hold)
        elif drawn < 3 * _SHARE:
            return self._at_once(method, path, body, hold)
        return self._open(method, path, body)

    def _cut(self, method: str, path: str, body: Any, hold: Hold) -> None:
        """The connection breaks amid the body: nothing happens, and nothing is kept under its key."""
        text = json.dumps(body).encode()
        before, key = self._digest(), self._key()
        headers = {**self._headers, "Content-Type": "application/json", "Idempotency-Key": key}
        cut = text[: self._random.randrange(len(text))]
        answer = self._app.test_client().open(path, method=method, data=cut, headers=headers, content_length=len(text))
        hold(400 <= answer.status_code < 500, f"cut to {cut!r} and answered {answer.status_code}")
        hold(self._digest() == before, f"cut to {cut!r}, and the world is another")

    def _repeated(self, method: str, path: str, body: Any, hold: Hold) -> TestResponse:
        """The answer is lost, and the client asks again under the same key."""
        key = self._key()
        first = self._open(method, path, body, key)
        before = self._digest()
        again = self._open(method, path, body, key)
        if first.status_code in _KEPT:
            hold(again.data == first.data, f"answered {first.text[:200]} and then {again.text[:200]}")
            hold(self._digest() == before, "asked again under its key, and the world is another")
        return again

    def _at_once(self, method: str, path: str, body: Any, hold: Hold) -> TestResponse:
        """The same request comes twice at the same time: one is carried out, the other is its echo."""
        key, answers = self._key(), list[TestResponse]()
        both = [Thread(target=lambda: answers.append(self._open(method, path, body, key))) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        hold(len(answers) == 2, "one of two requests at once has no answer")
        if answers[0].status_code in _KEPT:
            hold(answers[0].data == answers[1].data, f"answered {answers[0].text[:200]} and {answers[1].text[:200]}")
        return answers[0]

    def _open(self, method: str, path: str, body: Any, key: str | None = None) -> TestResponse:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        return self._app.test_client().open(path, method=method, json=body, headers=headers)

    def _digest(self) -> str:
        return str(self._open("GET", "/sandbox/digest", None).get_json()["digest"])

    def _key(self) -> str:
        self._keys += 1
        return f"fuzz-{self._keys}"
