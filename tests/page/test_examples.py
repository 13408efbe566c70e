"""What the page says of its first example, against the network itself: each of it hidden anew."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import analyse
from emotion.explain.explanation import explain
from emotion.explain.masks import hide
from emotion.face.find import find_faces
from emotion.network.model import load_classifier
from emotion.page.examples import EXAMPLES
from emotion.page.map_texts import parts_text, sets_text
from emotion.page.question import Question

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classify():
    return load_classifier(Path(__file__).parents[2] / "models")[0]


@pytest.fixture(scope="module")
def analysis(classify):
    """Of the example that the page offers first."""
    first = next(iter(EXAMPLES.values()))
    *_, last = analyse(first.path, Engine(find_faces, classify, partial(explain, classify=classify)))
    return last


@pytest.fixture(scope="module")
def without(analysis, classify):
    """Asks the network about the face with some parts of an Explanation hidden: (7,) float."""
    return lambda explanation, parts: hide(analysis.face.pixels, np.isin(explanation.regions, list(parts)), classify)


def test_hiding_the_parts_that_the_sentence_names_changes_the_answer_to_the_one_that_it_names(analysis, without):
    parts, sets = analysis.explanation.by_parts(), analysis.explanation.sets
    answer = EMOTIONS[parts.probabilities.argmax()]
    changed = EMOTIONS[without(parts, sets.changing).argmax()]
    assert changed != answer
    assert f"and it says {changed}." in sets_text(analysis.explanation)


def test_what_the_sentence_says_of_the_wholly_blurred_face_is_what_the_network_says(analysis, without):
    parts = analysis.explanation.by_parts()
    is_same = without(parts, range(len(parts.names))).argmax() == parts.probabilities.argmax()
    assert ("Even the wholly blurred face" in sets_text(analysis.explanation)) == is_same


def test_what_the_map_calls_strongest_for_the_answer_moves_it_most(analysis, without):
    explanation = analysis.explanation
    answer = int(explanation.probabilities.argmax())
    question = Question(explanation, EMOTIONS[answer])
    order = np.argsort(-explanation.weights[:, answer])
    assert explanation.names[order[0]] in parts_text(question)
    shares = [without(explanation, some)[answer] for some in (order[:3], order[len(order) // 2 :][:3], order[-3:])]
    assert shares[0] < explanation.probabilities[answer] - 0.1
    assert shares == sorted(shares)


def test_what_the_map_says_of_hiding_a_part_alone_is_what_the_network_says(analysis, without):
    explanation = analysis.explanation
    for part in Question(explanation, EMOTIONS[explanation.probabilities.argmax()]).strongest[:5]:
        assert without(explanation, [part]) == pytest.approx(explanation.alone[part], abs=1e-5)
