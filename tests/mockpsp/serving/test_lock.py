"""One server a file: a lock that says who holds it and dies with its holder."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.serving.lock import FileLock, FileTaken, Holder, LockError, holder_of
from mockpsp.store.db import Database
from mockpsp.store.faults import StorageError
from mockpsp.store.migrations import migrate


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "books.db")


def test_a_second_claim_is_refused_and_told_who_has_the_file(path: str) -> None:
    with FileLock(path) as lock:
        lock.announce("http://127.0.0.1:9000")

        with pytest.raises(FileTaken, match=f"served already, by process {os.getpid()} at http://127.0.0.1:9000"):
            FileLock(path).claim()


def test_a_refused_claim_leaves_the_holder_in_place(path: str) -> None:
    with FileLock(path) as lock:
        lock.announce("http://127.0.0.1:9000")
        with pytest.raises(FileTaken):
            FileLock(path).claim()

        assert holder_of(path) == Holder(os.getpid(), "http://127.0.0.1:9000")


def test_a_released_file_can_be_claimed_again(path: str) -> None:
    with FileLock(path):
        pass

    with FileLock(path):
        assert holder_of(path) == Holder(os.getpid(), "")


def test_nobody_holds_a_file_that_was_released(path: str) -> None:
    with FileLock(path):
        pass

    assert holder_of(path) is None


def test_a_lock_file_left_by_a_killed_server_is_no_lock(path: str) -> None:
    Path(path + ".lock").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')

    assert holder_of(path) is None
    with FileLock(path):
        assert holder_of(path) == Holder(os.getpid(), "")


def test_an_unreadable_lock_file_still_locks(path: str) -> None:
    with FileLock(path):
        Path(path + ".lock").write_text("[]")

        with pytest.raises(FileTaken, match="served already"):
            FileLock(path).claim()


def test_a_shorter_announcement_replaces_a_longer_one(path: str) -> None:
    with FileLock(path) as lock:
        lock.announce("http://127.0.0.1:65535")
        lock.announce("http://[::1]:1")

        assert holder_of(path) == Holder(os.getpid(), "http://[::1]:1")


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    with FileLock(str(tmp_path / "a" / "b" / "books.db")) as lock:
        lock.announce("http://127.0.0.1:1")

    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_in_an_impossible_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LockError, match="can't lock"):
        FileLock(str(tmp_path / "file" / "books.db")).claim()


def test_memory_is_never_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with FileLock(":memory:"), FileLock(":memory:") as lock:
        lock.announce("http://127.0.0.1:1")

    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_no_second_file(path: str, tmp_path: Path) -> None:
    Path(path).touch()
    link, folder = tmp_path / "link.db", tmp_path / "folder"
    link.symlink_to(path)
    folder.symlink_to(tmp_path)

    with FileLock(path) as lock:
        lock.announce("http://127.0.0.1:9000")

        for other in (str(link), str(folder / "books.db"), str(tmp_path / "x" / ".." / "books.db")):
            assert holder_of(other) == Holder(os.getpid(), "http://127.0.0.1:9000")
            with pytest.raises(FileTaken, match="served already"):
                FileLock(other).claim()


def test_a_link_that_leads_elsewhere_by_now_frees_no_other_servers_file(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    link = tmp_path / "current"
    link.symlink_to("old")
    first = FileLock(str(link / "books.db"))
    first.claim()
    link.unlink()
    link.symlink_to("new")

    with FileLock(str(link / "books.db")):
        first.release()

        assert holder_of(str(tmp_path / "new" / "books.db")) is not None
        assert holder_of(str(tmp_path / "old" / "books.db")) is None


def test_a_lock_that_was_deleted_and_taken_is_not_freed_by_its_first_holder(path: str) -> None:
    first = FileLock(path)
    first.claim()
    Path(path + ".lock").unlink()

    with FileLock(path):
        first.release()

        assert holder_of(path) is not None


def test_a_server_whose_lock_was_deleted_gives_way_to_the_next_one(path: str) -> None:
    with FileLock(path) as first, closing(Database(path)) as database:
        migrate(database)
        Path(path + ".lock").unlink()
        with database.writing():
            pass

        with FileLock(path):
            for transaction in (database.writing, database.reading):
                with pytest.raises(StorageError, match="another server was started on"), transaction():
                    pass
        first.release()


def test_a_link_to_a_file_that_is_not_there_yet_is_no_second_file(path: str, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)

    with FileLock(str(link)), pytest.raises(FileTaken):
        FileLock(path).claim()


def test_the_byte_that_windows_locks_is_not_among_those_that_are_read(path: str) -> None:
    with FileLock(path) as lock:
        lock.announce("http://127.0.0.1:9000")

        said = Path(path + ".lock").read_bytes()

    assert (said[:1], said[1:2]) == (b"\0", b"{")


@pytest.mark.parametrize("content", ["# This file is generated.", '{\n  "packages": []\n}', "{}"])
def test_a_lock_file_of_another_kind_is_not_taken_for_ours(tmp_path: Path, content: str) -> None:
    theirs = tmp_path / "yarn.lock"
    theirs.write_text(content)

    with pytest.raises(LockError, match=r"yarn.lock is another program's file"):
        FileLock(str(tmp_path / "yarn")).claim()

    assert holder_of(str(tmp_path / "yarn")) is None
    assert theirs.read_text() == content


def test_a_link_in_the_place_of_the_lock_file_is_not_followed(path: str, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.touch()
    Path(path + ".lock").symlink_to(precious)

    with pytest.raises(LockError, match="can't lock"):
        FileLock(path).claim()

    assert precious.read_bytes() == b""
