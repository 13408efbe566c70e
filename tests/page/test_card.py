import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import analyse
from emotion.explain.explanation import explain
from emotion.face.find import find_faces
from emotion.page.card import card

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "models" / "emotion.json").read_text(encoding="utf-8"))


def looks_for_detail(pixels):
    """Happy where both halves are rich in detail, the more the happier; sad has the rest."""
    detail = np.abs(np.diff(pixels.astype(float), axis=2))
    happy = 0.1 + 0.8 * np.tanh(detail[:, :24].mean(axis=(1, 2)) / 10) * np.tanh(detail[:, 24:].mean(axis=(1, 2)) / 10)
    shares = np.eye(len(EMOTIONS))
    return np.outer(happy, shares[EMOTIONS.index("happy")]) + np.outer(1 - happy, shares[EMOTIONS.index("sad")])


@pytest.fixture(scope="module")
def analysis(photos):
    engine = Engine(find_faces, looks_for_detail, partial(explain, classify=looks_for_detail))
    *_, last = analyse(photos / "person.jpg", engine, kind="face parts")
    return last


def _ink(picture):
    return (picture != 255).any(axis=2)


@pytest.mark.parametrize("other", [None, "surprise"])
def test_no_text_of_a_card_runs_into_its_margins(analysis, other):
    names = tuple(
        f"the outer corner of the right eye, number {number}" for number in range(len(analysis.explanation.names))
    )
    wordy = replace(analysis.explanation, names=names, stable=False)
    picture = card(
        analysis.face, wordy, "face parts", "disgust", RECORD, {"useless_below": 0.4, "good_from": 0.9}, other
    )
    ink = _ink(picture)
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 1080
    assert not ink[:, :40].any()
    assert not ink[:, -40:].any()
    assert not ink[:40].any()
    assert not ink[-40:].any()
    assert ink[-120:].any()


def test_a_card_shows_the_map_that_was_asked_for(analysis):
    happy, sad, face, contrast = (
        card(analysis.face, analysis.explanation, "face parts", emotion, RECORD, other=other).astype(int)
        for emotion, other in (("happy", None), ("sad", None), ("fear", None), ("happy", "sad"))
    )

    def warmth(picture):
        drawn = picture[600:1400, 200:880]  # most of the map
        return (drawn[..., 0] - drawn[..., 2]).mean()

    assert warmth(happy) > warmth(face) + 5
    assert warmth(sad) < warmth(face) - 5
    assert (contrast[500:1500] != happy[500:1500]).any()
