"""`python -m tests.judges.generators`: clients by openapi-generator and swagger-typescript-api do what a shop does.

openapi-generator makes one of Python and one of TypeScript around `fetch`, swagger-typescript-api another; both of the
whole document and of `?expand=none`. TypeScript's are compiled strictly and run by Node. Ends with 1 where one can't be
made, doesn't compile or doesn't get through. Without Java, or without npm, what needs it is passed over.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.serving import Serving
from tests.judges.clients import install, judge, run, told, verdicts

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "judges" / "generators"
#: What was seen to read the document as judged here, and what the client it makes of Python stands on.
GENERATOR = "openapi-generator-cli==7.26.0"
UNDER_PYTHON = ("pydantic>=2,<3", "python-dateutil", "typing-extensions", "urllib3>=2,<3")
PACKAGES = {"swagger-typescript-api": "13.13.0", "typescript": "5.9.3"}
_COMPILED = ["--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "shop.ts"]


def main() -> int:
    """Make the clients, run them, tell each verdict, and answer the exit code."""
    tools = {name: shutil.which(name) is not None for name in ("java", "npm")}
    for name in (name for name, is_here in tools.items() if not is_here):
        print(f"skipped: {name} is not here, nor the clients that need it")
    if tools["java"]:
        install_generator()
    if tools["npm"]:
        install(FOLDER / "npm", PACKAGES)
    return judge(lambda work, server: of_all(work, server, **tools))


def install_generator() -> None:
    """openapi-generator stands in an environment of its own, with what its Python client imports."""
    if not (FOLDER / "python" / "bin" / "openapi-generator-cli").exists():
        own = str(FOLDER / "python")
        subprocess.run([sys.executable, "-m", "venv", own], check=True)
        pip = [f"{own}/bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, GENERATOR, *UNDER_PYTHON], check=True)


def of_all(work: Path, server: Serving, *, java: bool, npm: bool) -> Iterator[tuple[str, str]]:
    """(what was judged, what was wrong with it) of each generator that this machine can run."""
    if java:
        yield from of_python(work, server)
    if java and npm:
        made = [*generated("typescript-fetch", "client"), "--additional-properties=importFileExtension=.js"]
        yield from of_typescript(work / "fetch", server, made, "openapi-generator")
    if npm:
        made = [str(FOLDER / "npm/node_modules/.bin/swagger-typescript-api"), "generate", "-p", "../openapi.json"]
        yield from of_typescript(work / "swagger", server, [*made, "-o", "client", "-n", "api.ts"], "swagger")


def generated(language: str, folder: str) -> list[str]:
    """The command that makes a client in a folder beside or below the document."""
    command = [str(FOLDER / "python" / "bin" / "openapi-generator-cli"), "generate", "-g", language, "-o", folder]
    return [*command, "-i", "../openapi.json"]


def of_python(work: Path, server: Serving) -> Iterator[tuple[str, str]]:
    """openapi-generator's client of Python."""
    own = work / "python"
    own.mkdir()
    said = run([*generated("python", "."), "--additional-properties=packageName=shop_client"], own)
    yield "openapi-generator makes a client of Python", _unless((own / "shop_client" / "api_client.py").exists(), said)
    shutil.copy(HERE / "shop_of_openapi_generator.py", own / "shop.py")
    command = [str(FOLDER / "python" / "bin" / "python"), "shop.py"]
    yield from verdicts("openapi-generator", run(command, own, told(server, work.name, "ogpy")))


def of_typescript(own: Path, server: Serving, made: list[str], by: str) -> Iterator[tuple[str, str]]:
    """A client of TypeScript that the command makes in a folder of its own, and the shop's program on it."""
    own.mkdir()
    (own / "node_modules").symlink_to(FOLDER / "npm" / "node_modules")
    (own / "package.json").write_text('{"type": "module"}\n')
    said = run(made, own)
    yield f"{by} makes a client of TypeScript", _unless((own / "client").exists(), said)
    shutil.copy(HERE / f"shop_of_{by.replace('-', '_')}.ts", own / "shop.ts")
    yield "which compiles", run([str(FOLDER / "npm/node_modules/.bin/tsc"), *_COMPILED], own).strip()[:500]
    yield from verdicts(by, run(["node", "shop.js"], own, told(server, own.parent.name, own.name)))


def _unless(is_made: bool, said: str) -> str:
    return "" if is_made else said[-600:]


if __name__ == "__main__":
    sys.exit(main())
