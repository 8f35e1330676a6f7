"""What `python -m tests.bench` can be told, and how much it measures."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

#: What can be measured by itself, in this order.
PARTS = ("traffic", "starts", "replay", "memory", "webhooks", "dialects", "costs", "forks", "years", "growth")

MILLION = 1_000_000
_STORED_MIN = 3


@dataclass(frozen=True)
class Effort:
    """How much is measured of each part."""

    #: Rounds of traffic, requests of each kind in one, and those that come before.
    rounds: int
    requests: int
    warm_up: int
    starts: int
    memory_stored: int
    webhook_rounds: int
    deliveries: int
    #: Rounds of all dialects, and deliveries by each in one.
    dialect_rounds: int
    dialect_deliveries: int
    sized_payments: int
    recorded_captures: int
    year_effects: int
    #: How many of each thing, and the seconds that each step may take.
    growth_count: int
    growth_limit_s: float


FULL = Effort(
    rounds=5,
    requests=400,
    warm_up=500,
    starts=9,
    memory_stored=10_000,
    webhook_rounds=3,
    deliveries=1_200,
    dialect_rounds=5,
    dialect_deliveries=240,
    sized_payments=400,
    recorded_captures=300,
    year_effects=100_000,
    growth_count=1_000,
    growth_limit_s=60,
)
#: A minute in all: to see whether a change did anything, not to be quoted.
QUICK = Effort(
    rounds=2,
    requests=150,
    warm_up=150,
    starts=3,
    memory_stored=1_000,
    webhook_rounds=1,
    deliveries=450,
    dialect_rounds=3,
    dialect_deliveries=150,
    sized_payments=200,
    recorded_captures=100,
    year_effects=5_000,
    growth_count=100,
    growth_limit_s=5,
)


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = argparse.ArgumentParser(prog="python -m tests.bench", description="What mockpsp costs, beside a peer.")
    found.add_argument("--quick", action="store_true", help="measure less of everything: about a minute")
    parts = f"parts to measure, separated by commas  [default: {','.join(PARTS)}]"
    found.add_argument("--only", type=_parts, default=PARTS, metavar="PARTS", help=parts)
    beside = "measure under this interpreter as well; its environment has mockpsp"
    found.add_argument("--python", metavar="PATH", help=beside)
    stored = "measure captures over so many stored payments as well"
    found.add_argument("--stored", type=int, metavar="N", help=stored)
    found.add_argument("--json", action="store_true", help="print JSON instead of tables")
    record = "keep the figures as those that the reference page shows, and rewrite it"
    found.add_argument("--record", action="store_true", help=record)
    return found


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options given; what doesn't go together ends the process."""
    found = parser()
    options = found.parse_args(arguments)
    if options.stored is not None and options.stored < _STORED_MIN:
        found.error(f"--stored: at least {_STORED_MIN}, which the others are copied from")
    if options.record and (options.quick or options.only != PARTS or (options.stored or 0) < MILLION):
        found.error(f"--record is for a whole run: --stored {MILLION}, without --quick and --only")
    return options


def _parts(text: str) -> tuple[str, ...]:
    wanted = [part.strip() for part in text.split(",")]
    for part in wanted:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(f"{part!r} is none of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in wanted)
