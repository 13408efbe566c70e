from tests.bench.sentences import measure, sentences

DOCUMENT = """---
title: Front matter. Not a sentence.
---
# A heading. Not a sentence

<!-- A comment. -->
First [sentence](there.md#a.b) of three words more. Is `app.py --port 1` one?
It runs over
two lines, says et al. Here (arXiv) and 3.5.

| a table. | A row |
| --- | --- |
- an item without a stop
- **Two.** Sentences here.

    code. Not a sentence.

```python
code. Not either.
```
![A picture. Of something](x.png)
Last.
"""


def test_prose_is_cut_into_sentences_and_all_else_left_out():
    assert list(sentences(DOCUMENT)) == [
        "First sentence of three words more.",
        "Is Code one?",
        "It runs over two lines, says et al. Here (arXiv) and 3.5.",
        "an item without a stop",
        "Two.",
        "Sentences here.",
        "Last.",
    ]


def test_lengths_are_counted_in_words():
    found = measure("One two three. One two. One.\n\n" + "Word " * 10)
    assert (found.words, found.sentences, found.median) == (16, 4, 2.5)
    assert found.longest == ("Word " * 10).strip()
