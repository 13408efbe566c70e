"""The page as a visitor sees it: which places there are and in what order; style.css says where they stand."""

import os
from datetime import datetime, timedelta
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio loads: the page reports nothing to anybody
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"  # nor does it work out statistics, of 10,000 events after each

import gradio as gr

from emotion.page.collection import Collection
from emotion.page.collection_events import join_collection
from emotion.page.events import join, lane, offer_answer, quiet
from emotion.page.photo_input import photo_input
from emotion.page.programs import DESCRIPTION, for_programs
from emotion.page.render import render
from emotion.page.score_card import how_to_read, read_measured, score_card, worked_example
from emotion.page.session import Host
from emotion.page.texts import TITLE
from emotion.server.sweep import MINUTES_KEPT

MODELS = Path(__file__).parents[2] / "models"
"""Where the records of what was measured lie."""

PREVIEW = (
    "Give a photo of a face. A small model says which of seven expressions it looks like, how sure it is, and which "
    "parts of the face decided. Photos are deleted within minutes."
)
"""What is said of the page where a link to it is shared."""


def build_page(engine, record, shared=False):
    """Lay out the page.

    Args:
        engine: Engine.
        record: content of models/emotion.json.
        shared: whether visitors may come by a public link of Gradio's.

    Returns:
        gr.Blocks.
    """
    measured = read_measured(MODELS, record)
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        _html(notice(engine.where, shared), elem_id="notice")
        with gr.Tabs():
            with gr.Tab("Try it"):
                _lay_out_try(Host(engine, record))
            with gr.Tab("Score card"):
                _html(score_card(record, measured), elem_id="score-card")
            with gr.Tab("How to read the map") as reading:
                _html(how_to_read())
                _lay_out_example(reading, lambda: worked_example(engine, record), engine.lanes)
        gr.api(
            for_programs(engine, record),
            api_name="analyse",
            api_description=DESCRIPTION,
            **lane("maps", engine.lanes),
        )
    return page


def notice(where, shared):
    """The title and the notice: str, HTML. where: the photos are worked on, in words; shared: see build_page."""
    return render("notice.html", title=TITLE, where=where, shared=shared, minutes=MINUTES_KEPT)


def _lay_out_try(host):
    """The first tab. Before a photo, style.css shows the photo's place alone."""
    blank = host.blank()

    places = {}

    def lay_out(name, script=None):
        on_load = script and f"page.{script}(element, trigger, watch)"
        places[name] = _html(blank.get(name, ""), js_on_load=on_load, elem_id=name)

    with gr.Column(elem_id="try"):
        photo = photo_input()
        lay_out("faces", "faces")
        lay_out("search", "search")
        lay_out("answer")
        lay_out("map", "map")
        lay_out("chart", "choices")
        with gr.Row(elem_id="downloads"):
            card = gr.Button("Download picture", elem_id="card")
            post = gr.Button("Download wide picture", elem_id="post")
            numbers = gr.Button("Download data", elem_id="numbers")
        lay_out("album", "album")
        lay_out("parts", "parts")
        with gr.Accordion("More", open=False, elem_id="more"):
            lay_out("asking", "choices")
            lay_out("notes")
            lay_out("sheet")
        lay_out("many", "many.lay_out")
        csv = gr.Button("Download table (CSV)", elem_id="csv")
        lay_out("comparison", "comparison.lay_out")
    visit, *after = join(host, places, photo)
    offer_answer(host, visit, card, post, numbers)
    join_collection(Collection(host), places, visit, *after, csv)


def _lay_out_example(tab, work_out, lanes):
    """A worked example, worked out once for all visitors, when the first of them opens the tab."""
    text = _html(render("working.html", sentence="Working out an example …"), elem_id="example")
    known = []

    def show():
        if not known:
            known.append(work_out())
        return known[0]

    tab.select(show, None, text, **quiet("maps", lanes))


def _html(content, **options):
    """A place without Gradio's own look."""
    return gr.HTML(content, apply_default_css=False, **{"js_on_load": None} | options)


def forget_visitors(page, age):
    """Drop the answers of visitors who have done nothing for an age in seconds, with the faces that they hold.

    Gradio itself would keep them for an hour after a visitor has gone, or for ever; and messages that nobody fetched.
    """
    holder, queue, long_ago = page.state_holder, page._queue, datetime.now() - timedelta(seconds=age)
    for session, last_used in list(holder.time_last_used.items()):
        if last_used <= long_ago:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)
            queue.pending_messages_per_session.pop(session, None)
