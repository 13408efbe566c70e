import signal

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
