"""Many random worlds: `python -m tests.fuzz [--commands N] [--seed N]`. A failure names the seed that repeats it."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from mockpsp.app import create_app
from mockpsp.config import Settings
from tests.fuzz.books import check_exports
from tests.fuzz.flows import Broken, World

PER_WORLD = 250


def main() -> int:
    """Run worlds until there were enough commands; 1 at the first that breaks something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--commands", type=int, default=100_000, help="how many in all [100000]")
    parser.add_argument("--seed", type=int, default=1, help="of the first world; each next one has the next [1]")
    options = parser.parse_args()
    done, statuses = 0, Counter[int]()
    with TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + -(-options.commands // PER_WORLD)):
            app = create_app(Settings(db=":memory:", clock="manual"))
            try:
                world = World(app, seed)
                world.run(min(PER_WORLD, options.commands - done))
                done += world.commands
                statuses += world.statuses
                judges = check_exports(world, Path(folder))
            except Broken as broken:
                print(f"\n{broken}", file=sys.stderr)
                return 1
            finally:
                app.extensions["mockpsp"].close()
            print(f"\r{done} commands, books judged by {', '.join(judges)}", end="", flush=True)
    print(f"; answers: {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
