"""The search for faces as a visitor sees it: in the running page, with the weights of models/."""

import pytest
from PIL import Image

from tests.groups import class_photo, group

SCREENS = {
    "projector": {"viewport": {"width": 1280, "height": 720}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """Folder of photos: a large face with a small one beside it, and a class."""
    folder = tmp_path_factory.mktemp("groups")
    Image.fromarray(group([(60, 60, 240, 0), (720, 300, 28, 0)], (1000, 700))).save(folder / "two.jpg", quality=95)
    Image.fromarray(class_photo()[0]).save(folder / "class.jpg", quality=92)
    return folder


def test_a_face_that_is_found_later_moves_nothing_and_is_shown_on_request(screen, groups):
    screen.give(groups / "two.jpg")
    screen.sentence("Looks happy")
    screen.wait_for_map()
    found = screen.find("#search .search")
    found.filter(has_text="1 more face").wait_for(timeout=screen.LONG)
    assert screen.find("#search progress").count() == 0
    assert screen.find("#faces .face").count() == 2
    assert screen.find("#faces .placed").count() == 0
    screen.page.wait_for_timeout(100)  # two frames
    assert screen.shifts() < 0.02
    large = screen.find("#faces .face:has(:checked)").bounding_box()
    screen.page.get_by_role("button", name="Show", exact=True).click()
    screen.find("#faces .placed").nth(1).wait_for()
    assert screen.find("#faces .face:has(:checked)").bounding_box()["width"] > 1.5 * large["width"]
    screen.page.keyboard.press("ArrowRight")
    screen.find("#faces .face:has([value='1']:checked)").wait_for(timeout=screen.LONG)  # from here on the answer's


def test_a_photo_without_a_face_says_first_what_is_known(screen, photos):
    screen.give(photos / "cat.jpg")
    known = screen.find(".answer.working .sentence").filter(has_text="No face found yet. Looking closer")
    known.wait_for(timeout=screen.LONG)
    assert screen.find("#search progress").is_visible()
    assert screen.sentence().startswith("No face found. Try")
    assert screen.find("#search progress").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("settings", SCREENS.values(), ids=SCREENS)
def test_all_faces_of_a_class_photo_are_named_and_nothing_moves(open_screen, groups, settings):
    screen = open_screen(**settings)
    screen.give(groups / "class.jpg")
    screen.sentence("Looks happy")
    screen.find("#search .search").filter(has_text="more faces").wait_for(timeout=screen.LONG)
    screen.find("#faces .placed").nth(31).wait_for()
    assert screen.find("#faces .face").count() == screen.find("#faces .placed").count() == 32
    boxes = [box.bounding_box() for box in screen.find("#faces .face, #faces .placed").all()]
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            assert (
                box["x"] + 0.5 > other["x"] + other["width"]
                or other["x"] + 0.5 > box["x"] + box["width"]
                or box["y"] + 0.5 > other["y"] + other["height"]
                or other["y"] + 0.5 > box["y"] + box["height"]
            )
    assert screen.overflow() <= 0
    assert screen.shifts() < 0.02
    bars, height = screen.find(".bars").bounding_box(), settings["viewport"]["height"]
    assert bars["y"] + bars["height"] <= height
    assert screen.find("#map svg, #map .waiting").bounding_box()["y"] < height
