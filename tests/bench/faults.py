"""Kill -9 of the page and of a training at random moments: what is left, and whether the next one goes on.

    uv run python -m tests.bench.faults    # the page 100 times, train.py 50 times

Writes "faults" in models/load.json.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from emotion import EMOTIONS
from tests.bench.record import add_output, keep_part
from tests.running_page import ROOT, Page
from tests.visitor import Visitor, largest_gap, photo_of


def main():
    """Read the command line, measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, help="of the page (default: %(default)s)")
    parser.add_argument("--train-kills", type=int, default=50, help="of train.py (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = add_output(parser).parse_args()
    keep_part(arguments.output / "load.json", "faults", measure_faults(arguments))


def measure_faults(arguments):
    """Kill -9 of the page, and of a training, at random moments."""
    return {
        "page": kill_pages(arguments.kills, arguments.seed),
        "train": kill_trainings(arguments.train_kills, arguments.seed),
    }


def kill_pages(kills, number):
    """Start the page, kill it at some moment between its first second and an analysis; start again."""
    draw, up, unclean = random.Random(number), 0, 0
    with tempfile.TemporaryDirectory() as place:
        begin = time.perf_counter()
        with Page(Path(place)) as page:
            expected = Visitor(page.url).analyse(photo_of(0))["probabilities"]
        seconds = time.perf_counter() - begin
        for _ in range(kills):
            page = Page(Path(place))
            killer = threading.Timer(draw.uniform(0, 1.3 * seconds), page.process.kill)
            killer.start()
            try:
                page.wait_until_up()
                up += 1
                unclean += len(page.folders()) != 1
                while True:
                    Visitor(page.url).analyse(photo_of(0))
            except (RuntimeError, httpx.HTTPError, OSError):
                page.stop(signal.SIGKILL)
            killer.join()
        with Page(Path(place)) as page:
            unclean += len(page.folders()) != 1
            gap = largest_gap(Visitor(page.url).analyse(photo_of(0))["probabilities"], expected)
        left = len(page.folders())
    return {"kills": kills, "while_up": up, "unclean_starts": unclean, "largest_gap_after": gap, "folders_left": left}


def kill_trainings(kills, number):
    """Kill a small training at random moments, go on with --resume, compare with one that nobody killed."""
    import keras

    draw, killed, finished, differing, resumable = random.Random(number), 0, 0, 0, False
    with tempfile.TemporaryDirectory() as place:
        write_faces(Path(place) / "faces", number)
        begin = time.perf_counter()
        whole = Path(place) / "whole"
        if train_in(whole).wait() != 0:
            raise RuntimeError((whole / "log").read_text())
        seconds = time.perf_counter() - begin
        expected = keras.models.load_model(whole / "models/handcrafted.keras").get_weights()
        while killed < kills or resumable:
            folder = Path(place) / f"killed-{finished}"
            process = train_in(folder)
            try:
                status = process.wait(draw.uniform(0.2, 1.1) * seconds if killed < kills else None)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed, resumable = killed + 1, True
                continue
            if status != 0:
                raise RuntimeError((folder / "log").read_text())
            weights = keras.models.load_model(folder / "models/handcrafted.keras").get_weights()
            differing += not all(np.array_equal(one, other) for one, other in zip(weights, expected, strict=True))
            finished, resumable = finished + 1, False
    return {"kills": killed, "finished": finished, "differing": differing}


def train_in(folder):
    """Start train.py in a folder, with --resume where there is something to resume."""
    folder.mkdir(exist_ok=True)
    code = "import sys; from pathlib import Path; import train; sys.exit(train.main(sys.argv[1:], Path()))"
    command = [sys.executable, "-c", code, "--data", "../faces", "--recipe", "handcrafted"]
    command += ["--labels", "fer2013", "--epochs", "12", "--seed", "3"]
    command += ["--resume"] if list(folder.glob("runs/*/*.npz")) else []
    with (folder / "log").open("a") as log:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def write_faces(folder, number):
    """Class folders with 40 faces of each emotion to learn from and 10 to choose on: noise, as only equality counts."""
    draw = np.random.default_rng(number)
    for split, count in {"train": 40, "validation": 10}.items():
        for emotion in EMOTIONS:
            place = folder / split / emotion
            place.mkdir(parents=True)
            for face in range(count):
                Image.fromarray(draw.integers(0, 256, (48, 48), np.uint8)).save(place / f"{face}.png")


if __name__ == "__main__":
    main()
