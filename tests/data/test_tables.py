import re

import numpy as np
import pytest

from emotion.data.load import load_faces, load_labelled
from tests.data.drawn import CSV_COLUMNS, csv_row, draw_face, every_emotion, load_unchanged, refusal, sizes, write_csv

# FER2013's csv, as Goodfellow et al. number it: 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral.
LABEL_OF_CSV_NUMBER = (0, 1, 2, 3, 5, 6, 4)


def assert_every_emotion(faces):
    """They are the faces of every_emotion(), whose csv number n has the pixels of draw_face(n)."""
    np.testing.assert_array_equal(faces.labels, LABEL_OF_CSV_NUMBER)
    np.testing.assert_array_equal(faces.pixels, [draw_face(number) for number in range(7)])


@pytest.mark.parametrize("given_as", ["file", "folder"])
def test_the_csv_is_read_with_its_own_order_of_emotions(tmp_path, given_as):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())
    splits = load_unchanged(tmp_path, file if given_as == "file" else tmp_path)
    assert list(splits) == ["train", "validation", "test"]
    for faces in splits.values():
        assert_every_emotion(faces)
    assert splits["train"].names[:2] == ("row 2", "row 3")
    assert splits["validation"].names[0] == "row 9"


@pytest.mark.parametrize("name", ["fer2013.csv", "FER2013.CSV", "icml_face_data.csv"])
@pytest.mark.parametrize("folder", ["", "fer2013/", "challenges/"])
def test_a_folder_that_holds_the_csv_is_read_also_one_deeper(tmp_path, name, folder):
    write_csv(tmp_path / f"{folder}{name}", every_emotion())
    assert sizes(load_unchanged(tmp_path)) == {"train": 7, "validation": 7, "test": 7}


HEADERS = {
    "another order": (("emotion", "Usage", "pixels"), "emotion,Usage,pixels"),
    "blanks before the names, as in icml_face_data.csv": (("emotion", "Usage", "pixels"), "emotion, Usage, pixels"),
    "a byte order mark": (CSV_COLUMNS, "\ufeffemotion,pixels,Usage"),
    "other cases": (CSV_COLUMNS, "Emotion,PIXELS,usage"),
    "quoted names": (CSV_COLUMNS, '"emotion","pixels", "Usage"'),
    "an index without a name": (("index", *CSV_COLUMNS), ",emotion,pixels,Usage"),
    "two indices, as pandas writes them": (
        ("index", "index", *CSV_COLUMNS),
        "Unnamed: 0.1,Unnamed: 0,emotion,pixels,Usage",
    ),
    "an index at the end": ((*CSV_COLUMNS, "index"), "emotion,pixels,Usage,id"),
}
CELLS = {
    "plain": "{}",
    "quoted": '"{}"',
    "after a blank": " {}",
    "quoted after a blank": ' "{}"',
    "blanks within quotes": '" {} "',
    "blanks around": "  {}  ",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("cell", CELLS)
def test_headers_and_cells_of_every_copy_in_use_are_read(tmp_path, header, cell):
    columns, names = HEADERS[header]
    rows = [{"index": str(number)} | row for number, row in enumerate(every_emotion())]
    lines = [names, *(",".join(CELLS[cell].format(row[column]) for column in columns) for row in rows)]
    (tmp_path / "fer2013.csv").write_text("\n".join(lines), encoding="utf-8")
    splits = load_unchanged(tmp_path)
    assert list(splits) == ["train", "validation", "test"]
    for faces in splits.values():
        assert_every_emotion(faces)


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
@pytest.mark.parametrize(
    ("usage", "split"),
    [("Training", "train"), ("PublicTest", "validation"), ("PrivateTest", "test"), ("val", "validation")],
)
def test_usage_is_understood_in_any_case_and_by_the_splits_names(tmp_path, usage, split, change):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion((change(usage),)))
    assert sizes(load_labelled(file)) == {split: 7}


def test_kaggles_train_csv_without_usage_is_read_and_its_unlabelled_test_csv_is_named(tmp_path):
    rows = [csv_row(number, pixels=draw_face(number, copy)) for number in range(7) for copy in range(10)]
    write_csv(tmp_path / "train.csv", rows, ("emotion", "pixels"))
    write_csv(tmp_path / "test.csv", rows, ("pixels",))
    splits = load_unchanged(tmp_path)
    assert sizes(splits) == {"train": 63, "validation": 7}
    assert [(one["count"], one["example"]) for one in splits.skipped] == [(1, "test.csv")]
    assert sizes(load_labelled(tmp_path)) == {"train": 70}
    assert sizes(load_labelled(tmp_path / "train.csv")) == {"train": 70}


def test_csv_files_named_after_splits_are_those_splits(tmp_path):
    for name, count in (("Train", 3), ("val", 1), ("testing", 2)):
        write_csv(tmp_path / f"{name}.csv", every_emotion(("",) * count), ("emotion", "pixels"))
    splits = load_unchanged(tmp_path)
    assert sizes(splits) == {"train": 21, "validation": 7, "test": 14}
    assert_every_emotion(splits["validation"])
    assert splits["validation"].names[0] == "val.csv row 2"


def test_a_csv_of_another_name_without_usage_is_measured_as_test_and_trained_on_with_a_drawn_split(tmp_path):
    file = write_csv(tmp_path / "mine.csv", every_emotion(("", "")), ("emotion", "pixels"))
    assert sizes(load_labelled(file)) == {"test": 14}
    assert sizes(load_faces(file)) == {"train": 7, "validation": 7}


