"""The checkpoint of an unfinished training: a kill at any moment loses at most the epoch that it cut off.

Keras' own BackupAndRestore writes weights before it writes what they are; here one file holds both, and takes its
place in one step.
"""

import json
import os
import shutil
import sys

import numpy as np

from emotion import InputError
from emotion.data.faces import digest
from emotion.network.weights import sha256

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
            own = self.identity["arguments"]
            other = [name for name, value in begun["arguments"].items() if value != own.get(name)]
            raise InputError(
                f"The unfinished training in {self.folder} was started with other "
                f"{' and '.join(other) or 'faces'}: {begun['arguments']}. Repeat those, or delete that folder."
            )

    def load(self, learner):
        """Put a learner into the state of the last whole epoch, or of the best one if it was finished; say so.

        Args:
            learner: see save.

        Returns:
            bool: whether it was finished.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in self._files(self.folder):
            state = read_state(file)
            if state is None or not self._fits(learner, file, state["arrays"]):
                print(f"{file.name} in {self.folder} is damaged, so an earlier epoch is used.", file=sys.stderr)
                file.unlink()
                continue
            self.history = state["history"]
            learner.load(state["arrays"])
            print(f"Going on after epoch {len(self.history)}.", flush=True)
            return file == self._finished
        return False

    def save(self, learner, row):
        """Add an epoch's row to the history and write the learner's state.

        Args:
            learner: its arrays() are a dict of arrays, which its load(arrays) takes back.
            row: dict, ready for JSON; see history.
        """
        self.history.append(row)
        self._write(self._file(row["epoch"]), learner.arrays())
        self._remove_all_but(self._file(row["epoch"]), self._file(self.best_epoch))

    def finish(self, learner):
        """Put a learner into the state of the best epoch, and keep of it only what the network needs.

        Args:
            learner: see save; its num_needed says how many of its arrays, the first, the network needs.
        """
        arrays = read_state(self._file(self.best_epoch))["arrays"]
        learner.load(arrays)
        self._write(self._finished, dict(list(arrays.items())[: learner.num_needed]))
        self._remove_all_but(self._finished)

    def delete(self):
        """Remove the training's files: it is finished."""
        finished = self.folder.with_name(self.folder.name + "-finished")
        if finished.exists():  # of a training that was killed two lines below
            shutil.rmtree(finished)
        self.folder.rename(finished)  # in one step: a part of it would be in the next training's way
        shutil.rmtree(finished)

    def _fits(self, learner, file, arrays):
        """Whether a state file has all arrays that it should have, in their shapes."""
        wanted = list(learner.arrays().items())[: learner.num_needed if file == self._finished else None]
        return {name: array.shape for name, array in arrays.items()} == {name: np.shape(one) for name, one in wanted}

    @property
    def _finished(self):
        return self.folder / "finished.npz"

    def _file(self, epoch):
        return self.folder / f"epoch-{epoch:03}.npz"

    def _files(self, *folders):
        """State files of folders, newest first; without any, of the network and of all its teachers."""
        folders = folders or (self.folder, *sorted(self.folder.glob("teacher-*")))
        names = ("finished.npz", "epoch-*.npz")
        found = [file for one in folders for name in names for file in sorted(one.glob(name), reverse=True)]
        return [file for file in found if file.is_file()]

    def _write(self, file, arrays):
        """Write a state file in one step."""
        about = json.dumps({"identity": self.identity, "history": self.history})
        unfinished = self.folder / "unfinished"
        with unfinished.open("wb") as opened:
            np.savez(opened, about=np.frombuffer(about.encode(), np.uint8), **arrays)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(unfinished, file)

    def _remove_all_but(self, *files):
        for file in set(self._files(self.folder)) - set(files):
            file.unlink()


def read_state(file):
    """Read a state file.

    Returns:
        dict of identity, history and arrays; None where the file is damaged.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as content:
            arrays = dict(content)
        about = json.loads(arrays.pop("about").tobytes())
        return {"identity": about["identity"], "history": about["history"], "arrays": arrays}
    except Exception:  # on damaged bytes, the readers of npz files raise anything
        return None


def identity(arguments, splits):
    """What a training must share with the checkpoint that it resumes: a dict ready for JSON."""
    kept = {name: getattr(arguments, name) for name in KEPT}
    if arguments.init:
        kept["init"] = sha256(arguments.init)
    counts = {split: faces.counts() for split, faces in splits.items()}
    return {"arguments": {"data": arguments.data.resolve().name} | kept, "counts": counts, "faces": digest(splits)}


def write_atomically(file, content):
    """Write bytes so that a reader finds either the old file or the whole new one."""
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, file)
