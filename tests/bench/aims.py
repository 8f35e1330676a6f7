"""What a run is held against: a row for each figure that is aimed at. To add one: a row in `AIMS`.

A row's numbers are those of 1 connection and of 8, or of one endpoint and of eight, or a single one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.bench import kinds, rates
from tests.bench.options import MILLION
from tests.bench.rates import Rate

Numbers = tuple[float, ...]


class Seen(NamedTuple):
    """A run as one interpreter gave it, and what all interpreters share."""

    peer: Sequence[Rate]
    rates: Sequence[Rate]
    #: What was measured under this interpreter, by part.
    run: Mapping[str, Any]
    figures: Mapping[str, Any]


class Aim(NamedTuple):
    """What is aimed at; `figure` answers None for what was not measured."""

    what: str
    aim: Numbers
    figure: Callable[[Seen], Numbers | None]
    #: The same, judged by processor time.
    by_cpu: Callable[[Seen], Numbers | None] = lambda seen: None
    is_ceiling: bool = False
    #: How a number is written.
    form: str = "{:.2f}"

    def is_met(self, numbers: Numbers) -> bool:
        """Whether every number is as aimed, as it is shown: a hair below, which nobody sees, is no miss."""
        shown = [(_as_shown(self.form, number), aim) for number, aim in zip(numbers, self.aim, strict=False)]
        return all(number <= aim if self.is_ceiling else number >= aim for number, aim in shown)

    def written(self, numbers: Numbers | None) -> str:
        """The numbers as they are shown."""
        return "-" if numbers is None else " / ".join(self.form.format(number) for number in numbers)


def seen(figures: Mapping[str, Any]) -> list[Seen]:
    """A run for each interpreter, the one that matters first."""
    peer = [Rate(**one) for one in figures["peer_rates"]]
    return [Seen(peer, [Rate(**one) for one in run.get("rates", ())], run, figures) for run in figures["runs"]]


def found(of: Sequence[Rate], kind: str, connections: int) -> Rate | None:
    """One of the rates."""
    return next((one for one in of if (one.kind, one.connections) == (kind, connections)), None)


def _as_shown(form: str, number: float) -> float:
    return float("".join(letter for letter in form.format(number) if letter in "0123456789."))


def _beside_peer(what: str, kind: str, peer_kind: str, aim: Numbers) -> Aim:
    def numbers(seen: Seen, of: Callable[[Rate, Rate], float]) -> Numbers | None:
        pairs = [
            (found(seen.rates, kind, connections), found(seen.peer, peer_kind, connections))
            for connections in kinds.CONNECTIONS[: len(aim)]
        ]
        whole = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
        return tuple(of(*pair) for pair in whole) if len(whole) == len(aim) else None

    return Aim(what, aim, lambda seen: numbers(seen, rates.of), lambda seen: numbers(seen, rates.cpu_of))


def _spread(seen: Seen) -> Numbers | None:
    rate = found(seen.rates, kinds.CAPTURE, 1)
    return rate and (rate.spread,)


def _full(seen: Seen, of: Callable[[Rate, Rate], float]) -> Numbers | None:
    many, few = found(seen.rates, kinds.FULL, 1), found(seen.rates, kinds.FEW, 1)
    return (of(many, few),) if many and few and seen.figures["stored"] >= MILLION else None


def _start(seen: Seen) -> Numbers | None:
    starts = seen.run.get("starts")
    return starts and (starts["first_answer_s"] / starts["import_flask_s"],)


def _replay(seen: Seen) -> Numbers | None:
    replay = seen.run.get("replay")
    return replay and (replay["steps_per_second"],)


def _files(seen: Seen, of: str) -> Numbers | None:
    files = (seen.run.get("replay") or {}).get(of)
    return files and (files,)


def _replay_by_two(seen: Seen) -> Numbers | None:
    replay = seen.run.get("replay")
    return (replay["seconds"] / replay["seconds_of_two"],) if replay and replay["seconds_of_two"] else None


def _memory(seen: Seen) -> Numbers | None:
    memory = seen.run.get("memory")
    return memory and (memory["loaded_mb"],)


def _file(seen: Seen) -> Numbers | None:
    costs = seen.run.get("costs")
    return costs and (costs["bytes"]["file"] / 1_024,)


def _deliveries(seen: Seen) -> Numbers | None:
    webhooks = seen.run.get("webhooks")
    return webhooks and tuple(one["of_bare"] for one in webhooks)


def _slowest_dialect(seen: Seen, of: str) -> Numbers | None:
    ratios = [one[of] for one in seen.run.get("dialects") or () if not one["is_asymmetric"]]
    return (min(ratios),) if ratios else None


def _settling(seen: Seen) -> Numbers | None:
    growth = seen.run.get("growth") or {"count": 0, "steps": ()}
    seconds = [one["seconds"] for one in growth["steps"] if one["what"] == "the same captures settled"]
    return (seconds[0],) if growth["count"] == 1_000 and seconds and seconds[0] is not None else None


def _forks(seen: Seen, of: str) -> Numbers | None:
    # Of a run that was recorded before a figure was taken, there is none.
    forks = seen.run.get("forks")
    return (forks[of],) if forks and of in forks else None


def _year(seen: Seen, of: str) -> Numbers | None:
    year = seen.run.get("years")
    return year and (year[of],)


AIMS: tuple[Aim, ...] = (
    _beside_peer("capture, of the peer's charge", kinds.CAPTURE, kinds.CHARGE, (0.42, 0.37)),
    _beside_peer("the same on the wall clock, delivered to an endpoint", kinds.HOOKED, kinds.CHARGE, (0.28,)),
    _beside_peer("refund, of the peer's refund", kinds.REFUND, kinds.PEER_REFUND, (0.60, 0.58)),
    _beside_peer("GET transaction, of the peer's GET charge", kinds.GET, kinds.PEER_GET, (0.95, 0.75)),
    _beside_peer("create invoice, of the peer's charge", kinds.CREATE, kinds.CHARGE, (0.95, 0.90)),
    _beside_peer(f"{kinds.LISTED}, of the peer's", kinds.LISTED, kinds.LISTED, (0.65, 0.55)),
    Aim("p99 of a capture, of its p50, 1 connection", (3,), _spread, is_ceiling=True, form="{:.1f}"),
    Aim(
        "capture over a million stored payments, of over 100",
        (0.95,),
        lambda seen: _full(seen, rates.of),
        lambda seen: _full(seen, rates.cpu_of),
    ),
    Aim("first answer, of `import flask` alone", (1.5,), _start, is_ceiling=True, form="{:.2f}"),
    Aim("replay of the library, steps a second in one process", (450,), _replay, form="{:,.0f}"),
    Aim("the same by two processes, of one", (1.6,), _replay_by_two, form="{:.2f}"),
    Aim("fifty payments set up anew, of a fork of them", (10,), lambda seen: _forks(seen, "ratio"), form="{:.0f}"),
    Aim(
        "fork of 10,000 rows",
        (50,),
        lambda seen: _forks(seen, "fork_of_rows_ms"),
        lambda seen: _forks(seen, "fork_of_rows_cpu_ms"),
        is_ceiling=True,
        form="{:.0f} ms",
    ),
    Aim(
        "fork of an ordinary test's universe",
        (5,),
        lambda seen: _forks(seen, "fork_of_few_ms"),
        lambda seen: _forks(seen, "fork_of_few_cpu_ms"),
        is_ceiling=True,
        form="{:.1f} ms",
    ),
    Aim(
        "effects of a year's agenda, a second",
        (2_000,),
        lambda seen: _year(seen, "per_second"),
        lambda seen: _year(seen, "per_cpu_second"),
        form="{:,.0f}",
    ),
    Aim(
        "the year's last tenth, of its first, by CPU",
        (1.5,),
        lambda seen: _year(seen, "last_to_first"),
        is_ceiling=True,
    ),
    Aim(
        "stories read and checked, files a second",
        (200,),
        lambda seen: _files(seen, "files_per_second"),
        lambda seen: _files(seen, "files_per_cpu_second"),
        form="{:,.0f}",
    ),
    Aim("resident memory after 64 connections", (90,), _memory, is_ceiling=True, form="{:.0f} MB"),
    Aim("file per payment with card and refund", (2.3,), _file, is_ceiling=True, form="{:.2f} KiB"),
    Aim("deliveries, of bare `requests`, to 1 endpoint / 8", (1.0, 1.5), _deliveries),
    Aim(
        "deliveries in the slowest dialect without public keys, of the standard one's",
        (0.9,),
        lambda seen: _slowest_dialect(seen, "of_standard"),
        lambda seen: _slowest_dialect(seen, "of_standard_by_cpu"),
    ),
    Aim("settling 1,000 captures of one payment", (2,), _settling, is_ceiling=True, form="{:.1f} s"),
)
