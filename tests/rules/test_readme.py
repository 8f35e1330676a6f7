"""What the README says is so: its tables come from the code, its examples run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from mockpsp.catalog import load_catalog
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.replaying.runner import run
from tests.docs import README, rendered


def block(marker: str) -> str:
    match = re.search(rf"<!-- {marker} -->\n```[a-z]+\n(.*?)```", README.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


def test_the_tables_are_what_the_code_says() -> None:
    text = README.read_text()

    assert rendered(text) == text, "run `make docs`"


def test_the_tour_runs_line_by_line(mockpsp: Sandbox) -> None:
    code = block("tour").replace('"http://127.0.0.1:8765", "test-proj_tour", "key_sandbox_tour"', "*HERE")
    assert "*HERE" in code

    exec(code.replace("*HERE", f"{mockpsp.url!r}, {mockpsp.project_id!r}, {mockpsp.secret!r}"), {})


def test_the_pytest_example_passes_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(block("pytest"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_story_replays(mockpsp_server: str, tmp_path: Path) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(block("story"))

    result = run(load(file), mockpsp_server, cell={})

    assert result.ok, result.differences


def test_every_make_target_the_readme_names_exists() -> None:
    assert shutil.which("make")
    makefile = (README.parent / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z]+)", README.read_text())) - {"alone", "the"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_profile_of_ones_own_is_one(tmp_path: Path) -> None:
    (tmp_path / "north.toml").write_text(block("profile"))

    north = load_catalog(str(tmp_path)).profiles["north"]

    assert (north.captures_max, north.capture_fee.fixed_minor["EUR"]) == (3, 30)
