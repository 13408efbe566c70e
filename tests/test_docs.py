"""README, the model card and requirements.txt say what the records and pyproject.toml say."""

import json
import re
import tomllib
import unicodedata
from importlib.metadata import distribution, version
from pathlib import Path

import figures
import pytest
import yaml
from huggingface_hub import ModelCard
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import train
from emotion.explain.explanation import ROUNDS, UNMOVED
from emotion.page import layout as page

ROOT = Path(__file__).parents[1]
README, CARD = ((ROOT / folder / "README.md").read_text(encoding="utf-8") for folder in (".", "models"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = [Requirement(line) for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()]


SPACE_KEYS = {
    "title": str,
    "emoji": str,
    "colorFrom": {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"},
    "colorTo": {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"},
    "sdk": {"gradio", "docker", "static"},
    "python_version": str,
    "sdk_version": str,
    "suggested_hardware": str,
    "suggested_storage": {"small", "medium", "large"},
    "app_file": str,
    "app_build_command": str,
    "app_port": int,
    "base_path": str,
    "fullWidth": bool,
    "header": {"mini", "default"},
    "short_description": str,
    "models": list,
    "datasets": list,
    "tags": list,
    "license": str,
    "thumbnail": str,
    "pinned": bool,
    "hf_oauth": bool,
    "hf_oauth_expiration_minutes": int,
    "hf_oauth_scopes": list,
    "disable_embedding": bool,
    "startup_duration_timeout": str,
    "custom_headers": dict,
    "preload_from_hub": list,
}
"""Keys of a Space's settings, and their types or values: https://huggingface.co/docs/hub/spaces-config-reference"""
WANTED_SPACE_KEYS = [
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"),
    *("short_description", "models", "datasets", "tags", "license"),
]


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("document", figures.DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_the_figures_are_those_of_the_records(document):
    text = document.read_text(encoding="utf-8")
    assert figures.filled_in(text) == text, "uv run tests/figures.py fills them in"


def test_every_part_of_the_figures_is_in_a_document():
    names = [
        part["name"]
        for document in figures.DOCUMENTS
        for part in figures.PART.finditer(document.read_text(encoding="utf-8"))
    ]
    assert sorted(names) == sorted(figures.PARTS)


def test_a_figure_that_is_not_the_records_is_put_right():
    wrong = README.replace("| `--recipe default` | ", "| `--recipe default` | 9", 1)
    assert wrong != README
    assert figures.filled_in(wrong) == README


def test_the_model_card_is_one_that_hugging_face_can_read():
    card = ModelCard.load(ROOT / "models" / "README.md")
    report = figures.read_records()["emotion"]["validation"]
    values = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert values["accuracy"] == pytest.approx(report["accuracy"], abs=5e-5)
    assert values["balanced_accuracy"] == pytest.approx(report["mean_recall"], abs=5e-5)
    assert card.data.license == "mit"


def _space_settings():
    return yaml.safe_load(README.split("---\n")[1])


def test_readme_opens_with_settings_that_hugging_face_spaces_documents():
    assert README.startswith("---\n")
    settings = _space_settings()
    assert list(settings) == WANTED_SPACE_KEYS
    for key, value in settings.items():
        allowed = SPACE_KEYS[key]
        assert isinstance(value, allowed) if isinstance(allowed, type) else value in allowed, f"{key}: {value}"
        assert value != ""
    assert all(isinstance(name, str) for key in ("models", "datasets", "tags") for name in settings[key])
    assert len(settings["short_description"]) <= 60
    assert len(settings["emoji"]) == 1
    assert unicodedata.category(settings["emoji"]) == "So"  # a symbol, no letter


def test_a_space_runs_what_is_pinned():
    settings = _space_settings()
    pins = {_canonical(pin.name): str(pin.specifier).removeprefix("==") for pin in REQUIREMENTS}
    assert settings["sdk"] == "gradio"
    assert settings["sdk_version"] == pins["gradio"]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(settings["python_version"])
    assert (ROOT / settings["app_file"]).is_file()
    assert settings["title"] == page.TITLE
    assert settings["license"] == PROJECT["project"]["license"].lower()


def test_readme_says_which_packages_of_the_system_a_space_needs():
    packages = ROOT / "packages.txt"  # for apt; a Space installs what it names
    assert packages.exists() != ("no Debian package is needed" in README)


def test_the_example_for_programs_runs(page_url, tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(ROOT)
    address = '"http://127.0.0.1:7860"'
    assert address in example
    exec(compile(example.replace(address, repr(page_url)), "README.md", "exec"), {})
    first, *parts = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"happy: \d\d%, fit 0\.\d\d", first)
    assert any(re.fullmatch(r"chin: [+-]\d+\.\d points \(-?\d+\.\d to -?\d+\.\d\)", part) for part in parts)


def test_the_records_are_of_the_commands_in_readme():
    for recipe, seed, stem in (("default", 0, "emotion"), ("default", 1, "emotion-seed1"), ("seed", 0, "seed")):
        record = json.loads((ROOT / "models" / f"{stem}.json").read_text(encoding="utf-8"))
        assert record["arguments"] == {
            "data": "fer2013",
            "recipe": recipe,
            "labels": train.RECIPES[recipe].labels,
            "epochs": train.RECIPES[recipe].epochs,
            "seed": seed,
            "limit": None,
        }
        assert record["duplicates"] == {
            "inside_train": 1236,
            "inside_validation": 26,
            "validation_copies_of_train": 280,
        }


def test_faces_were_found_for_the_weights_that_are_there():
    measured, record = (
        json.loads((ROOT / "models" / name).read_text("utf-8")) for name in ("faces.json", "emotion.json")
    )
    assert measured["weights"] == record["sha256"]


@pytest.mark.parametrize("name", ["explanation", "explanation-tried", "engines"])
def test_maps_were_measured_with_the_weights_that_are_there(name):
    measured = figures.read_measured(name)
    if measured is None:
        pytest.skip(f"models/{name}.json has not been written yet; see tests/bench.py")
    assert measured["weights"] == figures.read_records()["emotion"]["sha256"]


def test_readme_says_how_many_samples_a_map_takes():
    assert f"in up to {ROUNDS[-1]:,} ways" in README


def test_the_card_says_for_which_faces_half_of_the_regions_are_hidden():
    assert f"by less than {100 * UNMOVED:.0f} points" in CARD


def test_readme_and_page_say_how_long_a_photo_is_kept():
    assert f"deleted within {page.MINUTES_KEPT} minutes" in README
    assert f"deleted within\n{page.MINUTES_KEPT} minutes" in page.NOTICE


def test_readme_names_the_commands_that_are_there():
    for option in re.findall(r"`(--[a-z]+)", README):
        assert option in (ROOT / "app.py").read_text() + (ROOT / "train.py").read_text() or option == "--help"
    assert "uv run pytest" in (ROOT / ".ci" / "check").read_text()
    assert "bash .ci/check" in (ROOT / ".ci" / "run").read_text()


def test_every_file_that_is_linked_exists():
    for document in [ROOT / "README.md", *ROOT.glob("*/README.md"), *ROOT.glob("emotion/*/README.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert "://" in link or (document.parent / link).exists(), f"{document.name} links {link}"


def test_every_example_has_its_licence():
    table = (ROOT / "emotion" / "page" / "examples" / "README.md").read_text(encoding="utf-8")
    for file in (ROOT / "emotion" / "page" / "examples").iterdir():
        assert file.name == "README.md" or f"`{file.name}`" in table


def test_each_direct_dependency_is_pinned_alike_in_both_files():
    pins = {_canonical(pin.name): str(pin.specifier) for pin in REQUIREMENTS}
    for text in PROJECT["project"]["dependencies"]:
        wanted = Requirement(text)
        pinned = pins[_canonical(wanted.name)].removeprefix("==")
        assert wanted.specifier.contains(pinned), f"{wanted} in pyproject.toml, {pinned} in requirements.txt"


def test_every_requirement_is_one_exact_pin():
    for requirement in REQUIREMENTS:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), str(requirement)
        assert requirement.url is None


def test_requirements_hold_all_that_the_pinned_packages_need():
    here = {_canonical(pin.name): pin for pin in REQUIREMENTS if pin.marker is None or pin.marker.evaluate()}
    environment = default_environment() | {"extra": ""}
    for pin in here.values():
        for text in distribution(pin.name).requires or ():
            need = Requirement(text)
            if need.name == "dlib" or (need.marker and not need.marker.evaluate(environment)):
                continue  # dlib-bin stands in for dlib
            assert _canonical(need.name) in here, f"{pin.name} needs {need}"


def test_what_is_tested_is_what_is_pinned():
    for text in PROJECT["project"]["dependencies"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(version(requirement.name))


def test_security_floors_are_kept():
    floors = {"gradio": "6.31", "pillow": "12.3", "keras": "3.15.1"}
    pins = {_canonical(pin.name): str(pin.specifier).removeprefix("==") for pin in REQUIREMENTS}
    for name, floor in floors.items():
        assert tuple(map(int, pins[name].split("."))) >= tuple(map(int, floor.split(".")))
