import re

import numpy as np
import pytest
from scipy.ndimage import label

from emotion.explain.regions import MIN_AREA, face_parts, superpixels

RAMP = np.add.outer(np.arange(48), np.arange(48)).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
FLAT = np.full((48, 48), 128, np.uint8)


def frontal_face():
    """Landmarks of a face that looks straight ahead, drawn by hand, the same left as right; the middle is x = 24."""
    angles = np.linspace(0, np.pi, 17)
    jaw = np.stack([24 - 18 * np.cos(angles), 20 + 26 * np.sin(angles)], axis=1)
    brow = np.array([(9, 15), (11, 13), (14, 12), (17, 13), (20, 14)])
    bridge = np.array([(24, 18), (24, 21), (24, 24), (24, 27)])
    nostrils = np.array([(20, 29), (22, 30), (24, 31), (26, 30), (28, 29)])
    eye = np.array([(11, 19), (13, 17), (16, 17), (18, 19), (16, 20), (13, 20)])
    outer_lips = [(16, 37), (19, 35), (22, 34), (24, 35), (26, 34), (29, 35), (32, 37)]
    outer_lips += [(29, 40), (26, 41), (24, 41), (22, 41), (19, 40)]
    inner_lips = [(17, 37), (22, 37), (24, 37), (26, 37), (31, 37), (26, 38), (24, 38), (22, 38)]
    right_eye = mirrored(eye)[[3, 2, 1, 0, 5, 4]]
    parts = [jaw, brow, mirrored(brow)[::-1], bridge, nostrils, eye, right_eye, outer_lips, inner_lips]
    return np.concatenate(parts).astype(float)


def mirrored(points):
    return points * (-1, 1) + (48, 0)


def turned(degrees):
    """The frontal face, turned in the picture."""
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return (frontal_face() - 24) @ turn + 24


FACES = {
    "frontal": frontal_face(),
    "turned left": turned(-30),
    "turned right": turned(30),
    "seen from the side": frontal_face() * (0.45, 1) + (2, 0),
    "cut on the left": frontal_face() - (20, 0),
    "cut at the mouth": frontal_face() - (0, -12),
    "small": frontal_face() * 0.6 + 10,
    "large": (frontal_face() - 24) * 1.6 + 24,
}


def name_at(landmarks, x, y):
    regions, names = face_parts(landmarks)
    return names[regions[int(y), int(x)]]


@pytest.mark.parametrize("pixels", [RAMP, NOISE, FLAT])
def test_superpixels_are_numbered_from_0_without_gaps_and_named(pixels):
    numbers, names, parts = superpixels(pixels)
    assert numbers.shape == (48, 48)
    assert np.array_equal(np.unique(numbers), np.arange(len(names)))
    assert len(set(names)) == len(names)
    assert 40 <= len(names) <= 48
    assert parts == (None,) * len(names)


@pytest.mark.parametrize("pixels", [RAMP, NOISE])
def test_each_superpixel_is_one_piece(pixels):
    split = superpixels(pixels)
    for region in range(len(split.names)):
        assert label(split.numbers == region, structure=np.ones((3, 3)))[1] == 1


@pytest.mark.parametrize("landmarks", [None, frontal_face()], ids=["whole picture", "face parts"])
def test_superpixels_follow_an_edge(landmarks):
    edge = 17
    halves = np.full((48, 48), 40, np.uint8)
    halves[:, edge:] = 220
    split = superpixels(halves, landmarks)
    whole = split.by_parts().numbers if landmarks is not None else np.zeros((48, 48), int)
    crossed = np.unique(whole[:, edge - 1 : edge + 1])
    cut = [part for part in crossed if len(np.unique(split.numbers[whole == part])) > 2]
    left = np.bincount(split.numbers[:, :edge].ravel(), minlength=len(split.names))
    right = np.bincount(split.numbers[:, edge:].ravel(), minlength=len(split.names))
    wrong = np.minimum(left, right)[np.unique(split.numbers[np.isin(whole, cut)])]
    assert wrong.sum() <= 48  # at most one column of pixels is on the wrong side


def test_the_same_pixels_have_the_same_superpixels():
    assert np.array_equal(superpixels(NOISE).numbers, superpixels(NOISE.copy()).numbers)
    assert np.array_equal(superpixels(NOISE, frontal_face()).numbers, superpixels(NOISE.copy(), frontal_face()).numbers)


