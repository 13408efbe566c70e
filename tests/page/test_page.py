"""The page in Chromium, with the weights of models/: what a visitor does and sees."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client, handle_file
from PIL import Image

from emotion import EMOTIONS
from emotion.explain.masks import hidden, hide
from emotion.explain.regions import superpixels
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.network.model import load_classifier
from emotion.page.texts import percent

ROOT = Path(__file__).parents[2]
WIDTHS = (320, 390, 600, 768, 820, 912, 960, 1024, 1280, 1366, 1920, 2560)


@pytest.fixture(scope="module")
def face(photos):
    """The face of the visit's photo."""
    return find_faces(read_photo(photos / "person.jpg"))[0]


@pytest.fixture(scope="module")
def classify():
    """The network that the page asks."""
    return load_classifier(ROOT / "models")[0]


def _faults(screen):
    """What axe-core finds wrong, of whatever weight."""
    return [
        (fault["id"], node["html"][:200])
        for fault in Axe().run(screen.page).response["violations"]
        for node in fault["nodes"]
    ]


def _is_within(screen, selector, width, height):
    box = screen.find(selector).first.bounding_box()
    return box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0 and box["y"] + box["height"] <= height


def test_a_photo_gets_its_sentence_its_bars_and_its_map(visit, face, classify):
    expected = classify(face.pixels[None])[0]
    assert visit.shares() == {emotion: percent(share) for emotion, share in zip(EMOTIONS, expected, strict=True)}
    assert visit.sentence() == f"Looks happy, {visit.shares()['happy']}."
    assert visit.wait_for_map().startswith("Map for happy. What spoke for happy: ")
    assert len(visit.find("#map [role=option]").all()) == len(superpixels(face.pixels, face.framed_landmarks)[1])
    assert visit.find(".seen img").is_visible()


def test_all_of_it_is_seen_at_one_glance_on_a_projector(visit):
    visit.page.evaluate("scrollTo(0, 0)")
    for place in (".sentence", ".why", ".bars", "#map svg", "#map .legend", "#map .tip"):
        assert _is_within(visit, place, 1280, 720), place
    bars, drawn = (visit.find(place).bounding_box() for place in (".bars", "#map svg"))
    assert bars["x"] + bars["width"] <= drawn["x"]


@pytest.mark.parametrize("width", WIDTHS)
def test_at_every_width_nothing_is_cut_off_and_the_parts_can_be_read(visit, width):
    visit.resize(width, 800)
    assert visit.overflow() <= 0
    for name in visit.find("#parts .name:visible").all():
        assert name.bounding_box()["width"] > 60
        assert name.evaluate("name => name.scrollWidth <= name.clientWidth + 1")
    box = visit.find("#notice h1").bounding_box()
    map_box = visit.find("#map").bounding_box()
    middle = (box["x"] + max(map_box["x"] + map_box["width"], box["x"] + box["width"])) / 2
    assert abs(middle - width / 2) <= 20
    visit.resize(1280, 720)


def test_at_twice_the_size_nothing_is_cut_off(visit):
    visit.resize(640, 360)  # what a browser's zoom of 200 % makes of 1280 by 720
    assert visit.overflow() <= 0
    visit.resize(1280, 720)


def test_a_printed_result_fits_one_page(visit):
    assert len(re.findall(rb"/Type\s*/Page\b", visit.page.pdf(format="A4", print_background=True))) == 1


def test_nothing_is_asked_of_any_other_computer(visit):
    assert len(visit.requests) > 5
    for address in visit.requests:
        assert address.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:")), address


def test_the_console_stays_silent(visit):
    assert visit.said == []


def test_a_result_can_be_read_and_used_by_anybody(visit):
    assert _faults(visit) == []


def test_a_bar_chooses_the_emotion_that_is_explained(visit):
    visit.find(
        ".bar",
    ).filter(has_text="fear").click()
    visit.wait_for_map("fear")
    assert visit.sentence().startswith("Looks happy")  # the answer stays
    visit.page.keyboard.press("ArrowDown")  # the bars are one group
    visit.wait_for_map("happy")
    assert visit.page.get_by_role("radio", name="happy").is_checked()


