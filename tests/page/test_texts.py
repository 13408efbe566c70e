from dataclasses import replace

import numpy as np

from emotion import EMOTIONS
from emotion.explain.explanation import Explanation
from emotion.page.texts import (
    contrast_text,
    faces_text,
    fit_text,
    hiding_text,
    samples_text,
    sheet_text,
    verdict,
    weights_text,
)

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
NAMES = ("mouth", "left eye", "chin")
THRESHOLDS = {"useless_below": 0.3, "good_from": 0.6}


def explanation(fit=0.7, stable=True, share=1 / 7):
    weights = np.zeros((3, 7))
    weights[:, HAPPY] = 0.21, -0.04, 0.01
    weights[:, SAD] = -0.09, 0.04, 0
    covariances = np.broadcast_to(0.015**2 * np.eye(7), (3, 7, 7))
    intercepts, probabilities = np.zeros(7), np.zeros(7)
    intercepts[HAPPY], probabilities[HAPPY] = 0.44, 0.71
    regions = np.repeat(np.arange(3), 16)[:, None].repeat(48, axis=1)
    return Explanation(
        regions, NAMES, weights, covariances, intercepts, np.full(7, fit), probabilities, 512, share, stable
    )


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


def test_a_map_that_adds_up_to_no_probability_is_said_to():
    one = explanation()
    for intercept, words in ((0.9, "it says more than 100 %, the model"), (-0.5, "it says less than 0 %, the model")):
        assert words in fit_text(replace(one, intercepts=np.full(7, intercept)), "happy")


def test_a_poor_fit_says_not_to_trust_the_map():
    assert fit_text(explanation(fit=0.2), "happy", THRESHOLDS).startswith("Poor fit: don't trust this map.")
    assert fit_text(explanation(fit=0.4), "happy", THRESHOLDS).startswith("Fair fit")
    assert "catches 0 %" in fit_text(explanation(fit=-0.1), "happy", THRESHOLDS)


def test_it_is_said_how_many_parts_were_hidden_and_why():
    assert samples_text(explanation()) == "512 faces with one part in seven hidden"
    half = samples_text(explanation(share=1 / 2))
    assert half == "512 faces with every other part hidden, as fewer hardly moved its answer"


def test_a_map_that_could_still_change_says_so():
    assert "could still change" in fit_text(explanation(stable=False), "happy", THRESHOLDS)
    assert "could still change" not in fit_text(explanation(), "happy", THRESHOLDS)


def test_faces_are_placed_by_their_centres():
    text = faces_text([(0, 30, 30, 0), (200, 290, 290, 200)], (300, 300, 3))
    assert text == "Your photo with 2 faces found: face 1 upper left, face 2 lower right."
    assert faces_text([(140, 160, 160, 140)], (300, 300)) == "Your photo with 1 face found: face 1 middle centre."


def test_a_test_says_what_the_model_says_and_what_the_map_promised():
    hidden = explanation().probabilities.copy()
    hidden[HAPPY] = 0.45
    assert hiding_text(explanation(), "happy", None, [0], hidden) == (
        "With mouth hidden, happy falls from 71 % to 45 %: −26 points. The map promised −21 (±3)."
    )
    hidden[SAD] = 0.4  # the lead was 71 points; the errors of two uncorrelated weights are 1.5 * sqrt(2) points
    assert hiding_text(explanation(), "happy", "sad", [0], hidden) == (
        "With mouth hidden, the lead of happy over sad falls from 71 points to 5 points: −66 points. "
        "The map promised −30 (±4)."
    )
    assert "happy stays at 71 %: 0 points" in hiding_text(
        explanation(), "happy", None, [1], explanation().probabilities
    )


def test_a_comparison_is_as_good_as_the_worse_fit_of_the_two():
    fits = explanation().fit.copy()
    fits[SAD] = 0.2
    uneven = replace(explanation(), fit=fits)
    assert verdict(uneven, "happy", None, THRESHOLDS) == "good"
    assert verdict(uneven, "happy", "sad", THRESHOLDS) == "poor"
    assert verdict(uneven, "happy", "sad", None) is None
    assert "The map for sad, the worse of the two, catches 20 %" in fit_text(uneven, "happy", THRESHOLDS, "sad")


def test_the_sheet_is_told_emotion_by_emotion():
    text = sheet_text(explanation())
    assert "Happy, 71 %: Mouth +21 points (±3) towards happy; left eye −4 (±3)." in text
    assert all(f"{emotion.capitalize()}, " in text for emotion in EMOTIONS)
