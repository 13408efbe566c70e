"""What a bench measured, on which machine and when: parts of a JSON file in models/, each replaced by its next run."""

import json
import os
import platform
import re
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

MODELS = Path(__file__).parents[2] / "models"


def describe_machine():
    """What the figures were taken on, in a few words."""
    facts = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.+)$", facts.read_text() if facts.exists() else "", re.MULTILINE)
    processor = model[1] if model else platform.processor() or platform.machine()
    return f"{platform.system()}, {os.cpu_count()} cores ({processor}), Python {platform.python_version()}"


MACHINE = describe_machine()


def add_output(parser):
    """Give a command line (ArgumentParser) the option --output, a folder to write into; return it."""
    parser.add_argument("--output", type=Path, default=MODELS, help="folder to write into (default: models/)")
    return parser


def keep_part(file, name, result):
    """Write a result (dict, ready for JSON) with machine and date as one part of a record (Path); print it."""
    file.parent.mkdir(exist_ok=True)
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    record[name] = {"machine": MACHINE, "date": f"{datetime.now(UTC):%Y-%m-%d}", **result}
    write(file, record)
    print(json.dumps(result, indent=1))


def write(file, record):
    """Write a record (dict, ready for JSON) into a file (Path)."""
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def taken(what, seconds, plain=None, plain_way=""):
    """What takes some seconds, and how long the plain way of doing the same takes: a row of speed.json."""
    return {"what": what, "seconds": seconds, "plain": plain, "plain_way": plain_way}


def write_parts(parts, file, facts):
    """Measure parts and write each into a record when it is there.

    Args:
        parts: dict of functions of no arguments, whose answers are ready for JSON.
        file: Path of the record; its other parts stay if they are of the same weights.
        facts: dict to write too, with weights.
    """
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if record.get("weights") != facts["weights"]:
        record = {}
    for name, measure in parts.items():
        record |= facts | {name: measure()}
        write(file, record)
        print(f"{name}: {record[name]}", flush=True)


def timed(function, runs):
    """Median seconds of some runs, after one that doesn't count."""
    function()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)
