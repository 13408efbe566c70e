import io
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from emotion import InputError
from emotion.photo import MAX_MEGAPIXELS, read_photo

ORIENTATION = 0x0112
UPRIGHT = np.zeros((40, 60, 3), np.uint8)
UPRIGHT[:20, :30] = (255, 0, 0)  # red above left, green above right, blue below left, black below right
UPRIGHT[:20, 30:] = (0, 255, 0)
UPRIGHT[20:, :30] = (0, 0, 255)
UNDO = {  # how a camera that stores this orientation has turned the upright picture
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def _file(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return io.BytesIO(buffer.getvalue())


def _bomb(side):
    """A PNG of side x side black 1-bit pixels in a few kilobytes."""

    def chunk(kind, content):
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    row = b"\0" * (1 + (side + 7) // 8)
    deflate = zlib.compressobj(9)
    rows = b"".join(deflate.compress(row) for _ in range(side)) + deflate.flush()
    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", UNDO)
def test_a_photo_stands_upright_however_the_camera_was_held(orientation):
    stored = Image.fromarray(UPRIGHT)
    for turn in UNDO[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert np.array_equal(read_photo(_file(stored, exif=exif)), UPRIGHT)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_expected_kind_of_file_is_read(kind):
    photo = read_photo(_file(Image.new("RGB", (30, 20), (200, 100, 50)), kind))
    assert photo.shape == (20, 30, 3)
    assert photo.dtype == np.uint8
    assert np.abs(photo.astype(int) - (200, 100, 50)).max() <= 6  # JPEG's and GIF's loss


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK"])
def test_every_mode_becomes_rgb(mode):
    picture = Image.new("RGB", (8, 8), "white").convert(mode)
    photo = read_photo(_file(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert photo.shape == (8, 8, 3)
    assert photo.min() >= 250


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_turns_white(mode):
    picture = Image.new(mode, (8, 8), (0,) * len(mode))
    assert read_photo(_file(picture)).min() == 255


def test_a_palette_with_a_transparent_colour_turns_white_there():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0] * 256)
    assert read_photo(_file(picture, transparency=0)).min() == 255


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    photo = read_photo(_file(Image.fromarray(ramp)))
    assert np.array_equal(photo[..., 0], np.arange(256).reshape(16, 16))


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    photo = read_photo(_file(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert tuple(photo[0, 0]) == (255, 0, 0)


def test_a_photo_of_one_pixel_is_a_photo():
    assert read_photo(_file(Image.new("RGB", (1, 1)))).shape == (1, 1, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"This is no picture.",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html></html>",
        b"8BPS\0\1" + bytes(60),
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(InputError, match=r"not a picture that can be read here\. Expected a JPEG"):
        read_photo(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_is_cut_short_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = _file(Image.fromarray(noise), kind).getvalue()
    with pytest.raises(InputError, match="cut short or damaged"):
        read_photo(io.BytesIO(whole[: len(whole) // 2]))
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_photo_over_the_limit_is_refused_with_its_size():
    with pytest.raises(InputError, match=f"9400 x 9400 pixels is too large. Expected {MAX_MEGAPIXELS} megapixels"):
        read_photo(io.BytesIO(_bomb(9400)))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module to measure memory with")
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path):
    (tmp_path / "bomb.png").write_bytes(_bomb(13_000))
    code = (
        "import resource, sys\n"
        "from emotion import InputError\n"
        "from emotion.photo import read_photo\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try: read_photo(sys.argv[1])\n"
        "except InputError as error: print(peak() - before, error)\n"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "bomb.png")]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    grown, message = result.stdout.split(" ", 1)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes elsewhere
    assert int(grown) * unit < 100_000_000
    assert "too large" in message
    assert result.stderr == ""


def test_a_photo_just_within_the_limit_is_read():
    assert read_photo(io.BytesIO(_bomb(4992))).shape == (4992, 4992, 3)


def test_a_missing_file_is_a_bug_and_no_input_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_photo(tmp_path / "nothing.jpg")
