"""Giving a photo in Chromium: every way works, and what cannot be taken is refused in place."""

import io
import re
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from emotion.page.examples import EXAMPLES
from emotion.page.layout import PREVIEW, TITLE
from emotion.page.looks import SENTENCES
from emotion.page.photo_input import path_of

ICON = Path(__file__).parents[2] / "emotion" / "page" / "icon.svg"

DROP = """([bytes, name, kind, selector]) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(bytes)], name, {type: kind}));
    const target = document.querySelector(selector);
    return ['dragenter', 'dragover', 'drop'].map(type => target.dispatchEvent(
        new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: files})));
}"""
DROP_TEXT = """([selector, kind, text]) => {
    const link = new DataTransfer();
    link.setData(kind, text);
    return ['dragover', 'drop'].map(type => document.querySelector(selector).dispatchEvent(
        new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: link})));
}"""


PASTE = """([bytes, text]) => {
    const pasted = new DataTransfer();
    if (bytes) pasted.items.add(new File([new Uint8Array(bytes)], 'photo'));
    else pasted.setData('text/plain', text);
    document.body.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, clipboardData: pasted}));
}"""


@pytest.fixture
def uploads(screen):
    """A visit whose uploads go no further: the list of the files' bytes that were sent."""
    sent = []

    def keep(route):
        body = route.request.post_data_buffer
        sent.append(body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0])
        route.fulfill(status=507)

    screen.page.route("**/gradio_api/upload", keep)
    return sent


def _refused(screen, sentence):
    screen.find("#photo [role=alert]").get_by_text(sentence, exact=True).wait_for()


def _wait_until_sent(screen):
    _refused(screen, SENTENCES["507"])


@pytest.fixture
def jpeg(photos):
    return (photos / "person.jpg").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "photo",
        "image.php",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("blob", "photo.jpg_large", "photo.jpg.", "photo.mpo", "photo.txt")
        ),
    ],
)
def test_a_picture_is_taken_whatever_it_is_called(screen, uploads, jpeg, name):
    kind = "text/plain" if name.endswith("txt") else ""
    screen.page.evaluate(DROP, [list(jpeg), name, kind, "#photo .drop"])
    _wait_until_sent(screen)
    assert uploads == [jpeg]


@pytest.mark.parametrize("name", ["notes.txt", "photo.jpg", "photo.heic"])
def test_what_is_no_picture_is_refused_whatever_it_is_called(screen, uploads, name):
    screen.page.evaluate(DROP, [list(b"This is no picture."), name, "image/jpeg", "#photo .drop"])
    _refused(screen, SENTENCES["noPicture"])
    assert uploads == []
    assert screen.find("#photo .drop").is_visible()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "HEIF"])
def test_each_kind_of_picture_is_known_by_its_first_bytes(screen, uploads, kind):
    file = io.BytesIO()
    pillow_heif.register_heif_opener()
    Image.new("RGB", (64, 64)).save(file, kind)
    screen.page.evaluate(DROP, [list(file.getvalue()), "photo", "", "#photo .drop"])
    _wait_until_sent(screen)
    assert len(uploads) == 1


def test_a_photo_of_a_phone_is_answered(screen, photos, tmp_path):
    with Image.open(photos / "person.jpg") as photo:
        pillow_heif.from_pillow(photo).save(tmp_path / "PERSON.HEIF")
    screen.give(tmp_path / "PERSON.HEIF")
    assert screen.sentence().startswith("Looks happy")


def test_a_file_that_is_too_large_is_not_sent(screen, uploads, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes(25_000_001))
    screen.give(tmp_path / "large.png")
    _refused(screen, SENTENCES["413"])
    assert uploads == []


def test_a_drop_beside_the_place_is_taken_and_the_browser_stays(screen, uploads, jpeg):
    passed_on = screen.page.evaluate(DROP, [list(jpeg), "photo.jpg", "image/jpeg", "#notice h1"])
    assert passed_on[1:] == [False, False]  # else the browser would open the file
    _wait_until_sent(screen)
    assert uploads == [jpeg]


@pytest.mark.parametrize("place", ["#photo .drop", "#notice h1"])
def test_a_picture_dragged_from_another_page_says_what_to_do(screen, uploads, place):
    said = [place, "text/uri-list", "https://example.org/face.jpg"]
    assert screen.page.evaluate(DROP_TEXT, said) == [False, False]
    _refused(screen, SENTENCES["link"])
    assert uploads == []


def test_dropped_words_are_said_to_be_no_picture(screen, uploads):
    screen.page.evaluate(DROP_TEXT, ["#photo .drop", "text/plain", "a few words"])
    _refused(screen, SENTENCES["nothingThere"])


@pytest.mark.parametrize(("text", "said"), [("https://example.org/face.jpg", "link"), ("words", "nothingThere")])
def test_pasted_words_are_said_to_be_no_picture(screen, uploads, text, said):
    screen.page.evaluate(PASTE, [None, text])
    _refused(screen, SENTENCES[said])
    assert uploads == []


