"""Files and folders that may not be read or written: one line, exit code 2, nothing left behind.

Root may do everything, so there the commands run without that right of root's, which takes the program `setpriv`.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import PROJECT, Running

pytestmark = pytest.mark.slow

_DROPPING = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture
def like_others() -> tuple[str, ...]:
    """How a command is run so that permissions hold for it."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything and there is no setpriv here: permissions were not tried")
    if subprocess.run([*_DROPPING, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root may do everything here and can't lay it down: permissions were not tried")
    return _DROPPING


@pytest.fixture
def books(refunded: Running, file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "alone"
    folder.mkdir()
    with closing(sqlite3.connect(file)) as conn, closing(sqlite3.connect(folder / "books.db")) as copy:
        conn.backup(copy)
    return folder / "books.db"


def run(prefix: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-m", "mockpsp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("replay", "-k", "partial-refunds")])
@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "said"),
    [
        (0o444, 0o755, "books.db may not be written; look at its permissions"),
        (0o644, 0o555, "can't write into"),
        (0o000, 0o755, "books.db: Permission denied"),
        (0o644, 0o000, "books.db: Permission denied"),
    ],
)
def test_a_file_that_may_not_be_written_is_not_served(
    like_others: tuple[str, ...], books: Path, command: tuple[str, ...], file_mode: int, folder_mode: int, said: str
) -> None:
    books.chmod(file_mode)
    books.parent.chmod(folder_mode)

    done = run(like_others, *command, "--db", str(books))

    books.parent.chmod(0o755)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert [path.name for path in books.parent.iterdir()] == ["books.db"]


@pytest.mark.parametrize("command", [("ledger", "balances"), ("payouts", "list"), ("webhooks", "list")])
def test_a_file_that_may_only_be_read_is_read(
    like_others: tuple[str, ...], books: Path, command: tuple[str, ...]
) -> None:
    books.chmod(0o444)
    books.parent.chmod(0o555)

    done = run(like_others, *command, "--project", PROJECT, "--db", str(books))

    books.parent.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_lock_file_of_somebody_elses_is_named(like_others: tuple[str, ...], books: Path) -> None:
    lock = books.with_name("books.db.lock")
    lock.touch(0o000)

    for command in (("serve", "--port", "0"), ("webhooks", "retry", "wbk_x", "--project", PROJECT)):
        done = run(like_others, *command, "--db", str(books))

        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "books.db" in line
        assert "Permission denied" in line
