import subprocess
import sys
import time
from pathlib import Path

import pytest

from emotion.server.log import describe

ROOT = Path(__file__).parents[2]
SECRET = "holiday.jpg"
WAYS = {
    "handler": f"try:\n    raise ValueError('{SECRET}')\nexcept ValueError:\n    traceback.print_exc()",
    "log": f"logging.getLogger('uvicorn.error').error('{SECRET}')",
    "log_of_an_exception": f"try:\n    open('/{SECRET}')\nexcept OSError:\n    logging.exception('{SECRET}')",
    "bad_log": f"logging.getLogger('a').error('%d', '{SECRET}')",
    "warning": f"warnings.warn('{SECRET}')",
    "thread": f"thread = threading.Thread(target=lambda: open('/{SECRET}')); thread.start(); thread.join()",
}
PRELUDE = """
import logging, threading, traceback, warnings
logger = logging.getLogger('uvicorn')
logger.addHandler(logging.StreamHandler())  # as uvicorn does
logger.propagate = False
"""


def _stderr_of(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stderr


def test_no_way_of_logging_tells_what_a_visitor_named():
    code = PRELUDE + "\n".join(WAYS.values())
    assert _stderr_of(code).count(SECRET) >= len(WAYS) - 1  # or this would test nothing
    told = _stderr_of(
        PRELUDE + "from emotion.server.log import keep_visitors_out; keep_visitors_out()\n" + "\n".join(WAYS.values())
    )
    assert SECRET not in told
    assert "Traceback" not in told
    assert len(told.splitlines()) == len(WAYS)
    assert "ValueError at <string>:" in told
    assert "FileNotFoundError at <string>:" in told
    assert "error of uvicorn.error" in told
    assert told.startswith(time.strftime("%Y-"))


def test_an_error_is_described_by_its_class_and_places():
    with pytest.raises(ValueError, match="secret") as caught:
        int("secret")
    assert describe(caught.value).startswith("ValueError at test_log.py:")
    assert describe(ValueError("secret")) == "ValueError at no place in the code"
    assert describe(None) == "error"
