"""Figures of the networks: how they were trained and what they are worth."""

from emotion import EMOTIONS
from emotion.measure.evaluate import robustness_table
from tests.bench.figures.markdown import (
    not_measured,
    percent,
    read_measured,
    recipe_of,
    table,
    with_interval,
)


def index(records):
    """The results of the page's weights, as model-index wants them."""
    report = records["emotion"]["validation"]
    metrics = {
        "accuracy": ("Accuracy", report["accuracy"]),
        "balanced_accuracy": ("Mean recall", report["mean_recall"]),
        "expected_calibration_error": ("Calibration error", report["cross_fitted"]["calibration_error"]),
    }
    lines = [
        f"          - type: {kind}\n            name: {name}\n            value: {value:.4f}"
        for kind, (name, value) in metrics.items()
    ]
    return "\n".join(lines)


def headline(records):
    """How often the page's network is right, on the whole, for its best and for its worst emotion."""
    report = records["emotion"]["validation"]
    low, high = report["accuracy_interval"]
    recall = report["recall"]
    best, worst = max(recall, key=recall.get), min(recall, key=recall.get)
    honest = report["cross_fitted"]["not_sure"]
    return (
        f"**{report['accuracy']:.1%}** of {report['count']:,} validation faces get the answer of their label "
        f"(95 % interval {low:.1%} to {high:.1%}). The best emotion is {best} ({recall[best]:.0%} found), the worst "
        f"{worst} ({recall[worst]:.0%}). On {honest['coverage']:.0%} of the faces the network is sure, and then right "
        f"{honest['accuracy']:.0%} of the time."
    )


def counts(records):
    """Faces by emotion."""
    by_split = records["emotion"]["counts"]
    rows = [
        [split, *map(str, by_emotion.values()), f"{sum(by_emotion.values()):,}"]
        for split, by_emotion in by_split.items()
    ]
    copies = records["emotion"]["duplicates"]
    lines = table(" | ".join(["faces", *EMOTIONS, "all"]), rows)
    return (
        f"{lines}\n\n{copies['inside_train']:,} training faces repeat an earlier one. "
        f"{copies['validation_copies_of_train']:,} validation faces are exact copies of training faces."
    )


def results(records):
    """Accuracy with its interval, with and without copies, against labels and voters."""
    rows = []
    for record in records.values():
        report, alone = record["validation"], record["validation_without_copies"]
        votes = report["votes"]
        rows.append(
            [
                recipe_of(record),
                with_interval(report["accuracy"], report["accuracy_interval"]),
                with_interval(alone["accuracy"], alone["accuracy_interval"]),
                percent(report["mean_recall"]),
                with_interval(votes["agreement"], votes["agreement_interval"]),
                percent(votes["label_agreement"]),
            ]
        )
    return table(
        "recipe | accuracy (95 % interval) | without copies | mean recall | agreement with FER+ (95 % interval) "
        "| FER2013's label agrees with FER+",
        rows,
    )


def another_seed(records):
    """How far the same training with another seed lands from the page's weights."""
    first, second = (records[stem]["validation"] for stem in ("emotion", "emotion-seed1"))
    pairs = zip(robustness_table(first), robustness_table(second), strict=True)
    apart = [after["accuracy"] - before["accuracy"] for before, after in pairs]
    return (
        f"The same training with `--seed {records['emotion-seed1']['arguments']['seed']}` is "
        f"{_apart(second['accuracy'] - first['accuracy'])} the page's weights; at most 1 was wanted. On the "
        f"{len(apart)} corruptions under Robustness it is {_apart(sum(apart) / len(apart))} them on average."
    )


def _apart(share):
    return f"{abs(100 * share):.1f} points {'above' if share > 0 else 'below'}"


def emotions(records):
    """Recall, precision and F1 by emotion."""
    header = ["emotion"]
    for record in records.values():
        header += [f"{recipe_of(record)} {name}" for name in ("recall", "precision", "F1")]
    rows = [
        [
            emotion,
            *(
                percent(record["validation"][name][emotion])
                for record in records.values()
                for name in ("recall", "precision", "f1")
            ),
        ]
        for emotion in EMOTIONS
    ]
    return table(" | ".join(header), rows)


def robustness(records):
    """Accuracy on corrupted faces."""
    tables = [robustness_table(record["validation"]) for record in records.values()]
    header = ["validation faces"]
    for record in records.values():
        header += [f"{recipe_of(record)} accuracy", "worst", "points lost"]
    rows = []
    for same in zip(*tables, strict=True):
        cells = [(percent(row["accuracy"]), percent(row["worst"]), f"{100 * row['cost']:.1f}") for row in same]
        rows.append([same[0]["name"], *(cell for three in cells for cell in three)])
    return table(" | ".join(header), rows)


