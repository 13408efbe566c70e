"""Errors go in; out come lines on stderr that say what kind of error it was and where, in no words of a visitor.

An exception's text, a warning's or a log record's can hold a file's name, a path or whatever somebody typed. So of what
the libraries would print, only classes of exceptions and places in the code are let through.
"""

import contextlib
import logging
import sys
import threading
import time
import traceback
from pathlib import Path


def keep_visitors_out():
    """From now on, let nothing that this process logs hold words of a visitor; to be called once the server runs."""
    handler = logging.StreamHandler()
    handler.setFormatter(WordlessFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name in list(root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # its own reports of a record that can't be formatted quote the record
    traceback.print_exc = lambda *_, **__: report(sys.exception())  # Gradio calls it for whatever a handler raises
    threading.excepthook = lambda hook: report(hook.exc_value)
    sys.unraisablehook = lambda hook: report(hook.exc_value)


def report(error):
    """Write one line on stderr about an exception."""
    with contextlib.suppress(OSError, ValueError):  # the terminal is gone
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {describe(error)}", file=sys.stderr, flush=True)


def describe(error):
    """An exception's class, and the way through the code to where it was raised.

    Args:
        error: BaseException, or None.

    Returns:
        str, one line.
    """
    if error is None:
        return "error"
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    way = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {way or 'no place in the code'}"


class WordlessFormatter(logging.Formatter):
    """Formats a record as its time, level and logger, with the exception that it may carry."""

    def format(self, record):
        """See logging.Formatter."""
        line = f"{self.formatTime(record)} {record.levelname.lower()} of {record.name}"
        return f"{line}: {describe(record.exc_info[1])}" if record.exc_info else line
