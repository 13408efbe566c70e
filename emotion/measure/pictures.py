"""Pictures of what was measured about a network, for its card and its training.

Figures are made without pyplot, whose global state is not safe across a server's threads.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emotion import EMOTIONS
from emotion.measure.corruptions import CORRUPTIONS


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
    return to_array(figure)


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
    return to_array(figure)


def draw_reliability(bins):
    """Draw how often the model is right against how sure it says it is, above the number of faces.

    Args:
        bins: list of dicts with count, probability and accuracy (0-1), see calibration.reliability.

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
    return to_array(figure)


COSTLY = 8
"""Percentage points of accuracy that no corruption of evaluate.ROBUSTNESS is meant to cost."""


def draw_faults(faults, accuracy):
    """Draw how the accuracy falls as pictures of faces get poorer, and where the page begins to warn.

    Args:
        faults: see photo_warnings.measure_limits.
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
    return to_array(figure)


def draw_robustness(robustness, accuracy):
    """Draw how the accuracy falls as faces get worse, a panel for each corruption.

    Args:
        robustness: by name of corruptions.CORRUPTIONS a list of dicts with level and accuracy (0-1).
        accuracy: on the faces as they are, 0-1.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    panels = figure.subplots(2, 5, sharey=True)
    for axes, (name, rows) in zip(panels.flat, robustness.items(), strict=True):
        corruption = CORRUPTIONS[name]
        points = sorted([(corruption.unchanged, accuracy), *((row["level"], row["accuracy"]) for row in rows)])
        levels, accuracies = zip(*points, strict=True)
        axes.axhspan(100 * accuracy - COSTLY, 100 * accuracy, color="#6aaed6", alpha=0.25, linewidth=0)
        axes.plot(levels, [100 * value for value in accuracies], marker="o", markersize=4, color="#0b4fa0")
        axes.plot(corruption.unchanged, 100 * accuracy, marker="o", color="#a63603")
        axes.set(title=name, xlabel=corruption.unit, ylim=(0, 100))
        axes.grid(alpha=0.3)
    for axes in panels[:, 0]:
        axes.set_ylabel("accuracy, %")
    figure.suptitle(f"Orange: the faces as they are. Band: at most {COSTLY} points lost.", fontsize="medium")
    return to_array(figure)


def to_array(figure):
    """Draw a matplotlib Figure at 120 dots an inch: (H, W, 3) uint8, RGB."""
    figure.set_dpi(120)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
