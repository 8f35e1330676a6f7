"""Percentiles, ratios and what is counted of many rounds."""

import pytest

from tests.bench import rates
from tests.bench.load import Load
from tests.bench.rates import Rate, Sample


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50.0), (99, 99.0), (100, 100.0), (0, 1.0)], ids=lambda value: str(value)
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: int, expected: float) -> None:
    assert rates.percentile([float(one) for one in range(1, 101)], percent) == expected


def test_the_p99_of_few_values_is_the_largest() -> None:
    assert rates.percentile([1.0, 2.0, 3.0], 99) == 3.0


def test_a_rate_is_of_all_its_rounds() -> None:
    slow = Sample(Load(2.0, [1.0, 9.0], 0, None, 0.25), cpu_s=0.003)
    fast = Sample(Load(1.0, [2.0, 2.0], 0, None, 0.5), cpu_s=0.001)

    rate = rates.rate("capture", 1, [slow, fast, fast])

    assert (rate.rounds, rate.per_second) == ([1.0, 2.0, 2.0], 2.0)
    assert rate.cpu_us == pytest.approx(5_000 / 6)
    assert (rate.p50_ms, rate.p99_ms, rate.spread, rate.busy) == (2.0, 9.0, 4.5, 0.5)


def test_a_ratio_is_taken_within_each_round() -> None:
    # While the machine was busy with something else, both were slow.
    ours = Rate("capture", 1, [100.0, 10.0, 120.0], 2_000, 1, 2, 0.1)
    theirs = Rate("charge", 1, [200.0, 20.0, 200.0], 500, 1, 2, 0.1)

    assert rates.of(ours, theirs) == 0.5
    assert rates.cpu_of(ours, theirs) == 0.25
