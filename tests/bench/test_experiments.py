"""How recipes are tried, with a toy network; the figures themselves are no tests."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from emotion.data.load import Faces
from emotion.training.recipes import ALONE
from tests.bench import experiments


def toy_network(num_heads=1):
    inputs = keras.Input((48, 48, 1))
    x = keras.layers.Dense(num_heads * 7)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs)))
    judgements = keras.layers.Reshape((num_heads, 7), name="heads")(x)
    return keras.Model(inputs, keras.layers.Softmax()(judgements))


def faces(seed, count=28):
    random = np.random.default_rng(seed)
    votes = np.zeros((count, 10), int)
    votes[:, 0] = 10
    return Faces(random.integers(0, 256, (count, 48, 48), np.uint8), np.arange(count) % 7, ("",) * count, votes)


@pytest.fixture
def tried(tmp_path):
    """Tries two recipes with a toy network, two epochs each; gives what was written."""
    alone = replace(ALONE, build=toy_network, deploy=lambda model: model, batch_size=7, small_share=0)
    student = replace(alone, teachers=(alone, alone), teaching=0.5, begins_as_teacher=True)
    recipes = {"alone": alone, "taught": student}

    def again():
        splits = {"train": faces(0), "validation": faces(1)}
        file = tmp_path / "experiments.json"
        experiments.measure_experiments(splits, file, {"machine": "toy"}, recipes, 2, (0, 5), tmp_path / "runs")
        return json.loads(file.read_text("utf-8"))

    return again


@pytest.mark.slow
def test_every_recipe_gets_a_row_and_none_is_trained_twice(tried):
    record = tried()
    assert [(row["what"], row["seed"]) for row in record["rows"]] == [
        ("alone", 0),
        ("alone", 5),
        ("taught", 0),
        ("taught", 5),
    ]
    assert record["epochs"] == 2
    for row in record["rows"]:
        assert row["machine"] == "toy"
        assert 0 <= row["worst_recall"] <= row["mean_recall"] == pytest.approx(row["accuracy"])  # as many of each
    assert tried() == record  # its seconds too, which another training would not repeat


@pytest.mark.slow
def test_what_was_tried_by_other_epochs_is_no_row_of_this_table(tried, tmp_path):
    (tmp_path / "experiments.json").write_text(json.dumps({"epochs": 3, "rows": [{"what": "alone", "seed": 0}]}))
    assert len(tried()["rows"]) == 4


def test_the_recipes_differ_in_what_their_names_say():
    recipes = list(experiments.EXPERIMENTS.values())
    assert all(one != other for number, one in enumerate(recipes) for other in recipes[:number])
    assert ALONE in recipes
