"""Replicas of the analysis: alone, then behind the page, one of them killed while visitors wait."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

import app
from emotion import EMOTIONS, InputError
from emotion.explain.explanation import explain
from emotion.explain.regions import superpixels
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.network.model import load_classifier
from emotion.page.layout import NOTICE
from tests.bench.load import visit_at_once
from tests.running_page import Page, family, seconds_of
from tests.visitor import Visitor, largest_gap, photo_of

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")
NEEDS_RAY = "needs Ray: uv run --group cluster pytest tests/test_cluster.py"
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1 and ::ffff:127.0.0.1 as Linux writes them."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what Ray asks of pydantic
]


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "emotion.cluster", None)
    expected = r"Ray is not installed. Expected it .*uv run --group cluster app.py"
    with pytest.raises(InputError, match=expected), app.open_engine(2, ROOT / "models", None):
        pass


@pytest.fixture
def cluster():
    """The module emotion.cluster; what it sets for Ray's processes is taken back."""
    pytest.importorskip("ray", reason=NEEDS_RAY)
    with patch.dict(os.environ):
        from emotion.analysis import replicas as cluster

        yield cluster


def test_faces_that_are_asked_about_at_the_same_time_go_through_the_network_together(cluster, network, monkeypatch):
    config = SimpleNamespace(_deployment_config=SimpleNamespace(max_ongoing_requests=16))
    monkeypatch.setattr(cluster.serve, "get_replica_context", lambda: config)  # serve.batch asks for it
    calls = []

    def counting(pixels):
        calls.append(len(pixels))
        return network(pixels)

    random = np.random.default_rng(0)
    several = [random.integers(0, 256, (count, 48, 48), np.uint8) for count in (1, 3, 1, 2)]
    analysis = object.__new__(cluster.Analysis.func_or_class)
    analysis.network = counting

    async def ask():
        return await asyncio.gather(*map(analysis.classify, several))

    answers = asyncio.run(ask())
    assert calls == [7]
    for pixels, answer in zip(several, answers, strict=True):
        assert answer.shape == (len(pixels), len(EMOTIONS))
        assert largest_gap(answer, network(pixels)) < 1e-5


def test_where_ray_does_not_start_a_sentence_says_so_after_a_few_tries(cluster, monkeypatch):
    tries = []

    def fail(**_):
        tries.append(1)
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(cluster.ray, "init", fail)
    with pytest.raises(InputError, match=r"did not start. Expected a computer .* leave --replicas out"):
        cluster._start()
    assert len(tries) == cluster.START_TRIES


def test_where_photos_go_to_other_computers_the_notice_says_so(cluster, monkeypatch):
    assert "processed on the computer that runs this page," in NOTICE.format(where=cluster._engine(None, 2).where)
    monkeypatch.setattr(cluster, "ALONE", False)
    assert "processed on the computers that run this page," in NOTICE.format(where=cluster._engine(None, 2).where)


@pytest.fixture(scope="module")
def network():
    """The model.Classifier of the page's weights, in this process."""
    return load_classifier(ROOT / "models")[0]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    """Four photos, and the pixels of the largest face of each."""
    file = tmp_path_factory.mktemp("photo") / "photo.jpg"
    photos = [photo_of(number) for number in range(4)]
    pixels = [find_faces(read_photo(file))[0].pixels for photo in photos if file.write_bytes(photo)]
    return photos, pixels


@pytest.fixture(scope="module")
def replicated(tmp_path_factory):
    """app.py --replicas 2."""
    pytest.importorskip("ray", reason=NEEDS_RAY)
    with Page(tmp_path_factory.mktemp("page"), "--replicas", "2") as page:
        yield page


def _title(process):
    """A process' command line; empty once it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _replicas(page):
    """Ids of the processes that hold a replica."""
    return [process for process in family(page.pid) if _title(process).startswith("ray::ServeReplica")]


def test_answers_stay_right_when_a_replica_is_killed_in_the_middle_of_them(replicated, subjects, network):
    photos, pixels = subjects
    expected = [network(one[None])[0].tolist() for one in pixels]
    victim, _ = _replicas(replicated)
    before = seconds_of(victim)

    def kill_at_work():
        while seconds_of(victim) < before + 0.5:
            time.sleep(0.05)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill_at_work)
    killer.start()
    result = visit_at_once(replicated, photos, expected, each=2)
    killer.join(0)
    assert not killer.is_alive()
    assert (result["answered"], result["rejected"], result["wrong"]) == (8, 0, 0)
    assert victim not in _replicas(replicated)


def test_the_map_that_a_replica_makes_is_that_of_one_process(replicated, subjects, network):
    photos, pixels = subjects
    *_, explanation = explain(pixels[0], *superpixels(pixels[0]), network)
    visitor = Visitor(replicated.url)
    event = visitor.join(visitor.upload(photos[0]))
    ((result,),) = [data for kind, data in visitor.listen(event) if kind == "complete"]
    visitor.close()
    for number, emotion in enumerate(EMOTIONS):
        assert largest_gap(result["weights"][emotion], explanation.weights[:, number]) < 1e-5


def test_a_photo_without_a_face_is_refused_by_a_replica_in_the_same_words(replicated, photos):
    visitor = Visitor(replicated.url)
    event = visitor.join(visitor.upload((photos / "cat.jpg").read_bytes(), "anna-on-holiday.jpg"))
    assert any("No face was found" in str(data) for _, data in visitor.listen(event))
    visitor.close()


def _folders(page):
    """The folders in memory whose Ray a page has started."""
    return [folder for folder in MEMORY.glob("expression-*") if list(folder.glob(f"ray/session_*_{page.pid}"))]


def _listening(process):
    """Addresses, as Linux writes them, at which a process takes connections."""
    for kind in ("tcp", "tcp6"):
        try:
            links = {os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()}
            rows = [line.split() for line in Path(f"/proc/{process}/net/{kind}").read_text().splitlines()[1:]]
        except OSError:
            continue
        yield from (row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links)


def test_nothing_of_it_listens_to_other_computers(replicated):
    listening = [address for process in family(replicated.pid) for address in _listening(process)]
    assert len(listening) > 5
    assert set(listening) <= LOOPBACK


def test_nothing_that_it_writes_names_a_photo_or_is_for_others_to_read(replicated):
    (folder,) = _folders(replicated)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [replicated.log, *(file for file in folder.rglob("*") if file.is_file())]
    written = "".join(file.read_text(errors="replace") for file in files)
    assert "raylet" in written
    for word in ("anna", "holiday", "base64", str(replicated.place)):
        assert word not in written


def test_at_the_end_nothing_is_left_of_it(replicated):
    processes, folders = list(family(replicated.pid)), _folders(replicated)
    assert len(processes) > 5
    assert replicated.stop(signal.SIGTERM) == 0
    assert [item.name for item in replicated.place.iterdir()] == ["log"]
    assert not any(folder.exists() for folder in folders)
    for _ in range(100):
        alive = [process for process in processes if "ray" in _title(process)]
        if not alive:
            break
        time.sleep(0.3)
    assert alive == []
