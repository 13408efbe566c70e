"""The checkpoint of an unfinished training: a kill at any moment loses at most the epoch that it cut off.

Keras' own BackupAndRestore writes weights before it writes what they are; here one file holds both, and takes its
place in one step.
"""

import hashlib
import json
import os
import shutil
import sys
from zipfile import BadZipFile

import numpy as np

from emotion import InputError

KEPT = ("recipe", "labels", "epochs", "seed", "limit")
"""Arguments that a resumed training must repeat."""


class Checkpoint:
    """The last whole epoch of an unfinished training and its best one; those of its teachers lie in folders below.

    Attributes:
        folder: Path.
        identity: dict, ready for JSON, of what a training must share with the checkpoint that it resumes.
        history: a dict for each whole epoch, at least epoch (from 1) and validation_accuracy.
        teachers: a Checkpoint for each teacher so far.
    """

    def __init__(self, folder, identity):
        self.folder = folder
        self.identity = json.loads(json.dumps(identity))
        self.history = []
        self.teachers = []

    @property
    def best_epoch(self):
        """The epoch (from 1) with the highest validation accuracy, the first of equals."""
        return max(self.history, key=lambda row: (row["validation_accuracy"], -row["epoch"]))["epoch"]

    def file(self, epoch):
        """Path of the state after an epoch (from 1)."""
        return self.folder / f"epoch-{epoch:03}.npz"

    def teacher(self):
        """The Checkpoint of the next teacher."""
        self.teachers.append(Checkpoint(self.folder / f"teacher-{len(self.teachers) + 1}", self.identity))
        return self.teachers[-1]

    def begin(self):
        """Make sure that there is no unfinished training, which this one would overwrite.

        Raises:
            InputError: there is one.
        """
        if self._files():
            raise InputError(
                f"There is an unfinished training in {self.folder}. Add --resume to go on with it, or delete that "
                "folder to start again."
            )

    def resume(self):
        """Make sure that there is an unfinished training, and that it is this one.

        Raises:
            InputError: there is none, or it is one with other arguments or data.
        """
        files = self._files()
        states = [state for state in map(read_state, files) if state]
        if not states:
            what = "Nothing whole is left of the unfinished training" if files else "There is no unfinished training"
            raise InputError(
                f"{what} in {self.folder}. Leave out --resume to start one, or repeat the recipe, seed and limit "
                "that it was started with."
            )
        begun = states[0]["identity"]
        if begun != self.identity:
            other = [name for name, value in begun["arguments"].items() if value != self.identity["arguments"][name]]
            raise InputError(
                f"The unfinished training in {self.folder} was started with other "
                f"{' and '.join(other) or 'faces'}: {begun['arguments']}. Repeat those, or delete that folder."
            )

    def load(self, learner):
        """Put a learner (see save) into the state of the last whole epoch; return how many epochs there were.

        Says so, and where the newest file is damaged.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self._files(self.folder), reverse=True):
            state = read_state(file)
            if state is None:
                print(f"{file.name} in {self.folder} is damaged, so an earlier epoch is used.", file=sys.stderr)
                file.unlink()
                continue
            self.history = state["history"]
            learner.load(state["arrays"])
            print(f"Going on after epoch {len(self.history)}.", flush=True)
            return len(self.history)
        return 0

    def load_best(self, learner):
        """Put a learner into the state of the best epoch."""
        learner.load(read_state(self.file(self.best_epoch))["arrays"])

    def save(self, learner, row):
        """Add an epoch's row to the history and write the learner's state.

        Args:
            learner: its arrays() are a dict of arrays, which its load(arrays) takes back.
            row: dict, ready for JSON; see history.
        """
        self.history.append(row)
        about = json.dumps({"identity": self.identity, "history": self.history})
        unfinished = self.folder / "unfinished"
        with unfinished.open("wb") as file:
            np.savez(file, about=np.frombuffer(about.encode(), np.uint8), **learner.arrays())
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self.file(row["epoch"]))
        for file in set(self._files(self.folder)) - {self.file(row["epoch"]), self.file(self.best_epoch)}:
            file.unlink()

    def delete(self):
        """Remove the training's files: it is finished."""
        finished = self.folder.with_name(self.folder.name + "-finished")
        if finished.exists():  # of a training that was killed two lines below
            shutil.rmtree(finished)
        self.folder.rename(finished)  # in one step: a part of it would be in the next training's way
        shutil.rmtree(finished)

    def _files(self, folder=None):
        """State files: of one folder, or of the network and all its teachers, newest first."""
        folders = [folder] if folder else [self.folder, *sorted(self.folder.glob("teacher-*"))]
        return [file for one in folders for file in sorted(one.glob("epoch-*.npz"), reverse=True)]


def read_state(file):
    """Read a state file.

    Returns:
        dict of identity, history and arrays; None where the file is damaged.
    """
    try:
        with np.load(file, allow_pickle=False) as content:
            arrays = dict(content)
        return json.loads(arrays.pop("about").tobytes()) | {"arrays": arrays}
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        return None


def identity(arguments, splits):
    """What a training must share with the checkpoint that it resumes: a dict ready for JSON."""
    kept = {name: getattr(arguments, name) for name in KEPT}
    counts = {split: faces.counts() for split, faces in splits.items()}
    return {"arguments": {"data": arguments.data.resolve().name} | kept, "counts": counts, "faces": digest(splits)}


def digest(splits):
    """A SHA-256 of all faces and labels, as hexadecimal digits.

    Args:
        splits: dict of data.Faces.
    """
    digest = hashlib.sha256()
    for split, faces in splits.items():
        digest.update(split.encode() + faces.pixels.tobytes() + faces.labels.tobytes())
    return digest.hexdigest()


def write_atomically(file, content):
    """Write bytes so that a reader finds either the old file or the whole new one."""
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, file)
