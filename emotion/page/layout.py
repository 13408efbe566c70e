"""The page as a visitor sees it: layout and events, in Gradio; what is behind it comes in as an Engine."""

import base64
import io
import json
import os
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio loads: the page reports nothing to anybody

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import FIRST_KIND, KINDS, analyse
from emotion.analysis.result import Result, result
from emotion.page.html import CSS as PARTS_CSS
from emotion.page.html import status_html
from emotion.page.mended import LANGUAGES, SCRIPT, TRANSLATED
from emotion.page.score_card import CSS as SHEETS_CSS
from emotion.page.score_card import how_to_read, read_measured, score_card, worked_example
from emotion.page.session import NOTHING_ELSE, Host
from emotion.server.sweep import MINUTES_KEPT

EXAMPLES = Path(__file__).parent / "examples"
ICON = Path(__file__).parent / "icon.svg"
MODELS = Path(__file__).parents[2] / "models"
"""Where the records of what was measured lie."""

TITLE = "What does this expression look like?"
PREVIEW = (
    "Give a photo of a face: a small model says how much it looks like each of seven expressions, how sure it is, and "
    "which parts of the face drove its answer. No photo is kept."
)
"""What is said of the page where a link to it is shared."""

NOTICE = f"""
This page estimates which facial-expression label a small model gives to a face. It does not know what anyone feels,
is often wrong, and unevenly so. Your photo is processed on {{where}}, deleted within
{MINUTES_KEPT} minutes, sent nowhere else, never used for training. Use your own face, or one you have consent for.
Not for work, school, hiring, medical, police or border use.
"""
API_DESCRIPTION = """All about one face of a photo: its probabilities, and the heat map in numbers.

Args:
    photo: a picture file.
    face: which of its faces, counted from 1, the largest.
    kind: of regions, "superpixels" or "face parts".
"""
CSS = PARTS_CSS + SHEETS_CSS
THEME = gr.themes.Soft(
    primary_hue="blue", secondary_hue="blue", neutral_hue="slate", font=["system-ui", "sans-serif"]
).set(
    block_title_background_fill="transparent",
    block_title_background_fill_dark="transparent",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_label_text_color="*primary_800",
    checkbox_label_background_fill_selected="*primary_700",
    body_text_color_subdued="*neutral_600",
    button_transition="none",  # halfway between two colours, nobody can read what is written
)
WORDS = gr.I18n(**dict.fromkeys(LANGUAGES, TRANSLATED))
"""What Gradio is to say in whatever language, since the page has one."""

TICKED = """
element.addEventListener('change', () => {
    const ticked = [...element.querySelectorAll('input:checked')].map(box => Number(box.value));
    trigger('input', {ticked});
});
// Gradio changes a box's attribute where the list is drawn anew, which a box that was clicked does not follow.
watch('value', () => element.querySelectorAll('input').forEach(box => { box.checked = box.hasAttribute('checked'); }));
"""
DOWNLOAD = """
(file) => {
    if (!file) return;
    const [name, address] = JSON.parse(file);
    Object.assign(document.createElement('a'), {download: name, href: address}).click();
}
"""


def build_page(engine: Engine, record):
    """Lay out the page.

    Args:
        engine: Engine.
        record: content of models/emotion.json.

    Returns:
        gr.Blocks.
    """
    measured = read_measured(MODELS, record)
    thresholds = measured.get("explanation", {}).get("fit")
    host = Host(engine, record, thresholds)
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {TITLE}\n{NOTICE.format(where=engine.where)}", elem_id="notice")
        with gr.Tabs():
            with gr.Tab("Try it"):
                _lay_out_try(host)
            with gr.Tab("Score card"):
                gr.HTML(score_card(record, measured), elem_id="score-card")
            with gr.Tab("How to read the map") as reading:
                gr.HTML(how_to_read(), elem_id="how-to-read")
                _lay_out_example(reading, lambda: worked_example(engine, record, thresholds), engine.lanes)
        gr.api(
            for_programs(engine, record),
            api_name="analyse",
            api_description=API_DESCRIPTION,
            **_lane("maps", engine.lanes),
        )
    return page


