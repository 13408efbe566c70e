"""What others may do to the page and to its visitors: attacks, crowds, departures, kills. See also bench/hostile.py."""

import os
import resource
import signal
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

import app
from emotion.page.launch import share
from emotion.page.layout import forget_visitors
from emotion.server.sweep import sweep
from tests.bench.hostile import fuzz
from tests.bench.load import visit_at_once
from tests.running_page import Page
from tests.toy_page import Toy, grey, served
from tests.visitor import ASTRONAUT, Rejected, Visitor, file_at, largest_gap, photo_of, steps_of

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system's signals and limits"),
    # Gradio's server, in this process for some of these tests, leaves event loops and sockets open.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),  # of what Gradio asks of pandas
]


# The page itself: one visitor and another, attackers, the log


@pytest.fixture(scope="module")
def answers(page_process):
    """What the page says of two photos, each given alone."""
    visitor = Visitor(page_process.url)
    answers = [visitor.analyse(photo_of(number)) for number in range(2)]
    visitor.close()
    return answers


@pytest.mark.slow
def test_visitors_at_the_same_time_get_each_their_own_answer(page_process, answers):
    expected = [answer["probabilities"] for answer in answers]
    assert largest_gap(*expected) > 1e-3
    result = visit_at_once(page_process, [photo_of(0), photo_of(1)] * 2, expected * 2, each=1)
    assert (result["answered"], result["rejected"], result["wrong"]) == (4, 0, 0)


def test_a_photo_is_for_those_who_know_its_whole_path(page_process):
    """Who knows all but a name of 64 hexadecimal digits, which a secret of the machine's goes into, gets nothing."""
    picture = Path(Visitor(page_process.url).upload(photo_of(0)))
    client = httpx.Client(base_url=page_process.url, trust_env=False)
    assert client.get(f"/gradio_api/file={picture}").status_code == 200
    assert len(picture.parent.name) == 64
    for guess in (
        picture.parent,
        picture.parent.parent,
        picture.parent.parent / ("0" * 64) / picture.name,
        ROOT / "app.py",
    ):
        answer = client.get(f"/gradio_api/file={guess}")
        assert answer.status_code in (403, 404)
        assert picture.name not in answer.text.replace(str(guess), "")


def test_the_same_photo_given_by_two_is_not_known_by_its_bytes_alone(page_process):
    """Folders are named by a keyed hash: who has the photo can't work out where another's copy lies."""
    import hashlib

    visitor = Visitor(page_process.url)
    path = Path(visitor.upload(b"a photo that somebody else has too"))
    visitor.close()
    assert path.parent.name != hashlib.sha256(b"a photo that somebody else has too").hexdigest()


@pytest.mark.parametrize("name", ["a", "0" * 11, "analyse", "..", "%2e%2e", "*"])
def test_who_does_not_know_a_session_hears_nothing_of_it(page_process, name):
    client = httpx.Client(base_url=page_process.url, timeout=30, trust_env=False)
    assert "data-probability" not in client.get(f"/gradio_api/queue/data?session_hash={name}").text
    assert "data-probability" not in client.get(f"/gradio_api/call/analyse/{name}").text


@pytest.mark.parametrize(
    "file",
    ["/etc/passwd", "{root}/app.py", "{folder}/../secret.jpg", "http://127.0.0.1:{port}/", "https://example.com/a.jpg"],
)
def test_no_photo_is_taken_from_anywhere_but_what_was_uploaded(page_process, file):
    (folder,) = page_process.folders()
    (page_process.place / "secret.jpg").write_bytes(photo_of(0))
    file = file.format(root=ROOT, folder=folder, port=httpx.URL(page_process.url).port)
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        Visitor(page_process.url).join(file)


def test_the_doors_that_the_page_does_not_need_are_closed(page_process):
    client = httpx.Client(base_url=page_process.url, trust_env=False)
    body = {"data": [None]}
    for path in ("run/analyse", "api/analyse", "component_server", "process_recording", "vibe-edit"):
        assert client.post(f"/gradio_api/{path}", json=body).status_code == 404
    for path in ("monitoring", "monitoring/summary", "gradio_api/deep_link?session_hash=a", "gradio_api/openapi.json"):
        assert client.get(f"/{path}").status_code == 404


def test_the_log_names_no_photo_and_no_path(page_process, tmp_path):
    visitor = Visitor(page_process.url)
    for content in (photo_of(0), b"no picture", b""):
        list(visitor.listen(visitor.join(visitor.upload(content, "anna-on-holiday.jpg"))))
    visitor.client.get("/gradio_api/queue/data?session_hash=anna")
    visitor.close()
    log = page_process.log.read_text()
    for word in ("anna", "holiday", "base64", str(page_process.place), "Traceback"):
        assert word not in log
    assert " at " in log  # but that something went wrong is there


