"""The records of measurements go in; the page's tabs "Score card" and "How to read the map" come out, as HTML.

Pictures are HTML and SVG in the page's own colours, so that they are readable in light and dark, on a phone, and by
those who listen.
"""

import json
from html import escape
from pathlib import Path

import numpy as np

from emotion import EMOTIONS
from emotion.analysis.pipeline import analyse
from emotion.measure.evaluate import robustness_table
from emotion.measure.intervals import wilson_interval
from emotion.page.heat_map import draw_heat_map, surely
from emotion.page.texts import answer_text, fit_text, question, weight_text, weights_text

EXAMPLE = Path(__file__).parent / "examples" / "astronaut.jpg"

CSS = """
.sheet {max-width: 46em; line-height: 1.5}
.sheet h2 {margin: 1.6em 0 .4em; font-size: 1.15em}
.sheet h3 {margin: .8em 0 .2em; font-size: 1em}
.sheet p, .sheet ul {margin: .4em 0}
.sheet ul {padding-left: 1.2em; list-style: disc}
.sheet .figure {font-size: 1.6em; font-weight: 600}
.sheet summary {cursor: pointer; padding: .4em 0}
.sheet table {border-collapse: separate; border-spacing: 1px; width: 100%; font-variant-numeric: tabular-nums}
.sheet caption {text-align: left; padding-bottom: .4em}
.sheet th, .sheet td {padding: .25em .3em; text-align: right; font-weight: 400; border: 0 !important}
.sheet tr {border: 0 !important}
.sheet tbody th {text-align: left}
.sheet .matrix {table-layout: fixed; font-size: .85em}
.sheet .matrix th:first-child {width: 5.2em}
.sheet .matrix thead th {height: 5.4em; vertical-align: bottom; padding: .2em 0; text-align: center}
.sheet .matrix thead th:first-child {text-align: left}
.sheet .matrix thead span {display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg)}
.sheet .matrix td {text-align: center; padding: .45em 0}
.sheet .matrix .same {font-weight: 700}
.sheet .recall {list-style: none; padding: 0}
.sheet .recall li {display: grid; grid-template-columns: 5em 1fr 7.5em; gap: .6em; align-items: center; margin: .3em 0}
.sheet .recall .track {height: 1em; border-radius: .3em; background: var(--background-fill-secondary)}
.sheet .recall .track i {display: block; height: 100%; border-radius: .3em; background: #6aaed6}
.sheet .recall .number {text-align: right; font-variant-numeric: tabular-nums}
.sheet svg {display: block; width: 100%; max-width: 24em; height: auto; color: var(--body-text-color)}
"""


def read_measured(folder, record):
    """Read what tests/bench.py measured, where it was measured with the weights that are served.

    Args:
        folder: Path of models/.
        record: content of emotion.json there.

    Returns:
        dict of dicts: "faces" (how faces are found) and "explanation" (how far maps hold), those that there are.
    """
    files = {name: folder / f"{name}.json" for name in ("faces", "explanation")}
    found = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}
    return {name: measured for name, measured in found.items() if measured["weights"] == record["sha256"]}


def score_card(record, measured):
    """What the model and its maps are worth, for the tab "Score card".

    Args:
        record: content of models/emotion.json.
        measured: see read_measured.

    Returns:
        str, HTML.
    """
    parts = [
        _accuracy(record),
        _recall(record["validation"]),
        _confusion(record["validation"]["confusion"]),
        _calibration(record),
        _robustness(record["validation"]),
        _finding(measured.get("faces")),
        _maps(measured.get("explanation")),
        _LIMITS,
    ]
    return f"<div class='sheet'>{''.join(parts)}</div>"


def how_to_read():
    """How to read a heat map, for the tab of that name: str, HTML."""
    return f"<div class='sheet'>{_READING}</div>"


def worked_example(engine, record, thresholds=None):
    """One map, explained: of the example photo, by the very network that is served.

    Computed rather than kept as a picture, since whoever trains the network anew would be shown a map of another one.
    It takes as long as a visitor's map.

    Args:
        engine: engine.Engine.
        record: content of models/emotion.json.
        thresholds: see words.fit_text.

    Returns:
        (picture, alt_text, text): (H, W, 3) uint8, RGB; str; str, HTML.
    """
    *_, analysis = analyse(EXAMPLE, engine, kind="face parts")
    face, explanation = analysis.face, analysis.explanation
    emotion = EMOTIONS[explanation.probabilities.argmax()]
    words = weights_text(explanation, emotion)
    text = (
        f"<div class='sheet'><h2>An example</h2>"
        f"<p><b>{answer_text(explanation.probabilities, record['not_sure'])}</b> This is the map for {emotion}, "
        f"with the face in named parts. {words}</p>{_plain_words(explanation, emotion)}"
        f"<p>{fit_text(explanation, emotion, thresholds)}</p></div>"
    )
    limit = -np.inf if thresholds is None else thresholds["useless_below"]
    return draw_heat_map(explanation, emotion, face.crop, limit), f"Heat map for {emotion}. {words}", text


def _plain_words(explanation, emotion):
    """The strongest region of a map, spelled out: HTML; nothing where no region is sure."""
    weights, errors, _ = question(explanation, emotion)
    sure = np.flatnonzero(surely(weights, errors))
    if not len(sure):
        return ""
    strongest = sure[np.abs(weights[sure]).argmax()]
    name, weight, error = explanation.names[strongest], weights[strongest], errors[strongest]
    return (
        f"<p>“{name} {weight_text(weight, error)}” means: with this part shown instead of blurred, the model gives "
        f"{emotion} {100 * abs(weight):.0f} points {'more' if weight > 0 else 'less'} on average, so the part is "
        f"{'orange' if weight > 0 else 'blue'}.</p>"
    )


def _accuracy(record):
    report, alone, votes = record["validation"], record["validation_without_copies"], record["validation"].get("votes")
    text = (
        f"<h2>How often is it right?</h2><p><span class='figure'>{_percent(report['accuracy'])}</span> of "
        f"{report['count']:,} faces that it was not trained on got the label that FER2013 gives them (95 % interval "
        f"{_range(report['accuracy_interval'])}). The seven emotions counted alike, it is "
        f"{_percent(report['mean_recall'])}; a blind guess would be right in 14 %. Without the {_copies(record)} "
        f"faces that are exact copies of training faces it is {_percent(alone['accuracy'])}.</p>"
    )
    if votes and votes["count"]:
        text += (
            f"<p>The labels themselves are disputed. Ten people voted on each face (FER+). Where they agreed on one "
            f"emotion, the model says the same in {_percent(votes['agreement'])} "
            f"({_range(votes['agreement_interval'])}); FER2013's own label does in "
            f"{_percent(votes['label_agreement'])}.</p>"
        )
    return text


def _recall(report):
    counts = np.array(report["confusion"])
    rows = []
    for index, emotion in enumerate(EMOTIONS):
        count, right = counts[index].sum(), counts[index, index]
        if not count:
            continue
        low, high = wilson_interval(right, count)
        rows.append(
            f"<li><span>{emotion}</span>"
            f"<span class='track' aria-hidden='true'><i style='width:{100 * right / count:.1f}%'></i></span>"
            f"<span class='number'>{100 * right / count:.0f} % <small>({100 * low:.0f}–{100 * high:.0f})</small></span>"
            "</li>"
        )
    return (
        "<h2>Which emotions does it recognise?</h2><p>Of all faces with a label, so many got it (in brackets the 95 % "
        f"interval):</p><ul class='recall'>{''.join(rows)}</ul>"
    )


