"""The one place that deletes what visitors gave, in the time that the page's notice promises."""

import time

MINUTES_KEPT = 10
"""How long a photo and its pictures may lie in the temporary folder."""

EVERY = 20
"""Seconds between two sweeps."""


def sweep(folder, forget, minutes=MINUTES_KEPT, now=None):
    """Delete whatever would be too old before the next sweeps.

    Args:
        folder: PrivateFolder; what it was told to keep stays.
        forget: function that drops what is in memory of visitors who did nothing for so many seconds.
        minutes: how long things are kept at the most.
        now: seconds, as time.time gives them, by which files are old; None for the present.
    """
    age = 60 * minutes - 3 * EVERY
    folder.empty(age, now)
    forget(age)


def sweep_until_stopped(folder, forget, minutes=MINUTES_KEPT, every=EVERY):
    """Sweep again and again; returns never, and ends by an exception, as Ctrl-C raises it."""
    while True:
        sweep(folder, forget, minutes)
        time.sleep(every)
