"""The page as a visitor sees it: layout and events, in Gradio; what is behind it comes in as an Engine."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio loads: the page reports nothing to anybody

import gradio as gr
import numpy as np

from emotion import EMOTIONS, InputError
from emotion.engine import Engine
from emotion.explain import Explanation
from emotion.faces import Face
from emotion.photo import read_photo
from emotion.quality import warn
from emotion.regions import superpixels
from emotion.render import draw_faces, draw_heat_map
from emotion.words import weights_text

EXAMPLES = Path(__file__).parent / "examples"
MINUTES_KEPT = 10
"""How long a photo and its pictures may lie in the temporary folder; the notice says so."""

TITLE = "What does this expression look like?"
NOTICE = f"""
This page estimates which facial-expression label a small model gives to a face. It does not know what anyone feels,
is often wrong, and unevenly so. Your photo is processed on the computer that runs this page, deleted within
{MINUTES_KEPT} minutes, sent nowhere else, never used for training. Use your own face, or one you have consent for.
Not for work, school, hiring, medical, police or border use.
"""
EMPTY = "Give a photo, and the answer appears here."
CSS = """
.answer {min-height: 1.5em; margin: 0 0 .6em}
.bars {list-style: none; margin: 0; padding: 0}
.bars li {display: grid; grid-template-columns: 5.5em 1fr 3.5em; gap: .6em; align-items: center; margin: .35em 0}
.bars .track {height: 1.1em; border-radius: .3em; background: var(--background-fill-secondary)}
.bars .track i {display: block; height: 100%; border-radius: .3em; background: #6aaed6}
.bars .top {font-weight: 600}
.bars .top .track i {background: #d9661f}
.bars .percent {text-align: right; font-variant-numeric: tabular-nums}
"""
THEME = gr.themes.Soft()


@dataclass(frozen=True)
class Analysis:
    """What a visitor's session holds between two clicks.

    Attributes:
        faces: the photo's faces, the largest first.
        chosen: index of the face on show.
        explanation: of that face; None until it is there.
    """

    faces: list[Face]
    chosen: int = 0
    explanation: Explanation | None = None


def build_page(engine: Engine, record):
    """Lay out the page.

    Args:
        engine: Engine.
        record: content of models/emotion.json, for the figures of accuracy.

    Returns:
        gr.Blocks.
    """

    def analyse(file):
        """A new photo: its faces, then the chart of the largest, then its map."""
        yield blank()
        if file is None:
            return
        try:
            photo = read_photo(file)
            analysis = Analysis(engine.find_faces(photo))
        except InputError as error:  # said where the answer would be; gr.Error would cover the page with "Error"
            gr.Warning(str(error), title="This photo gives no answer")
            yield blank(str(error))
        else:
            several = len(analysis.faces) > 1
            yield from show(analysis, draw_faces(photo, [face.box for face in analysis.faces]) if several else None)

    def choose(analysis, name):
        """Another face of the same photo."""
        yield from show(replace(analysis, chosen=int(name.split()[-1]) - 1, explanation=None))

    def show(analysis, numbered=None):
        face = analysis.faces[analysis.chosen]
        probabilities = engine.classify(face.pixels[None])[0]
        top = EMOTIONS[probabilities.argmax()]
        names = [f"face {number + 1}" for number in range(len(analysis.faces))]
        update = {
            state: analysis,
            picker: gr.Radio(names, value=names[analysis.chosen], visible=len(names) > 1),
            warnings: warnings_text(warn(face, record["faults"])),
            seen: np.kron(face.pixels, np.ones((5, 5), np.uint8)),  # each pixel as a square to look at
            chart: chart_html(probabilities, f"Looks most like <b>{top}</b>, {100 * probabilities.max():.0f} %."),
            emotion: gr.Radio(value=top),
            heat_map: None,
            fit: "Looking for what drove this answer ...",
        }
        if numbered is not None:
            update[found] = gr.Image(numbered, visible=True)
        yield update
        try:
            for explanation in engine.explain(face.pixels, *superpixels(face.pixels)):
                analysis = replace(analysis, explanation=explanation)
                yield {state: analysis} | show_map(analysis, top)
        except InputError as error:
            yield {fit: str(error)}

    def show_map(analysis, label):
        if analysis is None or analysis.explanation is None:
            return {heat_map: None, fit: ""}
        crop = analysis.faces[analysis.chosen].crop
        picture = draw_heat_map(analysis.explanation, label, crop)
        return {
            heat_map: gr.Image(picture, alt_text=f"Heat map for {label}. {weights_text(analysis.explanation, label)}"),
            fit: fit_text(analysis.explanation, label),
        }

    def blank(message=EMPTY):
        return {
            state: None,
            found: gr.Image(None, visible=False),
            picker: gr.Radio(visible=False),
            warnings: "",
            seen: None,
            chart: chart_html(None, message),
            emotion: gr.Radio(value=None),
            heat_map: None,
            fit: "",
        }

    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(60, 60 * (MINUTES_KEPT - 1))) as page:
        state = gr.State()
        gr.Markdown(f"# {TITLE}\n{NOTICE}")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                photo = gr.Image(
                    label="Your photo",
                    sources=["upload", "webcam", "clipboard"],
                    webcam_options=gr.WebcamOptions(mirror=False),
                    buttons=[],
                    height=320,
                    elem_id="photo",
                )
                photo.preprocess = uploaded_path
                examples = gr.Dataset(
                    components=[gr.Image(render=False)],
                    samples=[[str(file)] for file in sorted(EXAMPLES.glob("*.jpg"))],
                    label="Or try this one (NASA, public domain)",
                )
                found = gr.Image(label="Faces found", visible=False, buttons=[], height=320, elem_id="found")
                picker = gr.Radio(label="Face", visible=False, elem_id="picker")
            with gr.Column(scale=2, min_width=320):
                gr.Markdown("## What it looks like")
                chart = gr.HTML(chart_html(None, EMPTY), elem_id="chart")
                warnings = gr.Markdown(elem_id="warnings")
                gr.Markdown(accuracy_text(record))
                seen = gr.Image(
                    label="What the model saw: 48 x 48 grey pixels",
                    buttons=[],
                    height=260,
                    elem_id="seen",
                    alt_text="The face as the model saw it, in 48 by 48 grey pixels",
                )
            with gr.Column(scale=3, min_width=320):
                gr.Markdown("## What drove the answer")
                emotion = gr.Radio(EMOTIONS, label="Explain", elem_id="emotion")
                heat_map = gr.Image(label="Heat map", buttons=["fullscreen", "download"], height=430, elem_id="map")
                fit = gr.Markdown(elem_id="fit")

        outputs = [state, found, picker, warnings, seen, chart, emotion, heat_map, fit]
        lane = {"concurrency_id": "model", "concurrency_limit": engine.lanes}
        # No gr.Examples: its update would put a fresh gr.Image, with its own preprocess, in place of photo.
        examples.click(lambda sample: sample[0], examples, photo, api_name=False)
        photo.change(analyse, photo, outputs, api_name="analyse", **lane)
        picker.input(choose, [state, picker], outputs, api_name=False, **lane)
        emotion.input(show_map, [state, emotion], [heat_map, fit], api_name=False)
    return page


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


def chart_html(probabilities, sentence):
    """A sentence, and the seven probabilities as a bar chart that can be read out.

    The emotions keep their order, so that the charts of two photos can be compared at a glance.

    Args:
        probabilities: (7,) float, EMOTIONS order, or None for an empty chart.
        sentence: the answer in words, or why there is none; HTML.

    Returns:
        str, HTML.
    """
    values = np.zeros(len(EMOTIONS)) if probabilities is None else probabilities
    rows = []
    for label, value in zip(EMOTIONS, values, strict=True):
        top = " class='top'" if probabilities is not None and value == values.max() else ""
        percent = "" if probabilities is None else f"{100 * value:.0f} %"
        rows.append(
            f"<li{top} data-emotion='{label}' data-probability='{value:.7f}'>"
            f"<span>{label}</span> <span class='track' aria-hidden='true'>"
            f"<i style='width:{100 * value:.1f}%'></i></span> <span class='percent'>{percent}</span></li>"
        )
    return f"<p class='answer' role='status'>{sentence}</p><ul class='bars'>{''.join(rows)}</ul>"


def warnings_text(sentences):
    """What is wrong with the photo, as Markdown; nothing where nothing is."""
    return "\n".join(f"- ⚠️ {sentence}" for sentence in sentences)


def fit_text(explanation, label):
    """What the map says as a whole, and how far it can be trusted."""
    index = EMOTIONS.index(label)
    return (
        f"**Orange** regions speak for {label}, **blue** ones against; a region's colour is the change of the "
        f"probability when it is shown instead of blurred, on average. "
        f"**Fit (R²): {max(0, explanation.fit[index]):.2f}** of 1. Added up, the map says "
        f"{100 * explanation.surrogate_probabilities[index]:.0f} %, the model says "
        f"{100 * explanation.probabilities[index]:.0f} %. "
        "This shows what moved the model, not what the person feels."
    )


def accuracy_text(record):
    """How often the model is right, from its record."""
    report = record["validation"]
    recall = {emotion: value for emotion, value in report["recall"].items() if value is not None}
    best, worst = max(recall, key=recall.get), min(recall, key=recall.get)
    return (
        f"On {report['count']:,} faces that it was not trained on, the model's first answer is the label in "
        f"{100 * report['accuracy']:.0f} of 100, at best {100 * recall[best]:.0f} ({best}), "
        f"at worst {100 * recall[worst]:.0f} ({worst})."
    )
