"""Picture files that no camera writes: what read_photo makes of each, beside what Chromium shows.

    uv run python -m tests.bench.odd_files                # 3,000 files
    uv run python -m tests.bench.odd_files --files 200    # a rehearsal

Most are whole pictures with odd metadata, which must cost nothing; the others are damaged. Writes "files" in
models/load.json.
"""

import argparse
import base64
import io
import shutil
from collections import Counter

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from emotion import InputError
from emotion.face.photo import TURNS, read_photo
from tests.bench.odd_pictures import DAMAGE, make_file
from tests.bench.record import add_output, keep_part

TILE, ALIKE = 8, 6
"""A tile of so many pixels to a side is alike in two pictures that differ by so many grey levels on average there:
decoders of one file differ by less."""

SHOW = """async files => {
    const shown = [];
    for (const file of files) {
        const address = URL.createObjectURL(new Blob([Uint8Array.from(atob(file), letter => letter.charCodeAt(0))]));
        const picture = new Image();
        const loaded = new Promise(resolve => {
            picture.onload = () => resolve(true);
            picture.onerror = () => resolve(false);
        });
        picture.src = address;
        if (!await loaded || picture.naturalWidth * picture.naturalHeight > 1e5) shown.push(null);
        else {
            const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
            const context = canvas.getContext('2d');
            context.fillStyle = 'white';
            context.fillRect(0, 0, canvas.width, canvas.height);
            context.drawImage(picture, 0, 0);
            const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
            const grey = data.filter((_, place) => place % 4 === 1);  // green is enough
            shown.push([canvas.width, canvas.height, btoa(String.fromCharCode(...grey))]);
        }
        URL.revokeObjectURL(address);
    }
    return shown;
}"""


def main():
    """Read the command line, measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=3000, help="files in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = add_output(parser).parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        found = compare(browser.new_page(), arguments.files, arguments.seed)
        browser.close()
    keep_part(arguments.output / "load.json", "files", {"files": arguments.files} | found)


def compare(page, num_files, seed=0):
    """Make files, read each, and show each on a page (Playwright's) of Chromium.

    Returns:
        dict, ready for JSON: outcomes, how many files of each; wrong, the files with odd metadata, but undamaged,
        [kind, number], that Chromium shows whole and we don't, or turn otherwise.
    """
    random = np.random.default_rng(seed)
    made = [make_file(random) for _ in range(num_files)]
    outcomes, wrong = Counter(), []
    for start in range(0, num_files, 100):
        batch = made[start : start + 100]
        answers = page.evaluate(SHOW, [base64.b64encode(content).decode() for *_, content in batch])
        for number, ((kind, whole, content), answer) in enumerate(zip(batch, answers, strict=True), start):
            browsers, ours = _decoded(answer), _read(content)
            outcomes[f"Chromium {_outcome(browsers, whole)}, we {_outcome(ours, whole)}"] += 1
            if _costs(kind, browsers, ours, whole):
                wrong.append([kind, number])
    return {"outcomes": dict(sorted(outcomes.items())), "wrong": wrong}


# What came of it


def _decoded(answer):
    """What Chromium shows, as (H, W) uint8; None where it shows nothing."""
    if answer is None:
        return None
    width, height, grey = answer
    return np.frombuffer(base64.b64decode(grey), np.uint8).reshape(height, width)


def _read(content):
    """What read_photo gives, as (H, W) uint8; None where it refuses."""
    try:
        return read_photo(io.BytesIO(content))[..., 1]
    except InputError:
        return None


def _costs(kind, browsers, ours, whole):
    """Whether we lose something of a whole picture with odd metadata that Chromium shows. It turns no WebP; we do."""
    if any(way.__name__ in kind for way in DAMAGE) or _outcome(browsers, whole) != "whole":
        return False
    return _outcome(ours, whole) != "whole" if kind.startswith("WEBP") else not _alike(ours, browsers)


def _outcome(shown, whole):
    """What a picture (H, W), or None, is of a whole file's (bytes), in any of its orientations."""
    if shown is None:
        return "nothing"
    picture = Image.fromarray(_read(whole))
    turned = [picture, *map(picture.transpose, TURNS.values())]
    return "whole" if any(_alike(shown, np.asarray(one)) for one in turned) else "not whole"


def _alike(one, other):
    """Whether two pictures (H, W), or None, are the same but for how decoders round."""
    if one is None or other is None or one.shape != other.shape:
        return False
    off = np.abs(one.astype(int) - other).reshape(len(one) // TILE, TILE, -1, TILE).mean(axis=(1, 3))
    return bool(off.max() <= ALIKE)


if __name__ == "__main__":
    main()
