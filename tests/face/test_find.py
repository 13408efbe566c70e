import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageFile

from emotion import InputError
from emotion.face import find as faces
from emotion.face.find import (
    BOX_CENTRE,
    BOX_SIDE,
    CNN_BOX_SIDE,
    CROP_SIDE,
    FRAME_RISE,
    FRAME_SPREAD,
    find_faces,
    frame_landmarks,
    load_detector,
)
from emotion.face.photo import read_photo
from emotion.face.pixels import to_pixels
from tests.bench.pasted import paste

ROOT = Path(__file__).parents[2]
ASTRONAUT = read_photo(ROOT / "emotion" / "page" / "examples" / "astronaut.jpg")
EYES = (225, 102)  # the middle between the astronaut's eyes, x and y, read off the photo


def _resized(photo, width, height):
    return np.asarray(Image.fromarray(photo).resize((width, height)))


def test_the_astronaut_has_one_face_and_it_is_hers():
    (face,) = find_faces(ASTRONAUT)
    top, right, bottom, left = face.box
    assert left < EYES[0] < right
    assert top < EYES[1] < bottom
    eyes = face.landmarks[36:48].mean(axis=0)
    assert np.abs(eyes - EYES).max() < 6
    assert face.pixels.shape == (48, 48)
    assert face.pixels.dtype == np.uint8


def test_several_threads_can_look_for_faces_at_the_same_time():
    photos = [_resized(ASTRONAUT, side, side) for side in (400, 440, 480, 520)] * 2
    alone = [find_faces(photo)[0].box for photo in photos[:4]] * 2
    with ThreadPoolExecutor(4) as pool:
        assert [found[0].box for found in pool.map(find_faces, photos)] == alone


def test_the_box_spans_what_it_spans_in_fer2013():
    (face,) = find_faces(ASTRONAUT)
    top, right, bottom, left = face.box
    assert (right - left, bottom - top) == pytest.approx((BOX_SIDE * face.side, BOX_SIDE * face.side), abs=1)
    middle = face.frame @ (48 * BOX_CENTRE[0], 48 * BOX_CENTRE[1], 1)
    assert middle == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=1)


def test_faces_are_framed_by_the_medians_that_were_measured():
    """tests/bench.py frames measures them."""
    measured = json.loads((ROOT / "models" / "frames.json").read_text(encoding="utf-8"))["rows"]
    medians = {name: [row[place][0] for place in ("side", "across", "down")] for name, row in measured.items()}
    assert medians["landmarks"] == pytest.approx([FRAME_SPREAD, 0.5, 0.5 + FRAME_RISE], rel=0.02)
    assert medians["HOG's box"] == pytest.approx([BOX_SIDE, *BOX_CENTRE], rel=0.02)
    assert medians["the CNN's box"] == pytest.approx([CNN_BOX_SIDE, 0.5, 0.5], abs=0.04)


def test_pixels_are_those_of_the_crop():
    (face,) = find_faces(ASTRONAUT)
    assert face.crop.shape == (round(face.side), round(face.side), 3)
    assert np.array_equal(face.pixels, to_pixels(face.crop))


def test_the_frame_leads_from_the_pixels_to_the_photo():
    (face,) = find_faces(ASTRONAUT)
    framed = face.framed_landmarks
    assert framed.min() > 0
    assert framed.max() < 52  # the chin may lie below the frame
    there = np.column_stack([framed, np.ones(68)]) @ face.frame.T
    np.testing.assert_allclose(there, face.landmarks)
    left_eye, right_eye = framed[36:42].mean(axis=0), framed[42:48].mean(axis=0)
    assert right_eye[1] == pytest.approx(left_eye[1])  # upright
    # A dark pupil in the photo is a dark pixel in the picture.
    dark = np.unravel_index(face.pixels[16:24, 8:20].argmin(), (8, 12))
    assert np.hypot(*(left_eye - (dark[1] + 8.5, dark[0] + 16.5))) < 2


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_phone_held_in_any_direction_gives_the_same_pixels(quarters):
    (upright,) = find_faces(ASTRONAUT)
    (turned,) = find_faces(np.ascontiguousarray(np.rot90(ASTRONAUT, quarters)))
    assert np.abs(turned.pixels.astype(int) - upright.pixels).mean() < 3  # of 255
    assert turned.side == pytest.approx(upright.side, rel=0.02)


