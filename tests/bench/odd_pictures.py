"""Whole picture files, and ways to make them odd: metadata that no camera writes, and damage."""

import io
import struct
import zlib

import skimage.data
from PIL import Image

WIDTH, HEIGHT = 128, 96


def make_file(random):
    """Make a file odd in one to three ways.

    Returns:
        (kind, whole, content): str, what it is and what was done to it; the bytes of the whole file, and of the odd.
    """
    kind = _pick(random, list(PICTURES))
    content = whole = _pick(random, PICTURES[kind])
    container = kind.split()[0]
    done = []
    for _ in range(random.integers(1, 4)):
        way = _pick(random, WAYS[container])
        content = way(content, random)
        done.append(way.__name__)
    return f"{kind}: {', '.join(done)}", whole, content


def original():
    """(96, 128, 3) uint8: a picture that looks different in each of its eight orientations."""
    photo = skimage.data.astronaut()[20 : 20 + 3 * HEIGHT : 3, 60 : 60 + 3 * WIDTH : 3]
    photo = photo.copy()
    photo[:32, :48] //= 3
    return photo


def _encoded(picture, container, **options):
    file = io.BytesIO()
    picture.save(file, container, **options)
    return file.getvalue()


def _pictures():
    """Whole files of each kind, the kind's first word being its container."""
    colour = Image.fromarray(original())
    grey, palette = colour.convert("L"), colour.quantize(256)
    return {
        "JPEG": [_encoded(one, "JPEG", quality=93) for one in (colour, grey)],
        "JPEG of 4:4:4": [_encoded(colour, "JPEG", quality=93, subsampling=0)],
        "JPEG with restarts": [_encoded(colour, "JPEG", quality=93, restart_marker_rows=1)],
        "JPEG of many scans": [_encoded(colour, "JPEG", quality=93, progressive=True)],
        "PNG": [_encoded(one, "PNG") for one in (colour, grey, palette, colour.convert("RGBA"))],
        "WEBP": [_encoded(colour, "WEBP", quality=93), _encoded(colour, "WEBP", lossless=True)],
        "GIF": [_encoded(palette, "GIF")],
    }


PICTURES = _pictures()


# Ways to make them odd: each takes a file's bytes and gives others.


def add_exif(content, random):
    """Odd EXIF (TIFF 6.0, section 2), mostly with an orientation among its entries."""
    order, mark = _pick(random, [("<", b"II*\0"), (">", b"MM\0*")])
    entries = [_odd_entry(order, random) for _ in range(random.integers(0, 6))]
    if random.random() < 0.8:
        value = struct.pack(f"{order}HH", random.integers(1, 9), 0)
        entries.insert(random.integers(len(entries) + 1), struct.pack(f"{order}HHI", 0x112, 3, 1) + value)
    block = mark + struct.pack(f"{order}IH", 8, len(entries)) + b"".join(entries) + bytes(4)
    if random.random() < 0.1:
        block = block[: random.integers(len(block))]
    if content[:2] == b"\xff\xd8":
        return _after(content, 2, _segment(0xE1, b"Exif\0\0" + block))
    if content[:4] == b"RIFF":
        return _as_extended_webp(content, b"EXIF", block)
    return _after(content, 33, _chunk(b"eXIf", block))


def _odd_entry(order, random):
    tag, kind = _pick(random, [0x100, 0x10F, 0x11A, 0x128, 0x132, 0x8298, 0x8769, 0x8825, 0x927C]), random.integers(14)
    count, value = _pick(random, [0, 1, 2, 9, 2**31, 2**32 - 1]), random.integers(2**32)
    return struct.pack(f"{order}HHII", tag, kind, count, _pick(random, [value, value % 200]))


def add_segment(content, random):
    """A JPEG segment that decides no pixel: comment, preview, profile, XMP and the like, often broken."""
    heads = [
        b"",
        b"ICC_PROFILE\0\x01\x01",
        b"ICC_PROFILE\0\x09\x02",
        b"http://ns.adobe.com/xap/1.0/\0<x",
        b"MPF\0II*\0",
    ]
    heads += [b"Photoshop 3.0\x008BIM\x04\x04", b"JFXX\0\x10", b"Ducky", b"Exif\0\0"]
    body = _pick(random, heads) + _noise(random, 30_000)
    return _after(content, 2, _segment(_pick(random, [0xE1, 0xE2, 0xE3, 0xEC, 0xED, 0xEF, 0xFE]), body))


