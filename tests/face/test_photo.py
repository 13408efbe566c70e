import io
import re
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from emotion import InputError
from emotion.face.photo import MAX_MEGAPIXELS, read_photo

pillow_heif.register_heif_opener()  # to write HEIC files here
ROOT = Path(__file__).parents[2]
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""What resource's ru_maxrss counts, in bytes: bytes on macOS, kilobytes elsewhere."""
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


def _png(side, bit_depth, colour_type, rows):
    """A PNG file of side x side pixels, put together by hand; rows are its compressed lines."""

    def chunk(kind, content):
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([bit_depth, colour_type, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _bomb(side):
    """A PNG of side x side black 1-bit pixels in a few kilobytes."""
    row = b"\0" * (1 + (side + 7) // 8)
    deflate = zlib.compressobj(9)
    return _png(side, 1, 0, b"".join(deflate.compress(row) for _ in range(side)) + deflate.flush())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("orientation", UNDO)
def test_a_photo_stands_upright_however_the_camera_was_held(orientation, kind):
    stored = Image.fromarray(UPRIGHT)
    for turn in UNDO[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = read_photo(_file(stored, kind, exif=exif.tobytes()))
    assert photo.shape == UPRIGHT.shape
    assert np.abs(photo.astype(int) - UPRIGHT).mean() < (1 if kind == "PNG" else 8)  # the others' loss at the edges


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF"])
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


@pytest.mark.parametrize("orientation", [1, 6])
def test_what_is_half_transparent_is_mixed_with_white_all_over_a_large_photo(orientation):
    colours = np.random.default_rng(0).integers(0, 256, (1100, 1300, 4), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = read_photo(_file(Image.fromarray(colours), exif=exif))
    opacity = colours[..., 3:] / 255
    mixed = colours[..., :3] * opacity + 255 * (1 - opacity)
    upright = mixed if orientation == 1 else np.rot90(mixed, -1)  # 6: the camera lay on its side
    assert photo.shape == upright.shape
    assert np.abs(photo - upright).max() <= 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module to measure memory with")
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_no_mode_takes_more_memory_than_the_decoded_file_and_the_photo(mode, tmp_path):
    Image.new(mode, (5000, 5000)).save(tmp_path / "photo.png", compress_level=1)
    code = (
        "import resource, sys\n"
        "from emotion.face.photo import read_photo\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "read_photo(sys.argv[1])\n"
        "print(peak() - before)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "photo.png")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (
        int(result.stdout) * MEMORY_UNIT < 230_000_000
    )  # Pillow's 4 bytes a pixel, the photo's 3, and what a strip takes


def test_a_palette_with_a_transparent_colour_turns_white_there():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0] * 256)
    assert read_photo(_file(picture, transparency=0)).min() == 255


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    photo = read_photo(_file(Image.fromarray(ramp)))
    assert np.array_equal(photo[..., 0], np.arange(256).reshape(16, 16))


def test_sixteen_bit_colour_is_scaled():
    rows = b"".join(b"\0" + bytes([255, 255, 128, 0, 0, 0]) * 4 for _ in range(4))  # red 65535, green 32768, blue 0
    photo = read_photo(io.BytesIO(_png(4, bit_depth=16, colour_type=2, rows=zlib.compress(rows))))
    assert np.array_equal(photo, np.broadcast_to([255, 128, 0], (4, 4, 3)))


def test_ten_bits_of_a_heic_file_are_scaled():
    deep = np.full((16, 16, 3), 40_000, np.uint16)
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (16, 16), deep.tobytes()).save(file, quality=-1)
    assert np.abs(read_photo(io.BytesIO(file.getvalue())).astype(int) - 40_000 // 257).max() <= 1


def _print_profile():
    """An ICC profile (ICC.1:2001, 6.5.8) of a strange printer: no ink is white, full cyan ink is red."""
    white, red = bytes([255, 128, 128]), bytes([135, 208, 195])  # CIELAB in 8 bits
    nodes = [red if corner & 0b1000 else white for corner in range(16)]  # cyan is the slowest of four inputs
    unity = struct.pack(">9i", *(65536 * (row == column) for row in range(3) for column in range(3)))
    table = (
        b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + unity + bytes(range(256)) * 4 + b"".join(nodes) + bytes(range(256)) * 3
    )
    table += b"\0" * (-len(table) % 4)
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    header = struct.pack(">I4sI4s4s4s", 144 + len(table), b"none", 0x02100000, b"prtr", b"CMYK", b"Lab ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)  # the light: D50
    return header.ljust(128, b"\0") + tags + table


def test_a_prints_profile_is_honoured():
    picture = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    plain = read_photo(_file(picture, "JPEG"))[0, 0].astype(int)
    meant = read_photo(_file(picture, "JPEG", icc_profile=_print_profile()))[0, 0].astype(int)
    assert plain[2] > plain[0] + 100  # cyan
    assert meant[0] > meant[2] + 50  # what that printer makes of it


def test_a_print_with_a_broken_profile_is_read_without_it():
    picture = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    broken = read_photo(_file(picture, "JPEG", icc_profile=b"no profile"))
    assert np.array_equal(broken, read_photo(_file(picture, "JPEG")))


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
        b"\0\0\0\x20ftypisom" + bytes(60),  # a video
        b"BM" + bytes(60),
        b"II*\0" + bytes(60),
        b"%PDF-1.7\n",
        b"\0\0\1\0\1\0" + bytes(60),  # an icon
        b"\0\0\0\x1cftypavif" + bytes(60),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(InputError, match="can't be read as a picture"):
        read_photo(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF"])
def test_a_file_that_is_cut_short_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = _file(Image.fromarray(noise), kind).getvalue()
    with pytest.raises(InputError, match="cut short or damaged"):
        read_photo(io.BytesIO(whole[: len(whole) // 2]))
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.slow
def test_wherever_a_file_is_cut_half_a_photo_is_never_given():
    for content in _valid_files():
        whole = read_photo(io.BytesIO(content))
        refused = 0
        for end in range(0, len(content), 31):
            try:
                photo = read_photo(io.BytesIO(content[:end]))
            except InputError:
                refused += 1
            else:  # some kinds end with bytes that hold no pixel
                assert np.array_equal(photo, whole)
        assert refused > 0.95 * len(content) / 31


def test_a_jpeg_cut_anywhere_is_refused_even_with_its_closing_bytes():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8))
    for options in ({}, {"progressive": True}, {"subsampling": 0, "restart_marker_rows": 1}):
        whole = _file(noise, "JPEG", **options).getvalue()
        for share in (0.5, 0.7, 0.9, 0.97):
            with pytest.raises(InputError, match="cut short or damaged"):
                read_photo(io.BytesIO(whole[: int(share * len(whole))] + b"\xff\xd9"))


@pytest.mark.parametrize("options", [{"restart_marker_rows": 1}, {"restart_marker_blocks": 1}], ids=str)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_between_restarts_is_refused_and_so_is_one_with_a_hole(options, progressive):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8))
    whole = _file(noise, "JPEG", progressive=progressive, **options).getvalue()
    assert read_photo(io.BytesIO(whole)).shape == (128, 128, 3)
    restarts = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", whole)]
    for one, other in list(pairwise(restarts))[:: len(restarts) // 20 + 1]:
        for damaged in (whole[:one], whole[:one] + b"\xff\xd9", whole[:one] + b"\xff", whole[:one] + whole[other:]):
            with pytest.raises(InputError, match="cut short or damaged"):
                read_photo(io.BytesIO(damaged))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_closing_bytes_is_read(progressive):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8))
    whole = _file(noise, "JPEG", progressive=progressive).getvalue()
    assert whole.endswith(b"\xff\xd9")
    assert np.array_equal(read_photo(io.BytesIO(whole[:-2])), read_photo(io.BytesIO(whole)))


def test_a_jpeg_with_a_flat_corner_is_read():
    flat = Image.fromarray(np.pad(np.asarray(Image.linear_gradient("L")), 40, constant_values=255))
    assert read_photo(_file(flat, "JPEG")).shape == (336, 336, 3)


# Metadata


def _tiff(*entries, extra=b""):
    """An EXIF block by hand (TIFF 6.0, section 2): entries are (tag, type, value of 4 bytes, perhaps how many values).

    extra follows them.
    """
    body = b"II*\0" + struct.pack("<IH", 8, len(entries))
    body += b"".join(struct.pack("<HHI", tag, kind, *(count or [1])) + value for tag, kind, value, *count in entries)
    return body + bytes(4) + extra


LIES_ON_ITS_SIDE = (ORIENTATION, 3, struct.pack("<HH", 6, 0))
AFTER_TWO = struct.pack("<I", 8 + 2 + 2 * 12 + 4)
SHORT, SIGNED, RATIONAL = 3, 9, 10
"""TIFF's numbers of value types."""

ODD_EXIF = {
    "a fraction over 0": _tiff(LIES_ON_ITS_SIDE, (0x11A, RATIONAL, AFTER_TWO), extra=struct.pack("<ii", -1, 0)),
    "a signed width": _tiff((0x100, SIGNED, struct.pack("<i", -1)), LIES_ON_ITS_SIDE),
    "more values than any file holds": _tiff((0x100, 4, b"1234", 2**32 - 1), LIES_ON_ITS_SIDE),
    "an unknown type": _tiff(LIES_ON_ITS_SIDE, (0x11A, 99, b"1234")),
    "a value past the end": _tiff(LIES_ON_ITS_SIDE, (0x11A, RATIONAL, b"\xff\xff\xff\x7f")),
    "a part that leads nowhere": _tiff(LIES_ON_ITS_SIDE, (0x8769, 4, b"\xff\xff\xff\x7f")),
}
BROKEN_EXIF = {
    "no entries": b"II*\0",
    "an entry cut short": _tiff(LIES_ON_ITS_SIDE)[:16],
    "another byte order": b"XX*\0" + bytes(20),
    "noise": np.random.default_rng(0).bytes(60),
}


def _segment(marker, content):
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


@pytest.mark.parametrize("name", ODD_EXIF)
def test_odd_exif_costs_neither_the_picture_nor_its_orientation(name):
    stored = _file(Image.fromarray(np.rot90(UPRIGHT)), "JPEG", quality=95).getvalue()
    photo = read_photo(io.BytesIO(_with_segments(stored, _segment(0xE1, b"Exif\0\0" + ODD_EXIF[name]))))
    assert photo.shape == UPRIGHT.shape
    assert np.abs(photo.astype(int) - UPRIGHT).mean() < 8


def test_of_two_exif_blocks_the_first_turns_the_photo():
    stored = _file(Image.fromarray(np.rot90(UPRIGHT)), "JPEG", quality=95).getvalue()
    blocks = [_tiff((ORIENTATION, SHORT, struct.pack("<HH", turn, 0))) for turn in (6, 3)]
    file = _with_segments(stored, *(_segment(0xE1, b"Exif\0\0" + block) for block in blocks))
    assert np.abs(read_photo(io.BytesIO(file)).astype(int) - UPRIGHT).mean() < 8


@pytest.mark.parametrize("name", BROKEN_EXIF)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_broken_exif_costs_only_itself(kind, name):
    plain = read_photo(_file(Image.fromarray(UPRIGHT), kind))
    assert np.array_equal(read_photo(_file(Image.fromarray(UPRIGHT), kind, exif=BROKEN_EXIF[name])), plain)


@pytest.mark.parametrize(
    "segment",
    [
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x" + bytes(500)),
        _segment(0xE2, b"MPF\0" + bytes(40)),
        _segment(0xE2, b"MPF\0II*\0" + b"\xff" * 40),
        _segment(0xE2, b"ICC_PROFILE\0\x09\x02no profile"),
        _segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04" + b"\xff" * 30),
        _segment(0xEC, b"Ducky" + bytes(3)),
        _segment(0xFE, b"a comment" * 5000),
        b"\xff" * 30,
    ],
    ids=["XMP", "MPF", "broken MPF", "broken profile", "broken Photoshop", "Ducky", "long comment", "fill bytes"],
)
def test_odd_segments_of_a_jpeg_cost_nothing(segment):
    whole = _file(Image.fromarray(UPRIGHT), "JPEG").getvalue()
    assert np.array_equal(read_photo(io.BytesIO(_with_segments(whole, segment))), read_photo(io.BytesIO(whole)))


@pytest.mark.parametrize(
    "after", [b"\0" * 100, b"more words", b"\xff\xd8\xff\xe1"], ids=["zeros", "words", "a preview"]
)
def test_what_follows_the_end_of_a_file_costs_nothing(after):
    for kind in ("JPEG", "PNG"):
        whole = _file(Image.fromarray(UPRIGHT), kind).getvalue()
        assert np.array_equal(read_photo(io.BytesIO(whole + after)), read_photo(io.BytesIO(whole)))


LONG = zlib.compress(b"<x>" + b"a" * 1_500_000 + b"</x>")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG),
        (b"zTXt", b"Comment\0\0" + LONG),
        (b"zTXt", b"Comment\0\0no deflated text"),
        (b"tEXt", b"a" * 2_000_000),
        (b"iCCP", b"profile\0\0" + LONG),
        (b"iCCP", b"profile\0\0no deflated profile"),
        (b"pHYs", b"\0"),
        (b"gAMA", b""),
        (b"acTL", b"\0"),
        (b"prVt", b"a private chunk"),
    ],
)
def test_odd_chunks_of_a_png_cost_nothing(kind, content):
    whole = _file(Image.fromarray(UPRIGHT)).getvalue()
    for checksum in (zlib.crc32(kind + content), 0):
        chunk = len(content).to_bytes(4, "big") + kind + content + checksum.to_bytes(4, "big")
        photo = read_photo(io.BytesIO(whole[:33] + chunk + whole[33:]))  # after the signature and the header
        assert np.array_equal(photo, UPRIGHT)