def _confusion(confusion):
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    header = "".join(f"<th scope='col'><span>{emotion}</span></th>" for emotion in EMOTIONS)
    rows = []
    for index, emotion in enumerate(EMOTIONS):
        cells = "".join(
            f"<td class='{'same' if other == index else 'other'}' "
            f"style='background:rgba(106,174,214,{0.55 * share:.2f})'>{100 * share:.0f}</td>"
            for other, share in enumerate(shares[index])
        )
        rows.append(f"<tr><th scope='row'>{emotion}</th>{cells}</tr>")
    pairs = [(shares[row, column], row, column) for row, column in np.ndindex(shares.shape) if row != column]
    share, row, column = max(pairs)
    return (
        "<h2>What does it take for what?</h2>"
        f"<p>Its most frequent mistake: {100 * share:.0f} of 100 faces labelled {EMOTIONS[row]} are called "
        f"{EMOTIONS[column]}.</p><table class='matrix'><caption>Of 100 faces with the label of a row, so many are "
        f"called what the column says.</caption><thead><tr><th scope='col'>label</th>{header}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _calibration(record):
    report, rule = record["validation"], record["not_sure"]
    honest, bins = report["cross_fitted"], report["reliability"]
    measure = {"top": "its highest percentage", "gap": "the gap between its two highest percentages"}[rule["certainty"]]
    rows = "".join(
        f"<tr><td>{100 * row['probability']:.0f} %</td><td>{100 * row['accuracy']:.0f} %</td>"
        f"<td>{row['count']:,}</td></tr>"
        for row in bins
    )
    text = (
        "<h2>Can its percentages be believed?</h2><p>On faces like FER2013's, yes: what it gives 70 % is right in "
        f"about 70 of 100. The gap is {_percent(honest['calibration_error'])} on average. On other photos nobody has "
        f"measured it.</p>{_reliability_svg(bins)}<details><summary>The same as a table</summary>"
        "<table><caption>Validation faces by the highest percentage that the model gave them.</caption>"
        "<thead><tr><th scope='col'>it said</th><th scope='col'>it was right</th><th scope='col'>faces</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></details>"
    )
    answered = honest["not_sure"]
    if answered["accuracy"] is None:
        return f"{text}<h2>When does it say “not sure”?</h2><p>Always: it is never sure enough.</p>"
    return (
        f"{text}<h2>When does it say “not sure”?</h2><p>Where {measure} is below {100 * rule['threshold']:.0f} "
        f"{'points' if rule['certainty'] == 'gap' else '%'}. That leaves {_percent(answered['coverage'])} of the "
        f"faces, and of those {_percent(answered['accuracy'])} ({_range(answered['accuracy_interval'])}) are right.</p>"
    )


def _reliability_svg(bins):
    """The diagram, 0 to 100 % both ways; a point's area tells how many faces it stands for."""
    left, top, size = 44, 10, 240
    most = max(row["count"] for row in bins)
    points = [(left + size * row["probability"], top + size * (1 - row["accuracy"])) for row in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{2 + 6 * np.sqrt(row['count'] / most):.1f}'/>"
        for (x, y), row in zip(points, bins, strict=True)
    )
    ticks = "".join(
        f"<text x='{left + size * share}' y='{top + size + 16}' text-anchor='middle'>{100 * share:.0f}</text>"
        f"<text x='{left - 6}' y='{top + size * (1 - share) + 4}' text-anchor='end'>{100 * share:.0f}</text>"
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    worst = max((row for row in bins if row["count"] >= 100), key=_gap, default=max(bins, key=_gap))
    label = (
        "Reliability diagram: how often the model is right against the percentage it gives. The points follow the "
        f"diagonal; the farthest of those with many faces says {100 * worst['probability']:.0f} % and is right in "
        f"{100 * worst['accuracy']:.0f} %."
    )
    return (
        f"<svg viewBox='0 0 300 296' role='img' aria-label='{escape(label, quote=True)}' "
        f"font-size='11' fill='currentColor'>"
        f"<rect x='{left}' y='{top}' width='{size}' height='{size}' fill='none' stroke='currentColor' opacity='.35'/>"
        f"<path d='M{left},{top + size}L{left + size},{top}' stroke='currentColor' "
        f"stroke-dasharray='3 4' opacity='.7'/>"
        f"<polyline points='{line}' fill='none' stroke='#3d8bc4' stroke-width='2'/><g fill='#3d8bc4'>{dots}</g>{ticks}"
        f"<text x='{left + size / 2}' y='{top + size + 36}' text-anchor='middle'>it said, %</text>"
        f"<text transform='translate(12 {top + size / 2}) rotate(-90)' text-anchor='middle'>it was right, %</text>"
        "</svg>"
    )


def _robustness(report):
    rows = sorted(robustness_table(report), key=lambda row: -row["cost"])
    items = "".join(f"<li>{escape(row['name'])}: {_points(row['cost'])}</li>" for row in rows[:4])
    return (
        "<h2>What does it stumble over?</h2><p>The same faces made worse cost it accuracy. Worst of "
        f"{len(rows)} ways that were tried:</p><ul>{items}</ul><p>The others cost at most "
        f"{_points(rows[4]['cost'])}.</p>"
    )


def _finding(measured):
    if measured is None:
        return ""
    tilt = {row["level"]: row for row in measured["conditions"]["tilt, degrees"]}
    upright, everything = tilt[0], [row for rows in measured["conditions"].values() for row in rows]
    worst_name, worst = min(
        ((name, row) for name, rows in measured["conditions"].items() for row in rows),
        key=lambda pair: pair[1]["found"],
    )
    false = sum(row["false_faces"] for row in everything)
    return (
        f"<h2>Does it find the face?</h2><p>{_percent(upright['found'])} ({_range(upright['found_interval'])}) of "
        f"{upright['count']} upright faces pasted into photos; at worst {_percent(worst['found'])} "
        f"({escape(worst_name)}: {worst['level']:g}). In {sum(row['count'] for row in everything):,} photos it took "
        f"something else for a face {_times(false)}.</p>"
    )


def _times(count):
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _maps(measured):
    begin = "<h2>Do the heat maps hold?</h2><p>"
    if measured is None:
        return (
            f"{begin}That has not been measured for the weights that run here: "
            "<code>uv run tests/bench.py trust</code> does it.</p>"
        )
    fit = measured["fit"]
    limits = (
        f"A fit below {fit['useless_below']:.2f} is called poor, one from {fit['good_from']:.2f} on good, by what "
        f"{fit['maps']} maps of {fit['faces']} validation faces were worth.</p>"
    )
    judged = [row for row in measured["rows"] if row["bar"]]
    if not judged:
        return (
            f"{begin}So far only what a map's fit is worth has been measured for the weights that run here; "
            f"<code>uv run tests/bench.py trust</code> puts maps to all tests. {limits}"
        )
    kinds = dict.fromkeys(row["kind"] for row in judged)
    lists = "".join(
        f"<h3>{escape(kind)}</h3><ul>{''.join(_map_row(row) for row in judged if row['kind'] == kind)}</ul>"
        for kind in kinds
    )
    few = "on few faces so far, " if measured["preliminary"] else ""
    return (
        f"{begin}They were put to {len(judged)} tests, {few}and passed {sum(row['met'] for row in judged)}. "
        f"Regions are hidden by a {escape(measured['baseline'])}. {limits}"
        f"<details><summary>All {len(judged)} tests</summary>{lists}</details>"
    )


def _map_row(row):
    values = row["values"] if isinstance(row["values"], list) else [row["values"]]
    value = f"{values[0]:.3g}" + (f" ({values[1]:.3g} to {values[2]:.3g})" if len(values) == 3 else "")
    verdict = "passed" if row["met"] else "<b>failed</b>"
    return f"<li>{escape(row['what'])}: {value}; wanted {escape(row['bar'])}; {verdict}, {row['faces']} faces</li>"


def _copies(record):
    return record["duplicates"]["validation_copies_of_train"]


def _gap(row):
    return abs(row["probability"] - row["accuracy"])


def _percent(share):
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def _range(interval):
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}\N{NO-BREAK SPACE}%"


def _points(share):
    return f"{100 * share:.1f} points"


_LIMITS = """
<h2>Limits and fair use</h2>
<ul>
<li>An expression is not a feeling. The model says what a face looks like to it, never what a person feels.</li>
<li>Its labels are noisy, and its training faces come from a web search of 2013. Nobody recorded age, sex, skin colour
or disability, so nobody can say for whom it is wrong more often. Expect that it is for some.</li>
<li>Use your own face, or one you have consent for. Not for work, school, hiring, medical, police or border use. In
the European Union, the AI Act forbids emotion inference at work and in education.</li>
<li>The figures are for FER2013's faces, cut out and grey. Epoch, temperature and the rule for “not sure” were chosen
on them, which flatters the figures a little.</li>
</ul>
"""

_READING = """
<p>The map answers one question: <b>which parts of the picture moved the model's answer?</b> To find out, parts of the
face are hidden by a blur, in hundreds of combinations, and the model is asked again each time (the method is called
LIME). One part in seven is hidden at a time; where that hardly moves the answer, every other part. The parts are
patches of similar grey (superpixels), each called after what most of it lies on and counted where several lie there,
“left cheek 2”; or the face's own parts, whole. Left and right are yours as you look at it.</p>
<h2>Colours and points</h2>
<p>Orange parts speak <b>for</b> the emotion, blue ones <b>against</b> it. “Mouth +21 points” means: when the mouth is
shown instead of blurred, the emotion's percentage is 21 points higher on average, say 71 % instead of 50 %. The
stronger the colour, the more points; the colour bar says how many.</p>
<h2>The ± and the grey parts</h2>
<p>“+21 (±3)” means: with other combinations it would probably come out between 18 and 24 points (in 95 of 100 cases).
Where that range holds 0, nobody can tell whether the part matters at all; it stays grey.</p>
<h2>The fit</h2>
<p>The map treats parts as if each added its own share, like items on a bill. The model is not that simple. The fit
says how much of its behaviour the bill explains: 100 % all of it, 0 % nothing. A map with a poor fit is
faded as a whole: don't trust it, however clear it looks.</p>
<h2>Why one emotion rather than another</h2>
<p>This map compares two emotions: orange parts pull the model towards the first, blue ones towards the second. It
helps where both have high percentages.</p>
<h2>The blur</h2>
<p>A blurred smile is still half a smile. So a part that matters can look weaker than it is, and with another way of
hiding the map would differ somewhat.</p>
<h2>What it does not mean</h2>
<ul>
<li>It doesn't say what the person feels, nor where a feeling shows.</li>
<li>It doesn't say that the answer is right. A wrong answer has a map too.</li>
<li>It is about this photo and this model only, no rule about faces.</li>
</ul>
"""
