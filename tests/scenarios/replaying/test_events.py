"""Each event that can be fired is fired by a story of the library: a promise nobody shows is none."""

import pytest

from mockpsp.config import Settings
from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.replaying.runner import run
from tests.mockpsp.worlds import serving

pytestmark = pytest.mark.slow

#: Events that no story fires yet.
UNTOLD: set[str] = set()


def test_every_event_has_a_story_that_fires_it() -> None:
    with serving(Settings(port=0, db=":memory:", clock="manual")) as (url, state):
        for path in library_paths():
            scenario = load(path)
            for cell in scenario.cells():
                run(scenario, url, cell=cell)
        with state.database.reading() as conn:
            told = {name for (name,) in conn.execute("SELECT DISTINCT name FROM event")}

    assert told - FIRED_EVENTS == set(), "name them in mockpsp/domain/events.py"
    assert FIRED_EVENTS - told == UNTOLD
