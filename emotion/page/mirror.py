"""The live mirror's answers: a camera's frame in, seven steadied bars out. Nothing of a frame is kept or written.

It stands beside Gradio, whose stream of events would write every frame to the disk and let frames queue.
"""

import asyncio
import io
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.live import Follower
from emotion.page.texts import live_text, percent, standing_out
from emotion.server.gate import MIRROR
from emotion.server.places import Places
from emotion.server.refusals import NO_FRAME, Refused

LOADING = "The model is still loading …"
NO_FACE = "No face in view. Look into the camera."

TARGET = 0.8
"""The game: each emotion's bar is to pass this probability once."""

LANES = max(1, (os.cpu_count() or 1) // 2)
"""Frames that are worked on at a time. The other half of the cores is for photos."""


class Mirror:
    """Answers the frames of all visitors who have a place."""

    def __init__(self, engine: Engine, record):
        """Begin without visitors; record is the content of models/emotion.json."""
        self._engine, self._rule = engine, record["not_sure"]
        self._places = Places(lambda: Follower(engine), LANES)
        self._lanes = ThreadPoolExecutor(LANES, "mirror")

    async def answer(self, name, body, visitor=None):
        """Answer a frame.

        Args:
            name: str, of the visitor's place; "" for a new one.
            body: bytes of a JPEG file; empty where the visitor leaves.
            visitor: see places.Place.

        Returns:
            dict, ready for JSON: sentence; with a place also its name, the face's box (see live.Glimpse) and the bars,
            by emotion [probability, the same in words, whether the sentence names it]; both None without a face.

        Raises:
            Refused: there is no place for them, or this is no frame.
        """
        if not body:
            self._places.leave(name)
            return {}
        if not self._engine.is_ready():
            return {"sentence": LOADING}
        place, wait = self._places.enter(name, visitor)
        try:
            await asyncio.sleep(wait)
            glimpse = await asyncio.get_running_loop().run_in_executor(self._lanes, self._look, place.held, body)
        except InputError as error:
            raise Refused(400, str(error)) from error
        finally:
            place.busy = False
        return {"place": place.name} | self._said(glimpse)

    def _look(self, follower, body):
        begin = time.perf_counter()
        glimpse = follower.look(io.BytesIO(body))
        self._places.note(time.perf_counter() - begin)
        return glimpse

    def _said(self, glimpse):
        if glimpse is None:
            return {"sentence": NO_FACE, "box": None, "bars": None}
        named = standing_out(glimpse.probabilities, self._rule)
        shares = zip(EMOTIONS, map(float, glimpse.probabilities), strict=True)
        return {
            "sentence": live_text(glimpse.probabilities, self._rule),
            "box": glimpse.box,
            "bars": {emotion: [share, percent(share), emotion in named] for emotion, share in shares},
        }


class MirrorRoute:
    """ASGI middleware: hands frames to a Mirror. The gate before it has bounded them."""

    def __init__(self, app, mirror):
        """Stand before an ASGI app (a callable) with a Mirror."""
        self._app, self._mirror = app, mirror

    async def __call__(self, scope, receive, send):
        """Answer a connection.

        Raises:
            Refused: see Mirror.answer; or it is not the page that asks.
        """
        if scope["type"] != "http" or scope["path"] != MIRROR:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != b"image/jpeg":  # which other sites' pages can't send without asking
            raise Refused(415, NO_FRAME)
        name = headers.get(b"x-place", b"").decode("latin-1")
        said = await self._mirror.answer(name, (await receive())["body"], scope.get("visitor"))
        kind = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})
