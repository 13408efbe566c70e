import signal
from contextlib import suppress

import pytest

from emotion.server.signals import NAMES, ended_by_signals, ignore_signals


@pytest.mark.parametrize("name", NAMES)
def test_each_signal_ends_the_program_as_ctrl_c_does(name):
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        signal.raise_signal(getattr(signal, name))


def test_afterwards_signals_do_what_they_did():
    before = [signal.getsignal(getattr(signal, name)) for name in NAMES]
    with ended_by_signals():
        ignore_signals()
        for name in NAMES:
            signal.raise_signal(getattr(signal, name))  # nothing happens
    assert [signal.getsignal(getattr(signal, name)) for name in NAMES] == before


def test_a_signal_that_was_caught_on_its_way_ends_the_program_later():
    with ended_by_signals() as stop_if_asked:
        stop_if_asked()
        with suppress(KeyboardInterrupt):  # as libraries do while they load
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stop_if_asked()


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ended_by_signals():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