def test_an_emotion_without_training_rows_is_refused_where_one_must_be_held_out(tmp_path):
    rows = [csv_row(number) for number in (0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6)]
    write_csv(tmp_path / "fer2013.csv", rows)
    assert "disgust" in refusal(tmp_path)


def test_a_csv_without_training_rows_is_refused_for_training(tmp_path):
    write_csv(tmp_path / "fer2013.csv", every_emotion(("PublicTest", "PrivateTest")))
    assert f"{tmp_path} has no training faces." in refusal(tmp_path)


@pytest.mark.parametrize("column", ["emotion", "pixels"])
def test_a_csv_without_a_column_is_refused(tmp_path, column):
    columns = [name for name in CSV_COLUMNS if name != column]
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(), columns)
    assert f"The file {file} has no column {column}." in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 1000, b"\x89PNG" + b"x" * 200_000])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    file = tmp_path / "faces.zip"
    file.write_bytes(content)
    assert str(file) in refusal(tmp_path, file)


BAD_ROWS = [
    *({"emotion": value} for value in ("7", "-1", "happy", "", "0.0")),
    *({"Usage": value} for value in ("Hidden", "trainingtest", "")),
    *({"pixels": " ".join(["7"] * count)} for count in (0, 1, 2303, 2305)),
    *(
        {"pixels": " ".join(["7"] * 2303 + [value])}
        for value in ("x", "256", "1000", "-1", "1.5", "99999999999999999999", "0x10")
    ),
]


@pytest.mark.parametrize("change", BAD_ROWS, ids=lambda change: " ".join([*change, *change.values()])[-12:])
def test_a_damaged_row_is_refused_by_its_number(tmp_path, change):
    rows = every_emotion()
    rows[3] |= change
    file = write_csv(tmp_path / "fer2013.csv", rows)
    assert f"Row 5 of {file} has " in refusal(tmp_path)


@pytest.mark.parametrize("columns", [CSV_COLUMNS, ("emotion", "Usage", "pixels")])
@pytest.mark.parametrize("num_fields", [1, 2])
def test_a_row_cut_short_is_refused(tmp_path, columns, num_fields):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(), columns)
    last = csv_row(6, "PrivateTest")
    with file.open("a", newline="") as lines:
        lines.write(",".join([last[column] for column in columns][:num_fields]))
    assert f"Row 23 of {file} has " in refusal(tmp_path)


@pytest.mark.parametrize("load", [load_faces, load_labelled])
@pytest.mark.parametrize("column", ["Set", "dataset", "Part"])
def test_whichever_column_has_names_of_splits_tells_them(tmp_path, column, load):
    rows = [{**row, column: row["Usage"]} for row in every_emotion()]
    file = write_csv(tmp_path / "faces.csv", rows, ("emotion", "pixels", column))
    assert sizes(load(file)) == {"train": 7, "validation": 7, "test": 7}


@pytest.mark.parametrize("usage", ["Public Test", "public_test", " PUBLIC-TEST "])
def test_a_usage_may_have_blanks_and_lines(tmp_path, usage):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(("Training", usage)))
    assert sizes(load_faces(file)) == {"train": 7, "validation": 7}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: f"\n  \n{text}",
        lambda text: f"{text}\n,,\n",
        lambda text: re.sub("([0-9]+( [0-9]+)+)", lambda found: f'"[{found[0].replace(" ", ", ")}]"', text),
    ],
    ids=["semicolons", "tabs", "empty lines first", "an empty row last", "pixels in brackets"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_other_ways_to_write_a_csv_file_are_understood(tmp_path, change, encoding):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())
    expected = load_faces(file)
    file.write_text(change(file.read_text()), encoding=encoding)
    splits = load_faces(file)
    assert sizes(splits) == {"train": 7, "validation": 7, "test": 7}
    np.testing.assert_array_equal(splits["test"].pixels, expected["test"].pixels)


def test_csv_files_in_folders_of_splits_are_read(tmp_path):
    for split in ("train", "test"):
        write_csv(tmp_path / split / f"{split}.csv", every_emotion(("", "")), ("emotion", "pixels"))
    assert sizes(load_labelled(tmp_path)) == {"train": 14, "test": 14}
    write_csv(tmp_path / "test/test.csv", every_emotion(("Training",)))
    assert "of test faces alone" in refusal(tmp_path, load=load_labelled)


def test_one_csv_file_of_faces_in_a_folder_may_have_any_name(tmp_path):
    write_csv(tmp_path / "fer2013 (1).csv", every_emotion())
    assert sizes(load_faces(tmp_path)) == {"train": 7, "validation": 7, "test": 7}
    write_csv(tmp_path / "fer2013 (2).csv", every_emotion())
    assert "no fer2013.csv" in refusal(tmp_path)


def test_rows_without_an_emotion_can_be_skipped_and_are_counted(tmp_path):
    rows = every_emotion(("Training", "Training", "PublicTest"))
    rows[3] |= {"emotion": "9"}
    rows[15] |= {"pixels": "7 7"}
    splits = load_faces(write_csv(tmp_path / "fer2013.csv", rows), skip_unreadable=True)
    assert sizes(splits) == {"train": 13, "validation": 6}
    assert [(one["count"], one["example"]) for one in splits.skipped] == [(2, "row 5")]
