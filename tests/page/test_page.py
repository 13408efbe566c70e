"""The page in Chromium, with the weights of models/: what a visitor does and sees."""

import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client, handle_file
from PIL import Image

from emotion import EMOTIONS
from emotion.explain.explanation import hide
from emotion.explain.regions import superpixels
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.network.model import load_classifier
from emotion.page.session import EMPTY

ROOT = Path(__file__).parents[2]
LONG = 120_000
"""Milliseconds that a browser waits for a map: a slow machine's, with other tests beside it."""

PLACES = ("#photo", "#chart", "#faces", "#seen", "#emotion", "#other", "#kind", "#map", "#regions", "#test", "#card")
EXCUSED = set()
"""(rule, part of the element's HTML) of what axe-core finds inside of Gradio's own components."""


def _give(page, photo):
    page.locator("#photo input[type=file]").set_input_files(photo)


def _give_another(page, photo):
    page.get_by_label("Take the photo away").click()
    page.locator("#chart").get_by_text(EMPTY).wait_for()
    _give(page, photo)


def _percentages(page):
    page.locator("#chart .top").first.wait_for(timeout=LONG)
    return {
        row.get_attribute("data-emotion"): int(row.locator(".percent").inner_text().removesuffix(" %"))
        for row in page.locator("#chart li").all()
    }


def _top(page):
    shown = _percentages(page)
    return max(shown, key=shown.get)


def _scroll_to(locator):
    """Bring it into the window at once: Playwright's own call waits for frames, which a busy machine withholds."""
    locator.evaluate("element => element.scrollIntoView({block: 'center', behavior: 'instant'})")


def _wait_for_map(page, words=""):
    """The map's text once there is a map whose text has these words."""
    _scroll_to(page.locator("#map"))  # far below, a browser does not load pictures yet
    page.locator(f"#map img[alt*='{words}']" if words else "#map img").wait_for(timeout=LONG)
    return page.locator("#map img").get_attribute("alt")


def _wait_till_done(page):
    page.wait_for_function(
        "document.querySelector('#map img') && !document.querySelector('#progress .working')", timeout=LONG
    )


def _count_answers(page):
    """Let window.appeared count, from now on, each time that a map or the emotion on top is seen."""
    page.evaluate(
        """() => {
            window.appeared = 0;
            const count = () => { window.appeared += document.querySelectorAll('#map img, #chart .top').length; };
            new MutationObserver(count).observe(document.body, {childList: true, subtree: true, attributes: true});
        }"""
    )


def _boxes(page):
    page.evaluate("scrollTo(0, 0)")  # boxes are counted from the window's edge, wherever it was scrolled to
    return {place: page.locator(place).bounding_box() for place in PLACES}


def _faults(page):
    """What axe-core calls serious or critical, but for what is excused."""
    return [
        (fault["id"], node["html"][:200])
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
        if not any(fault["id"] == rule and part in node["html"] for rule, part in EXCUSED)
    ]


def _shown_share(page, emotion):
    row = page.locator("#test tr").filter(has=page.locator("th", has_text=emotion))
    return [int(cell.removesuffix(" %").replace("−", "-")) for cell in row.locator("td").all_inner_texts()]


