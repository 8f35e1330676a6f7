"""The wheel in an environment of its own, beside a project that has top-level packages of the same names as ours."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from mockpsp import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SHIPPED = ("mockpsp", "webhooks", "scenarios", "pyproject.toml", "README.md", "LICENSE")

#: Asks the installed application for every page, and prints how many there are.
EVERY_PAGE = """
from mockpsp.api.described.docs_pages import NAMES
from mockpsp.api.pages.screens import STATIC
from mockpsp.serving.app import create_app
from mockpsp.config import Settings

app = create_app(Settings(port=0, db=":memory:"))
client = app.test_client()
print(sum(client.get(f"/docs/{name}").status_code == 200 for name in NAMES), "of", len(NAMES))
assert client.get("/sandbox/ui/sign-in").status_code == 200
assert {client.get(f"/static/{name}").status_code for name in STATIC} == {200}
app.extensions["mockpsp"].close()
"""

THEIR_TEST = """
import scenarios
import tests
import webhooks
import mockpsp.scenarios
import mockpsp.webhooks


def test_their_packages_are_their_own():
    assert {module.WHOSE for module in (webhooks, scenarios, tests)} == {"theirs"}
    assert not hasattr(mockpsp.webhooks, "WHOSE") and not hasattr(mockpsp.scenarios, "WHOSE")


def test_the_plugin_gives_a_server(mockpsp):
    assert mockpsp.url.startswith("http://127.0.0.1:")
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; the test fails with it when the command does."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is shipped: building in the checkout would pick up what earlier builds left there."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="module")
def sdist(tree: Path) -> Path:
    run(sys.executable, "-m", "build", "--sdist", "--outdir", tree / "dist", tree, cwd=tree)
    return next((tree / "dist").glob("mockpsp-*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """Built from the source distribution, so that both are known to be whole."""
    with tarfile.open(sdist) as archive:
        archive.extractall(sdist.parent, filter="data")
    source = sdist.parent / sdist.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", sdist.parent, source, cwd=source)
    return next(sdist.parent.glob("mockpsp-*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a fresh environment that holds the wheel; its dependencies are this one's."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    commands = home / "bin"
    run(
        sys.executable, "-m", "pip", "--python", commands / "python", "install", "--no-deps", "--quiet", wheel, cwd=home
    )
    packages = Path(
        run(commands / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    )
    # A path file inside the folder it names isn't read: the dependencies come along, our own editable install doesn't.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return commands


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project, with `webhooks`, `scenarios` and `tests` of its own."""
    for name in ("webhooks", "scenarios", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('WHOSE = "theirs"\n')
    return tmp_path


def test_the_wheel_installs_one_import_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"mockpsp"}


def test_the_wheel_holds_every_file_that_is_not_a_cache(wheel: Path, tree: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    files = [
        path for name in ("mockpsp", "webhooks", "scenarios") for path in (tree / name).rglob("*") if path.is_file()
    ]
    names = {path.relative_to(tree).as_posix() for path in files}
    wanted = {name if name.startswith("mockpsp/") else f"mockpsp/{name}" for name in names}

    assert wanted - shipped == set()


def test_the_installed_package_serves_every_page(environment: Path, project: Path) -> None:
    found, _, wanted = run(environment / "python", "-c", EVERY_PAGE, cwd=project).split()

    assert found == wanted


def test_the_command_runs_beside_their_packages(environment: Path, project: Path) -> None:
    assert run(environment / "mockpsp", "--version", cwd=project) == f"mockpsp, version {__version__}\n"
    assert run(environment / "python", "-m", "mockpsp", "--version", cwd=project) == f"mockpsp, version {__version__}\n"


def test_the_built_in_stories_run_beside_their_packages(environment: Path, project: Path) -> None:
    assert "all as expected" in run(environment / "mockpsp", "replay", cwd=project)


def test_the_installed_package_is_the_wheel_s(environment: Path, project: Path) -> None:
    where = run(environment / "python", "-c", "import mockpsp.webhooks as w; print(w.__file__)", cwd=project)

    assert Path(where).is_relative_to(environment.parent)


def test_the_plugin_works_in_a_project_whose_packages_stay_its_own(environment: Path, project: Path) -> None:
    (project / "tests" / "test_theirs.py").write_text(THEIR_TEST)

    assert "2 passed" in run(environment / "python", "-m", "pytest", "-p", "no:cacheprovider", "tests", cwd=project)
