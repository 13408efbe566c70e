"""What a process does on one backend, for a test that compares both: called by test_batches."""

from dataclasses import replace

from emotion.network.backend import JAX, TENSORFLOW, load_backend

load_backend(TENSORFLOW, JAX)

import keras  # noqa: E402
import numpy as np  # noqa: E402

from emotion.network.folding import fold_batch_norm  # noqa: E402
from emotion.network.model import build_cnn  # noqa: E402
from emotion.training.batches import training_batches  # noqa: E402
from emotion.training.distil import beside_teachers, cross_entropy_of_heads  # noqa: E402
from tests.training.toys import TOY, random_faces  # noqa: E402

RECIPE = replace(TOY, augmentation=replace(TOY.augmentation, cover=0.5), mixup=0.4)
FRAMES = np.tile(np.array([0.8, 0.1, 4, -0.1, 0.8, 3], np.float32), (24, 1))


SHAPE = {"width": 4, "num_blocks": (1, 1, 1)}


def build_small(num_heads=1, batch_norm=True):
    return build_cnn(num_heads, batch_norm, **SHAPE)


def with_drawn_weights(network, seed):
    """The network with weights that NumPy draws, the same on every backend, and without dropout."""
    random = np.random.default_rng(seed)
    weights = [random.standard_normal(value.shape).astype(np.float32) for value in network.get_weights()]
    network.set_weights([0.2 * value if value.ndim > 1 else 1 + 0.1 * value for value in weights])
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return network


def train_three_steps(file):
    """Write the views, the targets and the losses of three steps of a student beside its teacher."""
    network = with_drawn_weights(build_small(), 0)
    model = beside_teachers(network, [fold_batch_norm(with_drawn_weights(build_small(), 1), build_small)])
    model.compile(RECIPE.optimizer(3, 1), cross_entropy_of_heads(0.1, 0.7))
    found = {}
    for step, (views, wanted) in enumerate(training_batches(RECIPE, random_faces(24), 8, 3, range(1), frames=FRAMES)):
        found[f"views-{step}"], found[f"targets-{step}"] = np.asarray(views), np.asarray(wanted)
        found[f"loss-{step}"] = model.train_on_batch(views, wanted)
    np.savez(file, **found)
