"""What the page keeps in memory, by part: what each step of its start, and one photo, add.

    uv run python -m tests.bench.memory

Linux only. Writes its part of models/load.json.
"""

import argparse
import gc
import importlib
import re
from pathlib import Path

from tests.bench.record import MODELS, add_output, keep_part


def main():
    """Take the steps in this process, one after the other, and write down what each of them adds."""
    arguments = add_output(argparse.ArgumentParser(description=__doc__.splitlines()[0])).parse_args()
    known, rows, before = {}, [], {"anonymous": 0.0, "file": 0.0}
    for step in (begin, import_gradio, load_detectors, load_tensorflow, lay_out_page, answer_one, explain_one):
        step(known)
        gc.collect()
        now = _megabytes()
        rows.append({"what": step.__doc__.rstrip("."), **{kind: now[kind] - before[kind] for kind in now}})
        before = now
    keep_part(arguments.output / "load.json", "memory", {"rows": rows})


def begin(known):
    """Python and NumPy."""


def import_gradio(known):
    """Gradio."""
    importlib.import_module("emotion.page.layout")  # which loads it as the page does


def load_detectors(known):
    """The face detectors."""
    from emotion.face.detectors import load_detector

    load_detector()


def load_tensorflow(known):
    """TensorFlow, Keras and the network."""
    from emotion.analysis.engine import load_network, local_engine
    from emotion.network.weights import read_record

    known |= {"record": read_record(MODELS), "engine": local_engine(load_network(MODELS))}


def lay_out_page(known):
    """The page."""
    from emotion.page.layout import build_page

    known["page"] = build_page(known["engine"], known["record"])


def answer_one(known):
    """A first photo's chart."""
    from emotion.analysis.pipeline import look
    from emotion.page.examples import EXAMPLES

    known["analysis"] = look(EXAMPLES["astronaut"].path, known["engine"])


def explain_one(known):
    """Its map."""
    from emotion.analysis.pipeline import explain

    for analysis in explain(known["analysis"], known["engine"]):
        known["analysis"] = analysis


def _megabytes():
    """What this process has in memory now: its own data, and parts of programs' files, which processes share."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return {
        kind: int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1000
        for kind, name in (("anonymous", "RssAnon"), ("file", "RssFile"))
    }


if __name__ == "__main__":
    main()
