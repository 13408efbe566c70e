"""Starting from the weights that the project ships."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train
from emotion import EMOTIONS
from emotion.data.load import load_labelled
from emotion.network.model import load_classifier

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def own_faces(fer2013, tmp_path_factory):
    """Somebody's faces that the shipped weights were not trained on: 50 of each emotion, and others to measure with."""
    folder, faces = tmp_path_factory.mktemp("own"), fer2013["validation"]
    for label, emotion in enumerate(EMOTIONS):
        rows = np.random.default_rng(0).permutation(np.flatnonzero(faces.labels == label))
        for split, part in (("train", rows[:50]), ("validation", rows[50:53]), ("test", rows[53:113])):
            (folder / split / emotion).mkdir(parents=True)
            for row in part:
                Image.fromarray(faces.pixels[row]).save(folder / split / emotion / f"{row}.png")
    return folder


@pytest.mark.slow
def test_fifty_faces_an_emotion_teach_more_from_the_shipped_weights_than_anew(own_faces, tmp_path):
    def accuracy(*arguments):
        assert train.main(["--data", str(own_faces), *arguments], tmp_path) == 0
        return json.loads((tmp_path / "models/emotion.json").read_text())["test"]["accuracy"]

    tuned, anew = accuracy("--init", str(MODELS / "emotion.keras")), accuracy("--recipe", "quick")
    assert tuned > anew + 0.1
    test = load_labelled(own_faces)["test"]
    shipped, _ = load_classifier(MODELS)
    assert tuned > np.mean(shipped(test.pixels).argmax(axis=1) == test.labels) - 0.03


@pytest.mark.slow
def test_other_weights_than_the_defaults_are_refused(own_faces, tmp_path, capsys):
    shutil.copy(MODELS / "handcrafted.keras", tmp_path)
    status = train.main(["--data", str(own_faces), "--init", str(tmp_path / "handcrafted.keras")], tmp_path)
    assert status == 2
    assert "another network than the default's" in capsys.readouterr().err
