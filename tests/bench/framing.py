"""What finding and framing a face costs in accuracy, by emotion. Called by finding.py."""

import numpy as np

from emotion import EMOTIONS
from emotion.face.pixels import to_pixels
from tests.bench.pasted import paste, random_sides


def measure_framing(faces, classify, look_for):
    """What detect-then-crop costs, by emotion: faces as given against as found, pasted at random sizes.

    Args:
        faces: data.Faces.
        classify: Classifier.
        look_for: Looks, or another function of the same arguments.

    Returns:
        dict, ready for JSON: by emotion, and for "all": count, found (count), given, cut_again and framed
        (accuracy, 0-1, on the found ones: as they are, cut out where they were pasted, and as found),
        side_ratio (median of the found side, in true sides), and lost: [given - framed, low, high], with
        its 95 % interval.
    """
    sides = random_sides(len(faces.labels), 100, 300)
    looks = look_for(faces, side=sides)
    rows = np.array([row for row, look in enumerate(looks) if look.pixels is not None])
    labels = faces.labels[rows]
    cut_again = np.stack([_cut_again(paste(faces.pixels[row], row, sides[row])) for row in rows])
    framed = np.stack([looks[row].pixels for row in rows])
    right = np.stack([classify(pixels).argmax(axis=1) == labels for pixels in (faces.pixels[rows], cut_again, framed)])
    table = {}
    for name in (*EMOTIONS, "all"):
        every, chosen = (
            np.ones(len(of), bool) if name == "all" else of == EMOTIONS.index(name) for of in (faces.labels, labels)
        )
        given, cut, as_found = right[:, chosen].mean(axis=1).tolist() if chosen.any() else (None, None, None)
        table[name] = {
            "count": int(every.sum()),
            "found": int(chosen.sum()),
            "given": given,
            "cut_again": cut,
            "framed": as_found,
            "side_ratio": median(looks[row].side_ratio for row in rows[chosen]),
            "lost": _mean_with_interval(np.subtract(*right[::2, chosen].astype(int))),
        }
    return table


def _cut_again(pasted):
    """The (48, 48) pixels of a Paste's upright face, cut out where it lies."""
    left, top = np.rint(pasted.centre - pasted.side / 2).astype(int)
    return to_pixels(pasted.photo[top : top + pasted.side, left : left + pasted.side])


def _mean_with_interval(values):
    """[mean, low, high] of values (n,), with its normal 95 % interval; None of fewer than two."""
    if len(values) < 2:
        return None
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    return [float(mean), float(mean - 1.96 * error), float(mean + 1.96 * error)]


def median(values):
    """The middle of some numbers (iterable); None of none."""
    return float(np.median(values)) if (values := list(values)) else None
