"""Looks for the face of a Paste: what was found, where, and how many false faces; each kept in runs/."""

import hashlib
import inspect
import json
import multiprocessing
from dataclasses import asdict, dataclass

import numpy as np

from emotion import IMAGE_SIZE
from emotion.face.find import find_faces
from emotion.face.pixels import to_pixels
from tests.bench.pasted import found, paste
from tests.bench.pieces import RUNS, Pieces


@dataclass(frozen=True)
class Look:
    """How well the face of a Paste was found.

    Attributes:
        pixels: (48, 48) uint8, the face as it was found; None where it was not.
        centre_error: distance of its middle from the true one, in sides; None where it was not found.
        side_ratio: its side, in true sides; None where it was not found.
        false_faces: how many faces were found somewhere else.
    """

    pixels: np.ndarray | None
    centre_error: float | None
    side_ratio: float | None
    false_faces: int


def look_at(pasted):
    """Look for the face of a Paste.

    Returns:
        Look.
    """
    faces = found(pasted.photo)
    errors = [_distance(face, pasted) for face in faces]
    if not errors or min(errors) > 0.4:
        return Look(None, None, None, len(faces))
    face = faces[int(np.argmin(errors))]
    return Look(face.pixels, min(errors), face.side / pasted.side, len(faces) - 1)


class Looks:
    """Looks at pasted faces, by as many processes as there are cores.

    Each is kept in runs/, so that a run that was stopped goes on where it was. They hang on how faces are pasted, found
    and framed, not on the network: after a training none has to be taken again.
    """

    def __init__(self, folder=RUNS):
        self.pieces = Pieces("looks", finder(paste), folder)

    def __call__(self, faces, **options):
        """Paste each of some faces, and look for it.

        Args:
            faces: data.Faces.
            options: of paste(), the same for all faces, or a list of one a face.

        Returns:
            list of Look, one a face.
        """
        jobs = []
        for number, pixels in enumerate(faces.pixels):
            own = {name: value[number] if isinstance(value, list) else value for name, value in options.items()}
            told = f"{hashlib.sha256(pixels.tobytes()).hexdigest()[:12]} {number} {json.dumps(own, sort_keys=True)}"
            jobs.append((told, (pixels, number, own)))
        waiting = [job for job in jobs if job[0] not in self.pieces.values]
        if waiting:
            # Not forked: a process that is begun in the middle of another's threads can wait for ever.
            with multiprocessing.get_context("spawn").Pool() as pool:
                looks = pool.imap(_look_at_one, [job for _, job in waiting])
                for count, ((told, _), look) in enumerate(zip(waiting, looks, strict=True), start=1):
                    self.pieces.keep(told, look)
                    if count % 100 == 0:
                        print(f"{count} of {len(waiting)} looks", flush=True)
        return [from_json(self.pieces.values[told]) for told, _ in jobs]


def _look_at_one(job):
    """A face, its number and paste()'s options: its Look, as JSON can tell it."""
    pixels, number, options = job
    return to_json(look_at(paste(pixels, number, **options)))


def finder(make):
    """What a Look hangs on, ready for JSON: how faces are found and framed, and how a function makes a Paste."""
    sources = [
        inspect.getsource(one) for one in (make, look_at, Look, *map(inspect.getmodule, (find_faces, to_pixels)))
    ]
    return {"finder": hashlib.sha256("".join(sources).encode()).hexdigest()[:12]}


def to_json(look):
    """A Look as JSON can tell it."""
    return asdict(look) | {"pixels": None if look.pixels is None else look.pixels.tobytes().hex()}


def from_json(told):
    """The Look that to_json told."""
    if told["pixels"] is None:
        return Look(**told)
    pixels = np.frombuffer(bytes.fromhex(told["pixels"]), np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)
    return Look(**told | {"pixels": pixels})


def _distance(face, pasted):
    """How far a Face's middle is from a Paste's, in sides."""
    return np.hypot(*(face.frame @ (IMAGE_SIZE / 2, IMAGE_SIZE / 2, 1) - pasted.centre)) / pasted.side
