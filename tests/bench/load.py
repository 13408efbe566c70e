"""The page under load, attack and neglect: many visitors, many photos, kills at random moments, senseless requests.

    uv run tests/load.py load     # 1, 4, 16 and 64 visitors at once, each with a photo of their own
    uv run tests/load.py soak     # 2,000 analyses: does memory grow, is a file or a thread left?
    uv run tests/load.py faults   # kill -9 of the page 100 times and of train.py 50 times, at random moments
    uv run tests/load.py fuzz     # 5,000 senseless or hostile requests
    uv run --group cluster tests/load.py replicas    # 8 visitors at once: one process, then 2 replicas of the analysis
    uv run tests/load.py load --visitors 4 --output runs    # a rehearsal; --help has the other counts

Each starts the page itself, asks it through this computer's own address only, and writes its part of
models/load.json, which tests/figures.py puts into README. Linux only: memory and threads are read from /proc.
"""

import argparse
import io
import json
import os
import platform
import random
import re
import secrets
import signal
import string
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(ROOT := Path(__file__).parents[1]))

import httpx
import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from emotion import EMOTIONS

ASTRONAUT = ROOT / "emotion" / "page" / "examples" / "astronaut.jpg"
MOUTH = (182, 125, 264, 170)
"""Where hers is: left, top, right, bottom."""


def describe_machine():
    """What the figures were taken on, in a few words."""
    facts = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.+)$", facts.read_text() if facts.exists() else "", re.MULTILINE)
    processor = model[1] if model else platform.processor() or platform.machine()
    return f"{platform.system()}, {os.cpu_count()} cores ({processor}), Python {platform.python_version()}"


MACHINE = describe_machine()
PREFIX = "expression-"
WAIT = 600
"""Seconds that a visitor waits for an answer, and somebody for the page's start."""


