"""An interpreter, as it describes itself: which one, and how it was built. Run by the one that is asked about.

Only the standard library is imported here: what is asked about may have nothing else.
"""

import importlib.util
import json
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.bench.failing import Failed

ROOT = Path(__file__).parents[2]


def described(python: str) -> dict[str, str]:
    """Path, version and build of an interpreter whose environment has mockpsp; raises Failed for another."""
    try:
        done = subprocess.run([python, "-m", "tests.bench.interpreter"], cwd=ROOT, capture_output=True, text=True)
    except OSError as error:
        raise Failed(f"--python {python}: {error.strerror}") from None
    if done.returncode:
        raise Failed(f"--python {python}: {done.stderr.strip().splitlines()[-1]}")
    said: dict[str, str] = json.loads(done.stdout)
    if said.pop("lacks"):
        raise Failed(f"--python {python}: its environment lacks mockpsp; there, run: python -m pip install -e .")
    return {"path": python, **said}


def _own() -> dict[str, str]:
    return {
        "version": f"{platform.python_implementation()} {platform.python_version()}",
        "built": build(sysconfig.get_config_vars(), is_debian="deb_system" in sysconfig.get_scheme_names()),
        # The folders of this tree are in view anyway; these come from an environment it was installed into.
        "lacks": ""
        if importlib.util.find_spec("flask") and importlib.util.find_spec("mockpsp.webhooks")
        else "mockpsp",
    }


def build(variables: dict[str, object], *, is_debian: bool) -> str:
    """Whether profile-guided optimisation (PGO) went into it, as far as it tells."""
    options = str(variables.get("CONFIG_ARGS") or "")
    lto = " and LTO" if "--with-lto" in options else ""
    if "--enable-optimizations" in options:
        return f"with PGO{lto}"
    # Debian and Ubuntu call `make profile-opt` with flags of their own, and empty this one afterwards.
    if is_debian and variables.get("PGO_PROF_USE_FLAG") == "":
        return f"with PGO{lto}, as Debian builds it"
    if not options:
        return "build unknown"
    return f"without PGO{lto}"


if __name__ == "__main__":
    json.dump(_own(), sys.stdout)
