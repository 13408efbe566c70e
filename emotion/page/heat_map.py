"""Draw a heat map as a picture. Figures are made without pyplot, whose global state is not safe across threads."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from PIL import Image, ImageDraw, ImageFont

from emotion import IMAGE_SIZE
from emotion.page.palette import SIGNED, colour
from emotion.page.texts import times

SIGNED_MAP = LinearSegmentedColormap.from_list("signed", SIGNED)
"""From -1, wholly against, to 1, wholly for."""

MAP_SIDE, LINE = 576, 30
"""The side of a map and the height of a line of text under it, in pixels: it can be read where a phone shows it 360
pixels wide."""

FADED = 0.3
"""How opaque the colours of a map with a poor fit are, to those of others."""

MOST_OPAQUE = 0.75
"""Of a region's colour, so that the face shows through."""


def colours_of(question):
    """How each region is painted over the face.

    A region whose 95 % interval holds 0 is not painted.

    Args:
        question: Question.

    Returns:
        (colours, opacities): (n, 3) and (n,) float, 0-1, RGB.
    """
    strengths = question.shown / question.scale
    opacities = MOST_OPAQUE * np.sqrt(np.abs(strengths))  # so that little doesn't look like nothing
    return SIGNED_MAP(Normalize(-1, 1)(strengths))[:, :3], opacities * (FADED if question.poor else 1)


def draw_heat_map(question, crop, side=MAP_SIDE):
    """Draw how much each region spoke for or against what is asked, over the face, with its colour bar below.

    Args:
        question: Question.
        crop: (S, S, 3) uint8, RGB, the face that was explained.
        side: the map's, in pixels.

    Returns:
        (H, side, 3) uint8, RGB.
    """
    picture = _paint(question, crop, side)
    bar = _bar(side, question.scale, f"evidence for {question.towards}{', poor fit: faded' * question.poor}")
    gap = LINE * side // MAP_SIDE // 2
    both = Image.new("RGB", (side, side + gap + bar.height), colour("paper"))
    both.paste(picture)
    both.paste(bar, (0, side + gap))
    return np.asarray(both)


def _paint(question, crop, side):
    """The face in grey (side x side pixels), regions in the colours of their weights, outlines in white."""
    grey = np.asarray(Image.fromarray(crop).convert("L").resize((side, side)))[..., None] / 255
    colours, opacities = colours_of(question)
    fine = ((np.arange(side) + 0.5) * IMAGE_SIZE / side).astype(int)  # each pixel's centre, on the grid of the regions
    numbers = question.explanation.regions[np.ix_(fine, fine)]
    opacity = opacities[numbers][..., None]
    painted = (1 - opacity) * grey + opacity * colours[numbers]
    painted = np.where(_borders(numbers)[..., None], 0.5 + 0.5 * painted, painted)
    return Image.fromarray((255 * painted).round().astype(np.uint8))


def _borders(numbers):
    """(S, S) bool: the pixels whose right or lower neighbour belongs to another region."""
    borders = np.zeros(numbers.shape, bool)
    borders[:, :-1] |= numbers[:, 1:] != numbers[:, :-1]
    borders[:-1] |= numbers[1:] != numbers[:-1]
    return borders


def _bar(width, scale, legend):
    """The colour bar: from -scale to scale, in times the odds, with its legend under it."""
    line = LINE * width // MAP_SIDE
    bar = Image.new("RGB", (width, 4 * line), colour("paper"))
    draw, font = ImageDraw.Draw(bar), load_font(0.7 * line)
    strip = np.repeat((255 * SIGNED_MAP(np.linspace(0, 1, width))[None, :, :3]).round().astype(np.uint8), line, axis=0)
    bar.paste(Image.fromarray(strip), (0, 0))
    draw.rectangle((0, 0, width - 1, line - 1), outline=colour("line"))
    for x, text, anchor in ((0, times(-scale), "la"), (width // 2, "×1", "ma"), (width - 1, times(scale), "ra")):
        draw.text((x, 1.15 * line), text, fill=colour("ink"), font=font, anchor=anchor)
    for row, text in enumerate((legend, "grey: no clear effect")):
        draw.text((width // 2, (2.1 + 0.9 * row) * line), text, fill=colour("ink"), font=font, anchor="ma")
    return bar


@cache
def load_font(size, bold=False):
    """DejaVu Sans, which matplotlib brings: Pillow's own font has no minus sign."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
