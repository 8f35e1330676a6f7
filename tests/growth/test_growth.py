"""Nothing that a user can make many of costs more than linear: N of each are drawn, for four N, and counted.

Linear means that one more costs no more among 400 than among 50, but for a little that logarithms take. Statements,
SQLite's own steps and lines of Python are compared; times are `make bench`'s.
"""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.growth.counting import counting
from tests.growth.draws import DRAWS
from tests.growth.shop import Shop, shopping

pytestmark = pytest.mark.slow

#: How much more one may cost among many than among few.
TOLERANCE = 1.2
#: What is left to chance, such as a page of the file more: of each count, for one more.
SLACK = {"statements": 0.1, "database_steps": 5.0, "lines": 2.0}
#: A first look at everything, so that what is learned once is counted for nobody.
WARM_UP = 12


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shopping(tmp_path_factory.mktemp("growth") / "growth.db") as opened:
        yield opened


@pytest.mark.parametrize("kind", DRAWS)
def test_many_cost_no_more_than_as_many_times_one(shop: Shop, kind: str) -> None:
    draw = DRAWS[kind]
    costs: dict[str, list[dict[str, int]]] = {what: [] for what in draw.acts}
    for n in (WARM_UP, *draw.sizes):
        shop.anew()
        made = draw.make(shop, n)
        for what, act in draw.acts.items():
            with counting(shop) as cost:
                act(shop, made)
            costs[what].append(asdict(cost))

    growing = [grown for what in draw.acts for grown in grows(what, costs[what][1:], draw.sizes)]

    assert growing == []


def grows(what: str, costs: list[dict[str, int]], sizes: tuple[int, ...]) -> Iterator[str]:
    """Each count of which one more cost more in the end than it ever did before."""
    for count, slack in SLACK.items():
        steps = list(zip(costs, costs[1:], sizes, sizes[1:], strict=False))
        *before_last, last = [
            (after[count] - before[count]) / (larger - smaller) for before, after, smaller, larger in steps
        ]
        if last > max(before_last) * TOLERANCE + slack:
            yield f"{what}: {count} of {sizes} are {[cost[count] for cost in costs]}"


@pytest.mark.parametrize(("power", "is_told"), [(0, False), (1, False), (1.5, True), (2, True)])
def test_what_grows_faster_is_told(power: float, is_told: bool) -> None:
    sizes = (50, 100, 200, 400)
    costs = [{count: round(1_000 * n**power) for count in SLACK} for n in sizes]

    assert bool(list(grows("this", costs, sizes))) is is_told
