"""Validation faces go in; how true the three answers about each are comes out, against stock lime on the same faces.

    uv run python -m tests.bench.explanation --data fer2013                            # goes on where it was stopped
    uv run python -m tests.bench.explanation --data fer2013 --faces 1 --output runs    # a rehearsal on 7 faces

Keeps what it has measured in runs/explanation.jsonl. Writes explanation.json.
"""

import hashlib
import inspect
from functools import partial

import numpy as np

from emotion import EMOTIONS
from emotion.data.load import load_faces
from emotion.explain import explanation, lime, masks, regions, subsets, surrogate
from tests.bench import map_judges, map_metrics, map_subject
from tests.bench.command import load_weights, read_arguments
from tests.bench.map_judges import MEASURES
from tests.bench.map_rows import ROWS
from tests.bench.map_subject import AverageFace, Subject, map_of
from tests.bench.pieces import RUNS, Pieces
from tests.bench.record import MODELS, write

NUM_AVERAGED, NUM_AVERAGE_FACE = 6, 50
"""Tuning faces of each emotion whose maps make the average map; tuning faces that make the average face."""


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=30)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    measure(validation, classify, arguments.faces, arguments.output, facts)


def measure(validation, classify, per_emotion, output, facts, measures=MEASURES):
    """Measure face by face, one of each emotion in turn, and write explanation.json.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        per_emotion: how many of the measured faces of each emotion.
        output: Path of the folder to write into; what was measured so far lies in it, too, or in runs/ where
            it is models/.
        facts: dict to write too: machine, weights.
        measures: dict as MEASURES.
    """
    runs = RUNS if output == MODELS else output
    pieces = Pieces("explanation", {"weights": facts["weights"], "method": method()}, runs)
    tuning = tuning_faces(validation)
    chosen = np.random.default_rng(2).permutation(tuning)[:NUM_AVERAGE_FACE]
    average = AverageFace(validation.pixels[chosen])
    others = [validation.pixels[row] for row in tuning[balanced_rows(validation.labels[tuning], NUM_AVERAGED, seed=1)]]
    drawn = [
        pieces.measure(f"other {number}", partial(map_of, pixels, classify)) for number, pixels in enumerate(others)
    ]
    average_map = np.mean(drawn, axis=0)
    found = {}
    for place, face in enumerate(in_turn(measured_faces(validation, per_emotion))):
        subject = Subject(validation.pixels[face], classify)
        for (what, limit), judge in measures.items():
            if place < limit:
                judged = partial(judge, subject, average=average, average_map=average_map)
                found.setdefault(what, []).append(pieces.measure(f"{what} {face}", judged))
    rows = [row for what, values in found.items() for row in ROWS[what](values)]
    for row in rows:
        print(row)
    record = facts | {"per_emotion": per_emotion, "preliminary": per_emotion < 30, "rows": rows}
    write(output / "explanation.json", record)


def method():
    """What pieces hang on besides the weights: the source of the answers, and of how they are judged here."""
    rooms = (explanation, lime, masks, regions, subsets, surrogate, map_judges, map_metrics, map_subject)
    return hashlib.sha256("".join(map(inspect.getsource, rooms)).encode()).hexdigest()[:12]


def measured_faces(validation, per_emotion=30):
    """Indices (7 * per_emotion,) of the validation faces that are measured, emotion by emotion.

    Drawn by a fixed seed before any map was seen; constant pictures, which have no map, can't be drawn.
    Nothing of the explanation may be tuned on them (see tuning_faces).
    """
    varied = np.flatnonzero(validation.pixels.std(axis=(1, 2)) > 0)
    return varied[balanced_rows(validation.labels[varied], per_emotion, seed=2048)]


def balanced_rows(labels, per_emotion, seed):
    """Indices into labels (n,), per_emotion of each, emotion by emotion; a larger draw begins with the smaller."""
    random = np.random.default_rng(seed)
    emotions = [np.flatnonzero(labels == emotion) for emotion in range(len(EMOTIONS))]
    return np.concatenate([random.permutation(rows)[:per_emotion] for rows in emotions])


def tuning_faces(validation):
    """Indices of the validation faces that are not measured, nor copies of one: what maps may be tuned on."""
    measured = {face.tobytes() for face in validation.pixels[measured_faces(validation)]}
    return np.array(
        [row for row, face in enumerate(validation.pixels) if face.std() and face.tobytes() not in measured]
    )


def in_turn(rows):
    """Faces (7 * k,), emotion by emotion, in an order that takes one of each emotion at a time."""
    return rows.reshape(len(EMOTIONS), -1).T.ravel()


if __name__ == "__main__":
    main()