@pytest.mark.parametrize("degrees", [-160, -110, -70, -45, -20, 15, 30, 60, 135])
def test_a_tilted_face_is_found_and_set_upright(degrees):
    (upright,) = find_faces(ASTRONAUT)
    turned = Image.fromarray(ASTRONAUT).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    face = find_faces(np.asarray(turned))[0]
    assert np.abs(face.pixels.astype(int) - upright.pixels).mean() < 6
    angle = np.degrees(np.arctan2(face.frame[1, 0], face.frame[0, 0]))
    own = np.degrees(np.arctan2(upright.frame[1, 0], upright.frame[0, 0]))
    assert (angle - own + degrees + 180) % 360 - 180 == pytest.approx(0, abs=4)  # rotate() turns the other way


def test_the_largest_face_comes_first():
    photo = np.full((520, 900, 3), 128, np.uint8)
    photo[:, 388:] = _resized(ASTRONAUT, 512, 520)
    photo[60:360, :300] = _resized(ASTRONAUT, 300, 300)
    first, second = find_faces(photo)
    assert first.box[3] > 388 > second.box[1]
    assert first.side > second.side


def test_a_tilted_head_beside_an_upright_one_is_found_too():
    head = Image.fromarray(ASTRONAUT[30:200, 130:310]).resize((216, 204))
    tilted = head.convert("RGBA").rotate(40, Image.Resampling.BICUBIC, expand=True)
    photo = Image.new("RGB", (640, 420), "grey")
    photo.paste(head, (380, 80))
    photo.paste(tilted, (30, 60), tilted)
    faces = find_faces(np.asarray(photo))
    assert sorted(face.box[3] > 320 for face in faces) == [False, True]


def test_a_face_in_deep_shadow_beside_one_in_the_light_is_found_too():
    light = _resized(ASTRONAUT, 400, 400)
    dark = (light * 0.05).astype(np.uint8)
    first, second = find_faces(np.concatenate([light, dark], axis=1))
    assert sorted(face.box[3] > 400 for face in (first, second)) == [False, True]
    assert first.side == pytest.approx(second.side, rel=0.1)


@pytest.mark.parametrize(("row", "background"), [(196, 6), (2178, 5)], ids=["coins", "gravel"])
def test_a_face_in_half_shadow_or_aslant_is_found_in_front_of_texture(fer2013, row, background):
    """HOG sees neither; parts of the texture look more like an upright face to it."""
    pasted = paste(fer2013["validation"].pixels[row], background, side=230, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.2 * pasted.side
    assert face.side == pytest.approx(pasted.side, rel=0.25)


def test_boxes_of_a_large_photo_are_in_its_own_pixels():
    (small,), (large,) = find_faces(ASTRONAUT), find_faces(_resized(ASTRONAUT, 2048, 2048))
    assert np.abs(np.array(large.box) / 4 - small.box).max() < 8
    assert np.abs(large.landmarks / 4 - small.landmarks).max() < 5
    assert large.crop.shape[0] <= CROP_SIDE


def test_a_face_at_the_border_is_padded_and_not_squashed():
    cut = np.ascontiguousarray(ASTRONAUT[85:, 175:])  # the frame's top and left lie outside
    (face,) = find_faces(cut)
    assert face.frame[1, 2] < -3
    assert min(face.box) >= 0
    assert np.abs(face.crop[0].astype(int) - face.crop[1]).max() <= 4  # rows above the photo repeat its first row


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
def test_a_face_that_the_border_cuts_is_found(rows, columns):
    (whole,) = find_faces(ASTRONAUT)
    face = find_faces(np.ascontiguousarray(ASTRONAUT[slice(*rows), slice(*columns)]))[0]
    shift = (columns[0], rows[0])
    assert np.hypot(*(face.landmarks.mean(axis=0) + shift - whole.landmarks.mean(axis=0))) < 0.15 * whole.side
    assert face.side == pytest.approx(whole.side, rel=0.2)


def test_a_small_face_in_a_large_photo_is_found():
    photo = np.full((2000, 3000, 3), 140, np.uint8)
    photo[1400:1840, 2400:2840] = _resized(ASTRONAUT, 440, 440)  # her face is a 37th of the photo wide
    (face,) = find_faces(photo)
    assert (
        np.hypot(*(face.landmarks[36:48].mean(axis=0) - (2400 + EYES[0] * 440 / 512, 1400 + EYES[1] * 440 / 512))) < 5
    )


@pytest.mark.parametrize("light", [0.05, 0.15, 1.6])
def test_a_dark_or_glaring_face_is_found(light):
    (well_lit,) = find_faces(ASTRONAUT)
    face = find_faces((ASTRONAUT * light).clip(0, 255).astype(np.uint8))[0]
    assert np.abs(face.landmarks - well_lit.landmarks).mean() < 0.06 * well_lit.side


def test_a_face_of_the_models_own_size_is_found():
    (face,) = find_faces(ASTRONAUT)
    (again,) = find_faces(np.repeat(face.pixels[..., None], 3, axis=2))
    assert again.side == pytest.approx(48, rel=0.15)


def test_a_face_too_small_to_read_is_none():
    photo = np.full((200, 200, 3), 140, np.uint8)
    photo[60:124, 60:124] = _resized(ASTRONAUT, 64, 64)  # her face is 12 pixels wide
    with pytest.raises(InputError, match="No face"):
        find_faces(photo)


@pytest.mark.parametrize(
    "name", ["chelsea", "coffee", "rocket", "brick", "grass", "gravel", "coins", "moon", "page", "text", "colorwheel"]
)
def test_a_picture_without_a_clear_face_is_refused(name):
    picture = getattr(skimage.data, name)()
    photo = np.ascontiguousarray(np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture)
    with pytest.raises(InputError, match=r"No face was found in this photo\. Expected at least one"):
        find_faces(photo)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module to measure memory with")
def test_a_photo_of_25_megapixels_takes_little_memory():
    code = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from emotion import InputError\n"
        "from emotion.face.find import find_faces, load_detector\n"
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


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 2), (300, 300)])
def test_a_photo_of_one_colour_has_no_face(size):
    with pytest.raises(InputError, match="No face"):
        find_faces(np.full((*size, 3), 90, np.uint8))


