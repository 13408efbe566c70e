from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emotion import InputError
from emotion.analysis.engine import Engine
from emotion.explain.explanation import explain
from emotion.page.collection import Collection
from emotion.page.session import Host


@pytest.fixture
def asked():
    """The pictures that the model was asked about."""
    return []


@pytest.fixture
def collection(face_at, record, asked):
    """Of a host whose photos show two faces, the first of them the larger and on the right."""

    def classify(pixels):
        asked.extend(pixels)
        bright = pixels[:, 24:].mean(axis=(1, 2), keepdims=True)[..., 0] / 255
        return np.hstack([0.1 + 0.3 * bright, 0.5 - 0.3 * bright, np.full((len(pixels), 5), 0.08)])

    def find_faces(photo):
        if photo.mean() > 200:
            raise InputError("No face found. Try another photo.")
        return [face_at((0, 48, 48, 0)), face_at((10, 40, 40, 10))]

    return Collection(Host(Engine(find_faces, classify, lambda *face: explain(*face, classify, layers=(1,))), record))


@pytest.fixture
def photo_of(tmp_path):
    """Makes a photo of one grey."""

    def make(grey):
        Image.new("RGB", (48, 48), (grey, grey, grey)).save(tmp_path / f"{grey}.png")
        return tmp_path / f"{grey}.png"

    return make


@pytest.fixture
def visit(collection, photo_of):
    """A visit of two photos, whose last maps are there; the second is on show."""
    visit = None
    for grey in (40, 90):
        visit, _ = collection.host.begin(visit, True)
        collection.host.look(visit, photo_of(grey))
        list(collection.host.explain(visit))
    return visit


def test_an_earlier_photo_comes_back_with_its_map_and_nothing_is_computed(collection, visit, asked):
    shown = visit.album.take(1)
    asked.clear()
    back, contents = collection.come_back(visit, 1)
    assert visit.ended.is_set()
    assert "<path" in contents["map"]
    assert "working" not in contents["map"]
    assert contents["sheet"].count("<svg") == 7
    assert 'value="1"' in contents["album"].split("checked")[0].rsplit("<input", 1)[1]
    assert collection.host.take_card(back) is not None
    assert collection.host.take_post(back) is not None
    assert collection.host.take_result(back)["probabilities"] == dict(
        collection.host.take_result(back)["probabilities"], angry=pytest.approx(float(shown.probabilities[0, 0]))
    )
    assert list(collection.host.explain(back)) == []
    assert asked == []


def test_a_face_of_a_group_that_was_explained_before_is_not_explained_again(collection, visit, asked):
    other, _ = collection.host.choose(visit, 1)
    list(collection.host.explain(other))
    asked.clear()
    again, contents = collection.host.choose(other, 0)
    assert "<path" in contents["map"]
    assert list(collection.host.explain(again)) == []
    assert asked == []


def test_a_photo_that_was_left_before_its_map_was_finished_is_explained_on_return(collection, photo_of):
    first, _ = collection.host.begin(None, True)
    collection.host.look(first, photo_of(40))
    maps = collection.host.explain(first)
    next(maps)
    second, _ = collection.host.begin(first, True)
    collection.host.look(second, photo_of(90))
    assert list(maps) == []
    back, contents = collection.come_back(second, 1)
    assert "<path" not in contents["map"]
    *_, last = collection.host.explain(back)
    assert "<path" in last["map"]


def test_the_face_on_show_is_compared_with_the_latest_other_photo(collection, visit):
    html = collection.compare(visit)["comparison"]
    assert '"2.0" selected' in html
    assert '"1.0" selected' in html
    assert html.count("<svg") == 2


def test_of_a_group_the_face_that_has_a_map_is_the_one_to_compare_with(collection, photo_of):
    group, _ = collection.host.begin(None, True)
    collection.host.look(group, photo_of(40))
    second, _ = collection.host.choose(group, 1)
    list(collection.host.explain(second))
    visit, _ = collection.host.begin(second, True)
    collection.host.look(visit, photo_of(90))
    assert '"1.1" selected' in collection.compare(visit)["comparison"]


def test_where_no_photo_is_on_show_the_latest_two_are_compared(collection, visit):
    empty, _ = collection.host.begin(visit, False)
    html = collection.compare(empty)["comparison"]
    assert html.index('"2.0" selected') < html.index('"1.0" selected')


def test_nothing_is_compared_before_there_is_a_photo(collection):
    visit, _ = collection.host.begin(None, False)
    with pytest.raises(InputError):
        collection.compare(visit)


def test_many_photos_are_looked_at_and_one_without_a_face_does_not_stop_the_others(collection, photo_of):
    visit, contents = collection.begin(None, 5, 4)
    assert "photo 1 of 4" in contents["many"]
    collection.add(visit, 5, photo_of(40))
    collection.add(visit, 5, photo_of(250))
    collection.refuse(visit, 5, "This is no picture.")
    contents = collection.add(visit, 5, photo_of(90))
    assert "4 photos, 4 faces." in contents["many"]
    assert "No face found. Try another photo." in contents["many"]
    assert "This is no picture." in contents["many"]
    table = collection.take_csv(visit).decode().splitlines()
    assert [line.split(",")[0] for line in table[1:]] == ["1", "1", "2", "3", "4", "4"]
    assert collection.add(visit, 5, photo_of(90)) == {}
    back, _ = collection.come_back(visit, 4, 1)
    assert back.analysis.chosen == 1


def test_cancelled_many_photos_stop_after_the_one_under_way(collection, photo_of):
    visit, _ = collection.begin(None, 1, 4)
    collection.add(visit, 1, photo_of(40))
    collection.cancel(visit, 1, 2)
    assert "Cancelled after 2 of 4" in collection.add(visit, 1, photo_of(90))["many"]
    assert collection.add(visit, 1, photo_of(90)) == {}
    assert collection.cancel(visit, 1, 2) == {}


def test_photos_of_an_earlier_table_do_not_get_into_the_next_one(collection, photo_of):
    visit, _ = collection.begin(None, 1, 4)
    visit, _ = collection.begin(visit, 2, 3)
    assert collection.add(visit, 1, photo_of(40)) == {}
    assert collection.refuse(visit, 1, "No.") == {}


def test_a_table_that_is_begun_while_a_photo_is_looked_at_does_not_get_it(collection, photo_of):
    visit, _ = collection.begin(None, 1, 4)
    find_faces = collection.host.engine.find_faces

    def find_late(photo):
        collection.begin(visit, 2, 3)
        return find_faces(photo)

    collection.host.engine = replace(collection.host.engine, find_faces=find_late)
    assert collection.add(visit, 1, photo_of(40)) == {}
    assert visit.album.photos() == []
    assert visit.album.batch.key == 2


def test_visitors_have_albums_of_their_own(collection, visit):
    other, _ = collection.host.begin(None, True)
    assert collection.take_csv(other) is None
    for number in (1, 2):
        with pytest.raises(InputError):
            collection.come_back(other, number)
    with pytest.raises(InputError):
        collection.compare(other, "1.0", "2.0")
