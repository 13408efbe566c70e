"""Where faces.js puts the names of faces, in Chromium; without the page, whose steps need not be waited for."""

import json
from functools import partial

import numpy as np
import pytest

from emotion.analysis.pipeline import Analysis
from emotion.page import looks
from emotion.page.faces import FEW, faces_html
from emotion.page.palette import palette_css
from tests.groups import class_photo

SIZES = {"phone": (390, 844), "projector": (1280, 720)}
BOXES = """() => {
    const photo = document.querySelector('.photo img').getBoundingClientRect();
    const boxes = selector => [...document.querySelectorAll(selector)].map(element => {
        const box = element.getBoundingClientRect();
        return [box.left - photo.left, box.top - photo.top, box.right - photo.left, box.bottom - photo.top];
    });
    return {size: [photo.width, photo.height], faces: boxes('.face'), names: boxes('.face .placed'),
            words: [...document.querySelectorAll('.face .placed')].map(element => element.textContent)};
}"""


@pytest.fixture(scope="module", params=SIZES)
def place(request, chromium):
    """Shows faces of a photo as the page does, and returns what BOXES says of them."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    scripts = [(looks.HERE / "scripts" / name).read_text("utf-8") for name in ("page.js", "faces.js")]
    style = palette_css() + (looks.HERE / "style.css").read_text("utf-8")
    page.set_content(
        f"<style>* {{ box-sizing: border-box; }} {style}</style>"
        "<script type='application/json' id='facts'>{}</script>"
        "<body class='gradio-container' style='margin: 0 16px'><div id='notice'><h1></h1></div>"
        "<div id='try' class='given'><div id='photo'><div class='give'></div></div>"
        "<div id='faces'><div class='html-container'><div></div></div></div></div></body>"
    )
    for script in scripts:
        page.add_script_tag(content=script)
    page.evaluate(
        """() => page.faces(document.querySelector('#faces'), () => {}, (_, drawn) => { window.drawn = drawn; })"""
    )

    def shown(html):
        page.evaluate(
            f"() => {{ document.querySelector('#faces div div').innerHTML = {json.dumps(html)}; window.drawn(); }}"
        )
        return page.evaluate(BOXES)

    shown.page = page
    yield shown
    context.close()


def _group(face_at, boxes, size):
    probabilities = np.random.default_rng(len(boxes)).dirichlet(np.full(7, 0.3), len(boxes))
    return faces_html(Analysis(np.zeros((size[1], size[0], 3), np.uint8), tuple(map(face_at, boxes)), probabilities))


def _layout(number):
    """Boxes that do not overlap, some at the border, in a photo of any format: (boxes, size)."""
    random = np.random.default_rng(number)
    size = [(800, 600), (600, 800), (1000, 400), (500, 500)][number % 4]
    boxes = []
    for _ in range(60):
        side = int(random.uniform(*((0.03, 0.06) if number % 3 == 0 else (0.05, 0.5))) * min(size))
        left, top = (int(random.uniform(-side / 2, length - side / 2)) for length in size)
        box = max(top, 0), min(left + side, size[0]), min(top + side, size[1]), max(left, 0)
        apart = all(box[0] >= b[2] or b[0] >= box[2] or box[3] >= b[1] or b[3] >= box[1] for b in boxes)
        if apart and len(boxes) < 2 + number:
            boxes.append(box)
    return boxes, size


def _meet(one, other):
    return one[0] < other[2] - 0.5 and other[0] < one[2] - 0.5 and one[1] < other[3] - 0.5 and other[1] < one[3] - 0.5


@pytest.mark.parametrize(
    "number", [*range(10), *(pytest.param(number, marks=pytest.mark.slow) for number in range(10, 60))]
)
def test_no_name_hides_a_face_or_another_name_or_leaves_the_photo(place, face_at, number):
    boxes, size = _layout(number)
    seen = place(_group(face_at, boxes, size))
    scale = seen["size"][0] / size[0]
    placed = sorted((left, top, right, bottom) for top, right, bottom, left in boxes)
    for face, box in zip(sorted(seen["faces"]), placed, strict=True):
        assert face == pytest.approx([scale * edge for edge in box], abs=4)  # no less than the outline is wide
    for number, name in enumerate(seen["names"]):
        assert not any(_meet(name, other) for other in [*seen["faces"], *seen["names"][:number]])
        assert min(name) >= -0.5
        assert name[2] <= seen["size"][0] + 0.5
        assert name[3] <= seen["size"][1] + 0.5


def test_two_faces_with_room_around_them_have_their_percentages(place, face_at):
    seen = place(_group(face_at, [(150, 350, 300, 200), (170, 970, 290, 850)], (1200, 500)))
    assert len(seen["words"]) == 2
    assert all("%" in words for words in seen["words"])


def test_all_of_a_class_are_named(place, face_at):
    _, heads = class_photo()
    boxes = [
        (round(top + 0.9 * width), round(left + 1.7 * width), round(top + 1.9 * width), round(left + 0.7 * width))
        for left, top, width, _ in heads
    ]
    seen = place(_group(face_at, boxes, (4000, 3000)))
    assert len(boxes) > FEW
    assert len(seen["names"]) == len(boxes)


def test_a_face_without_room_is_told_of_where_it_is_pointed_at_or_chosen(place, face_at):
    place(_group(face_at, [(0, 400, 600, 0), (0, 800, 600, 400)], (800, 600)))
    told = partial(place.page.locator(".told").inner_text)
    assert place.page.locator(".placed").count() == 0
    assert told().startswith("Face 1, ")
    place.page.locator(".face").nth(1).hover()
    assert told().startswith("Face 2, ")
    place.page.mouse.move(0, 400)
    assert told().startswith("Face 1, ")


def test_faces_found_later_leave_the_photo_as_small_as_it_was(place, face_at):
    boxes = [(20 + 60 * (number % 9), 300, 60 + 60 * (number % 9), 260) for number in range(9)]
    analysis = Analysis(np.zeros((600, 800, 3), np.uint8), tuple(map(face_at, boxes)), np.full((9, 7), 1 / 7))
    sizes = []
    for count in (1, 2, len(boxes)):
        some = Analysis(analysis.photo, analysis.faces[:count], analysis.probabilities[:count])
        sizes.append(place(faces_html(some))["size"][0])
        assert place(faces_html(analysis, count))["size"][0] == sizes[-1]
    assert sizes == sorted(set(sizes))
