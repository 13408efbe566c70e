import io
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from emotion import EMOTIONS
from emotion.faces import find_faces
from emotion.model import load_classifier
from emotion.page import EMPTY
from emotion.photo import read_photo

ROOT = Path(__file__).parents[1]


def _give(page, photo):
    page.locator("#photo input[type=file]").set_input_files(photo)


def _give_another(page, photo):
    page.get_by_label("Remove Image").click()
    page.locator("#chart").get_by_text(EMPTY).wait_for()
    _give(page, photo)


def _percentages(page):
    page.locator("#chart .top").first.wait_for(timeout=30_000)
    return {
        row.get_attribute("data-emotion"): int(row.locator(".percent").inner_text().removesuffix(" %"))
        for row in page.locator("#chart li").all()
    }


def _top(page):
    shown = _percentages(page)
    return max(shown, key=shown.get)


def _wait_for_map(page):
    page.locator("#map").scroll_into_view_if_needed()  # far below, a browser does not load pictures yet
    page.locator("#map img").wait_for(timeout=60_000)
    return page.locator("#map img").get_attribute("alt")


def test_an_uploaded_photo_gets_its_chart_and_its_map(browser_page, photos, tmp_path):
    _give(browser_page, photos / "person.jpg")
    shown = _percentages(browser_page)

    classify, _ = load_classifier(ROOT / "models")
    expected = classify(find_faces(read_photo(photos / "person.jpg"))[0].pixels[None])[0]
    assert list(shown) == list(EMOTIONS)
    assert list(shown.values()) == [round(100 * float(value)) for value in expected]
    assert max(shown, key=shown.get) == "happy"
    assert "Looks most like happy" in browser_page.locator("#chart").inner_text()

    assert "towards happy" in _wait_for_map(browser_page)
    assert "R²" in browser_page.locator("#fit").inner_text()
    assert browser_page.locator("#seen img").is_visible()
    picture = Image.open(io.BytesIO(browser_page.screenshot(full_page=True)))
    chart, heat_map = (browser_page.locator(place).bounding_box() for place in ("#chart", "#map"))
    assert chart["x"] + chart["width"] <= heat_map["x"]  # beside each other
    cut = picture.crop([heat_map["x"], heat_map["y"], heat_map["x"] + heat_map["width"], heat_map["y"] + 400])
    red, _, blue = np.moveaxis(np.asarray(cut.convert("RGB"), int), -1, 0)
    assert (red - blue > 60).sum() > 1000  # orange: something speaks for it