def test_noise_has_no_face():
    noise = np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="No face"):
        find_faces(noise)


def test_truncated_files_are_still_refused_after_the_detector_is_loaded():
    load_detector()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_missing_models_are_said_and_do_not_end_the_process():
    code = (
        "import sys\n"
        "sys.modules['face_recognition_models'] = None\n"  # as if it were not installed
        "from emotion import InputError\n"
        "from emotion.face.find import load_detector\n"
        "try: load_detector()\n"
        "except InputError as error: print('said:', error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "said: The package face_recognition can't find its models" in result.stdout


def test_a_face_whose_landmarks_cannot_be_placed_is_framed_by_the_cnns_box(monkeypatch):
    portrait = np.ascontiguousarray(ASTRONAUT[:260, 100:360])
    (known,) = find_faces(portrait)
    monkeypatch.setattr(faces, "_search_by_hog", lambda *_: [])
    monkeypatch.setattr(faces, "_place_landmarks", lambda *_: None)
    (face,) = find_faces(portrait)
    assert face.landmarks is None
    assert face.framed_landmarks is None
    assert face.side == pytest.approx(known.side, rel=0.25)  # the CNN's boxes come in steps of a fifth
    middles = [each.frame @ (24, 24, 1) for each in (face, known)]
    assert np.hypot(*np.subtract(*middles)) < 0.15 * known.side


def test_what_hog_takes_for_a_face_is_none_where_its_landmarks_are_not_confirmed(monkeypatch):
    monkeypatch.setattr(faces, "_place_landmarks", lambda *_: None)
    monkeypatch.setattr(faces, "_search_by_cnn", lambda *_: [])
    with pytest.raises(InputError, match="No face was found"):
        find_faces(ASTRONAUT)


def test_a_profile_is_found(fer2013):
    """Of the validation faces that are drawn for the portraits, one that dlib's HOG detector does not know at all."""
    rows = np.random.default_rng(4).permutation(len(fer2013["validation"].labels))
    pasted = paste(fer2013["validation"].pixels[rows[218]], 218, side=294, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.2 * pasted.side


@pytest.mark.parametrize(("row", "number", "side"), [(27065, 147, 220), (21446, 77, 227)])
def test_a_face_that_the_cnns_first_look_does_not_see_is_found(fer2013, row, number, side):
    pasted = paste(fer2013["train"].pixels[row], number, side=side, size=(350, 350))
    (face,) = find_faces(pasted.photo)
    assert np.hypot(*(face.frame @ (24, 24, 1) - pasted.centre)) < 0.25 * pasted.side


def test_landmarks_are_placed_on_a_face_that_is_framed_already():
    left, top, side = 166, 61, 108  # about the astronaut's face, as FER2013 would frame it
    landmarks = frame_landmarks(to_pixels(ASTRONAUT[top : top + side, left : left + side]))
    assert landmarks.shape == (68, 2)
    expected = (np.array(EYES) - (left, top)) * 48 / side
    assert np.abs(landmarks[36:48].mean(axis=0) - expected).max() < 2
    assert landmarks[8, 1] > landmarks[57, 1] > landmarks[30, 1] > expected[1]  # chin, lips, nose, eyes
