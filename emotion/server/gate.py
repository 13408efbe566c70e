"""The gate before Gradio: lets through only requests that the page needs, bounded in size, time and number.

Gradio serves more than this page uses: a proxy, a video converter, saved sessions, an editor of code. What is not named
here is closed, whatever the next version adds. It is ASGI middleware (asgi.readthedocs.io).
"""

import asyncio
import contextlib
import re
import shutil
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import unquote

from emotion.server.bodies import bounded, in_time, replay, whole
from emotion.server.events import read_event
from emotion.server.log import report
from emotion.server.refusals import (
    BROKEN,
    BUSY,
    CLOSED,
    FULL,
    MESSAGE_TOO_LARGE,
    NO_ENDPOINT,
    NO_UPLOAD,
    Refused,
    answer_to,
)
from emotion.server.visitors import UPLOADS_AT_ONCE

OPEN = {
    "GET": re.compile(
        r"/|/(config|info|theme\.css|favicon\.ico|pwa_icon|manifest\.json|robots\.txt|(assets|static)/[\w./-]{1,200})"
        r"|/gradio_api/(info|heartbeat/\w+|queue/data|call/\w+/\w+|upload_progress|file=.+|startup-events|app_id)"
    ),
    "POST": re.compile(r"/gradio_api/(upload|queue/join|call/\w+|cancel|reset)|/mirror"),
}
"""What the page, in a browser or through gradio_client, asks for; HEAD as GET."""

UPLOAD = "/gradio_api/upload"
FILE = "/gradio_api/file="
MAX_UPLOAD = 25_000_000
"""The most bytes of an upload, which is the largest file: phone photos have 2 to 12 million."""

MAX_MESSAGE = 256_000
"""The most bytes of any other request: an event with the values of its components has a few thousand."""

MIRROR = "/mirror"
MAX_FRAME = 100_000
"""The most bytes of a live mirror's frame: the page's own have 10,000 to 20,000."""

MAX_UPLOADS = 16
"""The most uploads at a time; each is written to the disk as it arrives."""

MAX_OPEN = 500
"""The most requests at a time. A visitor has two open; a process has 1,024 files by default."""

MAX_STORED = 1_000_000_000
"""The most bytes of visitors' files at a time: the last minutes' photos and pictures of a few hundred visitors."""

MIN_FREE = 100_000_000
"""Bytes that stay free on the disk: pictures of photos that are being analysed need some."""

CALL = "/gradio_api/call/"
EVENTS = b"text/event-stream"


