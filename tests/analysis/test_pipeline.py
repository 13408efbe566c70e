from dataclasses import replace

import numpy as np
import pytest

from emotion import InputError
from emotion.analysis.pipeline import KINDS, analyse, check_kind, explain, look, map_seconds, rehearse, turn
from emotion.analysis.turns import Turns
from emotion.explain.regions import face_parts, superpixels
from emotion.face.find import find_faces
from emotion.face.photo import read_photo


@pytest.fixture(scope="module")
def two(photos):
    """The two faces of a photo, found anew."""
    return find_faces(read_photo(photos / "two.jpg"))


@pytest.fixture
def engine(toy, two):
    """The toy, which finds these two faces in every photo."""
    return replace(toy, find_faces=lambda _: two)


def test_all_faces_are_classified_in_one_batch_and_the_largest_is_chosen(photos, engine, two):
    batches = []

    def classify(pixels):
        batches.append(len(pixels))
        return engine.classify(pixels)

    analysis = look(photos / "two.jpg", replace(engine, classify=classify))
    assert batches == [2]
    assert analysis.face is max(two, key=lambda face: face.side)
    assert np.array_equal(analysis.photo, read_photo(photos / "two.jpg"))
    for face, row in zip(two, analysis.probabilities, strict=True):
        assert row == pytest.approx(engine.classify(face.pixels[None])[0])
    assert analysis.explanation is None


def test_who_turns_to_another_face_is_shown_nothing_of_the_last_one(photos, engine, two):
    *_, first = analyse(photos / "two.jpg", engine)
    second = turn(first, 2)
    assert second.face is two[1]
    assert second.explanation is None
    assert first.explanation is not None


def test_explanations_come_better_and_better_each_of_the_chosen_face(photos, engine, two):
    found = list(analyse(photos / "two.jpg", engine, number=2))
    counts = [one.explanation.num_samples for one in found]
    assert counts == sorted(set(counts))
    *_, expected = engine.explain(two[1].pixels, superpixels(two[1].pixels, two[1].framed_landmarks))
    assert found[-1].chosen == 1
    assert np.array_equal(found[-1].explanation.weights, expected.weights)


def test_no_more_is_asked_of_the_model_once_nobody_listens(photos, engine):
    closed = []

    def endless(*_):
        try:
            while True:
                yield "a map"
        finally:
            closed.append(True)

    explanations = explain(look(photos / "two.jpg", engine), replace(engine, explain=endless))
    next(explanations)
    explanations.close()
    assert closed == [True]


def test_after_a_rehearsal_it_is_known_how_long_a_map_takes(engine):
    engine = replace(engine, turns=Turns())
    assert map_seconds(engine.turns) is None
    rehearse(engine)
    assert 0 < map_seconds(engine.turns) < 60


@pytest.mark.parametrize("number", [0, 3, -1, 1.5, "1", None, [1]])
def test_a_face_that_is_not_there_is_refused(photos, engine, number):
    with pytest.raises(InputError, match=r"no face of that number: choose a whole number from 1 to 2"):
        next(analyse(photos / "two.jpg", engine, number))


def test_where_there_is_one_face_the_refusal_says_so(person, toy):
    with pytest.raises(InputError, match="only 1 is possible"):
        next(analyse(person, toy, 2))


@pytest.mark.parametrize("kind", ["pixels", "", None, ["superpixels"]])
def test_a_kind_of_regions_that_is_not_there_is_refused(kind):
    with pytest.raises(InputError, match=r"no such kind of regions: choose 'superpixels' or 'face parts'"):
        check_kind(kind)


def test_an_explanation_is_looked_at_by_superpixels_or_by_face_parts(photos, engine, two):
    explanation = next(analyse(photos / "two.jpg", engine)).explanation
    assert KINDS["superpixels"](explanation).names == superpixels(two[0].pixels, two[0].framed_landmarks).names
    assert KINDS["face parts"](explanation).names == face_parts(two[0].framed_landmarks)[1]


def test_a_face_without_landmarks_is_looked_at_by_superpixels_only(person, toy, faces):
    face = replace(faces[0], landmarks=None)
    explanation = next(analyse(person, replace(toy, find_faces=lambda _: [face]))).explanation
    assert all(look_at(explanation) is explanation for look_at in KINDS.values())
