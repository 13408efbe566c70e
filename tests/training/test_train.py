import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import train
from emotion import EMOTIONS, InputError
from emotion.data.load import Faces, load_faces
from emotion.data.votes import HEADS
from emotion.measure.evaluate import evaluate
from emotion.network.augment import Augmentation
from emotion.network.model import build_handcrafted_cnn, load_classifier
from train import (
    Checkpoint,
    default_optimizer,
    judged_cross_entropy,
    seed_optimizer,
    training_batches,
)

ROOT = Path(__file__).parents[2]
PICTURES = ("confusion", "reliability", "robustness")
ONLY_MIRROR = Augmentation(rotation=0, zoom=0, shear=0)


def draw_face(*numbers):
    return np.random.default_rng(numbers).integers(0, 256, (48, 48), dtype=np.uint8)


def write_faces(folder, **num_faces):
    """Write num_faces[split] faces of each emotion into folder/<split>/<emotion>."""
    for split, count in num_faces.items():
        for label, emotion in enumerate(EMOTIONS):
            for number in range(count):
                file = folder / split / emotion / f"{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(draw_face(len(split), label, number)).save(file)
    return folder


def start(folder, *arguments):
    """Run train.py in a folder, in batches of 16 faces, and keep a finished run's checkpoint as folder/last.

    Returns SimpleNamespace(status, out, err, folder, options_afterwards).
    """
    out, err = io.StringIO(), io.StringIO()
    delete = Checkpoint.delete

    def keep(checkpoint):
        shutil.copytree(checkpoint.folder, folder / "last")
        delete(checkpoint)

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr(Checkpoint, "delete", keep)
        for name, recipe in train.RECIPES.items():  # teachers: two, of half as many epochs as their pupil
            teacher = recipe.teacher and replace(recipe.teacher, batch_size=16, epochs=recipe.epochs // 2)
            num_teachers = 2 if teacher else 0
            patch.setitem(
                train.RECIPES, name, replace(recipe, batch_size=16, teacher=teacher, num_teachers=num_teachers)
            )
        try:
            status = train.main([str(argument) for argument in arguments])
        finally:  # train() allows bfloat16 in the whole process: other tests shall not see it
            options = tf.config.optimizer.get_experimental_options()
            tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": False})
    return SimpleNamespace(
        status=status, out=out.getvalue(), err=err.getvalue(), folder=folder, options_afterwards=options
    )


def start_refused(folder, *arguments):
    """Run train.py in a folder, which has to refuse in one line and leave everything as it was; return the line."""
    before = snapshot(folder)
    result = start(folder, *arguments)
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert snapshot(folder) == before
    assert "Expected" in result.err
    return result.err


def snapshot(folder):
    return {file: file.is_file() and file.read_bytes() for file in folder.rglob("*")}


def saved_arrays(file):
    """Every array in an HDF5 file by its path there."""
    arrays = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    with h5py.File(file) as content:
        content.visititems(add)
    return arrays


def read_record(file):
    return json.loads(file.read_text(encoding="utf-8"))


def without_seconds(epochs):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in epochs]


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
    """Of the default recipe, by the largest of all seeds, of which each of its networks makes one of its own."""
    return ("--data", data, "--out", "out", "--epochs", 4, "--seed", train.NUM_SEEDS - 1)


@pytest.fixture(scope="module")
def finished(command, tmp_path_factory):
    """Four epochs without a break."""
    return start(tmp_path_factory.mktemp("finished"), *command)


@pytest.fixture(scope="module")
def record(finished):
    return read_record(finished.folder / "out/emotion.json")


@pytest.fixture(scope="module")
def cut_off(command, tmp_path_factory):
    """The same run, stopped in the middle of saving its third epoch."""
    save = Checkpoint.save

    def save_two(checkpoint, model, row):
        if row["epoch"] == 3:
            checkpoint.weights_file(3).write_bytes(b"half of it")
            raise KeyboardInterrupt
        save(checkpoint, model, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_two)
        return start(tmp_path_factory.mktemp("cut_off"), *command)


@pytest.fixture(scope="module")
def resumed(cut_off, command, tmp_path_factory):
    """That run again, with --resume."""
    folder = shutil.copytree(cut_off.folder, tmp_path_factory.mktemp("resumed") / "copy")
    return start(folder, *command, "--resume")


@pytest.fixture
def unfinished(cut_off, tmp_path):
    """A folder of the test's own with that unfinished run."""
    return shutil.copytree(cut_off.folder, tmp_path / "unfinished")


@pytest.fixture(scope="module")
def rehearsed(data, tmp_path_factory):
    """One epoch of the seed recipe, with --limit and without --out, beside weights that the page uses."""
    folder = tmp_path_factory.mktemp("rehearsed")
    (folder / "models").mkdir()
    (folder / "models/seed.keras").write_bytes(b"the page's weights")
    (folder / "models/seed.json").write_bytes(b"their record")
    return start(folder, "--data", data, "--recipe", "seed", "--epochs", 1, "--limit", 2)


# Stopping and going on


def test_ctrl_c_ends_with_status_130_and_says_how_to_go_on(cut_off):
    assert cut_off.status == 130
    assert "Stopped. The same command with --resume goes on from the last whole epoch." in cut_off.err
    assert "Traceback" not in cut_off.err
    assert not (cut_off.folder / "out").exists()
    history = read_record(cut_off.folder / "runs/default-4294967295/run.json")["history"]
    assert [row["epoch"] for row in history] == [1, 2]


def test_a_resumed_run_begins_at_the_epoch_that_was_cut_off(resumed):
    assert resumed.status == 0, resumed.err
    assert re.findall(r"^epoch +(\d)/4", resumed.out, re.MULTILINE) == ["3", "4"]


def test_a_resumed_run_writes_exactly_the_weights_of_an_uninterrupted_one(resumed, finished):
    weights = [keras.models.load_model(run.folder / "out/emotion.keras").get_weights() for run in (resumed, finished)]
    assert len(weights[0]) == len(weights[1]) > 0
    for resumed_weight, weight in zip(*weights, strict=True):
        np.testing.assert_array_equal(resumed_weight, weight)


