"""A log without anything a visitor typed: each line names an error's class and the places in the code.

The text of an exception, a warning or a log record can hold a file name, a path or whatever somebody typed, so none of
it is printed.
"""

import contextlib
import logging
import sys
import threading
import time
import traceback
from pathlib import Path


def keep_visitors_out():
    """Let no log line hold what a visitor typed; call it once the server runs and all libraries are loaded."""
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
    """An exception's class, and the last places in the code on the way to it.

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
