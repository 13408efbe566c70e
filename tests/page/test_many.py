import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.analysis.pipeline import Analysis
from emotion.page.album import MOST_PHOTOS, Album
from emotion.page.many import Batch, Row, many_html, rows_of, table_csv

HAPPY = EMOTIONS.index("happy")


@pytest.fixture
def batch(face_at, record):
    """Three photos given: the first shows two faces, the second none, the third is not there yet."""
    batch = Batch(key=1, given=3)
    shares = np.full((2, 7), 0.02)
    shares[0, HAPPY], shares[1, [0, 5]] = 0.88, (0.46, 0.44)
    record["faults"]["dark"]["limit"] = 250
    analysis = Analysis(np.zeros((48, 200, 3), np.uint8), (face_at(), face_at((0, 150, 48, 102))), shares)
    batch.add(rows_of(1, analysis, [1, 0], record))
    batch.add([Row(2, warnings=("No face found. Try <another> photo.",))])
    return batch


def _cells(batch):
    return list(csv.DictReader(io.StringIO(table_csv(batch).decode())))


def test_a_csv_has_a_line_for_each_face_in_reading_order_and_one_for_a_photo_without(batch):
    first, second, third = _cells(batch)
    assert [(line["photo"], line["face"], line["sure"]) for line in (first, second, third)] == [
        ("1", "1", "no"),
        ("1", "2", "yes"),
        ("2", "", ""),
    ]
    assert [float(second[emotion]) for emotion in EMOTIONS] == pytest.approx(
        [0.88 if e == "happy" else 0.02 for e in EMOTIONS]
    )
    assert "dark" in first["warnings"]
    assert third["warnings"].startswith("No face found.")
    assert all(third[emotion] == "" for emotion in EMOTIONS)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_csv_is_a_formula(batch, evil):
    batch.add([Row(3, warnings=(evil,))])
    for line in csv.reader(io.StringIO(table_csv(batch).decode(), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def test_the_table_says_the_answer_and_its_warnings_and_escapes_all_of_it(batch, record):
    html = many_html(batch, Album(), record)
    assert "Not sure: angry 46\N{NO-BREAK SPACE}% or sad 44\N{NO-BREAK SPACE}%." in html
    assert "happy 88\N{NO-BREAK SPACE}%, " in html
    assert html.count('class="warning"') == 2
    assert "Try &lt;another&gt; photo." in html


def test_only_photos_that_are_kept_can_be_opened(batch, record, face_at):
    assert "Open face" not in many_html(batch, Album(), record)
    album = Album()
    album.keep(Analysis(np.zeros((48, 48, 3), np.uint8), (face_at(),), np.eye(7)[:1]))
    html = many_html(batch, album, record)
    assert html.count('class="open"') == 3  # the photo and its two faces
    assert "Open face 2 of photo 1" in html


def test_a_table_wants_as_many_photos_as_were_given_up_to_the_most():
    batch = Batch(key=1, given=MOST_PHOTOS + 5)
    while batch.wants_more:
        batch.add([])
    assert batch.done == MOST_PHOTOS


def test_how_far_it_is_and_what_was_left_out_is_said(batch, record):
    assert "Looking at photo 3 of 3" in many_html(batch, Album(), record)
    batch.add([])
    assert "3 photos, 2 faces." in many_html(batch, Album(), record)
    more = many_html(replace(batch, given=MOST_PHOTOS + 1), Album(), record)
    assert f"The first {MOST_PHOTOS} of your {MOST_PHOTOS + 1} were taken." in more


def test_a_cancelled_table_takes_the_photo_under_way_and_no_more(record):
    batch = Batch(key=1, given=4)
    batch.add([])
    batch.cancel(2)
    assert "Stopping after photo 2 of 4" in many_html(batch, Album(), record)
    batch.add([])
    assert not batch.wants_more
    assert "Cancelled after 2 of 4 photos." in many_html(batch, Album(), record)


def test_a_table_that_was_cancelled_as_its_photo_was_done_takes_no_other(record):
    batch = Batch(key=1, given=4)
    batch.add([])
    batch.cancel(1)
    assert not batch.wants_more
    assert "Cancelled after 1 of 4 photos." in many_html(batch, Album(), record)


def test_a_table_that_was_cancelled_at_its_last_photo_is_whole(record):
    batch = Batch(key=1, given=1)
    batch.cancel(1)
    batch.add([])
    assert "1 photo, 0 faces." in many_html(batch, Album(), record)
