"""Labelled 48x48 faces go in; how many of them are found in larger photos, where, and what that costs, comes out.

Called by bench.py; keeps its looks in runs/looks.jsonl, and writes faces.json, which tests/figures.py puts into the
model card.
"""

import hashlib
import inspect
import json
import multiprocessing
from dataclasses import asdict, dataclass

import matplotlib.cbook
import numpy as np
import skimage.data
from bench_pieces import Pieces
from PIL import Image, ImageDraw, ImageOps
from sklearn.datasets import load_sample_images

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.data.load import CHOICES, Faces
from emotion.face.find import find_faces, load_detector
from emotion.face.pixels import to_pixels
from emotion.measure.intervals import wilson_interval

BACKGROUNDS = ("chelsea", "coffee", "rocket", "brick", "grass", "gravel", "coins")
"""Pictures without a face that scikit-image ships: a cat, a cup, a rocket, three textures, coins."""
PHOTO_SIZE = 640, 480
USUAL_SIDE = 160
PORTRAIT_SIZE = 350, 350
NUM_PORTRAITS = 300
NUM_VARIANTS = 8
"""Of each licensed photo, under each condition."""
CONDITIONS = {
    "side of the face, pixels": ("side", (60, 90, 130, 200, 320)),
    "tilt, degrees": ("degrees", (0, 15, 30, 45, 60, 90, 120, 150, 180)),
    "times as bright": ("light", (0.06, 0.12, 0.25, 0.5, 1.5)),
    "share covered by a grey bar": ("covered", (0.15, 0.3, 0.45)),
    "share cut off by the border": ("cut", (0.1, 0.2, 0.3, 0.4)),
}


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


@dataclass(frozen=True)
class Paste:
    """A photo with a face at a known place.

    Attributes:
        photo: (H, W, 3) uint8, RGB.
        centre: (2,) float, x and y of the face's middle, photo pixels.
        side: of the face's 48x48 picture in the photo, pixels.
    """

    photo: np.ndarray
    centre: np.ndarray
    side: int


