"""An Explanation, or a record of a training, goes in; pictures come out.

Figures are made without pyplot, whose global state is not safe across a server's threads.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.degrade import DEGRADATIONS

SIGNED = LinearSegmentedColormap.from_list("signed", ["#0b4fa0", "#6aaed6", "#ffffff", "#f7903d", "#a63603"])
"""Blue against, orange for, white none: told apart by people of every colour vision, unlike red and green."""

PHOTO_SIDE = 1000
"""A numbered photo's longer side, in pixels."""


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
    font = ImageFont.load_default(max(14, max(picture.size) // 25))
    for number, box in enumerate(boxes):
        top, right, bottom, left = (round(side * scale) for side in box)
        draw.rectangle((left, top, right, bottom), outline="white", width=5)
        draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline="#a63603", width=3)
        label = str(number + 1)
        x0, y0, x1, y1 = draw.textbbox((left + 8, top + 6), label, font=font)
        draw.rectangle((x0 - 6, y0 - 5, x1 + 6, y1 + 5), fill="#a63603")
        draw.text((left + 8, top + 6), label, fill="white", font=font)
    return np.asarray(picture)


def draw_heat_map(explanation, emotion, crop):
    """Draw how much each region spoke for or against an emotion, over the face.

    The scale is the same for all seven emotions of an explanation, so that maps can be compared.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        crop: (S, S, 3) uint8, RGB, the face that was explained.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    points = 100 * explanation.weights[:, EMOTIONS.index(emotion)]
    most = max(100 * np.abs(explanation.weights).max(), 1e-9)
    norm = Normalize(-most, most)
    overlay = SIGNED(norm(points))[explanation.regions]  # 48, 48, 4
    overlay[..., 3] = (0.15 + 0.65 * np.abs(points) / most)[explanation.regions]

    figure = Figure(figsize=(6, 5.2), layout="constrained")
    axes = figure.subplots()
    extent = (0, IMAGE_SIZE, IMAGE_SIZE, 0)
    grey = crop @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601 luma, as in pixels.to_pixels
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=extent)
    axes.imshow(overlay, extent=extent, interpolation="nearest")
    axes.add_collection(LineCollection(_outlines(explanation.regions), colors="black", linewidths=0.5, alpha=0.6))
    axes.set_axis_off()
    bar = figure.colorbar(ScalarMappable(norm, SIGNED), ax=axes, shrink=0.9)
    bar.set_label(f"percentage points towards {emotion} (below 0: against)")
    return _to_array(figure)


def _outlines(regions):
    """Line segments [(x, y), (x, y)] between neighbouring pixels of different regions."""
    down, across = np.nonzero(regions[:, 1:] != regions[:, :-1])
    upright = [((x + 1, y), (x + 1, y + 1)) for y, x in zip(down, across, strict=True)]
    down, across = np.nonzero(regions[1:] != regions[:-1])
    return upright + [((x, y + 1), (x + 1, y + 1)) for y, x in zip(down, across, strict=True)]


def draw_learning_curves(epochs, chosen_epoch):
    """Draw loss and accuracy by epoch.

    Args:
        epochs: list of dicts with epoch, loss, accuracy, validation_loss, validation_accuracy (0-1).
        chosen_epoch: the epoch (from 1) to mark.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    numbers = [row["epoch"] for row in epochs]
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
