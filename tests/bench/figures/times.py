"""Figures of how long things take, and of what the page bears."""

from tests.bench.figures.markdown import not_measured, read_measured, table


def waits(records):
    """What whoever starts the page, visits it or trains waits for."""
    named = {
        "app start to page served": "`uv run app.py` until the page is there",
        "page: chart of a 12-megapixel photo": "the chart of a 12-megapixel photo, after its upload",
        "page: first map of a 12-megapixel photo": "the first heat map, after the upload",
        "page: last map of a 12-megapixel photo": "the last one, after the upload",
    }
    record = read_measured("speed") or {}
    rows = [
        [named[row["what"]], f"{row['seconds']:.1f} seconds"]
        for part in record.values()
        for row in part["rows"]
        if row["what"] in named
    ]
    trained = records["emotion"]
    faces = sum(trained["counts"]["train"].values())
    rows.append(
        [f"`uv run train.py` with FER2013's {faces:,} training faces", f"{trained['seconds'] / 3600:.1f} hours"]
    )
    return table("what you wait for, on 2 cores | time", rows)


def bears(_):
    """How many visitors a small machine bears."""
    record = read_measured("load")["visitors"]
    row = next(row for row in record["visitors"] if row["visitors"] == 16)
    return (
        f"A machine with 2 cores answers {row['per_minute']:.0f} photos a minute, each with its last map. With "
        f"{row['visitors']} visitors at once, 19 of 20 photos have their chart within {row['to_chart']['p95']:.0f} "
        f"seconds and their last map within {row['to_map']['p95']:.0f}."
    )


def speed(_):
    """How long things take, against the plain way of doing the same."""
    record = read_measured("speed") or {}
    rows = []
    for name, part in record.items():
        for row in part["rows"]:
            against = f"{row['plain_way']}: {row['plain'] / row['seconds']:.1f} times as long" if row["plain"] else ""
            rows.append([f"`{name}`", row["what"], f"{row['seconds']:.2g}", against])
    taken = sorted({f"{part['machine']}, {part['date']}" for part in record.values()})
    return "\n".join([table("part | what | seconds | the plain way", rows), "", f"({'; '.join(taken)})"])


def engines(_):
    """How fast ways to run the network are."""
    if (record := read_measured("engines")) is None:
        return not_measured("engines")
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
        f"{table(header, rows)}\n\n({record['machine']}.)\n\n"
        f"The page, with all that it loads, starts in {now['start']:.1f} s and then holds {now['megabytes']:,.0f} MB; "
        f"with {lightest['engine'].split(',')[0]} in TensorFlow's place it would take {start:.2f} times as long and "
        f"{memory:.2f} times as much. The quickest explanation by the same probabilities takes {time:.2f} times as "
        f"long as the page's. So another engine is {'' if worth_it else 'not '}worth it."
    )


def load(_):
    """What happened under load, attack and neglect."""
    record = read_measured("load") or {}
    rows = []
    for name, say in LOAD.items():
        for part in sorted(part for part in record if part.split()[0] == name):
            where = f"{record[part]['machine']}, {record[part]['date']}"
            rows += [[part, *cells, where] for cells in say(record[part])]
        if not any(part.split()[0] == name for part in record):
            rows.append([name, "not run on a quiet machine yet", "", ""])
    return table("run | what was done | what was seen | machine and date", rows) + _room(record.get("visitors"))


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


def _visitors_rows(result):
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


def _files_rows(result):
    outcomes = "; ".join(f"{count:,} x {outcome}" for outcome, count in result["outcomes"].items())
    yield (
        f"{result['files']:,} picture files, with odd metadata or damaged, beside Chromium",
        f"{len(result['wrong'])} undamaged ones lose what Chromium shows whole ({outcomes})",
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


def _curve_rows(result):
    first = result["rows"][0]
    for row in result["rows"]:
        yield (
            f"{row['replicas']} replicas whose network only sleeps, {result['sleep']} s at a time",
            f"{row['per_minute']:.0f} maps a minute, {row['per_minute'] / first['per_minute']:.1f} times as many as "
            f"{first['replicas']}",
        )


def _mirror_rows(result):
    browser, crowd, busy = result["browser"], result["crowd"], result["crowd_with_photos"]
    taken = "/".join(f"{part:.0f}" for part in browser["milliseconds"].values())
    yield (
        "one live mirror, in Chromium on the same machine",
        f"{browser['answers_a_second']:.1f} answers a second; p50/p95/p99 {taken} ms from a camera's frame to the bars",
    )
    yield (
        f"{crowd['mirrors']} live mirrors at once, as many as are let in",
        f"{min(crowd['answers_a_second']):.1f} to {max(crowd['answers_a_second']):.1f} answers a second each",
    )
    alone, beside = (photos["to_map"]["p50"] for photos in (result["photos_alone"], busy["photos"]))
    yield (
        f"{busy['mirrors']} at once, and one photo after the other",
        f"{min(busy['answers_a_second']):.1f} to {max(busy['answers_a_second']):.1f} answers a second each; p50 "
        f"{beside:.1f} s from a photo to its map, without mirrors {alone:.1f} s",
    )


def _memory_rows(result):
    parts = [f"{row['what']} {row['anonymous']:,.0f} + {row['file']:,.0f} MB" for row in result["rows"]]
    data, files = (sum(row[kind] for row in result["rows"]) for kind in ("anonymous", "file"))
    yield (
        "what the page holds, by part: its own data + programs' files, which processes share",
        f"{'; '.join(parts)}. In all {data:,.0f} + {files:,.0f} MB",
    )


def _small_rows(result):
    limit = f"{result['bytes'] / 1e9:.0f} GB of memory" if result["bytes"] else "memory not limited"
    yield (
        f"a page on one core, without AVX-512, {limit}",
        f'there after {result["seconds_to_page"]:.0f} s; says "{result["terminal"]}"'
        f"{', and so to the visitor' if result['said_to_visitor'] else ''}; {result['to_chart']:.1f} s to the chart, "
        f"{result['to_first_map']:.1f} s to the first map, {result['to_map']:.1f} s to the last; "
        f"{result['megabytes']:,.0f} MB at most",
    )


LOAD = {
    "visitors": _visitors_rows,
    "mirror": _mirror_rows,
    "soak": _soak_rows,
    "faults": _faults_rows,
    "fuzz": _fuzz_rows,
    "files": _files_rows,
    "replicas": _replicas_rows,
    "curve": _curve_rows,
    "memory": _memory_rows,
    "small": _small_rows,
}

PARTS = {"waits": waits, "bears": bears, "speed": speed, "engines": engines, "load": load}