def test_a_pasted_file_is_known_by_its_first_bytes(screen, uploads, jpeg):
    screen.page.evaluate(PASTE, [list(jpeg), ""])
    _wait_until_sent(screen)
    assert uploads == [jpeg]


@pytest.mark.parametrize("way", ["key", pytest.param("button", marks=pytest.mark.slow)])
def test_a_pasted_picture_is_taken(open_screen, photos, way):
    screen = open_screen(permissions=["clipboard-read", "clipboard-write"])
    screen.page.route("**/gradio_api/upload", lambda route: route.fulfill(status=507))
    Image.open(photos / "person.jpg").save(photos / "person.png")
    screen.page.evaluate(
        """async bytes => navigator.clipboard.write([new ClipboardItem(
            {'image/png': new Blob([new Uint8Array(bytes)], {type: 'image/png'})})])""",
        list((photos / "person.png").read_bytes()),
    )
    if way == "button":
        screen.page.get_by_role("button", name="Paste").click()
    else:
        screen.page.keyboard.press("Control+V")
    _wait_until_sent(screen)


def test_where_nothing_can_be_pasted_the_page_says_so(screen):
    screen.page.get_by_role("button", name="Paste").click()
    _refused(screen, SENTENCES["nothingThere"])


def test_a_snapshot_of_the_camera_is_not_mirrored(screen, uploads):
    screen.page.get_by_role("button", name="Use the camera").click()
    screen.page.wait_for_function("document.querySelector('video').videoWidth > 0")
    screen.page.get_by_role("button", name="Take photo").click()
    _wait_until_sent(screen)
    snapshot = np.asarray(Image.open(io.BytesIO(uploads[0])).convert("L"), float)
    left, right = np.array_split(snapshot, 2, axis=1)
    assert left.std() > 30 > 10 > right.std()  # the clip shows a face in its left half, grey on the right


def test_the_camera_is_closed_when_the_visitor_changes_their_mind(screen):
    screen.page.get_by_role("button", name="Use the camera").click()
    screen.page.wait_for_function("document.querySelector('video').videoWidth > 0")
    screen.page.get_by_role("button", name="Cancel").click()
    assert screen.page.evaluate("document.querySelector('video').srcObject") is None
    assert screen.find("#photo .drop").is_visible()


@pytest.mark.parametrize(("secure", "sentence"), [("true", "noCamera"), ("false", "insecure")])
def test_where_there_is_no_camera_the_page_says_why(open_screen, secure, sentence):
    screen = open_screen(
        f"""Object.defineProperty(window, 'isSecureContext', {{value: {secure}}});
        Object.defineProperty(Navigator.prototype, 'mediaDevices', {{value: undefined}});"""
    )
    screen.page.get_by_role("button", name="Use the camera").click()
    _refused(screen, SENTENCES[sentence])


@pytest.mark.parametrize("status", ["408", "413", "503", "507"])
def test_an_upload_that_is_turned_away_is_answered_in_place(screen, photos, status):
    screen.page.route("**/gradio_api/upload", lambda route: route.fulfill(status=int(status), body="<p>proxy</p>"))
    screen.give(photos / "person.jpg")
    _refused(screen, SENTENCES[status])


def test_an_upload_that_reaches_nobody_is_answered_in_place(screen, photos):
    screen.page.route("**/gradio_api/upload", lambda route: route.abort())
    screen.give(photos / "person.jpg")
    _refused(screen, SENTENCES["unreached"])


@pytest.mark.parametrize("status", [503, 500])
def test_a_photo_that_is_not_worked_on_is_answered_in_place(screen, status):
    screen.page.route("**/gradio_api/queue/join?*", lambda route: route.fulfill(status=status, body="{}"))
    screen.find("[data-example=astronaut]").click()
    _refused(screen, SENTENCES["broken"])


def test_an_example_is_read_from_the_program_s_own_file():
    assert path_of({"example": "astronaut", "number": 3}) == EXAMPLES["astronaut"].path
    assert path_of(None) is None


def test_the_page_has_an_icon_of_its_own(screen, page_url):
    assert screen.page.request.get(f"{page_url}/favicon.ico").body() == ICON.read_bytes()


def test_a_shared_link_speaks_of_the_page_and_of_nobody_else(screen, page_url):
    html = screen.page.request.get(page_url).text()
    said = dict(re.findall(r'<meta property="([\w:]+)" name="[\w:]+" content="([^"]*)" />', html))
    assert said["og:title"] == TITLE
    assert said["og:description"] == said["description"] == PREVIEW
    assert len(re.findall("og:title", html)) == 2  # as property and as name
    assert "twitter" not in html
    assert "header-image" not in html
    assert screen.page.request.head(page_url).ok
