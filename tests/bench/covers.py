"""How often the page's network is right, and sure, about validation faces with eyes or mouth covered.

    uv run python -m tests.bench.covers --data fer2013    # minutes

Writes covers.json.
"""

from emotion.data.load import load_labelled
from emotion.measure.covers import measure_covers
from emotion.network.model import load_classifier
from tests.bench import command, record


def main():
    """Measure by the command line."""
    arguments = command.read_arguments(__doc__)
    classify, trained = load_classifier(record.MODELS)
    faces = load_labelled(arguments.data)["validation"]
    covers = measure_covers(classify, faces, trained["not_sure"])
    facts = {"machine": record.MACHINE, "weights": trained["sha256"], "faces": len(faces.labels)}
    record.write(arguments.output / "covers.json", facts | {"covers": covers})


if __name__ == "__main__":
    main()
