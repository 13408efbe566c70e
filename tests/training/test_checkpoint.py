import shutil
from pathlib import Path

import numpy as np
import pytest

from emotion import InputError
from emotion.training.checkpoint import Checkpoint
from tests.training.toys import snapshot


class ToyLearner:
    """Two arrays, the first of which its network needs; is killed while it is asked for them if told so."""

    num_needed = 1

    def __init__(self, number=0, killed=False):
        self.values, self.killed = {"0": np.full(3, number), "1": np.full(2, -number)}, killed

    def arrays(self):
        if self.killed:
            raise KeyboardInterrupt
        return self.values

    def load(self, arrays):
        self.values = self.values | arrays

    @property
    def number(self):
        return int(self.values["0"][0])


def make_checkpoint(folder, accuracies=(), seed=0):
    """A Checkpoint in folder, with an epoch of each validation accuracy saved to it."""
    checkpoint = Checkpoint(folder, {"arguments": {"seed": seed}})
    folder.mkdir(exist_ok=True)
    for number, accuracy in enumerate(accuracies, 1):
        checkpoint.save(ToyLearner(number), {"epoch": number, "validation_accuracy": accuracy})
    return checkpoint


def load_checkpoint(folder):
    """What a new process finds in folder: (number of whole epochs, number of the learner's state, Checkpoint)."""
    checkpoint, learner = make_checkpoint(folder), ToyLearner()
    checkpoint.load(learner)
    return len(checkpoint.history), learner.number, checkpoint


def interrupt(*_):
    raise KeyboardInterrupt


def test_the_last_and_the_best_epoch_are_kept_and_no_other(tmp_path):
    assert make_checkpoint(tmp_path, [0.1, 0.4, 0.3, 0.2]).best_epoch == 2
    assert {file.name for file in tmp_path.iterdir()} == {"epoch-002.npz", "epoch-004.npz"}


def test_of_equally_good_epochs_the_first_is_chosen(tmp_path):
    assert make_checkpoint(tmp_path, [0.1, 0.4, 0.4]).best_epoch == 2


def test_a_checkpoint_comes_back_with_its_last_epoch_and_its_history(tmp_path, capsys):
    make_checkpoint(tmp_path, [0.1, 0.4, 0.3])
    count, number, checkpoint = load_checkpoint(tmp_path)
    assert (count, number, checkpoint.best_epoch) == (3, 3, 2)
    assert [row["validation_accuracy"] for row in checkpoint.history] == [0.1, 0.4, 0.3]
    assert "after epoch 3" in capsys.readouterr().out


def test_a_finished_training_keeps_the_network_of_its_best_epoch_alone(tmp_path):
    learner = ToyLearner()
    make_checkpoint(tmp_path, [0.1, 0.4, 0.3]).finish(learner)
    assert learner.number == 2
    assert [file.name for file in tmp_path.iterdir()] == ["finished.npz"]
    checkpoint, again = make_checkpoint(tmp_path), ToyLearner(7)
    assert checkpoint.load(again)
    assert again.number == 2
    assert list(again.values["1"]) == [-7, -7], "only what the network needs is there"
    assert (len(checkpoint.history), checkpoint.best_epoch) == (3, 2)