def test_a_part_that_is_clicked_is_hidden_and_the_bars_tell_what_the_model_says(visit, face, classify):
    regions, names, _ = superpixels(face.pixels, face.framed_landmarks)
    drawn = visit.find("#map svg").bounding_box()
    visit.page.mouse.click(drawn["x"] + drawn["width"] * 24.5 / 48, drawn["y"] + drawn["height"] * 36.5 / 48)
    part = int(regions[36, 24])
    visit.find(".why").get_by_text(f"Without {names[part]}: happy").wait_for()
    assert visit.hidden() == [part]
    expected = hide(face.pixels, np.isin(regions, [part]), classify)
    assert visit.shares() == {emotion: percent(share) for emotion, share in zip(EMOTIONS, expected, strict=True)}
    whole = visit.find(".bar[data-emotion=happy]").get_attribute("data-probability")
    mark = visit.find(".bar[data-emotion=happy] .track b").get_attribute("style")
    assert mark == f"left: {100 * float(whole):.1f}%;" or mark == f"left:{100 * float(whole):.1f}%"
    assert visit.find(f"#parts input[value='{part}']").is_checked()
    assert _faults(visit) == []
    visit.page.get_by_role("button", name="Undo").click()
    visit.find(".why").filter(has_not_text="Without ").wait_for()
    assert visit.hidden() == []


def test_a_part_that_is_pointed_at_is_told(visit):
    part = visit.find("#part-3")
    part.hover()
    assert visit.find("#map .tip").inner_text() == part.get_attribute("aria-label")
    visit.page.mouse.move(0, 0)
    assert visit.find("#map .tip").inner_text().startswith("Point at a part")


def test_all_that_speaks_for_the_answer_can_be_hidden_at_once(visit):
    visit.page.get_by_role("button", name="Hide all orange").click()
    visit.find(".why").get_by_text("Without ").wait_for()
    speaking = visit.find("#map [data-side=for]").count()
    assert len(visit.hidden()) == speaking > 3
    visit.page.get_by_role("button", name="Clear").click()
    visit.find(".why").filter(has_not_text="Without ").wait_for()


def _place_on_map(screen, x, y):
    """Where a place of the 48x48 pixels is on the screen."""
    drawn = screen.find("#map svg").bounding_box()
    return drawn["x"] + drawn["width"] * x / 48, drawn["y"] + drawn["height"] * y / 48


def _painted(screen):
    """(48, 48) bool: which pixels the map shows as painted over."""
    mask = np.zeros((48, 48), bool)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", screen.find("#map .painted").get_attribute("d")):
        mask[int(y), int(x) : int(x) + int(width)] = True
    return mask


def _expect_without(screen, face, classify, covered):
    """Wait until the bars show what the network says without some pixels."""
    expected = classify(np.where(covered, hidden(face.pixels), face.pixels)[None])[0]
    shares = {emotion: percent(share) for emotion, share in zip(EMOTIONS, expected, strict=True)}
    screen.find(".bar[data-emotion=happy] .percent").get_by_text(shares["happy"].replace(" %", "\u00a0%")).wait_for()
    assert screen.shares() == shares


def test_what_is_painted_over_is_hidden_with_the_parts_and_both_have_one_history(visit, face, classify):
    regions, names, _ = superpixels(face.pixels, face.framed_landmarks)
    brush = visit.page.get_by_role("button", name="Brush")
    brush.click()
    visit.page.mouse.move(*_place_on_map(visit, 14, 35))
    visit.page.mouse.down()
    visit.page.mouse.move(*_place_on_map(visit, 34, 35))
    visit.page.mouse.up()
    visit.find(".why").get_by_text("Without the painted area: happy ").wait_for()
    painted = _painted(visit)
    assert painted[35, 14:34].all()
    assert 60 < painted.sum() < 160
    assert visit.hidden() == []
    _expect_without(visit, face, classify, painted)
    assert _faults(visit) == []
    brush.click()
    part = int(regions[12, 24])
    visit.page.mouse.click(*_place_on_map(visit, 24.5, 12.5))
    visit.find(".why").get_by_text(f"Without {names[part]} and the painted area: ").wait_for()
    _expect_without(visit, face, classify, painted | (regions == part))
    undo = visit.page.get_by_role("button", name="Undo")
    visit.page.get_by_role("button", name="Clear").click()
    visit.find(".why").filter(has_not_text="Without ").wait_for()
    assert not _painted(visit).any()
    undo.click()
    undo.click()
    visit.find(".why").get_by_text("Without the painted area: ").wait_for()
    assert (visit.hidden(), _painted(visit).tolist()) == ([], painted.tolist())
    undo.click()
    visit.find(".why").filter(has_not_text="Without ").wait_for()


