"""An Explanation, or a record of a training, goes in; pictures come out.

Figures are made without pyplot, whose global state is not safe across a server's threads.
"""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.degrade import DEGRADATIONS

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
    font = _font(max(14, max(picture.size) // 25))
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
    draw, font = ImageDraw.Draw(sheet), _font(0.7 * LINE)
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


def draw_fit_curve(fit):
    """Draw how much a map is worth by its fit: where the bars reach 1, random order does as well.

    Args:
        fit: dict with useless_below and good_from (R^2), and bins, dicts with from and to (R^2) and the
            deletion area over that of random order: ratio, low and high (its 95 % interval).

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    bins = fit["bins"]
    middles = [(one["from"] + one["to"]) / 2 for one in bins]
    ratios = np.array([one["ratio"] for one in bins])
    sideways = [[middle - one["from"] for middle, one in zip(middles, bins, strict=True)]] * 2
    upright = [ratios - [one["low"] for one in bins], [one["high"] for one in bins] - ratios]
    axes.errorbar(middles, ratios, yerr=upright, xerr=sideways, fmt="o", color="#a63603", capsize=3)
    axes.axhline(1, color="grey", linestyle=":", label="random order")
    for name in ("useless_below", "good_from"):
        axes.axvline(fit[name], color="#0b4fa0", linestyle="--", label=f"{name.replace('_', ' ')} {fit[name]:.2f}")
    axes.set(xlabel="fit (R², held out)", ylabel="deletion area over random's", ylim=(0, None))
    axes.legend(loc="lower left")
    axes.grid(alpha=0.3)
    return _to_array(figure)


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
    draw, font = ImageDraw.Draw(bar), _font(0.7 * line)
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


CARD_WIDTH, CARD_MARGIN, CARD_MAP_SIDE = 1080, 48, 864
"""Of the picture to take home, in pixels. A phone shows it at a third of its size: text of 36 pixels is as large there
as a page's."""

INK, PALE, PLAIN, TOP = "#1f2933", "#52606d", "#6aaed6", "#d9661f"
"""Text, lesser text, a bar, the longest bar."""


def draw_card(crop, answer, probabilities, sure, titled_map, paragraphs, footer):
    """Draw what a visitor takes home: the face, the answer and its chart, the map and its words, one below the other.

    Args:
        crop: (S, S, 3) uint8, RGB, the face.
        answer: str, the answer in words.
        probabilities: (7,) float, EMOTIONS order.
        sure: whether the highest is the answer; else the highest two stand out.
        titled_map: (str, (H, W, 3) uint8, RGB): what is mapped, and the map with its colour bar.
        paragraphs: list of (heading, text), what the map says and how far to trust it.
        footer: str, what made it.

    Returns:
        (H, CARD_WIDTH, 3) uint8, RGB; as high as the texts need.
    """
    width, gap, side = CARD_WIDTH - 2 * CARD_MARGIN, 40, 360
    face = Image.fromarray(crop).resize((side, side), Image.Resampling.LANCZOS)
    title, heat_map = titled_map[0], Image.fromarray(titled_map[1])
    centred = Image.new("RGB", (width, heat_map.height), "white")
    centred.paste(heat_map, ((width - heat_map.width) // 2, 0))
    card = _stacked(
        [
            _written(answer, width, 54, bold=True),
            _beside(face, _chart(probabilities, sure, width - side - gap, side), width),
            _stacked([_written(title, width, 44, bold=True), centred], gap // 2),
            *(
                _stacked([_written(heading, width, 36, bold=True), _written(text, width, 36)], 8)
                for heading, text in paragraphs
            ),
            _written(footer, width, 28, colour=PALE),
        ],
        gap,
    )
    framed = Image.new("RGB", (CARD_WIDTH, card.height + 2 * CARD_MARGIN), "white")
    framed.paste(card, (CARD_MARGIN, CARD_MARGIN))
    return np.asarray(framed)


@cache
def _font(size, bold=False):
    """DejaVu Sans, which matplotlib brings: Pillow's own font has no minus sign."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)


def _written(text, width, size, bold=False, colour=INK):
    """A text, broken into lines that fit a width, black on white."""
    font, lines = _font(size, bold), [""]
    for word in text.replace(" %", "\N{NO-BREAK SPACE}%").split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    step = round(1.35 * size)
    block = Image.new("RGB", (width, step * len(lines)), "white")
    draw = ImageDraw.Draw(block)
    for number, line in enumerate(lines):
        draw.text((0, number * step), line, fill=colour, font=font)
    return block


def _chart(probabilities, sure, width, height):
    """Seven bars with their names and percentages, in EMOTIONS order; the highest, or the highest two, stand out."""
    named = np.argsort(probabilities)[-1 if sure else -2 :]
    chart = Image.new("RGB", (width, height), "white")
    draw, step = ImageDraw.Draw(chart), height / len(EMOTIONS)
    left, right = 190, width - 110
    for number, (emotion, share) in enumerate(zip(EMOTIONS, probabilities, strict=True)):
        top = number in named
        middle, half, font = (number + 0.5) * step, 0.3 * step, _font(32, top)
        draw.text((0, middle), emotion, fill=INK, font=font, anchor="lm")
        draw.rounded_rectangle((left, middle - half, right, middle + half), 8, fill="#edf1f5")
        if share * (right - left) >= 1:
            end = left + share * (right - left)
            draw.rounded_rectangle((left, middle - half, end, middle + half), 8, fill=TOP if top else PLAIN)
        draw.text((width, middle), f"{100 * share:.0f} %", fill=INK, font=font, anchor="rm")
    return chart


def _beside(left, right, width):
    """Two pictures of one height, at the two ends of a width."""
    both = Image.new("RGB", (width, left.height), "white")
    both.paste(left)
    both.paste(right, (width - right.width, 0))
    return both


def _stacked(blocks, gap):
    """Pictures one below the other."""
    height = sum(block.height for block in blocks) + gap * (len(blocks) - 1)
    column = Image.new("RGB", (max(block.width for block in blocks), height), "white")
    y = 0
    for block in blocks:
        column.paste(block, (0, y))
        y += block.height + gap
    return column


def draw_learning_curves(epochs, chosen_epoch):
    """Draw loss and accuracy by epoch.

    Args:
        epochs: list of dicts with loss, accuracy, validation_loss, validation_accuracy (0-1), one an epoch.
        chosen_epoch: the epoch (from 1) to mark.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    numbers = range(1, len(epochs) + 1)
    for axes, name, scale in zip(figure.subplots(1, 2), ("loss", "accuracy"), (1, 100), strict=True):
        for key, label in ((name, "training faces, augmented"), (f"validation_{name}", "validation faces")):
            axes.plot(numbers, [row[key] * scale for row in epochs], label=label)
        axes.axvline(chosen_epoch, color="grey", linestyle=":", label=f"chosen: epoch {chosen_epoch}")
        axes.set(xlabel="epoch", ylabel="cross-entropy" if name == "loss" else "accuracy, %")
        axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return _to_array(figure)


def draw_confusion(confusion):
    """Draw a confusion matrix: rows the label, columns the prediction, each row as percent of the label's faces.

    Args:
        confusion: 7 rows of 7 counts, EMOTIONS order.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    counts = np.array(confusion)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(6.2, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for row, column in np.ndindex(shares.shape):
        share = shares[row, column]
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", color="white" if share > 55 else "black")
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=45)
    axes.set_yticks(
        range(len(EMOTIONS)), [f"{name} ({n})" for name, n in zip(EMOTIONS, counts.sum(axis=1), strict=True)]
    )
    axes.set(xlabel="what the model says", ylabel="label (faces)", title="Of each label's faces, % called ...")
    return _to_array(figure)


def draw_reliability(bins):
    """Draw how often the model is right against how sure it says it is, and below it how many faces are how sure.

    Args:
        bins: list of dicts with count, probability and accuracy (0-1), see metrics.reliability.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    probability = [100 * row["probability"] for row in bins]
    figure = Figure(figsize=(5.2, 5.6), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 100], [0, 100], color="grey", linestyle=":", label="as often as it says")
    axes.plot(probability, [100 * row["accuracy"] for row in bins], marker="o", color="#0b4fa0", label="this model")
    axes.set(ylabel="right, % of the faces", xlim=(0, 100), ylim=(0, 100))
    axes.legend(loc="upper left")
    below.bar(probability, [row["count"] for row in bins], width=4, color="#6aaed6")
    below.set(xlabel="highest of the seven probabilities, %", ylabel="faces")
    for each in (axes, below):
        each.grid(alpha=0.3)
    return _to_array(figure)


COSTLY = 8
"""Percentage points of accuracy that no degradation of evaluate.ROBUSTNESS is meant to cost."""


def draw_faults(faults, accuracy):
    """Draw how the accuracy falls as pictures of faces get poorer, and from where on the page warns.

    Args:
        faults: see quality.measure_limits.
        accuracy: on the faces as they are, 0-1.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    panels = figure.subplots(2, 3, sharey=True)
    for axes, (name, fault) in zip(panels.flat, faults.items(), strict=True):
        measures = [point["measure"] for point in fault["curve"]]
        axes.plot(
            measures, [100 * point["accuracy"] for point in fault["curve"]], marker="o", markersize=4, color="#0b4fa0"
        )
        axes.axhline(100 * accuracy, color="grey", linestyle=":")
        if fault["limit"] is not None:
            axes.axvspan(fault["limit"], measures[-1], color="#f7903d", alpha=0.3, linewidth=0)
        axes.set(title=name, xlabel=fault["unit"], ylim=(0, 100))
        axes.grid(alpha=0.3)
    for axes in panels[:, 0]:
        axes.set_ylabel("accuracy, %")
    figure.suptitle("Dotted: the faces as they are. Orange: where the page warns.", fontsize="medium")
    return _to_array(figure)


def draw_robustness(robustness, accuracy):
    """Draw how the accuracy falls as faces are degraded, a panel for each way.

    Args:
        robustness: by name of degrade.DEGRADATIONS a list of dicts with level and accuracy (0-1).
        accuracy: on the faces as they are, 0-1.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    panels = figure.subplots(2, 5, sharey=True)
    for axes, (name, rows) in zip(panels.flat, robustness.items(), strict=True):
        degradation = DEGRADATIONS[name]
        points = sorted([(degradation.unchanged, accuracy), *((row["level"], row["accuracy"]) for row in rows)])
        levels, accuracies = zip(*points, strict=True)
        axes.axhspan(100 * accuracy - COSTLY, 100 * accuracy, color="#6aaed6", alpha=0.25, linewidth=0)
        axes.plot(levels, [100 * value for value in accuracies], marker="o", markersize=4, color="#0b4fa0")
        axes.plot(degradation.unchanged, 100 * accuracy, marker="o", color="#a63603")
        axes.set(title=name, xlabel=degradation.unit, ylim=(0, 100))
        axes.grid(alpha=0.3)
    for axes in panels[:, 0]:
        axes.set_ylabel("accuracy, %")
    figure.suptitle(f"Orange: the faces as they are. Band: at most {COSTLY} points lost.", fontsize="medium")
    return _to_array(figure)


def _to_array(figure):
    figure.set_dpi(120)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
