"""How the operating system's signals end the program: once, and with everything deleted."""

import signal
from contextlib import contextmanager

NAMES = tuple(name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ended_by_signals():
    """Inside, SIGTERM and SIGHUP end the program as Ctrl-C does: by KeyboardInterrupt.

    Yields:
        function that raises it once more after a signal: a library that is loading may have caught the first.
    """
    before, came = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}, False

    def interrupt(*_):
        nonlocal came
        came = True
        raise KeyboardInterrupt

    def stop_if_asked():
        if came:
            raise KeyboardInterrupt

    for name, handler in before.items():
        if handler != signal.SIG_IGN:  # nohup's wish
            signal.signal(getattr(signal, name), interrupt)
    try:
        yield stop_if_asked
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def ignore_signals():
    """From now on, no signal interrupts: a second Ctrl-C must not keep photos from being deleted."""
    for name in NAMES:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
