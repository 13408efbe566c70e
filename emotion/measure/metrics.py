"""How often the network is right, overall and by emotion, against labels and against FER+'s votes."""

import numpy as np

from emotion import EMOTIONS, MIN_VOTES
from emotion.measure.calibration import expected_calibration_error
from emotion.measure.intervals import wilson_interval


def classification_report(probabilities, labels):
    """Measure predictions against labels.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, n at least 1.
        labels: (n,) int, index into EMOTIONS.

    Returns:
        dict of plain numbers, ready for JSON: count; accuracy (0-1) and accuracy_interval (its 95 %
        Wilson interval); mean_recall over the emotions that occur; recall, precision and f1 by
        emotion (None where an emotion never occurs, or is never predicted); confusion (7 rows of 7
        counts: row the label, column the prediction); calibration_error (see
        expected_calibration_error).
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support  # slow to load, not for the page

    predictions, every = probabilities.argmax(axis=1), range(len(EMOTIONS))
    correct = int((predictions == labels).sum())
    precision, recall, f1, _ = precision_recall_fscore_support(labels, predictions, labels=every, zero_division=np.nan)
    return {
        "count": len(labels),
        "accuracy": correct / len(labels),
        "accuracy_interval": wilson_interval(correct, len(labels)),
        "mean_recall": float(np.nanmean(recall)),
        "recall": _by_emotion(recall),
        "precision": _by_emotion(precision),
        "f1": _by_emotion(f1),
        "confusion": confusion_matrix(labels, predictions, labels=every).tolist(),
        "calibration_error": expected_calibration_error(probabilities, labels),
    }


def vote_agreement(probabilities, labels, votes):
    """How often the model, and the label, say what most of FER+'s voters said.

    Only faces count on which one of the seven emotions has MIN_VOTES or more, and more than anything else.

    Args:
        probabilities: (n, 7) float, EMOTIONS order.
        labels: (n,) int, index into EMOTIONS.
        votes: (n, 10) int, counts of votes: the seven EMOTIONS, then contempt, unknown and no face.

    Returns:
        dict, ready for JSON: count (faces with such a majority), agreement of the model with it
        (0-1) and its 95 % interval, label_agreement of the label with it. The last three are None
        where no face has one.
    """
    most, second = np.sort(votes, axis=1)[:, :-3:-1].T
    majority = votes.argmax(axis=1)
    clear = (most >= MIN_VOTES) & (most > second) & (majority < len(EMOTIONS))
    agreeing = int((probabilities.argmax(axis=1) == majority)[clear].sum())
    count = int(clear.sum())
    return {
        "count": count,
        "agreement": agreeing / count if count else None,
        "agreement_interval": wilson_interval(agreeing, count) if count else None,
        "label_agreement": float((labels == majority)[clear].mean()) if count else None,
    }


def _by_emotion(ratios):
    """(7,) float as a dict, None for NaN."""
    return {emotion: None if np.isnan(ratio) else float(ratio) for emotion, ratio in zip(EMOTIONS, ratios, strict=True)}
