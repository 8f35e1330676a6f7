"""Many random worlds: `python -m tests.fuzz [--commands N] [--seed N]`. A failure names the seed that repeats it."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from mockpsp.api.control.moves import MOVES
from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from tests.fuzz.books import check_exports
from tests.fuzz.flows import Broken, World

PER_WORLD = 250
#: What the moves of a world are on; cards and tokens are for tests of their own.
MOVED = ("refund", "payment", "gateway", "payout")
#: With so many commands each of those moves must have succeeded at least once.
ENOUGH = 20_000


def main() -> int:
    """Run worlds until there were enough commands; 1 at the first that breaks something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--commands", type=int, default=100_000, help="how many in all [100000]")
    parser.add_argument("--seed", type=int, default=1, help="of the first world; each next one has the next [1]")
    options = parser.parse_args()
    judges: list[str] = []
    done, statuses, moved = 0, Counter[int](), Counter[str]()
    with TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + -(-options.commands // PER_WORLD)):
            app = create_app(Settings(db=":memory:", clock="manual"))
            try:
                world = World(app, seed)
                world.run(min(PER_WORLD, options.commands - done))
                done += world.commands
                statuses += world.statuses
                moved += world.moved
                judges = check_exports(world, Path(folder))
            except Broken as broken:
                print(f"\n{broken}", file=sys.stderr)
                return 1
            finally:
                app.extensions["mockpsp"].close()
            print(f"\r{done} commands, books judged by {', '.join(judges)}", end="", flush=True)
    print(f"; answers: {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}")
    if "hledger" not in judges:
        print("hledger isn't installed: its strict check of the journals was left out")
    missed = [what for what, move in MOVES.items() if move.on in MOVED and not moved[what]]
    print(f"moves that never succeeded: {', '.join(missed) or 'none'}")
    return int(bool(missed) and done >= ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
