"""What the tests of several rooms of the page need: a small Explanation, a face, a record."""

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.explain.explanation import Explanation
from emotion.explain.subsets import Sets
from emotion.face.frame import Face

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
ANGLES = np.linspace(0, 2 * np.pi, 68, endpoint=False)


@pytest.fixture
def evidence_of():
    """Makes what an Explanation holds of weights (n, 7), with one standard error for all and no other evidence."""

    def make(weights, error=0.0):
        weights = np.asarray(weights, float)
        deviations = np.zeros((14, *weights.shape[:1], 14))
        for column in range(14):  # each emotion's errors are independent of the others'
            deviations[column, :, column] = error
        return {"evidence": np.concatenate([weights, weights], axis=1), "deviations": deviations}

    return make


@pytest.fixture
def explanation(evidence_of):
    """Of three parts, from top to bottom: the mouth for happy, the eye against it, the chin can't be told from 0.

    Showing the mouth multiplies the odds of happy by 1.6; hiding it alone takes happy from 71 % to 65 %. The standard
    error of every weight is 0.05.
    """
    weights = np.zeros((3, 7))
    weights[:, HAPPY] = np.log([1.6, 1 / 1.3, 1.01])
    weights[:, SAD] = np.log([1 / 1.2, 1.2, 1])
    probabilities = np.full(7, 0.29 / 6)
    probabilities[HAPPY] = 0.71
    alone = np.repeat(probabilities[None], 3, axis=0)
    alone[:, HAPPY] = 0.65, 0.74, 0.71
    return Explanation(
        regions=np.repeat(np.arange(3), 16)[:, None].repeat(48, axis=1),
        names=("mouth", "left eye", "chin"),
        parts=("mouth", "left eye", "chin"),
        probabilities=probabilities,
        blurred=np.full(7, 1 / 7),
        alone=alone,
        alone_in_grey=alone,
        fit=np.full(7, 0.7),
        num_samples=720,
        stable=True,
        sets=Sets((0, 1), np.eye(7)[SAD], (0,), probabilities, False, 20),
        **evidence_of(weights, 0.05),
    )


@pytest.fixture
def face_at():
    """Makes a Face with a box (top, right, bottom, left), bright in the lower half."""

    def make(box=(0, 48, 48, 0)):
        pixels = np.zeros((48, 48), np.uint8)
        pixels[24:, :32] = 255
        landmarks = 24 + 20 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
        crop = np.repeat(pixels[..., None], 3, axis=2)
        return Face(box, landmarks, np.array([[1.0, 0, 0], [0, 1.0, 0]]), crop, pixels, 0.0)

    return make


@pytest.fixture
def record():
    """The parts of models/emotion.json that an answer needs."""
    return {
        "sha256": "0" * 64,
        "not_sure": {"certainty": "top", "threshold": 0.5},
        "faults": {name: {"limit": None} for name in ("small", "blurred", "dark", "bright", "cut", "turned")},
        "validation": {
            "count": 3589,
            "accuracy": 0.681,
            "recall": dict.fromkeys(EMOTIONS, 0.7) | {"disgust": 0.45, "fear": None},
            "not_sure": {"answered": 2056, "accuracy": 0.85},
        },
    }


SHIFTS = """
window.shifts = 0;
new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts += shift.value;
}).observe({type: 'layout-shift', buffered: true});
"""


def _plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


class Screen:
    """A visitor's browser tab, by what a visitor does and sees.

    Attributes: page, Playwright's; requests, the addresses that it asked for; said, what it wrote to its console.
    """

    LONG = 120_000
    """Milliseconds that it waits for an answer: a slow machine's, with other tests beside it."""

    def __init__(self, context, url):
        self.page = context.new_page()
        self.requests, self.said = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.goto(url)
        self.find("#photo .drop").wait_for()

    def find(self, selector):
        """Playwright's locator of a selector."""
        return self.page.locator(selector)

    def give(self, photo):
        """Choose a photo's file."""
        self.find("#photo input[type=file]").set_input_files(photo)

    def give_another(self, photo):
        """Take the last photo away first."""
        self.page.get_by_role("button", name="New photo").click()
        self.give(photo)

    def sentence(self, words=""):
        """The answer's sentence, once there is one that holds these words."""
        said = self.find(".answer:is(.given, .failed) .sentence").filter(has_text=words)
        said.wait_for(timeout=self.LONG)
        return _plain(said.inner_text())

    def shares(self):
        """By emotion the percentage beside its bar."""
        bars = self.find(".bar").all()
        return {bar.get_attribute("data-emotion"): _plain(bar.locator(".percent").inner_text()) for bar in bars}

    def wait_for_map(self, towards="", done=False):
        """Wait for a map that speaks for this, perhaps for the last one; return its text."""
        selector = f"#map [role=listbox][data-map='{towards}']" if towards else "#map [role=listbox]"
        self.find(selector).wait_for(timeout=self.LONG)
        if done:
            self.find("#map .tip:not(.working)").wait_for(timeout=self.LONG)
        return self.find(selector).get_attribute("aria-label")

    def hidden(self):
        """The numbers of the parts that are hidden on the map."""
        parts = self.find("#map [aria-selected=true]").all()
        return [int(part.get_attribute("id").split("-")[1]) for part in parts]

    def resize(self, width, height):
        """Give the window another size."""
        self.page.set_viewport_size({"width": width, "height": height})

    def shifts(self):
        """How much has moved by itself so far, as browsers measure it (cumulative layout shift)."""
        return self.page.evaluate("window.shifts")

    def overflow(self):
        """By how many pixels the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.fixture
def open_screen(chromium, page_url):
    """Opens a Screen with settings of a browser's context."""
    contexts = []

    def opened(script="", **settings):
        contexts.append(chromium.new_context(**{"viewport": {"width": 1280, "height": 720}} | settings))
        contexts[-1].add_init_script(SHIFTS + script)
        return Screen(contexts[-1], page_url)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def screen(open_screen):
    """A fresh visit on a projector's screen."""
    return open_screen()


@pytest.fixture(scope="module")
def visit(chromium, page_url, photos):
    """A Screen with one person's photo, whose last map is there: for tests that leave it as they found it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    screen = Screen(context, page_url)
    screen.give(photos / "person.jpg")
    screen.wait_for_map("happy", done=True)
    yield screen
    context.close()
