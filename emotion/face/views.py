"""Turned squares of a picture: where they lie in it, and what they hold.

A square is a (2, 3) float matrix. Its point (x, y), in its own pixels, is matrix @ (x, y, 1) in the picture.
"""

import numpy as np
from PIL import Image


def square(centre, angle, scale, side):
    """The matrix of a square.

    Args:
        centre: (2,) float, x and y in the picture.
        angle: radians, by which the square is turned clockwise.
        scale: pixels of the picture in one of the square.
        side: of the square, in its own pixels; or (width, height), for a rectangle.

    Returns:
        (2, 3) float.
    """
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, centre - turn @ np.broadcast_to(side, 2) / 2])


def to_picture(matrix, points):
    """Where points (2,) or (n, 2) of a square lie in the picture: the same shape, x and y."""
    return np.asarray(points) @ matrix[:, :2].T + matrix[:, 2]


def scale_of(matrix):
    """Float: how many pixels of the picture one pixel of the square spans."""
    return float(np.hypot(*matrix[:, 0]))


def angle_of(matrix):
    """Float: radians, by which the square is turned clockwise."""
    return float(np.arctan2(matrix[1, 0], matrix[0, 0]))


def cut(photo, matrix, size):
    """Cut a turned rectangle out of a photo. Past the border, the photo's edge is repeated.

    Args:
        photo: (H, W, 3) uint8.
        matrix: (2, 3) float, from the cut's pixels to the photo's.
        size: (width, height) of the cut, pixels.

    Returns:
        (height, width, 3) uint8.
    """
    bounds = np.array(photo.shape[1::-1])
    corners = to_picture(matrix, np.array([(0, 0), (size[0], 0), (0, size[1]), size]))
    low, high = np.floor(corners.min(axis=0)) - 2, np.ceil(corners.max(axis=0)) + 2
    left, top = np.clip(low, 0, bounds - 1).astype(int)
    right, bottom = np.clip(high, (left + 1, top + 1), bounds).astype(int)
    factor = max(1, int(scale_of(matrix)))  # averaging squares of this many pixels first avoids aliasing
    part = np.asarray(Image.fromarray(photo[top:bottom, left:right]).reduce(factor))
    before = np.ceil(np.maximum(0, (left, top) - low) / factor).astype(int)
    after = np.ceil(np.maximum(0, high - (right, bottom)) / factor).astype(int)
    part = np.pad(part, ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
    inner = np.column_stack([matrix[:, :2] / factor, (matrix[:, 2] - (left, top)) / factor + before])
    return np.asarray(Image.fromarray(part).transform(size, Image.Transform.AFFINE, inner.ravel(), Image.BICUBIC))


def whole(picture, degrees, side, margin):
    """A view of a whole picture, turned.

    Args:
        picture: (H, W, 3) uint8.
        degrees: by which the view is turned clockwise.
        side: of a square view, pixels; the view is no wider and no higher than the turned picture needs.
        margin: what is added around the picture, as a share of its longer side.

    Returns:
        (view, matrix): (h, w, 3) uint8, and (2, 3) float, from the view's pixels to the picture's.
    """
    height, width = picture.shape[:2]
    angle, longer = np.radians(degrees), max(height, width)
    scale = longer * (1 + 2 * margin) / side
    across, down = np.abs([np.cos(angle), np.sin(angle)])
    needed = np.array([width * across + height * down, width * down + height * across]) + 2 * margin * longer
    size = np.minimum(np.ceil(needed / scale - 1e-9), side).astype(int)
    matrix = square(np.array([width, height]) / 2, angle, scale, size)
    return cut(picture, matrix, tuple(size.tolist())), matrix
