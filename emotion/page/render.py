"""HTML from templates/, which escape whatever is put into them."""

import base64
import io
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from emotion.page.texts import percent, times

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"percent": percent, "times": times}


def render(name, **context):
    """A template of templates/ with what it needs: str, HTML; no percentage is torn from its sign."""
    return TEMPLATES.get_template(name).render(context).replace(" %", "\N{NO-BREAK SPACE}%")


def picture_address(picture, quality=85):
    """A picture (H, W) or (H, W, 3) uint8 as an address that holds it: no file of it lies anywhere."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="JPEG", quality=quality)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
