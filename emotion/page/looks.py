"""How the page looks and behaves in a browser: theme, style, scripts, and the sentences that these say."""

from pathlib import Path

import gradio as gr

from emotion.face.photo import FORMAT_NAMES
from emotion.page.album import MOST_PHOTOS
from emotion.page.mirror import TARGET
from emotion.page.palette import palette_css
from emotion.page.render import render
from emotion.server.gate import MAX_UPLOAD
from emotion.server.refusals import (
    BROKEN,
    BUSY,
    ENOUGH,
    FULL,
    MIRROR_OVER,
    MIRRORS_TAKEN,
    MIRRORS_YOURS,
    TOO_LARGE,
    TOO_SLOW,
)

HERE = Path(__file__).parent
ICON = HERE / "icon.svg"
SCRIPTS = (
    "page.js",
    "upload.js",
    "mirror.js",
    "photo.js",
    "faces.js",
    "hiding.js",
    "brush.js",
    "map.js",
    "many.js",
    "album.js",
)
"""In the order in which they are run."""

SENTENCES = {
    "408": TOO_SLOW,
    "413": TOO_LARGE,
    "429": ENOUGH,
    "503": BUSY,
    "507": FULL,
    "away": "The live mirror stopped while it was out of sight. Would you like to go on?",
    "broken": BROKEN,
    "insecure": "The browser opens the camera only for addresses that begin with https. Choose a photo instead.",
    "link": "That was a link, not a picture. Save the picture first, then drop its file here. Or copy and paste it.",
    "noCamera": "The camera did not open. Allow this page to use it, close other programs that do, and try again.",
    "noMirror": "The live mirror does not work on this connection. Take a photo instead.",
    "noPicture": f"This file can't be read as a picture. Choose a {FORMAT_NAMES} file.",
    "nothingThere": "That was no picture. Copy or drag one, or choose a file.",
    "opening": "Looking for your face …",
    "over": MIRROR_OVER,
    "taken": MIRRORS_TAKEN,
    "yours": MIRRORS_YOURS,
    "unreached": "The server can't be reached. Check your connection and try again.",
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
    facts = {"sentences": SENTENCES, "largest": MAX_UPLOAD, "target": TARGET, "mostPhotos": MOST_PHOTOS}
    return {
        "theme": THEME,
        "css": palette_css(),
        "css_paths": [HERE / "style.css", HERE / "collection.css"],
        "head": render("head.html", facts=facts, scripts=scripts),
        "favicon_path": str(ICON),
        "footer_links": ["gradio"],
    }
