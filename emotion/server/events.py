"""A message to the page, read before Gradio does: JSON whose files were uploaded here, with nothing left out."""

import json
from itertools import zip_longest

from emotion.server.refusals import NO_EVENT, NOT_UPLOADED, Refused


def read_event(body, endpoint, defaults, holds):
    """Check a message's body, and complete it.

    Args:
        body: bytes.
        endpoint: name of the endpoint that it is for, or None where the body itself has its number.
        defaults: values of an endpoint's arguments, a list, by its name or number.
        holds: function that says of a path (str) whether it is an uploaded file's.

    Returns:
        (bytes, bool): the body, in which missing arguments have their defaults; and whether it asks an endpoint.

    Raises:
        Refused: it is not JSON, or names a file that was not uploaded here.
    """
    try:
        event = json.loads(body, parse_constant=_refuse_constant)
        files = list(_files_in(event))
    except (ValueError, RecursionError) as error:
        raise Refused(400, NO_EVENT) from error
    key = endpoint or _number_of(event)
    arguments = defaults.get(key)
    if not all(isinstance(file, str) and holds(file) for file in files):
        raise Refused(400, NOT_UPLOADED, of_page=endpoint is None and arguments is None)
    if arguments is None:
        return body, False
    if not isinstance(event, dict) or not isinstance(event.get("data", []), list):
        raise Refused(400, NO_EVENT)
    pairs = zip_longest(event.get("data", []), arguments)  # Gradio's JavaScript client gives null for what is left out
    data = [default if value is None else value for value, default in pairs]
    return json.dumps(event | {"data": data}).encode(), True


def _number_of(event):
    """The number of the function that a message asks, however it is written: Gradio takes "27" and 27.0 as well."""
    try:
        return int(event["fn_index"])
    except (KeyError, TypeError, ValueError, OverflowError):  # the last for 1e999
        return None


def _refuse_constant(name):
    """NaN and Infinity are Python's, not JSON's, and nothing behind the gate can answer them."""
    raise ValueError(f"{name} is not JSON")


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
