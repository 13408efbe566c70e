"""How often the network is right, and sure, where eyes or mouth are covered.

Bars, dark glasses and surgical masks are drawn over faces by their 68 landmarks. They are flat and
sharp, as real ones are not: the figures say what a network does without these parts, not how it
sees glasses. None of this is in corruptions.CORRUPTIONS, which every record holds.

The page gives no warning of covered parts. Where the greys around eyes or mouth spread least is
where a face is dark, turned away or bearded, far more often than where it is covered.
"""

import numpy as np
from PIL import Image, ImageDraw

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.face.landmarks import frame_landmarks
from emotion.measure.calibration import abstention_report, expected_calibration_error, is_sure
from emotion.measure.intervals import wilson_interval

BLACK, LIGHT = 0, 190
"""Greys of bars and glasses, and of a surgical mask."""

FINER = 8
"""Shapes are drawn this many times as large and then shrunk, so that their edges fall between pixels."""


def bar_over_eyes(landmarks):
    """A black bar over both eyes, as newspapers print it: (polygons, grey), see COVERS."""
    return [_bar(landmarks, landmarks[36:48].mean(axis=0), 1.15, 0.3)], BLACK


def bar_over_mouth(landmarks):
    """A black bar over the mouth."""
    return [_bar(landmarks, landmarks[48:68].mean(axis=0), 0.75, 0.4)], BLACK


def dark_glasses(landmarks):
    """Two dark lenses, from the brows to the cheeks, and the bridge between them."""
    along, across = _axes(landmarks)
    middles = [landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)]
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    lenses = [middle + 0.42 * np.cos(angles) * along + (0.08 + 0.36 * np.sin(angles)) * across for middle in middles]
    return [*lenses, _bar(landmarks, np.mean(middles, axis=0), 0.3, 0.06)], BLACK


def surgical_mask(landmarks):
    """A light mask from the bridge of the nose to the jaw."""
    return [np.concatenate([landmarks[2:15], landmarks[28:29]])], LIGHT


COVERS = {
    "bar over the eyes": bar_over_eyes,
    "dark glasses": dark_glasses,
    "bar over the mouth": bar_over_mouth,
    "surgical mask": surgical_mask,
}
"""By name, a function from (68, 2) landmarks in picture pixels (x, y) to a list of polygons (k, 2) and their grey."""


def cover(pixels, landmarks, name):
    """Cover a part of each face.

    Args:
        pixels: (n, 48, 48) uint8, grey, 0-255.
        landmarks: (n, 68, 2) float, see find.frame_landmarks.
        name: one of COVERS.

    Returns:
        (n, 48, 48) uint8.
    """
    return np.stack([_paint(face, *COVERS[name](points)) for face, points in zip(pixels, landmarks, strict=True)])


def measure_covers(classify, faces, rule):
    """Measure a network on faces with eyes or mouth covered, and as they are.

    Args:
        classify: Classifier, see model.
        faces: Faces.
        rule: when the network is sure, see calibration.choose_abstention.

    Returns:
        dict, ready for JSON: by name of COVERS, after "nothing", a dict with accuracy (0-1) and its 95 % interval;
        same, the share of faces that keep the answer they have uncovered (0-1); probability, the mean top one (0-1);
        calibration_error; not_sure (calibration.abstention_report); sure_and_wrong (0-1 of all); recall by
        emotion (0-1, None where none occurs) and answers, the share of each emotion among the answers (0-1).

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    landmarks = np.stack([frame_landmarks(face) for face in faces.pixels])
    uncovered = classify(faces.pixels)
    covered = {name: classify(cover(faces.pixels, landmarks, name)) for name in COVERS}
    return {
        name: _report(answers, faces.labels, uncovered.argmax(axis=1), rule)
        for name, answers in ({"nothing": uncovered} | covered).items()
    }


def _report(probabilities, labels, uncovered, rule):
    said, sure = probabilities.argmax(axis=1), is_sure(probabilities, rule)
    right = said == labels
    of_label = {emotion: right[labels == number] for number, emotion in enumerate(EMOTIONS)}
    return {
        "accuracy": float(right.mean()),
        "accuracy_interval": wilson_interval(right.sum(), len(right)),
        "same": float((said == uncovered).mean()),
        "probability": float(probabilities.max(axis=1).mean()),
        "calibration_error": expected_calibration_error(probabilities, labels),
        "not_sure": abstention_report(right, sure),
        "sure_and_wrong": float((sure & ~right).mean()),
        "recall": {emotion: float(rows.mean()) if len(rows) else None for emotion, rows in of_label.items()},
        "answers": {emotion: float((said == number).mean()) for number, emotion in enumerate(EMOTIONS)},
    }


def _axes(landmarks):
    """The vector (x, y) from the middle of one eye to that of the other, and the same turned downwards."""
    along = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
    return along, np.array([-along[1], along[0]])


def _bar(landmarks, middle, half_length, half_height):
    """The (4, 2) corners of a bar along the eyes' line; lengths in units of the distance between the eyes."""
    along, across = _axes(landmarks)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.array([middle + x * half_length * along + y * half_height * across for x, y in corners])


def _paint(face, polygons, grey):
    side = FINER * IMAGE_SIZE
    shape = Image.new("L", (side, side))
    for polygon in polygons:
        ImageDraw.Draw(shape).polygon([tuple(point) for point in FINER * polygon], fill=255)
    share = np.asarray(shape.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BOX)) / 255
    return np.rint(face * (1 - share) + grey * share).astype(np.uint8)
