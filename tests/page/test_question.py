from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.page.question import Question

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
THRESHOLDS = {"useless_below": 0.3, "good_from": 0.6}


def test_the_weights_are_those_of_the_emotion(explanation):
    question = Question(explanation, "happy")
    assert question.towards == "happy"
    assert question.weights == pytest.approx([0.21, -0.04, 0.01])
    assert question.errors == pytest.approx(0.015)


def test_a_comparison_subtracts_the_other_emotion_and_adds_the_errors(explanation):
    question = Question(explanation, "happy", "sad")
    assert question.towards == "happy rather than sad"
    assert question.weights == pytest.approx([0.30, -0.08, 0.01])
    assert question.errors == pytest.approx(0.015 * np.sqrt(2))


def test_a_part_is_sure_where_its_interval_lies_on_one_side_of_0(explanation):
    question = Question(explanation, "happy")
    assert question.intervals[0] == pytest.approx([0.1806, 0.2394])  # 1.96 standard errors of 1.5 points
    assert question.sure.tolist() == [True, True, False]
    assert question.shown == pytest.approx([0.21, -0.04, 0])
    assert question.strongest.tolist() == [0, 1]


def test_sure_parts_come_before_stronger_ones_that_are_not(explanation):
    explanation.weights[:, HAPPY] = 0.02, -0.04, 0.021  # only the eye's is beyond 3 points
    assert Question(explanation, "happy").order.tolist() == [1, 2, 0]


def test_all_emotions_of_a_face_share_one_scale_and_a_comparison_has_its_own(explanation):
    assert Question(explanation, "sad").scale == Question(explanation, "happy").scale == pytest.approx(0.21)
    assert Question(explanation, "happy", "sad").scale == pytest.approx(0.30)


def test_a_map_of_nothing_is_not_drawn_as_if_it_were_much(explanation):
    assert Question(replace(explanation, weights=np.full((3, 7), 0.001)), "happy").scale == 0.01


def test_what_is_asked_about_is_a_probability_or_a_lead(explanation):
    assert Question(explanation, "happy").share() == pytest.approx(0.71)
    assert Question(explanation, "happy", "sad").share() == pytest.approx(0.71 - 0.29 / 6)
    assert Question(explanation, "happy", "sad").share(np.eye(7)[SAD]) == -1


def test_a_comparison_is_as_good_as_the_worse_fit_of_the_two(explanation):
    explanation.fit[SAD] = 0.2
    assert Question(explanation, "happy", None, THRESHOLDS).verdict == "good"
    compared = Question(explanation, "happy", "sad", THRESHOLDS)
    assert (compared.weakest, compared.fit, compared.verdict, compared.poor) == ("sad", 0.2, "poor", True)


@pytest.mark.parametrize(("fit", "verdict"), [(0.29, "poor"), (0.3, "fair"), (0.59, "fair"), (0.6, "good")])
def test_the_verdict_follows_the_thresholds(explanation, fit, verdict):
    assert Question(replace(explanation, fit=np.full(7, fit)), "happy", None, THRESHOLDS).verdict == verdict


def test_without_thresholds_there_is_no_verdict(explanation):
    question = Question(replace(explanation, fit=np.zeros(7)), "happy")
    assert question.verdict is None
    assert not question.poor