@pytest.mark.slow
def test_senseless_requests_neither_stop_the_page_nor_make_it_talk(page_process, answers):
    (page_process.place / "secret.txt").write_text("canary-7c1f")
    result = fuzz(page_process, 300, number=0)
    assert result["telling"] == []
    assert result["requests"] > 250
    assert {"200", "404", "422"} <= result["statuses"].keys()
    again = Visitor(page_process.url).analyse(photo_of(0))
    assert largest_gap(again["probabilities"], answers[0]["probabilities"]) < 1e-5
    log = page_process.log.read_text()
    for word in ("canary", "passwd", "secret", "Traceback"):
        assert word not in log


@pytest.mark.slow
def test_a_disk_that_is_full_is_said_to_be(page_process):
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process' files")
    before = resource.prlimit(page_process.pid, resource.RLIMIT_FSIZE)
    visitor = Visitor(page_process.url)
    resource.prlimit(page_process.pid, resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        answer = visitor.client.post("/gradio_api/upload", files={"files": ("photo.jpg", photo_of(0))})
    finally:
        resource.prlimit(page_process.pid, resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, answer.text[:36]) == (507, "There is no room for another photo r")
    assert visitor.analyse(photo_of(0))["to_map"]  # and afterwards all is well
    visitor.close()


@pytest.mark.slow
def test_the_browser_stores_nothing(browser_page, photos):
    browser_page.locator("#photo input[type=file]").set_input_files(photos / "person.jpg")
    browser_page.locator("#map [role=listbox]").wait_for(timeout=120_000)
    stored = browser_page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert not any(word in stored for word in ("person", "photo", "file=", "happy")), stored
    databases = browser_page.evaluate("indexedDB.databases().then(all => all.length)")
    assert databases == 0


# A page with a toy behind it, whose every step a test can hold up


def wait_until(condition):
    """Wait, two minutes at most, for something to be so."""
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.3)
    return False


@pytest.mark.parametrize("lanes", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_as_many_photos_as_there_are_lanes_are_worked_on_at_a_time(tmp_path, lanes):
    toy = Toy()
    with served(toy, tmp_path, lanes) as (url, _, _):
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda value: Visitor(url).analyse(grey(value)), (40, 90, 140, 190)))
        assert toy.most_at_work == lanes
        for value, answer in zip((40, 90, 140, 190), found, strict=True):
            face = toy.find_faces(np.full((60, 60, 3), value))[0]
            assert largest_gap(answer["probabilities"], toy.classify(face.pixels[None])[0]) < 1e-5


def test_beyond_the_queues_length_visitors_are_turned_away_and_may_come_again(tmp_path):
    toy = Toy()
    toy.hold_up()
    with served(toy, tmp_path, queue_size=2) as (url, _, _):
        visitor = Visitor(url)
        path = visitor.upload(grey(40))
        first = visitor.join(path)
        assert wait_until(lambda: toy.at_work == 1)
        waiting = [visitor.join(path), visitor.join(path)]
        with pytest.raises(Rejected):
            visitor.join(path)
        toy.let_go()
        for event in (first, *waiting):
            assert "complete" in [kind for kind, _ in visitor.listen(event)]
        assert visitor.analyse(grey(90))["to_map"]


def test_when_a_visitor_leaves_the_work_for_them_ends(tmp_path):
    toy = Toy(maps=100)
    toy.hold_up()
    with served(toy, tmp_path) as (url, _, _):
        visitor = Visitor(url)
        start, look, _, explain_it, _ = steps_of(visitor.client.get("/config").json())
        photo = file_at(visitor.upload(grey(40)))
        visitor.take_step(start, [None, photo])
        visitor.take_step(look, [None, photo])
        visitor.client.timeout = 2
        with pytest.raises(httpx.ReadTimeout):
            visitor.take_step(explain_it, [None])
        visitor.close()
        assert wait_until(lambda: toy.may_go_on.release() or toy.left.is_set())
        assert toy.num_maps < 100


def test_what_a_visitor_has_is_forgotten_after_a_while_and_not_before(tmp_path):
    with served(Toy(), tmp_path) as (url, page, _):
        visitor = Visitor(url)
        visitor.analyse(grey(40))
        visitor.close()
        forget_visitors(page, age=600)
        assert visitor.session in page.state_holder.session_data
        forget_visitors(page, age=0)
        assert page.state_holder.session_data == {}
        assert page.state_holder.time_last_used == {}


