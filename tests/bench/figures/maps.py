"""Figures of how far the map can be trusted."""

from tests.bench.figures.markdown import not_measured, number_with_interval, read_measured, table

FIT, HIDDEN = "R² over any share hidden, median, {}", "{} random regions hidden, points off, {{}}"
SURE, BOTH = "sure (85% or more)", ("superpixels", "face parts")
SHORT = {
    "a part hidden alone, as it is said: most points off": [("a part hidden alone, most points off", "face parts")],
    "R² over any share hidden, median: all / sure faces": [(FIT, "all"), (FIT, SURE)],
    "3 / 8 / 22 random regions hidden, as the map adds up: points off": [
        (HIDDEN.format(many), "all") for many in (3, 8, 22)
    ],
    **{
        f"deletion / insertion area over stock lime's, {kind}": [
            (f"{way}, blur, over stock", kind) for way in ("deletion", "insertion")
        ]
        for kind in BOTH
    },
    "stability over ten seeds: superpixels / face parts": [("spearman, 10 seeds", kind) for kind in BOTH],
    "95 % intervals cover: superpixels / face parts": [("coverage, 10 seeds", kind) for kind in BOTH],
    "sets that the network confirms, share / most queries for both": [
        ("sets that the network confirms, share of faces", "face parts"),
        ("queries for both sets, most", "face parts"),
    ],
    "seconds to measured alone / first map / last map": [
        (f"seconds to {what}", "superpixels") for what in ("alone", "first", "last")
    ],
}
"""Lines of the card's short table; each has the names of its rows in the record, with a place for whose, and kinds."""


def trust_short(_):
    """How far the map can be trusted, in a few lines, beside stock lime."""
    if (record := read_measured("explanation")) is None:
        return not_measured("explanation")
    found = {(row["what"], row["kind"]): row for row in record["rows"]}
    rows = []
    for label, names in SHORT.items():
        ours, stock = ([found.get((what.format(whose), kind)) for what, kind in names] for whose in ("ours", "stock"))
        if None not in ours:
            rows.append([label, _values(ours), "" if stock == ours else _values(stock), _bars(ours), _met(ours)])
    judged = [row["met"] for row in record["rows"] if row["met"] is not None]
    counted = f"Of all {len(judged)} bars, {sum(judged)} are met."
    return f"{table('what | ours | stock lime | bar | met', rows)}\n\n{counted} {_where(record)}"


def trust(_):
    """How far the map can be trusted: all that was measured, its bar, and whether it is met."""
    if (record := read_measured("explanation")) is None:
        return not_measured("explanation")
    rows = [
        [row["what"], row["kind"], _values([row]), row["bar"], _met([row]), str(row["faces"])] for row in record["rows"]
    ]
    return f"{table('what | of | measured | bar | met | faces', rows)}\n\n{_where(record)}"


def _values(rows):
    return " / ".join("-" if row["values"] is None else number_with_interval(row["values"]) for row in rows)


def _bars(rows):
    return " / ".join(dict.fromkeys(row["bar"] for row in rows))


def _met(rows):
    return " / ".join(dict.fromkeys({None: "", True: "yes", False: "no"}[row["met"]] for row in rows))


def _where(record):
    few = "Preliminary, on few faces. " if record["preliminary"] else ""
    return f"({few}{record['machine']}.)"


PARTS = {"trust_short": trust_short, "trust": trust}
