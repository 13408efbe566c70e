"""Figures of how far the map can be trusted."""

from tests.bench.figures.markdown import not_measured, number_with_interval, read_measured, table

BOTH = ("superpixels", "face parts")
SHORT = {
    "what is said of a part hidden alone, most points off": ("a part hidden alone, most points off", ("face parts",)),
    "R² over any share hidden, median": ("R² over any share hidden, median, {}", ("all",)),
    "the same, where the network is sure": ("R² over any share hidden, median, {}", ("sure (85% or more)",)),
    "3 random parts hidden, points off": ("3 random regions hidden, points off, {}", ("all",)),
    "8 of them": ("8 random regions hidden, points off, {}", ("all",)),
    "22 of them": ("22 random regions hidden, points off, {}", ("all",)),
    "deletion area over stock lime's, superpixels": ("deletion, blur, over stock", ("superpixels",)),
    "insertion area over stock lime's, superpixels": ("insertion, blur, over stock", ("superpixels",)),
    "stability over ten seeds (superpixels / face parts)": ("spearman, 10 seeds", BOTH),
    "the 95 % interval covers (superpixels / face parts)": ("coverage, 10 seeds", BOTH),
    "sets that the network confirms, share": ("sets that the network confirms, share of faces", ("face parts",)),
    "most queries for the two sets": ("queries for both sets, most", ("face parts",)),
    "seconds to the last map": ("seconds to last", ("superpixels",)),
    "times as fast as stock lime's usual call": (
        "times as fast as the user's own call (SLIC 100, 10,000 samples by tens, Keras predict)",
        ("superpixels",),
    ),
}
"""Lines of the card's short table; each has the name of its rows in the record, with a place for whose, and kinds."""


def trust_short(_):
    """How far the map can be trusted, in a few lines, beside stock lime."""
    if (record := read_measured("explanation")) is None:
        return not_measured("explanation")
    found = {(row["what"], row["kind"]): row for row in record["rows"]}
    rows = []
    for label, (name, kinds) in SHORT.items():
        ours, stock = ([found.get((name.format(whose), kind)) for kind in kinds] for whose in ("ours", "stock"))
        if None not in ours:
            rows.append([label, _values(ours), _values(stock) if "{}" in name else "", _bars(ours), _met(ours)])
    return f"{table('what | ours | stock lime | bar | met', rows)}\n\n{_where(record)}"


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
