"""Many visitors at once, many photos, several replicas: times, memory, and whether each visitor gets their own answer.

    uv run python -m tests.bench.load visitors    # 1, 4, 16 and 64 at once, each with a photo of their own
    uv run python -m tests.bench.load soak        # 2,000 analyses: does memory grow, is a file or a thread left?
    uv run --group cluster python -m tests.bench.load replicas    # 8 at once: one process, then 2 replicas
    uv run --group cluster python -m tests.bench.load curve       # replicas of a stand-in that only sleeps
    uv run python -m tests.bench.load visitors --visitors 4 --output runs    # a rehearsal

Each starts the page itself, asks it through this computer's own address only, and writes its part of models/load.json.
"""

import argparse
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from emotion import EMOTIONS
from tests.bench.record import add_output, keep_part
from tests.running_page import Page
from tests.visitor import Rejected, Visitor, largest_gap, photo_of

SLEEP = 0.25
"""Seconds that the stand-in for the network takes for any pictures; the real one takes so long for some hundred."""


def main():
    """Read the command line, measure one part, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 4, 16, 64], help="visitors: at once")
    parser.add_argument("--each", type=int, default=4, help="visitors, replicas: analyses of each visitor")
    parser.add_argument("--curve", type=int, nargs="+", default=[1, 2, 4, 8], help="curve: replicas, in turn")
    parser.add_argument("--replicas", type=int, nargs="+", default=[0, 2, 0, 2], help="replicas: of each page, in turn")
    parser.add_argument("--analyses", type=int, default=2000, help="soak: analyses in all")
    arguments = add_output(parser).parse_args()
    keep_part(arguments.output / "load.json", arguments.part, PARTS[arguments.part](arguments))


def measure_visitors(arguments):
    """Some visitors at once, each with a photo of their own: how long, how many turned away, whose answer."""
    with tempfile.TemporaryDirectory() as place, Page(Path(place)) as page:
        photos = [photo_of(number) for number in range(max(arguments.visitors))]
        alone = Visitor(page.url)
        expected = [alone.analyse(photo)["probabilities"] for photo in photos]
        rows = [visit_at_once(page, photos[:count], expected, arguments.each) for count in arguments.visitors]
    nearest = min((largest_gap(one, other) for n, one in enumerate(expected) for other in expected[:n]), default=None)
    return {"each": arguments.each, "nearest_photos_gap": nearest, "visitors": rows}


def visit_at_once(page, photos, expected, each):
    """Every photo's owner at the same time.

    Returns:
        dict, ready for JSON: visitors, answered, rejected, wrong (counts), largest_gap (of a probability from the
        answer that the photo had alone), analyses a minute, quantiles of the seconds to chart and to map, megabytes.
    """
    gate = threading.Barrier(len(photos))

    def visit(number):
        visitor, answers, rejected = Visitor(page.url), [], 0
        gate.wait()
        for _ in range(each):
            try:
                answers.append(visitor.analyse(photos[number]))
            except Rejected:
                rejected += 1
                time.sleep(1)
        visitor.close()
        return rejected, answers, [largest_gap(answer["probabilities"], expected[number]) for answer in answers]

    begin = time.perf_counter()
    with ThreadPoolExecutor(len(photos)) as pool:
        results = list(pool.map(visit, range(len(photos))))
    minutes = (time.perf_counter() - begin) / 60
    answers = [answer for _, some, _ in results for answer in some]
    gaps = [gap for _, _, some in results for gap in some]
    return {
        "visitors": len(photos),
        "answered": len(answers),
        "rejected": sum(rejected for rejected, _, _ in results),
        "wrong": sum(gap > 1e-5 for gap in gaps),
        "largest_gap": max(gaps),
        "per_minute": len(answers) / minutes,
        "to_chart": quantiles([answer["to_chart"] for answer in answers]),
        "to_map": quantiles([answer["to_map"] for answer in answers]),
        "megabytes": page.megabytes(),
    }


def quantiles(seconds):
    """Dict of p50, p95 and p99."""
    return {f"p{share}": float(np.percentile(seconds, share)) for share in (50, 95, 99)}


def measure_replicas(arguments):
    """The same visitors at the page of one process and at pages with replicas: how many a minute, whose work it is."""
    photos, expected, rows = [photo_of(number) for number in range(8)], None, []
    for replicas in arguments.replicas:
        options = ["--replicas", str(replicas)] if replicas else []
        with tempfile.TemporaryDirectory() as place, Page(Path(place), *options) as page:
            alone = Visitor(page.url)
            answers = [alone.analyse(photo)["probabilities"] for photo in photos]
            expected = expected or answers  # every page's answers are compared with the first one's
            before = page.seconds()
            row = visit_at_once(page, photos, expected, arguments.each)
            own, others = (after - begin for after, begin in zip(page.seconds(), before, strict=True))
            count = max(1, row["answered"])
            rows.append({"replicas": replicas, "page_seconds": own / count, "other_seconds": others / count, **row})
    return {"each": arguments.each, "runs": rows}


def measure_curve(arguments):
    """Maps by replicas whose network only sleeps, and so takes no processor: how many a minute the rest lets through.

    As many visitors as there are lanes and again as many have one map after the other made.
    """
    from emotion.analysis import replicas
    from emotion.analysis.pipeline import rehearse

    def load():
        def network(pixels):
            time.sleep(SLEEP)
            return np.full((len(pixels), len(EMOTIONS)), 1 / len(EMOTIONS))

        return network

    rows = []
    for count in arguments.curve:
        with replicas.cluster_engine(load, count) as engine, ThreadPoolExecutor(2 * count) as pool:
            list(pool.map(rehearse, [engine] * 2 * count))  # by now, every replica has loaded what it needs
            begin = time.perf_counter()
            list(pool.map(rehearse, [engine] * arguments.each * 2 * count))
            minutes = (time.perf_counter() - begin) / 60
        rows.append({"replicas": count, "per_minute": arguments.each * 2 * count / minutes})
        print(rows[-1], flush=True)
    return {"sleep": SLEEP, "rows": rows}


def measure_soak(arguments):
    """Many analyses by four visitors: memory over time, files and threads at the end."""
    rows, lock = [], threading.Lock()
    with tempfile.TemporaryDirectory() as place:
        page = Page(Path(place)).wait_until_up()
        expected = [Visitor(page.url).analyse(photo_of(number))["probabilities"] for number in range(4)]
        threads, left, wrong = page.status("Threads"), iter(range(arguments.analyses)), 0

        def visit(number):
            nonlocal wrong
            visitor, photo = Visitor(page.url), photo_of(number)
            while True:
                with lock:
                    done = next(left, None)
                if done is None:
                    return
                gap = largest_gap(visitor.analyse(photo)["probabilities"], expected[number])
                with lock:
                    wrong += gap > 1e-5
                    rows.append((done, page.megabytes()))
                    if len(rows) % 50 == 0:
                        print(f"{len(rows)} of {arguments.analyses}: {rows[-1][1]:.0f} MB", flush=True)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(visit, range(4)))
        late = rows[len(rows) // 2 :]
        slope = np.polyfit(*np.transpose(late), 1)[0] if len(late) > 2 else 0.0
        oldest = max(
            age(file) for folder in page.folders() for file in folder.glob("*/*") if "astronaut" not in str(file)
        )
        result = {
            "analyses": arguments.analyses,
            "wrong": wrong,
            "megabytes": [rows[0][1], *(float(part[-1][1]) for part in np.array_split(rows, 10))],
            "megabytes_per_1000": 1000 * float(slope),
            "threads_begin": threads,
            "threads_end": page.status("Threads"),
            "oldest_file_seconds": oldest,
            "exit_status": page.stop(signal.SIGTERM),
            "files_left": sum(file.is_file() for folder in page.folders() for file in folder.rglob("*")),
        }
    return result


def age(file):
    """Seconds since a file was last written or moved."""
    return time.time() - file.stat().st_ctime


PARTS = {"visitors": measure_visitors, "soak": measure_soak, "replicas": measure_replicas, "curve": measure_curve}

if __name__ == "__main__":
    main()