def test_the_brush_paints_by_keyboard_and_says_where_it_is(visit, face):
    regions, names, _ = superpixels(face.pixels, face.framed_landmarks)
    keyboard, brush = visit.page.keyboard, visit.page.get_by_role("button", name="Brush")
    brush.focus()
    keyboard.press("Space")
    assert brush.get_attribute("aria-pressed") == "true"
    assert "arrows" in visit.find("#map [role=status]").inner_text()
    for _ in range(5):
        keyboard.press("ArrowDown")
    x, y = (float(visit.find("#map .ring").get_attribute(name)) for name in ("cx", "cy"))
    assert visit.find("#map [role=status]").inner_text() == names[regions[int(y), int(x)]]
    keyboard.press("Enter")
    visit.find(".why").get_by_text("Without the painted area: ").wait_for()
    assert _painted(visit)[int(y), int(x)]
    keyboard.press("Escape")
    assert brush.get_attribute("aria-pressed") == "false"
    assert brush.evaluate("brush => document.activeElement === brush")
    visit.page.get_by_role("button", name="Clear").click()
    visit.find(".why").filter(has_not_text="Without ").wait_for()


def test_five_parts_are_listed_and_all_on_request(visit):
    assert visit.find("#parts li:visible").count() == 5
    visit.page.get_by_role("button", name="Show all").click()
    assert visit.find("#parts li:visible").count() == visit.find("#map [role=option]").count()
    visit.find(".bar").filter(has_text="sad").click()
    visit.wait_for_map("sad")
    assert visit.find("#parts li:visible").count() > 5  # as the visitor left it
    visit.find(".bar").filter(has_text="happy").click()
    visit.wait_for_map("happy")
    visit.page.get_by_role("button", name="Show fewer").click()
    assert visit.find("#parts li:visible").count() == 5


def test_under_more_two_emotions_are_compared_face_parts_chosen_and_all_maps_seen(visit):
    visit.page.get_by_role("button", name="More", exact=False).click()
    visit.find("#sheet svg").last.wait_for()
    assert visit.find("#sheet svg").count() == len(EMOTIONS)
    assert "explains" in visit.find("#notes").inner_text()
    visit.find("#asking select").select_option("sad")
    visit.wait_for_map("happy rather than sad")
    visit.find("#asking select").select_option("")
    visit.wait_for_map("happy")
    visit.page.get_by_role("radio", name="face parts").check()
    visit.find("#map [aria-label^='left cheek:']").wait_for()
    assert _faults(visit) == []
    visit.page.get_by_role("radio", name="superpixels").check()
    visit.find("#map [aria-label^='left cheek:']").wait_for(state="detached")
    assert visit.find("#map .working").count() == 0  # nothing is worked out once more
    visit.page.keyboard.press("Escape")
    visit.find("#sheet svg").last.wait_for(state="hidden")


def test_picture_and_data_are_downloaded(visit, tmp_path):
    files = {}
    for name in ("Download picture", "Download data"):
        with visit.page.expect_download(timeout=visit.LONG) as download:
            visit.page.get_by_role("button", name=name).click()
        files[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[name])
    with Image.open(files["Download picture"]) as card:
        assert card.width >= 1000
    numbers = json.loads(files["Download data"].read_text())
    assert {emotion: percent(share) for emotion, share in numbers["probabilities"].items()} == visit.shares()


def test_score_card_and_reading_have_tabs_of_their_own(visit):
    visit.page.get_by_role("tab", name="Score card").click()
    visit.find("#score-card .matrix").wait_for()
    assert _faults(visit) == []
    visit.page.get_by_role("tab", name="How to read the map").click()
    visit.find("#example svg").wait_for(timeout=visit.LONG)
    assert visit.find("#example svg").get_attribute("aria-label").startswith("Map for neutral.")
    assert _faults(visit) == []
    visit.resize(390, 844)
    for tab in ("Score card", "How to read the map"):
        visit.page.get_by_role("tab", name=tab).click()
        assert visit.overflow() <= 0
    visit.resize(1280, 720)
    visit.page.get_by_role("tab", name="Try it").click()
    assert visit.sentence().startswith("Looks happy")


def test_an_empty_page_says_little_and_has_no_dead_control(screen):
    places = screen.find("#notice, [role=tablist], #photo, footer").all_inner_texts()
    assert len(" ".join(places).split()) <= 60
    assert screen.find("button:disabled:visible, input:disabled:visible").count() == 0
    assert screen.find("#notice").bounding_box()["y"] < screen.find("#photo").bounding_box()["y"]
    assert _faults(screen) == []


def test_nothing_moves_when_answers_arrive_and_the_work_can_be_followed_by_anybody(open_screen, photos):
    screen = open_screen()
    screen.give(photos / "person.jpg")
    screen.find(".answer.working").wait_for()
    assert _faults(screen) == []
    screen.wait_for_map(done=True)
    assert screen.shifts() < 0.02