def test_nothing_is_asked_of_any_other_computer(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    _wait_for_map(browser_page)
    assert len(browser_page.requests) > 5
    for address in browser_page.requests:
        assert address.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:")), address


def test_any_emotion_can_be_explained(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    happy = _wait_for_map(browser_page)
    browser_page.get_by_label("fear", exact=True).check()
    browser_page.locator("#map img[alt*='towards fear']").wait_for()
    assert browser_page.locator("#map img").get_attribute("alt") != happy
    assert "happy" in browser_page.locator("#chart .top").inner_text()  # the answer stays


def test_a_snapshot_of_the_camera_is_analysed_and_is_not_mirrored(browser_page):
    browser_page.get_by_label("Capture from camera").click()
    browser_page.get_by_title("grant webcam access").click()
    browser_page.get_by_label("capture photo").click()
    assert _top(browser_page) == "happy"
    _wait_for_map(browser_page)
    address = browser_page.locator("#photo img").get_attribute("src")
    snapshot = np.asarray(Image.open(io.BytesIO(browser_page.request.get(address).body())).convert("L"), float)
    left, right = np.array_split(snapshot, 2, axis=1)
    assert left.std() > 30 > 10 > right.std()  # the face, and the grey half


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_phone_held_in_any_direction_gives_the_same_answer(browser_page, photos, tmp_path, turned):
    """Without a word on orientation in the file: the pixels themselves are turned."""
    Image.open(photos / "person.jpg").rotate(turned, expand=True).save(tmp_path / "turned.png")
    _give(browser_page, photos / "person.jpg")
    upright = _percentages(browser_page)
    _give_another(browser_page, tmp_path / "turned.png")
    assert max(abs(share - upright[name]) for name, share in _percentages(browser_page).items()) <= 2


def test_a_poor_photo_is_said_to_be_poor(browser_page, photos, tmp_path):
    _give(browser_page, photos / "person.jpg")
    _top(browser_page)
    assert browser_page.locator("#warnings").inner_text().strip() == ""
    Image.open(photos / "person.jpg").point(lambda grey: grey // 9).save(tmp_path / "dark.png")
    _give_another(browser_page, tmp_path / "dark.png")
    browser_page.get_by_text("The face is dark").wait_for()
    assert browser_page.locator("#warnings li").count() == 1


def test_of_two_people_either_can_be_chosen(browser_page, photos):
    _give(browser_page, photos / "two.jpg")
    _wait_for_map(browser_page)
    assert browser_page.locator("#found img").is_visible()
    assert browser_page.locator("#picker label").all_inner_texts() == ["face 1", "face 2"]
    first = browser_page.locator("#seen img").get_attribute("src")
    browser_page.get_by_label("face 2").check()
    browser_page.wait_for_function("first => document.querySelector('#seen img')?.src !== first", arg=first)
    _wait_for_map(browser_page)
    assert browser_page.get_by_label("face 2").is_checked()


@pytest.mark.parametrize(
    ("photo", "sentence"), [("cat.jpg", "No face was found"), ("text.jpg", "not a picture that can be read")]
)
def test_a_photo_that_cannot_be_used_is_answered_by_a_sentence(browser_page, photos, photo, sentence):
    _give(browser_page, photos / photo)
    toast = browser_page.get_by_test_id("toast-text")
    toast.wait_for(timeout=30_000)
    assert sentence in toast.inner_text()
    assert sentence in browser_page.locator("#chart").inner_text()  # and there it stays
    assert browser_page.get_by_text("Error", exact=True).count() == 0
    assert browser_page.locator("#chart .top").count() == 0
    assert browser_page.locator("#map img").count() == 0


def test_after_a_bad_photo_no_earlier_answer_is_left(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    _wait_for_map(browser_page)
    browser_page.get_by_label("Remove Image").click()
    _give(browser_page, photos / "cat.jpg")
    browser_page.get_by_test_id("toast-text").wait_for(timeout=30_000)
    assert browser_page.locator("#chart .top").count() == 0
    assert browser_page.locator("#map img").count() == 0


def test_the_notice_stands_above_the_photo(browser_page):
    notice = browser_page.get_by_text("It does not know what anyone feels")
    assert notice.bounding_box()["y"] < browser_page.locator("#photo").bounding_box()["y"]


def test_the_example_is_analysed_on_a_click(browser_page):
    browser_page.get_by_role("button").filter(has=browser_page.locator("img")).first.click()
    assert _top(browser_page) == "happy"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak memory there")
def test_a_bomb_is_answered_without_being_decoded(browser_page, page_process, tmp_path):
    def peak_kilobytes():
        status = Path(f"/proc/{page_process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    browser_page.get_by_role("button").filter(has=browser_page.locator("img")).first.click()
    assert _top(browser_page) == "happy"
    before = peak_kilobytes()
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")
    browser_page.get_by_label("Remove Image").click()
    _give(browser_page, tmp_path / "bomb.png")
    toast = browser_page.get_by_test_id("toast-text")
    toast.wait_for(timeout=30_000)
    assert "13000 x 13000 pixels is too large" in toast.inner_text()
    assert peak_kilobytes() - before < 100_000


def test_on_a_phone_nothing_is_wider_than_the_screen(browser_page, photos):
    browser_page.set_viewport_size({"width": 390, "height": 844})
    _give(browser_page, photos / "two.jpg")
    _wait_for_map(browser_page)
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_chart_comes_before_the_map(page_url, photos):
    client = Client(page_url, verbose=False)
    job = client.submit(handle_file(photos / "person.jpg"), api_name="/analyse")
    job.result(60)
    steps = [("class='top'" in str(chart), bool(heat_map)) for *_, chart, _, heat_map, _ in job.outputs()]
    assert steps[:2] == [(False, False), (True, False)]
    assert steps[-1][1]
    client.close()
