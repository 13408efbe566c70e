import numpy as np
import pytest

from emotion.face.views import angle_of, cut, scale_of, square, to_picture, whole


def test_a_square_lies_around_its_centre_turned_clockwise():
    matrix = square(np.array((100, 50)), np.pi / 2, 2, 10)
    assert to_picture(matrix, (5, 5)) == pytest.approx((100, 50))
    assert to_picture(matrix, [(0, 0), (10, 0)]) == pytest.approx(np.array([(110, 40), (110, 60)]))  # its top is right
    assert (scale_of(matrix), angle_of(matrix)) == pytest.approx((2, np.pi / 2))


def test_a_cut_at_full_size_holds_the_photos_own_pixels():
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert np.array_equal(cut(photo, np.array([[1.0, 0, 20], [0, 1, 10]]), (16, 12)), photo[10:22, 20:36])


def test_past_the_border_the_edge_is_repeated():
    photo = np.zeros((20, 20, 3), np.uint8)
    photo[:, 0] = 200
    left = cut(photo, np.array([[1.0, 0, -8], [0, 1, 4]]), (8, 8))
    assert (left == 200).all()


def test_a_fine_pattern_shrinks_to_its_mean():
    board = np.repeat((np.indices((160, 160)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    assert np.abs(cut(board, np.array([[8.0, 0, 0], [0, 8, 0]]), (20, 20)).astype(int) - 127).max() <= 2


@pytest.mark.parametrize(("degrees", "size"), [(0, (83, 100)), (45, (100, 100)), (90, (100, 83))])
def test_a_view_of_a_whole_picture_holds_all_of_it_and_no_more_than_its_margin(degrees, size):
    view, matrix = whole(np.full((60, 80, 3), 9, np.uint8), degrees, 100, 0.2)
    assert view.shape == (*size, 3)
    corners = np.array([(0, 0), (80, 0), (0, 60), (80, 60)])
    inside = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    assert inside.min() >= 0
    assert (inside <= size[::-1]).all()