def test_a_resumed_run_ends_in_exactly_the_state_of_an_uninterrupted_one(resumed, finished):
    """The weights written are the best epoch's, perhaps from before the break: these are the last one's."""
    states = [saved_arrays(run.folder / "last/epoch-004.weights.h5") for run in (resumed, finished)]
    assert states[0].keys() == states[1].keys()
    assert any(name.startswith("optimizer") for name in states[0])
    for name, values in states[0].items():
        np.testing.assert_array_equal(values, states[1][name], err_msg=name)


def test_a_resumed_run_has_exactly_the_record_of_an_uninterrupted_one(resumed, record):
    after = read_record(resumed.folder / "out/emotion.json")
    assert without_seconds(after["epochs"]) == without_seconds(record["epochs"])
    for one, other in zip(after["teachers"], record["teachers"], strict=True):
        assert without_seconds(one["epochs"]) == without_seconds(other["epochs"])
    differing = {"written", "seconds", "epochs", "teachers", "sha256"}  # the weights file holds the time of day as well
    assert after.keys() == record.keys()
    for name in record.keys() - differing:
        assert after[name] == record[name], name


def test_a_run_that_is_cut_off_among_its_teachers_goes_on_there(command, finished, tmp_path):
    save = Checkpoint.save

    def save_three(checkpoint, model, row):
        if checkpoint.folder.name == "teacher-2" and row["epoch"] == 2:
            raise KeyboardInterrupt
        save(checkpoint, model, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_three)
        assert start(tmp_path, *command).status == 130
    result = start(tmp_path, *command, "--resume")
    assert result.status == 0, result.err
    assert re.findall(r"^epoch +(\d)/(\d)", result.out, re.MULTILINE) == [("2", "2"), *((n, "4") for n in "1234")]
    state, expected = (saved_arrays(folder / "last/epoch-004.weights.h5") for folder in (tmp_path, finished.folder))
    for name, values in expected.items():
        np.testing.assert_array_equal(state[name], values, err_msg=name)


def test_beginning_again_over_an_unfinished_run_is_refused_and_loses_nothing(unfinished, command):
    line = start_refused(unfinished, *command)
    assert "There is an unfinished run in runs/default-4294967295. Expected none, or --resume." in line


def test_resuming_without_an_unfinished_run_is_refused(tmp_path, command):
    line = start_refused(tmp_path, *command, "--resume")
    assert "There is no unfinished run in runs/default-4294967295. Expected one to resume." in line


@pytest.mark.parametrize("other", [("--epochs", 5), ("--epochs", 3)])
def test_resuming_with_other_arguments_is_refused_and_loses_nothing(unfinished, command, other):
    line = start_refused(unfinished, *command, *other, "--resume")
    assert "The unfinished run in runs/default-4294967295 was begun with other arguments or data:" in line


def test_resuming_with_other_data_is_refused_and_loses_nothing(unfinished, data, command):
    shutil.copytree(data, unfinished / "faces")
    (unfinished / "faces/train/fear/0.png").unlink()
    line = start_refused(unfinished, *command, "--data", "faces", "--resume")
    assert "was begun with other arguments or data:" in line


def test_resuming_with_another_seed_is_refused_since_that_is_another_run(unfinished, command):
    line = start_refused(unfinished, *command, "--seed", 4, "--resume")
    assert "There is no unfinished run in runs/default-4." in line


def test_a_finished_run_leaves_no_checkpoint(finished, resumed, rehearsed):
    for run in (finished, resumed):
        assert list((run.folder / "runs").iterdir()) == []
    assert [folder.name for folder in (rehearsed.folder / "runs").iterdir()] == ["rehearsal"]


# Checkpoint, with a toy for a model


class ToyModel:
    """Saves one text; is killed in the middle of it if told so."""

    def __init__(self, text="", killed=False):
        self.text = text
        self.killed = killed

    def save_weights(self, file):
        file.write_text(self.text[: 1 if self.killed else None])
        if self.killed:
            raise KeyboardInterrupt

    def load_weights(self, file):
        self.text = file.read_text()


def make_checkpoint(folder, accuracies=(), seed=0):
    """A Checkpoint in folder, with an epoch of each validation accuracy saved to it."""
    checkpoint = Checkpoint(folder, {"arguments": {"seed": seed}})
    folder.mkdir(exist_ok=True)
    for number, accuracy in enumerate(accuracies, 1):
        checkpoint.save(ToyModel(f"weights {number}"), {"epoch": number, "validation_accuracy": accuracy})
    return checkpoint


def load_checkpoint(folder):
    """What a new process finds in folder: (number of epochs done, text of the weights, Checkpoint)."""
    checkpoint, model = make_checkpoint(folder), ToyModel()
    return checkpoint.load(model), model.text, checkpoint


def test_the_last_and_the_best_epoch_are_kept_and_no_other(tmp_path):
    checkpoint = make_checkpoint(tmp_path, [0.1, 0.4, 0.3, 0.2])
    assert checkpoint.best_epoch == 2
    assert {file.name for file in tmp_path.iterdir()} == {"run.json", "epoch-002.weights.h5", "epoch-004.weights.h5"}


def test_of_equally_good_epochs_the_first_is_chosen(tmp_path):
    assert make_checkpoint(tmp_path, [0.1, 0.4, 0.4]).best_epoch == 2


def test_a_checkpoint_comes_back_with_its_last_epoch_and_its_history(tmp_path):
    make_checkpoint(tmp_path, [0.1, 0.4, 0.3])
    count, text, checkpoint = load_checkpoint(tmp_path)
    assert (count, text, checkpoint.best_epoch) == (3, "weights 3", 2)
    assert [row["validation_accuracy"] for row in checkpoint.history] == [0.1, 0.4, 0.3]