def test_a_superpixels_name_says_where_it_lies():
    numbers, names, _ = superpixels(FLAT)
    assert names[numbers[0, 0]].startswith("upper left")
    assert names[numbers[24, 24]].startswith("middle centre")
    assert names[numbers[47, 47]].startswith("lower right")


@pytest.mark.parametrize("landmarks", FACES.values(), ids=FACES.keys())
def test_no_superpixel_crosses_the_border_of_a_face_part_and_each_is_named_after_its_own(landmarks):
    numbers, names, parts = superpixels(NOISE, landmarks)
    whole, part_names = face_parts(landmarks)
    assert np.array_equal(np.unique(numbers), np.arange(len(names)))
    assert 40 <= len(names) <= 49
    assert len(set(names)) == len(names)
    for region, (name, part) in enumerate(zip(names, parts, strict=True)):
        assert np.unique(whole[numbers == region]).tolist() == [part_names.index(part)]
        assert re.fullmatch(f"{part}( [1-9][0-9]?)?", name)
        assert (name == part) == (parts.count(part) == 1)


@pytest.mark.parametrize("landmarks", FACES.values(), ids=FACES.keys())
def test_patches_put_together_are_the_face_parts(landmarks):
    together = superpixels(NOISE, landmarks).by_parts()
    whole, part_names = face_parts(landmarks)
    assert np.array_equal(np.array(together.names)[together.numbers], np.array(part_names)[whole])
    assert together.parts == together.names


def test_larger_parts_have_more_patches():
    parts = superpixels(NOISE, frontal_face()).parts
    assert parts.count("upper lip") == 1
    assert parts.count("left cheek") < parts.count("background")


def test_without_landmarks_there_are_no_parts_to_put_together():
    split = superpixels(NOISE)
    assert split.by_parts() is split


@pytest.mark.parametrize("landmarks", FACES.values(), ids=FACES.keys())
def test_face_parts_cover_the_picture_without_gaps_or_crumbs(landmarks):
    regions, names = face_parts(landmarks)
    assert regions.shape == (48, 48)
    assert np.array_equal(np.unique(regions), np.arange(len(names)))
    assert len(set(names)) == len(names)
    assert np.bincount(regions.ravel()).min() >= MIN_AREA


def test_a_frontal_face_has_all_twenty_parts():
    assert set(face_parts(frontal_face())[1]) == {
        *(f"{side} {part}" for side in ("left", "right") for part in ("brow", "eye", "cheek", "jaw", "temple")),
        *("left mouth corner", "right mouth corner", "upper lip", "lower lip", "above the lip"),
        *("between the brows", "nose", "chin", "forehead", "background"),
    }


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("left eye", 14.5, 18.5),
        ("right eye", 33.5, 18.5),
        ("left brow", 14, 12),
        ("right brow", 34, 12),
        ("between the brows", 24, 17),
        ("nose", 24, 27),
        ("above the lip", 24, 33),
        ("upper lip", 24, 36),
        ("lower lip", 24, 39.5),
        ("left mouth corner", 16, 37),
        ("right mouth corner", 32, 37),
        ("left cheek", 12, 27),
        ("right cheek", 35, 27),
        ("chin", 24, 44),
        ("left jaw", 12, 38),
        ("right jaw", 35, 38),
        ("forehead", 24, 5),
        ("background", 1, 46),
    ],
)
def test_each_part_lies_where_its_name_says(name, x, y):
    assert name_at(frontal_face(), x, y) == name


@pytest.mark.parametrize("degrees", [-30, 30])
def test_parts_turn_with_the_face(degrees):
    landmarks = turned(degrees)
    for name, points in (("left eye", range(36, 42)), ("right eye", range(42, 48)), ("chin", [8, 57])):
        assert name_at(landmarks, *landmarks[points].mean(axis=0)) == name


def test_left_and_right_mirror_each_other():
    regions, names = face_parts(frontal_face())
    areas = dict(zip(names, np.bincount(regions.ravel()), strict=True))
    for name in names:
        if name.startswith("left"):
            assert areas[name] == pytest.approx(areas[name.replace("left", "right")], rel=0.25, abs=6)


def test_parts_past_the_border_are_missing_and_the_others_keep_their_names():
    landmarks = FACES["cut on the left"]
    names = face_parts(landmarks)[1]
    assert "left eye" not in names
    assert name_at(landmarks, *landmarks[42:48].mean(axis=0)) == "right eye"


def test_landmarks_on_one_spot_still_give_a_map():
    regions, names = face_parts(np.full((68, 2), 24.0))
    assert len(names) >= 1
    assert regions.max() + 1 == len(names)
