import numpy as np

from emotion import EMOTIONS
from emotion.explain import Explanation
from emotion.words import contrast_text, fit_text, weights_text

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
NAMES = ("mouth", "left eye", "chin")
THRESHOLDS = {"useless_below": 0.3, "good_from": 0.6}


def explanation(fit=0.7, stable=True):
    weights = np.zeros((3, 7))
    weights[:, HAPPY] = 0.21, -0.04, 0.01
    weights[:, SAD] = -0.09, 0.04, 0
    covariances = np.broadcast_to(0.015**2 * np.eye(7), (3, 7, 7))
    intercepts, probabilities = np.zeros(7), np.zeros(7)
    intercepts[HAPPY], probabilities[HAPPY] = 0.44, 0.71
    regions = np.repeat(np.arange(3), 16)[:, None].repeat(48, axis=1)
    return Explanation(regions, NAMES, weights, covariances, intercepts, np.full(7, fit), probabilities, 512, stable)


def test_the_strongest_regions_are_named_first_with_their_intervals():
    # 1.96 standard errors of 1.5 points are 3; the chin's 1 point can't be told from 0.
    assert weights_text(explanation(), "happy") == "Mouth +21 points (±3) towards happy; left eye −4 (±3)."


def test_no_more_regions_are_named_than_asked_for():
    assert weights_text(explanation(), "happy", num_regions=1) == "Mouth +21 points (±3) towards happy."


def test_where_nothing_is_sure_it_says_so():
    assert weights_text(explanation(), "fear") == "No part of the face surely moved the answer towards fear."


def test_a_contrast_names_both_emotions():
    # The errors of the two, uncorrelated, add up to 1.5 * sqrt(2) points, 1.96 of which are 4.
    text = contrast_text(explanation(), "happy", "sad")
    assert text == "Mouth +30 points (±4) towards happy rather than sad; left eye −8 (±4)."


def test_the_fit_is_said_in_words_with_what_the_map_adds_up_to():
    assert fit_text(explanation(), "happy", THRESHOLDS) == (
        "Good fit. The map catches 70 % of how the model's answer changes as parts are hidden. "
        "Added up, it says 62 %, the model says 71 %."
    )


def test_a_poor_fit_says_not_to_trust_the_map():
    assert fit_text(explanation(fit=0.2), "happy", THRESHOLDS).startswith("Poor fit: don't trust this map.")
    assert fit_text(explanation(fit=0.4), "happy", THRESHOLDS).startswith("Fair fit")
    assert "catches 0 %" in fit_text(explanation(fit=-0.1), "happy", THRESHOLDS)


def test_a_map_that_could_still_change_says_so():
    assert "could still change" in fit_text(explanation(stable=False), "happy", THRESHOLDS)
    assert "could still change" not in fit_text(explanation(), "happy", THRESHOLDS)