@pytest.fixture(scope="module")
def visit(chromium, page_url, photos):
    """One visit with one person's photo, whose map is there: for tests that leave it as they found it.

    Attributes: requests, the addresses asked for; before, where everything stood before the photo was given; faults,
    what axe-core found before and while it worked.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(page_url)
    page.locator("#photo").wait_for()
    page.locator("#chart li").first.wait_for()
    page.faults = {"empty": _faults(page)}
    page.before = _boxes(page)
    _give(page, photos / "person.jpg")
    page.locator("#progress .working").wait_for(timeout=LONG)
    page.faults["working"] = _faults(page)
    _wait_till_done(page)
    yield page
    context.close()


@pytest.fixture(scope="module")
def face(photos):
    """The face of that photo."""
    return find_faces(read_photo(photos / "person.jpg"))[0]


@pytest.fixture(scope="module")
def classify():
    """The network that the page asks."""
    return load_classifier(ROOT / "models")[0]


def test_an_uploaded_photo_gets_its_chart_and_its_map(visit, face, classify):
    shown = _percentages(visit)
    expected = classify(face.pixels[None])[0]
    assert list(shown) == list(EMOTIONS)
    assert list(shown.values()) == [round(100 * float(value)) for value in expected]
    assert f"Looks most like happy, {shown['happy']} %." in visit.locator("#chart [role=status]").inner_text()
    assert "towards happy" in _wait_for_map(visit)
    assert "The map catches" in visit.locator("#notes").inner_text()
    assert "not what the person feels" in visit.locator("#notes").inner_text()
    assert visit.locator("#seen img").is_visible()
    assert visit.get_by_role("radio", name="happy", exact=True).is_checked()

    _scroll_to(visit.locator("#map"))
    red, _, blue = np.moveaxis(
        np.asarray(Image.open(io.BytesIO(visit.locator("#map").screenshot())), int)[..., :3], -1, 0
    )
    assert (red - blue > 60).sum() > 1000  # orange: something speaks for it


def test_the_list_says_what_the_map_shows(visit):
    names = visit.locator("#regions label span:nth-of-type(1)").all_inner_texts()
    points = visit.locator("#regions .points").all_inner_texts()
    assert 20 <= len(names) <= 49
    first = f"{names[0].capitalize()} {points[0]}"
    assert first.split(" (")[0] in visit.locator("#map img").get_attribute("alt")
    unsure = visit.locator("#regions .region.unsure").count()
    assert visit.locator("#regions li").nth(len(names) - unsure).locator(".unsure").count() == (1 if unsure else 0)


def test_nothing_moves_when_results_arrive(visit):
    after = _boxes(visit)
    for place, before in visit.before.items():
        assert abs(after[place]["x"] - before["x"]) <= 1, place
        assert abs(after[place]["y"] - before["y"]) <= 1, place
        assert abs(after[place]["width"] - before["width"]) <= 1, place


def test_chart_and_map_stand_beside_each_other(visit):
    chart, heat_map = (visit.locator(place).bounding_box() for place in ("#chart", "#map"))
    assert chart["x"] + chart["width"] <= heat_map["x"]
    assert chart["y"] < heat_map["y"] + heat_map["height"]
    assert heat_map["y"] < chart["y"] + chart["height"]


def test_nothing_is_asked_of_any_other_computer(visit):
    assert len(visit.requests) > 5
    for address in visit.requests:
        assert address.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:")), address


@pytest.mark.parametrize("state", ["empty", "working"])
def test_before_the_answer_nothing_stands_in_the_way_of_anybody(visit, state):
    assert visit.faults[state] == []


def test_a_result_can_be_read_and_used_by_anybody(visit):
    assert _faults(visit) == []
    for image in visit.locator("img:visible").all():
        assert image.get_attribute("alt") or image.evaluate("image => image.closest('button, [aria-label]') !== null")


def test_any_emotion_can_be_explained_and_compared(visit):
    visit.get_by_role("radio", name="fear", exact=True).check()
    _wait_for_map(visit, "towards fear")
    assert "happy" in visit.locator("#chart .top").inner_text()  # the answer stays
    visit.get_by_label("rather than").click()
    visit.get_by_role("option", name="happy").click()
    text = _wait_for_map(visit, "fear rather than happy")
    assert "towards fear rather than happy" in visit.locator("#regions legend").inner_text()
    assert "−" in text or "+" in text or "No part" in text
    visit.get_by_label("rather than").click()
    visit.get_by_role("option", name="nothing else").click()
    visit.get_by_role("radio", name="happy", exact=True).check()
    _wait_for_map(visit, "Heat map for happy. ")


def test_a_part_that_is_ticked_is_hidden_and_the_model_is_asked_again(visit, face, classify):
    row = visit.locator("#regions li").first
    region, name = int(row.locator("input").get_attribute("value")), row.locator("span").first.inner_text()
    row.locator("input").check()
    visit.get_by_text(f"With {name} hidden").wait_for(timeout=LONG)

    regions, names = superpixels(face.pixels, face.framed_landmarks)
    assert names[region] == name
    expected = hide(face.pixels, regions, [region], classify)[EMOTIONS.index("happy")]
    whole, hidden, promised = _shown_share(visit, "happy")
    assert hidden == round(100 * float(expected))
    assert whole == _percentages(visit)["happy"]
    points = int(row.locator(".points").inner_text().split()[0].replace("−", "-"))
    assert abs(whole - points - promised) <= 1
    assert visit.locator("#test img").get_attribute("alt") == f"The face with these parts blurred: {name}"
    row.locator("input").uncheck()
    visit.get_by_text("Tick a part in the list").wait_for(timeout=LONG)


def test_a_part_that_is_clicked_on_the_map_is_hidden(visit, face):
    regions, names = superpixels(face.pixels, face.framed_landmarks)
    picture = visit.locator("#map img")
    _scroll_to(picture)
    box = picture.bounding_box()
    side = min(box["width"], box["height"] * 576 / 711)  # the face is square, the colour bar is below it
    left = box["x"] + (box["width"] - side) / 2
    visit.mouse.click(left + side * 0.5, box["y"] + side * 0.75)
    name = names[regions[36, 24]]
    visit.get_by_text(f"With {name} hidden").wait_for(timeout=LONG)
    assert visit.locator("#regions input:checked").count() == 1
    visit.mouse.click(left + side * 0.5, box["y"] + side * 0.75)
    visit.get_by_text("Tick a part in the list").wait_for(timeout=LONG)
    assert visit.locator("#regions input:checked").count() == 0


def test_named_face_parts_are_a_choice_that_is_kept(visit):
    visit.get_by_label("face parts").check()
    visit.locator("#regions").get_by_text("left mouth corner").wait_for(timeout=LONG)
    _wait_till_done(visit)
    visit.get_by_label("superpixels").check()
    visit.locator("#regions").get_by_text("left mouth corner").wait_for(state="detached")
    assert visit.locator("#progress .working").count() == 0
    visit.get_by_label("face parts").check()
    visit.locator("#regions").get_by_text("left mouth corner").wait_for()
    assert visit.locator("#progress .working").count() == 0  # nothing is worked out once more
    visit.get_by_label("superpixels").check()
    visit.locator("#regions").get_by_text("left mouth corner").wait_for(state="detached")


def test_all_seven_maps_are_one_click_away(visit):
    visit.get_by_role("button", name="All seven emotions at once").click()
    sheet = visit.locator("#sheet img")
    sheet.wait_for(timeout=LONG)
    for emotion in EMOTIONS:
        assert f"{emotion.capitalize()}, " in sheet.get_attribute("alt")
    visit.get_by_role("button", name="All seven emotions at once").click()


def test_picture_and_numbers_are_taken_home(visit, tmp_path):
    with visit.expect_download(timeout=LONG) as download:
        visit.get_by_role("button", name="Take the picture home").click()
    assert download.value.suggested_filename == "expression.png"
    download.value.save_as(tmp_path / "expression.png")
    with Image.open(tmp_path / "expression.png") as card:
        assert card.width >= 1000

    with visit.expect_download(timeout=LONG) as download:
        visit.get_by_role("button", name="Take the numbers home").click()
    download.value.save_as(tmp_path / "expression.json")
    numbers = json.loads((tmp_path / "expression.json").read_text())
    assert {name: round(100 * share) for name, share in numbers["probabilities"].items()} == _percentages(visit)


def test_score_card_and_reading_have_tabs_of_their_own(visit):
    visit.get_by_role("tab", name="Score card").click()
    visit.locator("#score-card").get_by_text("disgust").first.wait_for()
    assert _faults(visit) == []
    visit.get_by_role("tab", name="How to read the map").click()
    visit.locator("#example-map img").wait_for(timeout=LONG)
    assert "Heat map for happy" in visit.locator("#example-map img").get_attribute("alt")
    assert _faults(visit) == []
    visit.get_by_role("tab", name="Try it").click()
    assert _top(visit) == "happy"


def test_at_twice_the_size_nothing_is_cut_off(visit):
    visit.set_viewport_size({"width": 640, "height": 450})  # what a browser's zoom of 200 % makes of 1280 by 900
    assert visit.evaluate("document.documentElement.scrollWidth") <= 640
    visit.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("way", ["button", "key", "key, over another photo"])
def test_a_pasted_photo_is_analysed(chromium, page_url, photos, way):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(page_url)
    page.locator("#photo").wait_for()
    Image.open(photos / "person.jpg").save(photos / "person.png")
    page.evaluate(
        """async numbers => {
            const picture = new Blob([new Uint8Array(numbers)], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
        }""",
        list((photos / "person.png").read_bytes()),
    )
    if "over" in way:
        _give(page, photos / "cat.jpg")
        page.locator("#chart .failed").wait_for()
    if way == "button":
        page.get_by_label("Paste", exact=True).click()
    else:
        page.keyboard.press("Control+V")
    assert _top(page) == "happy"
    context.close()


def test_a_snapshot_of_the_camera_is_analysed_and_is_not_mirrored(browser_page):
    browser_page.get_by_label("Camera", exact=True).click()
    browser_page.get_by_title("Start the camera").click()
    browser_page.get_by_label("Take the snapshot").click()
    assert _top(browser_page) == "happy"
    address = browser_page.locator("#photo img").get_attribute("src")
    snapshot = np.asarray(Image.open(io.BytesIO(browser_page.request.get(address).body())).convert("L"), float)
    left, right = np.array_split(snapshot, 2, axis=1)
    assert left.std() > 30 > 10 > right.std()  # the face, and the grey half


def test_where_there_is_no_camera_the_page_says_so_in_place(chromium, page_url):
    context = chromium.new_context()
    context.add_init_script(
        "MediaDevices.prototype.getUserMedia = async () => { throw new DOMException('none', 'NotFoundError'); }"
    )
    page = context.new_page()
    page.goto(page_url)
    page.get_by_label("Camera", exact=True).click()
    page.get_by_text("Click to start the camera").click()
    page.locator("#photo").get_by_text("No camera could be opened. Expected one that is connected").wait_for()
    assert _faults(page) == []
    context.close()


def test_a_phone_held_in_any_direction_gives_the_same_answer(browser_page, photos, tmp_path):
    """Without a word on orientation in the file: the pixels themselves are turned."""
    _give(browser_page, photos / "person.jpg")
    upright = _percentages(browser_page)
    for turned in (90, 180, 270):
        Image.open(photos / "person.jpg").rotate(turned, expand=True).save(tmp_path / f"{turned}.png")
        _give_another(browser_page, tmp_path / f"{turned}.png")
        assert max(abs(share - upright[name]) for name, share in _percentages(browser_page).items()) <= 2


def test_a_poor_photo_is_said_to_be_poor(browser_page, photos, tmp_path):
    Image.open(photos / "person.jpg").point(lambda grey: grey // 9).save(tmp_path / "dark.png")
    _give(browser_page, tmp_path / "dark.png")
    browser_page.get_by_text("The face is dark").wait_for(timeout=LONG)
    assert browser_page.locator("#warnings li").count() == 1
    _give_another(browser_page, photos / "person.jpg")
    _top(browser_page)
    assert browser_page.locator("#warnings li").count() == 0


def test_where_the_model_is_not_sure_it_names_two_candidates(browser_page, photos):
    _give(browser_page, photos / "unsure.png")
    shown = _percentages(browser_page)
    first, second = sorted(shown, key=shown.get)[:-3:-1]
    answer = browser_page.locator("#chart [role=status]").inner_text()
    assert answer == f"Not sure: looks like {first}, {shown[first]} %, or {second}, {shown[second]} %."
    assert browser_page.locator("#chart .top").count() == 2


def test_of_two_people_either_can_be_chosen_by_click_or_by_name(browser_page, photos):
    _give(browser_page, photos / "two.jpg")
    browser_page.get_by_label("face 2").wait_for(timeout=LONG)
    picture = browser_page.locator("#found img")
    assert picture.get_attribute("alt").startswith("Your photo with 2 faces found: face 1 ")
    assert browser_page.locator("#picker label").all_inner_texts() == ["face 1", "face 2"]
    seen = browser_page.locator("#seen img")
    first = seen.get_attribute("src")
    assert seen.get_attribute("alt").startswith("Face 1 of 2")
    # The second person is pasted 400 pixels wide at (480, 60) of 900 x 520; her face is at (225, 122) of 512.
    _scroll_to(picture)
    box = picture.bounding_box()
    scale = min(box["width"] / 900, box["height"] / 520)
    left, top = box["x"] + (box["width"] - 900 * scale) / 2, box["y"] + (box["height"] - 520 * scale) / 2
    browser_page.mouse.click(left + scale * (480 + 225 * 400 / 512), top + scale * (60 + 122 * 400 / 512))
    browser_page.wait_for_function("first => document.querySelector('#seen img')?.src !== first", arg=first)
    assert seen.get_attribute("alt").startswith("Face 2 of 2")
    assert browser_page.get_by_label("face 2").is_checked()
    browser_page.get_by_label("face 1").check()
    browser_page.wait_for_function("first => document.querySelector('#seen img')?.src === first", arg=first)
    _wait_for_map(browser_page, "towards happy")


@pytest.mark.parametrize(
    ("photo", "sentence"), [("cat.jpg", "No face was found"), ("text.jpg", "not a picture that can be read")]
)
def test_a_photo_that_cannot_be_used_is_answered_by_a_sentence_in_place(browser_page, photos, photo, sentence):
    _give(browser_page, photos / "person.jpg")
    _top(browser_page)
    _give_another(browser_page, photos / photo)
    browser_page.locator("#chart .failed").wait_for(timeout=LONG)
    assert sentence in browser_page.locator("#chart [role=status]").inner_text()
    assert browser_page.get_by_text("Error", exact=True).count() == 0
    assert browser_page.get_by_label("Take the photo away").is_visible()  # the photo stays where it was
    for place in ("#chart .top", "#map img", "#seen img", "#found img"):  # and nothing of the one before
        assert browser_page.locator(place).count() == 0
    assert _faults(browser_page) == []


def test_a_new_photo_ends_the_work_for_the_last_one_and_no_stale_map_appears(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    browser_page.locator("#progress .working").wait_for(timeout=LONG)
    browser_page.get_by_label("Take the photo away").click()
    _give(browser_page, photos / "cat.jpg")
    browser_page.locator("#chart .failed").wait_for(timeout=LONG)
    _count_answers(browser_page)
    # Maps are made one at a time: as soon as another visitor has one, the old work has ended.
    client = Client(browser_page.url, verbose=False)
    client.predict(handle_file(photos / "person.jpg"), api_name="/analyse")
    client.close()
    assert browser_page.evaluate("window.appeared") == 0
    assert "No face was found" in browser_page.locator("#chart").inner_text()


def test_an_answer_to_the_last_question_does_not_come_back_and_the_new_list_can_be_ticked_at_once(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    _wait_for_map(browser_page)
    assert browser_page.locator("#progress .working").count() == 1  # the superpixels are still worked on
    browser_page.evaluate(
        """() => {
            window.lists = [];
            const regions = document.querySelector('#regions');
            new MutationObserver(() => window.lists.push(regions.innerText)).observe(
                regions, {childList: true, subtree: true}
            );
        }"""
    )
    browser_page.get_by_label("face parts").check()
    corner = browser_page.locator("#regions label", has_text="left mouth corner")
    corner.wait_for(timeout=LONG)
    corner.click()
    browser_page.get_by_text("With left mouth corner hidden").wait_for(timeout=LONG)
    lists = browser_page.evaluate("window.lists")
    emptied = next(number for number, text in enumerate(lists) if "are listed here" in text)
    assert all("left mouth corner" in text for text in lists[emptied:] if "are listed here" not in text)
    assert browser_page.locator("#regions input:checked").count() == 1
    _wait_till_done(browser_page)
    assert browser_page.locator("#regions input:checked").count() == 1


def test_the_map_of_a_photo_that_was_taken_away_does_not_come_back(browser_page, photos):
    _give(browser_page, photos / "person.jpg")
    _wait_for_map(browser_page)
    assert browser_page.locator("#progress .working").count() == 1
    browser_page.get_by_label("Take the photo away").click()
    browser_page.locator("#chart").get_by_text(EMPTY).wait_for()
    assert browser_page.locator("#map img").count() == 0
    _count_answers(browser_page)
    # Maps are made one at a time: as soon as another visitor has one, the old work has ended.
    client = Client(browser_page.url, verbose=False)
    client.predict(handle_file(photos / "person.jpg"), api_name="/analyse")
    client.close()
    _give(browser_page, photos / "cat.jpg")  # its answer comes after whatever was said before
    browser_page.locator("#chart .failed").wait_for(timeout=LONG)
    assert browser_page.evaluate("window.appeared") == 0


def test_the_notice_stands_above_the_photo(visit):
    notice = visit.get_by_text("It does not know what anyone feels")
    assert notice.bounding_box()["y"] < visit.locator("#photo").bounding_box()["y"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak memory there")
def test_a_bomb_is_answered_without_being_decoded(browser_page, page_process, tmp_path):
    def peak_kilobytes():
        status = Path(f"/proc/{page_process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    browser_page.locator("#examples button").filter(has=browser_page.locator("img")).first.click()
    assert _top(browser_page) == "happy"
    _wait_till_done(browser_page)
    before = peak_kilobytes()
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")
    browser_page.get_by_label("Take the photo away").click()
    _give(browser_page, tmp_path / "bomb.png")
    browser_page.get_by_text("13000 x 13000 pixels is too large").wait_for(timeout=LONG)
    assert peak_kilobytes() - before < 100_000


def test_on_a_phone_all_stands_in_one_column_in_order_and_nothing_moves(chromium, page_url, photos):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(page_url)
    page.locator("#photo").wait_for()
    page.locator("#chart li").first.wait_for()
    before = _boxes(page)
    _give(page, photos / "person.jpg")
    _wait_till_done(page)
    moved = {place: box["y"] - before[place]["y"] for place, box in _boxes(page).items()}
    assert all(abs(distance) <= 1 for distance in moved.values()), moved
    _give_another(page, photos / "two.jpg")
    _wait_till_done(page)
    assert page.locator("#picker").is_visible()
    moved = {place: box["y"] - before[place]["y"] for place, box in _boxes(page).items()}
    assert all(abs(distance) <= 1 for distance in moved.values()), moved
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    order = ("#photo", "#chart", "#faces", "#emotion", "#map", "#regions", "#test", "#card")
    boxes = [page.locator(place).bounding_box() for place in order]
    assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in pairwise(boxes))
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    page.locator("#regions input").first.check()
    page.locator("#test").get_by_text("hidden, happy").wait_for(timeout=LONG)
    cells = page.locator("#test td, #test tbody th").all()
    heights = {cell.bounding_box()["height"] for cell in cells}
    assert max(heights) <= 1.5 * min(heights), heights  # no percentage is broken in two lines
    frame = page.locator("#test").bounding_box()
    right = max(cell.bounding_box()["x"] + cell.bounding_box()["width"] for cell in cells)
    assert right <= frame["x"] + frame["width"] + 1  # and none is cut off
    context.close()


def test_in_the_dark_everything_can_be_read(chromium, page_url, photos):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(page_url)
    page.locator("#photo").wait_for()
    _give(page, photos / "unsure.png")
    _wait_till_done(page)
    assert "dark" in page.locator("body").get_attribute("class")
    assert _faults(page) == []
    context.close()


def _tab_to(page, selector):
    """Press Tab until the element that has the focus is one of a selector's."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_the_keyboard_alone_does_everything(browser_page, photos):
    page = browser_page
    with page.expect_file_chooser() as chooser:
        _tab_to(page, "#photo button[aria-dropeffect]")
        page.keyboard.press("Enter")
    chooser.value.set_files(photos / "two.jpg")
    page.locator("#picker label").first.wait_for(timeout=LONG)

    _tab_to(page, "#picker input[value='face 2']")
    page.keyboard.press("Space")
    page.locator("#seen img[alt^='Face 2 of 2']").wait_for(timeout=LONG)
    _wait_till_done(page)
    _tab_to(page, "#emotion input[value=neutral]")
    page.keyboard.press("Space")
    _wait_for_map(page, "Heat map for neutral")
    _tab_to(page, "#other input")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    _wait_for_map(page, "neutral rather than ")
    _tab_to(page, "#regions input")
    page.keyboard.press("Space")
    page.locator("#test").get_by_text("hidden, the lead of neutral over").wait_for(timeout=LONG)
    _tab_to(page, "#numbers")
    with page.expect_download(timeout=LONG) as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "expression.json"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#sheet img").wait_for(timeout=LONG)
    _tab_to(page, "[role=tab]:not([aria-selected=true])")
    page.keyboard.press("Enter")
    page.locator("#score-card").get_by_text("disgust").first.wait_for()
