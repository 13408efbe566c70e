"""The live mirror: its answers to frames, and in Chromium what a visitor does and sees."""

import asyncio
import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import TimeoutError

from emotion import EMOTIONS
from emotion.analysis.engine import Engine
from emotion.page.looks import SENTENCES
from emotion.page.mirror import LOADING, NO_FACE, Mirror, MirrorRoute
from emotion.server.gate import Gate

HIDE = """() => {
    Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def _picture(size=(80, 60), kind="JPEG"):
    file = io.BytesIO()
    Image.new("RGB", size, "gray").save(file, kind)
    return file.getvalue()


PICTURE = _picture()
FACE = (10, 48, 40, 8)
"""Its box."""


# The answers


@pytest.fixture
def talk(face_at, record):
    """Lets a test talk to a mirror: runs its coroutine, whose argument sends a body and perhaps the name of a place."""
    shares = {"happy": 0.55, "sad": 0.45}

    def run(script, face=FACE, wait=lambda: None, **options):
        def follow_face(photo, frame):
            wait()
            return face and face_at(face)

        def classify(pixels):
            return np.array([[shares.get(emotion, 0) for emotion in EMOTIONS]])

        async def connect():
            mirror = Mirror(Engine(None, classify, None, follow_face=follow_face, **options), record)
            transport = httpx.ASGITransport(Gate(MirrorRoute(None, mirror), None))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

                def ask(body=PICTURE, place="", kind="image/jpeg"):
                    return client.post("/mirror", content=body, headers={"content-type": kind, "x-place": place})

                return await script(ask)

        with ThreadPoolExecutor(1) as thread:  # Playwright's own loop may run in this one
            return thread.submit(asyncio.run, connect()).result()

    return run


def test_a_frame_is_answered_by_a_place_a_box_a_sentence_and_seven_bars(talk):
    answer = talk(lambda ask: ask())
    said = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert len(said["place"]) == 32
    assert said["sentence"] == "Looks happy."
    assert said["box"] == pytest.approx([0.1, 1 / 6, 0.5, 0.5])
    assert list(said["bars"]) == list(EMOTIONS)
    assert said["bars"]["happy"] == [0.55, "55 %", True]
    assert said["bars"]["fear"] == [0.0, "0 %", False]


def test_a_frame_without_a_face_is_said_to_have_none(talk):
    said = talk(lambda ask: ask(), face=None).json()
    assert (said["sentence"], said["box"], said["bars"]) == (NO_FACE, None, None)


def test_before_the_model_is_loaded_the_mirror_says_so_and_takes_no_place(talk):
    assert talk(lambda ask: ask(), is_ready=lambda: False).json() == {"sentence": LOADING}


@pytest.mark.parametrize(
    ("body", "place", "kind", "status"),
    [
        (b"no picture", "", "image/jpeg", 400),
        (_picture()[:200], "", "image/jpeg", 400),
        (_picture((1000, 600)), "", "image/jpeg", 400),
        (b"\xff\xd8\xff", "", "image/jpeg", 400),
        (bytes(100_001), "", "image/jpeg", 413),
        (_picture(), "", "text/plain", 415),
        (_picture(), b"\x7f\xff" * 200, "image/jpeg", 410),
        (_picture(), "0" * 32, "image/jpeg", 410),
    ],
)
def test_what_is_no_frame_of_the_page_is_refused_in_a_sentence(talk, capsys, body, place, kind, status):
    answer = talk(lambda ask: ask(body, place, kind))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.endswith((".", "?"))
    assert capsys.readouterr().err == ""


def test_after_a_refused_frame_the_next_is_answered(talk):
    async def script(ask):
        place = (await ask()).json()["place"]
        return [(await ask(body, place)).status_code for body in (b"no picture", _picture())]

    assert talk(script) == [400, 200]


def test_of_two_frames_at_a_time_only_one_is_worked_on(talk):
    held = threading.Event()

    async def script(ask):
        held.set()
        place = (await ask()).json()["place"]
        held.clear()
        first = asyncio.create_task(ask(place=place))
        await asyncio.sleep(0.15)
        second = await ask(place=place)
        held.set()
        return second.status_code, (await first).status_code

    assert talk(script, wait=lambda: held.wait(10)) == (429, 200)


def test_who_leaves_makes_room_for_the_next(talk):
    async def script(ask):
        place = (await ask()).json()["place"]
        left = await ask(b"", place)
        return left.json(), (await ask(place=place)).status_code, (await ask()).status_code

    assert talk(script) == ({}, 410, 200)


# In Chromium


def _open(screen):
    screen.page.get_by_role("button", name="Live mirror").click()
    screen.find("#photo .live .sentence").wait_for()


def _open_until_it_follows(screen):
    """Open the mirror; once more where it follows nothing, as was seen twice with tests beside it on a busy machine."""
    _open(screen)
    bar = screen.find("#photo .bar.top")
    try:
        bar.wait_for()
    except TimeoutError:
        screen.page.locator("#photo").get_by_role("button", name=re.compile("Stop|Cancel")).click()
        _open(screen)
        bar.wait_for(timeout=screen.LONG)


def _stop(screen):
    """Leave, so that the next test has a place."""
    with screen.page.expect_request_finished(_is_leaving):
        screen.page.get_by_role("button", name="Stop").click()


def _is_leaving(request):
    return request.url.endswith("/mirror") and not request.post_data_buffer


def _say(bars=None, sentence="Looks happy.", box=(0.1, 0.2, 0.3, 0.4), place="0"):
    """What the page's computer may say: bars is a dict by emotion."""
    told = bars and {emotion: [bars.get(emotion, 0), "", False] for emotion in EMOTIONS}
    return {"place": place, "sentence": sentence, "box": told and box, "bars": told}


