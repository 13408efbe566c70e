from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.page.question import Question

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def test_the_weights_are_those_of_the_emotion(explanation):
    question = Question(explanation, "happy")
    assert question.towards == "happy"
    assert question.weights == pytest.approx(np.log([1.6, 1 / 1.3, 1.01]))
    assert question.errors == pytest.approx(0.05, rel=0.01)


def test_a_comparison_subtracts_the_other_emotion_and_adds_the_errors(explanation):
    question = Question(explanation, "happy", "sad")
    assert question.towards == "happy rather than sad"
    assert question.weights == pytest.approx(np.log([1.6 * 1.2, 1 / (1.3 * 1.2), 1.01]))
    assert question.errors == pytest.approx(0.05 * np.sqrt(2), rel=0.01)


def test_a_part_is_sure_where_its_interval_lies_on_one_side_of_0(explanation):
    question = Question(explanation, "happy")
    assert question.intervals[0] == pytest.approx([np.log(1.6) - 0.098, np.log(1.6) + 0.098], abs=0.001)
    assert question.sure.tolist() == [True, True, False]
    assert question.shown == pytest.approx(np.log([1.6, 1 / 1.3, 1]))
    assert question.strongest.tolist() == [0, 1]


def test_sure_parts_come_before_stronger_ones_that_are_not(explanation):
    explanation.evidence[:, HAPPY] = 0.08, -0.12, 0.09  # only the eye's is beyond 0.098
    assert Question(explanation, "happy").order.tolist() == [1, 2, 0]


def test_all_emotions_of_a_face_share_one_scale_and_a_comparison_has_its_own(explanation):
    assert Question(explanation, "sad").scale == Question(explanation, "happy").scale == np.log(1.6)
    assert Question(explanation, "happy", "sad").scale == pytest.approx(np.log(1.6 * 1.2))


def test_a_map_of_nothing_is_not_drawn_as_if_it_were_much(explanation, evidence_of):
    nothing = replace(explanation, **evidence_of(np.full((3, 7), 0.001)))
    assert Question(nothing, "happy").scale == np.log(1.2)


def test_what_is_asked_about_is_a_probability_or_a_lead(explanation):
    assert Question(explanation, "happy").share() == pytest.approx(0.71)
    assert Question(explanation, "happy", "sad").share() == pytest.approx(0.71 - 0.29 / 6)
    assert Question(explanation, "happy", "sad").share(np.eye(7)[SAD]) == -1


def test_a_comparison_is_as_good_as_the_worse_fit_of_the_two(explanation):
    explanation.fit[SAD] = 0.1
    assert not Question(explanation, "happy").poor
    compared = Question(explanation, "happy", "sad")
    assert (compared.weakest, compared.fit, compared.poor) == ("sad", 0.1, True)


@pytest.mark.parametrize(("fit", "poor"), [(-1, True), (0.19, True), (0.2, False), (1, False), (np.nan, False)])
def test_a_map_that_explains_less_than_a_fifth_is_poor(explanation, fit, poor):
    assert Question(replace(explanation, fit=np.full(7, fit)), "happy").poor == poor


def test_only_the_question_about_the_top_emotion_asks_about_the_answer(explanation):
    asked = [Question(explanation, *names).is_answer for names in (("happy",), ("sad",), ("happy", "sad"))]
    assert asked == [True, False, False]


def test_parts_that_act_the_other_way_in_grey_are_known_once_that_is_measured(explanation):
    grey = explanation.alone.copy()
    grey[0, HAPPY] = 0.78
    assert Question(replace(explanation, alone_in_grey=grey), "happy").disagree.tolist() == [0]
    assert Question(replace(explanation, alone_in_grey=None), "happy").disagree.tolist() == []
