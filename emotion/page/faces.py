"""The photo with its faces, to choose from."""

import numpy as np
from PIL import Image

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.page.render import picture_address, render
from emotion.page.texts import face_text, percent

PHOTO_SIDE = 640
"""The longer side of the photo that the page shows, in pixels."""


def faces_html(analysis):
    """The photo with all its faces, named and to choose from, and what the model sees of the chosen one.

    Args:
        analysis: pipeline.Analysis.
    """
    photo = analysis.photo
    height, width = analysis.size
    small = Image.fromarray(photo)
    small.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    faces = []
    for number in reading_order(analysis.faces):
        box, probabilities = analysis.faces[number].box, analysis.probabilities[number]
        top, right, bottom, left = box
        label = int(probabilities.argmax())
        faces.append(
            {
                "number": number,
                "place": f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
                f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%",
                "label": f"{EMOTIONS[label]} {percent(probabilities[label])}",
                "text": face_text(len(faces) + 1, box, analysis.size, EMOTIONS[label], probabilities[label]),
            }
        )
    return render(
        "faces.html",
        photo=picture_address(np.asarray(small)),
        ratio=width / height,
        faces=faces,
        chosen=analysis.chosen,
        seen=picture_address(analysis.face.pixels, quality=95),
        size=IMAGE_SIZE,
    )


def reading_order(faces):
    """The indices of faces by rows from the top, each from left to right.

    A row is of faces whose middles lie within half of the height of its first one.
    """
    middles = [
        ((top + bottom) / 2, (left + right) / 2, bottom - top) for top, right, bottom, left in (f.box for f in faces)
    ]
    remaining, order = sorted(range(len(faces)), key=lambda number: middles[number]), []
    while remaining:
        y, _, height = middles[remaining[0]]
        row = [number for number in remaining if middles[number][0] - y <= height / 2]
        order += sorted(row, key=lambda number: middles[number][1])
        remaining = [number for number in remaining if number not in row]
    return order
