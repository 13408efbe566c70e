"""The photo with its faces, to choose from."""

import numpy as np
from PIL import Image

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.page.render import picture_address, render
from emotion.page.texts import face_text, percent

PHOTO_SIDE = 640
"""The longer side of the photo that the page shows, in pixels."""

FEW = 6
"""More faces than this get as much room as there is."""


def faces_html(analysis, room=None):
    """The photo with all its faces, named and to choose from, and what the model sees of the chosen one.

    Which names stand beside their faces is for faces.js, which knows how much room there is.

    Args:
        analysis: pipeline.Analysis.
        room: for how many faces the photo is made large enough; None for all.
    """
    photo, room = analysis.photo, len(analysis.faces) if room is None else room
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
                "labels": (f"{EMOTIONS[label]} {percent(probabilities[label])}", EMOTIONS[label]),
                "text": face_text(len(faces) + 1, box, analysis.size, EMOTIONS[label], probabilities[label]),
            }
        )
    return render(
        "faces.html",
        photo=picture_address(np.asarray(small)),
        ratio=width / height,
        faces=faces,
        large=len(faces) > 1 and room > 1,
        crowd=(room if room > 1 else len(faces)) > FEW,
        chosen=analysis.chosen,
        seen=picture_address(analysis.face.pixels, quality=95),
        size=IMAGE_SIZE,
    )


def reading_order(faces):
    """The order in which people read the faces of a group: row by row from above, each from left to right.

    Args:
        faces: list of Face.

    Returns:
        list of int: places in faces. A face belongs to the row above if its middle is less than half a face lower
        than the middle of that row's last.
    """
    middles = [((left + right) / 2, (top + bottom) / 2) for top, right, bottom, left in (face.box for face in faces)]
    heights = [bottom - top for top, _, bottom, _ in (face.box for face in faces)]
    rows = []
    for place in sorted(range(len(faces)), key=lambda place: middles[place][1]):
        last = rows[-1][-1] if rows else None
        if rows and middles[place][1] - middles[last][1] < min(heights[place], heights[last]) / 2:
            rows[-1].append(place)
        else:
            rows.append([place])
    return [place for row in rows for place in sorted(row, key=lambda place: middles[place][0])]


def search_html(share=None, words="", small=False):
    """How far the search for further faces has come, or how it ended.

    Args:
        share: of the search that is done, 0-1; None where there is none.
        words: how it ended.
        small: whether the photo is shown too small for what was found.
    """
    return render("search.html", share=share, words=words, small=small)
