"""What the page shows goes in as numbers and sentences, HTML comes out, with its style.

Whatever is drawn is said as well: bars are hidden from screen readers, since a number stands beside each.
"""

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.page.heat_map import surely
from emotion.page.texts import BASELINE, VERDICTS, fit_text, hiding_text, question, verdict, weight_text

AVERAGE = (
    "The map's numbers are averages over faces of which other parts are hidden too. Of an otherwise whole face, one "
    "part alone often counts for less: the rest makes up for it."
)
HOW_TO_TEST = "Tick a part in the list, or click it on the map: the model is asked again, with that part hidden."

CSS = """
.gradio-container {
    --for: #c2570c; --against: #2563a8; --bar: #7fb0d6; --faint: var(--body-text-color-subdued);
    --track: color-mix(in srgb, var(--body-text-color) 9%, transparent);
    --line: color-mix(in srgb, var(--body-text-color) 22%, transparent);
    max-width: 1240px !important;
}
.gradio-container .wrap.hide { visibility: hidden; } /* Gradio's progress: unseen, so not read out either */
.dark { --for: #f0883e; --against: #6aaed6; --bar: #5b8fb9; }
#notice h1 { margin-bottom: .2em; }
#notice p { max-width: 70em; font-size: .92em; line-height: 1.5; }
#columns { gap: 2em; }
#photo button p, #examples .label, footer a, [role=tab][aria-selected=true] {
    color: var(--body-text-color) !important;
}
#photo .source-selection { gap: 1.2em; }
#photo .source-selection button { display: flex; width: auto; color: var(--body-text-color); }
#photo .source-selection button::after { content: attr(aria-label); margin-left: .35em; font-size: .88em; }
#photo .refused {
    position: absolute; z-index: 50; inset: auto .6em 3.4em; margin: 0; padding: .4em .7em; font-size: .92em;
    border-left: .3em solid var(--for); background: var(--background-fill-primary);
}
#found .empty, #map .empty, #sheet .empty { background: var(--track); border-radius: .5em; }
#columns h2 { margin: 0; font-size: 1.25em; }
#columns .html-container { padding: 0; }
input:is([type=radio], [type=checkbox]) { border: 1px solid var(--faint) !important; }
#emotion label { padding: .35em .55em; gap: .3em; }

.answer { min-height: 2.8em; margin: 0 0 .4em; font-size: 1.2em; font-weight: 700; line-height: 1.4; }
.answer.empty, .answer.working { font-weight: 400; }
.answer.failed {
    min-height: 3.65em; font-size: .92em; font-weight: 400; line-height: 1.25; border-left: .3em solid var(--for);
    padding-left: .7em;
}
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { display: grid; grid-template-columns: 5em 1fr 3.2em; gap: .6em; align-items: center; margin: .28em 0; }
.bars .track { height: 1.1em; border-radius: .3em; background: var(--track); overflow: hidden; }
.bars .track i { display: block; height: 100%; border-radius: .3em; background: var(--bar); transition: width .3s; }
.bars .top { font-weight: 700; }
.bars .top .track i { background: var(--for); }
.bars .percent { text-align: right; font-variant-numeric: tabular-nums; }
.note { font-size: .88em; line-height: 1.5; margin: .6em 0; }

#faces { display: grid; grid-template-columns: 1fr 1fr; gap: 1em; align-items: start; }
#found { min-width: 0 !important; }
#found img { cursor: pointer; }
figure { margin: 0; }
figure img, figure > span {
    display: block; width: 100%; max-width: 190px; aspect-ratio: 1; margin: 0; border-radius: .5em;
    image-rendering: pixelated; background: var(--track);
}
figcaption { font-size: .85em; margin-top: .3em; }
.warnings { list-style: none; margin: 0; padding: 0; min-height: 4.5em; }
.warnings li { border-left: .3em solid var(--for); padding-left: .7em; margin: .4em 0; font-size: .92em; }

.status { min-height: 1.6em; margin: 0; font-size: .92em; }
.status.working::before {
    content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .5em; border-radius: 50%;
    border: .15em solid var(--for); border-right-color: transparent; animation: turn 1s linear infinite;
}
.status.failed { border-left: .3em solid var(--for); padding-left: .7em; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) {
    .status.working::before { animation: none; }
    .bars .track i { transition: none; }
}

#explanation { display: grid; grid-template-columns: minmax(0, 6fr) minmax(0, 5fr); gap: 1em; }
#explanation > * { min-width: 0 !important; height: 480px; }
#map img { cursor: crosshair; }
#regions { overflow-y: auto !important; }
#regions fieldset { border: 0; margin: 0; padding: 0; }
#regions legend { font-size: .9em; font-weight: 600; padding: 0 0 .4em; }
#regions ul { list-style: none; margin: 0; padding: 0; }
#regions li { margin: 0; }
.region {
    display: grid; grid-template-columns: 1.4em minmax(0, 9.2em) minmax(2.5em, 1fr) 8.2em; gap: .4em;
    align-items: center;
    padding: .22em .2em; border-radius: .3em; font-size: .88em; cursor: pointer;
}
.region:hover, .region:focus-within { background: var(--track); }
.region.unsure { color: var(--faint); font-style: italic; }
.region.unsure .lever i { opacity: .35; }
.lever { position: relative; height: .9em; }
.lever::before { content: ""; position: absolute; left: 50%; width: 1px; height: 100%; background: var(--line); }
.lever i { position: absolute; height: 100%; border-radius: .15em; }
.lever .for { background: var(--for); }
.lever .against { background: var(--against); }
.points { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.placeholder { color: var(--faint); font-size: .92em; }
.fit { min-height: 5em; margin: .4em 0 0; }

.tested { display: grid; grid-template-columns: minmax(110px, 190px) 1fr; gap: 1em; margin-top: .6em; }
#test .tested table { border: 0 !important; width: 100%; border-collapse: collapse; font-size: .92em; margin: 0; }
#test .tested :is(th, td, tr) { border: 0 !important; background: none !important; }
#test .tested :is(th, td) { padding: .16em .4em; text-align: right; font-weight: 400; }
#test .tested tr th:first-child { text-align: left !important; }
#test .tested thead tr { border-bottom: 1px solid var(--line) !important; }
#test .tested thead th { font-size: .9em; vertical-align: bottom; }
#test .tested .top :is(th, td) { font-weight: 700; }
#test .tested td { white-space: nowrap; font-variant-numeric: tabular-nums; }

@media (max-width: 900px) { /* room for what wraps, so that nothing moves when it comes */
    #progress .status { min-height: 3.3em; }
    #test .status { min-height: 4.7em; }
    .fit { min-height: 8.2em; }
}
@media (max-width: 700px) {
    #progress .status { min-height: 4.9em; }
    .fit { min-height: 11.2em; }
    .tab-container button { padding-inline: .55em; }
    #which { min-height: 92px; }
    #picker .wrap { flex-wrap: nowrap; overflow-x: auto; } /* however many faces there are */
    #explanation { grid-template-columns: minmax(0, 1fr); }
    #explanation > #map { height: 430px; }
    #explanation > #regions { height: 320px; }
    .tested { grid-template-columns: 84px 1fr; gap: .6em; }
    #test .tested :is(th, td) { padding-inline: .25em; }
}
"""
"""The page's own look, on top of Gradio's theme, whose variables follow light and dark."""


