"""The 48x48 pixels of a face, or its landmarks, go in; a map of the regions that LIME hides and shows comes out."""

import numpy as np
from scipy.ndimage import distance_transform_edt
from skimage.draw import polygon2mask
from skimage.segmentation import slic

from emotion import IMAGE_SIZE

MIN_AREA = 8
"""A face part of fewer pixels is left to its neighbours: hiding it would tell nothing."""

FINER = 2
"""Face parts are drawn on a grid so many times finer than the pixels."""


def superpixels(pixels, landmarks=None):
    """Split a face into 40 to 46 patches of similar grey.

    SLIC (Achanta et al. 2012). Numbered from 0 on purpose: slic's own start is 1, lime counts from
    0, and the last region would then never be hidden.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        landmarks: see face_parts; None where they are not known. They only give names.

    Returns:
        (regions, names): (48, 48) int, numbered from 0 without gaps; a tuple of one name a region: the
        face part that most of it lies on, "left cheek 2", or, without landmarks, where it lies in the
        picture, "upper left 2". Where several would have the same name, they are counted.
    """
    colour = np.repeat(pixels[..., None], 3, axis=2)  # in colour slic measures in Lab, whose scale compactness expects
    # A mask, even of the whole, has slic start from that many points; without, it starts from 7 x 7 and often ends
    # below 40. With a compactness of 10 patches still merge below 40, with 15 they don't (1,196 faces).
    mask = np.ones(pixels.shape, bool)
    regions = _without_gaps(slic(colour, n_segments=46, compactness=15, sigma=1, start_label=0, mask=mask))
    masks = [regions == region for region in range(regions.max() + 1)]
    if landmarks is None:
        return regions, _counted([_place(mask) for mask in masks])
    parts, names = face_parts(landmarks)
    return regions, _counted([names[np.bincount(parts[mask]).argmax()] for mask in masks])


def face_parts(landmarks):
    """Split a face into about 20 parts that have names.

    Each part is a polygon through landmarks; what lies between the polygons goes to the nearest
    one, what lies outside of the face is background. Left and right are the picture's, as a viewer
    sees it.

    Args:
        landmarks: (68, 2) float, x and y in pixels of the 48x48 picture, perhaps outside of it, in
            the order of iBUG 300-W (Sagonas et al. 2013).

    Returns:
        (regions, names): (48, 48) int, numbered from 0 without gaps; a tuple of one name a region.
        A part that the picture hardly shows is missing.
    """
    polygons, outline = _part_polygons(landmarks)
    distances = np.stack([_distance(polygon) for polygon in polygons.values()])
    outside = _distance(outline) > 0
    outside &= outside.sum() >= MIN_AREA
    parts = np.arange(len(polygons))
    while True:  # leave out the parts that are too small; their pixels go to the next best
        nearest = parts[distances[parts].argmin(axis=0)]
        areas = np.bincount(nearest[~outside], minlength=len(polygons))[parts]
        if areas.min() >= MIN_AREA or len(parts) == 1:
            break
        parts = np.delete(parts, areas.argmin())
    nearest[outside] = len(polygons)
    names = (*polygons, "background")
    return _without_gaps(nearest), tuple(names[number] for number in np.unique(nearest))


def _place(mask):
    """Where a region (48, 48) bool lies in the picture, as a viewer sees it: "upper left"."""
    rows, columns = np.nonzero(mask)
    down = ("upper", "middle", "lower")[int(3 * rows.mean() / IMAGE_SIZE)]
    return f"{down} {('left', 'centre', 'right')[int(3 * columns.mean() / IMAGE_SIZE)]}"


def _counted(names):
    """Names (list of str) that are shared get a number: a tuple of different names."""
    return tuple(
        name if names.count(name) == 1 else f"{name} {names[: number + 1].count(name)}"
        for number, name in enumerate(names)
    )


def _without_gaps(regions):
    _, numbered = np.unique(regions, return_inverse=True)
    return numbered.reshape(regions.shape)


def _distance(polygon):
    """(48, 48) float: how far each pixel's centre is from a polygon (n, 2) of x and y, 0 inside; in pixels."""
    shape = (IMAGE_SIZE * FINER, IMAGE_SIZE * FINER)
    margin = 16  # what lies outside of the picture is drawn too, since it can be the nearest
    inside = polygon2mask(np.add(shape, 2 * margin * FINER), (polygon[:, ::-1] + margin) * FINER)
    if not inside.any():
        return np.full((IMAGE_SIZE, IMAGE_SIZE), np.inf)
    fine = distance_transform_edt(~inside) / FINER
    start = margin * FINER + FINER // 2
    return fine[start : start + shape[0] : FINER, start : start + shape[1] : FINER]


def _part_polygons(points):
    """The polygon (n, 2) of each part by name, the earlier above the later where they overlap; the face's outline."""
    brows, chin = points[17:27].mean(axis=0), points[8]
    up = brows - chin
    mouth_corner = 0.09 * np.linalg.norm(up)

    def around(centre):
        angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        return centre + mouth_corner * np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def grown(polygon, factor):
        return polygon.mean(axis=0) + factor * (polygon - polygon.mean(axis=0))

    def brow(line):
        return np.concatenate([line - 0.03 * up, line[::-1] + 0.06 * up])

    hairline = points[17:27] + 0.5 * up
    polygons = {
        "left mouth corner": around(points[48]),
        "right mouth corner": around(points[54]),
        "upper lip": points[[*range(48, 55), 64, 63, 62, 61, 60]],
        "lower lip": points[[*range(54, 60), 48, 60, 67, 66, 65, 64]],
        "left eye": grown(points[36:42], 1.3),
        "right eye": grown(points[42:48], 1.3),
        "left brow": brow(points[17:22]),
        "right brow": brow(points[22:27]),
        "between the brows": points[[21, 22, 42, 28, 39]],
        "nose": grown(points[[28, 35, 34, 33, 32, 31]], 1.2),
        "above the lip": points[[31, 32, 33, 34, 35, 54, 53, 52, 51, 50, 49, 48]],
        "left temple": points[[0, 17, 36]],
        "right temple": points[[16, 26, 45]],
        "left cheek": points[[1, 2, 3, 48, 31, 40, 41, 36]],
        "right cheek": points[[15, 14, 13, 54, 35, 47, 46, 45]],
        "left jaw": points[[3, 4, 5, 6, 59, 48]],
        "right jaw": points[[13, 12, 11, 10, 55, 54]],
        "chin": points[[6, 7, 8, 9, 10, 55, 56, 57, 58, 59]],
        "forehead": np.concatenate([points[17:27] + 0.06 * up, hairline[::-1]]),
    }
    outline = np.concatenate([points[0:17], points[[26]] + 0.25 * up, hairline[::-1][1:-1], points[[17]] + 0.25 * up])
    return polygons, outline
