"""What a long measurement keeps, and what it takes again."""

import pytest

from tests.bench import pieces


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    pieces.Pieces("trust", {"weights": "these"}, tmp_path).measure("map 7 superpixels", lambda: {"fit": 0.5})
    with (tmp_path / "trust.jsonl").open("a") as file:
        file.write('\n{"weights": "these", "met')  # cut off in the middle of a line
    again = pieces.Pieces("trust", {"weights": "these"}, tmp_path)
    assert again.measure("map 7 superpixels", pytest.fail) == {"fit": 0.5}
    assert again.measure("map 8 superpixels", lambda: [1]) == [1]
    both = pieces.Pieces("trust", {"weights": "these"}, tmp_path)
    assert both.values == {"map 7 superpixels": {"fit": 0.5}, "map 8 superpixels": [1]}


@pytest.mark.parametrize("key", [{"weights": "others", "method": 1}, {"weights": "these", "method": 2}])
def test_what_other_weights_or_another_method_gave_is_not_taken(tmp_path, key):
    pieces.Pieces("trust", {"weights": "these", "method": 1}, tmp_path).measure("map 7 superpixels", lambda: 1)
    assert pieces.Pieces("trust", key, tmp_path).values == {}
