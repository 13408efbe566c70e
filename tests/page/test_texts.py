from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.page.question import Question
from emotion.page.texts import (
    NO_CLEAR_PART,
    answer_text,
    face_text,
    fit_text,
    part_text,
    parts_text,
    percent,
    points,
    samples_text,
    standing_out,
    trust_text,
    without_text,
)

HAPPY, SAD, FEAR = (EMOTIONS.index(name) for name in ("happy", "sad", "fear"))
THRESHOLDS = {"useless_below": 0.3, "good_from": 0.6}
RULE = {"certainty": "top", "threshold": 0.5}


def _shares(**named):
    return np.array([named.get(emotion, 0) for emotion in EMOTIONS])


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.004, "<1 %"), (0.006, "1 %"), (0.714, "71 %"), (0.994, "99 %"), (0.996, ">99 %"), (1, "100 %")],
)
def test_a_percentage_is_whole_and_never_claims_all_or_nothing_that_is_not(share, words):
    assert percent(share) == words


@pytest.mark.parametrize("share", [-0.2, 1.3])
def test_no_percentage_is_below_0_or_above_100(share):
    assert percent(share) in ("0 %", "100 %")


@pytest.mark.parametrize(("weight", "words"), [(0.214, "+21"), (-0.036, "−4"), (0.004, None), (-0.004, None)])
def test_points_have_their_sign_and_what_rounds_to_0_has_no_points(weight, words):
    assert points(weight) == words


def test_a_sure_answer_names_one_emotion():
    assert answer_text(_shares(happy=0.71, sad=0.29), RULE) == "Looks happy, 71 %."
    assert answer_text(_shares(fear=0.6, sad=0.4), RULE) == "Looks like fear, 60 %."
    assert standing_out(_shares(fear=0.6, sad=0.4), RULE) == {"fear"}


def test_an_unsure_answer_names_two():
    shares = _shares(fear=0.41, surprise=0.35, sad=0.24)
    assert answer_text(shares, RULE) == "Not sure: fear 41 % or surprise 35 %."
    assert standing_out(shares, RULE) == {"fear", "surprise"}


def test_how_far_to_trust_the_answer_comes_from_the_record(record):
    assert trust_text(record) == (
        "On 3,589 test faces it was right 68 times in 100 (85 when it is sure), least often on disgust: 45."
    )
    record["validation"]["not_sure"] = {"answered": 0, "accuracy": None}
    assert "68 times in 100, least" in trust_text(record)


def test_faces_are_placed_by_their_middles():
    assert face_text(2, (200, 290, 290, 200), (300, 300, 3), "happy", 0.72) == "Face 2, bottom right: happy, 72 %"
    assert face_text(1, (140, 160, 160, 140), (300, 300), "sad", 1).startswith("Face 1, middle centre: ")


def test_the_parts_for_and_against_are_named_strongest_first(explanation):
    assert parts_text(Question(explanation, "happy")) == "What spoke for happy: mouth. Against it: left eye."
    explanation.weights[2, HAPPY] = 0.5
    assert parts_text(Question(explanation, "happy")).startswith("What spoke for happy: chin and mouth.")
    assert parts_text(Question(explanation, "happy"), 1).startswith("What spoke for happy: chin.")


def test_a_comparison_names_both_emotions(explanation):
    assert parts_text(Question(explanation, "sad", "happy")) == (
        "What spoke for sad rather than happy: left eye. Against it: mouth."
    )


def test_where_all_parts_speak_against_it_is_said_of_what(explanation):
    explanation.weights[:, FEAR] = -0.1
    assert parts_text(Question(explanation, "fear")) == "Against fear: mouth, left eye and chin."


def test_where_nothing_is_sure_it_is_said(explanation):
    assert parts_text(Question(explanation, "fear")) == NO_CLEAR_PART


def test_a_part_is_told_with_its_interval_or_without_a_number(explanation):
    question = Question(explanation, "happy")
    assert part_text(question, 0) == "mouth: +21 points for happy (+18 to +24)"
    assert part_text(question, 2) == "chin: no clear effect"


def test_hiding_parts_tells_what_the_model_then_says(explanation):
    hidden = explanation.probabilities.copy()
    hidden[HAPPY] = 0.45
    question = Question(explanation, "happy")
    assert without_text(question, [0], hidden) == "Without mouth: happy 71 % → 45 %."
    assert without_text(question, [0, 1, 2], hidden).startswith("Without mouth, left eye and chin: ")
    assert without_text(question, [0], explanation.probabilities) == "Without mouth: happy stays at 71 %."


def test_hiding_parts_of_a_comparison_tells_the_lead(explanation):
    hidden = explanation.probabilities.copy()
    hidden[HAPPY], hidden[SAD] = 0.3, 0.4
    text = without_text(Question(explanation, "happy", "sad"), [0], hidden)
    assert text == "Without mouth: lead of happy over sad +66 points → −10 points. It then looks sad, 40 %."


def test_a_lead_of_nothing_has_no_sign(explanation):
    text = without_text(Question(explanation, "happy", "sad"), [0], np.full(7, 1 / 7))
    assert "→ 0 points." in text


def test_it_is_said_how_many_variants_were_asked_about(explanation):
    assert samples_text(explanation) == "512 variants, with one part in seven hidden"
    assert "every other part" in samples_text(replace(explanation, hidden_share=1 / 2))


def test_the_fit_is_said_in_percent(explanation):
    assert fit_text(Question(explanation, "happy", None, THRESHOLDS)) == (
        "The map explains 70 % of how the answer changes as parts are hidden."
    )
    explanation.fit[SAD] = -0.4
    assert fit_text(Question(explanation, "happy", "sad")).startswith(
        "The map for sad, the worse of the two, explains 0 %"
    )


def test_only_a_map_of_fair_fit_says_that_more_samples_could_change_it(explanation):
    moving = replace(explanation, stable=False)
    for fit, said in ((0.2, False), (0.5, True), (0.7, False)):
        text = fit_text(Question(replace(moving, fit=np.full(7, fit)), "happy", None, THRESHOLDS))
        assert ("More samples" in text) is said
