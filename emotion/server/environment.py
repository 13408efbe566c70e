"""What the page takes from the system around it: only what it reads itself, and no more memory than it needs."""

import ctypes
import os
from contextlib import contextmanager, suppress
from pathlib import Path


def forget_others_settings():
    """Take out of the environment what would make Gradio another program than the one that was tested.

    Its own variables, of which app.py has read those that it knows; that it runs on Hugging Face Spaces, where it would
    look for parts that are not installed; and certificates that are not there, for want of which it does not load.
    """
    for name in list(os.environ):
        missing = name in ("SSL_CERT_FILE", "SSL_CERT_DIR") and not Path(os.environ[name]).exists()
        if name.startswith("GRADIO_") or name == "SYSTEM" or missing:
            del os.environ[name]


def return_memory():
    """Have the C library return what is freed. On Linux, glibc would keep some for each of the page's many threads.

    Eight visitors at once then take a third less, in the same time (mallopt, M_ARENA_MAX and M_MMAP_THRESHOLD).
    """
    with suppress(AttributeError, OSError, TypeError):  # another system's C library has no such choice
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((-8, 2), (-3, 4_000_000)):
            mallopt(option, value)


@contextmanager
def no_proxy():
    """Inside, nothing goes through a proxy, whatever the environment says.

    Gradio asks its own address while it starts. In most companies HTTP_PROXY or ALL_PROXY is set, and NO_PROXY with
    single hosts is not enough: httpx refuses to start at all where one of them names SOCKS.
    """
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ.update(dict.fromkeys(before, "*"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
