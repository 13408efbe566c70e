from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageColor

from emotion import EMOTIONS
from emotion.page.palette import colour
from emotion.page.post_card import draw_post
from emotion.page.question import Question


@pytest.mark.parametrize("shares", [np.eye(7)[6], [0, 0.41, 0.04, 0.08, 0.06, 0, 0.41]], ids=["sure", "not sure"])
def test_a_card_to_post_has_its_size_and_nothing_reaches_its_edge(explanation, face_at, record, shares):
    face = replace(face_at(), crop=np.full((50, 50, 3), (200, 0, 200), np.uint8))
    explained = replace(explanation, probabilities=np.array(shares))
    card = draw_post(Question(explained, EMOTIONS[np.argmax(shares)]), face, record)
    assert card.shape == (630, 1200, 3)
    assert (card == (200, 0, 200)).all(axis=2).sum() == 152**2
    for edge in (card[:30], card[-30:], card[:, :30], card[:, -30:]):
        assert (edge == 255).all()
    right = card[:, 530:]
    top = (right == ImageColor.getrgb(colour("top"))).all(axis=2)
    track = (right == ImageColor.getrgb(colour("track"))).all(axis=2)
    assert top.sum() > 1000
    assert track.any(axis=1).sum() > 60  # each of the bars has room
