import numpy as np
import pytest

from emotion.face.pixels import to_pixels


def test_a_grey_picture_of_the_models_size_comes_back_unchanged():
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    before = face.copy()
    np.testing.assert_array_equal(to_pixels(face), before)
    np.testing.assert_array_equal(face, before)


def test_grey_written_as_colour_comes_back_unchanged():
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(to_pixels(np.repeat(face[..., None], 3, axis=2)), face)


@pytest.mark.parametrize(
    ("colour", "grey"),
    [
        ((255, 0, 0), 76),  # 0.299 * 255 = 76.2
        ((0, 255, 0), 150),  # 0.587 * 255 = 149.7
        ((0, 0, 255), 29),  # 0.114 * 255 = 29.1
        ((200, 100, 50), 124),  # 59.8 + 58.7 + 5.7 = 124.2
        ((10, 20, 250), 43),  # 2.99 + 11.74 + 28.5 = 43.2
        ((255, 255, 255), 255),
        ((0, 0, 0), 0),
    ],
)
def test_colour_becomes_luma(colour, grey):
    crop = np.full((48, 48, 3), colour, np.uint8)
    assert (to_pixels(crop) == grey).all()


@pytest.mark.parametrize("side", [192, 240, 97])
def test_a_fine_checkerboard_shrinks_to_mid_grey(side):
    board = (np.indices((side, side)).sum(axis=0) % 2 * 255).astype(np.uint8)
    inner = to_pixels(board)[2:-2, 2:-2].astype(int)  # at the rim the filter has one side only
    assert abs(inner - 127.5).max() < 6


def test_a_picture_is_not_mirrored_or_turned():
    crop = np.zeros((96, 144, 3), np.uint8)
    crop[:24, :36] = 255  # the upper left quarter of either side
    pixels = to_pixels(crop)
    assert (pixels[:11, :11] > 230).all()
    assert (pixels[14:, :] < 25).all()
    assert (pixels[:, 14:] < 25).all()


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (47, 49), (48, 48), (101, 53), (1000, 3)])
def test_any_size_becomes_the_models(size, colours):
    pixels = to_pixels(np.full(size + colours, 90, np.uint8))
    assert pixels.shape == (48, 48)
    assert pixels.dtype == np.uint8
    assert (pixels == 90).all()


def test_black_and_white_edges_stay_within_0_and_255():
    crop = np.zeros((13, 13), np.uint8)
    crop[:, 6:] = 255
    pixels = to_pixels(crop)  # Lanczos overshoots beside an edge, which must not wrap around
    assert pixels[:, :20].max() < 60
    assert pixels[:, -20:].min() > 200
