"""Somebody who gives photos to the running page as a browser does, without one; and the photos that they give."""

import io
import json
import random
import re
import secrets
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image, ImageFilter

from emotion import EMOTIONS
from emotion.server.refusals import BUSY
from tests.running_page import WAIT

ASTRONAUT = Path(__file__).parents[1] / "emotion" / "page" / "examples" / "astronaut.jpg"
MOUTH = (182, 125, 264, 170)
"""Where hers is: left, top, right, bottom."""


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
        """Give a photo (bytes), wait for its map; see analyse_given."""
        return self.analyse_given(file_at(self.upload(content)))

    def analyse_given(self, photo):
        """Give what the page's script gives, such as an uploaded file or an example; wait for its map.

        Returns:
            dict: probabilities ((7,) list), maps (list of str, HTML), to_chart, to_first_map and to_map (seconds).
        """
        begin = time.perf_counter()
        found = {"probabilities": None, "maps": []}
        for outputs in self.answers(photo):
            seconds, maps = time.perf_counter() - begin, maps_in(outputs)
            if any(BUSY in text for text in strings_in(outputs)):
                raise Rejected
            found["probabilities"] = found["probabilities"] or probabilities_in(outputs)
            found["maps"] += maps
            if found["probabilities"]:
                found.setdefault("to_chart", seconds)
            if maps:
                found.setdefault("to_first_map", seconds)
                found["to_map"] = seconds
        if not {"to_chart", "to_first_map"} <= set(found):
            raise RuntimeError("The page gave no answer.")
        return found

    def wait_for_words(self, content, words):
        """Give a photo (bytes); the seconds until the page says each of some words, a list."""
        photo = file_at(self.upload(content))
        begin, seconds = time.perf_counter(), {}
        for outputs in self.answers(photo):
            said = "".join(strings_in(outputs))
            seconds |= {one: time.perf_counter() - begin for one in words if one in said and one not in seconds}
        return [seconds[one] for one in words]

    def answers(self, photo):
        """Give what the page's script gives; yield all values that the page sends, one list an update, as they come."""
        if self.steps is None:
            self.steps = steps_of(self.client.get("/config").json())
        start, look, look_closer, explain, explain_later = self.steps
        given = [None, photo]
        for steps in ({start: given}, {look: given}, {explain: [None], look_closer: [None]}, {explain_later: [None]}):
            yield from self.updates(steps)

    def take_step(self, step, values, said=None):
        """Let the page do one step of its work; returns the values that it sent, one list an update."""
        return list(self.updates({step: values}, said))

    def updates(self, steps, said=None):
        """Yield the values that the page sends in steps of its work, one list an update, as they come.

        Args:
            steps: values by the number of a step; all are begun at the same time.
            said: what the page's script tells of the event, such as which button was clicked.
        """
        for step, values in steps.items():
            body = {"fn_index": step, "session_hash": self.session, "data": values}
            self._post("queue/join", json=body | {"trigger_id": None, "event_data": said})
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


def step_of(config, place, event):
    """The page's step for an event of a place, by its elem_id."""
    part = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == place)
    return next(step["id"] for step in config["dependencies"] if [part, event] in map(list, step["targets"]))


def steps_of(config):
    """The page's own events that follow each other once there is a photo.

    Its start, its faces at a glance, the closer look for others, its map, and that of a face that only that look found.
    """
    photo = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "photo")
    events = config["dependencies"]
    steps = [next(event["id"] for event in events if [photo, "change"] in map(list, event["targets"]))]
    successes = [event for event in events if event["trigger_only_on_success"]]
    for step in steps:
        steps += [event["id"] for event in successes if event["trigger_after"] == step]
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


def maps_in(outputs):
    """The maps among an event's values: list of str, HTML."""
    return [text for text in strings_in(outputs) if "data-map=" in text]


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
