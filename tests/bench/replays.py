"""Replay steps a second: the built-in stories, straight to an application in this process."""

from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.replay import load_all, replay


def steps_per_second() -> float | None:
    """Steps of all built-in stories in a second, the second time round; None unless every story passes."""
    scenarios = load_all([])
    with own_application() as application:
        for _ in range(2):
            results = list(replay(scenarios, application))
    if not all(result.ok for result in results):
        return None
    return sum(len(result.steps) for result in results) * 1_000 / sum(result.elapsed_ms for result in results)