def test_who_gives_many_photos_takes_no_more_memory_than_who_gives_two(tmp_path):
    """Gradio kept a copy of each text on the page for every photo."""
    with served(Toy(), tmp_path) as (url, page, _):
        visitor, kept = Visitor(url), []
        for value in (40, 90, 140, 190):
            visitor.analyse(grey(value))
            session = page.state_holder.session_data[visitor.session]
            kept.append((len(session.blocks_config.blocks), len(session.config_values), len(session.state_data)))
        assert len(set(kept[1:])) == 1


def test_sessions_beyond_the_limit_push_out_the_oldest(tmp_path):
    with served(Toy(), tmp_path, sessions=3) as (url, page, _):
        for value in (40, 90, 140, 190, 240):
            Visitor(url).analyse(grey(value))
        assert len(page.state_holder.session_data) <= 3


def test_a_bug_is_answered_without_its_text(tmp_path):
    toy = Toy()
    toy.classify = lambda pixels: {}["anna-on-holiday.jpg"]
    with served(toy, tmp_path) as (url, _, _):
        visitor = Visitor(url)
        said = list(visitor.listen(visitor.join(visitor.upload(grey(40)))))
        assert "error" in [kind for kind, _ in said]
        assert "anna" not in str(said)


def test_ten_minutes_later_the_example_is_there_and_what_visitors_gave_is_gone(tmp_path):
    with served(Toy(), tmp_path) as (url, _, folder):
        visitor = Visitor(url)
        assert visitor.analyse_given({"example": "astronaut"})["maps"]
        visitor.upload(ASTRONAUT.read_bytes(), ASTRONAUT.name)
        given = visitor.upload(grey(40), "anna.png")

        def status():
            return visitor.client.get(f"/gradio_api/file={given}").status_code

        sweep(folder, lambda age: None)
        assert status() == 200
        sweep(folder, lambda age: None, now=time.time() + 600)
        assert status() == 403  # as if it had never been there
        assert visitor.analyse_given({"example": "astronaut"})["maps"]


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9"])
def test_where_all_goes_through_a_proxy_the_page_opens_all_the_same(tmp_path, monkeypatch, proxy):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    with served(Toy(), tmp_path) as (url, _, _):
        assert Visitor(url).client.get("/").status_code == 200


def test_a_public_link_is_asked_for_through_the_proxy(tmp_path, monkeypatch):
    with served(Toy(), tmp_path) as (_, page, _), socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        asked = []

        def answer():
            connection, _ = proxy.accept()
            asked.append(connection.recv(1000).decode())
            connection.close()

        listening = threading.Thread(target=answer)
        listening.start()
        assert share(page).startswith("No public link could be made")
        listening.join(10)
    assert asked[0].startswith("CONNECT api.gradio.app:443")


# Beginning and end of the process


QUICK = """
import sys
def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        place = arguments[1] if event == "socket.connect" else arguments[0]
        place = place[0] if isinstance(place, tuple) else place
        if str(place) not in ("127.0.0.1", "::1", "localhost", "None", "b'localhost'"):
            print("asked for", event, place, file=sys.stderr, flush=True)
sys.addaudithook(note)
import app
from emotion.server import sweep
slow = sweep.sweep_until_stopped
sweep.sweep_until_stopped = lambda *arguments: slow(*arguments, minutes=1.1, every=1)  # an age of 6 seconds
sys.exit(app.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_photos_are_gone_in_time_and_after_kill_9_at_the_next_start_and_nobody_else_is_asked(tmp_path):
    with Page(tmp_path, code=QUICK) as page:
        visitor = Visitor(page.url)
        visitor.upload(photo_of(0), "anna.jpg")
        (folder,) = page.folders()
        assert list(folder.glob("*/anna.jpg"))
        assert wait_until(lambda: not list(folder.glob("*/anna.jpg")))
        assert visitor.analyse(photo_of(0))["to_map"]
        visitor.upload(photo_of(0), "anna.jpg")
        assert "asked for" not in page.log.read_text()
        page.stop(signal.SIGKILL)
        assert list(folder.glob("*/anna.jpg"))  # nobody can help that
        with Page(tmp_path) as again:
            (other,) = again.folders()
            assert other != folder
            assert not list(other.glob("*/anna.jpg"))
            visitor = Visitor(again.url)
            visitor.join(visitor.upload(photo_of(0)))
            time.sleep(1)
            assert again.stop(signal.SIGINT) == 0  # in the middle of an analysis
            assert again.folders() == []


def test_where_no_temporary_folder_can_be_made_the_page_says_so(monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    assert app.main([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The visitors' photos need a temporary folder")
