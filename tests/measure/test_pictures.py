import numpy as np

from emotion.measure.corruptions import CORRUPTIONS
from emotion.measure.pictures import draw_confusion, draw_learning_curves, draw_reliability, draw_robustness


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
