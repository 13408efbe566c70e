"""What pip installs by requirements.txt, what pyproject.toml asks for, and what a Space runs, are the same packages."""

import re
import tomllib
from importlib.metadata import distribution, version

from huggingface_hub import RepoCard
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.running_page import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [Requirement(text) for text in PROJECT["dependencies"]]
REQUIREMENTS = [Requirement(line) for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()]


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


PINS = {_canonical(pin.name): str(pin.specifier).removeprefix("==") for pin in REQUIREMENTS}


def test_every_requirement_is_one_exact_pin():
    for requirement in REQUIREMENTS:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), str(requirement)
        assert requirement.url is None


def test_each_direct_dependency_is_pinned_alike_in_both_files():
    for wanted in WANTED:
        pinned = PINS[_canonical(wanted.name)]
        assert wanted.specifier.contains(pinned), f"{wanted} in pyproject.toml, {pinned} in requirements.txt"


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
    for wanted in WANTED:
        assert wanted.specifier.contains(version(wanted.name))


def test_a_container_and_so_a_space_runs_what_is_pinned():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^FROM python:([\d.]+)", dockerfile, re.MULTILINE)[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
    assert "pip install --no-cache-dir --no-deps -r requirements.txt" in dockerfile
    assert RepoCard.load(ROOT / "README.md", repo_type="space").data.license == PROJECT["license"].lower()
