"""How the page looks and behaves in a browser: theme, style, scripts, and the sentences that these say."""

from pathlib import Path

import gradio as gr

from emotion.face.photo import FORMAT_NAMES
from emotion.page.album import MOST_PHOTOS
from emotion.page.palette import palette_css
from emotion.page.render import render
from emotion.server.gate import MAX_UPLOAD
from emotion.server.refusals import BROKEN, BUSY, FULL, TOO_LARGE, TOO_SLOW

HERE = Path(__file__).parent
ICON = HERE / "icon.svg"
SCRIPTS = ("page.js", "upload.js", "photo.js", "map.js", "many.js", "album.js")
"""In the order in which they are run."""

SENTENCES = {
    "408": TOO_SLOW,
    "413": TOO_LARGE,
    "503": BUSY,
    "507": FULL,
    "broken": BROKEN,
    "insecure": "The browser opens the camera only for addresses that begin with https. Choose a photo instead.",
    "link": "That was a link, not a picture. Save the picture first, then drop its file here. Or copy and paste it.",
    "noCamera": "The camera did not open. Allow this page to use it, close other programs that do, and try again.",
    "noPicture": f"This file can't be read as a picture. Choose a {FORMAT_NAMES} file.",
    "nothingToPaste": "There is no picture to paste. Copy one first, or choose a file.",
    "unreached": "The page can't reach its computer. Check your connection and try again.",
}
"""What the scripts say: by HTTP status of an upload, or by name."""

THEME = gr.themes.Soft(
    primary_hue="blue", secondary_hue="blue", neutral_hue="slate", font=["system-ui", "sans-serif"]
).set(
    checkbox_label_background_fill_selected="*primary_700",
    body_text_color_subdued="*neutral_600",
    button_transition="none",  # halfway between two colours, nobody can read what is written
)


def looks():
    """What Blocks.launch needs to know of the page's looks: dict."""
    scripts = [(HERE / "scripts" / name).read_text(encoding="utf-8") for name in SCRIPTS]
    facts = {"sentences": SENTENCES, "largest": MAX_UPLOAD, "mostPhotos": MOST_PHOTOS}
    return {
        "theme": THEME,
        "css": palette_css(),
        "css_paths": [HERE / "style.css", HERE / "collection.css"],
        "head": render("head.html", facts=facts, scripts=scripts),
        "favicon_path": str(ICON),
        "footer_links": ["gradio"],
    }