def _lay_out_try(host):
    """The first tab: places as they lie on a wide screen, the left column above the right one on a phone."""
    blank = host.blank()
    place = {}
    visit, parcel = gr.State(), gr.Textbox(visible=False)
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=4, min_width=320):
            photo = _photo_input()
            examples = gr.Dataset(
                components=[gr.Image(render=False)],
                samples=[[str(file)] for file in sorted(EXAMPLES.glob("*.jpg"))],
                label="Or try this one (NASA, public domain)",
                elem_id="examples",
            )
            gr.Markdown("## What it looks like")
            place["chart"] = gr.HTML(blank["chart"], js_on_load=SCRIPT, elem_id="chart")
            with gr.Row(elem_id="faces"):
                place["found"] = gr.Image(
                    show_label=False,
                    buttons=[],
                    format="jpeg",  # made in a tenth of the time of Gradio's usual one
                    interactive=False,
                    height=190,
                    min_width=130,
                    elem_id="found",
                )
                place["seen"] = gr.HTML(blank["seen"], elem_id="seen", min_width=130)
            with gr.Column(elem_id="which", min_width=0):
                place["picker"] = gr.Radio([], label="Which face? Or click it above.", visible=False, elem_id="picker")
            place["warnings"] = gr.HTML(blank["warnings"], elem_id="warnings")
        with gr.Column(scale=6, min_width=320):
            gr.Markdown("## What drove the answer")
            place["emotion"] = gr.Radio(EMOTIONS, label="What speaks for", elem_id="emotion")
            with gr.Row(elem_id="asking"):
                place["other"] = gr.Dropdown(
                    [NOTHING_ELSE], value=NOTHING_ELSE, label="rather than", filterable=False, elem_id="other"
                )
                kind = gr.Radio(list(KINDS), value=FIRST_KIND, label="by", elem_id="kind")
            place["progress"] = gr.HTML(blank["progress"], elem_id="progress")
            with gr.Row(elem_id="explanation"):
                place["map"] = gr.Image(
                    show_label=False,
                    buttons=["fullscreen", "download"],
                    format="png",
                    interactive=False,
                    min_width=300,
                    scale=5,
                    elem_id="map",
                )
                place["regions"] = gr.HTML(
                    blank["regions"], js_on_load=TICKED, elem_id="regions", min_width=280, scale=4
                )
            place["notes"] = gr.HTML(blank["notes"], elem_id="notes")
            gr.Markdown("## Test it")
            place["test"] = gr.HTML(blank["test"], elem_id="test")
            with gr.Row():
                card = gr.Button("Take the picture home (PNG)", elem_id="card")
                numbers = gr.Button("Take the numbers home (JSON)", elem_id="numbers")
            with gr.Accordion("All seven emotions at once", open=False, elem_id="all"):
                place["sheet"] = gr.Image(
                    show_label=False, buttons=["fullscreen", "download"], interactive=False, elem_id="sheet"
                )
    question = [place["emotion"], place["other"], kind]
    _join(host, place, visit, photo, question)
    examples.click(lambda sample: sample[0], examples, photo, **_quiet())
    for button, take in ((card, take_card), (numbers, take_numbers)):
        taken = button.click(lambda visit, take=take: visit and take(host, visit), visit, parcel, **_quiet())
        taken.success(None, parcel, js=DOWNLOAD, **_quiet())


def _lay_out_example(tab, work_out, lanes):
    """A worked example, worked out once for all visitors, when the first of them opens the tab."""
    text = gr.HTML(status_html("An example is being worked out …", working=True), elem_id="example-text")
    picture = gr.Image(show_label=False, buttons=["fullscreen"], interactive=False, height=500, elem_id="example-map")
    work_out = cache(work_out)

    def show():
        drawing, alt_text, words = work_out()
        return words, gr.Image(drawing, alt_text=alt_text)

    tab.select(show, None, [text, picture], **_quiet("maps", lanes))


def _photo_input():
    photo = gr.Image(
        label="Your photo",
        sources=["upload", "webcam", "clipboard"],
        webcam_options=gr.WebcamOptions(mirror=False),
        placeholder="Drop a photo here\n— or —\nClick to choose one",
        buttons=[],
        height=300,
        elem_id="photo",
    )
    photo.preprocess = uploaded_path
    return photo


