"""Figures of how far the map can be trusted, and of what was tried for it."""

from tests.bench.figures.markdown import not_measured, number_with_interval, read_measured, table

SHORT = {
    "R² on held-out samples, median": "held-out R² of the top emotion, median",
    "deletion over random order": "deletion, blur, over random order",
    "insertion over random order": "insertion, blur, over random order",
    "stability over ten seeds": "last map: stability: Spearman, 10 seeds",
    "95 % interval covers": "last map: coverage of the 95 % interval (20,000 samples)",
}
"""Columns of the card's short table, and the rows of the whole one that they show."""


def trust_short(_):
    """How far maps can be trusted, in one row for each kind of regions."""
    record = read_measured("explanation")
    if record is None or not record["rows"]:
        return not_measured("maps")
    values = {(row["kind"], row["what"]): row["values"] for row in record["rows"]}
    rows = [
        [kind, *(number_with_interval(values[kind, what]) for what in SHORT.values())]
        for kind in dict.fromkeys(kind for kind, _ in values)
    ]
    return table(f"regions | {' | '.join(SHORT)}", rows)


def trust(_):
    """How far maps can be trusted: measure, bar and whether it is met, by kind of regions."""
    record = read_measured("explanation")
    if record is None or not record["rows"]:  # trust --faces 0 measures the fit's thresholds only
        return not_measured("maps")
    rows = [
        [
            one["what"],
            one["kind"],
            number_with_interval(one["values"]),
            one["bar"],
            {None: "", True: "yes", False: "no"}[one["met"]],
            str(one["faces"]),
        ]
        for one in record["rows"]
    ]
    start = "Preliminary, on few faces; the whole takes 30 of each emotion.\n\n" if record["preliminary"] else ""
    return f"{start}{table('what | regions | measured | bar | met | faces', rows)}\n\n({record['machine']}.)"


RATIO = ("ratio", "low", "high")


def fit(_):
    """What a fit is worth, by fifths of the tuning faces' maps."""
    if (record := read_measured("explanation")) is None:
        return not_measured("maps")
    found = record["fit"]
    rows = [
        [
            f"{one['from']:.2f} to {one['to']:.2f}",
            str(one["maps"]),
            number_with_interval([one[key] for key in RATIO]),
            f"{one['unsafe']:.0%}",
        ]
        for one in found["bins"]
    ]
    lines = table("R² | maps | deletion area over random order's (95 % interval) | maps above 0.8 of it", rows)
    return (
        f"{lines}\n\nOf {found['maps']} maps of {found['faces']} tuning faces. The page calls a fit below "
        f"{found['useless_below']:.2f} poor, one from {found['good_from']:.2f} on good.\n\n"
        "![What a map is worth by its fit](explanation-fit.png)"
    )


def designs(_):
    """Ways to hide regions that were tried."""
    return _tried("designs", "spearman | jaccard | fit | fit_any | gap")


def fills(_):
    """What was tried in the place of hidden regions."""
    return _tried("fills", "fit | gap")


def _tried(name, columns):
    if (record := read_measured("explanation-tried")) is None:
        return not_measured("tried")
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
    lines = table(f"{header} | deletion ({' / '.join(judges)}) | insertion", rows)
    return f"{lines}\n\n({record['faces']} tuning faces, {record['samples']} samples a map, {record['machine']}.)"


PARTS = {
    "trust_short": trust_short,
    "trust": trust,
    "fit": fit,
    "designs": designs,
    "fills": fills,
}