def _answer(screen, answers):
    """Answer the mirror's frames by these, the last one again and again; returns the list of bodies that came."""
    came = []

    def fulfill(route):
        if route.request.post_data_buffer:
            came.append(route.request.post_data_buffer)
            told = answers[min(len(came), len(answers)) - 1]
            route.fulfill(**({"json": told} if isinstance(told, dict) else {"status": told, "body": "<p>proxy</p>"}))
        else:
            route.fulfill(json={})

    screen.page.route("**/mirror", fulfill)
    return came


def _watch_tracks(screen):
    """From now on, window.tracks counts cameras that are on."""
    screen.page.evaluate(
        """() => {
            const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media), all = [];
            media.getUserMedia = async wish => {
                const stream = await ask(wish);
                all.push(...stream.getTracks());
                return stream;
            };
            Object.defineProperty(window, 'tracks', {get: () => all.filter(one => one.readyState === 'live').length});
        }"""
    )


def test_one_click_opens_the_mirror_and_the_bars_follow_at_one_glance(screen):
    _open(screen)
    screen.find("#photo .bar.top[data-emotion=happy]").wait_for(timeout=screen.LONG)
    assert screen.find("#photo .live .sentence").inner_text() == "Looks happy."
    for width, height in ((1280, 720), (390, 844)):
        screen.resize(width, height)
        screen.page.evaluate("scrollTo(0, 0)")
        for place in ("#photo video", "#photo .outline", "#photo .bars", "#photo [data-for=mirror]"):
            box = screen.find(place).bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height, (place, width)
        assert screen.overflow() <= 0
    faults = Axe().run(screen.page).response["violations"]
    assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []
    assert screen.said == []
    _stop(screen)


@pytest.mark.slow
def test_the_outline_lies_where_the_mirror_shows_the_face(screen):
    _answer(screen, [_say({"happy": 0.5}, box=(0.1, 0.2, 0.3, 0.4))])
    _open(screen)
    screen.find("#photo .outline").wait_for()
    screen.page.wait_for_timeout(300)  # it glides there
    video, outline = (screen.find(place).bounding_box() for place in ("#photo video", "#photo .outline"))
    shares = [(outline["x"] - video["x"]) / video["width"], (outline["y"] - video["y"]) / video["height"]]
    assert shares == pytest.approx([0.6, 0.2], abs=0.01)
    assert outline["width"] / video["width"] == pytest.approx(0.3, abs=0.01)


def test_freezing_gives_the_frame_as_a_photo_and_closes_the_camera(screen):
    _watch_tracks(screen)
    _open_until_it_follows(screen)
    assert screen.page.evaluate("window.tracks") == 1
    screen.page.get_by_role("button", name="Freeze").click()
    assert screen.sentence("Looks happy")
    assert screen.page.evaluate("window.tracks") == 0
    assert screen.find("#photo .bar").count() == 0


@pytest.mark.slow
def test_nothing_of_a_mirror_is_written_to_the_disk(screen, page_process):
    def files():  # but for TensorFlow's own, which it writes when it is asked for the first time
        found = {file for folder in page_process.folders() for file in folder.rglob("*")}
        return {file for file in found if not file.name.startswith("__autograph")}

    before = files()
    _open(screen)
    screen.find("#photo .bar.top").wait_for(timeout=screen.LONG)
    assert files() <= before
    _stop(screen)


def test_frames_are_small_and_the_next_is_sent_once_the_last_is_answered(screen):
    came, waiting = [], []

    def hold(route):
        came.append(route.request.post_data_buffer)
        waiting.append(route)

    screen.page.route("**/mirror", hold)
    _open(screen)
    screen.page.wait_for_timeout(500)
    assert len(came) == 1
    with Image.open(io.BytesIO(came[0])) as frame:
        assert max(frame.size) == 320
    assert len(came[0]) < 25_000
    with screen.page.expect_request("**/mirror"):
        waiting[0].fulfill(json=_say({"happy": 0.5}))


