"""How figures are written: shares, intervals, tables; and the records that they come from."""

import json

from tests.bench.record import MODELS

STEMS = ("emotion", "emotion-seed1", "handcrafted")
"""Records of trainings: the page's weights, the same with another seed, the handcrafted network."""


def read_records():
    """Dict from stem to record, of the trainings whose records are there."""
    found = {stem: read_measured(stem) for stem in STEMS}
    return {stem: record for stem, record in found.items() if record}


def read_measured(name):
    """The content of models/<name>.json, or None where there is none."""
    file = MODELS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def recipe_of(record):
    """The options of a training's command that tell it from the others."""
    given = record["arguments"]
    return f"`--recipe {given['recipe']}{' --seed ' + str(given['seed']) if given['seed'] else ''}`"


def percent(share):
    """A share (0-1) in percent, a dash for None."""
    return "-" if share is None else f"{share:.1%}"


def with_interval(share, interval):
    """A share (0-1) and its interval (low, high) in percent."""
    return f"{share:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def points_with_interval(shares):
    """[share, low, high] in points, a dash for None."""
    if shares is None:
        return "-"
    points, low, high = (100 * share for share in shares)
    return f"{points:.1f} ({low:.1f} to {high:.1f})"


def number_with_interval(values):
    """A number, or [number, low, high], to three digits."""
    if not isinstance(values, list):
        return f"{values:.3g}" if values < 1000 else f"{values:,.0f}"
    return f"{values[0]:.2f} ({values[1]:.2f} to {values[2]:.2f})"


def not_measured(bench):
    """What stands in the place of a table whose bench has not been run."""
    return f"Not measured for these weights yet: `uv run python -m tests.bench.{bench} --data path/to/fer2013`."


def table(header, rows):
    """A table of a header (its cells with bars between them) and rows (lists of str)."""
    columns = header.count("|") + 1
    return "\n".join([f"| {header} |", "| --- " * columns + "|", *(f"| {' | '.join(row)} |" for row in rows)])
