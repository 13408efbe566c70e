import subprocess
import sys

import pytest

from emotion.data.votes import HEADS
from emotion.training.arguments import LABELS, PROJECT, RECIPE_NAMES, TUNED, parse_arguments
from emotion.training.recipes import RECIPES

HEAVY = ("tensorflow", "keras", "jax", "numpy", "PIL", "matplotlib")


def refused(capsys, *given):
    """What the command line says to arguments that it has to refuse."""
    with pytest.raises(SystemExit) as caught:
        parse_arguments(["--data", "faces", *given])
    assert caught.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_arguments_are_read_before_anything_heavy_is_loaded():
    code = (
        "import sys, train\n"
        "try: train.main(['--data', 'faces', '--epochs', '0'])\n"
        f"finally: print(sorted(set(sys.modules) & set({HEAVY})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == "[]\n"
    assert done.returncode == 2


def test_every_recipe_and_every_choice_of_labels_can_be_chosen():
    assert {*RECIPE_NAMES, TUNED} == set(RECIPES)
    assert set(LABELS) == set(HEADS)


def test_results_go_to_the_project_wherever_it_is_started_and_those_of_rehearsals_do_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse_arguments(["--data", "faces"]).out == PROJECT / "models"
    assert parse_arguments(["--data", "faces", "--limit", "5"]).out == PROJECT / "runs/rehearsal"
    assert parse_arguments(["--evaluate", "faces", "--limit", "5"]).out == PROJECT / "models"
    assert parse_arguments(["--data", "faces"], tmp_path).runs == tmp_path / "runs"


def test_the_old_name_of_the_handcrafted_recipe_is_answered_with_the_new_one(capsys):
    assert "handcrafted" in refused(capsys, "--recipe", "seed")


def test_given_weights_have_a_recipe_of_their_own_and_must_be_there(capsys, tmp_path):
    (tmp_path / "some.keras").touch()
    given = ["--init", str(tmp_path / "some.keras")]
    assert parse_arguments(["--data", "faces", *given]).recipe == TUNED
    assert "Leave out --recipe" in refused(capsys, *given, "--recipe", "alone")
    assert "there is no file" in refused(capsys, "--init", str(tmp_path / "other.keras"))


@pytest.mark.parametrize("option", ["--epochs", "--limit"])
@pytest.mark.parametrize("number", ["0", "-3", "many", "1.5", "", str(2**31)])
def test_a_count_is_a_whole_number_from_1(capsys, option, number):
    line = refused(capsys, option, number)
    assert option in line
    assert number in line
    assert "_" not in line


@pytest.mark.parametrize("seed", ["-1", str(2**32), "x"])
def test_a_seed_is_a_whole_number_that_numpy_takes(capsys, seed):
    assert seed in refused(capsys, "--seed", seed)
    assert parse_arguments(["--data", "faces", "--seed", str(2**32 - 1)]).seed == 2**32 - 1


@pytest.mark.parametrize("given", [[], ["--data", "faces", "--evaluate", "faces"]])
def test_a_run_either_trains_or_evaluates(capsys, given):
    with pytest.raises(SystemExit) as caught:
        parse_arguments(given)
    assert caught.value.code == 2
