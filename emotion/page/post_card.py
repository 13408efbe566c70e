"""The picture to post: the map on the left, the page's name, the answer and its bars on the right."""

import numpy as np
from PIL import Image

from emotion.page.card import draw_chart, stacked, written
from emotion.page.heat_map import draw_heat_map
from emotion.page.palette import colour
from emotion.page.texts import TITLE, answer_text, standing_out

POST_SIZE = 1200, 630
"""Width and height in pixels, as the previews of large networks show pictures whole (ogp.me, 1.91 to 1)."""

MARGIN, GAP, MAP_SIDE, FACE_SIDE = 44, 36, 440, 152
WIDTH = POST_SIZE[0] - 2 * MARGIN - GAP - MAP_SIDE


def draw_post(question, face, record):
    """Draw one picture, wider than high, of an answer and its map.

    Args:
        question: Question.
        face: find.Face, the one that was explained.
        record: content of models/emotion.json.

    Returns:
        (630, 1200, 3) uint8, RGB.
    """
    probabilities, rule = question.explanation.probabilities, record["not_sure"]
    name = written(TITLE, 30, ink="pale", width=WIDTH)
    answer = Image.new("RGB", (WIDTH, FACE_SIDE), colour("paper"))
    answer.paste(Image.fromarray(face.crop).resize((FACE_SIDE, FACE_SIDE), Image.Resampling.LANCZOS))
    said = written(answer_text(probabilities, rule), 40, bold=True, width=WIDTH - FACE_SIDE - 24)
    answer.paste(said, (FACE_SIDE + 24, max(0, (FACE_SIDE - said.height) // 2)))
    note = written("What a small model sees in the face, not what anyone feels.", 19, ink="pale", width=WIDTH)
    gaps = 3 * 14
    room = POST_SIZE[1] - 2 * MARGIN - name.height - answer.height - note.height - gaps
    chart = draw_chart(probabilities, standing_out(probabilities, rule), WIDTH, room)
    card = Image.new("RGB", POST_SIZE, colour("paper"))
    card.paste(Image.fromarray(draw_heat_map(question, face.crop, MAP_SIDE)), (MARGIN, MARGIN))
    card.paste(stacked([name, answer, chart, note], gaps // 3), (MARGIN + MAP_SIDE + GAP, MARGIN))
    return np.asarray(card)
