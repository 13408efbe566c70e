"""An Explanation, or a record of a training, goes in; pictures come out.

Figures are made without pyplot, whose global state is not safe across a server's threads.
"""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from PIL import Image, ImageDraw, ImageFont

from emotion import EMOTIONS, IMAGE_SIZE

SIGNED = LinearSegmentedColormap.from_list("signed", ["#0b4fa0", "#6aaed6", "#ffffff", "#f7903d", "#a63603"])
"""Blue against, orange for, white none: told apart by people of every colour vision, unlike red and green."""

PHOTO_SIDE = 1000
"""A numbered photo's longer side, in pixels."""

MAP_SIDE, SHEET_SIDE, LINE = 576, 288, 30
"""Sides of a map alone and of one among seven, and the height of a line of text under them, in pixels: a map 360
pixels wide on a phone can still be read."""

FADED = 0.3
"""How opaque the colours of a map with a poor fit are, to those of others."""

SMALLEST_SCALE = 0.01
"""Where no weight reaches one point, colours end there: what is next to nothing isn't drawn as if it were much."""


POOR = ", poor fit: faded"
"""Said under a map that is faded."""


def draw_faces(photo, boxes):
    """Draw numbered frames around the faces of a photo.

    Args:
        photo: (H, W, 3) uint8, RGB.
        boxes: list of (top, right, bottom, left) in photo pixels.

    Returns:
        (h, w, 3) uint8, RGB, the longer side at most PHOTO_SIDE.
    """
    picture = Image.fromarray(photo)
    picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    scale = picture.width / photo.shape[1]
    draw = ImageDraw.Draw(picture)
    font = load_font(max(14, max(picture.size) // 25))
    for number, box in enumerate(boxes):
        top, right, bottom, left = (round(side * scale) for side in box)
        draw.rectangle((left, top, right, bottom), outline="white", width=5)
        draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline="#a63603", width=3)
        label = str(number + 1)
        x0, y0, x1, y1 = draw.textbbox((left + 8, top + 6), label, font=font)
        draw.rectangle((x0 - 6, y0 - 5, x1 + 6, y1 + 5), fill="#a63603")
        draw.text((left + 8, top + 6), label, fill="white", font=font)
    return np.asarray(picture)


def draw_heat_map(explanation, emotion, crop, useless_below=-np.inf, side=MAP_SIDE):
    """Draw how much each region spoke for or against an emotion, over the face.

    A region whose 95 % interval holds 0 keeps the photo's grey. The scale is the same for all seven
    emotions of an explanation, so that maps can be compared.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        crop: (S, S, 3) uint8, RGB, the face that was explained.
        useless_below: R^2 of a fit that is so poor that the whole map is faded (models/explanation.json, fit).
        side: the map's, in pixels.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    label = EMOTIONS.index(emotion)
    scale, faded = _scale(explanation), explanation.fit[label] < useless_below
    picture = _paint(crop, explanation.regions, _shown(explanation)[:, label], scale, side, faded)
    return _with_bar(picture, scale, f"points towards {emotion}{POOR * bool(faded)}")


def draw_contrast(explanation, emotion, other, crop, useless_below=-np.inf, side=MAP_SIDE):
    """Draw what spoke for one emotion rather than another, over the face, on a scale of its own.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        other: another of EMOTIONS.
        crop: (S, S, 3) uint8, RGB, the face that was explained.
        useless_below: as for draw_heat_map; the worse fit of the two counts.
        side: the map's, in pixels.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    weights, errors = explanation.contrast(emotion, other)
    scale = max(np.abs(weights).max(), SMALLEST_SCALE)
    faded = min(explanation.fit[EMOTIONS.index(each)] for each in (emotion, other)) < useless_below
    picture = _paint(crop, explanation.regions, np.where(surely(weights, errors), weights, 0), scale, side, faded)
    return _with_bar(picture, scale, f"points towards {emotion} rather than {other}{POOR * bool(faded)}")


def draw_all_maps(explanation, crop, useless_below=-np.inf):
    """Draw the maps of all seven emotions side by side, on one scale, each under what the model said.

    Args:
        explanation: Explanation.
        crop: (S, S, 3) uint8, RGB, the face that was explained.
        useless_below: as for draw_heat_map.

    Returns:
        (H, W, 3) uint8, RGB: three rows of three; first the face itself, last the colour bar.
    """
    shown, scale, gap = _shown(explanation), _scale(explanation), 8
    cell = SHEET_SIDE + gap
    sheet = Image.new("RGB", (3 * cell + gap, 3 * (cell + LINE) + gap), "white")
    draw, font = ImageDraw.Draw(sheet), load_font(0.7 * LINE)
    faded = explanation.fit < useless_below
    pictures = [("the face", np.zeros(len(shown)), False)] + [
        (f"{emotion} {100 * share:.0f} %{' (poor fit)' if poor else ''}", weights, poor)
        for emotion, share, weights, poor in zip(EMOTIONS, explanation.probabilities, shown.T, faded, strict=True)
    ]
    for place, (title, weights, poor) in enumerate(pictures):
        left, top = gap + place % 3 * cell, gap + place // 3 * (cell + LINE)
        draw.text((left, top), title, fill="black", font=font)
        sheet.paste(_paint(crop, explanation.regions, weights, scale, SHEET_SIDE, poor), (left, top + LINE))
    bar = _bar(SHEET_SIDE, scale, "points")
    sheet.paste(bar, (gap + 2 * cell, gap + 2 * (cell + LINE) + LINE + (SHEET_SIDE - bar.height) // 2))
    return np.asarray(sheet)


def surely(weights, errors):
    """Whether each weight's 95 % interval lies wholly on one side of 0, by its standard error: bool array."""
    return np.abs(weights) > 1.96 * errors


def _shown(explanation):
    """(n, 7) float: the weights, 0 where they can't be told from 0."""
    return np.where(surely(explanation.weights, explanation.errors), explanation.weights, 0)


def _scale(explanation):
    """The largest weight of any emotion, as a share (0-1): where the colours end."""
    return max(np.abs(explanation.weights).max(), SMALLEST_SCALE)


def _paint(crop, regions, weights, scale, side, faded=False):
    """The face in grey (side x side pixels), regions in the colours of their weights (n,), outlines in white."""
    grey = np.asarray(Image.fromarray(crop).convert("L").resize((side, side)))[..., None] / 255
    strengths = weights / scale
    colours = SIGNED(Normalize(-1, 1)(strengths))[:, :3]
    opacities = 0.75 * np.sqrt(np.abs(strengths))  # so that the face shows through, and nothing looks like little
    opacities *= FADED if faded else 1
    fine = (np.arange(side) + 0.5) * IMAGE_SIZE / side  # each pixel's centre, on the grid of the regions
    numbers = regions[np.ix_(fine.astype(int), fine.astype(int))]
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


def _bar(width, scale, legend, line=LINE):
    """The colour bar: from -scale to scale, in percentage points, with its legend under it, in lines of a height."""
    bar = Image.new("RGB", (width, 4 * line), "white")
    draw, font = ImageDraw.Draw(bar), load_font(0.7 * line)
    colours = SIGNED(np.linspace(0, 1, width))[:, :3]
    strip = np.repeat((255 * colours).round().astype(np.uint8)[None], line, axis=0)
    bar.paste(Image.fromarray(strip), (0, 0))
    draw.rectangle((0, 0, width - 1, line - 1), outline="grey")
    for x, text, anchor in ((0, -scale, "la"), (width // 2, 0, "ma"), (width - 1, scale, "ra")):
        draw.text(
            (x, 1.15 * line),
            f"{100 * text:+.0f}".replace("-", "−") if text else "0",
            fill="black",
            font=font,
            anchor=anchor,
        )
    for row, text in enumerate((legend, "grey: can't be told from 0")):
        draw.text((width // 2, (2.1 + 0.9 * row) * line), text, fill="black", font=font, anchor="ma")
    return bar


def _with_bar(picture, scale, legend):
    line = LINE * picture.width // MAP_SIDE
    bar = _bar(picture.width, scale, legend, line)
    both = Image.new("RGB", (picture.width, picture.height + line // 2 + bar.height), "white")
    both.paste(picture)
    both.paste(bar, (0, picture.height + line // 2))
    return np.asarray(both)


@cache
def load_font(size, bold=False):
    """DejaVu Sans, which matplotlib brings: Pillow's own font has no minus sign."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
