"""The whole command, with toy networks."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from importlib.metadata import version

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import train
from emotion import EMOTIONS
from emotion.data.load import load_faces
from emotion.data.votes import HEADS
from emotion.measure.evaluate import evaluate, measure
from emotion.network.model import load_classifier
from emotion.training.arguments import NUM_SEEDS, PROJECT
from emotion.training.checkpoint import Checkpoint
from emotion.training.frames import as_framed
from tests.training.toys import draw_face, start, start_refused, write_faces

PICTURES = ("confusion", "reliability", "robustness")


def read_record(file):
    return json.loads(file.read_text(encoding="utf-8"))


def without_seconds(epochs):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in epochs]


def assert_alike(one, other):
    """Two parts of a record are equal, but for what floats lose when batches are cut elsewhere."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_alike(one[name], other[name])
    elif isinstance(one, list):
        for part, other_part in zip(one, other, strict=True):
            assert_alike(part, other_part)
    else:
        assert one == pytest.approx(other, abs=1e-5)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Class folders with 43 faces to train on (two steps of 16, 11 left over), of which some occur twice."""
    folder = write_faces(tmp_path_factory.mktemp("data") / "faces", train=6, validation=3, test=2)
    shutil.copy(folder / "train/sad/0.png", folder / "train/sad/again.png")
    shutil.copy(folder / "train/happy/0.png", folder / "validation/happy/0.png")
    shutil.copy(folder / "train/angry/1.png", folder / "test/angry/1.png")
    shutil.copy(folder / "train/angry/2.png", folder / "test/angry/0.png")
    return folder


@pytest.fixture(scope="module")
def command(data):
    """The default recipe, with the largest of all seeds, from which each of its networks makes one of its own."""
    return ("--data", data, "--seed", NUM_SEEDS - 1)


@pytest.fixture(scope="module")
def finished(command, tmp_path_factory):
    """Four epochs without a break, after two teachers of two."""
    return start(tmp_path_factory.mktemp("finished"), *command)


@pytest.fixture(scope="module")
def record(finished):
    assert finished.status == 0, finished.err
    return read_record(finished.project / "models/emotion.json")


def kept_in_runs(project):
    """What lies in runs/, by how its name begins: a whole training leaves the page's frames alone."""
    return [file.name.partition("-")[0] for file in (project / "runs").iterdir()]


def interrupted(folder, command, teacher, epoch):
    """The same training, stopped before an epoch of a network is saved."""
    save = Checkpoint.save

    def save_some(checkpoint, learner, row):
        if row["epoch"] == epoch and checkpoint.folder.name.startswith("teacher") == teacher:
            raise KeyboardInterrupt
        save(checkpoint, learner, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_some)
        return start(folder, *command)


@pytest.fixture(scope="module")
def cut_off(command, tmp_path_factory):
    return interrupted(tmp_path_factory.mktemp("cut_off"), command, teacher=False, epoch=3)


@pytest.fixture
def unfinished(cut_off, tmp_path):
    """A folder of the test's own with that unfinished training."""
    return shutil.copytree(cut_off.project, tmp_path / "unfinished")


# Stopping and going on


def test_ctrl_c_ends_with_status_130_and_says_how_to_go_on(cut_off):
    assert cut_off.status == 130
    assert "--resume" in cut_off.err
    assert "Traceback" not in cut_off.err
    assert not (cut_off.project / "models").exists()


def test_a_resumed_training_ends_exactly_as_an_uninterrupted_one(command, cut_off, finished, record, tmp_path):
    folder = shutil.copytree(cut_off.project, tmp_path / "resumed")
    resumed = start(folder, *command, "--resume")
    assert resumed.status == 0, resumed.err
    assert re.findall(r"^epoch +(\d)/4", resumed.out, re.MULTILINE) == ["3", "4"]
    after = read_record(folder / "models/emotion.json")
    assert without_seconds(after["epochs"]) == without_seconds(record["epochs"])
    for one, other in zip(after["teachers"], record["teachers"], strict=True):
        assert without_seconds(one["epochs"]) == without_seconds(other["epochs"])
    differing = {"written", "seconds", "epochs", "teachers", "sha256"}  # the weights file holds the time of day as well
    assert after.keys() == record.keys()
    for name in record.keys() - differing:
        assert after[name] == record[name], name
    models = [keras.models.load_model(one.project / "models/emotion.keras") for one in (resumed, finished)]
    for value, expected in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(value, expected)
    assert kept_in_runs(folder) == ["frames"]