def main():
    """Run one of the parts and write what it measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 4, 16, 64], help="load: at once")
    parser.add_argument("--each", type=int, default=4, help="load, replicas: analyses of each visitor")
    parser.add_argument("--replicas", type=int, nargs="+", default=[0, 2, 0, 2], help="replicas: of each page, in turn")
    parser.add_argument("--analyses", type=int, default=2000, help="soak: analyses in all")
    parser.add_argument("--kills", type=int, default=100, help="faults: of the page")
    parser.add_argument("--train-kills", type=int, default=50, help="faults: of train.py")
    parser.add_argument("--requests", type=int, default=5000, help="fuzz: requests in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=ROOT / "models", help="folder of load.json")
    arguments = parser.parse_args()
    result = PARTS[arguments.part](arguments)
    arguments.output.mkdir(exist_ok=True)
    file = arguments.output / "load.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    record[arguments.part] = {"machine": MACHINE, "date": f"{datetime.now(UTC):%Y-%m-%d}", **result}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


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


class Rejected(Exception):
    """The page said that it is too busy."""


class Visitor:
    """Somebody who gives photos to the page as a browser does, without one."""

    def __init__(self, url):
        self.client = httpx.Client(base_url=url, timeout=WAIT, trust_env=False)
        self.session = secrets.token_hex(8)
        self.steps = None

    def upload(self, content, name="photo.jpg"):
        """Send a file; returns its path there."""
        return self._post("upload", files={"files": (name, content)})[0]

    def analyse(self, content):
        """Give a photo, wait for its map.

        Returns:
            dict: probabilities ((7,) list), pictures (list of paths), to_chart, to_first_map and to_map (seconds
            since the upload's end).
        """
        if self.steps is None:
            self.steps = steps_of(self.client.get("/config").json())
        photo = file_at(self.upload(content))
        begin = time.perf_counter()
        found = {"probabilities": None, "pictures": []}
        for step, values in zip(self.steps, ([None, photo], [None, photo], [None]), strict=True):
            for outputs in self.updates(step, values):
                seconds, pictures = time.perf_counter() - begin, pictures_in(outputs)
                found["probabilities"] = found["probabilities"] or probabilities_in(outputs)
                found["pictures"] += pictures
                if found["probabilities"]:
                    found.setdefault("to_chart", seconds)
                if pictures and step == self.steps[-1]:
                    found.setdefault("to_first_map", seconds)
        found["to_map"] = time.perf_counter() - begin
        if not {"to_chart", "to_first_map"} <= set(found):
            raise RuntimeError("The page gave no answer.")
        return found

    def take_step(self, step, values):
        """Let the page do one step of its work; returns the values that it sent, one list an update."""
        return list(self.updates(step, values))

    def updates(self, step, values):
        """Yield the values that the page sends in one step of its work, one list an update, as they come."""
        body = {"fn_index": step, "session_hash": self.session, "data": values, "trigger_id": None, "event_data": None}
        self._post("queue/join", json=body)
        with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as answer:
            for line in answer.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed" and not message["success"]:
                    raise RuntimeError(f"The page answered with an error: {message}")
                if message.get("msg") in ("process_generating", "process_completed"):
                    yield message["output"].get("data")

    def join(self, path):
        """Ask for an uploaded file's analysis as a program does; returns the event's id."""
        return self._post("call/analyse", json={"data": [file_at(path), 1, "superpixels"]})["event_id"]

    def listen(self, event):
        """Yield (kind, data) of an event: complete, error, heartbeat."""
        with self.client.stream("GET", f"/gradio_api/call/analyse/{event}") as answer:
            kind = None
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))

    def close(self):
        self.client.close()

    def _post(self, path, **options):
        answer = self.client.post(f"/gradio_api/{path}", **options)
        if answer.status_code == 503:
            raise Rejected
        answer.raise_for_status()
        return answer.json()


def file_at(path):
    """An uploaded file as events name it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def steps_of(config):
    """The page's own events that follow each other once there is a photo: its start, its faces, its map."""
    photo = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "photo")
    events = config["dependencies"]
    steps = [next(event["id"] for event in events if [photo, "change"] in map(list, event["targets"]))]
    while after := [event["id"] for event in events if event["trigger_after"] == steps[-1]]:
        steps += after
    return steps


def strings_in(value):
    """Every string in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def probabilities_in(outputs):
    """The seven probabilities of a chart among an event's values, or None."""
    for text in strings_in(outputs):
        shares = dict(re.findall(r"data-emotion='(\w+)' data-probability='([\d.e-]+)'", text))
        if len(shares) == len(EMOTIONS) and any(map(float, shares.values())):  # no empty chart
            return [float(shares[emotion]) for emotion in EMOTIONS]
    return None


def pictures_in(outputs):
    """The paths of the pictures among an event's values."""
    return [
        text for text in strings_in(outputs) if text.startswith("/") and f"/{PREFIX}" in text and "file=" not in text
    ]


def photo_of(number):
    """A visitor's own photo: the astronaut, framed and lit as nobody else's, and with a smile of their own clarity.

    Returns:
        bytes of a JPEG file.
    """
    draw = random.Random(number)
    picture = Image.open(ASTRONAUT).convert("RGB")
    picture.paste(picture.filter(ImageFilter.GaussianBlur(draw.uniform(0, 6))).crop(MOUTH), MOUTH[:2])
    picture = picture.rotate(draw.uniform(-12, 12), Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    gamma = draw.uniform(0.6, 1.7)
    picture = picture.point([round(255 * (grey / 255) ** gamma) for grey in range(256)] * 3)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=draw.randint(60, 95))
    return file.getvalue()


def largest_gap(answer, expected):
    """The largest difference between two lists of probabilities."""
    return float(np.abs(np.subtract(answer, expected)).max())


# The parts


def measure_load(arguments):
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
        expected = keras.models.load_model(whole / "out/seed.keras").get_weights()
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
            weights = keras.models.load_model(folder / "out/seed.keras").get_weights()
            differing += not all(np.array_equal(one, other) for one, other in zip(weights, expected, strict=True))
            finished, resumable = finished + 1, False
    return {"kills": killed, "finished": finished, "differing": differing}


