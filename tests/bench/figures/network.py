"""The records in models/ go in; the figures of README.md and of the model card come out.

    uv run tests/figures.py    # after new weights or a new record: fills both documents in

Every figure stands between a line with "figures: name" and one with "end of figures";
tests/test_docs.py checks that these parts are what the records give.
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(ROOT := Path(__file__).parents[1]))

from emotion import EMOTIONS
from emotion.measure.evaluate import robustness_table

DOCUMENTS = (ROOT / "README.md", ROOT / "models" / "README.md")
STEMS = ("emotion", "emotion-seed1", "seed")
"""The page's weights; the same training with another seed; the handcrafted network."""
PART = re.compile(
    r"^(?P<begin>[^\n]*figures: (?P<name>\w+)\b[^\n]*\n)(?P<figures>.*?)(?P<end>^[^\n]*end of figures[^\n]*$)",
    re.MULTILINE | re.DOTALL,
)


def main():
    """Fill in both documents."""
    for document in DOCUMENTS:
        document.write_text(filled_in(document.read_text(encoding="utf-8")), encoding="utf-8")


def filled_in(text):
    """A document's text with all of its figures as the records give them."""
    records = read_records()
    return PART.sub(lambda part: f"{part['begin']}{PARTS[part['name']](records)}\n{part['end']}", text)


def read_records():
    """Dict from stem to record, of the records that are there."""
    files = {stem: ROOT / "models" / f"{stem}.json" for stem in STEMS}
    return {stem: json.loads(file.read_text(encoding="utf-8")) for stem, file in files.items() if file.is_file()}


def read_measured(name):
    """What tests/bench.py wrote to models/<name>.json, or None where it has not been run."""
    file = ROOT / "models" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


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


def recipes(records):
    """One row a network: size, accuracy, recall, calibration, time."""
    rows = []
    for record in records.values():
        report, votes = record["validation"], record["validation"]["votes"]
        worst = min(report["recall"], key=report["recall"].get)
        rows.append(
            [
                _recipe(record),
                f"{record['parameters'] / 1e6:.2f}",
                f"{record['multiply_adds'] / 1e6:.0f}",
                _percent(report["accuracy"]),
                _percent(record["validation_without_copies"]["accuracy"]),
                _percent(report["mean_recall"]),
                f"{report['recall'][worst]:.0%} ({worst})",
                _percent(votes["agreement"]),
                _percent(report["cross_fitted"]["calibration_error"]),
                " + ".join(str(len(one["epochs"])) for one in (*record.get("teachers", []), record)),
                f"{record['seconds'] / 60:.0f}",
            ]
        )
    return _table(
        "recipe | million parameters | million multiply-adds | accuracy | without copies | mean recall "
        "| worst recall | agreement with FER+ | calibration error | epochs | minutes",
        rows,
    )


def counts(records):
    """Faces by emotion."""
    by_split = records["emotion"]["counts"]
    rows = [
        [split, *map(str, by_emotion.values()), f"{sum(by_emotion.values()):,}"]
        for split, by_emotion in by_split.items()
    ]
    return _table(" | ".join(["faces", *EMOTIONS, "all"]), rows)


def training(records):
    """Command, time and machine of each training."""
    rows = []
    for record in records.values():
        given, machine = record["arguments"], record["machine"]
        options = " ".join(f"--{name} {given[name]}" for name in ("recipe", "labels", "epochs", "seed"))
        rows.append(
            [
                f"`uv run train.py --data path/to/fer2013 {options}`",
                f"{record['seconds'] / 60:.0f}",
                f"{record['chosen_epoch']}",
                f"{machine['system']}, {machine['processor']}, {machine['cores']} cores",
                f"Keras {record['versions']['keras']}, TensorFlow {record['versions']['tensorflow']}",
                record["written"][:10],
            ]
        )
    return _table("command | minutes | chosen epoch | machine | libraries | finished", rows)


