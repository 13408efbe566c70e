"""The picture to download: answer, face, chart, map and words, one below the other."""

import numpy as np
from PIL import Image, ImageDraw, ImageText

from emotion import EMOTIONS
from emotion.page.heat_map import draw_heat_map, load_font
from emotion.page.map_texts import fit_text, parts_text, samples_text
from emotion.page.palette import colour
from emotion.page.texts import answer_text, percent, standing_out

CARD_WIDTH, CARD_MARGIN, CARD_MAP_SIDE = 1080, 48, 864
"""In pixels. A phone shows the card at a third of its size: text of 36 pixels is as large there as a page's."""

WIDTH, GAP, FACE_SIDE = CARD_WIDTH - 2 * CARD_MARGIN, 40, 360


def draw_card(question, face, kind, record):
    """Draw one picture of an answer and its map.

    Args:
        question: Question.
        face: find.Face, the one that was explained.
        kind: one of pipeline.KINDS, the explanation's.
        record: content of models/emotion.json.

    Returns:
        (H, CARD_WIDTH, 3) uint8, RGB; as high as the texts need.
    """
    probabilities = question.explanation.probabilities
    crop = Image.fromarray(face.crop).resize((FACE_SIDE, FACE_SIDE), Image.Resampling.LANCZOS)
    named = standing_out(probabilities, record["not_sure"])
    chart = draw_chart(probabilities, named, WIDTH - FACE_SIDE - GAP, FACE_SIDE)
    heat_map = Image.fromarray(draw_heat_map(question, face.crop, CARD_MAP_SIDE))
    answer = answer_text(probabilities, record["not_sure"])
    footer = (
        f"Model {record['sha256'][:8]}, {kind} hidden by a blur: {samples_text(question.explanation)}. "
        "This is what a face looks like to a small model, not what anyone feels."
    )
    card = stacked(
        [
            written(answer, 54, bold=True),
            _across(crop, chart),
            stacked([written(f"What speaks for {question.towards}?", 44, bold=True), _across(heat_map)], GAP // 2),
            stacked([written("In words", 36, bold=True), written(parts_text(question, 5), 36)], 8),
            stacked([written("How far to trust it", 36, bold=True), written(fit_text(question), 36)], 8),
            written(footer, 28, ink="pale"),
        ],
        GAP,
    )
    framed = Image.new("RGB", (CARD_WIDTH, card.height + 2 * CARD_MARGIN), colour("paper"))
    framed.paste(card, (CARD_MARGIN, CARD_MARGIN))
    return np.asarray(framed)


def written(text, size, bold=False, ink="ink", width=WIDTH):
    """A text in lines of a width in pixels, the card's; a percentage is never torn from its sign."""
    joint = "·"  # as wide as a space, at which Pillow would break a line, no-break or not
    lines = ImageText.Text(text.replace(" %", f"{joint}%"), load_font(size, bold), spacing=0.2 * size)
    lines.wrap(width)
    lines.text = lines.text.replace(f"{joint}%", " %")
    block = Image.new("RGB", (width, round(lines.get_bbox()[3]) + size // 4), colour("paper"))
    ImageDraw.Draw(block).text((0, 0), lines, fill=colour(ink))
    return block


def draw_chart(probabilities, named, width, height):
    """Seven bars with their names and percentages, in EMOTIONS order; those that are named stand out."""
    chart = Image.new("RGB", (width, height), colour("paper"))
    draw, step = ImageDraw.Draw(chart), height / len(EMOTIONS)
    left, right = 190, width - 120
    for number, (emotion, share) in enumerate(zip(EMOTIONS, probabilities, strict=True)):
        top = emotion in named
        middle, half, font = (number + 0.5) * step, 0.3 * step, load_font(32, top)
        draw.text((0, middle), emotion, fill=colour("ink"), font=font, anchor="lm")
        draw.rounded_rectangle((left, middle - half, right, middle + half), 8, fill=colour("track"))
        if share * (right - left) >= 1:
            end = left + share * (right - left)
            draw.rounded_rectangle((left, middle - half, end, middle + half), 8, fill=colour("top" if top else "bar"))
        draw.text((width, middle), percent(share), fill=colour("ink"), font=font, anchor="rm")
    return chart


def _across(left, right=None):
    """One picture in the middle of the card's width, or two at its ends."""
    both = Image.new("RGB", (WIDTH, left.height), colour("paper"))
    both.paste(left, (0 if right else (WIDTH - left.width) // 2, 0))
    if right:
        both.paste(right, (WIDTH - right.width, 0))
    return both


def stacked(blocks, gap):
    """Pictures of one width, one below the other."""
    height = sum(block.height for block in blocks) + gap * (len(blocks) - 1)
    column = Image.new("RGB", (blocks[0].width, height), colour("paper"))
    y = 0
    for block in blocks:
        column.paste(block, (0, y))
        y += block.height + gap
    return column
