from dataclasses import replace

import numpy as np

from emotion import EMOTIONS
from emotion.data.faces import Faces, digest, is_copy, num_repeats
from tests.data.drawn import draw_face


def two_faces():
    return Faces(np.stack([draw_face(0), draw_face(1)]), np.array([3, 5]), ("a", "b"))


def test_counts_name_every_emotion_in_order():
    faces = Faces(np.zeros((4, 48, 48), np.uint8), np.array([6, 0, 6, 3]), ("a", "b", "c", "d"))
    counts = faces.counts()
    assert counts == {"angry": 1, "disgust": 0, "fear": 0, "happy": 1, "neutral": 0, "sad": 0, "surprise": 2}
    assert tuple(counts) == EMOTIONS


def test_the_digest_is_the_same_for_the_same_faces_whatever_their_names():
    assert digest({"train": two_faces()}) == digest({"train": replace(two_faces(), names=("c", "d"))})


def test_the_digest_tells_other_faces_of_the_same_number_apart():
    faces = two_faces()
    brighter = faces.pixels.copy()
    brighter[1, 47, 47] ^= 1
    others = [
        {"train": replace(faces, pixels=brighter)},
        {"train": replace(faces, pixels=faces.pixels[::-1])},
        {"train": replace(faces, labels=np.array([5, 3]))},
        {"train": replace(faces, votes=np.zeros((2, 10), np.int64))},
        {"train": replace(faces, votes=np.eye(2, 10, dtype=np.int64))},
        {"validation": faces},
        {"train": faces, "validation": faces},
        {"train": faces},
    ]
    assert len({digest(splits) for splits in others}) == len(others)


def test_a_copy_is_a_face_with_exactly_the_same_pixels():
    among = np.stack([draw_face(0), draw_face(1)])
    almost = draw_face(0)
    almost[47, 47] ^= 1
    faces = np.stack([draw_face(1), draw_face(2), almost, draw_face(0)])
    copied = is_copy(faces, among)
    assert copied.dtype == bool
    assert copied.tolist() == [True, False, False, True]


def test_no_face_is_a_copy_among_none():
    none = np.zeros((0, 48, 48), np.uint8)
    assert is_copy(draw_face(0)[None], none).tolist() == [False]
    assert is_copy(none, draw_face(0)[None]).shape == (0,)


def test_repeats_are_counted_beyond_the_first_of_each():
    a, b, c = (draw_face(number) for number in range(3))
    assert num_repeats(np.stack([a, b, a, a, c, b])) == 3
    assert num_repeats(np.stack([a, b, c])) == 0
