import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from emotion import InputError
from emotion.face.find import MAX_FACES, find_faces, glance, look_closer
from emotion.face.frame import CROP_SIDE
from emotion.page.faces import reading_order
from tests.bench.pasted import paste
from tests.groups import class_photo, group

ROOT = Path(__file__).parents[2]
EYES = (225, 102)
"""The middle between the astronaut's eyes, x and y, read off the photo."""


def slowly(*values):
    """Values of a parameter whose tests take long."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def _resized(photo, width, height):
    return np.asarray(Image.fromarray(photo).resize((width, height)))


def test_the_astronaut_has_one_face_and_it_is_hers(astronaut):
    face = astronaut
    top, right, bottom, left = face.box
    assert left < EYES[0] < right
    assert top < EYES[1] < bottom
    eyes = face.landmarks[36:48].mean(axis=0)
    assert np.abs(eyes - EYES).max() < 6
    assert face.pixels.shape == (48, 48)
    assert face.pixels.dtype == np.uint8


@pytest.mark.slow
def test_several_threads_can_look_for_faces_at_the_same_time(portrait):
    photos = [_resized(portrait, side, side) for side in (400, 440, 480)] * 2
    alone = [find_faces(photo)[0].box for photo in photos[:3]] * 2
    with ThreadPoolExecutor(3) as pool:
        assert [found[0].box for found in pool.map(find_faces, photos)] == alone


@pytest.mark.parametrize("quarters", [1, *slowly(2, 3)])
def test_a_phone_held_in_any_direction_gives_the_same_pixels(portrait, astronaut, quarters):
    upright = astronaut
    (turned,) = find_faces(np.ascontiguousarray(np.rot90(portrait, quarters)))
    assert np.abs(turned.pixels.astype(int) - upright.pixels).mean() < 3  # of 255
    assert turned.side == pytest.approx(upright.side, rel=0.02)


@pytest.mark.parametrize("degrees", [-45, 30, *slowly(-160, -110, -70, -20, 15, 60, 135)])
def test_a_tilted_face_is_found_and_set_upright(portrait, astronaut, degrees):
    upright = astronaut
    turned = Image.fromarray(portrait).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    face = find_faces(np.asarray(turned))[0]
    assert np.abs(face.pixels.astype(int) - upright.pixels).mean() < 6
    angle = np.degrees(np.arctan2(face.frame[1, 0], face.frame[0, 0]))
    own = np.degrees(np.arctan2(upright.frame[1, 0], upright.frame[0, 0]))
    assert (angle - own + degrees + 180) % 360 - 180 == pytest.approx(0, abs=4)  # rotate() turns the other way


def test_the_largest_face_comes_first(portrait):
    photo = np.full((520, 900, 3), 128, np.uint8)
    photo[:, 388:] = _resized(portrait, 512, 520)
    photo[60:360, :300] = _resized(portrait, 300, 300)
    first, second = find_faces(photo)
    assert first.box[3] > 388 > second.box[1]
    assert first.side > second.side


def test_a_tilted_head_beside_an_upright_one_is_found_too(portrait):
    head = Image.fromarray(portrait[30:200, 130:310]).resize((216, 204))
    tilted = head.convert("RGBA").rotate(40, Image.Resampling.BICUBIC, expand=True)
    photo = Image.new("RGB", (640, 420), "grey")
    photo.paste(head, (380, 80))
    photo.paste(tilted, (30, 60), tilted)
    faces = find_faces(np.asarray(photo))
    assert sorted(face.box[3] > 320 for face in faces) == [False, True]


def test_a_face_in_deep_shadow_beside_one_in_the_light_is_found_too(portrait):
    light = _resized(portrait, 400, 400)
    dark = (light * 0.05).astype(np.uint8)
    first, second = find_faces(np.concatenate([light, dark], axis=1))
    assert sorted(face.box[3] > 400 for face in (first, second)) == [False, True]
    assert first.side == pytest.approx(second.side, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("row", "background"), [(196, 6), (2178, 5)], ids=["coins", "gravel"])
def test_a_face_in_half_shadow_or_aslant_is_found_in_front_of_texture(fer2013, row, background):
    """HOG sees neither; parts of the texture look more like an upright face to it."""
    pasted = paste(fer2013["validation"].pixels[row], background, side=230, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.2 * pasted.side
    assert face.side == pytest.approx(pasted.side, rel=0.25)


@pytest.mark.slow
def test_boxes_of_a_large_photo_are_in_its_own_pixels(portrait):
    (small,), (large,) = find_faces(portrait), find_faces(_resized(portrait, 2048, 2048))
    assert np.abs(np.array(large.box) / 4 - small.box).max() < 8
    assert np.abs(large.landmarks / 4 - small.landmarks).max() < 5
    assert large.crop.shape[0] <= CROP_SIDE


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ((0, 150), (0, 512)),
        ((100, 512), (0, 512)),
        ((0, 512), (210, 512)),
        ((0, 512), (0, 245)),
        ((68, 172), (172, 276)),
    ],
    ids=["below the mouth", "above the eyes", "left", "right", "all around"],
)
def test_a_face_that_the_border_cuts_is_found(portrait, astronaut, rows, columns):
    whole = astronaut
    face = find_faces(np.ascontiguousarray(portrait[slice(*rows), slice(*columns)]))[0]
    shift = (columns[0], rows[0])
    assert np.hypot(*(face.landmarks.mean(axis=0) + shift - whole.landmarks.mean(axis=0))) < 0.15 * whole.side
    assert face.side == pytest.approx(whole.side, rel=0.2)


@pytest.mark.slow
def test_a_small_face_in_a_large_photo_is_found(portrait):
    photo = np.full((2000, 3000, 3), 140, np.uint8)
    photo[1400:1840, 2400:2840] = _resized(portrait, 440, 440)  # her face is a 37th of the photo wide
    (face,) = find_faces(photo)
    assert (
        np.hypot(*(face.landmarks[36:48].mean(axis=0) - (2400 + EYES[0] * 440 / 512, 1400 + EYES[1] * 440 / 512))) < 5
    )


@pytest.mark.parametrize("light", [0.05, 1.6, *slowly(0.15)])
def test_a_dark_or_glaring_face_is_found(portrait, astronaut, light):
    well_lit = astronaut
    face = find_faces((portrait * light).clip(0, 255).astype(np.uint8))[0]
    assert np.abs(face.landmarks - well_lit.landmarks).mean() < 0.06 * well_lit.side


def test_a_face_of_the_models_own_size_is_found(astronaut):
    face = astronaut
    (again,) = find_faces(np.repeat(face.pixels[..., None], 3, axis=2))
    assert again.side == pytest.approx(48, rel=0.15)


def test_a_face_too_small_to_read_is_none(portrait):
    photo = np.full((200, 200, 3), 140, np.uint8)
    photo[60:124, 60:124] = _resized(portrait, 64, 64)  # her face is 12 pixels wide
    with pytest.raises(InputError, match="No face"):
        find_faces(photo)


@pytest.mark.parametrize(
    "name",
    ["chelsea", *slowly("gravel", "coffee", "rocket", "brick", "grass", "coins", "moon", "page", "text", "colorwheel")],
)
def test_a_picture_without_a_clear_face_is_refused(name):
    picture = getattr(skimage.data, name)()
    photo = np.ascontiguousarray(np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture)
    with pytest.raises(InputError, match="No face found"):
        find_faces(photo)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module to measure memory with")
def test_a_photo_of_25_megapixels_takes_little_memory():
    code = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from emotion import InputError\n"
        "from emotion.face.detectors import load_detector\n"
        "from emotion.face.find import find_faces\n"
        "load_detector()\n"
        "unit = 1 if sys.platform == 'darwin' else 1024\n"  # bytes on macOS, kilobytes elsewhere
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6\n"
        "photo = np.tile(np.arange(250, dtype=np.uint8), (5000, 20))[..., None].repeat(3, axis=2)\n"
        "before = peak()\n"
        "try: find_faces(photo)\n"
        "except InputError: print(peak() - before)\n"  # nothing was found: all searches were made
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(result.stdout) < 300  # MB; the photo itself is 75


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), *slowly((3000, 1), (2, 2), (300, 300))])
def test_a_photo_of_one_colour_has_no_face(size):
    with pytest.raises(InputError, match="No face"):
        find_faces(np.full((*size, 3), 90, np.uint8))


@pytest.mark.slow
def test_noise_has_no_face():
    noise = np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="No face"):
        find_faces(noise)


@pytest.mark.slow
def test_a_profile_is_found(fer2013):
    """Of the validation faces that are drawn for the portraits, one that dlib's HOG detector does not know at all."""
    rows = np.random.default_rng(4).permutation(len(fer2013["validation"].labels))
    pasted = paste(fer2013["validation"].pixels[rows[218]], 218, side=294, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.2 * pasted.side


@pytest.mark.slow
@pytest.mark.parametrize(("row", "number", "side"), [(27065, 147, 220), (21446, 77, 227)])
def test_a_face_that_the_cnns_first_look_does_not_see_is_found(fer2013, row, number, side):
    pasted = paste(fer2013["train"].pixels[row], number, side=side, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.25 * pasted.side


# Groups


def test_small_faces_are_found_beside_a_large_one():
    small = [(1600 + across * 330, 300 + down * 700, 75, 0) for down in range(2) for across in range(4)]
    faces = find_faces(group([(200, 500, 564, 0), *small], (3000, 2000)))
    assert [round(face.side / faces[0].side, 1) for face in faces] == [1.0, *[0.1] * 8]
    assert len({(face.box[3] // 300, face.box[0] // 600) for face in faces}) == 9


def test_all_of_a_class_photo_are_found_and_read_row_by_row():
    photo, places = class_photo()
    faces = find_faces(photo)
    assert len(faces) == 32
    boxes = [faces[place].box for place in reading_order(faces)]
    for (left, top, width, _), box in zip(places, boxes, strict=True):
        assert left < box[3] < left + 2.3 * width
        assert top < box[0] < top + 2.5 * width


@pytest.mark.parametrize("degrees", [-90, -45, *slowly(-35, 35, 45, 90)])
def test_tilted_faces_are_found_beside_upright_ones(degrees):
    faces = find_faces(group([(60, 40, 120, 0), (400, 60, 120, degrees), (740, 40, 110, 0)], (1024, 400)))
    assert len(faces) == 3


def test_a_badge_beside_a_tilted_face_is_none(portrait):
    assert len(find_faces(np.asarray(Image.fromarray(portrait).rotate(30, Image.Resampling.BICUBIC, expand=True)))) == 1


@pytest.mark.slow
def test_no_more_faces_are_given_than_a_page_can_show():
    places = [(10 + 118 * across, 10 + 130 * down, 50, 0) for down in range(10) for across in range(12)]
    faces = find_faces(group(places, (1430, 1320)))
    assert len(faces) == MAX_FACES


def test_a_glance_finds_what_looks_ahead_and_nothing_more():
    photo = group([(60, 40, 120, 0), (400, 60, 120, 90)], (720, 400))
    assert len(find_faces(photo)) == 2
    assert len(glance(photo)) == 1
    assert glance(np.ascontiguousarray(photo[:, 360:])) == []


# In steps

PHOTOS = {
    "one": lambda portrait: portrait,
    "on its side": lambda portrait: np.ascontiguousarray(np.rot90(portrait)),
    "small ones beside a large one": lambda _: group([(50, 100, 200, 0), (560, 60, 25, 0)], (800, 640)),
    "a tilted one beside an upright one": lambda _: group([(60, 40, 120, 0), (400, 60, 120, 90)], (720, 400)),
    "small ones alone": lambda _: group([(100, 100, 30, 0), (500, 300, 30, 0)], (1000, 800)),
}


def _places(faces):
    return [(face.box, face.frame.tolist(), face.pixels.tobytes()) for face in faces]


@pytest.mark.parametrize(
    "name",
    [
        *slowly("small ones alone"),
        "one",
        *slowly("on its side"),
        "small ones beside a large one",
        "a tilted one beside an upright one",
    ],
)
def test_a_glance_and_a_closer_look_find_what_the_whole_search_finds(portrait, name):
    photo = PHOTOS[name](portrait)
    seen = glance(photo)
    steps = list(look_closer(photo, seen))
    found = seen + [face for more, _ in steps for face in more]
    whole = find_faces(photo)
    assert _places(sorted(found, key=lambda face: -face.side)) == _places(whole)
    order = [found[place] for place in reading_order(found)]
    assert _places(order) == _places(whole[place] for place in reading_order(whole))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert shares[-1] <= 1


def test_a_closer_look_that_nobody_waits_for_any_more_ends(portrait):
    begun = threading.active_count()
    search = look_closer(portrait, glance(portrait))
    next(search)
    search.close()
    deadline = time.monotonic() + 30
    while threading.active_count() > begun and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == begun


def test_faces_that_are_known_are_not_found_again(portrait):
    seen = glance(portrait)
    assert [face for more, _ in look_closer(portrait, seen) for face in more] == []