@pytest.mark.slow
def test_a_training_that_is_cut_off_among_its_teachers_goes_on_there(command, record, tmp_path):
    assert interrupted(tmp_path, command, teacher=True, epoch=2).status == 130
    result = start(tmp_path, *command, "--resume")
    assert result.status == 0, result.err
    assert re.findall(r"^epoch +(\d)/(\d)", result.out, re.MULTILINE) == [
        ("2", "2"),
        *((number, "2") for number in "12"),
        *((number, "4") for number in "1234"),
    ]
    after = read_record(tmp_path / "models/emotion.json")
    assert without_seconds(after["epochs"]) == without_seconds(record["epochs"])


def test_beginning_again_over_an_unfinished_training_is_refused_and_loses_nothing(unfinished, command):
    assert "unfinished training" in start_refused(unfinished, *command)


@pytest.mark.parametrize("other", [("--epochs", 5), ("--labels", "mixed"), ("--seed", 4), ("--recipe", "alone")])
def test_resuming_with_other_arguments_is_refused_and_loses_nothing(unfinished, command, other):
    start_refused(unfinished, *command, *other, "--resume")


def test_resuming_with_other_pictures_of_the_same_number_is_refused_and_loses_nothing(unfinished, data, command):
    shutil.copytree(data, unfinished / "faces")
    Image.fromarray(draw_face(1, 2, 3, 4)).save(unfinished / "faces/train/fear/0.png")
    assert "faces" in start_refused(unfinished, *command, "--data", unfinished / "faces", "--resume")


# What a training writes


def test_a_training_writes_weights_record_and_pictures_and_nothing_else(finished):
    assert finished.status == 0, finished.err
    folder = finished.project / "models"
    pictures = [f"emotion-{name}.png" for name in ("curves", "faults", *PICTURES)]
    assert {file.name for file in folder.iterdir()} == {"emotion.keras", "emotion.json", *pictures}
    for name in pictures:
        with Image.open(folder / name) as picture:
            assert picture.width > 300
    assert kept_in_runs(finished.project) == ["frames"]


