"""The example photos that the page offers; examples/README.md says where they come from."""

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

THUMBNAIL_SIDE = 120
"""In pixels."""


@dataclass(frozen=True)
class Example:
    """An example photo.

    Attributes:
        path: Path of the photo, a file of the program's own: visitors' files are deleted, this one is not.
        title: what it shows.
    """

    path: Path
    title: str

    @cached_property
    def thumbnail(self):
        """A small copy, as an address that holds it."""
        with Image.open(self.path) as photo:
            photo.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            file = io.BytesIO()
            photo.convert("RGB").save(file, format="JPEG", quality=85)
        return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _example(name, title):
    return Example(Path(__file__).parent / "examples" / f"{name}.jpg", title)


EXAMPLES = {
    "hopper": _example("hopper", "Grace Hopper (US Navy)"),
    "astronaut": _example("astronaut", "Eileen Collins (NASA)"),
    "group": _example("group", "Both of them"),
}
"""By name, in the order in which they are offered."""