def faults(records):
    """From where on the page warns of a poor photo, and what the poorest faces cost."""
    found, accuracy = records["emotion"]["faults"], records["emotion"]["validation"]["accuracy"]
    rows = []
    for name, fault in found.items():
        lost = [100 * (accuracy - point["accuracy"]) for point in fault["curve"]]
        rows.append(
            [
                name,
                fault["unit"],
                "never" if fault["limit"] is None else f"{fault['limit']:.3g}",
                f"{fault['warned']:.1%}",
                f"{max(lost):.1f}",
                f"{lost[-1]:.1f}",
            ]
        )
    return table(
        "fault | measure | warned of beyond | validation faces warned of, as they are | points lost by the worst bin "
        "| by the last",
        rows,
    )


def calibration(records):
    """Calibration error, and how often the network is sure."""
    rows = []
    for record in records.values():
        report, rule = record["validation"], record["not_sure"]
        honest, framed = report["cross_fitted"], record.get("validation_framed", {})
        certainty = {"top": "highest probability", "gap": "gap between the highest two"}[rule["certainty"]]
        rows.append(
            [
                recipe_of(record),
                f"{record['temperature']:.2f}",
                percent(report["calibration_error"]),
                percent(honest["calibration_error"]),
                percent(framed.get("calibration_error")),
                f"{certainty} at least {rule['threshold']:.2f}",
                " / ".join(percent(share) for share in rule["coverage"].values()),
                percent(honest["not_sure"]["coverage"]),
                percent(honest["not_sure"]["accuracy"]),
            ]
        )
    return table(
        "recipe | temperature | calibration error | cross-fitted | framed as on the page | sure where "
        "| would answer, by highest probability / by gap | answers, cross-fitted | of those right, cross-fitted",
        rows,
    )


def heads(records):
    """What each head of the default network is worth."""
    rows = [
        [head, percent(worth["accuracy"]), percent(worth["agreement"])]
        for head, worth in records["emotion"]["judges"].items()
    ]
    return table("head that learned from | right by FER2013's labels | agreement with FER+", rows)


def calibration_short(records):
    """How well the percentages of the page's network hold, in two sentences."""
    record = records["emotion"]
    report, rule = record["validation"], record["not_sure"]
    honest = report["cross_fitted"]
    certainty = {"top": "highest probability", "gap": "gap to the second"}[rule["certainty"]]
    return (
        f"Calibration error: {percent(report['calibration_error'])}, cross-fitted "
        f"{percent(honest['calibration_error'])}. Where the {certainty} is at least {rule['threshold']:.2f} it is "
        f"sure: on {percent(honest['not_sure']['coverage'])} of the faces, of which "
        f"{percent(honest['not_sure']['accuracy'])} are right (cross-fitted)."
    )


def robustness_short(records):
    """What costs the page's network most, in a sentence."""
    rows = sorted(robustness_table(records["emotion"]["validation"]), key=lambda row: -row["cost"])
    first, second, third = ([row["name"], f"{100 * row['cost']:.1f}"] for row in rows[:3])
    return (
        f"Of {len(rows)} ways, most accuracy is lost by a {first[0]}: {first[1]} points. Next come {second[0]} "
        f"({second[1]}) and {third[0]} ({third[1]})."
    )


def covers(_):
    """How often the page's network is right and sure where eyes or mouth are covered."""
    if (record := read_measured("covers")) is None:
        return not_measured("covers")
    rows = [
        [
            name,
            with_interval(row["accuracy"], row["accuracy_interval"]),
            percent(row["not_sure"]["coverage"]),
            with_interval(row["not_sure"]["accuracy"], row["not_sure"]["accuracy_interval"]),
            percent(row["sure_and_wrong"]),
        ]
        for name, row in record["covers"].items()
    ]
    return table("covered by | accuracy (95 % interval) | sure of | right where sure | sure and wrong", rows)


PARTS = {
    "index": index,
    "headline": headline,
    "counts": counts,
    "results": results,
    "another_seed": another_seed,
    "emotions": emotions,
    "robustness": robustness,
    "faults": faults,
    "calibration": calibration,
    "heads": heads,
    "covers": covers,
    "calibration_short": calibration_short,
    "robustness_short": robustness_short,
}
