from dataclasses import replace

import numpy as np
import pytest
from keras import ops
from scipy.ndimage import affine_transform, gaussian_filter

from emotion.network.augment import Augmentation, augment, blurred, covered_areas, draw_numbers, erased_areas

ONLY_MIRROR = Augmentation(rotation=0, zoom=0, shear=0)
NOISE = np.random.default_rng(0).integers(0, 256, (32, 48, 48), np.uint8)


EVERYTHING = Augmentation(0.2, 0.15, 0.1, 5, 0.2, 20, erase=0.5, cover=0.2, blur=1.5, noise=15)


def draw_views(faces, augmentation, seed=0, frames=None):
    """augment() for (n, 48, 48) arrays."""
    draws = draw_numbers(np.random.default_rng(seed), len(faces))
    views = np.asarray(augment(ops.convert_to_tensor(faces[..., None].astype(np.float32)), augmentation, draws, frames))
    assert views.shape == (*faces.shape, 1)
    assert views.dtype == np.float32
    return views[..., 0]


def test_the_same_numbers_give_the_same_views_and_others_others():
    first, again, other = (draw_views(NOISE, EVERYTHING, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (abs(first - other).max(axis=(1, 2)) > 1).all()


def test_every_face_gets_a_view_of_its_own():
    views = draw_views(np.repeat(NOISE[:1], 8, axis=0), EVERYTHING)
    for one in range(8):
        for other in range(one):
            assert abs(views[one] - views[other]).max() > 1


@pytest.mark.parametrize("border", ["reflect", "nearest"])
def test_views_stay_within_0_and_255(border):
    augmentation = replace(EVERYTHING, border=border)
    extremes = np.where(NOISE > 127, 255, 0).astype(np.uint8)
    views = draw_views(extremes, augmentation)
    assert views.min() >= 0
    assert views.max() <= 255
    assert views.std() > 50


def test_without_ranges_a_view_is_the_face_or_its_mirror():
    views = draw_views(NOISE, ONLY_MIRROR)
    same = (views == NOISE).all(axis=(1, 2))
    mirrored = (views == NOISE[:, :, ::-1]).all(axis=(1, 2))
    assert (same ^ mirrored).all()
    assert 5 < mirrored.sum() < 27  # half of 32; outside these, once in 20,000 seeds


def test_a_view_turns_and_zooms_about_the_middle_of_the_face():
    down, across = np.indices((48, 48)) - 23.5
    blob = (200 * np.exp(-(down**2 + across**2) / 50)).astype(np.uint8)
    views = draw_views(np.repeat(blob[None], 32, axis=0), Augmentation(rotation=1, zoom=0.2, shear=0.2))
    mass = views.sum(axis=(1, 2))
    np.testing.assert_allclose((views * down).sum(axis=(1, 2)) / mass, 0, atol=0.1)
    np.testing.assert_allclose((views * across).sum(axis=(1, 2)) / mass, 0, atol=0.1)
    assert mass.max() > 1.2 * mass.min()


def test_a_shift_moves_the_face_by_no_more_than_it_says():
    down, across = np.indices((48, 48)) - 23.5
    blob = (200 * np.exp(-(down**2 + across**2) / 20)).astype(np.uint8)
    views = draw_views(np.repeat(blob[None], 64, axis=0), replace(ONLY_MIRROR, shift=5))
    mass = views.sum(axis=(1, 2))
    for axis in (down, across):
        moved = (views * axis).sum(axis=(1, 2)) / mass
        assert moved.max() == pytest.approx(5, abs=0.7)
        assert moved.min() == pytest.approx(-5, abs=0.7)
        assert abs(moved).max() < 5.1


def test_a_rotation_turns_the_face_by_no_more_than_it_says():
    down, across = np.indices((48, 48)) - 23.5
    bar = (200 * np.exp(-(down**2) / 8 - across**2 / 200)).astype(np.uint8)
    views = draw_views(np.repeat(bar[None], 64, axis=0), replace(ONLY_MIRROR, rotation=0.2))
    xx, yy, xy = ((views * product).sum(axis=(1, 2)) for product in (across**2, down**2, across * down))
    angles = np.arctan2(2 * xy, xx - yy) / 2  # of the longer axis, from the second moments
    assert angles.max() == pytest.approx(0.2, abs=0.03)
    assert angles.min() == pytest.approx(-0.2, abs=0.03)


@pytest.mark.parametrize("border", ["reflect", "nearest"])
def test_corners_are_filled_from_the_face(border):
    flat = np.full((32, 48, 48), 180, np.uint8)
    augmentation = Augmentation(rotation=0.5, zoom=0.2, shear=0.2, shift=10, border=border)
    np.testing.assert_allclose(draw_views(flat, augmentation), 180, atol=0.01)


def test_each_face_is_blurred_by_its_own_gaussian():
    sigmas = np.array([0, 0.5, 1.3, 2], np.float32)
    views = np.asarray(blurred(NOISE[:4, ..., None].astype(np.float32), sigmas))[..., 0]
    for view, face, sigma in zip(views, NOISE, sigmas, strict=False):
        expected = gaussian_filter(face.astype(np.float32), sigma, radius=4)  # scipy's, the border mirrored
        np.testing.assert_allclose(view, expected, atol=0.01)


def test_about_a_quarter_of_the_faces_are_blurred_and_none_more_than_it_says():
    faces = np.repeat(NOISE[:1], 64, axis=0)
    views = draw_views(faces, replace(ONLY_MIRROR, blur=1.5))
    spreads = views.std(axis=(1, 2)) / faces[0].std()
    assert 38 < np.isclose(spreads, 1, atol=1e-3).sum() < 58
    assert spreads.min() > gaussian_filter(faces[0].astype(float), 1.5).std() / faces[0].std() - 0.01


def test_about_a_quarter_of_the_faces_get_noise_no_stronger_than_it_says():
    views = draw_views(np.full((64, 48, 48), 100, np.uint8), replace(ONLY_MIRROR, noise=12))
    spreads = views.std(axis=(1, 2))
    assert 38 < (spreads == 0).sum() < 58
    assert 9 < spreads.max() < 12.6
    np.testing.assert_allclose(views.mean(axis=(1, 2)), 100, atol=1.5)


def test_brightness_adds_no_more_than_it_says():
    views = draw_views(np.full((64, 48, 48), 100, np.uint8), replace(ONLY_MIRROR, brightness=20))
    greys = views[:, 0, 0]
    np.testing.assert_allclose(views, np.broadcast_to(greys[:, None, None], views.shape), atol=1e-3)
    assert 80 <= greys.min() < 85
    assert 115 < greys.max() <= 120


def test_contrast_stretches_about_mid_grey_by_no_more_than_it_says():
    faces = np.stack([np.tile(np.array([27, 128], np.uint8), (48, 24))] * 64)
    views = draw_views(faces, replace(ONLY_MIRROR, contrast=0.2))
    darks, lights = views.min(axis=(1, 2)), views.max(axis=(1, 2))
    stretch = (lights - darks) / 101
    assert 0.8 <= stretch.min() < 0.85
    assert 1.15 < stretch.max() <= 1.2001
    np.testing.assert_allclose(darks, 127.5 + (27 - 127.5) * stretch, atol=0.01)


def test_an_erased_area_is_one_rectangle_of_one_grey_with_sides_of_8_to_20():
    views = draw_views(NOISE, replace(ONLY_MIRROR, erase=1))
    for face, view in zip(NOISE, views, strict=True):
        changed = min((view != face, view != face[:, ::-1]), key=np.sum)
        down, across = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        for side in (down, across):
            assert 8 <= len(side) <= 20
            assert side[-1] - side[0] == len(side) - 1
        np.testing.assert_array_equal(changed, np.outer(changed.any(axis=1), changed.any(axis=0)))
        assert len(np.unique(view[changed])) == 1


def test_erased_areas_may_be_dark_or_light_however_rare_they_are():
    faces = np.full((128, 48, 48), 100, np.uint8)
    views = draw_views(faces, replace(ONLY_MIRROR, erase=0.25))
    fills = [view[view != 100][0] for view in views if (view != 100).any()]
    assert min(fills) < 50
    assert max(fills) > 205


@pytest.mark.parametrize(("chance", "low", "high"), [(0, 0, 0), (0.25, 20, 50), (1, 128, 128)])
def test_as_many_faces_are_erased_as_the_chance_says(chance, low, high):
    faces = np.repeat(NOISE, 4, axis=0)
    views = draw_views(faces, replace(ONLY_MIRROR, erase=chance))
    whole = (views == faces).all(axis=(1, 2)) | (views == faces[:, :, ::-1]).all(axis=(1, 2))
    assert low <= (~whole).sum() <= high


@pytest.mark.parametrize(
    ("draws", "across", "down"),
    [
        # left, top, width, height, each -1 to 1: sides 14 + 6 * draw, start (draw + 1) / 2 of the room that is left.
        ((-1, -1, -1, -1), range(0, 8), range(0, 8)),
        ((1, 1, 1, 1), range(28, 48), range(28, 48)),
        ((-1, 1, 1, -1), range(0, 20), range(40, 48)),
        ((0, -1, 0, 1), range(17, 31), range(0, 20)),
    ],
)
def test_erased_areas_worked_by_hand(draws, across, down):
    area = np.asarray(erased_areas(np.array(draws, np.float32)[:, None]))
    expected = np.zeros((1, 48, 48), bool)
    expected[0, down.start : down.stop, across.start : across.stop] = True
    np.testing.assert_array_equal(area, expected)


@pytest.mark.parametrize(
    ("draws", "down", "across"),
    [((-1, 0), (11, 24), (4, 44)), ((1, 0), (29, 46), (4, 44)), ((-0.1, 1), (9, 26), (2, 46))],
)
def test_covered_areas_worked_by_hand(draws, down, across):
    area = np.asarray(covered_areas(np.array(draws, np.float32)[:, None]))
    expected = np.zeros((1, 48, 48), bool)
    expected[0, slice(*down), slice(*across)] = True
    np.testing.assert_array_equal(area, expected)


@pytest.mark.parametrize(("chance", "low", "high"), [(0, 0, 0), (0.25, 20, 50), (1, 128, 128)])
def test_as_many_faces_are_covered_as_the_chance_says(chance, low, high):
    faces = np.full((128, 48, 48), 100, np.uint8)
    views = draw_views(faces, replace(ONLY_MIRROR, cover=chance))
    assert low <= (views != 100).any(axis=(1, 2)).sum() <= high


def test_half_of_the_views_begin_from_the_frame_that_is_given():
    """A frame that is smaller, turned and moved, against scipy's; the rest are the faces as they are."""
    smooth = gaussian_filter(NOISE.astype(np.float32), (0, 2, 2))
    a, b, c, d, e, f = frame = np.array([0.8, 0.15, 3, -0.15, 0.8, 7], np.float32)
    views = draw_views(smooth, ONLY_MIRROR, frames=np.tile(frame, (len(smooth), 1)))
    framed = np.stack([affine_transform(face, [[e, d], [b, a]], [f, c], order=1, mode="reflect") for face in smooth])
    like_frame, like_face = (
        np.minimum(abs(views - wanted).max(axis=(1, 2)), abs(views - wanted[:, :, ::-1]).max(axis=(1, 2))) < 0.1
        for wanted in (framed, smooth)
    )
    assert (like_frame ^ like_face).all()
    assert 5 < like_frame.sum() < 27
