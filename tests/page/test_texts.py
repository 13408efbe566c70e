import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.page.texts import (
    answer_text,
    face_text,
    live_text,
    percent,
    points,
    slow_text,
    standing_out,
    times,
    trust_text,
    waiting_text,
)

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


@pytest.mark.parametrize(
    ("factor", "words"),
    [(1.64, "×1.6"), (1 / 1.64, "÷1.6"), (1.04, None), (1 / 1.04, None), (12.3, "×12"), (1 / 300, "÷>99")],
)
def test_evidence_is_said_in_times_the_odds(factor, words):
    assert times(np.log(factor)) == words


def test_a_sure_answer_names_one_emotion():
    assert answer_text(_shares(happy=0.71, sad=0.29), RULE) == "Looks happy, 71 %."
    assert answer_text(_shares(fear=0.6, sad=0.4), RULE) == "Looks like fear, 60 %."
    assert standing_out(_shares(fear=0.6, sad=0.4), RULE) == {"fear"}


def test_an_unsure_answer_names_two():
    shares = _shares(fear=0.41, surprise=0.35, sad=0.24)
    assert answer_text(shares, RULE) == "Not sure: fear 41 % or surprise 35 %."
    assert standing_out(shares, RULE) == {"fear", "surprise"}


def test_a_live_answer_says_the_same_without_numbers():
    assert live_text(_shares(fear=0.6, sad=0.4), RULE) == "Looks like fear."
    assert live_text(_shares(fear=0.41, surprise=0.35, sad=0.24), RULE) == "Not sure: fear or surprise."


def test_how_far_to_trust_the_answer_comes_from_the_record(record):
    assert trust_text(record) == (
        "On 3,589 faces set aside it was right 68 times in 100 (85 when it is sure), least often on disgust: 45."
    )
    record["validation"]["not_sure"] = {"answered": 0, "accuracy": None}
    assert "68 times in 100, least" in trust_text(record)


def test_faces_are_placed_by_their_middles():
    assert face_text(2, (200, 290, 290, 200), (300, 300, 3), "happy", 0.72) == "Face 2, bottom right: happy, 72 %"
    assert face_text(1, (140, 160, 160, 140), (300, 300), "sad", 1).startswith("Face 1, middle centre: ")


@pytest.mark.parametrize(
    ("before", "seconds", "said"),
    [
        (0, 3, "Your map is next …"),
        (1, None, "1 photo before yours …"),
        (2, 0.4, "2 photos before yours, about a second …"),
        (2, 5.2, "2 photos before yours, about 5 seconds …"),
        (9, 23, "9 photos before yours, about 25 seconds …"),
        (20, 59, "20 photos before yours, about a minute …"),
        (32, 130, "32 photos before yours, about 2 minutes …"),
    ],
)
def test_a_place_in_the_queue_is_told_with_a_guess_that_is_the_coarser_the_longer(before, seconds, said):
    assert waiting_text("map", before, seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (1.2, ""), (2.5, ""), (12, "This computer is slow or busy: a map takes about 10 seconds.")],
)
def test_a_slow_computer_is_said_to_be(seconds, said):
    assert slow_text(seconds) == said
