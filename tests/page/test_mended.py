"""Gradio's own words in Chromium: none is left, whatever happens and whatever language the browser has."""

import re
from pathlib import Path

import gradio
import pillow_heif
import pytest
from PIL import Image

from emotion import EMOTIONS
from emotion.page.layout import PREVIEW, TITLE
from emotion.page.mended import INSECURE, LANGUAGES, LOST, NO_PHOTO, NOTHING_TO_PASTE, UNREACHED
from emotion.server.gate import BROKEN, BUSY, FULL, TOO_LARGE, TOO_SLOW

ICON = Path(__file__).parents[2] / "emotion" / "page" / "icon.svg"
LONG = 120_000
"""Milliseconds, as in test_page."""

OURS = {
    *EMOTIONS,
    *("Try it", "Score card", "How to read the map", "More of this page"),
    *("Your photo", "Drop a photo here — or — Click to choose one", "Click to paste a photo"),
    *("File", "Camera", "Paste", "Take the photo away", "Click to start the camera", "Start the camera"),
    *("Take the snapshot", "Or try this one (NASA, public domain)", "Try the portrait of an astronaut"),
    *("What speaks for", "rather than", "nothing else", "by", "superpixels", "face parts"),
    *("Which face? Or click it above.", "face 1", "face 2"),
    *("No picture yet", "Save this picture", "Fill the screen", "Back to the page"),
    *("Take the picture home (PNG)", "Take the numbers home (JSON)", "All seven emotions at once"),
    *("Built with Gradio", "Made with", "The photo is on its way …"),
    *("This did not work", "Close", LOST),
    *("·", "▼", "✓", "×"),
}
BEGINNINGS = ("Heat map for ", "The heat maps of all seven emotions", "Your photo with ")
"""Of the texts of pictures."""

SAID = """() => {
    const found = [];
    for (const element of document.querySelectorAll('body *')) {
        if (element.closest('.html-container, .prose, script, style') || !element.checkVisibility(
            {visibilityProperty: true})) continue;
        for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.nodeValue);
        for (const name of ['aria-label', 'aria-description', 'aria-valuetext', 'title', 'alt', 'placeholder'])
            found.push(element.getAttribute(name));
    }
    return found;
}"""
"""What is to be read or heard outside of this project's own HTML."""


def _foreign(page):
    """The words on a page that are not ours."""
    said = {" ".join(words.split()) for words in page.evaluate(SAID) if words}
    return {words for words in said if words and words not in OURS and not words.startswith(BEGINNINGS)}


def _open(chromium, url, **settings):
    page = chromium.new_context(**settings).new_page()
    page.goto(url)
    page.locator("#chart li").first.wait_for()
    return page


def _give(page, photo):
    page.locator("#photo input[type=file]").set_input_files(photo)


def _wait_for_map(page):
    page.wait_for_function(
        "document.querySelector('#map img') && !document.querySelector('#progress .working')", timeout=LONG
    )


def _drop(page, name, kind, selector):
    page.evaluate(
        """([name, kind, selector]) => {
            const files = new DataTransfer();
            files.items.add(new File(['no picture'], name, {type: kind}));
            const target = document.querySelector(selector);
            for (const type of ['dragenter', 'dragover', 'drop'])
                target.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: files}));
        }""",
        [name, kind, selector],
    )


