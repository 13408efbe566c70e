"""The page with a toy behind it, whose every step a test can hold up."""

import io
import json
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS
from emotion.analysis.engine import Engine
from emotion.analysis.turns import Turns
from emotion.explain.explanation import explain
from emotion.face.frame import Face
from emotion.page.launch import launch
from emotion.page.layout import build_page
from emotion.page.mirror import Mirror
from emotion.server.private_folder import PrivateFolder

RECORD = json.loads((Path(__file__).parents[1] / "models" / "emotion.json").read_text("utf-8"))


class Toy:
    """An Engine's insides: faces from a photo's mean grey, maps that come when they may."""

    def __init__(self, maps=3):
        self.maps = maps
        self.may_go_on = threading.Semaphore(10**6)
        self.at_work = self.most_at_work = self.num_maps = 0
        self.left = threading.Event()

    def find_faces(self, photo):
        pixels = np.full((48, 48), photo.mean(), np.uint8)
        pixels[::2, ::3] += 1
        landmarks = np.random.default_rng(0).uniform(0, 48, (68, 2))
        return [Face((0, 48, 48, 0), landmarks, np.eye(2, 3), np.zeros((48, 48, 3), np.uint8), pixels, 0.0)]

    def follow_face(self, photo, frame=None):
        return self.find_faces(photo)[0]

    def classify(self, pixels):
        grey = pixels.reshape(len(pixels), -1).mean(axis=1)[:, None] / 255
        weights = np.exp(grey * np.arange(len(EMOTIONS)))
        return weights / weights.sum(axis=1, keepdims=True)

    def explain(self, pixels, regions):
        try:
            for _ in range(self.maps):
                yield self.work(pixels, regions)
        finally:
            self.left.set()

    def work(self, pixels, regions):
        """One piece of it."""
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.may_go_on.acquire()
        self.num_maps += 1
        *_, explanation = explain(pixels, regions, self.classify, layers=(1,))
        self.at_work -= 1
        return explanation

    def hold_up(self):
        """From now on, no map comes before let_go."""
        self.may_go_on = threading.Semaphore(0)

    def let_go(self):
        self.may_go_on.release(10**6)


@contextmanager
def served(toy, tmp_path, lanes=1, **options):
    """The page with a toy behind it, open to visitors (options: of launch); yields (address, page, folder)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        with PrivateFolder("expression-") as folder:
            patch.setenv("GRADIO_TEMP_DIR", str(folder.path))
            engine = Engine(toy.find_faces, toy.classify, toy.explain, Turns(lanes), follow_face=toy.follow_face)
            page = build_page(engine, RECORD)
            url = launch(page, Mirror(engine, RECORD), folder, "127.0.0.1", None, **options)
            try:
                yield url.rstrip("/"), page, folder
            finally:
                toy.let_go()
                page.close(verbose=False)


def grey(value, kind="PNG"):
    """A photo of one grey."""
    file = io.BytesIO()
    Image.new("RGB", (60, 60), (value, value, value)).save(file, kind)
    return file.getvalue()