def train_in(folder):
    """Start train.py in a folder, with --resume where there is something to resume."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(ROOT / "train.py"), "--data", "../faces", "--out", "out"]
    command += ["--recipe", "seed", "--labels", "fer2013", "--epochs", "12", "--seed", "3"]
    command += ["--resume"] if list(folder.glob("runs/*/run.json")) else []
    with (folder / "log").open("a") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def write_faces(folder, number):
    """Class folders with 40 faces of each emotion to learn from and 10 to choose on: noise, as only equality counts."""
    draw = np.random.default_rng(number)
    for split, count in {"train": 40, "validation": 10}.items():
        for emotion in EMOTIONS:
            place = folder / split / emotion
            place.mkdir(parents=True)
            for face in range(count):
                Image.fromarray(draw.integers(0, 256, (48, 48), np.uint8)).save(place / f"{face}.png")


# Senseless and hostile requests

CANARY = "canary-7c1f"
INTERNALS = re.compile(r"Traceback|File \"|site-packages|\.py\b|Errno|object at 0x|gradio\.exceptions")


def hostile_texts(place):
    """Strings that mean harm: ways out of a folder, addresses of this computer, very long ones."""
    secret = place / "secret.txt"
    return st.one_of(
        st.sampled_from(
            [
                str(secret),
                "/etc/passwd",
                "../" * 12 + "etc/passwd",
                "..%2f" * 12 + "etc/passwd",
                "%252e%252e%252f" * 12 + "etc/passwd",
                f"file://{secret}",
                "file:///etc/passwd",
                "http://127.0.0.1:22/",
                "http://localhost/",
                "http://169.254.169.254/latest/meta-data/",
                "http://[::1]/",
                "\\\\server\\share",
                "C:\\Windows\\win.ini",
                "/dev/zero",
                "/proc/self/environ",
                "con",
                "{{7*7}}",
                "<script>alert(1)</script>",
                "\x00",
                "💥" * 1000,
            ]
        ),
        repeated(("a", 300_000), ("QUJD", 2_500_000)),
        st.text(max_size=60),
    )


def repeated(*parts):
    """Strategy for long strings, of which hypothesis knows the (part, count) only: it prints what it draws from."""
    return st.sampled_from(parts).map(lambda part: part[0] * part[1])


def values(texts):
    """JSON of any shape, files of any kind among it."""
    file = st.fixed_dictionaries(
        {"path": texts, "meta": st.just({"_type": "gradio.FileData"})}, optional={"url": texts, "orig_name": texts}
    )
    single = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, file)
    return st.recursive(
        single,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


def requests(place):
    """Strategy for dicts of keywords of httpx.Client.request."""
    texts = hostile_texts(place)
    inside = st.sampled_from(["a", "analyse", "0", "..", "%2e%2e"]) | st.text(
        string.ascii_letters, min_size=1, max_size=9
    )
    event = st.fixed_dictionaries(
        {"data": values(texts)},
        optional={
            "fn_index": st.integers(-3, 40) | texts,
            "session_hash": texts,
            "event_data": values(texts),
            "trigger_id": st.integers(-2, 99),
        },
    )
    posts = st.builds(
        lambda path, body: posted(path, json.dumps(body).encode()),  # with NaN and Infinity, which httpx would not send
        st.sampled_from(
            [
                "queue/join",
                "call/analyse",
                "cancel",
                "reset",
                "run/analyse",
                "api/analyse",
                "component_server",
                "vibe-edit",
            ]
        ),
        event | values(texts),
    )
    raw = st.builds(
        posted,
        st.sampled_from(["queue/join", "call/analyse", "upload", "process_recording"]),
        st.binary(max_size=300) | repeated((b"[", 100_000), (b'{"data":', 20_000)),
    )
    uploads = st.builds(
        lambda name, content: {"method": "POST", "url": "/gradio_api/upload", "files": {"files": (name, content)}},
        st.sampled_from(["../../secret.txt", "/etc/cron.d/x", "a.html", "..\\..\\x", "x" * 300, "photo.jpg", "con.svg"])
        | st.text(max_size=20),
        st.binary(max_size=2000),
    )
    gets = st.builds(
        lambda path, rest: {"method": "GET", "url": f"/{path}{rest}"},
        st.sampled_from(
            [
                "gradio_api/file=",
                "gradio_api/file/",
                "gradio_api/proxy=",
                "static/",
                "assets/",
                "gradio_api/call/analyse/",
                "gradio_api/stream/",
                "gradio_api/deep_link?session_hash=",
                "gradio_api/custom_component/",
                "monitoring/",
                "config?",
                "",
            ]
        ),
        texts.map(lambda text: httpx.QueryParams({"": text[:2000]}).__str__()[1:])
        | st.sampled_from(["../../etc/passwd", "/etc/passwd", "http://127.0.0.1/"]),
    )
    odd = st.builds(
        lambda method, path: {"method": method, "url": f"/{path}"},
        st.sampled_from(["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"]),
        inside.map(lambda name: f"gradio_api/{name}"),
    )
    return st.one_of(posts, posts, raw, uploads, gets, odd)


def posted(path, body):
    """Keywords of httpx.Client.request for bytes that are said to be JSON."""
    headers = {"content-type": "application/json"}
    return {"method": "POST", "url": f"/gradio_api/{path}", "content": body, "headers": headers}


def measure_fuzz(arguments):
    """Requests that no browser makes: no internals, no file of this computer, and the page works on."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "secret.txt").write_text(CANARY)
        with Page(Path(place)) as page:
            expected = Visitor(page.url).analyse(photo_of(0))["probabilities"]
            counts = fuzz(page, arguments.requests, arguments.seed)
            gap = largest_gap(Visitor(page.url).analyse(photo_of(0))["probabilities"], expected)
            log = page.log.read_text()
    leaks = [word for word in (CANARY, "etc/passwd", "secret.txt", "base64", "Traceback", PREFIX) if word in log]
    return {**counts, "largest_gap_after": gap, "words_in_log": leaks}