def test_a_rehearsal_leaves_the_pages_weights_alone(data, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/handcrafted.keras").write_bytes(b"the page's weights")
    done = start(tmp_path, "--data", data, "--recipe", "handcrafted", "--limit", 2, "--epochs", 1)
    assert done.status == 0, done.err
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["handcrafted.keras"]
    record = read_record(tmp_path / "runs/rehearsal/handcrafted.json")
    assert record["counts"]["train"] == dict.fromkeys(EMOTIONS, 2)


def test_the_record_vouches_for_the_weights_beside_it(finished, record):
    weights = (finished.project / "models/emotion.keras").read_bytes()
    assert record["sha256"] == hashlib.sha256(weights).hexdigest()


def test_the_record_holds_how_the_training_was_made(record, finished):
    assert record["arguments"] == {
        "data": "faces",
        "recipe": "default",
        "labels": "fer2013",
        "epochs": 4,
        "seed": 4_294_967_295,
        "limit": None,
    }
    assert record["versions"] == {name: version(name) for name in ("keras", "tensorflow", "numpy", "pillow")}
    model = keras.models.load_model(finished.project / "models/emotion.keras")
    assert record["parameters"] == model.count_params()
    assert model.get_layer("temperature").scale == pytest.approx(1 / record["temperature"])
    assert record["counts"] == {
        "train": dict.fromkeys(EMOTIONS, 6) | {"sad": 7},
        "validation": dict.fromkeys(EMOTIONS, 3),
        "test": dict.fromkeys(EMOTIONS, 2),
    }
    assert record["duplicates"]["validation_copies_of_train"] == 1


def test_the_record_holds_every_epoch_of_every_network_and_which_was_chosen(record):
    assert [row["epoch"] for row in record["epochs"]] == [1, 2, 3, 4]
    assert [[row["epoch"] for row in teacher["epochs"]] for teacher in record["teachers"]] == [[1, 2], [1, 2]]
    losses = [teacher["epochs"][0]["loss"] for teacher in record["teachers"]]
    assert losses[0] != losses[1], "they have the same seed"
    accuracies = [row["validation_accuracy"] for row in record["epochs"]]
    assert record["chosen_epoch"] == accuracies.index(max(accuracies)) + 1
    seconds = [row["seconds"] for network in (record, *record["teachers"]) for row in network["epochs"]]
    assert record["seconds"] == pytest.approx(sum(seconds))


def test_the_records_figures_are_those_that_the_page_would_get(finished, data, record):
    """Faces are measured in the page's precision too: bfloat16 would change the answers."""
    options = tf.config.optimizer.get_experimental_options()
    assert not options.get("auto_mixed_precision_onednn_bfloat16")
    classify, read = load_classifier(finished.project / "models")
    assert read == record
    faces = load_faces(data)
    expected = evaluate(classify, faces)
    framed = as_framed(faces["validation"], finished.project / "runs")
    expected["validation_framed"] = measure(classify(framed.pixels), framed.labels, framed.votes, record["not_sure"])
    for name in expected:
        assert_alike(record[name], expected[name])
    best = record["epochs"][record["chosen_epoch"] - 1]
    assert record["validation"]["accuracy"] == pytest.approx(best["validation_accuracy"], abs=0.06)  # bfloat16: a face


@pytest.mark.slow
def test_a_training_learns_from_votes_where_they_are_asked_for(data, tmp_path):
    choices = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,not_face"
    rows = [f"train,{emotion},{number}.png,0,10,0,0,0,0,0,0,0,0" for emotion in EMOTIONS for number in range(6)]
    (tmp_path / "ferplus_votes.csv").write_text("\n".join([f"split,label,file,{choices}", *rows]) + "\n")
    shutil.copytree(data, tmp_path / "faces")
    losses = []
    for labels in ("fer2013", "mixed"):
        project = tmp_path / labels
        done = start(project, "--data", tmp_path / "faces", "--recipe", "alone", "--epochs", 1, "--labels", labels)
        assert done.status == 0, done.err
        record = read_record(project / "models/alone.json")
        assert set(record["judges"]) == set(HEADS[labels])
        losses.append(record["epochs"][0]["loss"])
    assert losses[0] != losses[1]
    assert record["validation"]["votes"]["count"] == 21
    assert record["validation"]["votes"]["label_agreement"] == pytest.approx(1 / 7)


# Evaluating


def test_an_evaluation_measures_what_the_training_measured_and_leaves_the_weights_alone(finished, data, record):
    before = {file.name: file.read_bytes() for file in (finished.project / "models").iterdir()}
    done = start(finished.project, "--evaluate", data)
    assert done.status == 0, done.err
    assert before == {file.name: file.read_bytes() for file in (finished.project / "models").iterdir()}
    folder = finished.project / "runs/evaluation/faces"
    names = {f"{split}-{name}.png" for split in ("validation", "test") for name in PICTURES}
    assert {file.name for file in folder.iterdir()} == {"evaluation.json", *names}
    after = read_record(folder / "evaluation.json")
    for name in ("sha256", "counts", "duplicates", "not_sure"):
        assert after[name] == record[name], name
    for split in ("validation", "validation_without_copies", "test", "test_without_copies"):
        assert_alike(after[split], record[split])
    shutil.rmtree(finished.project / "runs/evaluation")


def test_any_class_folders_can_be_evaluated(finished, tmp_path):
    """Of larger colour pictures, with emotions missing, and a face that is there twice."""
    for emotion, number in (("happy", 0), ("happy", 1), ("sad", 0)):
        file = tmp_path / "wild" / emotion / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_face(number)).convert("RGB").resize((160, 120)).save(file)
    result = start(tmp_path, "--evaluate", tmp_path / "wild", "--out", finished.project / "models")
    assert result.status == 0, result.err
    report = read_record(tmp_path / "runs/evaluation/wild/evaluation.json")
    assert report["duplicates"] == {"inside_test": 1}
    assert report["test"]["count"] == 3
    assert report["test"]["votes"] is None
    assert report["test"]["recall"]["fear"] is None
    assert "test_without_copies" not in report


