"""The picture to take home: face, answer, chart, map and words, one below the other."""

import numpy as np
from PIL import Image, ImageDraw

from emotion import EMOTIONS
from emotion.measure.calibration import is_sure
from emotion.page.heat_map import draw_contrast, draw_heat_map, load_font
from emotion.page.texts import answer_text, contrast_text, fit_text, samples_text, weights_text


def card(face, explanation, kind, emotion, record, thresholds=None, other=None):
    """Draw one picture of an answer and its map.

    Args:
        face: faces.Face.
        explanation: its Explanation.
        kind: one of KINDS, the explanation's.
        emotion: the one of EMOTIONS that is explained.
        record: content of models/emotion.json.
        thresholds: dict with useless_below and good_from, R^2 each (models/explanation.json, fit), where measured.
        other: one of EMOTIONS to explain emotion against, or None.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    limit = -np.inf if thresholds is None else thresholds["useless_below"]
    if other is None:
        heading = f"What speaks for {emotion}"
        picture = draw_heat_map(explanation, emotion, face.crop, limit, CARD_MAP_SIDE)
        words = weights_text(explanation, emotion)
    else:
        heading = f"Why {emotion} rather than {other}"
        picture = draw_contrast(explanation, emotion, other, face.crop, limit, CARD_MAP_SIDE)
        words = contrast_text(explanation, emotion, other)
    return draw_card(
        face.crop,
        answer_text(explanation.probabilities, record["not_sure"]),
        explanation.probabilities,
        bool(is_sure(explanation.probabilities[None], record["not_sure"])[0]),
        (heading, picture),
        [
            ("In words", words.replace(" (±", "\N{NO-BREAK SPACE}(±")),
            ("How far to trust it", fit_text(explanation, emotion, thresholds, other)),
        ],
        f"Model {record['sha256'][:8]} (SHA-256), {kind} hidden by a blur: {samples_text(explanation)}. "
        "What a face looks like to a small model, not what anyone feels.",
    )


CARD_WIDTH, CARD_MARGIN, CARD_MAP_SIDE = 1080, 48, 864
"""Of the picture to take home, in pixels. A phone shows it at a third of its size: text of 36 pixels is as large there
as a page's."""

INK, PALE, PLAIN, TOP = "#1f2933", "#52606d", "#6aaed6", "#d9661f"
"""Text, lesser text, a bar, the longest bar."""


def draw_card(crop, answer, probabilities, sure, titled_map, paragraphs, footer):
    """Draw what a visitor takes home: the face, the answer and its chart, the map and its words, one below the other.

    Args:
        crop: (S, S, 3) uint8, RGB, the face.
        answer: str, the answer in words.
        probabilities: (7,) float, EMOTIONS order.
        sure: whether the highest is the answer; else the highest two stand out.
        titled_map: (str, (H, W, 3) uint8, RGB): what is mapped, and the map with its colour bar.
        paragraphs: list of (heading, text), what the map says and how far to trust it.
        footer: str, what made it.

    Returns:
        (H, CARD_WIDTH, 3) uint8, RGB; as high as the texts need.
    """
    width, gap, side = CARD_WIDTH - 2 * CARD_MARGIN, 40, 360
    face = Image.fromarray(crop).resize((side, side), Image.Resampling.LANCZOS)
    title, heat_map = titled_map[0], Image.fromarray(titled_map[1])
    centred = Image.new("RGB", (width, heat_map.height), "white")
    centred.paste(heat_map, ((width - heat_map.width) // 2, 0))
    card = _stacked(
        [
            _written(answer, width, 54, bold=True),
            _beside(face, _chart(probabilities, sure, width - side - gap, side), width),
            _stacked([_written(title, width, 44, bold=True), centred], gap // 2),
            *(
                _stacked([_written(heading, width, 36, bold=True), _written(text, width, 36)], 8)
                for heading, text in paragraphs
            ),
            _written(footer, width, 28, colour=PALE),
        ],
        gap,
    )
    framed = Image.new("RGB", (CARD_WIDTH, card.height + 2 * CARD_MARGIN), "white")
    framed.paste(card, (CARD_MARGIN, CARD_MARGIN))
    return np.asarray(framed)


def _written(text, width, size, bold=False, colour=INK):
    """A text, broken into lines that fit a width, black on white."""
    font, lines = load_font(size, bold), [""]
    for word in text.replace(" %", "\N{NO-BREAK SPACE}%").split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    step = round(1.35 * size)
    block = Image.new("RGB", (width, step * len(lines)), "white")
    draw = ImageDraw.Draw(block)
    for number, line in enumerate(lines):
        draw.text((0, number * step), line, fill=colour, font=font)
    return block


def _chart(probabilities, sure, width, height):
    """Seven bars with their names and percentages, in EMOTIONS order; the highest, or the highest two, stand out."""
    named = np.argsort(probabilities)[-1 if sure else -2 :]
    chart = Image.new("RGB", (width, height), "white")
    draw, step = ImageDraw.Draw(chart), height / len(EMOTIONS)
    left, right = 190, width - 110
    for number, (emotion, share) in enumerate(zip(EMOTIONS, probabilities, strict=True)):
        top = number in named
        middle, half, font = (number + 0.5) * step, 0.3 * step, load_font(32, top)
        draw.text((0, middle), emotion, fill=INK, font=font, anchor="lm")
        draw.rounded_rectangle((left, middle - half, right, middle + half), 8, fill="#edf1f5")
        if share * (right - left) >= 1:
            end = left + share * (right - left)
            draw.rounded_rectangle((left, middle - half, end, middle + half), 8, fill=TOP if top else PLAIN)
        draw.text((width, middle), f"{100 * share:.0f} %", fill=INK, font=font, anchor="rm")
    return chart


def _beside(left, right, width):
    """Two pictures of one height, at the two ends of a width."""
    both = Image.new("RGB", (width, left.height), "white")
    both.paste(left)
    both.paste(right, (width - right.width, 0))
    return both


def _stacked(blocks, gap):
    """Pictures one below the other."""
    height = sum(block.height for block in blocks) + gap * (len(blocks) - 1)
    column = Image.new("RGB", (max(block.width for block in blocks), height), "white")
    y = 0
    for block in blocks:
        column.paste(block, (0, y))
        y += block.height + gap
    return column
