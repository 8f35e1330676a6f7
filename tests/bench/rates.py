"""Samples of many rounds as one rate: how often a second, at what cost, how late at worst."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.load import Load


@dataclass(frozen=True)
class Sample:
    """What came of requests, and the seconds of processor that the server took for them."""

    load: Load
    cpu_s: float


@dataclass(frozen=True)
class Rate:
    """How a kind of request was answered over so many connections."""

    kind: str
    connections: int
    #: Requests a second, of each round.
    rounds: Sequence[float]
    #: Processor time of the server and its children, user and system, per request.
    cpu_us: float
    p50_ms: float
    p99_ms: float
    #: The load generator's own share of a processor, in the round in which it was highest.
    busy: float

    @property
    def per_second(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """p99 as a multiple of p50."""
        return self.p99_ms / self.p50_ms


def rate(kind: str, connections: int, samples: Sequence[Sample]) -> Rate:
    """All samples of a kind as one; the percentiles are of all requests together."""
    took_ms = sorted(took for sample in samples for took in sample.load.took_ms)
    return Rate(
        kind,
        connections,
        rounds=[sample.load.per_second for sample in samples],
        cpu_us=sum(sample.cpu_s for sample in samples) * 1_000_000 / len(took_ms),
        p50_ms=percentile(took_ms, 50),
        p99_ms=percentile(took_ms, 99),
        busy=max(sample.load.busy for sample in samples),
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of all don't exceed."""
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def of(rate: Rate, other: Rate) -> float:
    """How often the one is answered while the other is answered once: the median over the rounds, taken in turns."""
    return statistics.median(ours / theirs for ours, theirs in zip(rate.rounds, other.rounds, strict=True))


def cpu_of(rate: Rate, other: Rate) -> float:
    """The same by processor time, which is steady where others use the machine too."""
    return other.cpu_us / rate.cpu_us