def test_a_kill_while_weights_are_written_leaves_the_epoch_before(tmp_path):
    checkpoint = make_checkpoint(tmp_path, [0.4, 0.1])
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(ToyModel("weights 3", killed=True), {"epoch": 3, "validation_accuracy": 0.9})
    count, text, checkpoint = load_checkpoint(tmp_path)
    assert (count, text, checkpoint.best_epoch) == (2, "weights 2", 1)
    assert checkpoint.weights_file(1).read_text() == "weights 1"


@pytest.mark.parametrize("killed", ["write_bytes", "replace"])
def test_a_kill_while_the_state_is_written_leaves_the_epoch_before(tmp_path, monkeypatch, killed):
    checkpoint = make_checkpoint(tmp_path, [0.4, 0.1])

    def half(file, *rest):
        file.write_text("{")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((Path, "write_bytes") if killed == "write_bytes" else (train.os, "replace")), half)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(ToyModel("weights 3"), {"epoch": 3, "validation_accuracy": 0.9})
    assert load_checkpoint(tmp_path)[:2] == (2, "weights 2")


def test_a_run_goes_on_and_tidies_up_after_a_kill(tmp_path):
    checkpoint = make_checkpoint(tmp_path, [0.4, 0.1])
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(ToyModel("weights 3", killed=True), {"epoch": 3, "validation_accuracy": 0.9})
    checkpoint = load_checkpoint(tmp_path)[2]
    for number in (3, 4):
        checkpoint.save(ToyModel(f"again {number}"), {"epoch": number, "validation_accuracy": 0.2})
    assert load_checkpoint(tmp_path)[:2] == (4, "again 4")
    assert {file.name for file in tmp_path.iterdir()} == {"run.json", "epoch-001.weights.h5", "epoch-004.weights.h5"}


def test_a_kill_in_the_first_epoch_leaves_nothing_in_the_way(tmp_path):
    checkpoint = make_checkpoint(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(ToyModel("weights 1", killed=True), {"epoch": 1, "validation_accuracy": 0.9})
    make_checkpoint(tmp_path).begin()
    assert load_checkpoint(tmp_path)[:2] == (0, "")


def test_a_kill_before_the_checkpoint_is_deleted_leaves_it_whole(tmp_path, monkeypatch):
    checkpoint = make_checkpoint(tmp_path / "run", [0.4, 0.1])
    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.delete()
    assert load_checkpoint(tmp_path / "run")[:2] == (2, "weights 2")
    assert checkpoint.weights_file(1).exists()


def test_a_kill_while_the_checkpoint_is_deleted_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    checkpoint = make_checkpoint(tmp_path / "run", [0.4, 0.1])
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupt)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.delete()
    make_checkpoint(tmp_path / "run").begin()
    make_checkpoint(tmp_path / "run", [0.2]).delete()
    assert list(tmp_path.iterdir()) == []


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_checkpoint_is_deleted_with_its_folder(tmp_path):
    make_checkpoint(tmp_path / "run", [0.4, 0.1]).delete()
    assert not (tmp_path / "run").exists()


def test_beginning_over_a_checkpoint_is_refused(tmp_path):
    make_checkpoint(tmp_path, [0.4])
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"There is an unfinished run in .* Add --resume to go on with it"):
        make_checkpoint(tmp_path).begin()
    assert snapshot(tmp_path) == before


def test_resuming_none_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no unfinished run in .* Leave out --resume"):
        make_checkpoint(tmp_path).resume()


def test_resuming_a_checkpoint_of_other_arguments_is_refused_with_what_they_were(tmp_path):
    make_checkpoint(tmp_path, [0.4], seed=7)
    with pytest.raises(InputError, match=r"other arguments or data: .*7.* Repeat them, or delete that folder"):
        make_checkpoint(tmp_path).resume()


def test_a_run_that_has_only_come_to_its_teachers_is_unfinished_too(tmp_path):
    teacher = make_checkpoint(tmp_path / "run").teacher()
    teacher.folder.mkdir()
    teacher.save(ToyModel("a teacher"), {"epoch": 1, "validation_accuracy": 0.5})
    with pytest.raises(InputError, match="There is an unfinished run"):
        make_checkpoint(tmp_path / "run").begin()
    make_checkpoint(tmp_path / "run").resume()
    with pytest.raises(InputError, match="other arguments or data"):
        make_checkpoint(tmp_path / "run", seed=1).resume()


# What a run writes


def test_a_run_writes_weights_record_and_pictures_and_nothing_else(finished, rehearsed):
    assert finished.status == rehearsed.status == 0
    for folder, stem in ((finished.folder / "out", "emotion"), (rehearsed.folder / "runs/rehearsal", "seed")):
        names = {f"{stem}.keras", f"{stem}.json", *(f"{stem}-{name}.png" for name in ("curves", "faults", *PICTURES))}
        assert {file.name for file in folder.iterdir()} == names
        for name in ("curves", "faults", *PICTURES):
            with Image.open(folder / f"{stem}-{name}.png") as picture:
                assert picture.width > 300


def test_a_rehearsal_leaves_the_pages_weights_alone(rehearsed):
    models = rehearsed.folder / "models"
    assert {file.name: file.read_bytes() for file in models.iterdir()} == {
        "seed.keras": b"the page's weights",
        "seed.json": b"their record",
    }


def test_without_limit_or_out_the_pages_weights_are_what_is_written():
    arguments = train.parse_arguments(["--data", "faces"])
    assert arguments.out == Path("models")
    assert arguments.epochs == train.RECIPES["default"].epochs


def test_the_record_vouches_for_the_weights_beside_it(finished, record):
    weights = (finished.folder / "out/emotion.keras").read_bytes()
    assert record["sha256"] == hashlib.sha256(weights).hexdigest()


