"""A disk of a few hundred kilobytes to be filled up: a file system in memory, which takes root on Linux to mount."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A mounted folder and what fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Not a byte more goes on it."""
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for size in (4096, 1):
                self._fill_by(file, size)
        finally:
            os.close(file)

    def free(self) -> None:
        """There is room again."""
        self._ballast.unlink()

    def remount(self, how: str) -> None:
        """As with `mount -o remount,ro`."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)

    @staticmethod
    def _fill_by(file: int, size: int) -> None:
        while True:
            try:
                os.write(file, b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return


@contextmanager
def small_disk(folder: Path, size: str = "2m") -> Iterator[SmallDisk]:
    """The folder is a disk of that size; the test is skipped, and says so, where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here: a full disk was not tried")
    if done.returncode:
        pytest.skip(f"no disk could be mounted, so that a full one was not tried: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a server that a failing test left open must not leave the mount behind.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
