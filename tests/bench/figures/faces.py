"""Figures of how well faces are found and framed."""

from tests.bench.figures.markdown import (
    not_measured,
    percent,
    points_with_interval,
    read_measured,
    table,
    with_interval,
)


def finding(_):
    """How many pasted faces are found, where, and what that costs in accuracy."""
    rows = [
        [
            name,
            f"{row['level']:g}",
            str(row["count"]),
            with_interval(row["found"], row["found_interval"]),
            str(row["false_faces"]),
            f"{row['centre_error']:.1%}",
            f"{row['side_ratio']:.2f}",
            f"{percent(row['given'])} / {percent(row['framed'])}",
        ]
        for name, levels in read_measured("faces")["conditions"].items()
        for row in levels
    ]
    header = (
        "what is changed | to | faces | found (95 % interval) | false faces | centre off by | side, times the true one "
        "| accuracy as given / as found"
    )
    return table(header, rows)


def variants(_):
    """How well the faces of licensed photos are found."""
    record = read_measured("faces")
    if "variants" not in record:
        return not_measured("finding")
    rows = [
        [
            name,
            f"{row['level']:g}",
            *(f"{one['found']} of {one['count']}, {one['alike']} alike" for one in row["of_photo"].values()),
            str(row["false_faces"]),
            f"{row['centre_error']:.1%}",
            f"{row['side_ratio']:.2f}",
        ]
        for name, levels in record["variants"].items()
        for row in levels
    ]
    photos = next(iter(record["variants"].values()))[0]["of_photo"]
    header = (
        f"what is changed | to | {' | '.join(f'found: {photo}' for photo in photos)} | false faces | centre off by "
        "| side, times the photo's own"
    )
    return table(header, rows)


def portraits(_):
    """How often faces are found in portraits, and in pictures that have none, against dlib's HOG detector alone."""
    record = read_measured("faces")
    if not {"portraits", "without"} <= set(record):
        return not_measured("finding")
    with_face, without = record["portraits"], record["without"]
    chosen = {"portraits": with_face, "of these, taken for faces by FER+'s voters": with_face.get("taken_for_faces")}
    rows = [
        [
            name,
            str(rates["count"]),
            f"{rates['hog_found']:.1%}",
            with_interval(rates["found"], rates["found_interval"]),
            "-",
            str(rates.get("false_faces", "-")),
        ]
        for name, rates in chosen.items()
        if rates
    ]
    rows.append(
        [
            "pictures without a face",
            str(without["count"]),
            "-",
            "-",
            str(without["hog_false_faces"]),
            str(without["false_faces"]),
        ]
    )
    header = "photos | number | found by HOG alone | found (95 % interval) | false faces by HOG alone | false faces"
    return table(header, rows)


def finding_short(_):
    """How many portraits' faces are found, and what the way from the photo to the frame costs."""
    record = read_measured("faces")
    portraits, framing = record["portraits"], record["framing"]
    worst = max((name for name in framing if name != "all"), key=lambda name: framing[name]["lost"][0])
    return (
        f"Of {portraits['count']} portraits' faces, {with_interval(portraits['found'], portraits['found_interval'])} "
        f"are found. The way from the photo to the frame costs {points_with_interval(framing['all']['lost'])} points "
        f"of accuracy; {worst} loses most, {points_with_interval(framing[worst]['lost'])}."
    )


def framing(_):
    """What finding and framing costs, by emotion."""
    rows = [
        [
            name,
            str(row["count"]),
            str(row["found"]),
            percent(row["given"]),
            percent(row["cut_again"]),
            percent(row["framed"]),
            "-" if row["side_ratio"] is None else f"{row['side_ratio']:.2f}",
            points_with_interval(row["lost"]),
        ]
        for name, row in read_measured("faces")["framing"].items()
    ]
    header = (
        "emotion | faces | found | right as given (of those found) | as cut out where they were pasted | as found "
        "| side as found, times the true one | points lost as found (95 % interval)"
    )
    return table(header, rows)


def frames(_):
    """Where boxes and landmarks lie in FER2013's frames."""
    if (record := read_measured("frames")) is None:
        return not_measured("frames")
    rows = [
        [name, str(row["count"]), str(row["found"])]
        + [f"{median:.3f} ± {scatter:.3f}" for median, scatter in (row["side"], row["across"], row["down"])]
        for name, row in record["rows"].items()
    ]
    return table("what | faces | found | side | across | down", rows)


PARTS = {
    "finding_short": finding_short,
    "portraits": portraits,
    "finding": finding,
    "variants": variants,
    "frames": frames,
    "framing": framing,
}