def test_the_record_holds_how_the_run_was_made(record, finished):
    assert record["arguments"] == {
        "data": "faces",
        "recipe": "default",
        "labels": "fer2013",
        "epochs": 4,
        "seed": 4_294_967_295,
        "limit": None,
    }
    assert record["emotions"] == list(EMOTIONS)
    assert record["versions"] == {name: version(name) for name in ("keras", "tensorflow", "numpy", "pillow")}
    assert set(record["machine"]) == {"system", "processor", "cores"}
    assert record["parameters"] == keras.models.load_model(finished.folder / "out/emotion.keras").count_params()
    assert record["multiply_adds"] == 142_223_104  # worked out in test_model
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["written"])


def test_the_record_holds_the_counts_and_the_copies(record):
    assert record["counts"] == {
        "train": dict.fromkeys(EMOTIONS, 6) | {"sad": 7},
        "validation": dict.fromkeys(EMOTIONS, 3),
        "test": dict.fromkeys(EMOTIONS, 2),
    }
    assert record["duplicates"] == {
        "inside_train": 1,
        "inside_validation": 0,
        "inside_test": 0,
        "validation_copies_of_train": 1,
        "test_copies_of_train": 2,
    }
    counts = {split: record[split]["count"] for split in record if split.startswith(("validation", "test"))}
    assert counts == {"validation": 21, "validation_without_copies": 20, "test": 14, "test_without_copies": 12}


def test_the_record_holds_every_epoch_and_which_was_chosen(record):
    assert [row["epoch"] for row in record["epochs"]] == [1, 2, 3, 4]
    for row in record["epochs"]:
        assert set(row) == {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"}
    accuracies = [row["validation_accuracy"] for row in record["epochs"]]
    assert record["chosen_epoch"] == accuracies.index(max(accuracies)) + 1
    seconds = [row["seconds"] for network in (record, *record["teachers"]) for row in network["epochs"]]
    assert record["seconds"] == pytest.approx(sum(seconds))


def test_the_record_holds_every_epoch_of_the_teachers(record, finished):
    assert [[row["epoch"] for row in teacher["epochs"]] for teacher in record["teachers"]] == [[1, 2], [1, 2]]
    losses = [teacher["epochs"][0]["loss"] for teacher in record["teachers"]]
    assert losses[0] != losses[1], "they have the same seed"
    said = re.findall(r"^(Teacher . of 2|Their pupil):$", finished.out, re.MULTILINE)
    assert said == ["Teacher 1 of 2", "Teacher 2 of 2", "Their pupil"]


def test_the_weights_written_are_those_of_the_chosen_epoch(finished, record):
    """Seen by the last layer, which folding leaves as it is."""
    chosen = saved_arrays(finished.folder / f"last/epoch-{record['chosen_epoch']:03}.weights.h5")
    (expected,) = (
        values
        for name, values in chosen.items()
        if values.shape == (256, 7) and not name.startswith(("optimizer", "layers/teachers"))
    )
    written = keras.models.load_model(finished.folder / "out/emotion.keras").get_layer("head").get_weights()[0]
    np.testing.assert_array_equal(written, expected)


def test_faces_are_measured_in_the_precision_that_the_page_has(finished):
    """train() allows bfloat16; left on, it would change the answers that the record reports."""
    assert finished.status == 0
    assert not finished.options_afterwards.get("auto_mixed_precision_onednn_bfloat16")


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16 fma", True),
        ("flags\t\t: fpu avx512_vnni amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx2 avx512_vnni avx_vnni", False),
        ("flags\t\t: fpu avx512_bf16x", False),
        (None, False),
    ],
)
def test_only_a_processor_that_calculates_in_bfloat16_is_given_it(monkeypatch, tmp_path, processor, expected):
    """Where there is no such instruction, TensorFlow imitates it, and a training takes many times as long."""
    if processor is not None:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{processor}\n", encoding="utf-8")
    monkeypatch.setattr(train, "CPU_INFO", tmp_path / "cpuinfo")
    options = []
    monkeypatch.setattr(tf.config.optimizer, "set_experimental_options", options.append)
    train.set_fast_convolutions(True)
    train.set_fast_convolutions(False)
    assert options == [{"auto_mixed_precision_onednn_bfloat16": allowed} for allowed in (expected, False)]


def test_the_records_figures_are_those_that_the_page_would_get(finished, data, record):
    classify, read = load_classifier(finished.folder / "out")
    assert read == record
    expected = evaluate(classify, load_faces(data))
    assert expected.keys() <= record.keys()
    for name in ("duplicates", "not_sure"):
        assert_alike(record[name], expected[name])
    for split in ("validation", "test"):
        for name in (split, f"{split}_without_copies"):
            assert_alike(record[name], expected[name])


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


def test_the_temperature_is_in_the_record_and_in_the_weights(finished, record):
    layer = keras.models.load_model(finished.folder / "out/emotion.keras").get_layer("temperature")
    assert layer.scale == pytest.approx(1 / record["temperature"])


def test_a_run_says_what_it_measured(finished, record):
    lines = finished.out.splitlines()
    assert lines[0].split() == ["faces", *EMOTIONS, "all"]
    assert lines[1].split() == ["train", "6", "6", "6", "6", "6", "7", "6", "43"]
    assert "exact duplicates test copies of train: 2" in lines
    for split, copies in (("validation", 1), ("test", 2)):
        accuracy = record[split]["accuracy"]
        (line,) = [line for line in lines if line.startswith(f"{split}: ")]
        assert line.startswith(f"{split}: accuracy {accuracy:.1%} (")
        assert f"without the {copies} copies of training faces" in line
    (angry,) = [line for line in lines if line.startswith("angry")][:1]
    assert angry.split()[-7:] == [str(count) for count in record["validation"]["confusion"][0]]
    assert lines[-1] == "Wrote out/emotion.keras and its record, .json."


# Labels


