"""A temporary folder for its owner only, which is gone when the process ends.

What a killed process leaves behind, the next one removes. Each process keeps a file in its folder locked: the operating
system unlocks it when the process ends, however it ends, so a folder without a locked file is nobody's.
"""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from emotion import InputError

try:
    import fcntl
except ImportError:
    fcntl = None  # Windows, which itself keeps every open file from being deleted

LOCK = "lock"
GRACE = 60
"""Seconds after which a folder without a lock is no longer one that is just being made."""

FILE_SIZE = 100_000
"""The least that a file counts as, in bytes: many small ones fill a disk as well."""


class PrivateFolder:
    """Context manager: a temporary folder that only its owner can read; in the usual place, tempfile then uses it too.

    Attributes:
        path: Path.
    """

    def __init__(self, prefix, place=None):
        """Say how the folder's name begins; folders of that name whose processes are dead are removed.

        Args:
            prefix: str.
            place: Path of the folder that it is made in; None for the usual place of temporary files.
        """
        self.prefix, self.place = prefix, place

    def __enter__(self):
        """Make the folder.

        Raises:
            InputError: the place for temporary files can't be written to, or is full.
        """
        try:
            self._default = tempfile.gettempdir()
            place = self.place or Path(self._default)
            remove_stale(place, self.prefix)
            self.path = Path(tempfile.mkdtemp(prefix=self.prefix, dir=place)).resolve()
            self._lock = _hold(self.path)
        except OSError as error:
            raise InputError(
                "The visitors' photos need a temporary folder, and none can be made. Free some disk space, or name a "
                "writable folder in TMPDIR (Windows: TEMP)."
            ) from error
        if self.place is None:
            tempfile.tempdir = str(self.path)  # of whatever library writes a temporary file
        self._kept = {self.path / LOCK}
        return self

    def __exit__(self, *_):
        """Remove the folder, also where somebody still writes to it."""
        tempfile.tempdir = self._default
        self._lock.close()
        for _ in range(50):
            shutil.rmtree(self.path, ignore_errors=True)
            if not self.path.exists():
                return
            time.sleep(0.1)

    def keep(self):
        """Never remove the files that are here now: they are the program's own."""
        self._kept |= set(self.path.rglob("*"))

    def empty(self, age=0, now=None):
        """Remove the files, and empty folders, that are older than an age in seconds, but not those to keep.

        Args:
            age: seconds.
            now: seconds, as time.time gives them; None for the present.
        """
        for item in sorted(set(self.path.rglob("*")) - self._kept, reverse=True):  # what is inside a folder first
            with contextlib.suppress(OSError):  # gone meanwhile, or a folder that is not empty
                if (time.time() if now is None else now) - item.stat().st_ctime >= age:
                    item.rmdir() if item.is_dir() else item.unlink()

    def size(self):
        """Bytes that its files take; each counts as FILE_SIZE at least."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(OSError):
                    total += max(FILE_SIZE, os.path.getsize(os.path.join(folder, name)))
        return total


def remove_stale(place, prefix):
    """Remove the folders in a place (Path) whose names begin so and whose processes are dead."""
    for folder in place.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            if folder.is_dir() and not folder.is_symlink() and _is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _hold(folder):
    """A file in a folder, locked as long as this process lives and the file is open."""
    if fcntl is None:
        return (folder / LOCK).open("x")
    lock = (folder / "new").open("x")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (folder / "new").rename(folder / LOCK)  # nobody ever sees it unlocked
    return lock


def _is_dead(folder):
    lock = folder / LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > GRACE
    if fcntl is None:
        lock.unlink()  # a PermissionError if somebody has it open
        return True
    with lock.open() as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
