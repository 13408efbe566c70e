from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageColor

from emotion import EMOTIONS
from emotion.page.card import CARD_WIDTH, draw_card
from emotion.page.palette import colour
from emotion.page.question import Question

HAPPY = EMOTIONS.index("happy")


@pytest.fixture
def drawn(explanation, face_at, record):
    """Draws the card of an answer with these probabilities."""
    face = replace(face_at(), crop=np.full((50, 50, 3), (200, 0, 200), np.uint8))

    def draw(probabilities, **changes):
        changed = replace(explanation, probabilities=np.array(probabilities), **changes)
        return draw_card(Question(changed, "happy"), face, "superpixels", record)

    return draw


def _of_colour(card, name):
    return (card == ImageColor.getrgb(colour(name))).all(axis=2)


def test_a_card_holds_the_face_and_grows_with_its_texts(drawn):
    card = drawn(np.eye(7)[HAPPY])
    assert card.shape[1] == CARD_WIDTH
    assert (card == (200, 0, 200)).all(axis=2).sum() == 360**2
    longer = drawn(np.eye(7)[HAPPY], names=("mouth", "a part with a very long name, " * 4, "chin"))
    assert longer.shape[0] > card.shape[0] + 40
    margins = np.concatenate([longer[:, :40].ravel(), longer[:, -40:].ravel(), longer[-40:].ravel()])
    assert (margins == 255).all()


def test_the_bar_that_stands_out_is_the_top_emotion_s_and_as_long_as_its_share(drawn):
    def bar(probabilities):
        top = _of_colour(drawn(probabilities), "top")[:600]  # the map has this colour too
        return np.nonzero(top.any(axis=1))[0].mean(), top.sum()

    first, last = bar(np.eye(7)[0]), bar(np.eye(7)[6])
    half = bar([0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0])
    assert first[0] < last[0] - 200
    assert half[1] == pytest.approx(first[1] / 2, rel=0.05)


def test_where_the_model_is_not_sure_two_bars_stand_out(drawn):
    sure, unsure = (
        _of_colour(drawn(probabilities), "top")[:600].sum()
        for probabilities in ([0.55, 0.1, 0, 0.1, 0.1, 0, 0.15], [0.4, 0.1, 0, 0.1, 0.05, 0, 0.35])
    )
    assert unsure == pytest.approx(sure * 75 / 55, rel=0.05)
