"""Figures of the trainings: commands, times, teachers, and the ways that were tried."""

from tests.bench.figures.markdown import not_measured, percent, read_measured, recipe_of, table


def recipes(records):
    """What to expect of each recipe: size, accuracy, recall, time."""
    rows = []
    for record in records.values():
        report = record["validation"]
        worst = min(report["recall"], key=report["recall"].get)
        rows.append(
            [
                recipe_of(record),
                f"{record['parameters'] / 1e6:.2f}",
                percent(report["accuracy"]),
                percent(report["mean_recall"]),
                f"{report['recall'][worst]:.0%} ({worst})",
                " + ".join(str(len(one["epochs"])) for one in (*record.get("teachers", []), record)),
                f"{record['seconds'] / 60:.0f}",
            ]
        )
    return table(
        "recipe | million parameters | accuracy | mean recall | worst recall | epochs | minutes",
        rows,
    )


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
                f"{record['multiply_adds'] / 1e6:.0f}",
                f"{machine['system']}, {machine['processor']}, {machine['cores']} cores",
                f"Keras {record['versions']['keras']}, TensorFlow {record['versions']['tensorflow']}",
                record["written"][:10],
            ]
        )
    return table("command | minutes | chosen epoch | million multiply-adds | machine | libraries | finished", rows)


def teachers(records):
    """What each network that had teachers is worth, and they: on validation, in its chosen epoch."""
    rows = []
    for record in records.values():
        if taught := record.get("teachers"):
            *teachers, student = (percent(_chosen(one)["validation_accuracy"]) for one in (*taught, record))
            rows.append([recipe_of(record), ", ".join(teachers), student])
    return table("recipe | teachers | student", rows)


def _chosen(network):
    return network["epochs"][network["chosen_epoch"] - 1]


def experiments(_):
    """Ways to train that were tried."""
    if (record := read_measured("experiments")) is None:
        return not_measured("experiments")
    rows = [
        [
            one["what"],
            percent(one["accuracy"]),
            percent(one["accuracy_without_copies"]),
            percent(one["mean_recall"]),
            percent(one["worst_recall"]),
            percent(one["agreement"]),
            percent(one["calibration_error"]),
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
    how = f"{record['epochs']} epochs each, seed {record['rows'][0]['seed']}."
    return f"{table(columns, rows)}\n\n{how}"


def sizes(_):
    """Networks of several sizes by one recipe."""
    if (record := read_measured("sizes")) is None:
        return not_measured("sizes")
    rows = [
        [
            one["what"],
            str(one["seed"]),
            f"{one['multiply_adds'] / 1e6:.0f}",
            f"{one['parameters'] / 1e6:.2f}",
            percent(one["accuracy"]),
            percent(one["mean_recall"]),
            f"{one['most_points_lost']:.1f}",
            f"{one['seconds'] / 60:.0f}",
        ]
        for one in record["rows"]
    ]
    columns = (
        "network | seed | million multiply-adds | million parameters | accuracy | mean recall "
        "| most points lost on worse faces | minutes"
    )
    machines = " and ".join(sorted({one["machine"] for one in record["rows"]}))
    return f"{table(columns, rows)}\n\n{record['epochs']} epochs each, on {machines}."


PARTS = {
    "recipes": recipes,
    "training": training,
    "teachers": teachers,
    "experiments": experiments,
    "sizes": sizes,
}
