"""The whole library over HTTP and straight to an application in this process: the same calls, the same answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.replay import replay
from mockpsp.scenarios.replaying.report import as_json
from mockpsp.scenarios.replaying.runner import run

pytestmark = pytest.mark.slow

STORIES = [load(path) for path in (*library_paths(), *sorted((Path(__file__).parents[1] / "stories").glob("*.yaml")))]
#: Where people would find the pages: the QR code of an invoice holds it, and no pattern takes it out of there.
PAGES = "http://127.0.0.1:8765/"
#: Where the server and the receivers are, which differs from run to run.
ADDRESS = re.compile(rb"http://(127\.0\.0\.1:[0-9]+|in-process\.localhost)")
ELAPSED = re.compile(r'"elapsed_ms": [0-9]+')
#: What the way itself says.
HEADERS_OF_THE_WAY = {"HTTP_HOST", "HTTP_CONNECTION"}

Exchange = tuple[Any, ...]


@contextmanager
def serving() -> Iterator[Application]:
    """An application of our own that leads to the same pages by either way."""
    with own_application() as application:
        state = application.app.extensions["mockpsp"]
        state.settings = replace(state.settings, public_address=PAGES)
        yield application


@contextmanager
def recording(application: Application) -> Iterator[list[Exchange]]:
    """Every request that reaches the application, and what it answers, but for addresses."""
    exchanges: list[Exchange] = []
    serve = application.app.wsgi_app

    def recorded(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].getvalue()
        answered: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered.append((status, sorted(pair for pair in headers if pair[0].lower() != "content-length")))
            return start_response(status, headers, *rest)

        content = b"".join(serve(environ, start))
        sent = {key: environ[key] for key in environ if key.startswith(("HTTP_", "CONTENT_TYPE"))}
        exchanges.append(
            (
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ["QUERY_STRING"],
                {key: value for key, value in sent.items() if key not in HEADERS_OF_THE_WAY},
                ADDRESS.sub(b"HERE", body),
                *answered,
                ADDRESS.sub(b"HERE", content),
            )
        )
        return [content]

    application.app.wsgi_app = recorded
    yield exchanges
    application.app.wsgi_app = serve


def told(stories: list[Scenario], *, over_http: bool) -> tuple[str, list[Exchange]]:
    """The report of a replay, without durations, and all that was said on the way."""
    with serving() as application, recording(application) as exchanges:
        place: Place = application.url if over_http else application
        report = as_json(list(replay(stories, place)))
    return ELAPSED.sub("", report), exchanges


def test_all_that_is_said_over_http_is_said_straight() -> None:
    over_http, straight = told(STORIES, over_http=True), told(STORIES, over_http=False)

    assert len(straight[1]) > 2_000
    for here, there in zip(straight[1], over_http[1], strict=True):
        assert here == there
    assert straight[0] == over_http[0]


def test_a_story_that_differs_differs_in_the_same_words() -> None:
    with serving() as application:
        for story in STORIES:
            # Its first call is one that nothing answers as the story has it now.
            steps = tuple(
                replace(step, expect=replace(step.expect, status=418)) if step.verb == "call" else step
                for step in story.steps
            )
            changed = replace(story, steps=steps)
            straight, over_http = (run(changed, one, cell=story.cells()[0]) for one in (application, application.url))

            assert straight == over_http
            assert any(str(one).startswith("status: expected 418") for one in straight.differences)
