"""Where a pasted face lies, and how it is changed."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.bench.pasted import NUM_VARIANTS, paste, pictures_without_a_face, render

WHITE = np.full((48, 48), 255, np.uint8)


def white_of(pasted):
    """(top, bottom, left, right) of what is wholly white, in photo pixels, right and bottom exclusive."""
    rows, columns = np.nonzero((pasted.photo == 255).all(axis=2))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_a_face_lies_where_it_is_said_to_lie():
    pasted = paste(WHITE, number=3, side=100)  # on bricks, which are nowhere white
    top, bottom, left, right = white_of(pasted)
    assert pasted.photo.shape == (480, 640, 3)
    assert (right - left, bottom - top) == (100, 100)
    assert pasted.centre.tolist() == [(left + right) / 2, (top + bottom) / 2]


def test_a_face_turns_about_its_middle_clockwise():
    half = WHITE.copy()
    half[24:] = 0  # white above, black below
    pasted = paste(half, number=3, side=100, degrees=90)
    top, bottom, left, right = white_of(pasted)
    assert (left + right) / 2 > pasted.centre[0] + 20  # what was above is to the right
    assert (top + bottom) / 2 == pytest.approx(pasted.centre[1], abs=1)


def test_a_share_of_the_face_lies_past_the_border():
    top, bottom, left, right = white_of(paste(WHITE, number=3, side=100, cut=0.3))
    assert (top, bottom) == (0, 70)
    assert right - left == 100


def test_a_bar_covers_a_share_of_the_face():
    top, bottom, left, right = white_of(paste(WHITE, number=3, side=100, covered=0.25))
    assert (bottom - top) * (right - left) == 75 * 100


def test_half_the_light_is_half_as_bright():
    assert paste(WHITE, number=3, light=0.5).photo.max() == 127


@pytest.fixture
def white_face():
    """(photo, face): black, with a white square of 40 pixels for a face."""
    photo = np.zeros((160, 240, 3), np.uint8)
    photo[60:100, 70:110] = 255
    return photo, SimpleNamespace(side=40, frame=np.array([[40 / 48, 0, 70], [0, 40 / 48, 60]]))


def whites_of(pasted):
    """(number, (x, y) of the middle) of a variant's white pixels."""
    rows, columns = np.nonzero(pasted.photo[..., 0] > 180)
    return len(rows), np.array([columns.mean() + 0.5, rows.mean() + 0.5])


@pytest.mark.parametrize("number", range(NUM_VARIANTS))
@pytest.mark.parametrize("degrees", [0, 60, 180])
def test_a_variants_face_lies_where_it_is_said_to_lie(white_face, number, degrees):
    pasted = render(*white_face, number, side=80, degrees=degrees)
    count, middle = whites_of(pasted)
    assert count == pytest.approx(80**2, rel=0.02)
    assert middle == pytest.approx(pasted.centre, abs=1)


@pytest.mark.parametrize("number", range(NUM_VARIANTS))
@pytest.mark.parametrize("how", ["covered", "cut"])
def test_a_share_of_a_variants_face_is_covered_or_cut_off(white_face, number, how):
    pasted = render(*white_face, number, side=80, **{how: 0.3})
    count, middle = whites_of(pasted)
    assert count == pytest.approx(0.7 * 80**2, rel=0.02)
    assert np.hypot(*(middle - pasted.centre)) == pytest.approx(0.3 / 2 * 80, abs=1)


def test_variants_of_a_photo_all_differ(white_face):
    variants = [render(*white_face, number, covered=0.3).photo for number in range(NUM_VARIANTS)]
    assert len({variant.tobytes() for variant in variants}) == NUM_VARIANTS


def test_half_the_light_makes_a_variant_half_as_bright(white_face):
    assert render(*white_face, 0, light=0.5).photo.max() == 127


def test_pictures_without_a_face_are_photos_and_all_differ():
    pictures = dict(pictures_without_a_face())
    assert len(pictures) >= 30
    assert len({photo.tobytes() for photo in pictures.values()}) == len(pictures)
    for photo in pictures.values():
        assert photo.dtype == np.uint8
        assert photo.shape[2] == 3
        assert np.ptp(photo) > 50
