from dataclasses import replace

import numpy as np

from emotion import EMOTIONS
from emotion.explain.subsets import Sets
from emotion.page.map_texts import (
    NO_CLEAR_PART,
    fit_text,
    part_text,
    parts_text,
    samples_text,
    sets_text,
    together,
    without_text,
)
from emotion.page.question import Question

HAPPY, SAD, FEAR = (EMOTIONS.index(name) for name in ("happy", "sad", "fear"))


def test_the_parts_for_and_against_are_named_strongest_first(explanation):
    assert parts_text(Question(explanation, "happy")) == "What spoke for happy: mouth. Against it: left eye."
    explanation.evidence[2, HAPPY] = 0.8
    assert parts_text(Question(explanation, "happy")).startswith("What spoke for happy: chin and mouth.")
    assert parts_text(Question(explanation, "happy"), 1).startswith("What spoke for happy: chin.")


def test_a_comparison_names_both_emotions(explanation):
    assert parts_text(Question(explanation, "sad", "happy")) == (
        "What spoke for sad rather than happy: left eye. Against it: mouth."
    )


def test_where_all_parts_speak_against_it_is_said_of_what(explanation):
    explanation.evidence[:, FEAR] = -0.5, -0.4, -0.3
    assert parts_text(Question(explanation, "fear")) == "Against fear: mouth, left eye and chin."


def test_where_nothing_is_sure_it_is_said(explanation):
    assert parts_text(Question(explanation, "fear")) == NO_CLEAR_PART


def test_a_part_is_told_with_what_hiding_it_does_and_its_evidence(explanation):
    question = Question(explanation, "happy")
    assert part_text(question, 0) == "mouth: without it happy 71 % → 65 %. Evidence for happy ×1.6 (1.5 to 1.8)."
    assert part_text(question, 1) == "left eye: without it happy 71 % → 74 %. Evidence against happy ÷1.3 (1.2 to 1.4)."
    assert part_text(question, 2) == "chin: without it happy stays at 71 %. No clear evidence."


def test_before_there_is_a_map_only_what_is_measured_is_said(explanation):
    early = replace(explanation, num_samples=0)
    assert part_text(Question(early, "happy"), 0) == "mouth: without it happy 71 % → 65 %."


def test_the_sets_that_decide_are_said(explanation):
    assert sets_text(explanation) == (
        "Hide the mouth and the left eye, and it says sad. The mouth alone is enough for happy."
    )
    assert sets_text(replace(explanation, sets=None)) == ""


def test_where_no_single_part_decides_that_is_said_first(explanation):
    sets = replace(explanation.sets, none_alone=True, sufficient=(1, 2))
    assert sets_text(replace(explanation, sets=sets)) == (
        "No single part decides it. Hide the mouth and the left eye, and it says sad. "
        "The left eye and the chin alone are enough for happy."
    )


def test_where_nothing_changes_the_answer_the_blurred_face_or_the_search_is_named(explanation):
    sets = Sets(None, None, None, None, False, 100)
    blurred = replace(explanation, blurred=np.eye(7)[HAPPY])
    assert sets_text(replace(blurred, sets=sets)) == "Even the wholly blurred face looks happy to it."
    assert sets_text(blurred) == (
        "Hide the mouth and the left eye, and it says sad. Even the wholly blurred face looks happy to it."
    )
    assert sets_text(replace(explanation, sets=sets, blurred=np.eye(7)[SAD])) == (
        "No small set of parts was found that changes it."
    )


def test_pairs_are_named_as_one():
    names = ["right mouth corner", "nose", "left jaw", "left mouth corner", "left eye", "right jaw", "above the lip"]
    assert together(names) == (
        "both mouth corners, the nose, both sides of the jaw, the left eye and the area above the lip"
    )
    assert together(["lower lip", "left cheek 1", "upper lip"]) == "both lips and the left cheek 1"


def test_of_many_parts_the_last_ones_are_counted():
    names = ["nose", "left eye", "right eye", "chin", "left jaw", "right jaw"]
    assert together(names, most=4) == "the nose, both eyes, the chin and both sides of the jaw"
    assert together(names, most=3) == "the nose, both eyes and 3 more parts"


def test_hiding_parts_tells_what_the_model_then_says(explanation):
    hidden = explanation.probabilities.copy()
    hidden[HAPPY] = 0.45
    question = Question(explanation, "happy")
    assert without_text(question, [0], hidden) == "Without mouth: happy 71 % → 45 %."
    assert without_text(question, [0, 1, 2], hidden).startswith("Without mouth, left eye and chin: ")
    assert without_text(question, [0], explanation.probabilities) == "Without mouth: happy stays at 71 %."


def test_a_painted_area_is_told_alone_or_with_the_parts_and_nothing_is_said_of_one_by_one(explanation):
    question, hidden = Question(explanation, "happy"), explanation.probabilities.copy()
    hidden[HAPPY] = 0.45
    assert without_text(question, [], hidden, painted=True) == "Without the painted area: happy 71 % → 45 %."
    text = without_text(question, [0, 2], hidden, painted=True)
    assert text == "Without mouth, chin and the painted area: happy 71 % → 45 %."


def test_hiding_parts_of_a_comparison_tells_the_lead(explanation):
    hidden = explanation.probabilities.copy()
    hidden[HAPPY], hidden[SAD] = 0.3, 0.4
    text = without_text(Question(explanation, "happy", "sad"), [0], hidden)
    assert text == "Without mouth: lead of happy over sad +66 points → −10 points. It then looks sad, 40 %."


def test_a_lead_of_nothing_has_no_sign(explanation):
    text = without_text(Question(explanation, "happy", "sad"), [0], np.full(7, 1 / 7))
    assert "→ 0 points." in text


def test_where_parts_together_do_more_or_less_than_one_by_one_they_stand_in_for_each_other(explanation):
    question = Question(explanation, "happy")  # the mouth alone takes 6 points, the chin none
    said = {}
    for share in (0.45, 0.63, 0.73):
        hidden = explanation.probabilities.copy()
        hidden[HAPPY] = share
        said[share] = without_text(question, [0, 2], hidden).partition(". ")[2]
    assert said[0.45].startswith("Together they do more than one by one")
    assert said[0.63] == ""
    assert said[0.73].startswith("Together they do less than one by one")


def test_it_is_said_how_many_variants_were_asked_about(explanation):
    assert samples_text(explanation).startswith("720 variants of the face")


def test_the_fit_is_said_in_percent(explanation):
    assert fit_text(Question(explanation, "happy")) == (
        "The map explains 70 % of how the answer changes as parts are hidden."
    )
    explanation.fit[SAD] = -0.4
    assert fit_text(Question(explanation, "happy", "sad")).startswith(
        "Poor fit: don't trust this map. The map for sad, the worse of the two, explains 0 %"
    )


def test_before_the_fit_is_known_nothing_is_said_of_it(explanation):
    assert fit_text(Question(replace(explanation, fit=np.full(7, np.nan)), "happy")) == ""


def test_a_map_that_could_change_and_parts_that_depend_on_the_blur_are_told(explanation):
    grey = explanation.alone.copy()
    grey[0, HAPPY] = 0.78
    text = fit_text(Question(replace(explanation, stable=False, alone_in_grey=grey), "happy"))
    assert "More samples could still change the order" in text
    assert text.endswith("Hidden by grey instead of blur, the mouth would have the opposite effect.")