def test_each_bar_is_to_pass_the_mark_once(screen):
    half = dict.fromkeys(EMOTIONS, 0.79)
    answers = [_say({"happy": 0.81}), _say(half)]
    came = _answer(screen, answers)
    _open(screen)
    screen.find("#photo .live .count").get_by_text("1").wait_for()
    screen.page.wait_for_timeout(300)
    assert screen.find("#photo .reached").count() == 1
    screen.page.get_by_role("button", name="Start over").click()
    screen.find("#photo .live .count").get_by_text("0").wait_for()
    answers[:], came[:] = [_say({emotion: 0.9}) for emotion in EMOTIONS], []
    screen.find("#photo .live .won").wait_for()
    assert screen.find("#photo .reached").count() == len(EMOTIONS)


@pytest.mark.slow
def test_a_screen_reader_is_told_now_and_then_only(screen):
    _answer(screen, [_say({"happy": 0.5}, f"Looks {number}.") for number in range(12)])
    screen.page.evaluate(
        """() => {
            window.words = new Set();
            const note = () => window.words.add(document.querySelector('#photo [role=status]')?.textContent);
            new MutationObserver(note).observe(document.body, {childList: true, subtree: true, characterData: true});
        }"""
    )
    _open(screen)
    screen.find("#photo .live .sentence").get_by_text("Looks 11.").wait_for()
    assert screen.page.evaluate("[...window.words].filter(Boolean).length") <= 2


@pytest.mark.slow
def test_without_a_face_the_bars_pale_and_the_page_says_so(screen):
    _answer(screen, [_say({"happy": 0.5}), _say(sentence=NO_FACE)])
    _open(screen)
    screen.find("#photo .live.blind").get_by_text(NO_FACE).first.wait_for()
    assert not screen.find("#photo .outline").is_visible()


def test_after_its_time_the_mirror_asks_whether_to_go_on_with_the_same_game(screen):
    _watch_tracks(screen)
    _answer(screen, [_say({"happy": 0.9}), 410, _say({"sad": 0.9})])
    _open(screen)
    screen.find("#photo .resting").get_by_text(SENTENCES["over"]).wait_for()
    assert screen.page.evaluate("window.tracks") == 0
    screen.page.get_by_role("button", name="Go on").click()
    screen.find("#photo .live .count").get_by_text("2").wait_for()


def test_out_of_sight_the_camera_is_closed_and_the_place_given_back(screen):
    _watch_tracks(screen)
    _answer(screen, [_say({"happy": 0.5}, place="a place")])
    _open(screen)
    screen.find("#photo .outline").wait_for()
    with screen.page.expect_request(_is_leaving) as left:
        screen.page.evaluate(HIDE)
    assert left.value.headers["x-place"] == "a place"
    screen.find("#photo .resting").get_by_text(SENTENCES["away"]).wait_for()
    assert screen.page.evaluate("window.tracks") == 0


@pytest.mark.parametrize("way", ["button", *(pytest.param(way, marks=pytest.mark.slow) for way in ("tab", "file"))])
def test_the_camera_is_closed_whichever_way_the_mirror_ends(screen, photos, way):
    _watch_tracks(screen)
    _answer(screen, [_say({"happy": 0.5})])
    _open(screen)
    screen.find("#photo .outline").wait_for()
    if way == "button":
        screen.page.get_by_role("button", name="Stop").click()
    elif way == "tab":
        screen.page.get_by_role("tab", name="Score card").click()
    else:
        screen.page.route("**/gradio_api/upload", lambda route: route.fulfill(status=507))
        screen.find("#photo input[type=file]").set_input_files(photos / "person.jpg")
    screen.page.wait_for_function("window.tracks === 0")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (503, "taken"),
        (404, "noMirror"),
        pytest.param(500, "noMirror", marks=pytest.mark.slow),
        pytest.param(0, "noMirror", marks=pytest.mark.slow),
    ],
)
def test_where_frames_are_not_answered_a_photo_can_be_taken_instead(screen, status, sentence):
    if status:
        _answer(screen, [status])
    else:
        screen.page.route("**/mirror", lambda route: route.abort())
    screen.page.get_by_role("button", name="Live mirror").click()
    screen.find("#photo [role=alert]").get_by_text(SENTENCES[sentence], exact=True).wait_for()
    screen.page.route("**/gradio_api/upload", lambda route: route.fulfill(status=507))
    with screen.page.expect_request("**/gradio_api/upload"):
        screen.page.get_by_role("button", name="Take photo").click()


@pytest.mark.slow
def test_a_frame_that_is_lost_on_the_way_ends_nothing(screen):
    _answer(screen, [_say({"happy": 0.5}), 502, 502, _say({"sad": 0.5}, "Looks sad.")])
    _open(screen)
    screen.find("#photo .live .sentence").get_by_text("Looks sad.").wait_for()


@pytest.mark.slow
def test_where_there_is_no_camera_the_mirror_says_why(open_screen):
    screen = open_screen("Object.defineProperty(Navigator.prototype, 'mediaDevices', {value: undefined});")
    screen.page.get_by_role("button", name="Live mirror").click()
    screen.find("#photo [role=alert]").get_by_text(SENTENCES["noCamera"], exact=True).wait_for()