def results(records):
    """Accuracy with its interval, with and without copies, against labels and voters."""
    rows = []
    for record in records.values():
        report, alone = record["validation"], record["validation_without_copies"]
        votes = report["votes"]
        rows.append(
            [
                _recipe(record),
                _with_interval(report["accuracy"], report["accuracy_interval"]),
                _with_interval(alone["accuracy"], alone["accuracy_interval"]),
                _percent(report["mean_recall"]),
                _with_interval(votes["agreement"], votes["agreement_interval"]),
                _percent(votes["label_agreement"]),
            ]
        )
    return _table(
        "recipe | accuracy (95 % interval) | without copies | mean recall | agreement with FER+ (95 % interval) "
        "| FER2013's label agrees with FER+",
        rows,
    )


def teachers(records):
    """What each network that had teachers is worth, and they: on validation, in its chosen epoch."""
    rows = []
    for record in records.values():
        if taught := record.get("teachers"):
            networks = (*taught, record)
            rows.append([_recipe(record), *(_percent(_chosen(one)["validation_accuracy"]) for one in networks)])
    return _table("recipe | first teacher | second teacher | pupil", rows)


def _chosen(network):
    return network["epochs"][network["chosen_epoch"] - 1]


def another_seed(records):
    """How far the same training with another seed lands from the page's weights."""
    first, second = (records[stem]["validation"] for stem in ("emotion", "emotion-seed1"))
    pairs = zip(robustness_table(first), robustness_table(second), strict=True)
    apart = [after["accuracy"] - before["accuracy"] for before, after in pairs]
    return (
        f"The same training with `--seed {records['emotion-seed1']['arguments']['seed']}` lands "
        f"{_apart(second['accuracy'] - first['accuracy'])} the page's weights, where at most 1 was wanted; on the same "
        f"faces made worse as in the {len(apart)} rows under Robustness it is {_apart(sum(apart) / len(apart))} them "
        "on average."
    )


def _apart(share):
    return f"{abs(100 * share):.1f} points {'above' if share > 0 else 'below'}"


def emotions(records):
    """Recall, precision and F1 by emotion."""
    header = ["emotion"]
    for record in records.values():
        header += [f"{_recipe(record)} {name}" for name in ("recall", "precision", "F1")]
    rows = [
        [
            emotion,
            *(
                _percent(record["validation"][name][emotion])
                for record in records.values()
                for name in ("recall", "precision", "f1")
            ),
        ]
        for emotion in EMOTIONS
    ]
    return _table(" | ".join(header), rows)


def robustness(records):
    """Accuracy on degraded faces."""
    tables = [robustness_table(record["validation"]) for record in records.values()]
    header = ["validation faces"]
    for record in records.values():
        header += [f"{_recipe(record)} accuracy", "worst", "points lost"]
    rows = []
    for same in zip(*tables, strict=True):
        cells = [(_percent(row["accuracy"]), _percent(row["worst"]), f"{100 * row['cost']:.1f}") for row in same]
        rows.append([same[0]["name"], *(cell for three in cells for cell in three)])
    return _table(" | ".join(header), rows)


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
    return _table(
        "fault | measure | warned of beyond | validation faces warned of, as they are | points lost by the worst bin "
        "| by the last",
        rows,
    )


def calibration(records):
    """Calibration error, and how often the network is sure."""
    rows = []
    for record in records.values():
        report, rule = record["validation"], record["not_sure"]
        honest = report["cross_fitted"]
        certainty = {"top": "highest probability", "gap": "gap between the highest two"}[rule["certainty"]]
        rows.append(
            [
                _recipe(record),
                f"{record['temperature']:.2f}",
                _percent(report["calibration_error"]),
                _percent(honest["calibration_error"]),
                f"{certainty} at least {rule['threshold']:.2f}",
                " / ".join(_percent(share) for share in rule["coverage"].values()),
                _percent(honest["not_sure"]["coverage"]),
                _percent(honest["not_sure"]["accuracy"]),
            ]
        )
    return _table(
        "recipe | temperature | calibration error | cross-fitted | sure where | would answer, by highest probability / "
        "by gap | answers, cross-fitted | of those right, cross-fitted",
        rows,
    )


