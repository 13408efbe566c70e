"""Photos, and the running page in a browser, for the tests that need them."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as app.py and train.py do

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageFilter

from emotion.data.load import load_faces
from tests.running_page import Page
from tests.visitor import ASTRONAUT, MOUTH

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def fer2013():
    """FER2013 itself, by split, where it lies beside the project."""
    folder = ROOT.parent / "shared/data/fer2013"
    if not folder.is_dir():
        pytest.skip(f"FER2013 is not at {folder}")
    return load_faces(folder)


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Folder of files as visitors give them: one person, with and without a clear mouth, two, a cat, a text as .jpg."""
    folder = tmp_path_factory.mktemp("photos")
    person = Image.open(ASTRONAUT)
    person.save(folder / "person.jpg", quality=95)
    unsure = person.copy()
    unsure.paste(person.filter(ImageFilter.GaussianBlur(8)).crop(MOUTH), MOUTH[:2])
    unsure.save(folder / "unsure.png")
    two = Image.new("RGB", (900, 520), "grey")
    two.paste(person.resize((400, 400)), (480, 60))
    two.paste(person, (0, 8))
    two.save(folder / "two.jpg", quality=95)
    Image.fromarray(skimage.data.chelsea()).save(folder / "cat.jpg")  # CC0, by Stefan van der Walt
    (folder / "text.jpg").write_text("This is no picture.")
    return folder


@pytest.fixture(scope="session")
def page_process(tmp_path_factory):
    """app.py itself, serving the weights of models/ on a free port: a running_page.Page."""
    with Page(tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture(scope="session")
def page_url(page_process):
    """Address of the running page."""
    return page_process.url


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Headless Chromium whose camera shows a clip: the astronaut's face in the left half, grey on the right."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        reason = "no Chromium was found; Debian: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    frame = np.full((480, 640, 3), 128, np.uint8)
    frame[:, :320] = np.asarray(Image.open(ASTRONAUT).crop((112, 0, 332, 330)).resize((320, 480)))
    clip = tmp_path_factory.mktemp("camera") / "clip.mjpeg"
    Image.fromarray(frame).save(clip, format="JPEG", quality=95)
    clip.write_bytes(clip.read_bytes() * 20)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={clip}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium, page_url):
    """A fresh visit to the page; browser_page.requests lists every address that it asked for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(page_url)
    page.locator("#photo").wait_for()
    yield page
    context.close()
