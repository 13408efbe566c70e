import numpy as np
from scipy.stats import rankdata

from emotion.training.kinds import Equalise, build_equalised, build_vgg, fold_equalised
from tests.training.toys import draw_face


def test_an_equalised_face_has_each_greys_rank_for_a_grey():
    faces = np.stack([draw_face(number) / (1 + number) for number in range(2)])[..., None].astype(np.float32)
    ranks = np.stack([rankdata(face) for face in faces]).reshape(faces.shape) - 0.5
    np.testing.assert_allclose(np.asarray(Equalise()(faces)), ranks / 48**2 * 255, atol=6)


def test_an_equalised_face_of_one_grey_stays_of_one_grey():
    assert np.ptp(np.asarray(Equalise()(np.full((1, 48, 48, 1), 77, np.float32)))) == 0


def test_a_folded_teacher_answers_as_the_trained_one_does():
    network = build_equalised(2)
    random = np.random.default_rng(0)
    network.set_weights(
        [value + 0.1 * random.random(value.shape).astype(np.float32) for value in network.get_weights()]
    )
    faces = np.stack([draw_face(number) for number in range(2)])[..., None].astype(np.float32)
    np.testing.assert_allclose(fold_equalised(network)(faces), network(faces, training=False), atol=1e-4)


def test_a_plain_network_answers_with_probabilities_for_every_head():
    answers = np.asarray(build_vgg(2)(np.zeros((3, 48, 48, 1), np.float32)))
    assert answers.shape == (3, 2, 7)
    np.testing.assert_allclose(answers.sum(axis=2), 1, atol=1e-5)
