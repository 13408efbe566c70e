"""Labelled 48x48 faces go in; how many of them are found in larger photos, where, and what that costs, comes out.

Called by bench.py; writes faces.json, which tests/figures.py puts into the model card.
"""

import json
import time
from dataclasses import dataclass

import numpy as np
import skimage.data
from PIL import Image

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.data import Faces
from emotion.faces import find_faces
from emotion.metrics import wilson_interval

BACKGROUNDS = ("chelsea", "coffee", "rocket", "brick", "grass", "gravel", "coins")
"""Pictures without a face that scikit-image ships: a cat, a cup, a rocket, three textures, coins."""
PHOTO_SIZE = 640, 480
USUAL_SIDE = 160
CONDITIONS = {
    "side of the face, pixels": ("side", (60, 90, 130, 200, 320)),
    "tilt, degrees": ("degrees", (0, 15, 30, 45, 60, 90, 120, 150, 180)),
    "times as bright": ("light", (0.06, 0.12, 0.25, 0.5, 1.5)),
    "share covered by a grey bar": ("covered", (0.15, 0.3, 0.45)),
    "share cut off by the border": ("cut", (0.1, 0.2, 0.3, 0.4)),
}


@dataclass(frozen=True)
class Paste:
    """A photo with a face at a known place.

    Attributes:
        photo: (480, 640, 3) uint8, RGB.
        centre: (2,) float, x and y of the face's middle, photo pixels.
        side: of the face's 48x48 picture in the photo, pixels.
    """

    photo: np.ndarray
    centre: np.ndarray
    side: int


def paste(pixels, number, side=USUAL_SIDE, degrees=0, light=1.0, covered=0.0, cut=0.0):
    """Paste a face into one of the backgrounds.

    Args:
        pixels: (48, 48) uint8.
        number: decides background, place, and which side is covered or cut.
        side: of the face in the photo, pixels.
        degrees: by which it is tilted, clockwise.
        light: factor on the whole photo.
        covered: share of the face under a grey bar along one of its four sides.
        cut: share of the face past the photo's left or upper border.

    Returns:
        Paste.
    """
    photo = Image.fromarray(getattr(skimage.data, BACKGROUNDS[number % len(BACKGROUNDS)])())
    photo = photo.convert("RGB").resize(PHOTO_SIZE)
    face = np.array(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    depth = round(covered * side)
    (face[:depth], face[side - depth :], face[:, :depth], face[:, side - depth :])[number % 4][:] = 128
    layer = Image.fromarray(face).convert("RGBA").rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
    corner = np.random.default_rng(number).integers(0, np.subtract(PHOTO_SIZE, layer.size))
    if cut:
        corner[number % 2] = -round(cut * side)
    photo.paste(layer, tuple(corner.tolist()), layer)
    dimmed = (np.asarray(photo) * light).clip(0, 255).astype(np.uint8)
    return Paste(dimmed, corner + np.array(layer.size) / 2, side)


def measure_condition(faces, classify, condition, level):
    """How well pasted faces are found under one condition.

    Args:
        faces: data.Faces.
        classify: Classifier.
        condition: name of a keyword of paste().
        level: its value.

    Returns:
        dict, ready for JSON: count, found and its 95 % interval (0-1), false_faces (count), centre_error
        (median distance, in sides), side_ratio (median), given and framed (accuracy, 0-1, on the faces
        as they are and as they were found), median seconds.
    """
    seconds, errors, ratios, rows, framed, false_faces = [], [], [], [], [], 0
    for row, pixels in enumerate(faces.pixels):
        pasted = paste(pixels, row, **{condition: level})
        begin = time.perf_counter()
        try:
            found = find_faces(pasted.photo)
        except InputError:
            found = []
        seconds.append(time.perf_counter() - begin)
        distances = [np.hypot(*(_middle(face) - pasted.centre)) / pasted.side for face in found]
        false_faces += len(found)
        if distances and min(distances) < 0.4:
            false_faces -= 1
            face = found[int(np.argmin(distances))]
            errors.append(min(distances))
            ratios.append(face.side / pasted.side)
            rows.append(row)
            framed.append(face.pixels)
    return {
        "level": level,
        "count": len(faces.labels),
        "found": len(rows) / len(faces.labels),
        "found_interval": wilson_interval(len(rows), len(faces.labels)),
        "false_faces": false_faces,
        "centre_error": float(np.median(errors)),
        "side_ratio": float(np.median(ratios)),
        "given": _accuracy(classify, faces.pixels[rows], faces.labels[rows]),
        "framed": _accuracy(classify, np.stack(framed), faces.labels[rows]),
        "seconds": float(np.median(seconds)),
    }


def measure_framing(faces, classify):
    """What detect-then-crop costs, by emotion: faces as given against as found, pasted at random sizes.

    Args:
        faces: data.Faces.
        classify: Classifier.

    Returns:
        dict, ready for JSON: by emotion, and for "all": count, found (count), given and framed
        (accuracy, 0-1, on the found ones).
    """
    random = np.random.default_rng(0)
    rows, framed = [], []
    for row, pixels in enumerate(faces.pixels):
        pasted = paste(pixels, row, side=int(random.integers(100, 300)))
        try:
            near = [
                face
                for face in find_faces(pasted.photo)
                if np.hypot(*(_middle(face) - pasted.centre)) < 0.4 * pasted.side
            ]
        except InputError:
            near = []
        if near:
            rows.append(row)
            framed.append(near[0].pixels)
    rows, framed = np.array(rows), np.stack(framed)
    labels = faces.labels[rows]
    table = {}
    for name in (*EMOTIONS, "all"):
        chosen = labels == EMOTIONS.index(name) if name != "all" else labels >= 0
        total = np.sum(faces.labels == EMOTIONS.index(name)) if name != "all" else len(faces.labels)
        table[name] = {
            "count": int(total),
            "found": int(chosen.sum()),
            "given": _accuracy(classify, faces.pixels[rows[chosen]], labels[chosen]),
            "framed": _accuracy(classify, framed[chosen], labels[chosen]),
        }
    return table


def measure_finding(validation, classify, per_emotion, output, facts):
    """Measure all conditions, and the framing on ten times as many faces; write faces.json.

    Args:
        validation: data.Faces.
        classify: Classifier.
        per_emotion: a seventh of the faces that are drawn for each condition.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    order = np.random.default_rng(4).permutation(len(validation.labels))
    some, more = (
        Faces(validation.pixels[rows], validation.labels[rows], ())
        for rows in (order[: 7 * per_emotion], order[: 70 * per_emotion])
    )
    record = facts | {"conditions": {}}
    for name, (condition, levels) in CONDITIONS.items():
        record["conditions"][name] = []
        for level in levels:
            row = measure_condition(some, classify, condition, level)
            record["conditions"][name].append(row)
            print(f"{name} {level}: found {row['found']:.1%}, {row['seconds']:.2f} s", flush=True)
    record["framing"] = measure_framing(more, classify)
    (output / "faces.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _middle(face):
    return face.frame @ (IMAGE_SIZE / 2, IMAGE_SIZE / 2, 1)


def _accuracy(classify, pixels, labels):
    return float(np.mean(classify(pixels).argmax(axis=1) == labels)) if len(labels) else None
