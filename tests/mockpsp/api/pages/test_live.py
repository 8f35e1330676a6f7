"""The stream that says when something has changed: at once, for a while, and to so many at a time."""

from collections.abc import Iterator

from mockpsp.api.pages import live
from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import Looker

CHANGE = b"event: change"


def told(looker: Looker) -> tuple[Iterator[bytes], object]:
    answer = looker.client.get(f"{UI}/live", buffered=False)
    assert answer.mimetype == "text/event-stream"
    return answer.iter_encoded(), answer


def test_what_changed_is_told(looker: Looker) -> None:
    pieces, answer = told(looker)

    first, quiet = next(pieces), next(pieces)
    looker.call("POST", "/customers", {})
    after = next(pieces)
    answer.close()  # type: ignore[attr-defined]

    # The first one is for what came about since the page was made.
    assert CHANGE in first and CHANGE in after
    assert quiet.startswith(b":")


def test_more_than_so_many_ask_now_and_then(looker: Looker) -> None:
    held = [live._streams.acquire(blocking=False) for _ in range(live._STREAMS_MAX)]
    try:
        pieces, _ = told(looker)
        said = list(pieces)
    finally:
        for _ in filter(None, held):
            live._streams.release()

    assert len(said) == 1 and CHANGE in said[0]
    assert b"retry: 3000" in said[0]


def test_an_answer_that_nobody_reads_takes_no_place(looker: Looker) -> None:
    for _ in range(live._STREAMS_MAX):
        assert looker.client.head(f"{UI}/live").status_code == 200

    pieces, answer = told(looker)
    first = next(pieces)
    answer.close()  # type: ignore[attr-defined]

    assert b"retry: 500" in first
