"""`mockpsp init` and `mockpsp completion`: what they write works as it is."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpsp.cli import mockpsp as command
from tests.mockpsp.cli.conftest import Run, said
from tests.mockpsp.pytest_runs import PYTEST


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_story_passes_as_it_is(run: Run, folder: Path) -> None:
    told = said(run("init", "--json", on_file=False))

    assert told == {"file": "payments.yaml", "next": "mockpsp replay payments.yaml"}
    assert run("replay", "payments.yaml", on_file=False).exit_code == 0
    assert run("check", "--strict", "payments.yaml", on_file=False).exit_code == 0
    assert (folder / "scenario.schema.json").exists()


def test_a_test_passes_as_it_is(run: Run, folder: Path) -> None:
    said(run("init", "pytest", "--json", on_file=False))

    done = subprocess.run(
        [*PYTEST, "-q", "test_payments.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(("kind", "name"), [("story", "payments.yaml"), ("pytest", "test_payments.py")])
def test_nothing_is_written_over(run: Run, folder: Path, kind: str, name: str) -> None:
    (folder / name).write_text("mine")

    result = run("init", kind, on_file=False)

    assert result.exit_code == 2
    assert f"{name} is there already; --file says another name" in result.stderr
    assert (folder / name).read_text() == "mine"
    assert run("init", kind, "--file", f"other_{name}", on_file=False).exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_lines(shell: str) -> None:
    result = CliRunner().invoke(command, ["completion", shell, "--json"])

    assert "_MOCKPSP_COMPLETE" in json.loads(result.stdout)["text"]


def test_commands_and_values_are_completed() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(command, {}, "mockpsp", "_MOCKPSP_COMPLETE")

    assert [one.value for one in complete.get_completions([], "se")] == ["serve", "settle"]
    assert [one.value for one in complete.get_completions(["ledger"], "ba")] == ["balances"]
    assert "list" in [one.value for one in complete.get_completions(["webhooks"], "")]
