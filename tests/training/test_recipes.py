from types import SimpleNamespace

import keras
import numpy as np
import pytest

from emotion.data.faces import Faces
from emotion.training.recipes import RECIPES, REHEARSAL_EPOCHS, momentum, recipe_of, slow_adam
from tests.training.toys import flat_faces


def asked(recipe="default", labels=None, epochs=None, limit=None):
    return SimpleNamespace(recipe=recipe, labels=labels, epochs=epochs, limit=limit)


def rate_at(optimizer, step):
    optimizer.iterations.assign(step)
    return float(optimizer.learning_rate)


@pytest.mark.parametrize(("step", "rate"), [(0, 1e-4), (1000, 1e-4 / 1.001), (250_000, 8e-5), (1_000_000, 5e-5)])
def test_the_handcrafted_recipe_has_adam_at_1e_4_which_loses_1e_6_of_itself_a_step(step, rate):
    optimizer = slow_adam(100, 10)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert rate_at(optimizer, step) == pytest.approx(rate, rel=1e-5)


@pytest.mark.parametrize(("step", "rate"), [(0, 0), (15, 0.05), (30, 0.1), (65, 0.05), (100, 0)])
def test_the_rate_warms_up_for_three_epochs_and_cools_down_to_0(step, rate):
    assert rate_at(momentum(100, 10), step) == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize("num_steps", [1, 2, 3])
def test_a_training_may_have_few_steps(num_steps):
    rates = [rate_at(momentum(num_steps, 1), step) for step in range(num_steps)]
    assert max(rates) == pytest.approx(0.1)
    assert min(rates) >= 0


def test_weight_decay_leaves_normalisations_and_biases_alone():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    for variable in model.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    optimizer = momentum(100, 10)
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(30)  # rate 0.1
    nothing = [keras.ops.zeros_like(variable) for variable in model.trainable_variables]
    optimizer.apply(nothing, model.trainable_variables)
    values = {variable.name: variable.numpy() for variable in model.trainable_variables}
    np.testing.assert_allclose(values.pop("kernel"), 1 - 0.1 * 5e-3, rtol=1e-6)
    assert set(values) == {"bias", "gamma", "beta"}
    for value in values.values():
        np.testing.assert_array_equal(value, 1)


def test_the_epochs_of_teachers_change_in_proportion():
    recipe = RECIPES["default"]
    double = recipe.for_epochs(2 * recipe.epochs)
    assert [one.epochs for one in double.teachers] == [2 * one.epochs for one in recipe.teachers]


@pytest.mark.parametrize("name", RECIPES)
def test_a_rehearsal_trains_every_network_briefly_unless_epochs_are_given(name):
    rehearsed = recipe_of(asked(name, limit=50), flat_faces(7))
    assert {one.epochs for one in (rehearsed, *rehearsed.teachers)} == {REHEARSAL_EPOCHS}
    assert recipe_of(asked(name, limit=50, epochs=7), flat_faces(7)).epochs == 7


def test_the_command_line_is_completed_with_what_the_recipe_does():
    arguments = asked()
    assert recipe_of(arguments, flat_faces(7)) == RECIPES["default"]
    assert arguments.epochs == RECIPES["default"].epochs


def test_where_nobody_says_what_to_learn_from_the_recipe_does_if_there_are_votes():
    faces = flat_faces(8)
    voted = Faces(faces.pixels, faces.labels, faces.names, np.ones((8, 10), int))
    for given, labels, expected in ((faces, None, "fer2013"), (voted, None, "mixed"), (voted, "ferplus", "ferplus")):
        arguments = asked(labels=labels)
        recipe_of(arguments, given)
        assert arguments.labels == expected