def fill_between(content, random):
    """Fill bytes before the second marker of a JPEG (T.81, B.1.1.2)."""
    return _after(content, 2, b"\xff" * random.integers(1, 50))


def leave_out_end(content, random):
    """A JPEG without its two closing bytes."""
    return content[:-2] if content.endswith(b"\xff\xd9") else content


def add_behind(content, random):
    """Anything behind the end of the file, where it has one."""
    open_jpeg = content[:2] == b"\xff\xd8" and not content.endswith(b"\xff\xd9")
    return content if open_jpeg else content + _noise(random, 5_000)


def add_chunk(content, random):
    """A PNG chunk that decides no pixel, often too long, broken or with a wrong checksum."""
    long = zlib.compress(bytes(1_200_000 if random.random() < 0.1 else 100))
    bodies = [
        b"",
        b"Comment\0\0" + long,
        b"XML:com.adobe.xmp\0\1\0\0\0" + long,
        b"profile\0\0" + long,
        _noise(random, 99),
    ]
    kind = _pick(random, [b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"pHYs", b"tIME", b"sBIT", b"hIST", b"prVt", b"acTL"])
    return _after(content, 33, _chunk(kind, _pick(random, bodies), right=random.random() < 0.7))


def add_riff_chunk(content, random):
    """A WebP chunk of metadata: XMP, a profile, or one that nobody knows."""
    return _as_extended_webp(content, _pick(random, [b"XMP ", b"ICCP", b"abcd"]), _noise(random, 3_000))


def add_extension(content, random):
    """A GIF extension before the picture: a comment, or an application's."""
    start = 13 + 3 * 2 ** ((content[10] & 7) + 1)
    block = _noise(random, 255) or b"x"
    return _after(content, start, b"\x21" + bytes([_pick(random, [0xFE, 0xFF])]) + bytes([len(block)]) + block + b"\0")


def cut(content, random):
    """The beginning of the file alone."""
    return content[: random.integers(len(content))]


def change(content, random):
    """Some bytes changed."""
    content = bytearray(content)
    for place in random.integers(len(content), size=random.integers(1, 6)):
        content[place] = random.integers(256)
    return bytes(content)


DAMAGE = [cut, change]
WAYS = {
    "JPEG": [add_exif] * 3 + [add_segment] * 4 + [fill_between, leave_out_end, add_behind, *DAMAGE],
    "PNG": [add_exif] * 3 + [add_chunk] * 5 + [add_behind, *DAMAGE],
    "WEBP": [add_exif] * 3 + [add_riff_chunk] * 2 + [add_behind, *DAMAGE],
    "GIF": [add_extension] * 4 + [add_behind, *DAMAGE],
}
"""By container; what stands there more often is done more often."""


def _pick(random, options):
    return options[random.integers(len(options))]


def _after(content, place, new):
    return content[:place] + new + content[place:]


def _noise(random, most):
    return random.bytes(random.integers(most + 1))


def _segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _chunk(kind, body, right=True):
    return len(body).to_bytes(4, "big") + kind + body + (zlib.crc32(kind + body) ^ (not right)).to_bytes(4, "big")


def _as_extended_webp(content, kind, body):
    """A WebP file (RFC 9649, section 2.7) with one more chunk at its end, or before the picture for a profile."""
    flags = {b"EXIF": 8, b"XMP ": 4, b"ICCP": 32}.get(kind, 0)
    rest = content[12:]
    if rest[:4] == b"VP8X":
        flags, rest = flags | rest[8], rest[18:]
    head = bytes([flags, 0, 0, 0]) + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    head = b"VP8X" + len(head).to_bytes(4, "little") + head
    new = kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)
    chunks = head + (new + rest if kind == b"ICCP" else rest + new)
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks
