"""Fill the figures into all documents: after new weights, or a new record.

uv run python -m tests.bench.figures
"""

from tests.bench.figures.documents import DOCUMENTS, filled_in


def main():
    """Write each document anew."""
    for document in DOCUMENTS:
        document.write_text(filled_in(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
