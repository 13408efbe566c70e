import numpy as np
import tensorflow as tf
from keras import layers

from emotion.network.layers import FusedBatchNormalization


def make_norms():
    """Keras' own normalisation and the fused one, in the same state, and a batch for them."""
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 1.5, 5), random.normal(0, 1, 5), random.normal(0, 1, 5), random.uniform(1, 2, 5)]
    norms = []
    for kind in (layers.BatchNormalization, FusedBatchNormalization):
        norm = kind(momentum=0.9)
        norm.build((None, 4, 3, 5))
        norm.set_weights(weights)
        norms.append(norm)
    return *norms, tf.constant(random.normal(3, 2, (6, 4, 3, 5)), tf.float32)


def test_fused_normalisation_equals_keras_own_in_training():
    plain, fused, batch = make_norms()
    np.testing.assert_allclose(fused(batch, training=True), plain(batch, training=True), atol=1e-5)


def test_fused_normalisation_has_keras_own_gradients():
    gradients = []
    plain, fused, batch = make_norms()
    for norm in (plain, fused):
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.reduce_sum(norm(batch, training=True) ** 3)
        gradients.append(tape.gradient(loss, [batch, *[weight.value for weight in norm.trainable_weights]]))
    for plain_gradient, fused_gradient in zip(*gradients, strict=True):
        np.testing.assert_allclose(fused_gradient, plain_gradient, rtol=1e-4, atol=1e-3)


def test_fused_normalisation_moves_its_averages_as_keras_does_but_for_the_unbiased_variance():
    plain, fused, batch = make_norms()
    before = fused.moving_variance.numpy()
    plain(batch, training=True)
    fused(batch, training=True)

    np.testing.assert_allclose(fused.moving_mean, plain.moving_mean, rtol=1e-5)
    values = batch.numpy().reshape(-1, 5)  # 72 values a channel, of which the variance divides by 71
    np.testing.assert_allclose(fused.moving_mean, 0.9 * make_norms()[1].moving_mean + 0.1 * values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(fused.moving_variance, 0.9 * before + 0.1 * values.var(0, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(plain.moving_variance, 0.9 * before + 0.1 * values.var(0), rtol=1e-5)


def test_fused_normalisation_equals_keras_own_in_use_and_learns_nothing_there():
    plain, fused, batch = make_norms()
    before = [weight.copy() for weight in fused.get_weights()]
    np.testing.assert_allclose(fused(batch, training=False), plain(batch, training=False), atol=1e-6)
    for weight, expected in zip(fused.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)