def answer_html(sentence, record, probabilities=None, sure=True, working=False, failed=False):
    """The answer in words, the seven probabilities as a chart, and how far to trust them.

    The emotions keep their one order: sorted by probability, the same row would mean another emotion with each
    photo, and two photos could not be compared at a glance. The highest stands out by its colour and weight.

    Args:
        sentence: the answer, or why there is none.
        record: content of models/emotion.json.
        probabilities: (7,) float, EMOTIONS order, or None for an empty chart.
        sure: whether the highest is the answer; else the highest two stand out.
        working: whether the answer is being looked for.
        failed: whether the sentence says what is wrong.

    Returns:
        str, HTML.
    """
    kind = "working" if working else "failed" if failed else "empty" if probabilities is None else "given"
    values = np.zeros(len(EMOTIONS)) if probabilities is None else probabilities
    named = () if probabilities is None else np.argsort(values)[-1 if sure else -2 :]
    rows = []
    for label, (emotion, value) in enumerate(zip(EMOTIONS, values, strict=True)):
        top = " class='top'" if label in named else ""
        percent = "" if probabilities is None else f"{100 * value:.0f} %"
        rows.append(
            f"<li{top} data-emotion='{emotion}' data-probability='{value:.7f}'>"
            f"<span>{emotion}</span> <span class='track' aria-hidden='true'>"
            f"<i style='width:{100 * value:.1f}%'></i></span> <span class='percent'>{percent}</span></li>"
        )
    return (
        f"<p class='answer {kind}' role='status'>{escape(sentence)}</p><ul class='bars'>{''.join(rows)}</ul>"
        f"<p class='note'>{escape(trust_text(record))}</p>"
    )


