"""A name goes in; a temporary folder comes out, for its owner only, whose files are gone soon, at the latest at exit.

What a process leaves that was killed outright, the next one removes. Which folders are of living processes is told by
a file that each keeps locked in its own: the operating system lets go of a lock when its process ends, however it ends.
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
"""What a file counts as at least, in bytes: many small ones fill a disk as well."""


class PrivateFolder:
    """Context manager: a temporary folder, readable for its owner only; in the usual place, tempfile then uses it too.

    Attributes:
        path: Path.
    """

    def __init__(self, prefix, place=None):
        """Say how the folder's name begins; folders of that beginning whose processes are dead are removed.

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
                "No folder for the visitors' photos can be made among the temporary files. Expected a place that can "
                "be written to, with room on the disk. Make room, or name another place in TMPDIR (Windows: TEMP)."
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
        """From now on, keep the files that are there: they are the program's own."""
        self._kept |= set(self.path.rglob("*"))

    def empty(self, age=0):
        """Remove the files, and empty folders, that are older than an age in seconds, but for those to keep."""
        for item in sorted(set(self.path.rglob("*")) - self._kept, reverse=True):  # what is inside a folder first
            with contextlib.suppress(OSError):  # gone meanwhile, or a folder that is not empty
                if time.time() - item.stat().st_ctime >= age:
                    item.rmdir() if item.is_dir() else item.unlink()

    def size(self):
        """Bytes that its files take, each counted as FILE_SIZE at least."""
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
