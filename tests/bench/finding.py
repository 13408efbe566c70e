"""Labelled faces go in; how many of them are found in larger photos, where, and what that costs, comes out.

    uv run python -m tests.bench.finding --data fer2013    # hours; goes on where it was stopped

Keeps its looks in runs/looks.jsonl. Writes faces.json.
"""

import numpy as np

from emotion.data.faces import Faces
from emotion.data.load import load_faces
from emotion.data.votes import CHOICES
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces
from emotion.measure.intervals import wilson_interval
from tests.bench.command import load_weights, read_arguments
from tests.bench.framing import measure_framing, median
from tests.bench.looks import Looks, finder, from_json, look_at, to_json
from tests.bench.pasted import (
    NUM_VARIANTS,
    PORTRAIT_SIZE,
    found,
    licensed_photos,
    paste,
    pictures_without_a_face,
    random_sides,
    render,
)
from tests.bench.pieces import RUNS, Pieces
from tests.bench.record import write_parts

NUM_PORTRAITS = 300
CONDITIONS = {
    "side of the face, pixels": ("side", (60, 90, 130, 200, 320)),
    "tilt, degrees": ("degrees", (0, 15, 30, 45, 60, 90, 120, 150, 180)),
    "times as bright": ("light", (0.06, 0.12, 0.25, 0.5, 1.5)),
    "share covered by a grey bar": ("covered", (0.15, 0.3, 0.45)),
    "share cut off by the border": ("cut", (0.1, 0.2, 0.3, 0.4)),
}


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=30)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    measure_finding(validation, classify, arguments.faces, arguments.output, facts)


def summarise(faces, looks, classify):
    """How well pasted faces were found.

    Args:
        faces: data.Faces.
        looks: of the first of them, list of Look.
        classify: Classifier.

    Returns:
        dict, ready for JSON: count, found and its 95 % interval (0-1), false_faces (count), centre_error
        (median distance, in sides), side_ratio (median), given and framed (accuracy, 0-1, on the faces
        as they are and as they were found).
    """
    rows = [row for row, look in enumerate(looks) if look.pixels is not None]
    hits = [looks[row] for row in rows]
    return {
        "count": len(looks),
        "found": len(rows) / len(looks),
        "found_interval": wilson_interval(len(rows), len(looks)),
        "false_faces": sum(look.false_faces for look in looks),
        "centre_error": median(look.centre_error for look in hits),
        "side_ratio": median(look.side_ratio for look in hits),
        "given": _accuracy(classify, faces.pixels[rows], faces.labels[rows]),
        "framed": _accuracy(classify, np.array([look.pixels for look in hits]), faces.labels[rows]),
    }


def measure_portraits(faces, look_for):
    """How often a face that fills 40 to 94 % of a photo's side is found, against dlib's HOG detector alone.

    Args:
        faces: data.Faces.
        look_for: Looks, or another function of the same arguments.

    Returns:
        dict, ready for JSON: count, found and hog_found (0-1) with found_interval, false_faces (count),
        missed (names), and taken_for_faces: the first four again, of those that FER+'s voters took for
        faces (None without votes).
    """
    sides = random_sides(len(faces.labels), 140, 330)
    looks = look_for(faces, side=sides, size=PORTRAIT_SIZE)
    hits = np.array([look.pixels is not None for look in looks])
    pastes = (paste(faces.pixels[row], row, side, size=PORTRAIT_SIZE) for row, side in enumerate(sides))
    alone = np.array([bool(load_detector().face_detector(pasted.photo, 1)) for pasted in pastes])

    def rates(chosen):
        return {
            "count": int(chosen.sum()),
            "found": float(hits[chosen].mean()),
            "found_interval": wilson_interval(int(hits[chosen].sum()), int(chosen.sum())),
            "hog_found": float(alone[chosen].mean()),
        }

    return rates(np.ones(len(hits), bool)) | {
        "false_faces": sum(look.false_faces for look in looks),
        "missed": [faces.names[row] for row in np.flatnonzero(~hits)],
        "taken_for_faces": None if faces.votes is None else rates(are_taken_for_faces(faces.votes)),
    }


def are_taken_for_faces(votes):
    """Which pictures FER+'s voters took for faces: (n,) bool.

    Args:
        votes: (n, 10) int, see data.Faces. A picture without any was left out of FER+: most of FER2013's
            placeholders and texts are.
    """
    totals = votes.sum(axis=1)
    return (totals > 0) & (2 * votes[:, CHOICES.index("not_face")] < totals)