def test_an_evaluation_that_is_stopped_says_that_nothing_was_written(monkeypatch, capsys):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "run_evaluation", stop)
    assert train.main(["--evaluate", "faces"]) == 130
    assert "Nothing was written" in capsys.readouterr().err


# What is refused, before anything is written


def test_weights_that_are_not_there_are_refused(tmp_path, data):
    assert "emotion.keras is missing" in start_refused(tmp_path, "--evaluate", data, "--out", tmp_path / "nowhere")


def test_a_record_that_cannot_tell_when_it_is_sure_is_refused(finished, tmp_path, data):
    shutil.copytree(finished.project / "models", tmp_path / "models")
    file = tmp_path / "models/emotion.json"
    file.write_text(json.dumps({"sha256": read_record(file)["sha256"]}))
    assert "older version" in start_refused(tmp_path, "--evaluate", data)


@pytest.mark.parametrize("what", ["--data", "--evaluate"])
def test_faces_that_are_not_there_are_refused(finished, tmp_path, what):
    assert "nowhere" in start_refused(tmp_path, what, "nowhere", "--out", finished.project / "models")


def test_votes_that_are_not_there_are_refused(tmp_path, data):
    assert "votes" in start_refused(tmp_path, "--data", data, "--labels", "mixed", "--limit", "2")


def test_a_validation_split_of_nothing_but_training_faces_is_refused(tmp_path):
    """It could choose no epoch, and leaves no faces to measure without copies."""
    write_faces(tmp_path / "faces", train=2)
    shutil.copytree(tmp_path / "faces/train", tmp_path / "faces/validation")
    assert "validation" in start_refused(tmp_path, "--data", tmp_path / "faces", "--recipe", "alone")


def test_a_file_where_the_results_should_go_is_refused(tmp_path, data):
    (tmp_path / "taken").write_text("a file")
    assert "--out" in start_refused(tmp_path, "--data", data, "--out", tmp_path / "taken", "--limit", "5")


@pytest.mark.parametrize("what", ["--data", "--evaluate"])
def test_a_file_where_what_is_unfinished_should_go_is_refused(tmp_path, data, what):
    (tmp_path / "runs").write_text("a file")
    assert "use a copy of it" in start_refused(tmp_path, what, data, "--out", tmp_path / "models")


@pytest.mark.slow
def test_a_refusal_is_one_line_on_the_terminal_whatever_another_project_set(tmp_path):
    """Nothing of a library's, and no other backend, precision or picture layout."""
    (tmp_path / ".keras").mkdir()
    settings = {"backend": "torch", "floatx": "float16", "image_data_format": "channels_first", "epsilon": 1e-3}
    (tmp_path / ".keras/keras.json").write_text(json.dumps(settings))
    code = "import sys, train\nstatus = train.main(['--data', 'no-such-folder'])\nfrom keras import config\n"
    code += "print(config.backend(), config.floatx(), config.image_data_format())\nsys.exit(status)"
    environment = os.environ | {"HOME": str(tmp_path), "KERAS_MAX_EPOCHS": "1", "TF_CPP_MIN_LOG_LEVEL": "0"}
    environment.pop("KERAS_HOME", None)
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == "tensorflow float32 channels_last\n"
    assert len(done.stderr.splitlines()) == 1
    assert "no-such-folder" in done.stderr