def finding(_):
    """How many pasted faces are found, where, and what that costs in accuracy."""
    rows = [
        [
            name,
            f"{row['level']:g}",
            str(row["count"]),
            _with_interval(row["found"], row["found_interval"]),
            str(row["false_faces"]),
            f"{row['centre_error']:.1%}",
            f"{row['side_ratio']:.2f}",
            f"{_percent(row['given'])} / {_percent(row['framed'])}",
        ]
        for name, levels in read_measured("faces")["conditions"].items()
        for row in levels
    ]
    header = (
        "what is changed | to | faces | found (95 % interval) | false faces | centre off by | side, times the true one "
        "| accuracy as given / as found"
    )
    return _table(header, rows)


def variants(_):
    """How well the faces of licensed photos are found."""
    record = read_measured("faces")
    if "variants" not in record:
        return _not_measured("find")
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
    return _table(header, rows)


def portraits(_):
    """How often faces are found in portraits, and in pictures that have none, against dlib's HOG detector alone."""
    record = read_measured("faces")
    if not {"portraits", "without"} <= set(record):
        return _not_measured("find")
    with_face, without = record["portraits"], record["without"]
    chosen = {"portraits": with_face, "of these, taken for faces by FER+'s voters": with_face.get("taken_for_faces")}
    rows = [
        [
            name,
            str(rates["count"]),
            f"{rates['hog_found']:.1%}",
            _with_interval(rates["found"], rates["found_interval"]),
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
    return _table(header, rows)


def framing(_):
    """What finding and framing costs, by emotion."""
    rows = [
        [
            name,
            str(row["count"]),
            str(row["found"]),
            _percent(row["given"]),
            _percent(row["cut_again"]),
            _percent(row["framed"]),
            "-" if row["side_ratio"] is None else f"{row['side_ratio']:.2f}",
            _points_with_interval(row["lost"]),
        ]
        for name, row in read_measured("faces")["framing"].items()
    ]
    header = (
        "emotion | faces | found | of those right as given | as cut out where they were pasted | as found "
        "| side as found, times the true one | points lost as found (95 % interval)"
    )
    return _table(header, rows)


def trust(_):
    """How far maps can be trusted: measure, bar and whether it is met, by kind of regions."""
    record = read_measured("explanation")
    if record is None or not record["rows"]:  # trust --faces 0 measures the fit's thresholds only
        return _not_measured("trust")
    rows = [
        [
            one["what"],
            one["kind"],
            _number_with_interval(one["values"]),
            one["bar"],
            {None: "", True: "yes", False: "no"}[one["met"]],
            str(one["faces"]),
        ]
        for one in record["rows"]
    ]
    start = "Preliminary, on few faces; the whole takes 30 of each emotion.\n\n" if record["preliminary"] else ""
    return f"{start}{_table('what | regions | measured | bar | met | faces', rows)}\n\n({record['machine']}.)"


def fit(_):
    """What a fit is worth, by fifths of the tuning faces' maps."""
    if (record := read_measured("explanation")) is None:
        return _not_measured("trust")
    found = record["fit"]
    rows = [
        [
            f"{one['from']:.2f} to {one['to']:.2f}",
            str(one["maps"]),
            _number_with_interval([one[key] for key in RATIO]),
            f"{one['unsafe']:.0%}",
        ]
        for one in found["bins"]
    ]
    table = _table("R² | maps | deletion area over random order's (95 % interval) | maps above 0.8 of it", rows)
    return (
        f"{table}\n\nOf {found['maps']} maps of {found['faces']} tuning faces. The page calls a fit below "
        f"{found['useless_below']:.2f} poor, one from {found['good_from']:.2f} on good.\n\n"
        "![What a map is worth by its fit](explanation-fit.png)"
    )


def judges(records):
    """What each judge of the default network is worth."""
    rows = [
        [judge, _percent(worth["accuracy"]), _percent(worth["agreement"])]
        for judge, worth in records["emotion"]["judges"].items()
    ]
    return _table("judge that learned from the | right by FER2013's labels | agreement with FER+", rows)


def frames(_):
    """Where boxes and landmarks lie in FER2013's frames."""
    if (record := read_measured("frames")) is None:
        return _not_measured("frames")
    rows = [
        [name, str(row["count"]), str(row["found"])]
        + [f"{median:.3f} ± {scatter:.3f}" for median, scatter in (row["side"], row["across"], row["down"])]
        for name, row in record["rows"].items()
    ]
    return _table("what | faces | found | side | across | down", rows)


def experiments(_):
    """Ways to train that were tried."""
    if (record := read_measured("experiments")) is None:
        return _not_measured("experiments")
    rows = [
        [
            one["what"],
            _percent(one["accuracy"]),
            _percent(one["accuracy_without_copies"]),
            _percent(one["mean_recall"]),
            _percent(one["worst_recall"]),
            _percent(one["agreement"]),
            _percent(one["calibration_error"]),
            f"{one['most_points_lost']:.1f}",
            f"{one['seconds'] / 60:.0f}",
            one["machine"],
        ]
        for one in record["rows"]
    ]
    columns = (
        "what | accuracy | without copies | mean recall | worst recall | agreement with FER+ "
        "| calibration error | most points lost on worse faces | minutes | machine"
    )
    how = f"{record['epochs']} epochs each, seed {record['seed']}."
    return f"{_table(columns, rows)}\n\n{how}"


def designs(_):
    """Ways to hide regions that were tried."""
    return _tried("designs", "spearman | jaccard | fit | fit_any | gap")


def fills(_):
    """What was tried in the place of hidden regions."""
    return _tried("fills", "fit | gap")


def _tried(name, columns):
    if (record := read_measured("explanation-tried")) is None:
        return _not_measured("tried")
    judges = list(record[name][0]["deletion"])
    rows = [
        [
            one["kind"],
            one["way"],
            *(f"{one[column]:.2f}" for column in columns.split(" | ")),
            *(" / ".join(f"{one[curve][judge][0]:.2f}" for judge in judges) for curve in ("deletion", "insertion")),
        ]
        for one in record[name]
    ]
    titles = {
        "spearman": "Spearman, 2 seeds",
        "jaccard": "top-5 Jaccard",
        "fit": "R² (held out)",
        "fit_any": "R² with any share hidden",
        "gap": "sum off by",
    }
    header = " | ".join(["regions", "way", *(titles[column] for column in columns.split(" | "))])
    table = _table(f"{header} | deletion ({' / '.join(judges)}) | insertion", rows)
    return f"{table}\n\n({record['faces']} tuning faces, {record['samples']} samples a map, {record['machine']}.)"


def engines(_):
    """How fast ways to run the network are."""
    if (record := read_measured("engines")) is None:
        return _not_measured("engines")
    rows = [
        [
            one["engine"],
            f"{one['thousand']:.2f}",
            f"{1000 * one['one']:.1f}",
            f"{one['explanation']:.2f}",
            f"{one['start']:.1f}",
            f"{one['megabytes']:.0f}",
            f"{one['largest_difference']:.1g}" if "largest_difference" in one else "-",
        ]
        for one in record["rows"]
    ]
    header = (
        "engine | seconds for 1,000 faces | milliseconds for one | seconds for an explanation, all samples "
        "| seconds to start | megabytes | largest difference of a probability"
    )
    now, without = record["page"]["as it is"], record["page"]["without TensorFlow"]
    lightest = min(record["rows"], key=lambda one: one["start"])
    start = (without["start"] + lightest["start"]) / now["start"]
    memory = (without["megabytes"] + lightest["megabytes"]) / now["megabytes"]
    used = next(one for one in record["rows"] if one["engine"] == "tf.function, batches of 256")
    same = [one for one in record["rows"] if one.get("largest_difference", 1) < 1e-3]
    quickest = min(same, key=lambda one: one["explanation"])
    time = quickest["explanation"] / used["explanation"]
    worth_it = time <= 2 / 3 or max(start, memory) <= 1 / 2
    return (
        f"{_table(header, rows)}\n\n({record['machine']}.)\n\n"
        f"The page, with all that it loads, starts in {now['start']:.1f} s and then holds {now['megabytes']:,.0f} MB; "
        f"with {lightest['engine'].split(',')[0]} in TensorFlow's place it would take {start:.2f} times as long and "
        f"{memory:.2f} times as much. The quickest explanation by the same probabilities takes {time:.2f} times as "
        f"long as the page's. So another engine is {'' if worth_it else 'not '}worth it."
    )


RATIO = ("ratio", "low", "high")


def waits(_):
    """What a visitor, and whoever starts the page, waits for."""
    named = {
        "app start to page served": "`uv run app.py` until the page is there",
        "page: chart of a 12-megapixel photo": "the chart of a 12-megapixel photo, after its upload",
        "page: first map of a 12-megapixel photo": "the first heat map, after the upload",
        "page: last map of a 12-megapixel photo": "the last one, after the upload",
    }
    record = read_measured("speed") or {}
    rows = [
        [named[row["what"]], f"{row['seconds']:.1f}"]
        for part in record.values()
        for row in part["rows"]
        if row["what"] in named
    ]
    return _table("what you wait for | seconds", rows)


def speed(_):
    """How long things take, against the plain way of doing the same."""
    record = read_measured("speed") or {}
    rows = []
    for name, part in record.items():
        for row in part["rows"]:
            against = f"{row['plain_way']}: {row['plain'] / row['seconds']:.1f} times as long" if row["plain"] else ""
            rows.append([f"`{name}`", row["what"], f"{row['seconds']:.2g}", against])
    taken = sorted({f"{part['machine']}, {part['date']}" for part in record.values()})
    return "\n".join([_table("part | what | seconds | the plain way", rows), "", f"({'; '.join(taken)})"])


def load(_):
    """What happened under load, attack and neglect."""
    file = ROOT / "models" / "load.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    rows = []
    for name, say in LOAD.items():
        for part in sorted(part for part in record if part.split()[0] == name):
            where = f"{record[part]['machine']}, {record[part]['date']}"
            rows += [[part, *cells, where] for cells in say(record[part])]
        if not any(part.split()[0] == name for part in record):
            rows.append([name, "has not been run on a quiet machine yet", "", ""])
    return _table("run | what was done | what was seen | machine and date", rows) + _room(record.get("load"))


def _room(result):
    if result is None:
        return ""
    first, *_, last = result["visitors"]
    each = (last["megabytes"] - first["megabytes"]) / (last["visitors"] - first["visitors"])
    seconds = 60 / max(row["per_minute"] for row in result["visitors"])
    return (
        f"\n\nSo a page needs {first['megabytes'] / 1000:.1f} GB and {each:.0f} MB more for each visitor at the same "
        f"time; a photo with its map keeps all cores of that machine busy for {seconds:.1f} s."
    )


def _load_rows(result):
    for row in result["visitors"]:
        chart, heat_map = ("/".join(f"{row[name][part]:.1f}" for part in row[name]) for name in ("to_chart", "to_map"))
        yield (
            f"{row['visitors']} at once, {result['each']} photos each",
            f"{row['answered']} answered, {row['rejected']} turned away, {row['wrong']} wrong (largest gap "
            f"{row['largest_gap']:.0e}); {row['per_minute']:.0f} a minute; p50/p95/p99 {chart} s to the chart, "
            f"{heat_map} s to the map; {row['megabytes']:.0f} MB",
        )


def _soak_rows(result):
    begin, *tenths = (f"{megabytes:,.0f}" for megabytes in result["megabytes"])
    yield (
        f"{result['analyses']:,} analyses, four at once",
        f"{result['wrong']} wrong; {begin} MB at the beginning, {', '.join(tenths)} after each tenth: "
        f"{result['megabytes_per_1000']:+.1f} MB per 1,000 in the second half; threads {result['threads_begin']} and "
        f"{result['threads_end']}; oldest file {result['oldest_file_seconds'] / 60:.1f} minutes; "
        f"{result['files_left']} files left after the end",
    )


def _faults_rows(result):
    page, training = result["page"], result["train"]
    yield (
        f"{page['kills']} times kill -9 of the page, {page['while_up']} of them after it was up",
        f"{page['unclean_starts']} starts with something left of another; afterwards the same answer to "
        f"{page['largest_gap_after']:.0e}, {page['folders_left']} folders left",
    )
    yield (
        f"{training['kills']} times kill -9 of train.py, then --resume",
        f"{training['finished']} trainings finished, {training['differing']} with other weights than one not killed",
    )


def _fuzz_rows(result):
    statuses = ", ".join(f"{count} x {status}" for status, count in result["statuses"].items())
    yield (
        f"{result['requests']:,} senseless or hostile requests",
        f"{len(result['telling'])} answers that tell what they must not ({statuses}); afterwards the same answer to "
        f"{result['largest_gap_after']:.0e}; {len(result['words_in_log'])} words of theirs in the log",
    )


def _replicas_rows(result):
    for row in result["runs"]:
        chart, heat_map = row["to_chart"]["p50"], row["to_map"]["p50"]
        yield (
            f"{row['visitors']} at once, {result['each']} photos each, "
            + (f"{row['replicas']} replicas" if row["replicas"] else "one process"),
            f"{row['per_minute']:.0f} a minute, {row['answered']} answered, {row['wrong']} wrong (largest gap "
            f"{row['largest_gap']:.0e}); p50 {chart:.1f} s to the chart, {heat_map:.1f} s to the map; processor time "
            f"of a photo {row['page_seconds']:.2f} s in the page's process, {row['other_seconds']:.2f} s in others; "
            f"{row['megabytes']:.0f} MB",
        )


LOAD = {
    "load": _load_rows,
    "soak": _soak_rows,
    "faults": _faults_rows,
    "fuzz": _fuzz_rows,
    "replicas": _replicas_rows,
}

PARTS = {
    "waits": waits,
    "speed": speed,
    "load": load,
    "index": index,
    "recipes": recipes,
    "counts": counts,
    "training": training,
    "results": results,
    "teachers": teachers,
    "another_seed": another_seed,
    "emotions": emotions,
    "robustness": robustness,
    "faults": faults,
    "calibration": calibration,
    "portraits": portraits,
    "variants": variants,
    "frames": frames,
    "finding": finding,
    "framing": framing,
    "judges": judges,
    "experiments": experiments,
    "trust": trust,
    "fit": fit,
    "designs": designs,
    "fills": fills,
    "engines": engines,
}


def _recipe(record):
    given = record["arguments"]
    return f"`--recipe {given['recipe']}{' --seed ' + str(given['seed']) if given['seed'] else ''}`"


def _percent(share):
    return "-" if share is None else f"{share:.1%}"


def _with_interval(share, interval):
    return f"{share:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _points_with_interval(shares):
    """[share, low, high] in points, or a dash for None."""
    if shares is None:
        return "-"
    points, low, high = (100 * share for share in shares)
    return f"{points:.1f} ({low:.1f} to {high:.1f})"


def _number_with_interval(values):
    """A number, or [number, low, high], to three digits."""
    if not isinstance(values, list):
        return f"{values:.3g}" if values < 1000 else f"{values:,.0f}"
    return f"{values[0]:.2f} ({values[1]:.2f} to {values[2]:.2f})"


def _not_measured(name):
    return f"Not measured for these weights yet: `uv run tests/bench.py {name} --data path/to/fer2013`."


def _table(header, rows):
    columns = header.count("|") + 1
    return "\n".join([f"| {header} |", "| --- " * columns + "|", *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    main()