@pytest.mark.parametrize("killed", ["arrays", "write", "replace"])
def test_a_kill_while_an_epoch_is_saved_leaves_the_epoch_before(tmp_path, monkeypatch, killed):
    checkpoint = make_checkpoint(tmp_path, [0.4, 0.1])

    def half(file, *rest, **more):
        file.write(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if killed == "write":
            patch.setattr(np, "savez", half)
        if killed == "replace":
            patch.setattr("os.replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(ToyLearner(3, killed == "arrays"), {"epoch": 3, "validation_accuracy": 0.9})
    count, number, checkpoint = load_checkpoint(tmp_path)
    assert (count, number, checkpoint.best_epoch) == (2, 2, 1)
    for again in (3, 4):
        checkpoint.save(ToyLearner(again), {"epoch": again, "validation_accuracy": 0.2})
    assert load_checkpoint(tmp_path)[:2] == (4, 4)
    assert {file.name for file in tmp_path.iterdir()} == {"epoch-001.npz", "epoch-004.npz"}


@pytest.mark.parametrize("damage", ["empty", "half", "one byte", "missing"])
def test_without_the_last_epoch_a_training_goes_on_from_the_whole_one_before_and_says_so(tmp_path, capsys, damage):
    make_checkpoint(tmp_path, [0.2, 0.4, 0.1])
    file = tmp_path / "epoch-003.npz"
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    else:
        content[len(content) // 2] ^= 255
        file.write_bytes({"empty": b"", "half": content[: len(content) // 2], "one byte": content}[damage])
    make_checkpoint(tmp_path).resume()
    count, number, checkpoint = load_checkpoint(tmp_path)
    assert (count, number, checkpoint.best_epoch) == (2, 2, 2)
    said = capsys.readouterr()
    assert "after epoch 2" in said.out
    assert ("epoch-003.npz" in said.err) == (damage != "missing")


def _change(file, damage):
    with np.load(file) as content:
        arrays = dict(content)
    if damage == "an array is missing":
        del arrays["1"]
    elif damage == "an array of another shape":
        arrays["1"] = np.zeros(5)
    elif damage == "told nothing":
        arrays["about"] = np.frombuffer(b"null", np.uint8)
    np.savez(file, **arrays)
    content = bytearray(file.read_bytes())
    entry = content.index(b"PK\1\2")  # of the zip's own table: two bytes of flags from 8 on, two of a method from 10
    content[entry + {"encrypted": 8, "packed in an unknown way": 10}.get(damage, 0)] ^= {
        "encrypted": 1,
        "packed in an unknown way": 99,
    }.get(damage, 0)
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    ["an array is missing", "an array of another shape", "told nothing", "encrypted", "packed in an unknown way"],
)
def test_a_damaged_epoch_of_any_kind_is_passed_over(tmp_path, damage, capsys):
    make_checkpoint(tmp_path, [0.2, 0.4, 0.1])
    _change(tmp_path / "epoch-003.npz", damage)
    make_checkpoint(tmp_path).resume()
    assert load_checkpoint(tmp_path)[:2] == (2, 2)
    assert "epoch-003.npz" in capsys.readouterr().err


def test_a_folder_that_is_called_like_an_epoch_is_passed_over(tmp_path):
    make_checkpoint(tmp_path, [0.2, 0.4])
    (tmp_path / "epoch-003.npz").mkdir()
    assert load_checkpoint(tmp_path)[:2] == (2, 2)


def test_a_training_of_a_version_with_more_arguments_is_another_one(tmp_path):
    Checkpoint(tmp_path, {"arguments": {"seed": 0, "more": 1}}).save(
        ToyLearner(1), {"epoch": 1, "validation_accuracy": 0.5}
    )
    with pytest.raises(InputError, match="started with other more"):
        make_checkpoint(tmp_path).resume()


def test_where_nothing_whole_is_left_a_resume_is_refused(tmp_path):
    make_checkpoint(tmp_path, [0.4])
    (tmp_path / "epoch-001.npz").write_bytes(b"")
    with pytest.raises(InputError, match="Nothing whole is left"):
        make_checkpoint(tmp_path).resume()


def test_a_kill_in_the_first_epoch_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_checkpoint(tmp_path, [0.4])
    make_checkpoint(tmp_path).begin()
    assert load_checkpoint(tmp_path)[:2] == (0, 0)


def test_a_kill_before_the_checkpoint_is_deleted_leaves_it_whole(tmp_path, monkeypatch):
    checkpoint = make_checkpoint(tmp_path / "run", [0.4, 0.1])
    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.delete()
    assert load_checkpoint(tmp_path / "run")[:2] == (2, 2)


def test_a_kill_while_the_checkpoint_is_deleted_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    checkpoint = make_checkpoint(tmp_path / "run", [0.4, 0.1])
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupt)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.delete()
    make_checkpoint(tmp_path / "run").begin()
    make_checkpoint(tmp_path / "run", [0.2]).delete()
    assert list(tmp_path.iterdir()) == []


def test_beginning_over_a_checkpoint_is_refused(tmp_path):
    make_checkpoint(tmp_path, [0.4])
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"unfinished training.*--resume"):
        make_checkpoint(tmp_path).begin()
    assert snapshot(tmp_path) == before


def test_resuming_none_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no unfinished training"):
        make_checkpoint(tmp_path).resume()


def test_resuming_a_checkpoint_of_other_arguments_is_refused_with_what_they_were(tmp_path):
    make_checkpoint(tmp_path, [0.4], seed=7)
    with pytest.raises(InputError, match=r"other seed: .*7"):
        make_checkpoint(tmp_path).resume()


def test_a_training_that_has_only_come_to_its_teachers_is_unfinished_too(tmp_path):
    teacher = make_checkpoint(tmp_path / "run").teacher()
    teacher.folder.mkdir()
    teacher.save(ToyLearner(1), {"epoch": 1, "validation_accuracy": 0.5})
    with pytest.raises(InputError, match="unfinished training"):
        make_checkpoint(tmp_path / "run").begin()
    make_checkpoint(tmp_path / "run").resume()
    with pytest.raises(InputError, match="other seed"):
        make_checkpoint(tmp_path / "run", seed=1).resume()
