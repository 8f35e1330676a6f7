"""Calls that happen at once: sent side by side and marked, so that the server lets them in as the seed has it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from mockpsp.scenarios.language.matching import MISSING, Difference, Found, dig
from mockpsp.scenarios.language.model import Expect
from mockpsp.scenarios.language.together import Part, Together
from mockpsp.scenarios.replaying.calling import perform_call
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.step_differences import of_call
from mockpsp.scenarios.replaying.world import World

#: As the server takes it: mockpsp/api/wire/together.py.
HEADER = "Mockpsp-Together"


def perform_together(world: World, action: Together) -> Answer:
    """The answers to all of them; what is saved of them is kept."""
    count = len(action.parts)
    asks = [
        partial(perform_call, world, part.call, {HEADER: f"{world.step_id} {number}/{count}"})
        for number, part in enumerate(action.parts, start=1)
    ]
    with ThreadPoolExecutor(count) as pool:
        answers = tuple(pool.map(lambda ask: ask(), asks))
    for part, answer in zip(action.parts, answers, strict=True):
        found = _saved(part, answer)
        world.names.update({name: value for name, value in found.items() if value is not MISSING})
    return Answer(200, each=answers)


def part_differences(action: Together, answer: Answer, world: World, *, has_statuses: bool) -> list[Difference]:
    """Where single answers are not as expected. A call of which nothing is expected succeeds, but for `statuses`."""
    found: list[Difference] = []
    for part, one in zip(action.parts, answer.each, strict=True):
        expect = part.expect or (None if has_statuses else Expect())
        differences = [] if expect is None else of_call(expect, one, world)
        missing = [name for name, value in _saved(part, one).items() if value is MISSING]
        differences += [Difference(f"save {name}", f"a value at {part.save[name]}", "nothing") for name in missing]
        found += [Difference(f"{part.id}: {each.where}", each.expected, each.actual) for each in differences]
    return found


def _saved(part: Part, answer: Answer) -> dict[str, Found]:
    return {name: MISSING if answer.body is MISSING else dig(answer.body, path) for name, path in part.save.items()}
