"""Work that takes seconds says so to who watches, and leaves nothing of that behind."""

import io
import sys
import threading

import pytest

from mockpsp.cli.progress import working


class Terminal(io.StringIO):
    """A terminal; `is_told` is set as soon as something is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_told = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        self.is_told.set()
        return written


def test_long_work_tells_its_seconds_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with working("moving time"):
        assert terminal.is_told.wait(10)

    told = terminal.getvalue()
    assert told.startswith("\rmoving time ... 1 s")
    assert told.endswith(" \r")


def test_short_work_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with working("moving time"):
        pass

    assert terminal.getvalue() == ""


def test_it_ends_with_work_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    before = threading.active_count()

    with pytest.raises(ValueError), working("moving time"):
        raise ValueError

    assert threading.active_count() == before


@pytest.mark.parametrize(("watched", "prints"), [(False, False), (True, True)])
def test_nothing_is_told_where_nobody_watches_or_the_output_is_seen(
    watched: bool, prints: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if watched else io.StringIO())
    monkeypatch.setattr(sys, "stdout", Terminal())
    before = threading.active_count()

    with working("writing it", prints=prints):
        assert threading.active_count() == before