def test_a_run_learns_from_votes_where_they_are_asked_for(data, tmp_path):
    votes = [0, 10] + [0] * 8  # happiness, whatever the label
    write_votes(tmp_path, [(emotion, f"{number}.png", votes) for emotion in EMOTIONS for number in range(6)])
    shutil.copytree(data, tmp_path / "faces")
    losses = []
    for labels in ("fer2013", "mixed", "ferplus"):
        (tmp_path / labels).mkdir()
        command = ("--data", tmp_path / "faces", "--recipe", "seed", "--epochs", 1, "--labels", labels, "--out", "out")
        result = start(tmp_path / labels, *command)
        assert result.status == 0, result.err
        record = read_record(tmp_path / labels / "out/seed.json")
        assert record["arguments"]["labels"] == labels
        assert set(record["judges"]) == set(HEADS[labels])
        for figures in record["judges"].values():
            assert 0 <= figures["agreement"] <= 1
        losses.append(record["epochs"][0]["loss"])
    assert len(set(losses)) == 3
    agreement = record["validation"]["votes"]
    assert agreement["count"] == 21
    assert agreement["label_agreement"] == pytest.approx(1 / 7)
    said = f"says what most voters said of {agreement['agreement']:.1%} of 21 faces (the label does of 14.3%)"
    assert said in result.out


@pytest.mark.parametrize("labels", ["fer2013", "mixed", "ferplus"])
def test_batches_carry_the_targets_of_the_labels_that_were_asked_for(labels):
    faces = flat_faces(8)
    votes = np.zeros((8, 10), int)
    votes[:, [3, 4]] = 8, 2
    for views, targets in draw_batches(replace(faces, votes=votes), 0, 1, labels=labels):
        wanted = {
            "label": np.eye(7)[(views[:, 0, 0, 0] / 2).astype(int) % 7],
            "votes": np.tile([0, 0, 0, 0.8, 0.2, 0, 0], (4, 1)),
        }
        np.testing.assert_allclose(targets, np.stack([wanted[judge] for judge in HEADS[labels]], axis=1), atol=1e-6)


def test_where_nobody_says_what_to_learn_from_the_recipe_does_if_there_are_votes():
    recipe, faces = replace(train.RECIPES["default"], labels="mixed"), flat_faces(8)
    assert train.choose_labels(recipe, faces) == "fer2013"
    assert train.choose_labels(recipe, replace(faces, votes=np.ones((8, 10), int))) == "mixed"


def test_the_loss_adds_up_the_judges_and_smooths_each():
    """One face: the first judge is answered 0.5 where it says 1, the second 0.25 each where it says a half of each."""
    wanted = np.array([[[1, 0, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0]]], np.float32)
    answered = np.array([[[0.5, 0.5, 0, 0, 0, 0, 0], [0.25, 0.25, 0.5, 0, 0, 0, 0]]], np.float32)
    assert judged_cross_entropy(0.0)(wanted, answered).numpy() == pytest.approx([np.log(2) + np.log(4)])
    even = np.full((1, 1, 7), 1 / 7, np.float32)
    assert judged_cross_entropy(0.5)(wanted[:, :1], even).numpy() == pytest.approx([np.log(7)])


def test_the_loss_takes_what_teachers_say_for_a_target_too():
    """One face: the label is 0, the teachers say 1 with 0.5; each is answered with 0.25, but for the rest."""
    wanted = np.array([[[1, 0, 0, 0, 0, 0, 0]]], np.float32)
    answered = [0.25, 0.25, 0.5, 0, 0, 0, 0]
    taught = [0, 0.5, 0.5, 0, 0, 0, 0]
    both = np.array([[answered, taught]], np.float32)
    expected = -(0.2 * np.log(0.25) + 0.8 * (0.5 * np.log(0.25) + 0.5 * np.log(0.5)))
    assert judged_cross_entropy(0.0, teaching=0.8)(wanted, both).numpy() == pytest.approx([expected])


def test_nothing_is_learned_by_the_teachers_through_the_loss():
    answers = tf.Variable(np.full((1, 2, 7), 1 / 7, np.float32))
    with tf.GradientTape() as tape:
        loss = judged_cross_entropy(0.1, teaching=0.5)(np.eye(7, dtype=np.float32)[None, :1], answers)
    own, taught = tape.gradient(loss, answers).numpy()[0]
    assert np.abs(own).max() > 0.1
    np.testing.assert_array_equal(taught, 0)


def toy_network(num_judges=1):
    """Dropout and one dense layer."""
    inputs = keras.Input((48, 48, 1))
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs)))
    x = keras.layers.Reshape((num_judges, 7))(keras.layers.Dense(num_judges * 7)(x))
    return keras.Model(inputs, keras.layers.Softmax()(x))


@pytest.mark.parametrize("num_teachers", [1, 2])
def test_a_pupil_begins_as_its_first_teacher_beside_the_mean_of_all(num_teachers):
    teachers, pupil = [toy_network(2) for _ in range(num_teachers)], toy_network(2)
    model = train.beside_teachers(pupil, teachers, deploy=lambda teacher: teacher)
    faces = np.stack([draw_face(number) for number in range(3)])[..., None].astype(np.float32)
    said = np.mean([teacher(faces) for teacher in teachers], axis=0)
    np.testing.assert_allclose(model(faces)[:, 2:], said, atol=1e-6)
    np.testing.assert_allclose(model(faces)[:, :2], teachers[0](faces), atol=1e-6)
    assert [id(one) for one in model.trainable_variables] == [id(one) for one in pupil.trainable_variables]
    learning = model(faces, training=True)
    assert np.abs(learning[:, :2] - teachers[0](faces)).max() > 1e-3, "nothing is dropped out of the pupil"
    np.testing.assert_allclose(learning[:, 2:], said, atol=1e-6)


def test_the_accuracy_is_that_of_the_first_judge():
    wanted = np.stack([np.eye(7)[[0, 0, 1]], np.eye(7)[[1, 1, 1]]], axis=1)
    answered = np.full((3, 2, 7), 0.01)
    answered[:, 0, 0], answered[:, 1, 1] = 0.4, 0.9  # the second judge is surer of 1 than the first is of 0
    np.testing.assert_array_equal(train.accuracy(wanted, answered), [1, 1, 0])


