"""The documents say what the records, the command lines and the files say, and their example runs."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from huggingface_hub import ModelCard, RepoCard, SpaceCardData

from emotion.page.layout import TITLE
from emotion.training.recipes import RECIPES
from tests.bench.figures.documents import DOCUMENTS, PART, PARTS, filled_in
from tests.bench.figures.markdown import read_measured, read_records
from tests.running_page import ROOT

TEXTS = {str(document.relative_to(ROOT)): document.read_text(encoding="utf-8") for document in DOCUMENTS}
WITH_LINKS = [*DOCUMENTS, ROOT / "emotion" / "page" / "examples" / "README.md"]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
"""Of a Space: https://huggingface.co/docs/hub/spaces-config-reference"""


@pytest.mark.parametrize("name", TEXTS)
def test_the_figures_are_those_of_the_records(name):
    assert filled_in(TEXTS[name]) == TEXTS[name], "uv run python -m tests.bench.figures fills them in"


def test_every_kind_of_figures_stands_in_one_document():
    names = [part["name"] for text in TEXTS.values() for part in PART.finditer(text)]
    assert sorted(names) == sorted(PARTS)


def test_a_figure_that_is_not_the_records_is_put_right():
    wrong = TEXTS["README.md"].replace("| `--recipe default` | ", "| `--recipe default` | 9", 1)
    assert wrong != TEXTS["README.md"]
    assert filled_in(wrong) == TEXTS["README.md"]


@pytest.mark.parametrize("name", ["faces", "explanation", "engines", "covers"])
def test_what_is_shown_was_measured_with_the_weights_that_are_there(name):
    measured = read_measured(name)
    assert measured is None or measured["weights"] == read_records()["emotion"]["sha256"]


@pytest.mark.parametrize("record", read_records().values(), ids=read_records())
def test_a_shown_training_followed_its_recipe_to_the_end_on_all_faces(record):
    given = record["arguments"]
    recipe = RECIPES[given["recipe"]]
    assert (given["labels"], given["epochs"], given["limit"]) == (recipe.labels, recipe.epochs, None)
    assert len(record["epochs"]) == recipe.epochs


@pytest.mark.slow
def test_the_example_for_programs_runs(page_url, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", TEXTS["emotion/README.md"], re.DOTALL)
    monkeypatch.chdir(ROOT)
    address = '"http://127.0.0.1:7860"'
    assert address in example
    exec(compile(example.replace(address, repr(page_url)), "README.md", "exec"), {})
    first, *parts, sets = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"happy: \d\d%, fit 0\.\d\d", first)
    assert any(re.fullmatch(r"chin: \d+% without it, evidence [+-]\d\.\d\d in log-odds", part) for part in parts)
    assert re.fullmatch(r"Hide these, and the answer is another: (\[.*\]|None)", sets)


@pytest.mark.parametrize("program", ["app.py", "train.py"])
def test_the_programs_take_every_option_that_the_documents_give_them(program):
    commands = re.findall(rf"{program} ([^`\n#]+)", "\n".join(TEXTS.values()))
    options = {option for command in commands for option in re.findall(r"--[a-z-]+", command)}
    help_text = subprocess.run([sys.executable, program, "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert options
    assert options <= set(re.findall(r"--[a-z-]+", help_text))


def test_every_bench_that_the_documents_name_is_there():
    benches = set(re.findall(r"python -m (tests\.bench[.\w]+)", "\n".join(TEXTS.values())))
    assert len(benches) > 5
    assert all(find_spec(name) for name in benches)


def test_every_file_and_heading_that_is_linked_exists():
    for document in WITH_LINKS:
        for path, anchor in re.findall(r"\]\((?!\w+://)([^)#]*)#?([^)]*)\)", document.read_text(encoding="utf-8")):
            target = (document.parent / path).resolve() if path else document
            assert target.exists(), f"{document.name} links {path}"
            assert not anchor or anchor in _anchors(target), f"{document.name} links {path}#{anchor}"


def _anchors(document):
    """What GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_example_has_its_licence():
    folder = ROOT / "emotion" / "page" / "examples"
    table = (folder / "README.md").read_text(encoding="utf-8")
    assert {file.name for file in folder.iterdir()} - {"README.md"} == set(re.findall(r"^\| `([^`]+)`", table, re.M))


def test_hugging_face_reads_the_model_card():
    card = ModelCard.load(ROOT / "models" / "README.md")
    report = read_records()["emotion"]["validation"]
    values = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert values["accuracy"] == pytest.approx(report["accuracy"], abs=5e-5)
    assert values["balanced_accuracy"] == pytest.approx(report["mean_recall"], abs=5e-5)
    assert card.data.license == "mit"


def test_hugging_face_reads_the_settings_of_a_space():
    card = RepoCard.load(ROOT / "README.md", repo_type="space")
    settings = SpaceCardData(**card.data.to_dict())
    assert settings.title == TITLE
    assert settings.sdk == "docker"
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"EXPOSE {settings.app_port}\n" in dockerfile
    assert "\nUSER 1000:1000\n" in dockerfile  # as whom a Space runs it
    assert {settings.get("colorFrom"), settings.get("colorTo")} <= COLOURS
    assert len(settings.short_description) <= 60
