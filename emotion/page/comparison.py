"""Two faces of a visit side by side: the faces, their bars, the difference, and their maps on one scale."""

from dataclasses import dataclass

from emotion import EMOTIONS, InputError
from emotion.page.album import shrunk, top_text
from emotion.page.maps import still_map_html
from emotion.page.question import SMALLEST_SCALE, Question
from emotion.page.render import picture_address, render
from emotion.page.texts import points

FACE_SIDE = 240
"""The side of each face, in pixels."""


@dataclass(frozen=True, eq=False)
class OnScale(Question):
    """A Question whose colours end at a given weight, so that maps of several faces can be compared.

    Attributes:
        end: that weight.
    """

    end: float = SMALLEST_SCALE

    @property
    def scale(self):
        """Float: the weight at which colours end."""
        return self.end


def comparison_html(album, left, right, emotion=None):
    """Two faces of an album side by side, with menus to choose others.

    Args:
        album: Album.
        left: which face, "2.1" or None: the number of the photo, the place of the face in its Analysis.
        right: the other, likewise.
        emotion: the one of EMOTIONS that both maps explain; None for the left one's strongest.

    Raises:
        InputError: the album has no such face.
    """
    names = _names(album)
    sides = [(name, album.take(*_parsed(name))) for name in (left, right)]
    shares = [analysis.probabilities[analysis.chosen] for _, analysis in sides]
    if emotion not in EMOTIONS:
        emotion = EMOTIONS[shares[0].argmax()]
    return render(
        "comparison.html",
        sides=[
            {"name": name, "text": names[name], "face": picture_address(shrunk(analysis.face.crop, FACE_SIDE))}
            for name, analysis in sides
        ],
        names=names,
        rows=[
            {"emotion": name, "shares": pair, "lead": points(pair[1] - pair[0]) or "0"}
            for name, *pair in zip(EMOTIONS, *map(_floats, shares), strict=True)
        ],
        tops=[float(probabilities.max()) for probabilities in shares],
        emotion=emotion,
        emotions=EMOTIONS,
        maps=_maps([analysis for _, analysis in sides], emotion),
        unmapped=[names[name].partition(":")[0] for name, analysis in sides if analysis.explanation is None],
    )


def _maps(analyses, emotion):
    """Both maps for an emotion, on one scale; none where one face has none yet."""
    if any(analysis.explanation is None for analysis in analyses):
        return []
    end = max(Question(analysis.explanation, emotion).scale for analysis in analyses)
    return [still_map_html(OnScale(one.explanation, emotion, end=end), one.face) for one in analyses]


def _names(album):
    """What each face of an album is called, by its parameter: "Photo 2, face 1: happy 95 %"."""
    return {
        f"{kept.number}.{place}": f"Photo {kept.number}{f', face {face}' if face else ''}: {top_text(shares)}"
        for kept in album.photos()
        for place, face, shares in kept.faces
    }


def _parsed(name):
    try:
        number, place = map(int, str(name).split("."))
    except ValueError as error:
        raise InputError("There is no such face. Choose another one.") from error
    return number, place


def _floats(probabilities):
    return [float(share) for share in probabilities]