def trust_text(record):
    """How often the model is right, when it says that it is sure and at all, from its record."""
    report = record["validation"]
    recall = {emotion: value for emotion, value in report["recall"].items() if value is not None}
    worst = min(recall, key=recall.get)
    sure = report["not_sure"]
    when_sure = "" if not sure["answered"] else f", {_of_100(sure['accuracy'])} where it is sure"
    return (
        f"Percentages are calibrated. On {report['count']:,} validation faces the model was right in "
        f"{_of_100(report['accuracy'])} of 100{when_sure}, and worst on {worst}: {_of_100(recall[worst])}."
    )


def warnings_html(sentences):
    """What is wrong with the photo; nothing where nothing is."""
    return f"<ul class='warnings'>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def seen_html(face, number=0, count=1):
    """What the model saw of a face.

    Args:
        face: Face, or None.
        number: its index in the photo.
        count: of the photo's faces.

    Returns:
        str, HTML.
    """
    if face is None:
        return _figure("", f"What the model sees: {IMAGE_SIZE} × {IMAGE_SIZE} grey pixels")
    which = f"Face {number + 1} of {count}" if count > 1 else "The face"
    text = (
        f"{which} as the model saw it: set upright, cut out from chin to forehead, and shrunk from {face.side:.0f} "
        f"pixels of the photo to {IMAGE_SIZE} by {IMAGE_SIZE} grey ones"
    )
    return _figure(_image(face.pixels, text), f"What the model saw: {IMAGE_SIZE} × {IMAGE_SIZE} grey pixels")


def status_html(sentence, working=False):
    """What the page is doing: announced to those who don't see it."""
    return f"<p class='status{' working' if working else ''}' role='status'>{escape(sentence)}</p>"


def list_html(explanation, emotion=None, other=None, hidden=()):
    """The regions with their weights and intervals, the strongest first, as a list to tick; unsure ones are faded.

    Args:
        explanation: Explanation, or None.
        emotion: one of EMOTIONS.
        other: another one that it is compared with, or None.
        hidden: numbers of the regions that are ticked.

    Returns:
        str, HTML: a checkbox a region, whose value is its number.
    """
    if explanation is None:
        return "<p class='placeholder'>The parts of the face are listed here, strongest first.</p>"
    weights, errors, _ = question(explanation, emotion, other)
    sure, scale = surely(weights, errors), max(np.abs(weights).max(), 0.01)
    rows = []
    for region in sorted(range(len(weights)), key=lambda region: (not sure[region], -abs(weights[region]))):
        side = "for" if weights[region] > 0 else "against"
        length = 50 * abs(weights[region]) / scale
        start = 50 if weights[region] > 0 else 50 - length
        unsure = "" if sure[region] else " unsure"
        rows.append(
            f"<li><label class='region{unsure}'><input type='checkbox' id='region-{region}' value='{region}'"
            f"{' checked' if region in hidden else ''}> <span>{escape(explanation.names[region])}</span> "
            f"<span class='lever' aria-hidden='true'><i class='{side}' style='left:{start:.1f}%;width:{length:.1f}%'>"
            f"</i></span> <span class='points'>{weight_text(weights[region], errors[region])}</span></label></li>"
        )
    towards = emotion if other is None else f"{emotion} rather than {other}"
    return (
        f"<fieldset><legend>Parts, by how far they moved the model towards {towards}</legend>"
        f"<ul>{''.join(rows)}</ul></fieldset>"
    )


