import numpy as np
import pytest
from PIL import Image

from emotion import InputError
from emotion.data.pictures import read_picture
from tests.data.drawn import draw_face


def ramp():
    """A smooth face-sized picture, which JPEG keeps to within a few grey levels."""
    return np.add.outer(np.arange(48) * 2, np.arange(48) * 3).astype(np.uint8)


GREY = Image.fromarray(ramp())
COLOUR = GREY.convert("RGB")
DEEP = Image.fromarray(ramp().astype(np.uint16) * 257)
PICTURES = {
    "colour PNG": (COLOUR, "png", 0, {}),
    "opaque RGBA": (GREY.convert("RGBA"), "png", 0, {}),
    "palette": (GREY.convert("P"), "png", 0, {}),
    "16 bit grey PNG": (DEEP, "png", 0, {}),
    "lossless WebP": (COLOUR, "webp", 0, {"lossless": True}),
    "GIF": (GREY, "gif", 0, {}),
    "grey JPEG": (GREY, "jpg", 4, {}),
    "CMYK JPEG": (COLOUR.convert("CMYK"), "jpg", 6, {}),
    "upper-case suffix": (GREY, "PNG", 0, {}),
    "twice as large": (GREY.resize((96, 96), Image.Resampling.BICUBIC), "png", 8, {}),
    "BMP": (GREY, "bmp", 0, {}),
    "colour BMP": (COLOUR, "bmp", 0, {}),
    "TIFF": (GREY, "tiff", 0, {}),
    "colour TIFF, packed": (COLOUR, "tif", 0, {"compression": "tiff_lzw"}),
    "16 bit TIFF": (DEEP, "tiff", 0, {}),
    "8 of 16 bits, PNG": (Image.fromarray(ramp().astype(np.uint16)), "png", 0, {}),
    "12 of 16 bits, PNG": (Image.fromarray(ramp().astype(np.uint16) * 16), "png", 0, {}),
    "8 of 16 bits, TIFF": (Image.fromarray(ramp().astype(np.uint16)), "tiff", 0, {}),
    "12 of 16 bits, TIFF": (Image.fromarray(ramp().astype(np.uint16) * 16), "tiff", 0, {}),
    "8 of 32 bits, TIFF": (Image.fromarray(ramp().astype(np.int32)), "tiff", 0, {}),
    "CMYK TIFF": (COLOUR.convert("CMYK"), "tiff", 0, {}),
    "AVIF": (COLOUR, "avif", 6, {"quality": 100}),
    "PGM": (GREY, "pgm", 0, {}),
    "16 bit PGM": (DEEP, "pgm", 0, {}),
    "TGA": (COLOUR, "tga", 0, {}),
    "JPEG 2000": (GREY, "jp2", 0, {}),
    "ICO": (GREY, "ico", 0, {}),
    "PCX": (GREY, "pcx", 0, {}),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_of_every_kind_give_their_greys(tmp_path, kind):
    picture, suffix, tolerance, options = PICTURES[kind]
    file = tmp_path / f"face.{suffix}"
    picture.save(file, **options)
    np.testing.assert_allclose(read_picture(file).astype(int), ramp().astype(int), atol=tolerance)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_a_transparent_picture_is_laid_over_white(tmp_path, suffix):
    Image.fromarray(np.zeros((48, 48, 4), np.uint8)).save(tmp_path / f"clear.{suffix}")
    assert (read_picture(tmp_path / f"clear.{suffix}") == 255).all()


@pytest.mark.parametrize("suffix", ["jpg", "tiff"])
def test_a_picture_is_turned_as_its_exif_says(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x112] = 6  # the camera lay on its side: turned clockwise by a quarter
    GREY.rotate(90).save(tmp_path / f"turned.{suffix}", exif=exif)
    np.testing.assert_allclose(read_picture(tmp_path / f"turned.{suffix}").astype(int), ramp().astype(int), atol=4)


@pytest.mark.parametrize("shape", [(1, 1), (20, 31), (300, 100)])
def test_pictures_of_other_sizes_go_through(tmp_path, shape):
    Image.fromarray(np.full(shape, 77, np.uint8)).save(tmp_path / "other.bmp")
    assert (read_picture(tmp_path / "other.bmp") == 77).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff", "avif"])
@pytest.mark.parametrize("content", ["empty", "words", "cut"])
def test_a_file_that_is_no_whole_picture_is_refused_by_its_name(tmp_path, suffix, content):
    file = tmp_path / f"broken.{suffix}"
    Image.fromarray(draw_face(0)).save(file)
    whole = file.read_bytes()
    file.write_bytes({"empty": b"", "words": b"just some words", "cut": whole[: len(whole) // 2]}[content])
    with pytest.raises(InputError) as caught:
        read_picture(file)
    assert str(file) in str(caught.value)


def test_a_picture_of_real_numbers_is_refused_since_nobody_knows_their_range(tmp_path):
    file = tmp_path / "real.tiff"
    Image.fromarray(ramp().astype(np.float32) / 255).save(file)
    with pytest.raises(InputError):
        read_picture(file)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_picture(tmp_path / "nowhere.png")
