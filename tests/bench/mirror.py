"""The live mirror: answers a second, and milliseconds from a camera's frame to the bars on the screen.

    uv run python -m tests.bench.mirror    # about a minute and a half

One mirror runs in Chromium, whose camera shows a face that moves. Then programs ask as browsers do, as many as
are let in, without and with somebody who gives photos meanwhile. Writes the part "mirror" of models/load.json.
"""

import argparse
import io
import shutil
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.bench.load import quantiles
from tests.bench.record import add_output, keep_part
from tests.running_page import Page
from tests.visitor import ASTRONAUT, Visitor, photo_of

WATCH = """
window.taken = [];
const encode = HTMLCanvasElement.prototype.toBlob;
HTMLCanvasElement.prototype.toBlob = function (...options) {
    window.begun = performance.now();
    return encode.apply(this, options);
};
new MutationObserver(changes => {
    if (!window.begun || !changes.some(change => change.target.matches?.('.live .sentence'))) return;
    const begun = window.begun;
    window.begun = null;
    requestAnimationFrame(() => window.taken.push(performance.now() - begun));
}).observe(document, {childList: true, subtree: true});
"""
"""Notes the milliseconds from when a frame is drawn to when its answer is."""

PAUSE = 0.1
"""Seconds from frame to frame at least, as in page/scripts/mirror.js."""


def main():
    """Read the command line, measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement (default: %(default)s)")
    arguments = add_output(parser).parse_args()
    with tempfile.TemporaryDirectory() as place, Page(Path(place)) as page:
        Visitor(page.url).analyse(photo_of(0))  # by now, all is loaded
        result = {"browser": in_chromium(page, Path(place), arguments.seconds)}
        result["crowd"] = crowd(page, arguments.seconds)
        result["crowd_with_photos"] = crowd(page, arguments.seconds, photos=True)
        result["photos_alone"] = give_photos(page, arguments.seconds)
    keep_part(arguments.output / "load.json", "mirror", result)


def frames(size, count=60):
    """JPEG files (bytes) of a face that moves to and fro in frames of this size (width, height)."""
    portrait = Image.open(ASTRONAUT).convert("RGB")
    for number in range(count):
        left = round(20 + 40 * np.sin(2 * np.pi * number / count))
        file = io.BytesIO()
        portrait.crop((left, 0, left + 480, 360)).resize(size).save(file, "JPEG", quality=85)
        yield file.getvalue()


def in_chromium(page, place, seconds):
    """One visitor's mirror: dict of answers a second and quantiles of milliseconds from frame to bars."""
    clip = place / "clip.mjpeg"
    clip.write_bytes(b"".join(frames((640, 480))))
    camera = [f"--use-file-for-fake-video-capture={clip}", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--use-fake-device-for-media-stream", *camera],
        )
        tab = browser.new_page()
        tab.add_init_script(WATCH)
        tab.goto(page.url)
        tab.get_by_role("button", name="Live mirror").click()
        tab.locator("#photo .bar.top").first.wait_for()
        tab.wait_for_timeout(2000)
        tab.evaluate("window.taken = []")
        begin = time.perf_counter()
        tab.wait_for_timeout(1000 * seconds)
        taken, passed = tab.evaluate("window.taken"), time.perf_counter() - begin
        tab.get_by_role("button", name="Stop").click()
        tab.wait_for_timeout(500)
        browser.close()
    return {"answers_a_second": len(taken) / passed, "milliseconds": quantiles(taken)}


def crowd(page, seconds, photos=False):
    """As many mirrors as are let in, one after the other: dict of how many, and of answers a second of each.

    Args:
        page: running_page.Page.
        seconds: for which they ask once the last of them has come.
        photos: whether somebody gives photos meanwhile.
    """
    ended, counts, threads, places = threading.Event(), [], [], []
    pictures = list(frames((320, 240)))

    def ask(client, number):
        while not ended.is_set():
            begin = time.perf_counter()
            client.post("/mirror", content=pictures[counts[number] % len(pictures)]).raise_for_status()
            counts[number] += 1
            time.sleep(max(0.0, PAUSE - (time.perf_counter() - begin)))
        client.post("/mirror", content=b"")

    while True:
        headers = {"content-type": "image/jpeg"}
        client = httpx.Client(base_url=page.url, headers=headers, timeout=60, trust_env=False)
        answer = client.post("/mirror", content=pictures[0])
        if answer.status_code == 503:
            break
        client.headers["x-place"] = answer.json()["place"]
        places.append(client)
        counts.append(0)
        threads.append(threading.Thread(target=ask, args=(client, len(counts) - 1)))
        threads[-1].start()
        time.sleep(3)
    before, begin = list(counts), time.perf_counter()
    given = {"photos": give_photos(page, seconds)} if photos else {}
    time.sleep(max(0.0, seconds - (time.perf_counter() - begin)))
    passed = time.perf_counter() - begin
    rates = [(now - then) / passed for now, then in zip(counts, before, strict=True)]
    ended.set()
    for thread in threads:
        thread.join()
    return {"mirrors": len(rates), "answers_a_second": rates} | given


def give_photos(page, seconds):
    """One photo after the other, for so long: dict of how many, and of quantiles of the seconds to chart and to map."""
    visitor, answers, end = Visitor(page.url), [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        answers.append(visitor.analyse(photo_of(len(answers))))
    visitor.close()
    return {
        "count": len(answers),
        **{name: quantiles([answer[name] for answer in answers]) for name in ("to_chart", "to_map")},
    }


if __name__ == "__main__":
    main()
