"""The body of a request, read before the page gets it: of bounded size, within a bounded time."""

import asyncio

from emotion.server.refusals import NO_EVENT, TOO_LARGE, TOO_SLOW, Refused

SECONDS = 120
"""The longest that a request may take to arrive; an upload includes its answer."""


async def in_time(work):
    """Await an upload or a message, for SECONDS.

    Raises:
        Refused: it took longer.
    """
    try:
        return await asyncio.wait_for(work, SECONDS)
    except TimeoutError as error:
        raise Refused(408, TOO_SLOW) from error


def bounded(receive, most, note=lambda num_bytes: None, text=TOO_LARGE):
    """An ASGI receive that gives up after so many bytes.

    Args:
        receive: ASGI receive.
        most: bytes.
        note: function that is told of each piece's bytes.
        text: the sentence that it gives up with, in a Refused.
    """
    total = 0

    async def receive_some():
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        note(len(message.get("body", b"")))
        if total > most:
            raise Refused(413, text)
        return message

    return receive_some


async def whole(receive, most, text=TOO_LARGE):
    """A body (bytes) of at most so many bytes; see bounded.

    Raises:
        Refused: it has more, or the visitor left.
    """
    receive, body, more = bounded(receive, most, text=text), b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, NO_EVENT)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def replay(body):
    """An ASGI receive that gives a body that was read already, and then waits for ever, as a quiet client does."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        return await asyncio.Future()

    return receive
