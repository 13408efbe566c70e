"""The house: wings import downwards only, rooms are small, and each library lives where the list says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    {"emotion"},
    {"emotion.face", "emotion.network", "emotion.explain", "emotion.server"},
    {"emotion.data"},
    {"emotion.measure"},
    {"emotion.analysis", "emotion.training"},
    {"emotion.page"},
    {"app", "train"},
)
"""From the ground up: a wing imports from itself and from the floors below."""

WINGS_OF = {
    "gradio": {"emotion.page", "emotion.server"},
    "face_recognition": {"emotion.face"},
    "dlib": {"emotion.face"},
    "pillow_heif": {"emotion.face"},
    "lime": {"emotion.explain"},
    "skimage": {"emotion.explain"},
    "ray": {"emotion.analysis"},
    "keras": {"emotion.network", "emotion.training"},
    "tensorflow": {"emotion.network", "emotion.training"},
    "jax": {"emotion.network", "emotion.training"},
    "matplotlib": {"emotion.page.heat_map", "emotion.measure.pictures"},
    "jinja2": {"emotion.page.render"},
}
"""Where a library may be imported."""

MOST_LINES = 250


def _name_of(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name_of(file): file for file in [*ROOT.glob("*.py"), *ROOT.glob("emotion/**/*.py")]}
WITH_BENCHES = MODULES | {_name_of(file): file for file in ROOT.glob("tests/bench/**/*.py")}


def _wing_of(module):
    return ".".join(module.split(".")[:2])


def _floor_of(module):
    return next(number for number, floor in enumerate(FLOORS) if _wing_of(module) in floor)


def _imports(module):
    for node in ast.walk(ast.parse(WITH_BENCHES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("module", MODULES)
def test_wings_import_downwards(module):
    for imported, _ in _imports(module):
        if imported in MODULES and _wing_of(imported) != _wing_of(module):
            assert _floor_of(imported) < _floor_of(module), f"{module} imports {imported}"


@pytest.mark.parametrize("module", WITH_BENCHES)
def test_no_room_imports_a_private_name(module):
    for imported, name in _imports(module):
        assert imported not in WITH_BENCHES or not (name or "").startswith("_"), (
            f"{module} imports {name} from {imported}"
        )


@pytest.mark.parametrize("module", MODULES)
def test_each_library_has_its_wing(module):
    for imported, _ in _imports(module):
        allowed = WINGS_OF.get(imported.split(".")[0])
        assert allowed is None or allowed & {module, _wing_of(module)}, f"{module} imports {imported}"


@pytest.mark.parametrize("module", WITH_BENCHES)
def test_a_room_is_small(module):
    assert len(WITH_BENCHES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_rooms_of_a_wing_import_each_other_in_no_circle():
    reached = {module: {imported for imported, _ in _imports(module) if imported in MODULES} for module in MODULES}
    for _ in MODULES:
        for module in MODULES:
            reached[module] |= {far for near in reached[module] for far in reached[near]}
    assert not [module for module in MODULES if module in reached[module]]
