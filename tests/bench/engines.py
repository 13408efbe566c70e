"""The network's weights go in; how fast ways to run them answer comes out, each in a process of its own.

    uv run --with onnxruntime,openvino,tf2onnx python -m tests.bench.engines --data fer2013

Only what is installed is measured; --with adds what the page does without. Writes engines.json.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np

from emotion.data.load import load_faces
from tests.bench.command import load_weights, read_arguments
from tests.bench.engine_ways import ENGINES, export
from tests.bench.record import timed, write
from tests.running_page import ROOT

NUM_FACES, NUM_CALIBRATION = 1_000, 200
THIS = [sys.executable, "-m", "tests.bench.engines"]


def main():
    """Measure by the command line, or one engine in the process that measure_engines starts."""
    if sys.argv[1:2] == ["page"]:
        start_page(sys.argv[2], float(sys.argv[3]))
    elif sys.argv[1:2] == ["engine"]:
        run(sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))
    else:
        arguments = read_arguments(__doc__)
        classify, facts = load_weights()
        measure_engines(load_faces(arguments.data)["validation"], classify, arguments.output, facts)


def measure_engines(validation, classify, output, facts):
    """Time each engine on validation faces and on a whole explanation; write engines.json.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    pixels = np.random.default_rng(0).permutation(validation.pixels)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        np.save(folder / "faces.npy", pixels[:NUM_FACES])
        export(folder, pixels[-NUM_CALIBRATION:])
        expected = classify(pixels[:NUM_FACES])
        for name, (package, threads, _) in ENGINES.items():
            if find_spec(package) is None or (package == "onnxruntime" and not (folder / "onnx").is_file()):
                print(f"{name}: not measured, {package} or tf2onnx is not installed")
                continue
            command = [*THIS, "engine", name, str(folder), str(time.time())]
            limits = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"), str(threads)) if threads else {}
            subprocess.run(command, cwd=ROOT, env=os.environ | limits, check=True, stdout=subprocess.DEVNULL)
            answers = np.load(folder / "answers.npy")
            row = {"engine": name, **json.loads((folder / "row.json").read_text(encoding="utf-8"))}
            if "half" not in name:  # of which only the speed counts, since its weights are drawn at random
                row["largest_difference"] = float(np.abs(answers - expected).max())
                row["same_emotion"] = float((answers.argmax(axis=1) == expected.argmax(axis=1)).mean())
            print(row, flush=True)
            rows.append(row)
    record = facts | {"faces": NUM_FACES, "rows": rows, "page": measure_page()}
    write(output / "engines.json", record)


def measure_page():
    """What TensorFlow takes of the page's start, detector and network loaded, and of its memory.

    Returns:
        dict of "as it is" and "without TensorFlow": dict of start (seconds) and megabytes, medians of three.
    """
    page = {}
    for name in ("as it is", "without TensorFlow"):
        command = [*THIS, "page", name]
        runs = [
            json.loads(subprocess.check_output([*command, str(time.time())], cwd=ROOT, stderr=subprocess.DEVNULL))
            for _ in range(3)
        ]
        page[name] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return page


def start_page(name, started):
    """Load what the page loads in this process, and print what that took."""
    if name == "without TensorFlow":
        sys.modules |= dict.fromkeys(("tensorflow", "keras"), MagicMock())
    import emotion.page.layout  # noqa: F401
    from emotion.face.detectors import load_detector
    from emotion.network.model import load_classifier

    load_detector()
    if name == "as it is":
        load_classifier(ROOT / "models")[0](np.zeros((1, 48, 48), np.uint8))
    print(json.dumps({"start": time.time() - started, "megabytes": peak_megabytes()}))


def run(name, folder, started):
    """Measure one engine in this process: leaves row.json and answers.npy in the folder."""
    faces = np.load(folder / "faces.npy")
    classify = ENGINES[name][2](folder)
    classify(faces[:1])
    row = {
        "start": time.time() - started,
        "megabytes": peak_megabytes(),
        "thousand": timed(lambda: classify(faces), 5),
        "one": timed(lambda: classify(faces[:1]), 50),
    }
    from emotion.explain.explanation import explain
    from emotion.explain.regions import superpixels

    regions = superpixels(faces[0])
    row["explanation"] = timed(lambda: list(explain(faces[0], regions, classify)), 3)
    np.save(folder / "answers.npy", classify(faces))
    (folder / "row.json").write_text(json.dumps(row), encoding="utf-8")


def peak_megabytes():
    """The most memory that this process held; getrusage's figure would be the one of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
