import base64
import io
from dataclasses import replace
from html import escape
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS
from emotion.analysis.pipeline import FIRST_KIND, Analysis
from emotion.page.answers import answer_html, asking_html, chart_html
from emotion.page.faces import faces_html, reading_order
from emotion.page.layout import notice
from emotion.page.maps import map_html, notes_html, parts_html, sheet_html, still_map_html
from emotion.page.question import Question
from emotion.page.render import picture_address

HAPPY = EMOTIONS.index("happy")
EVIL = "<script>alert('&')</script>"


def _tree(html):
    return ElementTree.fromstring(f"<all>{html}</all>".replace("\N{NO-BREAK SPACE}", " "))


def _words(tree):
    return " ".join(" ".join(tree.itertext()).split())


def _analysis(faces, probabilities=None):
    probabilities = np.full((len(faces), 7), 1 / 7) if probabilities is None else probabilities
    return Analysis(np.zeros((200, 400, 3), np.uint8), tuple(faces), probabilities)


def test_the_chart_keeps_the_emotions_in_their_order_and_the_top_one_stands_out(record):
    bars = _tree(chart_html(record, np.array([0.02, 0, 0.1, 0.71, 0.05, 0.06, 0.06]), "happy")).findall(".//label")
    assert [bar.get("data-emotion") for bar in bars] == list(EMOTIONS)
    percents = [bar.find("span[@class='percent']").text for bar in bars]
    assert percents == ["2 %", "0 %", "10 %", "71 %", "5 %", "6 %", "6 %"]
    assert ["top" in bar.get("class") for bar in bars] == [emotion == "happy" for emotion in EMOTIONS]
    assert bars[HAPPY].find(".//i").get("style") == "width:71.0%"
    assert [bar.find("input").get("checked") is not None for bar in bars] == [name == "happy" for name in EMOTIONS]


def test_an_empty_chart_has_as_many_bars_and_nothing_to_choose(record):
    bars = _tree(chart_html(record)).findall(".//label")
    assert len(bars) == 7
    assert all(bar.find("input").get("disabled") is not None for bar in bars)
    assert not any(bar.find("span[@class='percent']").text for bar in bars)


def test_with_parts_hidden_the_bars_show_that_and_a_mark_the_whole_face(record):
    whole, without = np.full(7, 0.05), np.full(7, 0.1)
    whole[HAPPY], without[HAPPY] = 0.7, 0.4
    bar = _tree(chart_html(record, whole, "happy", without)).findall(".//label")[HAPPY]
    assert bar.find(".//i").get("style") == "width:40.0%"
    assert bar.find(".//b").get("style") == "left:70.0%"
    assert bar.find("span[@class='percent']").text == "40 %"


def test_the_map_has_a_path_for_each_part_with_its_words_and_its_state(explanation, face_at):
    tree = _tree(map_html(Question(explanation, "happy"), face_at(), hidden=[1]))
    parts = tree.findall(".//path[@role]")
    assert [part.get("aria-label").split(":")[0] for part in parts] == ["mouth", "left eye", "chin"]
    assert [part.get("aria-selected") for part in parts] == ["false", "true", "false"]
    assert [part.get("data-side") for part in parts] == ["for", "against", ""]
    assert [float(part.get("fill-opacity")) > 0 for part in parts] == [True, True, False]
    assert tree.find(".//svg").get("aria-label") == "Map for happy. What spoke for happy: mouth. Against it: left eye."
    red, _, blue = (int(parts[0].get("fill")[start : start + 2], 16) for start in (1, 3, 5))
    assert red > blue + 60


def test_a_map_that_is_refined_says_so(explanation, face_at):
    tip = _tree(map_html(Question(explanation, "happy"), face_at(), done=False)).find(".//p")
    assert "working" in tip.get("class")
    assert "720 variants" in tip.get("data-start")


def test_a_map_to_look_at_offers_nothing_to_click(explanation, face_at):
    tree = _tree(still_map_html(Question(explanation, "happy"), face_at()))
    assert tree.find(".//svg").get("role") == "img"
    assert len(tree.findall(".//path")) == 3
    assert not [element for element in tree.iter() if element.get("tabindex") or element.get("id")]


def test_parts_are_listed_strongest_first_and_unclear_ones_last(explanation):
    rows = _tree(parts_html(Question(explanation, "happy"), hidden=[2])).findall(".//li/label")
    assert [row.find("input").get("value") for row in rows] == ["0", "1", "2"]
    assert [row.find("span[@class='points']").text for row in rows] == ["×1.6", "÷1.3", "unclear"]
    assert [row.find("input").get("checked") is not None for row in rows] == [False, False, True]
    # The longest bar reaches half the lever's width; that of ÷1.3 log(1.3)/log(1.6) of it, to the left.
    assert rows[0].find(".//i").attrib == {"class": "for", "style": "left:50%;width:50.0%"}
    assert rows[1].find(".//i").attrib == {"class": "against", "style": "right:50%;width:27.9%"}
    assert rows[2].find(".//i") is None