@pytest.fixture
def page(chromium, page_url):
    """A fresh visit."""
    page = _open(chromium, page_url, viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()


@pytest.mark.parametrize(("language", "width"), [("en-US", 1280), ("de-DE", 390), ("pt-BR", 1280)])
def test_no_word_is_gradios_own(chromium, page_url, photos, language, width):
    page = _open(chromium, page_url, locale=language, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.lang") == "en"
    assert _foreign(page) == set()
    page.get_by_label("Paste", exact=True).click()
    page.get_by_text("Click to paste a photo").wait_for()
    page.get_by_text(NOTHING_TO_PASTE).wait_for()
    assert _foreign(page) <= {NOTHING_TO_PASTE}
    page.get_by_label("Camera", exact=True).click()
    page.get_by_text("Click to start the camera").wait_for()
    assert _foreign(page) == set()
    page.get_by_title("Start the camera").click()
    page.get_by_label("Take the snapshot").wait_for()
    assert _foreign(page) == set()
    page.get_by_label("File", exact=True).click()
    _give(page, photos / "two.jpg")
    page.locator("#picker label").first.wait_for(timeout=LONG)
    assert _foreign(page) == set()
    _wait_for_map(page)
    page.get_by_role("button", name="All seven emotions at once").click()
    page.locator("#sheet img").wait_for(timeout=LONG)
    page.get_by_label("rather than").click()
    page.get_by_role("option").first.wait_for()
    assert _foreign(page) == set()
    page.keyboard.press("Escape")
    page.locator("#map").get_by_label("Fill the screen").click()
    page.locator("#map").get_by_label("Back to the page").wait_for()
    assert _foreign(page) == set()
    page.locator("#map").get_by_label("Back to the page").click()
    for tab in ("Score card", "How to read the map"):
        page.get_by_role("tab", name=tab).click()
        assert _foreign(page) == set()
    page.context.close()


def test_every_language_that_gradio_would_turn_to_is_known():
    assets = Path(gradio.__file__).parent / "templates/frontend/assets"
    code = "".join(file.read_text("utf-8") for file in assets.glob("core-*.js"))
    assert set(re.findall(r"\./lang/([\w-]+)\.json", code)) == set(LANGUAGES)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(("name", "kind"), [("notes.txt", "text/plain"), ("paper.pdf", "application/pdf"), ("x", "")])
def test_a_dropped_file_that_is_no_picture_is_refused_in_place(page, photos, given, name, kind):
    if given:
        _give(page, photos / "person.jpg")
        page.locator("#chart .top").first.wait_for(timeout=LONG)
    _drop(page, name, kind, "#photo img" if given else "#photo button[aria-dropeffect]")
    told = page.locator("#photo [role=alert]")
    told.wait_for()
    assert told.inner_text() == NO_PHOTO
    assert page.locator("#photo img").count() == given  # the photo stays where it was
    assert page.locator("#chart .top").count() == given
    assert page.get_by_test_id("toast-body").count() == 0
    page.get_by_label("File", exact=True).click()
    told.wait_for(state="detached")


def test_a_chosen_file_that_is_no_picture_or_too_large_is_refused_in_place(page, tmp_path):
    (tmp_path / "text.txt").write_text("This is no picture.")
    _give(page, tmp_path / "text.txt")
    page.locator("#photo [role=alert]").get_by_text(NO_PHOTO).wait_for()
    (tmp_path / "large.png").write_bytes(bytes(25_000_001))
    _give(page, tmp_path / "large.png")
    page.locator("#photo [role=alert]").get_by_text(TOO_LARGE).wait_for()
    assert page.get_by_test_id("toast-body").count() == 0


def test_a_phones_picture_of_a_kind_that_the_browser_does_not_know_is_taken(page, photos, tmp_path):
    with Image.open(photos / "person.jpg") as photo:
        pillow_heif.from_pillow(photo).save(tmp_path / "PERSON.HEIF")
    _give(page, tmp_path / "PERSON.HEIF")
    page.locator("#chart .top").first.wait_for(timeout=LONG)


@pytest.mark.parametrize(("status", "sentence"), [(408, TOO_SLOW), (413, TOO_LARGE), (503, BUSY), (507, FULL)])
def test_an_upload_that_is_turned_away_is_answered_in_place(page, photos, status, sentence):
    page.route("**/gradio_api/upload?*", lambda route: route.fulfill(status=status, body="<p>proxy</p>"))
    _give(page, photos / "person.jpg")
    page.locator("#photo [role=alert]").get_by_text(sentence).wait_for()
    page.get_by_test_id("toast-body").wait_for(state="detached")


def test_an_upload_that_reaches_nobody_is_answered_in_place(page, photos):
    page.route("**/gradio_api/upload?*", lambda route: route.abort())
    _give(page, photos / "person.jpg")
    page.locator("#photo [role=alert]").get_by_text(UNREACHED).wait_for()


@pytest.mark.parametrize(
    ("status", "body", "sentence"), [(503, '{"detail": "Queue is full."}', BUSY), (500, "no JSON", BROKEN)]
)
def test_a_photo_that_is_not_worked_on_is_answered_in_place_and_stays(page, photos, status, body, sentence):
    page.route("**/gradio_api/queue/join?*", lambda route: route.fulfill(status=status, body=body))
    _give(page, photos / "person.jpg")
    page.locator("#chart .failed").get_by_text(sentence).wait_for()
    page.locator("#photo img").wait_for()
    page.get_by_test_id("toast-body").wait_for(state="detached")


def test_where_the_connection_is_lost_the_page_says_so_and_what_is_shown_stays(page, photos):
    _give(page, photos / "person.jpg")
    _wait_for_map(page)
    page.route("**/gradio_api/**", lambda route: route.abort())
    page.get_by_role("radio", name="fear", exact=True).check()
    page.get_by_test_id("toast-body").get_by_text(LOST).wait_for(timeout=LONG)
    assert _foreign(page) == set()
    assert page.locator("#progress .failed").inner_text() == LOST
    assert page.locator("#chart .top").is_visible()


def test_a_question_that_is_not_answered_is_said_to_be_in_place_and_what_is_shown_stays(page, photos):
    _give(page, photos / "person.jpg")
    _wait_for_map(page)
    page.route("**/gradio_api/queue/join?*", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_role("radio", name="fear", exact=True).check()
    page.locator("#progress .failed").get_by_text(BUSY).wait_for()
    page.get_by_test_id("toast-body").wait_for(state="detached")
    assert page.locator("#chart .top").is_visible()
    assert page.locator("#map img").is_visible()


def test_a_page_that_may_not_open_a_camera_says_why(chromium, page_url):
    context = chromium.new_context()
    context.add_init_script(
        """Object.defineProperty(window, 'isSecureContext', {value: false});
        Object.defineProperty(Navigator.prototype, 'mediaDevices', {value: undefined});
        Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined});"""
    )
    page = context.new_page()
    page.goto(page_url)
    page.get_by_label("Paste", exact=True).click()
    page.get_by_text(NOTHING_TO_PASTE).wait_for()
    page.get_by_label("Camera", exact=True).click()
    page.get_by_text("Click to start the camera").click()
    page.locator("#photo").get_by_text(INSECURE).wait_for()
    context.close()


def test_the_page_has_an_icon_of_its_own(page, page_url):
    answer = page.request.get(f"{page_url}/favicon.ico")
    assert answer.body() == ICON.read_bytes()


def test_a_shared_link_speaks_of_the_page_and_of_nobody_else(page, page_url):
    html = page.request.get(page_url).text()
    said = dict(re.findall(r'<meta property="([\w:]+)" name="[\w:]+" content="([^"]*)" />', html))
    assert said["og:title"] == TITLE
    assert said["og:description"] == said["description"] == PREVIEW
    assert len(re.findall("og:title", html)) == 2  # as property and as name
    assert "twitter" not in html
    assert "header-image" not in html
    assert page.request.head(page_url).ok
