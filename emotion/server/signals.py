"""How the operating system's signals end the program: once, and with everything deleted."""

import signal
from contextlib import contextmanager

NAMES = tuple(name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ended_by_signals():
    """Inside, SIGTERM and SIGHUP end the program as Ctrl-C does: by KeyboardInterrupt."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    for name in NAMES[1:]:
        signal.signal(getattr(signal, name), _interrupt)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def ignore_signals():
    """From now on, no signal interrupts: a second Ctrl-C must not keep photos from being deleted."""
    for name in NAMES:
        signal.signal(getattr(signal, name), signal.SIG_IGN)


def _interrupt(*_):
    raise KeyboardInterrupt
