from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from emotion import InputError
from emotion.network.folding import fold_batch_norm, unfold_batch_norm
from emotion.network.model import build_cnn, with_one_answer
from tests.network.conftest import as_input, draw_faces, logits_of, train_some


def test_the_trained_network_of_these_tests_has_moving_statistics_of_its_own(trained):
    norms = [layer for layer in trained.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(norms) == 1 + 2 * 4 + 3  # the first convolution, four blocks of two, three shortcuts
    for norm in norms:
        assert abs(norm.moving_mean.numpy()).max() > 1e-3
        assert abs(norm.moving_variance.numpy() - 1).max() > 1e-3


def test_folding_changes_no_answer(trained, folded):
    faces = draw_faces(8, seed=9)
    np.testing.assert_allclose(logits_of(folded, faces), logits_of(trained, faces), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        folded(as_input(faces), training=False), trained(as_input(faces), training=False), atol=1e-5
    )


def test_answers_differ_between_faces(folded):
    """Without this, a network that always says the same would pass for well folded."""
    logits = logits_of(folded, np.stack([np.zeros((48, 48), np.uint8), draw_faces(1)[0]]))
    assert abs(logits[0] - logits[1]).max() > 1e-2


def test_a_folded_network_has_no_normalisation_left(folded):
    assert not [layer for layer in folded.layers if isinstance(layer, layers.BatchNormalization)]


@pytest.mark.parametrize(
    "shape", [{"width": 8}, {"num_blocks": (1, 2, 3)}, {"squeeze": True}, {"num_blocks": (2, 1, 1), "squeeze": True}]
)
def test_a_network_of_another_shape_is_folded_too(shape):
    shape = {"width": 4, "num_blocks": (1, 1, 1), "squeeze": False} | shape
    build = partial(build_cnn, **shape)
    model = train_some(build())
    folded, faces = fold_batch_norm(model, build), as_input(draw_faces(8, 9))
    np.testing.assert_allclose(folded(faces), model(faces, training=False), atol=1e-5)
    blocks, squeeze = shape["num_blocks"], shape["squeeze"]
    kinds = [type(layer).__name__ for layer in folded.layers]
    assert kinds.count("Conv2D") == 1 + 2 * sum(blocks) + len(blocks)  # the first, two a block, one a shortcut
    assert kinds.count("Multiply") == squeeze * sum(blocks)


def test_folding_leaves_the_trained_network_as_it_was(trained):
    before = [weight.copy() for weight in trained.get_weights()]
    fold_batch_norm(trained)
    for weight, expected in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.fixture(scope="module")
def unfolded(folded):
    return unfold_batch_norm(with_one_answer(folded, 1.7), draw_faces(64, seed=3))


def test_an_unfolded_network_answers_as_the_folded_one_but_for_its_temperature(folded, unfolded):
    faces = draw_faces(8, seed=9)
    np.testing.assert_allclose(logits_of(unfolded, faces), logits_of(folded, faces), rtol=1e-3, atol=1e-4)


def test_an_unfolded_network_answers_nearly_the_same_while_it_is_trained(folded, unfolded):
    faces = as_input(draw_faces(64, seed=3))  # those that its means and variances are of
    without_dropout = keras.Model(unfolded.input, unfolded.layers[-1].output)
    for layer in without_dropout.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    np.testing.assert_allclose(without_dropout(faces, training=True), folded(faces), atol=1e-3)


def test_a_head_that_the_folded_network_lacks_starts_as_its_first(folded):
    pixels = draw_faces(16)
    two = unfold_batch_norm(with_one_answer(folded), pixels, num_heads=2)(as_input(pixels), training=False)
    np.testing.assert_allclose(two[:, 1], two[:, 0])


def test_heads_that_the_folded_network_has_are_kept():
    keras.utils.set_random_seed(1)
    taught = train_some(build_cnn(2))
    pixels = draw_faces(16)
    again = unfold_batch_norm(with_one_answer(fold_batch_norm(taught)), pixels, num_heads=2)
    np.testing.assert_allclose(
        again(as_input(pixels), training=False), taught(as_input(pixels), training=False), atol=1e-4
    )


def test_a_network_of_another_kind_cannot_be_unfolded(handcrafted_cnn):
    with pytest.raises(InputError, match="another network than the default's"):
        unfold_batch_norm(with_one_answer(handcrafted_cnn), draw_faces(4))