def _join(host, place, visit, photo, question):
    """Join what a visitor does to what the host answers."""
    places = [visit, *place.values()]

    def fill(contents):
        """Gradio's updates of the places that have a new content.

        Never a mere value: where a place gets values and updates in turn, Gradio 6.31 keeps a copy of it for each.
        """
        updates = {
            place[name]: gr.update(**content) if isinstance(content, dict) else gr.update(value=content)
            for name, content in contents.items()
        }
        return updates or {visit: gr.skip()}

    def begin(last, file):
        started, contents = host.begin(last, file is not None)
        return {visit: started} | fill(contents)

    def look(current, file):
        return fill(host.look(current, file) if current and file else {})

    def explain(current):
        if current is not None:
            yield from map(fill, host.explain(current))
        yield fill({})  # Gradio says the last one again at the end: too late, where the visitor has gone on

    def choose(current, file, name):
        return turn(current, file, int(name.split()[-1]) - 1)

    def choose_by_click(current, file, event: gr.SelectData):
        number = host.face_at(current, *event.index) if current else 0
        return turn(current, file, number)

    def turn(current, file, number):
        if not known(current):
            return gone(file)
        if number is None or number == current.chosen or number >= len(current.faces):
            return fill({})
        turned, contents = host.choose(current, number)
        return {visit: turned} | fill(contents)

    def ask(current, file, emotion, other, kind):
        return fill(host.ask(current, emotion, other, kind)) if known(current) else gone(file)

    def tick(current, file, event: gr.EventData):
        return fill(host.hide(current, event.ticked)) if known(current) else gone(file)

    def click(current, file, event: gr.SelectData):
        if not known(current):
            return gone(file)
        region = host.region_at(current, *event.index)
        return fill({} if region is None else host.toggle(current, region))

    def known(current):
        return current is not None and current.faces

    def gone(file):
        return fill(host.forgotten() if file else {})

    begun = photo.change(begin, [visit, photo], places, **_quiet())
    looked = begun.success(look, [visit, photo], places, trigger_mode="multiple", **_quiet("faces", host.engine.lanes))
    chosen = place["picker"].input(choose, [visit, photo, place["picker"]], places, **_quiet())
    clicked = place["found"].select(choose_by_click, [visit, photo], places, **_quiet())
    asked = gr.on(
        [asker.input for asker in question],
        ask,
        [visit, photo, *question],
        places,
        trigger_mode="always_last",
        **_quiet(),
    )
    for before in (looked, chosen, clicked, asked):
        before.success(explain, visit, places, trigger_mode="multiple", **_quiet("maps", host.engine.lanes))
    place["regions"].input(tick, [visit, photo], places, trigger_mode="always_last", **_quiet())
    place["map"].select(click, [visit, photo], places, **_quiet())


def _lane(name=None, limit=1):
    """At most so many at a time of all that share a lane; without a name, nobody waits."""
    return {"concurrency_id": name, "concurrency_limit": limit if name else None}


def _quiet(lane=None, limit=1):
    """For an event of the page's own, which is no endpoint and says itself that it is working."""
    return {"api_visibility": "private", "show_progress": "hidden"} | _lane(lane, limit)


def take_card(host, visit):
    """The picture to take home, as what DOWNLOAD needs."""
    picture = host.take_card(visit)
    if picture is None:
        return None
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return _parcel("expression.png", "image/png", file.getvalue())


def take_numbers(host, visit):
    """The numbers to take home, as what DOWNLOAD needs."""
    numbers = host.take_result(visit)
    return None if numbers is None else _parcel("expression.json", "application/json", json.dumps(numbers).encode())


def _parcel(name, kind, content):
    """A file (bytes) as JSON of its name and an address that holds it: no copy lies in the temporary folder."""
    return json.dumps([name, f"data:{kind};base64,{base64.b64encode(content).decode()}"])


def for_programs(engine, record):
    """The function behind the endpoint /analyse, with the type hints that Gradio documents."""

    def analyse_for_programs(
        photo: gr.FileData, face: int = 1, kind: Literal[tuple(KINDS)] = next(iter(KINDS))
    ) -> Result:
        try:
            *_, last = analyse(uploaded_file(photo), engine, face, kind)
            return result(last, record)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return analyse_for_programs


def uploaded_file(photo):
    """The path of an endpoint's photo; Gradio checks that it was uploaded only where it is marked as a file.

    Raises:
        InputError: it is none; a path of this computer, perhaps.
    """
    if not is_file_obj_with_meta(photo):
        raise InputError(
            "The photo is no uploaded file. Expected one that gradio_client uploads. "
            "Give handle_file(path), see README, For programs."
        )
    return photo["path"]


def forget_visitors(page, age):
    """Drop the answers of visitors who have done nothing for an age in seconds, with the faces that they hold.

    Gradio itself would keep them for an hour after a visitor has gone, or for ever.
    """
    holder, long_ago = page.state_holder, datetime.now() - timedelta(seconds=age)
    for session, last_used in list(holder.time_last_used.items()):
        if last_used <= long_ago:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)


def uploaded_path(payload):
    """The path of an uploaded file, or None, in place of gr.Image's own preprocess.

    That one would decode the file before any check: 20 KB of a PNG can be 1.6 GB of pixels.
    """
    return payload.path if payload else None