def test_a_photo_over_the_limit_is_refused_with_its_size():
    with pytest.raises(
        InputError, match=f"9400 x 9400 pixels is too large. Pictures can have up to {MAX_MEGAPIXELS} megapixels"
    ):
        read_photo(io.BytesIO(_bomb(9400)))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_the_limit_holds_for_every_kind_of_file(kind):
    file = _file(Image.new("RGB" if kind == "WEBP" else "L", (5100, 5000)), kind)
    with pytest.raises(InputError, match="5100 x 5000 pixels is too large"):
        read_photo(file)


def test_the_limit_holds_for_heic():
    content = _file(Image.new("RGB", (64, 64)), "HEIF").getvalue()
    size = content.index(b"ispe") + 8  # the box's name, its version and flags, then width and height
    huge = content[:size] + (9000).to_bytes(4, "big") * 2 + content[size + 8 :]
    with pytest.raises(InputError, match="9000 x 9000 pixels is too large"):
        read_photo(io.BytesIO(huge))


def test_what_pillow_itself_holds_for_a_bomb_is_refused_in_the_same_words():
    with pytest.raises(
        InputError, match=f"This picture is too large. Pictures can have up to {MAX_MEGAPIXELS} megapixels"
    ):
        read_photo(io.BytesIO(_bomb(14_000)))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module to measure memory with")
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path):
    (tmp_path / "bomb.png").write_bytes(_bomb(13_000))
    code = (
        "import resource, sys\n"
        "from emotion import InputError\n"
        "from emotion.face.photo import read_photo\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try: read_photo(sys.argv[1])\n"
        "except InputError as error: print(peak() - before, error)\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "bomb.png")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    grown, message = result.stdout.split(" ", 1)
    assert int(grown) * MEMORY_UNIT < 100_000_000
    assert "too large" in message
    assert result.stderr == ""


def test_a_photo_just_within_the_limit_is_read():
    assert read_photo(io.BytesIO(_bomb(4992))).shape == (4992, 4992, 3)


def test_a_missing_file_is_a_bug_and_no_input_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_photo(tmp_path / "nothing.jpg")


@pytest.mark.parametrize(
    "name", ["photo", "blob", "image.php", "photo.jpg_large", "photo.jpg.", "photo.mpo", "photo.txt", "photo.png"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "MPO"])
def test_the_first_bytes_decide_whatever_the_name(tmp_path, kind, name):
    Image.fromarray(UPRIGHT).save(tmp_path / name, kind, save_all=kind == "MPO")
    assert read_photo(tmp_path / name).shape == UPRIGHT.shape


def test_a_camera_picture_with_a_second_one_behind_it_is_its_first(tmp_path):
    others = [Image.new("RGB", (60, 40), "white")]
    Image.fromarray(UPRIGHT).save(tmp_path / "photo.mpo", "MPO", save_all=True, append_images=others)
    assert np.abs(read_photo(tmp_path / "photo.mpo").astype(int) - UPRIGHT).mean() < 8


def _valid_files():
    """Small files of every kind that is read, with all that a reader may stumble over."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))
    deep = Image.fromarray(np.random.default_rng(1).integers(0, 65536, (30, 30), np.uint16))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    two = {"save_all": True, "append_images": [noise.convert("P")]}
    return [
        _file(picture, kind, **options).getvalue()
        for picture, kind, options in [
            (noise, "JPEG", {"exif": exif}),
            (noise, "JPEG", {"progressive": True}),
            (noise.convert("CMYK"), "JPEG", {"icc_profile": _print_profile()}),
            (noise, "PNG", {"exif": exif}),
            (noise.convert("P"), "PNG", {"transparency": 3}),
            (noise.convert("RGBA"), "PNG", {}),
            (deep, "PNG", {}),
            (noise, "WEBP", {"exif": exif}),
            (noise, "WEBP", {"lossless": True}),
            (noise.convert("P"), "GIF", two),
            (noise, "HEIF", {"exif": exif.tobytes()}),
        ]
    ]


def _damaged(content, rng):
    """A file's bytes with some of them changed, cut off, repeated or left out."""
    content = bytearray(content)
    way = rng.integers(4)
    if way == 0:
        return content[: rng.integers(len(content))]
    if way == 1:
        start, end = sorted(rng.integers(len(content), size=2))
        return content[:end] + content[start:]
    reach = len(content) if way == 2 else min(200, len(content))  # headers are short, and do the most harm
    for place in rng.integers(reach, size=rng.integers(1, 20)):
        content[place] = rng.integers(256)
    return content


@pytest.mark.parametrize("count", [400, pytest.param(3000, marks=pytest.mark.slow)])
def test_damaged_files_give_a_photo_or_a_sentence(capfd, count):
    valid = _valid_files()
    for content in valid:
        assert read_photo(io.BytesIO(content)).ndim == 3
    rng = np.random.default_rng(0)
    photos = refused = 0
    for number in range(count):
        try:
            photo = read_photo(io.BytesIO(_damaged(valid[number % len(valid)], rng)))
        except InputError:
            refused += 1
        else:
            photos += 1
            assert photo.dtype == np.uint8
            assert photo.shape[2:] == (3,)
    assert photos > count / 10
    assert refused > count / 10
    assert capfd.readouterr().err == ""


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"]),
)
@settings(max_examples=500, deadline=None)
def test_any_bytes_give_a_photo_or_a_sentence(content, start):
    with suppress(InputError):
        assert read_photo(io.BytesIO(start + content)).ndim == 3
