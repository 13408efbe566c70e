"""Where boxes and landmarks lie in a frame whose place is known."""

import numpy as np
import pytest

from emotion.face.find import find_faces
from emotion.face.frame import BOX_SIDE, FRAME_RISE, FRAME_SPREAD
from emotion.face.photo import read_photo
from tests.bench.frames import places_in_frames
from tests.bench.pasted import paste
from tests.visitor import ASTRONAUT


@pytest.mark.slow
def test_places_in_a_frame_are_counted_in_its_sides_and_upright():
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    upright, tilted = (
        places_in_frames([paste(face, 3, side=200, degrees=degrees, size=(350, 350))]) for degrees in (0, 12)
    )
    for rows in (upright, tilted):
        assert {name: (row["count"], row["found"]) for name, row in rows.items()} == dict.fromkeys(rows, (1, 1))
        # She was framed by these landmarks.
        spread, across, down = (rows["landmarks"][name][0] for name in ("side", "across", "down"))
        assert spread == pytest.approx(FRAME_SPREAD, rel=0.03)
        assert (across, down) == pytest.approx((0.5, 0.5 + FRAME_RISE), abs=0.02)
    assert upright["HOG's box"]["side"][0] == pytest.approx(BOX_SIDE, rel=0.12)


def test_where_nothing_is_found_no_place_is_counted():
    rows = places_in_frames([paste(np.zeros((48, 48), np.uint8), 3)])
    assert rows["landmarks"] == {"count": 1, "found": 0}