def paste(pixels, number, side=USUAL_SIDE, degrees=0, light=1.0, covered=0.0, cut=0.0, size=PHOTO_SIZE):
    """Paste a face into one of the backgrounds.

    Args:
        pixels: (48, 48) uint8.
        number: decides background, place, and which side is covered or cut.
        side: of the face in the photo, pixels.
        degrees: by which it is tilted, clockwise.
        light: factor on the whole photo.
        covered: share of the face under a grey bar along one of its four sides.
        cut: share of the face past the photo's left or upper border.
        size: (width, height) of the photo, pixels.

    Returns:
        Paste.
    """
    photo = Image.fromarray(getattr(skimage.data, BACKGROUNDS[number % len(BACKGROUNDS)])())
    photo = photo.convert("RGB").resize(size)
    face = np.array(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    depth = round(covered * side)
    (face[:depth], face[side - depth :], face[:, :depth], face[:, side - depth :])[number % 4][:] = 128
    layer = Image.fromarray(face).convert("RGBA").rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
    corner = np.random.default_rng(number).integers(0, np.subtract(size, layer.size))
    if cut:
        corner[number % 2] = -round(cut * side)
    photo.paste(layer, tuple(corner.tolist()), layer)
    dimmed = (np.asarray(photo) * light).clip(0, 255).astype(np.uint8)
    return Paste(dimmed, corner + np.array(layer.size) / 2, side)


def licensed_photos():
    """Photos of one face each that anybody may use.

    Returns:
        dict of (H, W, 3) uint8, RGB: Eileen Collins (NASA, public domain) and a cameraman in profile (Lav
        Varshney, CC0), which scikit-image ships, and Grace Hopper with cap and glasses (US Navy, public
        domain), which matplotlib ships.
    """
    hopper = Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    return {
        "astronaut": skimage.data.astronaut(),
        "Grace Hopper": np.asarray(hopper.convert("RGB")),
        "cameraman in profile": np.repeat(skimage.data.camera()[..., None], 3, axis=2),
    }


def render(photo, face, number, side=USUAL_SIDE, degrees=0, light=1.0, covered=0.0, cut=0.0):
    """Render a variant of a photo of one face.

    Args:
        photo: (H, W, 3) uint8.
        face: its Face.
        number: decides whether it is mirrored, how far it is tilted besides, and which of the face's four sides is
            covered or cut: from NUM_VARIANTS on they repeat.
        side: of the face in the variant, pixels.
        degrees: by which the photo is tilted, clockwise, but for up to 9 more or fewer.
        light: factor on the photo.
        covered: share of the face under a grey bar.
        cut: share of the face past the photo's border.

    Returns:
        Paste.
    """
    scale = side / face.side
    picture = Image.fromarray(photo)
    picture = picture.resize(np.rint(np.multiply(picture.size, scale)).astype(int).tolist(), reducing_gap=2)
    centre = face.frame @ (IMAGE_SIZE / 2, IMAGE_SIZE / 2, 1) * scale
    if number % 2:
        picture, centre = ImageOps.mirror(picture), np.array([picture.width - centre[0], centre[1]])
    direction = number // 2 % 4
    across, past = direction % 2, direction // 2  # left, top, right, bottom
    if covered:
        bar = np.array([centre - side / 2, centre + side / 2])
        bar[1 - past, across] = bar[past, across] + (1 - 2 * past) * covered * side
        picture.paste("grey", tuple(np.rint(bar).astype(int).ravel().tolist()))
    if cut:
        kept = np.array([(0, 0), picture.size])
        kept[past, across] = round(centre[across] + (2 * past - 1) * (0.5 - cut) * side)
        picture, centre = picture.crop(kept.ravel().tolist()), centre - kept[0]
    angle = np.radians(turn := degrees + 6 * direction - 9)
    before = np.array(picture.size) / 2
    picture = picture.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lit = (np.asarray(picture) * light).clip(0, 255).astype(np.uint8)
    return Paste(lit, matrix @ (centre - before) + np.array(picture.size) / 2, side)


def pictures_without_a_face():
    """Yield (name, (H, W, 3) uint8 photo): what scikit-image and scikit-learn ship, and what is drawn here."""
    names = (
        "cell checkerboard clock colorwheel horse hubble_deep_field immunohistochemistry logo microaneurysms moon page "
        "retina shepp_logan_phantom text"
    )
    for name in (*BACKGROUNDS, *names.split()):
        picture = np.asarray(getattr(skimage.data, name)())
        if picture.dtype != np.uint8:  # truth values, or 0 to 1
            picture = (picture * 255.0).astype(np.uint8)
        yield name, np.asarray(Image.fromarray(picture).convert("RGB"))
    for name, picture in zip(("temple", "flower"), load_sample_images().images, strict=True):
        yield name, picture
    random = np.random.default_rng(0)
    for side in (1, 4, 16):
        grains = Image.fromarray(random.integers(0, 256, (480 // side, 480 // side, 3), np.uint8))
        yield f"noise of {side} pixels", np.asarray(grains.resize((480, 480), Image.Resampling.BICUBIC))
    y, x = np.indices((480, 480)) / 480
    distance = np.hypot(x - 0.5, y - 0.5)
    drawn = {"a gradient": x, "a disc": distance < 0.3}
    for count in (3, 10, 30):
        drawn[f"{count} rings"] = np.sin(2 * np.pi * count * distance) / 2 + 0.5
        drawn[f"{count} waves"] = np.sin(2 * np.pi * count * x) * np.sin(2 * np.pi * count * y) / 2 + 0.5
    for name, greys in drawn.items():
        yield name, np.repeat((greys * 255).astype(np.uint8)[..., None], 3, axis=2)
    shapes = Image.new("RGB", (640, 480), "grey")
    for number in range(80):
        corner, colour = random.integers(0, (600, 440)), tuple(random.integers(0, 256, 3).tolist())
        place = [*corner.tolist(), *(corner + random.integers(10, 160, 2)).tolist()]
        (ImageDraw.Draw(shapes).ellipse, ImageDraw.Draw(shapes).rectangle)[number % 2](place, fill=colour)
    yield "shapes", np.asarray(shapes)


def found(photo):
    """faces.find_faces, but an empty list where there is no face."""
    try:
        return find_faces(photo)
    except InputError:
        return []


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

    def __init__(self):
        self.pieces = Pieces("looks", _finder(paste))

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
        return [_from_json(self.pieces.values[told]) for told, _ in jobs]


def _look_at_one(job):
    """A face, its number and paste()'s options: its Look, as JSON can tell it."""
    pixels, number, options = job
    return _to_json(look_at(paste(pixels, number, **options)))


def _finder(make):
    """What a Look hangs on, ready for JSON: how faces are found and framed, and how a function makes a Paste."""
    sources = [
        inspect.getsource(one) for one in (make, look_at, Look, *map(inspect.getmodule, (find_faces, to_pixels)))
    ]
    return {"finder": hashlib.sha256("".join(sources).encode()).hexdigest()[:12]}


def _to_json(look):
    """A Look as JSON can tell it."""
    return asdict(look) | {"pixels": None if look.pixels is None else look.pixels.tobytes().hex()}


def _from_json(told):
    """The Look that _to_json told."""
    if told["pixels"] is None:
        return Look(**told)
    pixels = np.frombuffer(bytes.fromhex(told["pixels"]), np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)
    return Look(**told | {"pixels": pixels})


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
        "centre_error": _median(look.centre_error for look in hits),
        "side_ratio": _median(look.side_ratio for look in hits),
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
            "side_ratio": _median(looks[row].side_ratio for row in rows[chosen]),
            "lost": _mean_with_interval(np.subtract(*right[::2, chosen].astype(int))),
        }
    return table


def _cut_again(pasted):
    """The (48, 48) pixels of a Paste's upright face, cut out where it lies."""
    left, top = np.rint(pasted.centre - pasted.side / 2).astype(int)
    return to_pixels(pasted.photo[top : top + pasted.side, left : left + pasted.side])


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


def measure_variants(classify):
    """How well the faces of licensed photos are found, under all CONDITIONS; looks are kept as those of Looks are.

    What counts as right is the place, and the answer, of the photo as it is.

    Args:
        classify: Classifier.

    Returns:
        dict, ready for JSON: by condition a list of summarise()'s, each with its level and of_photo: by photo how many
        variants there are (count), in how many the face was found, and in how many of these the same emotion came
        first (alike).
    """
    originals = {name: (photo, find_faces(photo)[0]) for name, photo in licensed_photos().items()}
    pixels = np.stack([face.pixels for _, face in originals.values()] * NUM_VARIANTS)
    faces = Faces(pixels, classify(pixels).argmax(axis=1), ())
    pieces = Pieces("variants", _finder(render))

    def look_again(name, number, keyword, level):
        return pieces.measure(
            f"{name}, variant {number}, {keyword} {level}",
            lambda: _to_json(look_at(render(*originals[name], number, **{keyword: level}))),
        )

    table = {}
    for name, (keyword, levels) in CONDITIONS.items():
        table[name] = []
        for level in levels:
            looks = [
                _from_json(look_again(photo, number, keyword, level))
                for number in range(NUM_VARIANTS)
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


def write_parts(parts, file, facts):
    """Measure parts and write each into a record when it is there.

    Args:
        parts: dict of functions of no arguments, whose answers are ready for JSON.
        file: Path of the record; its other parts stay if they are of the same weights.
        facts: dict to write too, with weights.
    """
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if record.get("weights") != facts["weights"]:
        record = {}
    for name, measure in parts.items():
        record |= facts | {name: measure()}
        file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {record[name]}", flush=True)


def _distance(face, pasted):
    """How far a Face's middle is from a Paste's, in sides."""
    return np.hypot(*(face.frame @ (IMAGE_SIZE / 2, IMAGE_SIZE / 2, 1) - pasted.centre)) / pasted.side


def random_sides(count, low, high):
    """Sides of so many faces in photos, in pixels: list of int, from low to below high."""
    random = np.random.default_rng(0)
    return [int(random.integers(low, high)) for _ in range(count)]


def _mean_with_interval(values):
    """[mean, low, high] of values (n,), with its normal 95 % interval; None of fewer than two."""
    if len(values) < 2:
        return None
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    return [float(mean), float(mean - 1.96 * error), float(mean + 1.96 * error)]


def _median(values):
    return float(np.median(values)) if (values := list(values)) else None


def _accuracy(classify, pixels, labels):
    return float(np.mean(classify(pixels).argmax(axis=1) == labels)) if len(labels) else None