@pytest.mark.slow
def test_a_name_that_the_terminal_cannot_show_stops_nothing(tmp_path, data):
    shutil.copytree(data, tmp_path / "faces")
    (tmp_path / "faces/\u00fcberblick.txt").write_text("all of them")
    command = [sys.executable, PROJECT / "train.py", "--data", tmp_path / "faces", "--limit", "1", "--resume"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "berblick.txt" in done.stdout
    assert "There is no unfinished training" in done.stderr
    assert done.returncode == 2


def test_a_backend_that_was_not_tested_is_refused():
    command = [sys.executable, PROJECT / "train.py", "--data", "no-such-folder"]
    done = subprocess.run(command, env=os.environ | {"KERAS_BACKEND": "torch"}, capture_output=True, text=True)
    assert done.returncode == 2
    assert "torch" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# Several devices

SMALL_NETWORK = """
import sys
from contextlib import nullcontext
from pathlib import Path

from emotion.network.backend import JAX, TENSORFLOW, load_backend

load_backend(TENSORFLOW, JAX)

from dataclasses import replace

import keras
from keras import layers

import train
from emotion.network.layers import FusedBatchNormalization
from emotion.training import loop
from emotion.training.recipes import ALONE, RECIPES


def build(num_heads):
    inputs = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 3, strides=4, use_bias=False, kernel_regularizer=keras.regularizers.L2(1e-2))(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(FusedBatchNormalization(momentum=0.9)(x)))
    heads = layers.Reshape((-1, 7), name="heads")(layers.Dense(7 * num_heads)(x))
    return keras.Model(inputs, layers.Softmax()(heads))


loop.fast_convolutions = nullcontext  # bfloat16 rounds parts of a batch otherwise than the whole
RECIPES["alone"] = replace(ALONE, build=build, deploy=lambda model: model, batch_size=16, small_share=0)
command = ["--recipe", "alone", "--epochs", "3", "--data", *sys.argv[1:]]
"""
"""A small network without teachers: normalised, which must see the faces of all devices, and without dropout."""

TWO_DEVICES = """
import tensorflow as tf

processor, *_ = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
for strategy in ("one", "mirrored"):
    assert train.main([*command, "--strategy", strategy], Path(strategy)) == 0
"""


def start_process(folder, code, *arguments, **environment):
    """Run code in a process of its own, in a folder; its output goes to a file of the folder."""
    folder.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "CUDA_VISIBLE_DEVICES": ""} | environment
    with (folder / "log").open("a") as log:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def assert_same_losses(history, expected):
    for row, other in zip(history, expected, strict=True):
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
            assert row[name] == pytest.approx(other[name], rel=2e-5), (row["epoch"], name)


@pytest.mark.slow
def test_two_devices_give_the_losses_of_one(data, tmp_path):
    """In a process in which the processor counts as two devices; 21 validation faces do not divide evenly."""
    assert start_process(tmp_path, SMALL_NETWORK + TWO_DEVICES, data).wait() == 0, (tmp_path / "log").read_text()
    one, mirrored = (read_record(tmp_path / strategy / "models/alone.json") for strategy in ("one", "mirrored"))
    assert_same_losses(mirrored["epochs"], one["epochs"])
    assert mirrored["validation"]["confusion"] == one["validation"]["confusion"]


@pytest.mark.slow
def test_two_machines_give_the_losses_of_one_and_the_first_finishes_alone(data, tmp_path):
    """Two processes for two machines."""
    pytest.importorskip("jax", reason="needs JAX: uv run --group machines pytest")
    code = SMALL_NETWORK + "sys.exit(train.main(command, Path()))"
    histories = []
    for count in (1, 2):
        with socket.socket() as opened:
            opened.bind(("localhost", 0))
            port = opened.getsockname()[1]
        shared = {
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"localhost:{port}",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(count),
        }
        folder = tmp_path / str(count)
        machines = [
            start_process(
                folder, code, data, "--strategy", "machines", **shared, KERAS_DISTRIBUTION_PROCESS_ID=str(number)
            )
            for number in range(count)
        ]
        assert [process.wait(300) for process in machines] == [0] * count, (folder / "log").read_text()
        for file in sorted(folder.glob("runs/*/finished.npz")):
            with np.load(file) as state:
                histories.append(json.loads(state["about"].tobytes())["history"])
    assert len(histories) == 3
    for history in histories[1:]:
        assert_same_losses(history, histories[0])
    assert start_process(folder, code, data, "--resume").wait() == 0, (folder / "log").read_text()
    assert read_record(folder / "models/alone.json")["epochs"] == histories[1]
