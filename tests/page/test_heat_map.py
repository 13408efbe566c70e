import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.explain.explanation import Explanation
from emotion.measure.corruptions import CORRUPTIONS
from emotion.measure.pictures import draw_confusion, draw_learning_curves, draw_reliability, draw_robustness
from emotion.page import heat_map as render
from emotion.page.card import CARD_WIDTH, draw_card
from emotion.page.heat_map import PHOTO_SIDE, SIGNED, draw_all_maps, draw_contrast, draw_faces, draw_heat_map

QUARTERS = np.add.outer(np.arange(48) // 24 * 2, np.arange(48) // 24)
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
CROP = np.full((96, 96, 3), 128, np.uint8)


def _explanation(above_left, below_right, error=0.01):
    weights = np.zeros((4, 7))
    weights[[0, 3], HAPPY] = above_left, below_right
    weights[:, SAD] = -weights[:, HAPPY]
    covariances = np.broadcast_to(error**2 * np.eye(7), (4, 7, 7))
    zeros = np.zeros(7)
    return Explanation(QUARTERS, ("a", "b", "c", "d"), weights, covariances, zeros, zeros, zeros, 512, 1 / 7, True)


def _warmth(face):
    """Mean red minus mean blue of a square map's four quarters, numbered by rows."""
    warmth = face[..., 0].astype(int) - face[..., 2]
    return [half.mean() for rows in np.array_split(warmth, 2) for half in np.array_split(rows, 2, axis=1)]


def _quarter_colours(picture):
    """As _warmth, of the square above the colour bar."""
    return _warmth(picture[: picture.shape[1]])


def test_for_is_orange_against_is_blue_and_nothing_is_grey():
    above_left, above_right, below_left, below_right = _quarter_colours(
        draw_heat_map(_explanation(0.3, -0.3), "happy", CROP)
    )
    assert above_left > 60
    assert below_right < -60
    assert abs(above_right) < 10
    assert abs(below_left) < 10


def test_the_sign_turns_with_the_emotion():
    explanation = _explanation(0.3, -0.3)
    happy, sad = (_quarter_colours(draw_heat_map(explanation, name, CROP)) for name in ("happy", "sad"))
    assert happy[0] > 60 > -60 > sad[0]


def test_weaker_weights_are_paler_on_the_same_scale():
    strong, *_, weak = _quarter_colours(draw_heat_map(_explanation(0.3, 0.1), "happy", CROP))
    assert strong > 2 * weak > 0


def test_all_emotions_of_a_face_share_one_scale():
    explanation = _explanation(0.3, -0.3)
    explanation.weights[:, SAD] /= 3
    happy, sad = (_quarter_colours(draw_heat_map(explanation, name, CROP)) for name in ("happy", "sad"))
    assert happy[0] > 2 * sad[3] > 0


def test_a_map_of_nothing_is_drawn_grey():
    assert max(map(abs, _quarter_colours(draw_heat_map(_explanation(0, 0), "happy", CROP)))) < 10


def test_a_region_whose_interval_holds_0_is_left_grey():
    strong, *_, weak = _quarter_colours(draw_heat_map(_explanation(0.3, 0.1, error=0.06), "happy", CROP))
    assert strong > 60
    assert abs(weak) < 10


def test_a_map_with_a_poor_fit_is_faded_alone_and_among_seven():
    explanation = _explanation(0.3, -0.3)  # whose fit is 0
    clear, *_, against = _quarter_colours(draw_heat_map(explanation, "happy", CROP, useless_below=-0.1))
    faded, *_, faded_against = _quarter_colours(draw_heat_map(explanation, "happy", CROP, useless_below=0.1))
    assert clear / 2 > faded > 0 > faded_against > against / 2
    sheet, faded_sheet = (draw_all_maps(explanation, CROP, useless_below=limit) for limit in (-0.1, 0.1))
    colours = [np.ptp(one[:640].astype(int), axis=2).max() for one in (sheet, faded_sheet)]
    assert colours[1] < colours[0] / 2


def test_the_face_shows_through_in_its_own_detail():
    stripes = np.zeros((480, 480, 3), np.uint8)
    stripes[:, ::2] = 255  # finer than the 48 x 48 pixels that were explained
    picture = draw_heat_map(_explanation(0, 0), "happy", np.kron(stripes[:288, :288], np.ones((2, 2, 1), np.uint8)))
    assert picture[100, :576].std() > 100


def test_regions_are_outlined():
    picture = draw_heat_map(_explanation(0, 0), "happy", CROP)
    middle = picture.shape[1] // 2
    assert picture[100, middle - 2 : middle + 2].max() > picture[100, middle // 2].max() + 40


ALL_HAPPY = np.eye(7)[HAPPY]


def _card(probabilities=ALL_HAPPY, text="Mouth +21 points (±3) towards happy.", sure=True):
    heat_map = np.full((100, 864, 3), (0, 200, 0), np.uint8)
    face = np.full((50, 50, 3), (200, 0, 200), np.uint8)
    return draw_card(
        face, "Looks most like happy, 71 %.", probabilities, sure, ("A map", heat_map), [("In words", text)], "end"
    )


def test_a_card_holds_the_face_the_map_and_all_of_its_texts():
    card = _card()
    assert card.shape[1] == CARD_WIDTH
    assert (card == (200, 0, 200)).all(axis=2).sum() == 360**2
    assert (card == (0, 200, 0)).all(axis=2).sum() == 100 * 864
    longer = _card(text=" ".join(["a sentence that goes on,"] * 20))
    assert longer.shape[0] > card.shape[0] + 200
    margins = np.concatenate([longer[:, :40].ravel(), longer[:, -40:].ravel(), longer[-40:].ravel()])
    assert (margins == 255).all()


def test_the_longest_bar_of_a_card_is_the_top_emotion_s():
    def rows_of_orange(probabilities):
        orange = (_card(probabilities) == (0xD9, 0x66, 0x1F)).all(axis=2)
        return np.nonzero(orange.any(axis=1))[0].mean(), orange.sum()

    first, last, half = (
        rows_of_orange(probabilities)
        for probabilities in (np.eye(7)[0], np.eye(7)[6], np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0]))
    )
    assert first[0] < last[0] - 200
    assert half[1] == pytest.approx(first[1] / 2, rel=0.05)


