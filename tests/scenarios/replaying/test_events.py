"""Each event that can be fired is fired by a story of the library: a promise nobody shows is none."""

import pytest

from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.replaying.application import Application
from mockpsp.scenarios.replaying.runner import run

pytestmark = pytest.mark.slow

#: Events that no story fires yet.
UNTOLD: set[str] = set()


def test_every_event_has_a_story_that_fires_it(application: Application) -> None:
    for path in library_paths():
        scenario = load(path)
        for cell in scenario.cells():
            run(scenario, application, cell=cell)
    with application.app.extensions["mockpsp"].database.reading() as conn:
        told = {name for (name,) in conn.execute("SELECT DISTINCT name FROM event")}

    assert told - FIRED_EVENTS == set(), "name them in mockpsp/domain/events.py"
    assert FIRED_EVENTS - told == UNTOLD
