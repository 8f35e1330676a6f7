"""`python -m tests.judges.node`: vitest and jest judge the lines that the page on tests has for Node.

The blocks are taken from the page as they stand, put into a project of their own, and run beside this environment's
`mockpsp`. Ends with 1 where a runner says anything but that the test passed. The packages are installed into
build/judges/node.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs.reading import blocks_of

FOLDER = Path(__file__).parents[2] / "build" / "judges" / "node"
#: Package -> its version: what was seen to run as written there.
PACKAGES = {"vitest": "5.1.2", "jest": "30.5.2", "standardwebhooks": "1.1.1"}
HELPER = "mockpsp.cjs"
#: Runner -> the file of its test and the words that run it.
RUNNERS = {"vitest": ("shop.test.mjs", ("vitest", "run")), "jest": ("shop.test.js", ("jest",))}
#: Where the two tests are the same from.
_FROM_HERE = "const heard"
_TIMEOUT_S = 120


def main() -> int:
    """Install what is missing, run both, and answer the exit code."""
    install()
    wrong = 0
    for runner, text in tests().items():
        done = ended(runner, text)
        is_right = done.returncode == 0 and "1 passed" in done.stdout + done.stderr
        wrong += not is_right
        print(f"{'ok   ' if is_right else 'WRONG'}  {runner}: the test of the page")
        if not is_right:
            print(done.stdout + done.stderr)
    return 1 if wrong else 0


def tests() -> dict[str, str]:
    """Runner -> its test: the one of vitest whole, the one of jest with a beginning of its own."""
    (whole,), (beginning,) = blocks_of("vitest"), blocks_of("jest")
    return {"vitest": whole.text, "jest": beginning.text + whole.text[whole.text.index(_FROM_HERE) :]}


def ended(runner: str, text: str) -> subprocess.CompletedProcess[str]:
    """The runner, which has run the test in a project of its own."""
    (helper,) = blocks_of("node helper")
    file, words = RUNNERS[runner]
    with tempfile.TemporaryDirectory(prefix="mockpsp-judge-") as name:
        folder = Path(name)
        (folder / HELPER).write_text(helper.text)
        (folder / file).write_text(text)
        (folder / "package.json").write_text("{}")
        (folder / "node_modules").symlink_to(FOLDER / "node_modules")
        program, *rest = words
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return subprocess.run(
            [str(FOLDER / "node_modules" / ".bin" / program), *rest],
            cwd=folder,
            env={**os.environ, "PATH": path, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )


def install() -> None:
    """The packages are there."""
    if all((FOLDER / "node_modules" / name / "package.json").exists() for name in PACKAGES):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), *wanted]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
