"""The one way of a photo: read it, find the faces, split one into regions, explain it."""

from emotion import InputError
from emotion.analysis.result import result
from emotion.explain.regions import face_parts, superpixels
from emotion.face.photo import read_photo

KINDS = {
    "superpixels": lambda face: superpixels(face.pixels, face.framed_landmarks),
    "face parts": lambda face: (
        superpixels(face.pixels) if face.landmarks is None else face_parts(face.framed_landmarks)
    ),
}
"""How a faces.Face is split into regions, by what it is called: Face -> (regions, names)."""


def analyse(file, number, kind, engine, record):
    """All about one face of a photo, for programs.

    Args:
        file: path of the photo.
        number: of the face, from 1, the largest.
        kind: one of KINDS.
        engine: engine.Engine.
        record: content of models/emotion.json.

    Returns:
        Result.

    Raises:
        InputError: the photo can't be read, has no face or none of that number, or there is no such kind.
    """
    if kind not in tuple(KINDS):
        raise InputError(
            f"There is no such kind of regions. Expected {' or '.join(map(repr, KINDS))}. Give one of them."
        )
    faces = engine.find_faces(read_photo(file))
    if number not in range(1, len(faces) + 1):
        raise InputError(
            f"There is no face of that number in this photo. Expected a whole number from 1 to {len(faces)}, "
            "1 for the largest. Give one of them."
        )
    chosen = int(number) - 1
    *_, explanation = engine.explain(faces[chosen].pixels, *KINDS[kind](faces[chosen]))
    return result(faces, chosen, explanation, kind, record)
