"""The astronaut's photo and her face, found once."""

from pathlib import Path

import pytest

from emotion.face.find import find_faces
from emotion.face.photo import read_photo

EYES = (225, 102)
"""The middle between the astronaut's eyes, x and y, read off the photo."""


@pytest.fixture(scope="session")
def portrait():
    """(512, 512, 3) uint8: Eileen Collins (NASA)."""
    return read_photo(Path(__file__).parents[2] / "emotion/page/examples/astronaut.jpg")


@pytest.fixture(scope="session")
def astronaut(portrait):
    """Her Face."""
    (face,) = find_faces(portrait)
    return face