def test_only_five_parts_are_listed_before_the_rest(explanation, evidence_of):
    many = replace(
        explanation,
        names=tuple(f"part {number}" for number in range(12)),
        alone=np.full((12, 7), 0.1),
        **evidence_of(np.full((12, 7), 0.1)),
    )
    tree = _tree(parts_html(Question(many, "happy")))
    assert [len(part.findall("li")) for part in tree.findall(".//ul")] == [5, 7]
    assert tree.find(".//button[@class='show-all']").get("data-more") == "Show all 12 parts"


def test_the_fit_stands_first(explanation):
    notes = _words(_tree(notes_html(Question(explanation, "happy"))))
    assert notes.startswith("The map explains 70 %")
    assert "not what the person feels" in notes


def test_a_comparison_offers_every_other_emotion_and_shows_the_chosen_one():
    tree = _tree(asking_html("happy", "sad", FIRST_KIND))
    options = tree.findall(".//option")
    assert [option.text for option in options] == ["nothing", *(name for name in EMOTIONS if name != "happy")]
    assert [option.text for option in options if option.get("selected") is not None] == ["sad"]
    assert [box.get("value") for box in tree.findall(".//input") if box.get("checked") is not None] == [FIRST_KIND]


def test_the_faces_of_a_group_are_named_in_reading_order_where_they_are(face_at):
    faces = [face_at((100, 390, 190, 300)), face_at((10, 300, 60, 250)), face_at((12, 60, 60, 20))]
    shares = np.full((3, 7), 0.04)
    shares[range(3), [HAPPY, 0, 0]] = 0.76
    tree = _tree(faces_html(_analysis(faces, shares)))
    labels = tree.findall(".//label")
    assert [label.find("input").get("value") for label in labels] == ["2", "1", "0"]
    assert [label.find("span").text for label in labels] == ["angry 76 %", "angry 76 %", "happy 76 %"]
    assert labels[2].get("style") == "left:75.00%;top:50.00%;width:22.50%;height:45.00%"
    assert labels[2].find("input").get("aria-label") == "Face 3, bottom right: happy, 76 %"
    assert [label.find("input").get("checked") is not None for label in labels] == [False, False, True]


def test_no_percentage_is_torn_from_its_sign(record):
    assert " %" not in chart_html(record, np.full(7, 1 / 7))


def test_a_single_face_offers_no_choice(face_at):
    tree = _tree(faces_html(_analysis([face_at()])))
    assert tree.findall(".//label") == []
    assert [bool(picture.get("alt")) for picture in tree.findall(".//img")] == [True, True]


def test_faces_are_read_from_left_to_right_in_rows_that_need_not_be_level(face_at):
    places = [(300, 60), (200, 45), (50, 250), (100, 40), (250, 235)]  # two rows, the right ends lower and higher
    faces = [face_at((y - 25, x + 25, y + 25, x - 25)) for x, y in places]
    assert reading_order(faces) == [3, 1, 0, 2, 4]
    assert reading_order([]) == []


def test_faces_that_stand_a_little_higher_are_still_in_their_row(face_at):
    faces = [face_at((top, left + 40, top + 40, left)) for top, left in ((15, 0), (0, 50), (10, 100), (60, 20))]
    assert reading_order(faces) == [0, 1, 2, 3]


def test_a_picture_can_be_read_back_from_its_address():
    grey = np.full((20, 30), 100, np.uint8)
    kind, _, data = picture_address(grey).partition(",")
    assert kind == "data:image/jpeg;base64"
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert picture.shape == grey.shape
    assert np.abs(picture.astype(int) - 100).max() <= 2


@pytest.fixture
def evil(explanation):
    """A question about parts that are named by somebody evil."""
    return Question(replace(explanation, names=(EVIL,) * 3), "happy")


def test_no_text_of_anybody_else_becomes_html(evil, face_at, record):
    face = face_at()
    places = [
        answer_html(EVIL, "failed", why=EVIL, warnings=[EVIL]),
        map_html(evil, face),
        still_map_html(evil, face),
        parts_html(evil),
        sheet_html([evil], face),
        asking_html(EVIL, EVIL, EVIL),
        chart_html(record, np.full(7, 1 / 7), EVIL),
    ]
    for place in places:
        assert "<script" not in place
        assert EVIL not in place
    assert escape(EVIL, quote=False).split("alert")[0] in places[0]


@pytest.mark.parametrize("shared", [False, True])
def test_the_notice_says_which_servers_a_photo_passes_through(shared):
    text = notice("the computer that runs this page", shared)
    assert ("Gradio's servers" in text.replace("&#39;", "'")) == shared
