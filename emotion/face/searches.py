"""The searches for faces in a photo, from the quickest to the costliest.

The HOG detector proposes upright faces at once, then small ones and, in turned photos, tilted ones. The CNN comes last
(measured: tests/bench).
"""

from functools import cached_property, partial

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from emotion.face.detectors import MARGIN, search_by_cnn, search_by_hog

SEARCH_SIDE = 800
"""The photo's longer side is shrunk to this before the search, in pixels. Time and memory then hardly depend on the
photo. dlib's smallest face is 80 pixels wide, after one upsampling 40: a twentieth of the photo."""

FINE_SEARCH_SIDE = 1600
ENLARGEMENT = 2.5
"""The same for the fine search, for faces of a fortieth of the photo. Small photos are enlarged, at most this many
times."""

TURNED_SIDE = 640
"""The side of what is looked at of a large photo, turned, in pixels: the smallest face is an eleventh of the photo. Of
48 turned photos of a cameraman in profile, HOG finds him in 29; at 800 pixels in 25, in 1.6 times the time."""

TURNS_BESIDE = (45, 90, 270, 315)
SIDE_BESIDE = 560
"""The turns, in degrees, in which tilted faces are looked for beside upright ones, and the side of what is looked at
then, in pixels: their smallest face is a tenth of the photo."""

SURE_SCORE_BESIDE = 1.0
"""HOG's scores from here on are believed of tilted faces beside upright ones. The badge on the astronaut's suit, seen
aslant, scores 0.6."""

SURE_SCORE_FINE = 0.8
"""The same of smaller upright faces beside others. The badge, enlarged, scores 0.6."""

SMALL_CNN_SIDE = 274
SMALL_MARGIN = 0.1
"""The side, in pixels, and the margin of the CNN's looks at equalised greys and at turned photos. Of 52 photos in which
HOG found no face, 34 are found so, as with 320 pixels and a margin of 0.2, which show the face as large and take 1.4
times as long. Looks at photos turned upside down found none."""

SHADOW_GREY = 60
MAX_GAIN = 8
"""Where the picture is darker than this around, as a mean grey of 0-255, it is brightened to it for the search, at
most this many times. Of 24 training faces, dimmed to 0.06 beside others that are not, 21 are then found at once
instead of none. Elsewhere the picture stays as it is."""

_SHADOW_STEPS = 96
"""Light is measured on a copy of the picture about so many pixels long, over an eighth of it."""


class Pictures:
    """A photo as the searches see it; each picture is made when it is first asked for.

    Args:
        photo: (H, W, 3) uint8, RGB.
    """

    def __init__(self, photo):
        self._photo = photo
        self._plain = _resize(photo, SEARCH_SIDE)

    @cached_property
    def lit(self):
        """(h, w, 3) uint8, its longer side at most SEARCH_SIDE; shadows are lifted."""
        return _lift_shadows(self._plain)

    @cached_property
    def fine(self):
        """The same, but its longer side at most FINE_SEARCH_SIDE."""
        return _lift_shadows(_resize(self._photo, FINE_SEARCH_SIDE, ENLARGEMENT))

    @cached_property
    def contrasty(self):
        """As lit, but with its contrast raised, and shadows left as they are."""
        # Of a photo that is dark all over, lifted shadows are mostly noise to the later searches.
        return np.asarray(ImageOps.autocontrast(Image.fromarray(self._plain), cutoff=1))

    @cached_property
    def equalised(self):
        """As lit, but in equalised greys."""
        return np.asarray(ImageOps.equalize(Image.fromarray(self.contrasty).convert("L")).convert("RGB"))


def upright(pictures):
    """The search for upright faces.

    Args:
        pictures: Pictures of a photo.

    Returns:
        list of (picture, looks): one of the pictures, and the functions that look for faces in it. Each returns a list
        of detectors.Candidate.
    """
    return [(pictures.lit, [partial(search_by_hog, pictures.lit)])]


def beside(pictures):
    """The search for smaller and for tilted faces beside upright ones. Arguments and answer as of upright."""
    turned = [
        partial(search_by_hog, pictures.lit, turn, MARGIN, SIDE_BESIDE, SURE_SCORE_BESIDE) for turn in TURNS_BESIDE
    ]
    return [
        (pictures.fine, [partial(search_by_hog, pictures.fine, sure_score=SURE_SCORE_FINE)]),
        (pictures.lit, turned),
    ]


def finer(pictures):
    """The search for tilted, small and cut faces, and the CNN's first look. Arguments and answer as of upright."""
    picture = pictures.contrasty
    side = min(TURNED_SIDE, max(picture.shape))
    turned = [partial(search_by_hog, picture, turn, MARGIN, side) for turn in range(0, 360, 45)]
    # HOG's longest look comes last but one: it runs beside the CNN's, which leaves other threads nothing else to do.
    fine, cnn = partial(search_by_hog, pictures.fine), partial(search_by_cnn, picture)
    return [(picture, turned), (pictures.fine, [fine]), (picture, [cnn])]


def equalised(pictures):
    """The CNN's search in equalised greys. Arguments and answer as of upright."""
    return [(pictures.equalised, [partial(search_by_cnn, pictures.equalised, 0, SMALL_CNN_SIDE, SMALL_MARGIN)])]


def turned_with_cnn(pictures):
    """The CNN's search in the turned photo. Arguments and answer as of upright."""
    picture = pictures.contrasty
    return [(picture, [partial(search_by_cnn, picture, turn, SMALL_CNN_SIDE, SMALL_MARGIN) for turn in (90, 270)])]


COSTLIER = (finer, equalised, turned_with_cnn)
"""What follows, in this order, where upright finds nothing."""


def _resize(photo, side, enlargement=1.0):
    """A photo with its longer side this many pixels long, but enlarged no more than this many times."""
    height, width = photo.shape[:2]
    scale = min(enlargement, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo).resize(size, reducing_gap=2))


def _lift_shadows(picture):
    """A picture brightened where it is dark, so that a face in the dark is found beside one in the light."""
    grey = Image.fromarray(picture).convert("L")
    coarse = grey.reduce(max(1, max(grey.size) // _SHADOW_STEPS)).filter(ImageFilter.BoxBlur(_SHADOW_STEPS // 16))
    around = np.asarray(coarse.resize(grey.size, Image.Resampling.BILINEAR), np.float32)
    gain = np.clip(SHADOW_GREY / np.maximum(around, 1), 1, MAX_GAIN)
    return np.minimum(picture * gain[..., None], 255).astype(np.uint8)