def test_where_the_model_is_not_sure_two_bars_of_a_card_stand_out():
    probabilities = np.array([0.4, 0.1, 0.0, 0.1, 0.1, 0.0, 0.3])
    one, two = ((_card(probabilities, sure=sure) == (0xD9, 0x66, 0x1F)).all(axis=2) for sure in (True, False))
    assert two.sum() == pytest.approx(one.sum() * 7 / 4, rel=0.05)
    assert (one & ~two).sum() == 0


def test_a_percentage_is_never_torn_from_its_sign():
    narrow, wide = (render._written("about 91 %", width, 40) for width in (175, 500))
    assert narrow.height == 2 * wide.height  # "about" alone on a line, though "about 91" would fit


def test_a_contrast_shows_what_tells_two_emotions_apart():
    explanation = _explanation(0.3, -0.3)
    above_left, above_right, _, below_right = _quarter_colours(draw_contrast(explanation, "happy", "sad", CROP))
    assert above_left > 60 > 10 > above_right > -10
    assert below_right < -60


def test_the_sheet_holds_the_face_and_seven_maps_in_emotions_order():
    explanation = _explanation(0.3, -0.3)
    sheet = draw_all_maps(explanation, CROP)
    height, width = (side // 3 for side in sheet.shape[:2])
    cells = [sheet[row * height :, column * width :][:height, :width] for row in range(3) for column in range(3)]
    warmths = [_warmth(cell)[0] for cell in cells]
    assert warmths[1 + HAPPY] > 40 > -40 > warmths[1 + SAD]
    others = [warmths[place] for place in range(8) if place not in (1 + HAPPY, 1 + SAD)]
    assert np.abs(others).max() < 10


def test_the_colours_differ_in_lightness_from_none_both_ways():
    def lightness(value):
        return SIGNED(value)[:3] @ np.array([0.299, 0.587, 0.114])

    assert lightness(0.5) > 0.99
    assert max(lightness(0.0), lightness(1.0)) < 0.5
    assert lightness(0.25) > lightness(0.0)
    assert lightness(0.75) > lightness(1.0)


def test_faces_are_framed_where_they_are():
    photo = np.zeros((400, 2000, 3), np.uint8)
    picture = draw_faces(photo, [(100, 1900, 300, 1700), (100, 300, 300, 100)])
    assert picture.shape == (200, PHOTO_SIDE, 3)
    columns = np.nonzero(picture.any(axis=(0, 2)))[0]
    assert abs(columns.min() - 50) < 5
    assert abs(columns.max() - 950) < 5
    assert not picture[:, 400:600].any()
    assert not photo.any()  # the photo itself is left alone


def test_the_confusion_matrix_is_darkest_on_its_diagonal():
    picture = draw_confusion((90 * np.eye(7, dtype=int) + 1).tolist()).astype(int)
    blueness = picture[..., 2] - picture[..., 0]
    assert (blueness > 60).mean() > 0.05  # the seven dark cells


def test_learning_curves_of_one_epoch_can_be_drawn():
    row = {"epoch": 1, "loss": 2.0, "accuracy": 0.2, "validation_loss": 1.9, "validation_accuracy": 0.3}
    picture = draw_learning_curves([row], 1)
    assert picture.ndim == 3
    assert picture.std() > 5


def _heights_of_the_line(picture):
    """In how many rows above the bottom the dark blue line and its points lie: the mean."""
    red, green, blue = picture.astype(int).transpose(2, 0, 1)
    rows = np.nonzero((red < 40) & (green < 100) & (blue > 130))[0]
    return picture.shape[0] - rows.mean()


def test_the_reliability_diagram_draws_a_better_model_higher():
    def draw(accuracy):
        return draw_reliability(
            [{"count": 10, "probability": share, "accuracy": accuracy} for share in (0.3, 0.6, 0.9)]
        )

    assert _heights_of_the_line(draw(0.9)) > _heights_of_the_line(draw(0.2)) + 150


def test_a_reliability_diagram_of_one_bin_can_be_drawn():
    assert draw_reliability([{"count": 1, "probability": 1.0, "accuracy": 0.0}]).std() > 5


def test_robustness_is_drawn_lower_where_more_is_lost():
    def draw(accuracy):
        curves = {
            name: [{"level": level, "accuracy": accuracy} for level in corruption.levels]
            for name, corruption in CORRUPTIONS.items()
        }
        return draw_robustness(curves, accuracy=0.7)

    kept, lost = draw(0.7), draw(0.1)
    assert kept.shape == lost.shape
    assert _heights_of_the_line(kept) > _heights_of_the_line(lost) + 30
