"""How long a document's sentences are: its words, its sentences, their median length and the length nine in ten keep.

    uv run python -m tests.bench.sentences README.md models/README.md

Front matter, headings, tables, code blocks, pictures and comments are left out. A link counts as its text, a piece of
code as one word. A list item or a paragraph that ends without a full stop is a sentence of its own.
"""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LEFT_OUT = re.compile(r"\A---\n.*?^---$|^```.*?^```$|<!--.*?-->|^ {4,}\S[^\n]*$", re.DOTALL | re.MULTILINE)
NO_PROSE = re.compile(r"^\s*(\||#|!\[)")
ITEM = re.compile(r"^\s*([-*]|\d+\.)\s+")
END = re.compile(r"(?<=[.!?])(?<!\bet al\.)(?<!\be\.g\.)(?<!\bi\.e\.)[\"'*)”’]*\s+(?=[\"'*(“‘`]*[A-Z0-9`])")


@dataclass(frozen=True)
class Lengths:
    """How long a document and its sentences are.

    Attributes:
        words: in all its sentences.
        sentences: how many there are.
        median, ninth: words of the middle sentence, and the most that nine in ten keep to.
        longest: the longest sentence.
    """

    words: int
    sentences: int
    median: float
    ninth: float
    longest: str


def main(argv=None):
    """Print the lengths of the documents on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path, nargs="+", metavar="document", help="a Markdown file")
    for document in parser.parse_args(argv).documents:
        found = measure(document.read_text(encoding="utf-8"))
        print(
            f"{document}: {found.words:,} words, {found.sentences} sentences, "
            f"median {found.median:g} words, nine in ten at most {found.ninth:g}; longest: {found.longest}"
        )


def measure(text):
    """The Lengths of a Markdown text with at least one sentence."""
    found = list(sentences(text))
    counts = [len(sentence.split()) for sentence in found]
    return Lengths(
        sum(counts), len(counts), float(np.median(counts)), float(np.percentile(counts, 90)), max(found, key=len)
    )


def sentences(text):
    """Yield each sentence (str) of a Markdown text."""
    for paragraph in _paragraphs(LEFT_OUT.sub("", text)):
        plain = re.sub(r"`[^`]*`", "Code", paragraph)
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", plain)
        plain = plain.replace("*", "")
        yield from (part for part in END.split(plain) if re.search(r"\w", part))


def _paragraphs(text):
    """Yield paragraphs and list items, each on one line."""
    lines = []
    for line in [*text.splitlines(), ""]:
        ends = not line.strip() or NO_PROSE.match(line) or ITEM.match(line)
        if ends and lines:
            yield " ".join(lines)
            lines = []
        if line.strip() and not NO_PROSE.match(line):
            lines.append(ITEM.sub("", line).strip())


if __name__ == "__main__":
    main()
