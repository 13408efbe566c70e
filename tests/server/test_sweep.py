import tempfile
import time

import pytest

from emotion.server.private_folder import PrivateFolder
from emotion.server.sweep import MINUTES_KEPT, sweep


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with PrivateFolder("test-") as folder:
        yield folder


@pytest.mark.parametrize("minutes", [MINUTES_KEPT, 3])
def test_what_visitors_gave_is_gone_in_time_and_not_long_before(folder, minutes):
    (folder.path / "example.jpg").touch()
    folder.keep()
    (folder.path / "photo.jpg").touch()
    idle = []
    sweep(folder, idle.append, minutes, now=time.time() + 60 * (minutes - 2))
    assert (folder.path / "photo.jpg").exists()
    sweep(folder, idle.append, minutes, now=time.time() + 60 * minutes - 20)
    assert not (folder.path / "photo.jpg").exists()
    assert (folder.path / "example.jpg").exists()
    assert 60 * (minutes - 2) < idle[0] == idle[1] < 60 * minutes
