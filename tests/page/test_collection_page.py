"""Several photos in Chromium: the table, the thumbnails, two side by side; by mouse and by keyboard."""

import csv
import io
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe

from emotion import EMOTIONS
from emotion.page.album import MOST_PHOTOS
from emotion.page.looks import SENTENCES
from emotion.page.texts import percent
from tests.toy_page import Toy, grey, served

DROP = """([all, selector]) => {
    const files = new DataTransfer();
    for (const bytes of all) files.items.add(new File([new Uint8Array(bytes)], 'photo', {type: 'image/png'}));
    document.querySelector(selector).dispatchEvent(
        new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: files}));
}"""

pytestmark = [
    # Gradio's server, in this process for some of these tests, leaves event loops and sockets open.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def _faults(screen):
    return [
        (fault["id"], node["html"][:200])
        for fault in Axe().run(screen.page).response["violations"]
        for node in fault["nodes"]
        if fault["impact"] in ("serious", "critical")
    ]


def _wait_for_table(screen, done):
    screen.find(f".batch[data-done='{done}']").wait_for(timeout=screen.LONG)


def _plain(element):
    return element.inner_text().replace("\N{NO-BREAK SPACE}", " ")


def _rows(screen):
    return [_plain(row) for row in screen.find(".answers tbody tr").all()]


def _button(screen, name):
    return screen.page.get_by_role("button", name=name)


@pytest.fixture(scope="module")
def table(chromium, screen_at, page_url, photos):
    """A Screen with the table of a person, a text, and two people: for tests that leave it as they found it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    screen = screen_at(context, page_url)
    screen.give([photos / name for name in ("person.jpg", "text.jpg", "two.jpg")])
    _wait_for_table(screen, 3)
    yield screen
    context.close()


def test_many_photos_make_a_table_and_one_that_cannot_be_read_does_not_stop_the_others(table):
    rows = _rows(table)
    assert len(rows) == 4
    assert "Looks happy, 9" in rows[0]
    assert SENTENCES["noPicture"] in rows[1]
    assert all("Looks happy" in row for row in rows[2:])
    assert table.find(".batch [role=status]").inner_text() == "3 photos, 3 faces."
    assert table.find("progress:visible").count() == 0
    assert table.find(".toast-body").count() == 0
    assert table.said == []
    assert _faults(table) == []


@pytest.mark.parametrize("width", [320, 390, 820, 960, 1280, 2560])
def test_the_table_fits_every_width(table, width):
    table.resize(width, 800)
    assert table.overflow() <= 0
    assert table.find(".answers td.share:visible").count() == (3 * 7 if width >= 960 else 0)
    assert table.find(".answers .leading:visible").count() == (0 if width >= 960 else 3)
    table.resize(1280, 720)


def test_the_table_is_downloaded_as_csv_without_a_file_s_name(table, tmp_path):
    with table.page.expect_download(timeout=table.LONG) as download:
        _button(table, "Download table").click()
    download.value.save_as(tmp_path / "table.csv")
    text = (tmp_path / "table.csv").read_text()
    assert not any(name in text for name in ("person", "text.jpg", "two.jpg"))
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["photo"], line["face"]) for line in lines] == [("1", "1"), ("2", ""), ("3", "1"), ("3", "2")]
    cells = [_plain(cell) for cell in table.find(".answers td.share").all()[:7]]
    assert cells == [percent(float(lines[0][emotion])) for emotion in EMOTIONS]


@pytest.mark.slow
def test_nothing_moves_when_the_thumbnails_appear_and_the_bars_stay_in_sight(open_screen, photos):
    screen = open_screen(viewport={"width": 390, "height": 844})
    screen.give(photos / "person.jpg")
    screen.wait_for_map(done=True)
    assert screen.find(".kept").count() == 0
    screen.give_another(photos / "unsure.png")
    screen.find(".kept").wait_for(timeout=screen.LONG)
    screen.wait_for_map(done=True)
    assert screen.shifts() < 0.02
    bars = screen.find(".bars").bounding_box()
    assert bars["y"] + bars["height"] <= 844
    assert screen.overflow() <= 0


@pytest.mark.slow
def test_a_photo_without_a_face_has_its_sentence_in_its_row(screen, photos):
    screen.give([photos / "cat.jpg", photos / "person.jpg"])
    _wait_for_table(screen, 2)
    first, second = _rows(screen)
    assert "No face found." in first
    assert "Looks happy" in second


class HeldToy(Toy):
    """A Toy that looks at no photo before it may."""

    may_look = threading.Semaphore(10**6)

    def find_faces(self, photo):
        self.may_look.acquire(timeout=60)
        return super().find_faces(photo)


@pytest.fixture(scope="module")
def toy():
    return HeldToy()


@pytest.fixture(scope="module")
def toy_url(toy, tmp_path_factory):
    """Address of a page with the toy behind it."""
    with served(toy, tmp_path_factory.mktemp("toy")) as (url, _, _):
        yield url


@pytest.fixture
def toy_screen(chromium, screen_at, toy_url):
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    yield screen_at(context, toy_url)
    context.close()


def _drop(screen, values):
    screen.page.evaluate(DROP, [[list(grey(value)) for value in values], "#notice h1"])


def test_of_more_photos_than_can_be_taken_the_first_are_and_the_page_says_so(toy_screen):
    _drop(toy_screen, range(MOST_PHOTOS + 2))
    _wait_for_table(toy_screen, MOST_PHOTOS)
    assert f"The first {MOST_PHOTOS} of your {MOST_PHOTOS + 2}" in toy_screen.find(".left-out").inner_text()
    assert len(_rows(toy_screen)) == MOST_PHOTOS


def test_cancelled_it_stops_after_the_photo_under_way_and_another_table_can_follow(toy, toy_screen):
    toy.may_look = threading.Semaphore(1)
    _drop(toy_screen, (40, 90, 140, 190))
    _wait_for_table(toy_screen, 1)
    assert "photo 2 of 4" in toy_screen.find(".batch [role=status]").inner_text()
    _button(toy_screen, "Cancel").press("Enter")
    toy_screen.find(".batch [role=status]").get_by_text("Stopping after photo 2 of 4").wait_for()
    toy.may_look.release(10**6)
    _wait_for_table(toy_screen, 2)
    assert toy_screen.find(".batch [role=status]").inner_text() == "Cancelled after 2 of 4 photos."
    _drop(toy_screen, (40, 90, 140))
    _wait_for_table(toy_screen, 3)
    assert [row.split()[0] for row in _rows(toy_screen)] == ["3", "4", "5"]  # numbers go on through the visit


def test_a_new_photo_ends_the_table_and_its_answer_is_not_replaced(toy, toy_screen):
    toy.may_look = threading.Semaphore(1)
    _drop(toy_screen, (40, 90, 140))
    _wait_for_table(toy_screen, 1)
    _button(toy_screen, "New photo").click()
    toy_screen.find("#photo .drop").wait_for()
    toy.may_look.release(10**6)
    _drop(toy_screen, (200,))
    toy_screen.wait_for_map(done=True)
    assert toy_screen.find(".answers").is_hidden()
    _button(toy_screen, "Show table").click()
    toy_screen.find(".batch [role=status]").get_by_text("Cancelled after 2 of 3").wait_for()


@pytest.mark.parametrize("status", ["413", "503"])
def test_an_upload_that_is_turned_away_is_told_in_its_row(toy_screen, status):
    answers = iter([status])

    def turn_the_first_away(route):
        refused = next(answers, None)
        route.fulfill(status=int(refused)) if refused else route.continue_()

    toy_screen.page.route("**/gradio_api/upload", turn_the_first_away)
    _drop(toy_screen, (40, 90))
    _wait_for_table(toy_screen, 2)
    first, second = _rows(toy_screen)
    assert SENTENCES[status] in first
    assert "%" in second


def test_where_nothing_more_is_answered_the_page_says_so(toy_screen):
    toy_screen.page.route("**/gradio_api/queue/join?*", lambda route: route.fulfill(status=500, body="{}"))
    _drop(toy_screen, (40, 90))
    toy_screen.find("#photo [role=alert]").get_by_text(SENTENCES["broken"], exact=True).wait_for()


def test_photos_are_opened_come_back_to_and_set_side_by_side(toy, toy_screen):
    _drop(toy_screen, (40, 190))
    _wait_for_table(toy_screen, 2)
    answers = [_plain(answer) for answer in toy_screen.find(".answered b").all()]
    assert answers[0] != answers[1]
    _button(toy_screen, "Open photo 1").click()
    assert toy_screen.sentence() == answers[0]
    toy_screen.wait_for_map(done=True)
    _button(toy_screen, "Show table").press("Enter")
    assert toy_screen.page.evaluate("document.activeElement.matches('#many .open')")
    _button(toy_screen, "Open face 1 of photo 2").press("Enter")
    toy_screen.find(".sentence").get_by_text(answers[1]).wait_for()
    toy_screen.wait_for_map(done=True)

    made = toy.num_maps
    toy_screen.find(".kept input:checked").focus()
    toy_screen.page.keyboard.press("ArrowLeft")  # the thumbnails are one group
    toy_screen.find(".sentence").get_by_text(answers[0]).wait_for()
    toy_screen.wait_for_map(done=True)
    assert toy.num_maps == made
    assert _faults(toy_screen) == []

    _button(toy_screen, "Compare two").press("Enter")
    toy_screen.find("#comparison .maps svg").nth(1).wait_for()
    assert len(set(toy_screen.find("#comparison .legend").all_inner_texts())) == 1
    toy_screen.find("#comparison [name=emotion]").select_option("sad")
    toy_screen.find("#comparison [aria-label^='Map for sad']").nth(1).wait_for()
    toy_screen.find("#comparison [name=right]").select_option("1.0")
    toy_screen.find("#comparison .lead").filter(has_text="−").first.wait_for(state="detached")
    assert _faults(toy_screen) == []
    for width in (320, 390, 820, 1280, 2560):
        toy_screen.resize(width, 720)
        box = toy_screen.find("#comparison").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert toy_screen.find("#comparison").evaluate("place => place.scrollWidth <= place.clientWidth")
    toy_screen.resize(1280, 720)
    toy_screen.page.keyboard.press("Escape")
    assert not toy_screen.find("#comparison").is_visible()
    assert toy_screen.page.evaluate("document.activeElement.textContent") == "Compare two"
    toy_screen.page.keyboard.press("Enter")  # the same once more
    toy_screen.find("#comparison").wait_for()
    toy_screen.page.keyboard.press("Escape")
    _button(toy_screen, "New photo").click()
    toy_screen.find(".kept input:checked").click(force=True)
    toy_screen.find(".sentence").get_by_text(answers[0]).wait_for()
