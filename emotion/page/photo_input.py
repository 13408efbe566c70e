"""The place that takes a photo: a file, a drop, a paste, a snapshot or an example.

Gradio's own gr.Image would decode the file before anything could be checked: 20 KB of a PNG can be 1.6 GB of pixels.
"""

import gradio as gr

from emotion import EMOTIONS, InputError
from emotion.page.examples import EXAMPLES
from emotion.page.mirror import TARGET
from emotion.page.programs import uploaded_file
from emotion.page.render import render


def photo_input():
    """The place, a gr.HTML whose value goes to an event as the photo's path, or None."""
    place = gr.HTML(
        None,
        html_template="${page}",
        page=render("photo.html", examples=EXAMPLES, emotions=EMOTIONS, target=TARGET),
        js_on_load="page.photo(element, props)",
        apply_default_css=False,
        elem_id="photo",
    )
    place.preprocess = path_of
    return place


def path_of(given):
    """The path of what photo.js gives: an uploaded file, or {"example": name}.

    Returns:
        str or Path; None where nothing was given.
    """
    if not given:
        return None
    if isinstance(given, dict) and given.get("example") in EXAMPLES:
        return EXAMPLES[given["example"]].path
    try:
        return uploaded_file(given)
    except InputError as error:
        raise gr.Error(str(error), print_exception=False) from None