def write_votes(folder, rows):
    """ferplus_votes.csv with (emotion, file, ten counts) rows."""
    choices = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,not_face"
    lines = [f"split,label,file,{choices}"]
    lines += [f"train,{emotion},{file},{','.join(map(str, counts))}" for emotion, file, counts in rows]
    (folder / "ferplus_votes.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("labels", ["ferplus", "mixed"])
def test_labels_that_need_votes_are_refused_without_them_before_training(tmp_path, data, labels):
    line = start_refused(tmp_path, "--data", data, "--labels", labels, "--limit", "2")
    assert line.startswith(f"The labels {labels} need FER+'s votes, and there are none for these faces. Expected ")


# Several devices


SMALL_NETWORK = """
import sys
from dataclasses import replace

import keras
from keras import layers

import train
from emotion.network.layers import FusedBatchNormalization


def build(num_judges):
    inputs = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 3, strides=4, use_bias=False, kernel_regularizer=keras.regularizers.L2(1e-2))(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(FusedBatchNormalization(momentum=0.9)(x)))
    judgements = layers.Reshape((-1, 7), name="heads")(layers.Dense(7 * num_judges)(x))
    return keras.Model(inputs, layers.Softmax()(judgements))


train.set_fast_convolutions = lambda fast: None  # bfloat16 rounds parts of a batch otherwise than the whole
train.RECIPES["seed"] = replace(train.ALONE, build=build, deploy=lambda model: model, batch_size=16, small_share=0)
command = ["--recipe", "seed", "--epochs", "3", "--data", *sys.argv[1:]]
"""
"""A small network without teachers: normalised, which must see the faces of all devices, and without dropout."""

TWO_DEVICES = """
import tensorflow as tf

processor, *_ = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
for strategy, count in {"one": 1, "mirrored": 2}.items():
    assert train.STRATEGIES[strategy]().num_replicas_in_sync == count
    assert train.main([*command, "--strategy", strategy, "--out", strategy]) == 0
"""


def start_process(folder, code, *arguments, **environment):
    """Run code in a process of its own, in a folder; its output goes to a file of the folder."""
    folder.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""} | environment
    with (folder / "log").open("a") as log:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def assert_same_losses(history, expected):
    for row, other in zip(history, expected, strict=True):
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
            assert row[name] == pytest.approx(other[name], rel=2e-5), (row["epoch"], name)


def test_two_devices_give_the_losses_of_one(data, tmp_path):
    """In a process in which the processor counts as two devices; 21 validation faces do not divide evenly."""
    assert start_process(tmp_path, SMALL_NETWORK + TWO_DEVICES, data).wait() == 0, (tmp_path / "log").read_text()
    one, mirrored = (read_record(tmp_path / strategy / "seed.json") for strategy in ("one", "mirrored"))
    assert_same_losses(mirrored["epochs"], one["epochs"])
    assert mirrored["validation"]["confusion"] == one["validation"]["confusion"]


def test_two_machines_give_the_losses_of_one_and_the_first_finishes_alone(data, tmp_path):
    """Two processes for two machines."""
    pytest.importorskip("jax", reason="needs JAX: uv run --group machines pytest tests/test_train.py")
    code = SMALL_NETWORK + "sys.exit(train.main(command))"
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
        histories += [read_record(file)["history"] for file in sorted(folder.glob("runs/*/run.json"))]
    assert len(histories) == 3
    for history in histories[1:]:
        assert_same_losses(history, histories[0])
    assert start_process(folder, code, data, "--resume", "--out", "out").wait() == 0, (folder / "log").read_text()
    assert read_record(folder / "out/seed.json")["epochs"] == histories[1]


def test_machines_are_refused_without_jax_and_before_anything_is_read(tmp_path):
    line = start_refused(tmp_path, "--data", "nowhere", "--strategy", "machines")
    assert line.startswith("The strategy machines was given, with Keras on tensorflow and 0 of the machines' settings.")
    assert "Expected machines with KERAS_BACKEND=jax and KERAS_DISTRIBUTION_JOB_ADDRESSES, KERAS_DISTRIBUTION_" in line


def test_ctrl_c_in_an_evaluation_says_that_nothing_was_written(monkeypatch, capsys):
    monkeypatch.setattr(train, "run_evaluation", interrupt)
    assert train.main(["--evaluate", "faces"]) == 130
    assert "Stopped. Nothing was written." in capsys.readouterr().err


# Evaluating


@pytest.fixture(scope="module")
def evaluated(finished, data, tmp_path_factory):
    """The finished run's weights on the validation and test faces they were measured on before."""
    shutil.copytree(finished.folder / "out", (folder := tmp_path_factory.mktemp("evaluated")) / "out")
    return start(folder, "--evaluate", data, "--out", "out")


def test_an_evaluation_measures_what_the_training_measured(evaluated, record):
    assert evaluated.status == 0, evaluated.err
    after = read_record(evaluated.folder / "runs/evaluation/faces/evaluation.json")
    for name in ("sha256", "counts", "duplicates", "not_sure"):
        assert after[name] == record[name], name
    for split in ("validation", "validation_without_copies", "test", "test_without_copies"):
        assert_alike(after[split], record[split])


def test_an_evaluation_writes_figures_and_pictures_and_leaves_the_weights_alone(evaluated, finished):
    names = {f"{split}-{name}.png" for split in ("validation", "test") for name in PICTURES}
    folder = evaluated.folder / "runs/evaluation/faces"
    assert {file.name for file in folder.iterdir()} == {"evaluation.json", *names}
    for file in (finished.folder / "out").iterdir():
        assert (evaluated.folder / "out" / file.name).read_bytes() == file.read_bytes()
    assert evaluated.out.endswith("Wrote runs/evaluation/faces/evaluation.json and pictures beside it.\n")


