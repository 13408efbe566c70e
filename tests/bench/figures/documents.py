"""The documents, and their figures filled in from the records.

Every figure stands between a line with "figures: name" and one with "end of figures".
"""

import re

from tests.bench.figures import faces, maps, network, times, training
from tests.bench.figures.markdown import read_records
from tests.running_page import ROOT

DOCUMENTS = tuple(
    ROOT / name
    for name in ("README.md", "emotion/README.md", "models/README.md", "models/EXPERIMENTS.md", "tests/README.md")
)
PARTS = network.PARTS | training.PARTS | faces.PARTS | maps.PARTS | times.PARTS
"""By name: function of the records, a dict from stem to record, that writes the figures."""

PART = re.compile(
    r"^(?P<begin>[^\n]*figures: (?P<name>\w+)\b[^\n]*\n)(?P<figures>.*?)(?P<end>^[^\n]*end of figures[^\n]*$)",
    re.MULTILINE | re.DOTALL,
)


def filled_in(text):
    """A document's text with all of its figures as the records give them."""
    records = read_records()
    return PART.sub(lambda part: f"{part['begin']}{PARTS[part['name']](records)}\n{part['end']}", text)
