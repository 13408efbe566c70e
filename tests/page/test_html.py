import re

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.explain.explanation import Explanation
from emotion.page.html import answer_html, hiding_html, list_html, map_notes_html, seen_html, warnings_html

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
RECORD = {
    "validation": {
        "count": 3589,
        "accuracy": 0.681,
        "recall": dict.fromkeys(EMOTIONS, 0.7) | {"disgust": 0.45, "fear": None},
        "not_sure": {"answered": 2056, "accuracy": 0.85},
    }
}


def explanation():
    weights = np.zeros((3, 7))
    weights[:, HAPPY] = 0.01, 0.21, -0.04
    covariances = np.broadcast_to(0.015**2 * np.eye(7), (3, 7, 7))
    probabilities = np.full(7, 0.05)
    probabilities[HAPPY] = 0.7
    regions = np.repeat(np.arange(3), 16)[:, None].repeat(48, axis=1)
    names = ("chin", "mouth", "<eye>")
    return Explanation(
        regions, names, weights, covariances, np.zeros(7), np.full(7, 0.5), probabilities, 512, 1 / 7, True
    )


def rows(html, tag="li"):
    return re.findall(rf"<{tag}.*?</{tag}>", html)


def test_the_chart_keeps_the_emotions_in_their_order_and_shows_the_top_one():
    probabilities = np.array([0.02, 0, 0.1, 0.71, 0.05, 0.06, 0.06])
    bars = rows(answer_html("Looks most like happy, 71 %.", RECORD, probabilities))
    assert [re.search("data-emotion='(.*?)'", bar)[1] for bar in bars] == list(EMOTIONS)
    assert [re.search("(\\d+) %</span>", bar)[1] for bar in bars] == ["2", "0", "10", "71", "5", "6", "6"]
    assert ["class='top'" in bar for bar in bars] == [emotion == "happy" for emotion in EMOTIONS]
    assert "width:71.0%" in bars[HAPPY]


def test_where_the_model_is_not_sure_both_candidates_stand_out():
    probabilities = np.array([0.1, 0, 0.1, 0.4, 0.04, 0.35, 0.01])
    bars = rows(answer_html("Not sure.", RECORD, probabilities, sure=False))
    assert ["class='top'" in bar for bar in bars] == [emotion in ("happy", "sad") for emotion in EMOTIONS]


def test_the_chart_says_how_often_the_model_is_right():
    text = answer_html("", RECORD)
    assert "On 3,589 validation faces the model was right in 68 of 100, 85 where it is sure" in text
    assert "worst on disgust: 45." in text


def test_an_empty_chart_has_no_percentages_and_as_many_rows():
    bars = rows(answer_html("Give a photo.", RECORD))
    assert len(bars) == 7
    assert not any("%</span>" in bar or "top" in bar for bar in bars)


def test_regions_are_listed_strongest_first_and_unsure_ones_last_and_faded():
    listed = rows(list_html(explanation(), "happy", hidden=[2]))
    assert [re.search("value='(.)'", row)[1] for row in listed] == ["1", "2", "0"]
    assert "+21 points (±3)" in listed[0]
    assert "−4 points (±3)" in listed[1]
    assert ["unsure" in row for row in listed] == [False, False, True]
    assert [" checked" in row for row in listed] == [False, True, False]
    # The longest bar reaches half the lever's width; that of −4 points 4/21 of it, to the left.
    assert "class='for' style='left:50.0%;width:50.0%'" in listed[0]
    assert "class='against' style='left:40.5%;width:9.5%'" in listed[1]


def test_what_names_a_region_is_escaped():
    assert "&lt;eye&gt;" in list_html(explanation(), "happy")


def test_a_comparison_lists_the_difference_of_two_weights():
    assert "towards sad rather than happy" in list_html(explanation(), "sad", "happy")
    assert "−21 points (±4)" in rows(list_html(explanation(), "sad", "happy"))[0]


@pytest.mark.parametrize(("useless", "good", "words"), [(0.6, 0.9, "Poor"), (0.3, 0.6, "Fair"), (0.3, 0.4, "Good")])
def test_the_verdict_on_the_fit_comes_first(useless, good, words):
    notes = map_notes_html(explanation(), "happy", None, {"useless_below": useless, "good_from": good})
    assert notes.startswith(f"<p class='fit'><b>{words} fit")
    assert "catches 50 %" in notes
    assert "not what the person feels" in notes


def test_without_thresholds_there_is_no_verdict():
    assert map_notes_html(explanation(), "happy").startswith("<p class='fit'><b></b>The map catches 50 %")


def test_a_test_shows_whole_hidden_and_promised_for_each_emotion():
    answers = np.full(7, 0.1)
    answers[HAPPY] = 0.4
    table = hiding_html(explanation(), "happy", None, [1, 2], answers, np.zeros((48, 48), np.uint8))
    cells = re.findall("<td>(.*?)</td>", rows(table, "tr")[1 + HAPPY])
    assert cells == ["70 %", "40 %", "53 %"]  # 70 - 21 + 4
    assert "class='top'" in rows(table, "tr")[1 + HAPPY]
    # sqrt(2) * 1.96 * 1.5 points are 4.
    assert "With 2 parts hidden, happy falls from 70 % to 40 %: −30 points. The map promised −17 (±4)." in table
    assert "alt='The face with these parts blurred: mouth, &lt;eye&gt;'" in table


def test_before_a_test_the_table_is_there_and_empty():
    table = hiding_html(None, None, None, [], None, None)
    assert set(re.findall("<td>(.*?)</td>", table)) == {""}
    assert "Tick a part in the list" in table
    assert "<img" not in table


def test_without_a_face_there_is_no_picture_of_one():
    assert "<img" not in seen_html(None)


def test_warnings_are_a_list():
    assert rows(warnings_html(["The face is dark.", "The face is small."])) == [
        "<li>The face is dark.</li>",
        "<li>The face is small.</li>",
    ]
    assert rows(warnings_html([])) == []
