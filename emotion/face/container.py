"""What of a picture file's bytes decides its pixels: the rest is left out, so that no metadata can cost the picture.

Pillow refuses whole pictures over text or tags that no browser minds, and loses an orientation to any odd tag beside
it. It also fills in what a cut JPEG lacks, and says nothing. JPEG: ITU-T T.81, annex B. PNG: W3C Recommendation,
chapter 5.
"""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
"""Chunks that decide how a PNG looks here, but for eXIf, which holds the orientation."""

_EXIF = b"Exif\0\0"
"""Stands before the EXIF block of a JPEG file."""

_ORIENTATION, _SHORT = 0x112, 3
"""TIFF's numbers (TIFF 6.0, section 2): the tag, and the type of its value."""

_START, _END, _SCAN, _INTERVAL, _APP1 = 0xD8, 0xD9, 0xDA, 0xDD, 0xE1
_ALONE = (0x01, *range(0xD0, 0xD8))
"""JPEG markers without a length: TEM and the restart markers."""

_FRAMES = tuple(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC))
_PROGRESSIVE = (b"\xc2", b"\xc6", b"\xca", b"\xce")
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""What ends a scan: a marker that is neither a stuffed 0xFF nor a restart."""

_RESTART = re.compile(rb"\xff+([\xd0-\xd7])")

_FILLER = b"\xfb\x37\xdd\xee" * 16
"""Long Huffman codes: a decoder that still lacks blocks makes visible ones of them."""


@dataclass(frozen=True)
class Jpeg:
    """A JPEG file, cut to what decides its pixels.

    Attributes:
        body: bytes up to its end marker, without that.
        ended: whether the file had an end marker.
        progressive: whether its scans refine the whole picture one after another.
        finished: whether its scans reach full precision: without that, more of them were to come.
        in_order: whether each restart marker follows the one before it, with data between them.
        restart: the number, 0 to 7, of the restart marker that would come next; None where there are none.
        orientation: see orientation_in.
    """

    body: bytes
    ended: bool
    progressive: bool
    finished: bool
    in_order: bool
    restart: int | None
    orientation: int | None

    @property
    def closed(self):
        """Bytes: the file with an end marker."""
        return self.body + bytes((0xFF, _END))

    @property
    def filled(self):
        """Bytes: the file with more data before its end marker; a whole picture looks the same with it."""
        again = b"" if self.restart is None else bytes((0xFF, 0xD0 + self.restart)) + _FILLER  # a decoder looks for it
        return self.body.rstrip(b"\xff") + _FILLER + again + bytes((0xFF, _END))


def is_jpeg(content):
    """Whether bytes begin as a JPEG file does."""
    return content.startswith(b"\xff\xd8\xff")


def is_png(content):
    """Whether bytes begin as a PNG file does."""
    return content.startswith(_SIGNATURE)


def orientation_in(exif):
    """The orientation, 1 to 8, in a block of EXIF data (Exif 2.32, tag 274): int; None where it tells none.

    Of several blocks in a file the first one decides, as in browsers.
    """
    exif = exif.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    with suppress(struct.error):  # where the block ends too soon
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            *kind, value = struct.unpack_from(f"{order}HHIHxx", exif, place)
            if kind == [_ORIENTATION, _SHORT, 1]:
                return value if 1 <= value <= 8 else None
    return None


def read_png(content):
    """Leave out of a PNG file's bytes what decides no pixel, and all that follows its end.

    Returns:
        (bytes, orientation): the second see orientation_in.
    """
    kept, start, exif = [_SIGNATURE], len(_SIGNATURE), b""
    while start + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, start)
        end = start + 12 + length
        if kind in _PNG_CHUNKS:
            kept.append(content[start:end])
        if kind == b"eXIf":
            exif = exif or content[start + 8 : end - 4]
        if kind == b"IEND":
            break
        start = end
    return b"".join(kept), orientation_in(exif)


def read_jpeg(content):
    """Leave out of a JPEG file's bytes comments, previews and profiles that decide no pixel.

    Args:
        content: bytes of a file for which is_jpeg is true.

    Returns:
        Jpeg.
    """
    kept, start, ended = [content[:2]], 2, False
    exif, frame, scans, in_order, restart, restarts = b"", b"", [], True, None, False
    while not ended and (segment := _next_segment(content, start)) is not None:
        begin, marker, start = segment
        head = content[begin:start]
        if marker == _SCAN:
            scans.append(head)
            found = _NEXT_MARKER.search(content, start)
            end = found.start() if found else len(content)
            count, ordered = _restarts(content[start:end])
            start, in_order, restart = end, in_order and ordered, count % 8 if restarts else None
        if marker == _INTERVAL:
            restarts = any(head[4:6])
        if marker == _APP1 and head[4:].startswith(_EXIF):
            exif = exif or head[4:]
        frame = head if marker in _FRAMES and not scans else frame
        ended = marker == _END
        if not ended and (scans or _decides_pixels(marker, head)):
            kept.append(content[begin:start])
    if not ended:
        kept.append(content[start:])
    finished = _are_finished(frame, scans)
    progressive, orientation = frame[1:2] in _PROGRESSIVE, orientation_in(exif)
    return Jpeg(b"".join(kept), ended, progressive, finished, in_order, restart, orientation)


def _restarts(scan):
    """How many restart markers a scan's bytes have, and whether they are in order, with data between them."""
    found = list(_RESTART.finditer(scan))
    numbers = [marker[1][0] - 0xD0 for marker in found]
    in_order = numbers == [number % 8 for number in range(len(found))]
    apart = all(one.end() < other.start() for one, other in pairwise(found))
    return len(found), in_order and apart


def _are_finished(frame, scans):
    """Whether JPEG scans give all 64 coefficients of each component of a frame in full (T.81, B.2.2 and B.2.3)."""
    done = set()
    for head in scans:
        end = 5 + 2 * head[4] if len(head) > 4 else 0
        if len(head) >= end + 3 and not head[end + 2] & 15:
            done |= {(name, place) for name in head[5:end:2] for place in range(head[end], head[end + 1] + 1)}
    return all((name, place) in done for name in frame[10::3] for place in range(64))


def _next_segment(content, start):
    """(begin, marker, end) of the JPEG segment from a place on; None where there is no whole one."""
    begin = content.find(b"\xff", start)
    while begin >= 0 and content[begin + 1 : begin + 2] in (b"\xff", b"\0"):  # fill bytes, and stuffing that is lost
        begin = content.find(b"\xff", begin + 1)
    if begin < 0 or begin + 2 > len(content):
        return None
    marker = content[begin + 1]
    if marker in (_START, _END, *_ALONE):
        return begin, marker, begin + 2
    if begin + 4 > len(content):
        return None
    return begin, marker, begin + 2 + max(2, int.from_bytes(content[begin + 2 : begin + 4]))


def _decides_pixels(marker, segment):
    """Whether a JPEG segment decides its pixels here: all but comments and most application data."""
    if marker == 0xE2:
        return segment[4:].startswith(b"ICC_PROFILE\0")  # of a print
    return marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE)  # JFIF and Adobe name the colours
