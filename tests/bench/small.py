"""The page on a small computer: one core without AVX-512, and 2 GB of memory. Does it start, answer, say it is slow?

    uv run python -m tests.bench.small

Linux only; needs leave to make a control group for the memory, and does without where there is none. Writes its part of
models/load.json.
"""

import argparse
import os
import select
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

from tests.bench.record import add_output, keep_part
from tests.running_page import Page
from tests.visitor import ASTRONAUT, Visitor, file_at, strings_in

BYTES = 2_000_000_000
GROUPS = Path("/sys/fs/cgroup")
SLOW = "This computer is slow or busy"


def main():
    """Start the page on a part of this computer, give it photos, and write down what was seen."""
    arguments = add_output(argparse.ArgumentParser(description=__doc__.splitlines()[0])).parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        with memory_limit() as limit, one_core(), patch.dict(os.environ, ISA):
            page = Page(Path(place))
        result = measure(page, begin) | {"bytes": limit}
    keep_part(arguments.output / "load.json", "small", result)


def measure(page, begin):
    """Give photos to a Page that was begun at a time (seconds of perf_counter): dict, ready for JSON."""
    with page:
        started = time.perf_counter() - begin
        told, _, _ = select.select([page.process.stdout], [], [], 120)
        terminal = page.process.stdout.readline().strip() if told else ""
        visitor, photo = Visitor(page.url), ASTRONAUT.read_bytes()
        outputs = list(visitor.answers(file_at(visitor.upload(photo))))
        said = any(SLOW in text for text in strings_in(outputs))
        answer = visitor.analyse(photo)
        return {
            "seconds_to_page": started,
            "terminal": terminal,
            "said_to_visitor": said,
            **{name: answer[name] for name in ("to_chart", "to_first_map", "to_map")},
            "megabytes": page.status("VmHWM") / 1000,
        }


ISA = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
"""What oneDNN, which does the convolutions, then takes the processor for."""


@contextmanager
def one_core():
    """Processes that are begun inside have one core, the last one of this process' own."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def memory_limit():
    """Processes that are begun inside share BYTES of memory: yields that number, None where it can't be limited."""
    old = GROUPS / "memory" if (GROUPS / "memory").is_dir() else None
    group = (old or GROUPS) / "small-page"
    try:
        group.mkdir(exist_ok=True)
        (group / ("memory.limit_in_bytes" if old else "memory.max")).write_text(str(BYTES))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield None
        return
    try:
        yield BYTES
    finally:
        with suppress(OSError):
            (group.parent / "cgroup.procs").write_text(str(os.getpid()))


if __name__ == "__main__":
    main()