def fuzz(page, num_requests, number):
    """Send requests; dict, ready for JSON: how many of each status, and of answers that tell what they must not."""
    statuses, telling = {}, []
    client = httpx.Client(base_url=page.url, timeout=20, trust_env=False)
    listening = httpx.Client(base_url=page.url, timeout=20, trust_env=False)

    def look(status, text):
        statuses[status] = statuses.get(status, 0) + 1
        own = text.replace(str(page.place), "")  # an upload's own path is told to who uploaded it
        if CANARY in text or "root:" in text or (status >= 400 and INTERNALS.search(own)):
            telling.append(text[:300])

    @seed(number)
    @settings(
        max_examples=num_requests,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests(page.place))
    def send(request):
        try:
            answer = client.request(**request)
        except (httpx.InvalidURL, UnicodeError):
            return  # httpx won't send it
        except httpx.HTTPError as error:
            statuses[type(error).__name__] = statuses.get(type(error).__name__, 0) + 1
            return
        look(answer.status_code, answer.text)
        if answer.status_code == 200 and "event_id" in answer.text and request["url"].endswith("call/analyse"):
            with listening.stream("GET", f"/gradio_api/call/analyse/{answer.json()['event_id']}") as events:
                look(events.status_code, events.read().decode())

    send()
    return {
        "requests": sum(statuses.values()),
        "statuses": {str(key): statuses[key] for key in sorted(statuses, key=str)},
        "telling": telling,
    }


PARTS = {
    "load": measure_load,
    "soak": measure_soak,
    "faults": measure_faults,
    "fuzz": measure_fuzz,
    "replicas": measure_replicas,
}

if __name__ == "__main__":
    main()
