"""FER2013's training faces go in; where detectors' boxes and the 68 landmarks lie in their frames comes out.

    uv run python -m tests.bench.frames --data fer2013    # minutes

Writes frames.json; emotion/face/frame.py frames a face by its medians.
"""

import numpy as np

from emotion.data.load import load_faces
from emotion.face.detectors import search_by_cnn, search_by_hog
from emotion.face.landmarks import place_landmarks
from tests.bench.command import read_arguments
from tests.bench.pasted import PORTRAIT_SIZE, paste, random_sides
from tests.bench.record import MACHINE, write

NUM_FACES = 1200
CNN_SHARE = 4
"""The CNN, which takes twenty times as long as HOG, looks at one in so many of them."""


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__)
    measure_frames(load_faces(arguments.data), arguments.output, {"machine": MACHINE})


def measure_frames(faces, output, facts):
    """Write down where boxes and landmarks lie in the frames of training faces, pasted into portraits.

    Args:
        faces: dict of data.Faces, with "train".
        output: Path of the folder to write into.
        facts: dict to write too: machine.
    """
    training = faces["train"]
    rows = np.random.default_rng(5).permutation(len(training.labels))[:NUM_FACES]
    sides = random_sides(len(rows), 140, 330)
    pastes = (paste(training.pixels[row], number, sides[number], size=PORTRAIT_SIZE) for number, row in enumerate(rows))
    record = facts | {"rows": places_in_frames(pastes)}
    write(output / "frames.json", record)


def places_in_frames(pastes):
    """Where boxes and landmarks lie in the frames of faces.

    Args:
        pastes: iterable of pasted.Paste.

    Returns:
        dict, ready for JSON: "HOG's box", "the CNN's box" and "landmarks", each a dict of count (of faces), found
        (count) and [median, scatter] of side, across and down, all in sides of the frame. Of boxes these are the
        side and the middle. Of landmarks "side" is how many times their spread (the root of the mean squared
        distance from their mean) the frame's side is; across and down are their mean's place, turned upright by the
        line between the eyes. The scatter is half of what the middle 68 % span.
    """
    hog, cnn, landmarks = [], [], []
    for number, pasted in enumerate(pastes):
        candidate = _nearest(search_by_hog(pasted.photo), pasted)
        hog.append(_box_in_frame(candidate, pasted))
        landmarks.append(_landmarks_in_frame(candidate, pasted))
        if number % CNN_SHARE == 0:
            cnn.append(_box_in_frame(_nearest(search_by_cnn(pasted.photo, 0), pasted), pasted))
        if (number + 1) % 100 == 0:
            print(f"{number + 1} faces", flush=True)
    return {
        "HOG's box": _summarise(hog),
        "the CNN's box": _summarise(cnn),
        "landmarks": _summarise(landmarks),
    }


def _nearest(candidates, pasted):
    """The best candidate that is the face of a Paste, or None."""
    near = [one for one in candidates if np.hypot(*(one.centre - pasted.centre)) < 0.4 * pasted.side]
    return max(near, key=lambda one: one.score, default=None)


def _box_in_frame(candidate, pasted):
    """(side, across, down) of a candidate's box, in sides of the frame; None without one."""
    if candidate is None:
        return None
    return candidate.width / pasted.side, *(0.5 + (candidate.centre - pasted.centre) / pasted.side)


def _landmarks_in_frame(candidate, pasted):
    """(side of the frame over the landmarks' spread, across, down) of their mean; None without landmarks."""
    landmarks = None if candidate is None else place_landmarks(pasted.photo, candidate)
    if landmarks is None:
        return None
    along = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
    along /= np.hypot(*along)
    offset = (landmarks.mean(axis=0) - pasted.centre) / pasted.side
    spread = np.sqrt(landmarks.var(axis=0).sum())
    return pasted.side / spread, 0.5 + offset @ along, 0.5 + offset @ (-along[1], along[0])


def _summarise(values):
    """Count, found, and of what was found the median and the scatter of each of the three numbers."""
    kept = [value for value in values if value is not None]
    row = {"count": len(values), "found": len(kept)}
    for name, column in zip(("side", "across", "down"), zip(*kept, strict=True), strict=False):
        low, median, high = np.percentile(column, (16, 50, 84))
        row[name] = [float(median), float(high - low) / 2]
    return row


if __name__ == "__main__":
    main()
