"""The photo with its faces, to choose from."""

import numpy as np
from PIL import Image

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.face.find import reading_order
from emotion.page.render import picture_address, render
from emotion.page.texts import face_text, percent

PHOTO_SIDE = 640
"""The longer side of the photo that the page shows, in pixels."""


def faces_html(analysis, large=True):
    """The photo with all its faces, named and to choose from, and what the model sees of the chosen one.

    Which names stand beside their faces is for faces.js, which knows how much room there is.

    Args:
        analysis: pipeline.Analysis.
        large: whether the photo is shown large, if it has several faces.
    """
    photo = analysis.photo
    height, width = photo.shape[:2]
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
                "text": face_text(len(faces) + 1, box, photo.shape, EMOTIONS[label], probabilities[label]),
            }
        )
    return render(
        "faces.html",
        photo=picture_address(np.asarray(small)),
        ratio=width / height,
        faces=faces,
        large=large,
        chosen=analysis.chosen,
        seen=picture_address(analysis.face.pixels, quality=95),
        size=IMAGE_SIZE,
    )


def search_html(share=None, words="", small=False):
    """How far the search for further faces has come, or how it ended.

    Args:
        share: of the search that is done, 0-1; None where there is none.
        words: how it ended.
        small: whether the photo is shown too small for what was found.
    """
    return render("search.html", share=share, words=words, small=small)
