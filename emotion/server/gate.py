"""Requests go in, and only those that the page needs come through, bounded in size, time and number.

Gradio serves more than this page uses: a proxy, a video converter, saved sessions, an editor of code. What is not named
here is closed, whatever a next version adds. ASGI (asgi.readthedocs.io), so that any server can hold it.
"""

import asyncio
import contextlib
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from emotion.server.log import report

OPEN = {
    "GET": re.compile(
        r"/|/(config|info|theme\.css|favicon\.ico|pwa_icon|manifest\.json|robots\.txt|(assets|static)/.+)"
        r"|/gradio_api/(info|heartbeat/\w+|queue/data|call/\w+/\w+|upload_progress|file=.+|startup-events|app_id)"
    ),
    "POST": re.compile(r"/gradio_api/(upload|queue/join|call/\w+|cancel|reset)"),
}
"""What the page, in a browser or through gradio_client, asks for; HEAD as GET."""

UPLOAD = "/gradio_api/upload"
FILE = "/gradio_api/file="
MAX_UPLOAD = 25_000_000
"""Bytes of an upload, the same as the largest file: phone photos have 2 to 12 million."""

MAX_MESSAGE = 256_000
"""Bytes of any other request: an event with the values of its components has some thousand."""

UPLOAD_SECONDS = 120
MAX_UPLOADS = 16
"""Uploads at a time; each is written to the disk as it arrives."""

MAX_OPEN = 500
"""Requests at a time. A visitor has two open, a process by default 1,024 files."""

MAX_STORED = 1_000_000_000
"""Bytes of visitors' files at a time: the last minutes' photos and pictures of some hundred visitors."""

MIN_FREE = 100_000_000
"""Bytes to be left free on the disk: the pictures of photos that are under way need some."""

CLOSED = "There is nothing to be had here. Expected an address of the page. Open the page itself."
TOO_LARGE = (
    "This file or message is too large. Expected a file of 25 megabytes at the most. "
    "Make it smaller in a photo program, or take another one."
)
TOO_SLOW = "This upload took too long. Expected two minutes at the most. Make the photo smaller, or try again later."
BUSY = "Too many visitors are here at once. Expected fewer. Try again in a minute."
FULL = "There is no room for a photo right now. Expected some on the disk. Try again in ten minutes."
NO_EVENT = "This message can't be understood. Expected JSON that names uploaded files only. Use the page itself."
BROKEN = "This went wrong. Expected an answer. Try again; if it stays so, tell whoever runs this page."


class Refused(Exception):
    """A request that is answered by a status and a sentence instead."""


class Gate:
    """ASGI middleware: lets through what the page needs."""

    def __init__(self, app, folder):
        """Stand before an ASGI app.

        Args:
            app: ASGI callable.
            folder: folder.PrivateFolder, where uploads and pictures lie.
        """
        self.app, self.folder = app, folder
        self.num_open = self.num_uploads = 0

    async def __call__(self, scope, receive, send):
        """Answer a connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope, receive, send):
        started = False

        async def send_on(message):
            nonlocal started
            started = True
            await send(message)

        self.num_open += 1
        try:
            await self._let_through(scope, receive, send_on)
        except Refused as refusal:
            status, text = refusal.args
        except Exception as error:
            report(error)
            full = scope["path"] == UPLOAD and isinstance(error, OSError)
            status, text = (507, FULL) if full else (500, BROKEN)
        else:
            return
        finally:
            self.num_open -= 1
        if started:  # it can only be ended
            with contextlib.suppress(RuntimeError):  # of a server that was promised a longer body
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": text.encode()})

    async def _let_through(self, scope, receive, send):
        path, method = _path_of(scope), scope["method"].replace("HEAD", "GET")
        if method not in OPEN or not OPEN[method].fullmatch(path):
            raise Refused(404, CLOSED)
        if path.startswith(FILE) and not self._holds(path.removeprefix(FILE)):
            raise Refused(404, CLOSED)
        if self.num_open > MAX_OPEN:
            raise Refused(503, BUSY)
        if path == UPLOAD:
            await self._upload(scope, receive, send)
        elif method == "POST":
            await self.app(scope, _replay(await _in_time(self._read_event(receive))), send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope, receive, send):
        """At most MAX_UPLOADS at a time, in a bounded time, while there is room."""
        if self.num_uploads >= MAX_UPLOADS:
            raise Refused(503, BUSY)
        self.num_uploads += 1  # before anything is waited for
        try:
            free = shutil.disk_usage(self.folder.path).free
            if free < MIN_FREE or await asyncio.to_thread(self.folder.size) > MAX_STORED:
                raise Refused(507, FULL)
            await _in_time(self.app(scope, _bounded(receive, MAX_UPLOAD + 10_000), send))
        finally:
            self.num_uploads -= 1

    async def _read_event(self, receive):
        """A whole small body, if it is JSON whose files are all in the folder."""
        receive, body, more = _bounded(receive, MAX_MESSAGE), b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, NO_EVENT)
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            files = list(_files_in(json.loads(body, parse_constant=_refuse_constant)))
        except (ValueError, RecursionError) as error:
            raise Refused(400, NO_EVENT) from error
        if not all(isinstance(file, str) and self._holds(file) for file in files):
            raise Refused(400, NO_EVENT)
        return body

    def _holds(self, name):
        """Whether a path is a file's inside the folder, however it is written."""
        try:
            return Path(name).is_absolute() and Path(name).resolve().is_relative_to(self.folder.path)
        except (OSError, ValueError, RuntimeError):
            return False


async def _in_time(work):
    """Await an upload or a message, for so long."""
    try:
        return await asyncio.wait_for(work, UPLOAD_SECONDS)
    except TimeoutError as error:
        raise Refused(408, TOO_SLOW) from error


def _path_of(scope):
    """The path, decoded once more than the server did: what is hidden in two layers of %25 must not pass."""
    return unquote(scope["path"])


def _bounded(receive, most):
    """An ASGI receive that gives up after so many bytes."""
    total = 0

    async def receive_some():
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise Refused(413, TOO_LARGE)
        return message

    return receive_some


def _replay(body):
    """An ASGI receive that gives a body that was read already, and then waits for ever, as a quiet client does."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        return await asyncio.Future()

    return receive


def _refuse_constant(name):
    """NaN and Infinity are Python's, not JSON's, and nothing behind the gate can answer them."""
    raise ValueError(f"{name} is no JSON")


def _files_in(value):
    """Every "path" in nested lists and dicts, not all of them strings."""
    if isinstance(value, dict):
        if "path" in value:
            yield value["path"]
        for item in value.values():
            yield from _files_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files_in(item)
