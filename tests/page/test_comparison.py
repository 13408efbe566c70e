import re
from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import Analysis
from emotion.page.album import Album
from emotion.page.comparison import comparison_html

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


@pytest.fixture
def album(face_at):
    """Two photos, of a happy and of a sad face."""
    album, shares = Album(), np.full((2, 7), 0.05)
    shares[0, HAPPY], shares[1, SAD] = 0.7, 0.7
    for probabilities in shares:
        album.keep(Analysis(np.zeros((48, 48, 3), np.uint8), (face_at(),), probabilities[None]))
    return album


def _chosen(html):
    return re.findall(r'<option value="([\w.]+)" selected', html)


def test_two_faces_stand_side_by_side_with_the_difference_in_points(album):
    html = comparison_html(album, "1.0", "2.0").replace("\N{NO-BREAK SPACE}", " ")
    assert _chosen(html) == ["1.0", "2.0"]
    row = re.search('<tr><th scope="row">happy</th>.*?</tr>', html, re.DOTALL)[0]
    assert re.findall(r"width:([\d.]+)%", row) == ["70.0", "5.0"]
    assert ">−65<" in row
    assert ">+65<" in html
    assert ">0<" in html


def test_maps_are_compared_once_both_are_there_and_for_one_emotion(album, explanation):
    album.keep_map(1, 0, explanation)
    html = comparison_html(album, "1.0", "2.0")
    assert "<svg" not in html
    assert "open photo 2 to" in html
    album.keep_map(2, 0, explanation)
    html = comparison_html(album, "1.0", "2.0")
    assert len(re.findall("Map for happy", html)) == 2
    assert len(re.findall("Map for sad", comparison_html(album, "1.0", "2.0", "sad"))) == 2
    assert len(re.findall("Map for happy", comparison_html(album, "1.0", "2.0", "<i>"))) == 2


def test_both_maps_have_the_scale_of_the_stronger_one(album, explanation, evidence_of):
    album.keep_map(1, 0, explanation)
    stronger = np.zeros((3, 7))
    stronger[0, HAPPY] = np.log(4)
    album.keep_map(2, 0, replace(explanation, **evidence_of(stronger, 0.05)))
    html = comparison_html(album, "1.0", "2.0")
    assert html.count("×4.0</span></div>") == 2
    faint, strong = (float(re.findall(r'fill-opacity="([\d.]+)"', half)[0]) for half in html.split("<svg")[1:])
    assert faint == pytest.approx(strong * np.sqrt(np.log(1.6) / np.log(4)), abs=0.01)


@pytest.mark.parametrize("name", ["3.0", "1.1", "", "x", None, "1.0.0", ["1.0"], {"a": 1}])
def test_what_is_not_in_the_album_is_not_compared(album, name):
    with pytest.raises(InputError):
        comparison_html(album, "1.0", name)
