"""Keras layers of our own."""

from keras import layers

from emotion.network.backend import on_jax


class FusedBatchNormalization(layers.BatchNormalization):
    """Batch normalisation in TensorFlow's one fused operation instead of the ten that Keras makes of it.

    The result is the same, in less time on a processor: with bfloat16 convolutions a step takes about half as long
    (tests/bench/training_speed.py). It takes 4-D inputs, channels last. It is never saved: the network is folded first.
    On several devices Keras' own is used, which alone normalises by the whole batch.
    """

    def build(self, input_shape):
        """Find out whether the batch is spread over several devices."""
        self.fused = self.synchronized = False  # JAX makes one operation of it, and counts the faces of all devices
        if not on_jax():
            import tensorflow as tf

            self.synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1
            self.fused = not self.synchronized
        super().build(input_shape)

    def call(self, inputs, training=None, mask=None):
        """Normalise (n, H, W, C) by the batch in training, by the moving averages otherwise."""
        if not training or not self.fused:
            return super().call(inputs, training=training)
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma.value, offset=self.beta.value, mean=[], variance=[], epsilon=self.epsilon
        )
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return outputs
