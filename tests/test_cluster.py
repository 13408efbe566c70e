"""The page with its work in two replicas, of which one is killed while visitors wait."""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest
from load import Page, Visitor, family, photo_of, visit_at_once

import app

ROOT = Path(__file__).parents[1]


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "emotion.cluster", None)
    with pytest.raises(app.InputError, match=r"Ray is not installed. Expected it .* uv run --group cluster app.py"):
        app.start_replicas(ROOT / "models", 2, None, None)


@pytest.fixture(scope="module")
def replicated():
    """app.py --replicas 2; in a short path, as Ray's sockets have names of 107 bytes at the most."""
    pytest.importorskip("ray", reason="needs Ray: uv run --group cluster pytest tests/test_cluster.py")
    with tempfile.TemporaryDirectory() as place, Page(Path(place), "--replicas", "2") as page:
        yield page


def _replicas(page):
    """Ids of the processes that hold a replica."""
    found = []
    for process in family(page.pid):
        try:
            title = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if b"ServeReplica:analysis" in title:
            found.append(process)
    return found


def test_answers_stay_right_when_a_replica_dies_in_the_middle_of_them(replicated, page_process):
    photos = [photo_of(number) for number in range(4)]
    alone = Visitor(page_process.url)
    expected = [alone.analyse(photo)["probabilities"] for photo in photos]
    alone.close()
    before = _replicas(replicated)
    assert len(before) == 2

    def kill_one():
        time.sleep(2)
        os.kill(before[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    result = visit_at_once(replicated, photos, expected, each=2)
    killer.join()
    assert (result["answered"], result["rejected"], result["wrong"]) == (8, 0, 0)
    assert before[0] not in _replicas(replicated)


def test_a_photo_without_a_face_is_refused_by_a_replica_in_the_same_words(replicated, photos):
    visitor = Visitor(replicated.url)
    event = visitor.join(visitor.upload((photos / "cat.jpg").read_bytes()))
    assert any("No face was found" in str(data) for _, data in visitor.listen(event))
    visitor.close()


def test_nothing_of_it_listens_to_other_computers(replicated):
    listening = set()
    for process in family(replicated.pid):
        for kind in ("tcp", "tcp6"):
            try:
                links = {os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()}
                rows = [line.split() for line in Path(f"/proc/{process}/net/{kind}").read_text().splitlines()[1:]]
            except OSError:
                continue
            listening |= {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links}
    assert listening
    assert listening <= {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def test_at_the_end_nothing_is_left_of_it():
    pytest.importorskip("ray", reason="needs Ray: uv run --group cluster pytest tests/test_cluster.py")
    with tempfile.TemporaryDirectory() as place:
        page = Page(Path(place), "--replicas", "1").wait_until_up()
        Visitor(page.url).analyse(photo_of(0))
        processes = list(family(page.pid))
        assert page.stop(signal.SIGTERM) == 0
        assert page.folders() == []
        for _ in range(100):
            alive = [process for process in processes if Path(f"/proc/{process}/exe").exists()]
            if not alive:
                break
            time.sleep(0.3)
        assert alive == []