def measure_without_a_face():
    """How many faces are found in pictures without one.

    Returns:
        dict, ready for JSON: count (of pictures), false_faces and hog_false_faces (dlib's HOG detector alone).
    """
    false_faces, alone = {}, 0
    for name, photo in pictures_without_a_face():
        false_faces[name] = len(found(photo))
        alone += len(load_detector().face_detector(photo, 1))
    return {"count": len(false_faces), "false_faces": sum(false_faces.values()), "hog_false_faces": alone}


def measure_conditions(faces, classify, look_for):
    """How well pasted faces are found, under all CONDITIONS.

    Args:
        faces: data.Faces.
        classify: Classifier.
        look_for: Looks, or another function of the same arguments.

    Returns:
        dict, ready for JSON: by condition a list of summarise()'s, each with its level.
    """
    table = {}
    for name, (keyword, levels) in CONDITIONS.items():
        table[name] = []
        for level in levels:
            table[name].append({"level": level} | summarise(faces, look_for(faces, **{keyword: level}), classify))
            print(f"{name} {level}: found {table[name][-1]['found']:.1%}", flush=True)
    return table


def measure_variants(classify, conditions=CONDITIONS, num_variants=NUM_VARIANTS, folder=RUNS):
    """How well the faces of licensed photos are found, under all CONDITIONS; looks are kept as those of Looks are.

    What counts as right is the place, and the answer, of the photo as it is.

    Args:
        classify: Classifier.
        conditions: as CONDITIONS.
        num_variants: of each photo under each condition.
        folder: Path of runs/.

    Returns:
        dict, ready for JSON: by condition a list of summarise()'s, each with its level and of_photo: by photo how many
        variants there are (count), in how many the face was found, and in how many of these the same emotion came
        first (alike).
    """
    originals = {name: (photo, find_faces(photo)[0]) for name, photo in licensed_photos().items()}
    pixels = np.stack([face.pixels for _, face in originals.values()] * num_variants)
    faces = Faces(pixels, classify(pixels).argmax(axis=1), ())
    pieces = Pieces("variants", finder(render), folder)

    def look_again(name, number, keyword, level):
        return pieces.measure(
            f"{name}, variant {number}, {keyword} {level}",
            lambda: to_json(look_at(render(*originals[name], number, **{keyword: level}))),
        )

    table = {}
    for name, (keyword, levels) in conditions.items():
        table[name] = []
        for level in levels:
            looks = [
                from_json(look_again(photo, number, keyword, level))
                for number in range(num_variants)
                for photo in originals
            ]
            of_photo = {}
            for start, photo in enumerate(originals):
                own = range(start, len(looks), len(originals))
                rows = [row for row in own if looks[row].pixels is not None]
                answers = [int(classify(looks[row].pixels[None]).argmax()) for row in rows]
                of_photo[photo] = {
                    "count": len(own),
                    "found": len(rows),
                    "alike": int(sum(answer == faces.labels[start] for answer in answers)),
                }
            table[name].append({"level": level, "of_photo": of_photo} | summarise(faces, looks, classify))
    return table


def measure_finding(validation, classify, per_emotion, output, facts):
    """Measure all there is about finding and framing; write each part into faces.json when it is there.

    Args:
        validation: data.Faces.
        classify: Classifier.
        per_emotion: a seventh of the faces that are drawn for each condition; the framing takes all there are.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    order = np.random.default_rng(4).permutation(len(validation.labels))

    def first(count):
        rows = order[:count]
        votes = None if validation.votes is None else validation.votes[rows]
        names = tuple(validation.names[row] for row in rows)
        return Faces(validation.pixels[rows], validation.labels[rows], names, votes)

    look_for = Looks()
    parts = {
        "portraits": lambda: measure_portraits(first(NUM_PORTRAITS), look_for),
        "without": measure_without_a_face,
        "variants": lambda: measure_variants(classify),
        "conditions": lambda: measure_conditions(first(7 * per_emotion), classify, look_for),
        "framing": lambda: measure_framing(first(len(order)), classify, look_for),
    }
    write_parts(parts, output / "faces.json", facts)


def _accuracy(classify, pixels, labels):
    return float(np.mean(classify(pixels).argmax(axis=1) == labels)) if len(labels) else None


if __name__ == "__main__":
    main()