def test_any_class_folders_can_be_evaluated(finished, data, tmp_path):
    """Of larger colour pictures, with emotions missing, and a face that is there twice."""
    shutil.copytree(finished.folder / "out", tmp_path / "out")
    for emotion, number in (("happy", 0), ("happy", 1), ("sad", 0)):
        file = tmp_path / "wild" / emotion / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_face(number)).convert("RGB").resize((160, 120)).save(file)
    result = start(tmp_path, "--evaluate", "wild", "--out", "out")
    assert result.status == 0, result.err
    report = read_record(tmp_path / "runs/evaluation/wild/evaluation.json")
    assert report["duplicates"] == {"inside_test": 1}
    assert report["test"]["count"] == 3
    assert report["test"]["votes"] is None
    assert report["test"]["recall"]["fear"] is None
    assert "test_without_copies" not in report
    assert "test: accuracy" in result.out
    assert "without the" not in result.out


def test_one_face_can_be_evaluated(finished, tmp_path):
    shutil.copytree(finished.folder / "out", tmp_path / "out")
    (tmp_path / "one/happy").mkdir(parents=True)
    Image.fromarray(draw_face(0)).save(tmp_path / "one/happy/0.png")
    assert start(tmp_path, "--evaluate", "one", "--out", "out").status == 0
    assert read_record(tmp_path / "runs/evaluation/one/evaluation.json")["test"]["cross_fitted"] is None


def test_weights_that_are_not_there_are_refused(tmp_path, data):
    line = start_refused(tmp_path, "--evaluate", data, "--out", "nowhere")
    assert "The file nowhere/emotion.keras is missing." in line


def test_a_record_without_a_rule_for_not_sure_is_refused(finished, tmp_path, data):
    shutil.copytree(finished.folder / "out", tmp_path / "out")
    file = tmp_path / "out/emotion.json"
    file.write_text(json.dumps({"sha256": read_record(file)["sha256"]}))
    line = start_refused(tmp_path, "--evaluate", data, "--out", "out")
    assert "The record in out says nothing of when the network is sure. Expected one that this version wrote." in line


def test_faces_that_are_not_there_are_refused_for_an_evaluation(finished, tmp_path):
    shutil.copytree(finished.folder / "out", tmp_path / "out")
    assert "There is nothing at nowhere." in start_refused(tmp_path, "--evaluate", "nowhere", "--out", "out")


# What is refused


def test_bad_data_end_with_status_2_and_one_line_on_stderr():
    """In a process of its own, as a person sees it."""
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", "--data", "no-such-folder"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    # TensorFlow 2.21 prints its greeting before it has read TF_CPP_MIN_LOG_LEVEL.
    greeting = re.compile(r"WARNING: All log messages before absl::InitializeLog|I0000 .*(port|cudart_stub)\.cc:")
    assert [line for line in done.stderr.splitlines() if not greeting.match(line)] == [
        "There is nothing at no-such-folder. Expected a folder of class folders or fer2013.csv. "
        "Check the path, or see README, Train your own."
    ]


def test_a_data_set_without_a_class_is_refused_before_anything_is_written(tmp_path, data):
    shutil.copytree(data, tmp_path / "faces")
    shutil.rmtree(tmp_path / "faces/validation/happy")
    assert "has no class folder happy" in start_refused(tmp_path, "--data", "faces")


def test_a_validation_split_of_nothing_but_training_faces_is_refused_before_training(tmp_path):
    """It could choose no epoch, and leaves no faces to measure without copies."""
    write_faces(tmp_path / "faces", train=2)
    shutil.copytree(tmp_path / "faces/train", tmp_path / "faces/validation")
    assert "validation" in start_refused(tmp_path, "--data", "faces", "--epochs", 1, "--recipe", "seed")


def test_a_file_where_the_results_should_go_is_refused_before_training(tmp_path, data):
    (tmp_path / "taken").write_text("a file")
    line = start_refused(tmp_path, "--data", data, "--out", "taken", "--limit", "5")
    assert "Nothing can be written to taken. Expected a folder" in line


def test_an_unfinished_run_does_not_stand_in_the_way_of_a_rehearsal(unfinished, command):
    assert start(unfinished, *command, "--limit", "2", "--epochs", "1").status == 0


