"""`python -m tests.judges.clients`: clients that two generators make of `/openapi.json` pay, refund and read an error.

openapi-python-client's stands in an environment of its own, openapi-typescript's types are compiled strictly around
openapi-fetch and run by Node; both of the whole document and of `?expand=none`. Ends with 1 where a generator
complains of anything but what is listed here, or a client does not get through. Without npm the second is passed over.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from tests.bench.serving import SECRET, Serving, mockpsp

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "judges" / "clients"
#: What was seen to read the document as judged here.
PYTHON_GENERATOR = "openapi-python-client==0.29.1"
PACKAGES = {"openapi-typescript": "7.13.0", "openapi-fetch": "0.17.0", "typescript": "5.9.3"}
WISHES = {"whole": "", "expand=none": "?expand=none"}
#: What a generator may say: it knows no certificates, and makes the call without its answer.
_NO_TROUBLE = ("WARNING parsing GET /sandbox/certificate.pem within control_plane.",)
_TROUBLE = re.compile(r"^(?:WARNING|ERROR|Unable|Unsupported|Invalid|Error).*", re.MULTILINE)
_GENERATE_S = 300


def main() -> int:
    """Make the clients, run them, tell each verdict, and answer the exit code."""
    return judge(lambda work, server: (*of_python(work, server), *of_typescript(work, server)))


def judge(of_all: Callable[[Path, Serving], Iterable[tuple[str, str]]]) -> int:
    """Tell what is judged of each form of the document, which lies in the folder handed in; answer the exit code."""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="mockpsp-clients-") as name, mockpsp(Path(name) / "shop.db") as server:
        for wish, query in WISHES.items():
            work = Path(name) / wish
            work.mkdir()
            with urllib.request.urlopen(f"{server.url}/openapi.json{query}", timeout=60) as answer:
                (work / "openapi.json").write_bytes(answer.read())
            for what, trouble in of_all(work, server):
                wrong += bool(trouble)
                print(
                    f"{'WRONG' if trouble else 'ok   '}  {wish}, {what}{f': {trouble}' if trouble else ''}", flush=True
                )
    return 1 if wrong else 0


def install(own: Path, packages: Mapping[str, str]) -> None:
    """These packages of npm, in their versions, are in a folder."""
    if not all((own / "node_modules" / name / "package.json").exists() for name in packages):
        own.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in packages.items()]
        quiet = ["--no-save", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(["npm", "install", *quiet, "--prefix", str(own), *wanted], check=True)


def of_python(work: Path, server: Serving) -> Iterator[tuple[str, str]]:
    """(what was judged, what was wrong with it) of openapi-python-client."""
    own = FOLDER / "python"
    if not (own / "bin" / "openapi-python-client").exists():
        subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
        subprocess.run([str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", PYTHON_GENERATOR], check=True)
    # It tidies what it wrote by a ruff that it brings along.
    path = f"{own / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    command = ["openapi-python-client", "generate", "--path", "openapi.json", "--meta", "none"]
    said = run([*command, "--output-path", "shop_client", "--overwrite"], work, {"PATH": path})
    trouble = [line for line in _TROUBLE.findall(said) if line not in _NO_TROUBLE]
    yield "openapi-python-client makes a client", "; ".join(trouble)
    shutil.copy(HERE / "shop_of_python.py", work / "shop.py")
    yield from verdicts("Python", run([str(own / "bin" / "python"), "shop.py"], work, told(server, work.name, "py")))


def of_typescript(work: Path, server: Serving) -> Iterator[tuple[str, str]]:
    """The same of openapi-typescript, and of the compiler."""
    if shutil.which("npm") is None:
        print("skipped: npm is not here, so no types are made")
        return
    own = FOLDER / "npm"
    install(own, PACKAGES)
    tools = own / "node_modules" / ".bin"
    (work / "node_modules").symlink_to(own / "node_modules")
    (work / "package.json").write_text('{"type": "module"}\n')
    shutil.copy(HERE / "shop_of_typescript.ts", work / "shop.ts")
    said = run([str(tools / "openapi-typescript"), "openapi.json", "-o", "api.d.ts"], work)
    made = (work / "api.d.ts").exists()
    yield "openapi-typescript makes types", "" if made else said
    how = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "nodenext"]
    said = run([str(tools / "tsc"), *how, "--moduleResolution", "nodenext", "shop.ts"], work)
    yield "what they make compiles", said.strip()[:500]
    yield from verdicts("TypeScript", run(["node", "shop.js"], work, told(server, work.name, "ts")))


def told(server: Serving, wish: str, language: str) -> dict[str, str]:
    """Where a shop's program finds the server, and a universe of its own."""
    project_id = f"test-proj_{language}_{wish.rpartition('=')[2]}"
    return {"SHOP_URL": server.url.rstrip("/"), "SHOP_PROJECT": project_id, "SHOP_SECRET": SECRET}


def run(command: list[str], work: Path, more: Mapping[str, str] | None = None) -> str:
    """What a command printed, with what it ended where that was not well."""
    done = subprocess.run(
        command, cwd=work, env={**os.environ, **(more or {})}, capture_output=True, text=True, timeout=_GENERATE_S
    )
    return done.stdout + done.stderr + (f"\nError: it ended with {done.returncode}" if done.returncode else "")


def verdicts(language: str, said: str) -> Iterator[tuple[str, str]]:
    """A shop's program prints a line for each thing it did, and `done` at last."""
    lines = said.strip().splitlines()
    if not lines or lines[-1] != "done":
        yield f"{language}'s client gets through", said[-600:] or "it said nothing"
        return
    yield from ((f"{language}'s client {line}", "") for line in lines[:-1])


if __name__ == "__main__":
    sys.exit(main())