class Gate:
    """ASGI middleware: lets through what the page needs."""

    def __init__(self, app, folder, root="", defaults=None, visitors=None):
        """Stand before an ASGI app.

        Args:
            app: ASGI callable.
            folder: PrivateFolder, where uploads and pictures lie.
            root: path at which a proxy puts the page, such as /faces; whether or not the proxy takes it off again.
            defaults: see events.read_event; None where nothing may be left out.
            visitors: Visitors, who are then told apart in the scope's "visitor"; None for no limits of theirs.
        """
        self.app, self.folder, self.root, self.defaults = app, folder, root, defaults or {}
        self.visitors = visitors
        self.num_open = self.num_uploads = 0

    async def __call__(self, scope, receive, send):
        """Answer a connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope, receive, send):
        started, scope = False, _without(self.root, scope)

        async def send_on(message):
            nonlocal started
            if message["type"] == "http.response.start" and _sends_events(message):
                message["headers"] = [*message["headers"], (b"x-accel-buffering", b"no")]  # nginx would hold them back
            started = True
            await send(message)

        self.num_open += 1
        try:
            await self._let_through(scope, receive, send_on)
            return
        except Refused as error:
            refused = error
        except Exception as error:
            report(error)
            if scope["path"] == UPLOAD:
                refused = Refused(507, FULL) if isinstance(error, OSError) else Refused(400, NO_UPLOAD)
            else:
                refused = Refused(500, BROKEN)
        finally:
            self.num_open -= 1
        if started:  # it can only be ended
            with contextlib.suppress(RuntimeError):  # of a server that was promised a longer body
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            status, kind, body = answer_to(scope["path"], refused)
            headers = [(b"content-type", kind), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _let_through(self, scope, receive, send):
        path, method = _path_of(scope), scope["method"].replace("HEAD", "GET")
        if method not in OPEN or not OPEN[method].fullmatch(path):
            raise Refused(404, CLOSED)
        if path.startswith(FILE) and not self._holds(path.removeprefix(FILE)):
            raise Refused(404, CLOSED)
        if self.num_open > MAX_OPEN:
            raise Refused(503, BUSY)
        if not self.visitors:
            await self._hand_on(path, method, scope, receive, send)
            return
        scope |= {"visitor": self.visitors.name(scope)}
        with self.visitors.one_more(scope["visitor"]):
            await self._hand_on(path, method, scope, receive, send)

    async def _hand_on(self, path, method, scope, receive, send):
        if path == UPLOAD:
            await self._upload(scope, receive, send)
        elif path == MIRROR:
            await self.app(scope, replay(await in_time(whole(receive, MAX_FRAME))), send)
        elif method == "POST":
            body = await in_time(self._read_event(path, scope, receive))
            await self.app(_as_json(scope), replay(body), send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope, receive, send):
        """At most MAX_UPLOADS at a time, in a bounded time, while there is room."""
        if self.num_uploads >= MAX_UPLOADS:
            raise Refused(503, BUSY)
        self._take(scope, photos=1)
        self.num_uploads += 1  # before anything is waited for
        try:
            limit = self.visitors.one_more(scope["visitor"], UPLOADS_AT_ONCE) if self.visitors else nullcontext()
            free = shutil.disk_usage(self.folder.path).free
            if free < MIN_FREE or await asyncio.to_thread(self.folder.size) > MAX_STORED:
                raise Refused(507, FULL)
            receive = bounded(receive, MAX_UPLOAD + 10_000, lambda num_bytes: self._take(scope, num_bytes=num_bytes))
            with limit:
                await in_time(self.app(scope, receive, send))
        finally:
            self.num_uploads -= 1

    def _take(self, scope, **what):
        if self.visitors:
            self.visitors.take(scope["visitor"], **what)

    async def _read_event(self, path, scope, receive):
        """A whole small body that events.read_event has passed."""
        body = await whole(receive, MAX_MESSAGE, MESSAGE_TOO_LARGE)
        endpoint = path.removeprefix(CALL) if path.startswith(CALL) else None
        if endpoint and self.defaults and endpoint not in self.defaults:
            raise Refused(404, NO_ENDPOINT)
        body, asks = read_event(body, endpoint, self.defaults, self._holds)
        self._take(scope, photos=int(asks), events=1)
        return body

    def _holds(self, name):
        """Whether a path is a file's inside the folder, however it is written."""
        try:
            return Path(name).is_absolute() and Path(name).resolve().is_relative_to(self.folder.path)
        except (OSError, ValueError, RuntimeError):
            return False


def _without(root, scope):
    """A connection's ASGI scope, whose path has no root before it."""
    if not root or not f"{scope.get('path', '')}/".startswith(f"{root}/"):
        return scope
    raw = scope.get("raw_path") or b""
    return scope | {
        "path": scope["path"].removeprefix(root) or "/",
        "raw_path": raw.removeprefix(root.encode()) or b"/",
    }


def _sends_events(message):
    """Whether an answer that begins is a stream of events."""
    return any(name.lower() == b"content-type" and EVENTS in value for name, value in message.get("headers", []))


def _path_of(scope):
    """The path, decoded once more than the server did: what is hidden in two layers of %25 must not pass."""
    return unquote(scope["path"])


def _as_json(scope):
    """A connection's ASGI scope, of a message that was read as JSON, whatever its sender called it."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    return scope | {"headers": [*headers, (b"content-type", b"application/json")]}