@pytest.mark.parametrize(
    ("seed", "sentence"),
    [
        (-1, "-1 given, expected 0 or more"),
        (2**32, "4294967296 given, expected 4294967295 or less"),
        ("x", "'x' given, expected a whole number"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused(capsys, seed, sentence):
    with pytest.raises(SystemExit) as caught:
        train.parse_arguments(["--data", "faces", "--seed", str(seed)])
    assert caught.value.code == 2
    assert f"argument --seed: {sentence}" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--epochs", "--limit"])
@pytest.mark.parametrize("number", ["0", "-3"])
def test_a_count_below_1_is_refused(capsys, option, number):
    with pytest.raises(SystemExit) as caught:
        train.parse_arguments(["--data", "faces", option, number])
    assert caught.value.code == 2
    assert f"argument {option}: {number} given, expected 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["many", "1.5", ""])
def test_a_count_that_is_no_whole_number_is_refused_without_code_names(capsys, number):
    with pytest.raises(SystemExit) as caught:
        train.parse_arguments(["--data", "faces", "--epochs", number])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert "argument --epochs: " in err
    assert "_positive" not in err


# The command line


def test_there_are_ten_arguments_and_help_explains_each(capsys):
    names = {name.replace("_", "-") for name in vars(train.parse_arguments(["--data", "faces"]))}
    assert names == {"data", "evaluate", "out", "recipe", "labels", "strategy", "epochs", "seed", "limit", "resume"}
    with pytest.raises(SystemExit) as caught:
        train.parse_arguments(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    explained = dict(re.findall(r"^  --([a-z]+)(.*(?:\n {5,}.*)*)", text, re.MULTILINE))
    assert set(explained) == names
    for name, explanation in explained.items():
        assert len(explanation.split()) > 3, name


@pytest.mark.parametrize("given", [[], ["--data", "faces", "--evaluate", "faces"]])
def test_a_run_either_trains_or_evaluates(capsys, given):
    with pytest.raises(SystemExit) as caught:
        train.parse_arguments(given)
    assert caught.value.code == 2
    assert "--evaluate" in capsys.readouterr().err


def test_an_evaluation_reads_the_pages_weights_even_with_limit():
    assert train.parse_arguments(["--evaluate", "faces", "--limit", "5"]).out == Path("models")


def test_every_recipe_can_be_chosen_and_brings_its_own_epochs():
    for name, recipe in train.RECIPES.items():
        assert train.parse_arguments(["--data", "faces", "--recipe", name]).epochs == recipe.epochs
        assert train.parse_arguments(["--data", "faces", "--recipe", name, "--epochs", "2"]).epochs == 2


# Batches


def flat_faces(count):
    """Faces of one grey each: 0, 2, 4, ... whose label is their number modulo 7."""
    greys = np.arange(count, dtype=np.uint8) * 2
    pixels = np.broadcast_to(greys[:, None, None], (count, 48, 48)).copy()
    return Faces(pixels, np.arange(count) % 7, tuple(str(number) for number in range(count)))


def draw_batches(faces, first_epoch, last_epoch, seed=0, augmentation=ONLY_MIRROR, labels="fer2013", small_share=0.0):
    recipe = replace(train.RECIPES["default"], augmentation=augmentation, small_share=small_share)
    batches = training_batches(recipe, faces, 4, seed, first_epoch, last_epoch, labels)
    return [(views.numpy(), targets.numpy()) for views, targets in batches]


def numbers_of(batches):
    """Which of flat_faces each batch shows: (number of batches, 4) int."""
    return np.array([views[:, 0, 0, 0] / 2 for views, _ in batches]).astype(int)


def test_an_epoch_shows_every_face_at_most_once_and_fills_its_batches():
    numbers = numbers_of(draw_batches(flat_faces(18), 0, 1))
    assert numbers.shape == (4, 4)
    assert len(np.unique(numbers)) == 16


def test_every_epoch_has_an_order_of_its_own_and_leaves_out_others():
    epochs = numbers_of(draw_batches(flat_faces(18), 0, 6)).reshape(6, 16)
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert set(epochs.ravel()) == set(range(18))


def test_views_keep_their_label():
    for views, targets in draw_batches(flat_faces(18), 0, 1):
        assert targets.dtype == np.float32
        np.testing.assert_array_equal(targets[:, 0], np.eye(7)[(views[:, 0, 0, 0] / 2).astype(int) % 7])


def test_the_first_epochs_show_small_faces_where_the_recipe_says_so():
    """A third of six epochs is two; each small face is the large one, averaged: flat faces stay flat."""
    small = draw_batches(flat_faces(8), 0, 6, small_share=1 / 3)
    whole = draw_batches(flat_faces(8), 0, 6)
    assert [views.shape[1:] for views, _ in small] == [(32, 32, 1)] * 4 + [(48, 48, 1)] * 8
    for (views, targets), (expected, same) in zip(small, whole, strict=True):
        np.testing.assert_allclose(views[:, 0, 0], expected[:, 0, 0], atol=1e-3)
        np.testing.assert_array_equal(targets, same)


def test_batches_from_a_later_epoch_equal_those_of_the_whole_run():
    augmentation = train.RECIPES["default"].augmentation
    whole = draw_batches(flat_faces(18), 0, 3, augmentation=augmentation)
    later = draw_batches(flat_faces(18), 2, 3, augmentation=augmentation)
    assert len(later) == 4
    for (views, targets), (later_views, later_targets) in zip(whole[8:], later, strict=True):
        np.testing.assert_array_equal(views, later_views)
        np.testing.assert_array_equal(targets, later_targets)


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    first, again, other = (numbers_of(draw_batches(flat_faces(18), 0, 1, seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


# Optimizers


def rate_at(optimizer, step):
    optimizer.iterations.assign(step)
    return float(optimizer.learning_rate)


@pytest.mark.parametrize(("step", "rate"), [(0, 1e-4), (1000, 1e-4 / 1.001), (250_000, 8e-5), (1_000_000, 5e-5)])
def test_the_seed_recipe_has_adam_at_1e_4_which_loses_1e_6_of_itself_a_step(step, rate):
    optimizer = seed_optimizer(100, 10)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert rate_at(optimizer, step) == pytest.approx(rate, rel=1e-5)


@pytest.mark.parametrize(("step", "rate"), [(0, 0), (15, 0.05), (30, 0.1), (65, 0.05), (100, 0)])
def test_the_default_recipe_warms_up_for_three_epochs_and_cools_down_to_0(step, rate):
    assert rate_at(default_optimizer(100, 10), step) == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize("num_steps", [1, 2, 3])
def test_the_default_recipe_can_do_with_a_few_steps(num_steps):
    rates = [rate_at(default_optimizer(num_steps, 1), step) for step in range(num_steps)]
    assert max(rates) == pytest.approx(0.1)
    assert min(rates) >= 0


def test_weight_decay_leaves_normalisations_and_biases_alone():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    for variable in model.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    optimizer = default_optimizer(100, 10)
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(30)  # rate 0.1
    nothing = [keras.ops.zeros_like(variable) for variable in model.trainable_variables]
    optimizer.apply(nothing, model.trainable_variables)
    values = {variable.name: variable.numpy() for variable in model.trainable_variables}
    np.testing.assert_allclose(values.pop("kernel"), 1 - 0.1 * 5e-3, rtol=1e-6)
    assert set(values) == {"bias", "gamma", "beta"}
    for value in values.values():
        np.testing.assert_array_equal(value, 1)


def test_the_seed_recipe_trains_and_saves_the_handcrafted_network(rehearsed):
    record = read_record(rehearsed.folder / "runs/rehearsal/seed.json")
    assert record["parameters"] == build_handcrafted_cnn().count_params() == 241_709
    assert record["arguments"]["recipe"] == "seed"
    assert record["counts"]["train"] == dict.fromkeys(EMOTIONS, 2)
