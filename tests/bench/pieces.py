"""What a long measurement has measured so far goes into runs/, so that a run that was stopped goes on where it was."""

import contextlib
import json
import time
from pathlib import Path

RUNS = Path(__file__).parents[2] / "runs"


class Pieces:
    """Measurements, each a line of JSON in runs/.

    Lines of another key (other weights, another way to measure) are left in the file and not read.

    Args:
        name: of the file in runs/, without its suffix.
        key: dict of what all pieces hang on, ready for JSON.
        folder: Path of runs/.
    """

    def __init__(self, name, key, folder=RUNS):
        self.file = folder / f"{name}.jsonl"
        self.key = key
        self.values = {}
        if self.file.is_file():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):  # where a run was cut off
                    piece = json.loads(line)
                    if {name: piece.get(name) for name in key} == key:
                        self.values[piece["piece"]] = piece["value"]

    def keep(self, piece, value):
        """Write a piece's value down, as JSON can tell it; return it as it will be read."""
        value = self.values[piece] = json.loads(json.dumps(value))
        self.file.parent.mkdir(exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            # A line begins anew, since the one before may have been cut off.
            file.write("\n" + json.dumps(self.key | {"piece": piece, "value": value}))
        return value

    def measure(self, piece, function):
        """The value of function(), from the file where it is there."""
        if piece in self.values:
            return self.values[piece]
        begin = time.perf_counter()
        value = self.keep(piece, function())
        print(f"{piece}: {time.perf_counter() - begin:.0f} s", flush=True)
        return value