def map_notes_html(explanation, emotion=None, other=None, thresholds=None):
    """How far to trust a map, and how to read it.

    Args:
        explanation: Explanation, or None.
        emotion: one of EMOTIONS.
        other: another one that it is compared with, or None.
        thresholds: see words.fit_text.

    Returns:
        str, HTML.
    """
    if explanation is None:
        towards, trusted, fit = "the emotion", "", ""
    else:
        towards = emotion if other is None else f"{emotion} rather than {other}"
        trusted = VERDICTS[verdict(explanation, emotion, other, thresholds)]
        fit = fit_text(explanation, emotion, thresholds, other).removeprefix(trusted)
    return (
        f"<p class='fit'><b>{escape(trusted)}</b>{escape(fit)}</p><p class='note'>"
        f"Orange speaks for {towards}, blue against it; what stays grey "
        "can't be told from 0. The number is how many percentage points showing the part adds, on average, to a face "
        f"of which other parts are hidden; ± is its 95 % interval. Hidden means {BASELINE}. "
        "<b>This shows what moved the model, not what the person feels.</b></p>"
    )


def hiding_html(explanation, emotion, other, hidden, probabilities, covered):
    """What the model says with some regions hidden, beside what the map promised.

    Args:
        explanation: Explanation, or None.
        emotion: one of EMOTIONS.
        other: another one that it is compared with, or None.
        hidden: list of numbers of the hidden regions; empty for how to begin.
        probabilities: (7,) float, with them hidden.
        covered: (48, 48) uint8, grey, the face with them hidden.

    Returns:
        str, HTML.
    """
    sentence, image, columns = HOW_TO_TEST, "", None
    if len(hidden):
        sentence = hiding_text(explanation, emotion, other, hidden, probabilities)
        names = ", ".join(explanation.names[region] for region in hidden)
        image = _image(covered, f"The face with these parts blurred: {names}")
        promised = explanation.probabilities - explanation.weights[hidden].sum(axis=0)
        columns = np.stack([explanation.probabilities, probabilities, promised], axis=1)
    rows = []
    for label, name in enumerate(EMOTIONS):
        asked = " class='top'" if name in (emotion, other) else ""
        cells = "".join(f"<td>{'' if columns is None else _percent(columns[label, place])}</td>" for place in range(3))
        rows.append(f"<tr{asked}><th scope='row'>{name}</th>{cells}</tr>")
    return (
        f"<p class='status' role='status'>{escape(sentence)}</p>"
        f"<div class='tested'>{_figure(image, 'The face with the parts hidden')}"
        "<table><thead><tr><th scope='col'>emotion</th><th scope='col'>whole face</th><th scope='col'>hidden</th>"
        f"<th scope='col'>map promised</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f"<p class='note'>{AVERAGE}</p>"
    )


def _percent(share):
    return f"{100 * share:.0f} %".replace("-", "−") if abs(share) >= 0.005 else "0 %"


def _of_100(share):
    return f"{100 * share:.0f}"


def _figure(image, caption):
    return f"<figure>{image or '<span></span>'}<figcaption>{escape(caption)}</figcaption></figure>"


def _image(pixels, text):
    """An <img> that holds its pixels (48, 48) uint8 itself, so that no file of them lies anywhere."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return f"<img alt='{escape(text)}' src='data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}'>"
