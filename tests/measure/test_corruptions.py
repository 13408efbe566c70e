import numpy as np
import pytest
from PIL import Image

from emotion.measure.corruptions import (
    CORRUPTIONS,
    add_noise,
    blur,
    brighten,
    change_contrast,
    compress,
    move_across,
    move_down,
    scale,
    shrink,
    turn,
)

NOISE = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)


def dot(down, across):
    """A black face with one white pixel."""
    face = np.zeros((1, 48, 48), np.uint8)
    face[0, down, across] = 255
    return face


def smooth_faces():
    """Two faces with one soft blob each, off the middle."""
    down, across = np.indices((48, 48))
    blobs = [200 * np.exp(-((down - y) ** 2 + (across - x) ** 2) / 60) for y, x in ((18, 30), (26, 20))]
    return np.array(blobs).astype(np.uint8)


def middles(faces):
    """Where the light of each face is on average: (n, 2) down and across, from the middle."""
    down, across = np.indices((48, 48)) - 23.5
    mass = faces.sum(axis=(1, 2), dtype=float)
    return np.stack([(faces * axis).sum(axis=(1, 2)) / mass for axis in (down, across)], axis=1)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_faces_keep_their_shape_their_type_and_stay_as_they_were_given(name):
    before = NOISE.copy()
    for level in CORRUPTIONS[name].levels:
        worse = CORRUPTIONS[name].apply(NOISE, level)
        assert (worse.shape, worse.dtype) == (NOISE.shape, np.uint8)
        assert (worse != NOISE).any()
    np.testing.assert_array_equal(NOISE, before)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "JPEG"])
def test_at_the_level_of_no_change_nothing_changes(name):
    np.testing.assert_array_equal(CORRUPTIONS[name].apply(NOISE, CORRUPTIONS[name].unchanged), NOISE)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "noise"])
def test_each_face_is_changed_alone(name):
    for level in CORRUPTIONS[name].levels:
        together = CORRUPTIONS[name].apply(NOISE, level)
        for face, worse in zip(NOISE, together, strict=True):
            np.testing.assert_array_equal(CORRUPTIONS[name].apply(face[None], level)[0], worse)


def test_blur_spreads_a_dot_as_a_gaussian():
    down, across = np.indices((48, 48)) - 20
    weights = np.exp(-(down**2 + across**2) / 2)
    np.testing.assert_allclose(blur(dot(20, 20), 1)[0].astype(float), 255 * weights / weights.sum(), atol=0.6)


def test_shrinking_to_24_pixels_loses_a_fine_pattern_and_keeps_a_coarse_one():
    fine, coarse = (np.kron(np.indices((48 // size, 48 // size)).sum(0) % 2, np.ones((size, size))) for size in (1, 8))
    faces = np.stack([fine, coarse]).astype(np.uint8) * 255
    small = shrink(faces, 24).astype(int)
    assert small[0, 8:-8, 8:-8].std() < 5
    assert small[1].std() > 100


def test_compressing_is_what_pillow_does(tmp_path):
    Image.fromarray(NOISE[0]).save(tmp_path / "face.jpg", quality=30)
    np.testing.assert_array_equal(compress(NOISE[:1], 30)[0], np.asarray(Image.open(tmp_path / "face.jpg")))


def test_brightness_and_contrast_worked_by_hand():
    face = np.full((1, 48, 48), 100, np.uint8)
    face[0, :, :24] = 200  # mean 150
    assert np.unique(brighten(face, 0.5)).tolist() == [50, 100]
    assert np.unique(brighten(face, 1.5)).tolist() == [150, 255]
    assert np.unique(change_contrast(face, 0.5)).tolist() == [125, 175]
    assert np.unique(change_contrast(face, 3)).tolist() == [0, 255]


def test_noise_has_the_deviation_it_says_and_is_the_same_each_time():
    flat = np.full((20, 48, 48), 128, np.uint8)
    noisy = add_noise(flat, 10)
    assert noisy.std() == pytest.approx(10, rel=0.02)
    assert noisy.mean() == pytest.approx(128, abs=0.2)
    np.testing.assert_array_equal(add_noise(flat, 10), noisy)


def test_a_move_takes_every_pixel_along_and_repeats_the_edge():
    np.testing.assert_array_equal(move_across(NOISE, 4)[:, :, 4:], NOISE[:, :, :-4])
    np.testing.assert_array_equal(move_across(NOISE, 4)[:, :, :4], np.repeat(NOISE[:, :, :1], 4, axis=2))
    np.testing.assert_array_equal(move_across(NOISE, -4)[:, :, :-4], NOISE[:, :, 4:])
    np.testing.assert_array_equal(move_down(NOISE, 4)[:, 4:], NOISE[:, :-4])
    np.testing.assert_array_equal(move_down(NOISE, -4)[:, :-4], NOISE[:, 4:])


def test_a_quarter_turn_is_clockwise():
    np.testing.assert_array_equal(turn(NOISE, 90), np.rot90(NOISE, -1, axes=(1, 2)))
    np.testing.assert_array_equal(turn(NOISE, -90), np.rot90(NOISE, 1, axes=(1, 2)))


def test_a_turn_of_15_degrees_turns_the_light_about_the_middle():
    faces = smooth_faces()
    angle = np.radians(15)
    # On a picture, down grows downwards: clockwise takes right to down.
    clockwise = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(middles(turn(faces, 15)), middles(faces) @ clockwise.T, atol=0.2)


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_scale_moves_the_light_from_the_middle_and_spreads_it(factor):
    faces = smooth_faces()
    np.testing.assert_allclose(middles(scale(faces, factor)), factor * middles(faces), atol=0.2)
    mass = scale(faces, factor).sum(axis=(1, 2)) / faces.sum(axis=(1, 2))
    np.testing.assert_allclose(mass, factor**2, rtol=0.02)
