"""The house: imports point down only, and each library lives in one room."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEVELS = {
    "emotion": 0,
    "emotion.augment": 1,
    "emotion.degrade": 1,
    "emotion.folder": 1,
    "emotion.journal": 1,
    "emotion.photo": 1,
    "emotion.pixels": 1,
    "emotion.faces": 2,
    "emotion.data": 2,
    "emotion.model": 2,
    "emotion.explain": 2,
    "emotion.gate": 2,
    "emotion.regions": 2,
    "emotion.mended": 3,
    "emotion.metrics": 2,
    "emotion.engine": 3,
    "emotion.evaluate": 3,
    "emotion.quality": 3,
    "emotion.render": 3,
    "emotion.words": 3,
    "emotion.cluster": 4,
    "emotion.html": 4,
    "emotion.report": 4,
    "emotion.scorecard": 4,
    "emotion.visit": 5,
    "emotion.page": 6,
    "app": 7,
    "train": 7,
}
ROOMS_OF = {
    "gradio": {"emotion.page"},
    "face_recognition": {"emotion.faces"},
    "dlib": {"emotion.faces"},
    "lime": {"emotion.explain"},
    "ray": {"emotion.cluster"},
    "pillow_heif": {"emotion.photo"},
    "sklearn": set(),
    "skimage": {"emotion.regions"},
    "matplotlib": {"emotion.render"},
    "keras": {"emotion.model", "train"},
    "tensorflow": {"emotion.augment", "emotion.model", "train"},
}


def _file_of(module):
    if module == "emotion":
        return ROOT / "emotion" / "__init__.py"
    return ROOT / (module.replace(".", "/") + ".py")


def _imports(module):
    for node in ast.walk(ast.parse(_file_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_every_module_has_its_level():
    found = {"emotion" if path.stem == "__init__" else f"emotion.{path.stem}" for path in ROOT.glob("emotion/*.py")}
    assert found | {path.stem for path in ROOT.glob("*.py")} == set(LEVELS)


@pytest.mark.parametrize("module", LEVELS)
def test_imports_point_down(module):
    for imported in _imports(module):
        if imported in LEVELS:
            assert LEVELS[imported] < LEVELS[module], f"{module} imports {imported}"


@pytest.mark.parametrize("module", LEVELS)
def test_each_library_has_its_room(module):
    for imported in _imports(module):
        rooms = ROOMS_OF.get(imported.split(".")[0])
        assert rooms is None or module in rooms, f"{module} imports {imported}"


def test_the_package_itself_imports_nothing():
    assert list(_imports("emotion")) == []