@pytest.mark.parametrize("colours", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_on_a_phone_the_first_screen_holds_answer_map_and_bars(open_screen, photos, colours):
    screen = open_screen(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme=colours)
    assert screen.overflow() <= 0
    screen.give(photos / "unsure.png")
    answer = screen.sentence("Not sure: ")
    shares = screen.shares()
    top = [bar.get_attribute("data-emotion") for bar in screen.find(".bar.top").all()]
    assert len(top) == 2
    assert all(f"{emotion} {shares[emotion]}" in answer for emotion in top)
    screen.wait_for_map(done=True)
    for place in (".sentence", "#map svg", ".bars"):
        assert _is_within(screen, place, 390, 844), place
    places = [screen.find(place).bounding_box() for place in (".answer", "#map svg", ".bars")]
    assert places == sorted(places, key=lambda box: box["y"])
    assert screen.overflow() <= 0
    screen.page.get_by_role("button", name="Brush").tap()
    touches = screen.page.context.new_cdp_session(screen.page)
    for kind, y in (("touchStart", 10), ("touchMove", 20), ("touchMove", 40), ("touchEnd", None)):
        points = [] if y is None else [dict(zip("xy", _place_on_map(screen, 24, y), strict=True))]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    screen.find(".why").get_by_text("Without the painted area: ").wait_for()
    screen.page.wait_for_function("() => hiding.now.painted[39 * 48 + 24]")
    assert _painted(screen)[10:40, 24].all()
    assert screen.page.evaluate("scrollY") == 0
    assert screen.shifts() < 0.02
    assert _faults(screen) == []


def test_of_a_group_every_face_is_named_and_any_can_be_chosen(screen, photos):
    screen.give(photos / "two.jpg")
    faces = screen.find("#faces .face")
    faces.nth(1).wait_for(timeout=screen.LONG)
    assert faces.count() == 2
    assert all("happy" in face.inner_text() for face in faces.all())
    boxes = [face.bounding_box() for face in faces.all()]
    assert boxes[0]["x"] < boxes[1]["x"]  # in reading order
    seen = screen.find(".seen img").get_attribute("src")
    chosen = screen.find("#faces :checked").get_attribute("value")
    faces.nth(1).click()
    screen.page.wait_for_function("seen => document.querySelector('.seen img').src !== seen", arg=seen)
    screen.page.keyboard.press("ArrowLeft")
    screen.page.wait_for_function("seen => document.querySelector('.seen img').src === seen", arg=seen)
    assert screen.find("#faces :checked").get_attribute("value") == chosen
    screen.wait_for_map("happy")
    assert _faults(screen) == []


def test_what_is_hidden_on_one_face_is_not_hidden_on_the_next(screen, photos):
    screen.give(photos / "two.jpg")
    screen.wait_for_map(done=True)
    screen.find("#faces .face").nth(1).wait_for(timeout=screen.LONG)
    for _ in range(2):  # at last to one whose map is known
        screen.find("#map [role=option]").first.dispatch_event("click")
        screen.find(".why").get_by_text("Without ").wait_for()
        key = screen.find("#map svg").get_attribute("data-key")
        screen.find("#faces .face:not(:has(:checked))").click()
        screen.find(f"#map svg:not([data-key='{key}'])").wait_for(timeout=screen.LONG)
        screen.wait_for_map(done=True)
        assert screen.hidden() == []
        assert screen.find("#map [data-do=undo]").is_disabled()


@pytest.mark.parametrize("photo", ["text.jpg", pytest.param("cat.jpg", marks=pytest.mark.slow)])
def test_a_photo_that_cannot_be_used_is_answered_in_place_with_nothing_of_the_last_one(screen, photos, photo):
    screen.find("[data-example=astronaut]").click()
    screen.wait_for_map()
    screen.give_another(photos / photo)
    refused = screen.find(".answer.failed .sentence, .refused:not(:empty)")
    refused.wait_for(timeout=screen.LONG)
    assert refused.inner_text()
    assert screen.find(".toast-body").count() == 0
    for place in (".bars", "#map svg", ".seen img"):
        assert screen.find(f"{place}:visible").count() == 0
    assert _faults(screen) == []


@pytest.mark.slow
def test_a_poor_photo_is_said_to_be_poor_beside_the_answer(screen, photos, tmp_path):
    Image.open(photos / "person.jpg").point(lambda grey: grey // 9).save(tmp_path / "dark.png")
    screen.give(tmp_path / "dark.png")
    screen.sentence()
    assert screen.find(".answer .warnings li").count() == 1
    screen.give_another(photos / "person.jpg")
    screen.find(".answer .warnings li").wait_for(state="detached", timeout=screen.LONG)
    screen.sentence("Looks happy")


@pytest.mark.slow
def test_the_map_of_a_photo_that_was_taken_away_does_not_come_back(screen, photos):
    screen.give(photos / "person.jpg")
    screen.wait_for_map()
    assert screen.find("#map .tip.working").count() == 1
    screen.page.get_by_role("button", name="New photo").click()
    screen.find("#photo .drop").wait_for()
    screen.page.evaluate(
        """() => {
            window.appeared = 0;
            const count = () => { window.appeared += document.querySelectorAll('#map path, .bar.top').length; };
            new MutationObserver(count).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    # Maps are finished in the order of their photos: as soon as another visitor has one, the old work has ended.
    client = Client(screen.page.url, verbose=False)
    client.predict(handle_file(photos / "person.jpg"), api_name="/analyse")
    client.close()
    screen.give(photos / "cat.jpg")  # its answer comes after whatever was said before
    screen.find(".answer.failed").wait_for(timeout=screen.LONG)
    assert screen.page.evaluate("window.appeared") == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak memory there")
def test_a_bomb_is_answered_without_being_decoded(screen, page_process, tmp_path):
    def peak_kilobytes():
        status = Path(f"/proc/{page_process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    screen.find("[data-example=astronaut]").click()
    screen.wait_for_map(done=True)
    before = peak_kilobytes()
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")
    screen.give_another(tmp_path / "bomb.png")
    assert "13000 x 13000" in screen.sentence("13000")
    assert peak_kilobytes() - before < 100_000


HAS_A_RING = """() => [document.activeElement, document.activeElement.parentElement].some(
    one => parseFloat(getComputedStyle(one).outlineWidth) >= 2 && getComputedStyle(one).outlineStyle !== 'none')"""


def _tab_to(screen, selector):
    """Press Tab until the element that has the focus, which is seen on the way, is one of a selector's; how often."""
    for count in range(1, 40):
        screen.page.keyboard.press("Tab")
        assert screen.page.evaluate(HAS_A_RING), screen.page.evaluate("document.activeElement.outerHTML")
        if screen.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return count
    return pytest.fail(f"Tab never reaches {selector}")


def test_escape_closes_what_is_open_and_the_focus_stays(screen):
    keyboard = screen.page.keyboard
    _tab_to(screen, "#notice summary")
    keyboard.press("Enter")
    screen.find("#notice details[open]").wait_for()
    keyboard.press("Escape")
    assert screen.find("#notice details[open]").count() == 0
    _tab_to(screen, "[data-do=camera]")
    keyboard.press("Enter")
    screen.page.get_by_role("button", name="Take photo").wait_for()
    keyboard.press("Escape")
    screen.find("#photo .drop").wait_for()
    assert screen.page.evaluate("document.activeElement.dataset.do") == "camera"


def test_the_keyboard_alone_does_everything(screen, photos):
    keyboard = screen.page.keyboard
    with screen.page.expect_file_chooser() as chooser:
        _tab_to(screen, "#photo input[type=file]")
        keyboard.press("Enter")
    chooser.value.set_files(photos / "two.jpg")
    screen.wait_for_map()
    screen.page.evaluate("document.querySelector('[data-do=again]').focus()")
    stops = _tab_to(screen, "#faces input")
    keyboard.press("ArrowRight")
    screen.find(".answer .why").wait_for(timeout=screen.LONG)
    screen.wait_for_map(done=True)
    stops += _tab_to(screen, "#map svg")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    screen.find(".why").get_by_text("Without ").wait_for()
    assert len(screen.hidden()) == 1
    keyboard.press("Enter")
    screen.find(".why").filter(has_not_text="Without ").wait_for()
    stops += _tab_to(screen, "[data-do=brush]")
    keyboard.press("Space")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    screen.find(".why").get_by_text("Without the painted area").wait_for()
    keyboard.press("Escape")
    stops += _tab_to(screen, "[data-do=undo]")
    keyboard.press("Enter")
    screen.find(".why").filter(has_not_text="Without ").wait_for()
    stops += _tab_to(screen, ".bar input")
    keyboard.press("ArrowDown")
    screen.wait_for_map("neutral")
    stops += _tab_to(screen, "#card")
    stops += _tab_to(screen, "#numbers")
    assert stops <= 12
    with screen.page.expect_download(timeout=screen.LONG) as download:
        keyboard.press("Enter")
    assert download.value.suggested_filename == "expression.json"
