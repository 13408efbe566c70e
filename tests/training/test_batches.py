import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from emotion.data.votes import HEADS
from emotion.training.arguments import PROJECT
from emotion.training.batches import mixed, training_batches
from tests.training.toys import ONLY_MIRROR, TOY, flat_faces, random_faces

ALL_RANDOM = replace(TOY.augmentation, cover=0.5)


def draw_batches(faces, epochs, seed=0, last=None, labels="fer2013", part=(0, 1), frames=None, **changes):
    recipe = replace(TOY, **({"augmentation": ONLY_MIRROR, "epochs": last or epochs.stop} | changes))
    batches = training_batches(recipe, faces, 4, seed, epochs, labels, part, frames)
    return [(np.asarray(views), np.asarray(wanted)) for views, wanted in batches]


def numbers_of(batches):
    """Which of flat_faces each batch shows: (number of batches, 4) int."""
    return np.array([views[:, 0, 0, 0] / 2 for views, _ in batches]).astype(int)


def test_an_epoch_shows_every_face_at_most_once_and_fills_its_batches():
    numbers = numbers_of(draw_batches(flat_faces(18), range(1)))
    assert numbers.shape == (4, 4)
    assert len(np.unique(numbers)) == 16


def test_every_epoch_has_an_order_of_its_own_and_leaves_out_others():
    epochs = numbers_of(draw_batches(flat_faces(18), range(6))).reshape(6, 16)
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert set(epochs.ravel()) == set(range(18))


@pytest.mark.parametrize("labels", ["fer2013", "mixed", "ferplus"])
def test_batches_carry_the_targets_of_the_labels_that_were_asked_for(labels):
    votes = np.zeros((8, 10), int)
    votes[:, [3, 4]] = 8, 2
    for views, targets in draw_batches(replace(flat_faces(8), votes=votes), range(1), labels=labels):
        wanted = {
            "label": np.eye(7)[(views[:, 0, 0, 0] / 2).astype(int) % 7],
            "votes": np.tile([0, 0, 0, 0.8, 0.2, 0, 0], (4, 1)),
        }
        np.testing.assert_allclose(targets, np.stack([wanted[head] for head in HEADS[labels]], axis=1), atol=1e-6)
        assert targets.dtype == np.float32


def test_the_first_epochs_show_small_faces_where_the_recipe_says_so():
    """A third of six epochs is two; each small face is the large one, averaged: flat faces stay flat."""
    small = draw_batches(flat_faces(8), range(6), small_share=1 / 3)
    whole = draw_batches(flat_faces(8), range(6))
    assert [views.shape[1:] for views, _ in small] == [(32, 32, 1)] * 4 + [(48, 48, 1)] * 8
    for (views, targets), (expected, same) in zip(small, whole, strict=True):
        np.testing.assert_allclose(views[:, 0, 0], expected[:, 0, 0], atol=1e-3)
        np.testing.assert_array_equal(targets, same)


def test_batches_from_a_later_epoch_equal_those_of_the_whole_training():
    changes = {"augmentation": ALL_RANDOM, "mixup": 0.4}
    whole = draw_batches(random_faces(18), range(3), **changes)
    later = draw_batches(random_faces(18), range(2, 3), **changes)
    assert len(later) == 4
    for (views, targets), (later_views, later_targets) in zip(whole[8:], later, strict=True):
        np.testing.assert_array_equal(views, later_views)
        np.testing.assert_array_equal(targets, later_targets)


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    first, again, other = (numbers_of(draw_batches(flat_faces(18), range(1), seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_two_machines_make_the_two_halves_of_each_batch():
    changes = {"augmentation": ALL_RANDOM, "mixup": 0.4}
    whole = draw_batches(random_faces(8), range(1), **changes)
    halves = [draw_batches(random_faces(8), range(1), part=(machine, 2), **changes) for machine in (0, 1)]
    for (views, targets), (left, one), (right, other) in zip(whole, *halves, strict=True):
        np.testing.assert_allclose(np.concatenate([left, right]), views, atol=1e-3)
        np.testing.assert_allclose(np.concatenate([one, other]), targets, atol=1e-6)


def test_mixing_takes_a_share_of_each_and_the_rest_of_its_neighbour():
    values, shares = (
        np.array([[10.0], [20], [30], [40], [50]], np.float32),
        np.array([1, 1, 0.75, 0.75, 0.2], np.float32),
    )
    np.testing.assert_allclose(np.asarray(mixed(values, shares)), [[10], [20], [32.5], [37.5], [50]], rtol=1e-6)


def test_mixed_faces_have_the_targets_of_both_in_the_same_shares():
    """A flat face of number n is 2n grey, so that greys tell the shares: face and targets have to agree."""
    for views, targets in draw_batches(flat_faces(8), range(4), mixup=1.0):
        np.testing.assert_allclose(targets.sum(axis=(1, 2)), 1, atol=1e-5)
        greys = np.arange(8) * 2
        for pair in range(2):
            (one, other), (wanted, _) = views[2 * pair : 2 * pair + 2, 0, 0, 0], targets[2 * pair : 2 * pair + 2, 0]
            shares = wanted[wanted > 1e-4]
            sums = {round(a + b, 3) for a in greys for b in greys if a != b}
            assert round(float(one + other), 2) in {round(value, 2) for value in sums}
            assert len(shares) in (1, 2)


def test_half_of_the_views_begin_from_the_pages_frame():
    """The frames show the right half of each face alone, which is white."""
    faces = flat_faces(8)
    faces.pixels[:, :, :24], faces.pixels[:, :, 24:] = 0, 255
    frames = np.tile(np.array([0.2, 0, 36, 0, 0.2, 10], np.float32), (8, 1))
    views = np.concatenate([views for views, _ in draw_batches(faces, range(8), frames=frames)])
    framed = (views > 254).all(axis=(1, 2, 3))
    assert 0.3 < framed.mean() < 0.7
    np.testing.assert_allclose(views[~framed].mean(axis=(1, 2, 3)), 127.5, atol=1)


@pytest.mark.slow
def test_jax_sees_and_learns_what_tensorflow_does(tmp_path):
    """Views, targets and losses of the first three steps of two processes, from the same weights."""
    pytest.importorskip("jax", reason="needs JAX: uv run --group machines pytest")
    found = []
    for backend in ("tensorflow", "jax"):
        file = tmp_path / f"{backend}.npz"
        code = f"from tests.training.both_backends import train_three_steps; train_three_steps({str(file)!r})"
        environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(PROJECT)}
        subprocess.run([sys.executable, "-c", code], check=True, env=environment | {"CUDA_VISIBLE_DEVICES": ""})
        found.append(dict(np.load(file)))
    tensorflow, jax = found
    assert tensorflow.keys() == jax.keys()
    for name, values in tensorflow.items():
        np.testing.assert_allclose(jax[name], values, rtol=1e-4, atol=0.02 if "views" in name else 1e-4, err_msg=name)
