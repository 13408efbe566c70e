"""Replicas of the analysis: alone, then behind the page, one of them killed while visitors wait."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import patch

import pytest

import app
from emotion import EMOTIONS, InputError
from emotion.explain.explanation import explain
from emotion.explain.regions import superpixels
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.network.model import load_classifier
from tests.bench.load import visit_at_once
from tests.running_page import Page, family, seconds_of
from tests.visitor import Visitor, largest_gap, photo_of

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")
NEEDS_RAY = "needs Ray: uv run --group cluster pytest tests/analysis/test_replicas.py"
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1 and ::ffff:127.0.0.1 as Linux writes them."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what Ray asks of pydantic
]


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "emotion.analysis.replicas", None)
    expected = r"Replicas need Ray, which is not installed\. .*uv run --group cluster app.py"
    with pytest.raises(InputError, match=expected), app.open_engine(2, ROOT / "models"):
        pass


@pytest.fixture
def replicas():
    """The module; what it sets for Ray's processes is taken back."""
    pytest.importorskip("ray", reason=NEEDS_RAY)
    with patch.dict(os.environ):
        from emotion.analysis import replicas

        yield replicas


TOGETHER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from emotion.analysis.replicas import cluster_engine

def load():
    def network(pixels):
        with open(sys.argv[1], "a") as calls:
            print(len(pixels), file=calls)
        time.sleep(1)  # meanwhile, the others ask
        return pixels.reshape(len(pixels), -1)[:, :7] / 255
    return network

several = [np.full((count, 48, 48), value, np.uint8) for value, count in enumerate((1, 3, 1, 2))]
with cluster_engine(load, 1) as engine, ThreadPoolExecutor(len(several)) as pool:
    for asked, answer in zip(several, pool.map(engine.classify, several), strict=True):
        assert np.array_equal(answer, asked.reshape(len(asked), -1)[:, :7] / 255)
"""


@pytest.mark.slow
def test_faces_that_are_asked_about_at_the_same_time_go_through_the_network_together(tmp_path):
    pytest.importorskip("ray", reason=NEEDS_RAY)
    code = TOGETHER.replace("sys.argv[1]", repr(str(tmp_path / "calls")))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    calls = list(map(int, (tmp_path / "calls").read_text().split()))
    assert sum(calls) == 7
    assert len(calls) < 4


def test_where_ray_does_not_start_a_sentence_says_so_after_a_few_tries(replicas):
    from emotion.analysis.cluster import start

    tries = []

    def fail():
        tries.append(1)
        raise Exception("The current node timed out during startup.")

    with pytest.raises(InputError, match=r"did not start\. It needs .* leave --replicas out"):
        start(fail, tries=4)
    assert len(tries) == 4


@pytest.fixture(scope="module")
def network():
    """The model.Classifier of the page's weights, in this process."""
    return load_classifier(ROOT / "models")[0]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    """Four photos, and the largest face of each."""
    file = tmp_path_factory.mktemp("photo") / "photo.jpg"
    photos = [photo_of(number) for number in range(4)]
    return photos, [find_faces(read_photo(file))[0] for photo in photos if file.write_bytes(photo)]


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


@pytest.mark.slow
def test_answers_stay_right_when_a_replica_is_killed_in_the_middle_of_them(replicated, subjects, network):
    photos, faces = subjects
    expected = [network(face.pixels[None])[0].tolist() for face in faces]
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


@pytest.mark.slow
def test_the_map_that_a_replica_makes_is_that_of_one_process(replicated, subjects, network):
    photos, (face, *_) = subjects
    *_, explanation = explain(face.pixels, superpixels(face.pixels, face.framed_landmarks), network)
    visitor = Visitor(replicated.url)
    event = visitor.join(visitor.upload(photos[0]))
    ((result,),) = [data for kind, data in visitor.listen(event) if kind == "complete"]
    visitor.close()
    for number, emotion in enumerate(EMOTIONS):
        assert largest_gap(result["evidence"][emotion], explanation.weights[:, number]) < 1e-5


@pytest.mark.slow
def test_a_photo_without_a_face_is_refused_by_a_replica_in_the_same_words(replicated, photos):
    visitor = Visitor(replicated.url)
    event = visitor.join(visitor.upload((photos / "cat.jpg").read_bytes(), "anna-on-holiday.jpg"))
    assert any("No face found" in str(data) for _, data in visitor.listen(event))
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


@pytest.mark.slow
def test_nothing_of_it_listens_to_other_computers(replicated):
    listening = [address for process in family(replicated.pid) for address in _listening(process)]
    assert len(listening) > 5
    assert set(listening) <= LOOPBACK


@pytest.mark.slow
def test_nothing_that_it_writes_names_a_photo_or_is_for_others_to_read(replicated):
    (folder,) = _folders(replicated)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [replicated.log, *(file for file in folder.rglob("*") if file.is_file())]
    written = "".join(file.read_text(errors="replace") for file in files)
    assert "raylet" in written
    for word in ("anna", "holiday", "base64", str(replicated.place)):
        assert word not in written


@pytest.mark.slow
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
