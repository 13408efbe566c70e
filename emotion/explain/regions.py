"""The 48x48 pixels of a face, or its landmarks, go in; a map of the regions that LIME hides and shows comes out."""

from typing import NamedTuple

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.draw import polygon2mask
from skimage.segmentation import slic

from emotion import IMAGE_SIZE

MIN_AREA = 8
"""A face part of fewer pixels is left to its neighbours: hiding it would tell nothing."""

NUM_PATCHES = 42
"""Patches of a face whose landmarks are known."""

GREY = 0.1
"""A difference of one grey level separates pixels as this distance in pixels does: half of what SLIC would make it, so
that nearly every patch is one piece."""

FINER = 2
"""Face parts are drawn on a grid so many times finer than the pixels."""


class Regions(NamedTuple):
    """How a face is split.

    Attributes:
        numbers: (48, 48) int, numbered from 0 without gaps.
        names: one a region, all different.
        parts: the name of the face part that each region belongs to; None where no landmarks are known.
    """

    numbers: np.ndarray
    names: tuple[str, ...]
    parts: tuple[str | None, ...]

    def by_parts(self):
        """The face parts as Regions of their own; without landmarks, these regions themselves."""
        if None in self.parts:
            return self
        names = tuple(dict.fromkeys(self.parts))
        owners = np.array([names.index(part) for part in self.parts])
        return Regions(owners[self.numbers], names, names)


def superpixels(pixels, landmarks=None):
    """Split a face into about 42 patches of similar grey, none of which crosses the border of a face part.

    With landmarks, each face part is cut by k-means over place and grey, as SLIC does it (Achanta et al. 2012).
    Without, SLIC cuts the whole picture.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        landmarks: see face_parts; None where they are not known.

    Returns:
        Regions: at most 49. A patch is called after its part, "left cheek 2", or, without landmarks, after its
        place in the picture, "upper left 2". It is counted where several would have the same name.
    """
    if landmarks is None:
        colour = np.repeat(pixels[..., None], 3, axis=2)  # in colour slic uses Lab, whose scale compactness is for
        # The mask makes slic start from that many points: without one it often ends below 40, with 15 instead of 10
        # for the compactness it never does (1,196 faces). It counts from 0, as lime does: from 1, its default, the
        # last region would never be hidden.
        mask = np.ones(pixels.shape, bool)
        numbers = slic(colour, n_segments=46, compactness=15, sigma=1, start_label=0, mask=mask)
        numbers = _without_gaps(numbers)
        names = _counted([_place(numbers == number) for number in range(numbers.max() + 1)])
        return Regions(numbers, names, (None,) * len(names))
    whole, names = face_parts(landmarks)
    numbers, parts = np.zeros_like(whole), []
    features = np.stack([*np.indices(pixels.shape), GREY * gaussian_filter(pixels.astype(float), 1)], axis=-1)
    for part, count in enumerate(_seats(np.bincount(whole.ravel()))):
        patches = _without_gaps(kmeans2(features[whole == part], count, minit="++", rng=0)[1])
        numbers[whole == part] = len(parts) + patches
        parts += [names[part]] * (patches.max() + 1)
    return Regions(numbers, _counted(parts), tuple(parts))


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


def _seats(areas):
    """How many patches each part of areas (n,) is cut into, one at least: the larger the more (Sainte-Lague 1910)."""
    counts = np.ones(len(areas), int)
    while counts.sum() < NUM_PATCHES:
        counts[np.argmax(areas / (counts + 0.5))] += 1
    return counts


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
