"""What the judges found on many faces, as the lines of a table: what was measured, its bar, and whether it is met."""

import numpy as np

from tests.bench.map_judges import HIDDEN, NUM_SEEDS, SURE
from tests.bench.map_metrics import ratio_interval
from tests.bench.map_subject import KINDS


def row(what, kind, bar, values, met, faces):
    """A line of the table: values is a number, or a number and its 95 % interval; met is None where there is no bar."""
    return {
        "what": what,
        "kind": kind,
        "bar": bar,
        "values": values,
        "met": None if met is None else bool(met),
        "faces": faces,
    }


def truth_rows(found):
    """Rows of judge_truth."""
    rows = []
    for group, label in ((found, "all"), ([one for one in found if one["sure"]], f"sure ({SURE:.0%} or more)")):
        for name in ("ours", "stock") if group else ():
            fit = float(np.median([one[name]["fit"] for one in group]))
            bar = 0.75 if label == "all" else 0.83
            met = fit >= bar if name == "ours" else None
            rows.append(
                row(f"R² over any share hidden, median, {name}", label, f"at least {bar}", fit, met, len(group))
            )
            for many, most in zip(HIDDEN, (3.5, 7, 12), strict=True):
                off = float(np.mean([one[name][str(many)] for one in group]))
                met = off <= most if name == "ours" and label == "all" else None
                rows.append(
                    row(
                        f"{many} random regions hidden, points off, {name}",
                        label,
                        f"at most {most}",
                        off,
                        met,
                        len(group),
                    )
                )
    alone = max(one["alone"] for one in found)
    rows.append(row("a part hidden alone, most points off", "face parts", "0", alone, alone < 0.01, len(found)))
    agreement = float(np.mean([one["agreement"] for one in found]))
    return [*rows, row("Spearman of the map with hiding alone", "face parts", "", agreement, None, len(found))]


def sets_rows(found):
    """Rows of judge_sets."""

    def mean(key):
        values = [one[key] for one in found if one[key] is not None]
        return float(np.mean(values)) if values else None

    count, most = len(found), max(one["queries"] for one in found)
    lines = [
        ("sets that the network confirms, share of faces", "1", mean("confirmed"), mean("confirmed") == 1),
        ("queries for both sets, most", "at most 100", most, most <= 100),
        (
            "faces with a set that changes the answer, share",
            "",
            np.mean([one["changing"] is not None for one in found]),
            None,
        ),
        ("parts in the set that changes the answer, mean", "", mean("changing"), None),
        ("faces with a set that suffices, share", "", np.mean([one["sufficient"] is not None for one in found]), None),
        ("parts in the set that suffices, mean", "", mean("sufficient"), None),
        ("faces on which no single part decides, share", "", mean("none_alone"), None),
        ("faces whose blur has the same answer, share", "", mean("blur_agrees"), None),
        ("parts on which blur and grey disagree, mean", "", mean("disagree"), None),
    ]
    return [
        row(what, "face parts", bar, value if value is None else float(value), met, count)
        for what, bar, value, met in lines
    ]


def order_rows(found):
    """Rows of judge_order."""
    rows = []
    for kind in KINDS:
        areas = {name: np.array([one[kind][name] for one in found]) for name in found[0][kind]}
        for other in ("stock", "random", "average"):
            for place, baseline in enumerate(("blur", "grey", "average face")):
                for curve, way in enumerate(("deletion", "insertion")):
                    ratio = ratio_interval(areas["ours"][:, place, curve], areas[other][:, place, curve])
                    met = ratio[1] <= 1 if way == "deletion" else ratio[2] >= 1
                    rows.append(
                        row(f"{way}, {baseline}, over {other}", kind, "not surely worse", ratio, met, len(found))
                    )
    return rows


def steady_rows(found):
    """Rows of judge_steadiness."""
    rows = []
    for kind in KINDS:
        for key, low, high in (
            ("spearman", 0.95 if kind == "superpixels" else 0.97, 1),
            ("jaccard", 0.9, 1),
            ("coverage", 0.93, 0.97),
        ):
            value = float(np.mean([one[kind][key] for one in found]))
            rows.append(
                row(f"{key}, {NUM_SEEDS} seeds", kind, f"{low} to {high}", value, low <= value <= high, len(found))
            )
    return rows


def splits_rows(found):
    """Rows of judge_splits."""
    lines = (("fit", "R² over any share hidden, median", np.median), ("spearman", "Spearman of two seeds", np.mean))
    return [
        row(what, kind, "", float(middle([one[kind][key] for one in found])), None, len(found))
        for kind in found[0]
        for key, what, middle in lines
    ]


def redrawn_rows(found):
    """Rows of judge_redrawn."""
    rows = []
    for kind in KINDS:
        value, chance = (float(np.mean([one[kind][key] for one in found])) for key in ("spearman", "chance"))
        rows.append(
            row(
                "mean abs Spearman with a redrawn network's map", kind, f"chance: {chance:.2f}", value, None, len(found)
            )
        )
    return rows


def speed_rows(found):
    """Rows of judge_speed."""
    middle = {key: float(np.median([one[key] for one in found])) for key in found[0]}
    lines = [
        (f"seconds to {key}", f"at most {bar}", middle[key], middle[key] <= bar)
        for key, bar in (("alone", 0.1), ("first", 0.2), ("last", 1.0), ("sets", 0.15))
    ]
    ratio = middle["plain"] / middle["last"]
    lines.append(
        (
            "times as fast as the user's own call (SLIC 100, 10,000 samples by tens, Keras predict)",
            "at least 60",
            ratio,
            ratio >= 60,
        )
    )
    return [row(what, "superpixels", bar, value, met, len(found)) for what, bar, value, met in lines]


ROWS = {
    "truth": truth_rows,
    "sets": sets_rows,
    "order": order_rows,
    "steady": steady_rows,
    "splits": splits_rows,
    "redrawn": redrawn_rows,
    "speed": speed_rows,
}
"""By the name of a measure: what makes its lines."""
