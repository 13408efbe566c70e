from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import Analysis
from emotion.page.album import MOST_BYTES, MOST_PHOTOS, Album, album_html, small

HAPPY = EMOTIONS.index("happy")


@pytest.fixture
def analysis(face_at):
    """Of a photo of 800 by 1600 pixels with two faces, the left one the smaller."""
    photo = np.full((800, 1600, 3), 90, np.uint8)
    return Analysis(photo, (face_at((0, 1548, 48, 1500)), face_at((0, 40, 40, 0))), np.eye(7)[[HAPPY, 0]])


def test_what_is_kept_comes_back_as_it_was_but_for_the_size_of_the_photo(analysis):
    album = Album()
    taken = album.take(album.keep(analysis), 1)
    assert taken.photo.shape == (320, 640, 3)
    assert taken.size == (800, 1600)
    assert taken.chosen == 1
    assert np.array_equal(taken.probabilities, analysis.probabilities)
    for kept, face in zip(taken.faces, analysis.faces, strict=True):
        assert kept.box == face.box
        assert np.array_equal(kept.pixels, face.pixels)
        assert kept.crop.shape == face.crop.shape


def test_a_small_photo_still_knows_the_size_of_the_one_that_was_given(analysis):
    assert small(small(analysis)).size == (800, 1600)


def test_a_finished_map_comes_back_for_its_face_only(analysis, explanation):
    album = Album()
    number = album.keep(analysis)
    album.keep_map(number, 1, explanation)
    assert album.take(number).explanation is None
    kept = album.take(number, 1).explanation
    assert np.array_equal(kept.weights, explanation.weights)
    assert kept.errors == pytest.approx(explanation.errors)


@pytest.mark.parametrize(("number", "place"), [(7, 0), (1, 2), (1, -1), (None, 0)])
def test_a_photo_or_face_that_is_not_there_cannot_be_taken(analysis, number, place):
    album = Album()
    album.keep(analysis)
    with pytest.raises(InputError):
        album.take(number, place)


def test_a_new_photo_pushes_out_the_oldest_and_numbers_go_on(analysis):
    album = Album()
    numbers = [album.keep(analysis) for _ in range(MOST_PHOTOS + 2)]
    assert numbers == list(range(1, MOST_PHOTOS + 3))
    assert [kept.number for kept in album.photos()] == numbers[2:]
    assert 2 not in album
    album.keep_map(1, 0, None)  # too late: nobody minds


def test_an_album_takes_no_more_memory_than_it_may(analysis, explanation):
    album, random = Album(), np.random.default_rng(0)
    busy = replace(analysis, photo=random.integers(0, 256, (600, 640, 3), np.uint8))
    for _ in range(MOST_PHOTOS):
        album.keep_map(album.keep(busy), 0, explanation)
        assert sum(kept.num_bytes for kept in album.photos()) <= MOST_BYTES
    assert 1 < len(album.photos()) < MOST_PHOTOS


def test_one_photo_alone_shows_no_thumbnails_and_two_do(analysis):
    album = Album()
    album.shown = album.keep(analysis)
    assert "img" not in album_html(album)
    album.keep(analysis)
    html = album_html(album)
    assert html.count('type="radio"') == 2
    assert html.count("checked") == 1
    assert "Photo 2: 2 faces" in html
    assert "Compare two" in html
    assert "Show table" not in html
