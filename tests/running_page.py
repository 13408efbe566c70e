"""The page in a process of its own, as tests and benches start it: app.py, its temporary files, memory and time.

Linux only where it says what a process takes: that is read from /proc.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[1]
PREFIX = "expression-"
"""How the names of the page's private folders begin."""
WAIT = 600
"""Seconds that somebody waits for the page's start."""


class Page:
    """app.py in a process of its own, with a folder for its temporary files; a context manager.

    Attributes:
        url: its address, without a slash at the end.
        place: Path, where its temporary files are.
        log: Path of what it wrote to stderr.
        pid: the process' id.

    Args of its making: place, options of app.py's command line, and code (str) to run instead of app.py.
    """

    def __init__(self, place, *options, code=None):
        self.place, self.log = place, place / "log"
        environment = os.environ | {"TMPDIR": str(place), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *(["-c", code] if code else ["app.py"]), *options]
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a background job's own; the page would inherit it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with self.log.open("a") as log:
            pipes = {"stdout": subprocess.PIPE, "stderr": log, "text": True}
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)
        self.pid = self.process.pid

    def wait_until_up(self):
        """Wait for the address; RuntimeError if there comes none."""
        giving_up = threading.Timer(WAIT, self.process.kill)
        giving_up.start()
        words = self.process.stdout.readline().split()
        giving_up.cancel()
        if len(words) < 5:
            raise RuntimeError(f"The page did not start:\n{self.log.read_text()}")
        self.url = words[4].rstrip("/")
        return self

    def __enter__(self):
        return self.wait_until_up()

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)

    def stop(self, number):
        """Send a signal and wait for the end; returns the exit status."""
        self.process.send_signal(number)
        self.process.stdout.close()
        return self.process.wait(120)

    def folders(self):
        """The private folders that are there."""
        return list(self.place.glob(f"{PREFIX}*"))

    def status(self, name):
        """A number of /proc/<id>/status, summed over the process and its children's children."""
        total = 0
        for process in family(self.pid):
            try:
                text = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
            total += int(found[1]) if found else 0
        return total

    def megabytes(self):
        """Memory in use."""
        return self.status("VmRSS") / 1000

    def seconds(self):
        """Processor time so far: (the page's own process, those that it started)."""
        own, *others = map(seconds_of, family(self.pid))
        return own, sum(others)


def family(process):
    """A process' id and those of all that it started."""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def seconds_of(process):
    """Processor time of a process so far, 0 where it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
