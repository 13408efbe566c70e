"""The rows of a csv file, whose header is checked first."""

import codecs
import csv
from itertools import chain

from emotion import InputError


def csv_header(file):
    """Names of a file's columns, without blanks around them and in lower case: a list of str, empty if it is no csv."""
    try:
        with _opened(file) as lines:
            return _names(_reader(lines))
    except (csv.Error, UnicodeError):
        return []


def csv_rows(file, columns, advice):
    """Read a csv file row by row.

    Columns may be separated by commas, semicolons or tabs, the encoding be UTF-8 or UTF-16. Blanks around names and
    values don't matter, nor does the case of a column's name; values may be quoted, there may be more columns, and
    empty lines and rows are passed over.

    Args:
        file: Path.
        columns: names, in lower case, of the columns that must be there.
        advice: what to say of a file that isn't of this form.

    Yields:
        (number, row): the line's number in the file, from 1, and a dict from a column's name, in lower case, to its
        value, a str that is empty where the line is too short.

    Raises:
        InputError: a column is missing, or the file is no csv file.
    """
    try:
        with _opened(file) as lines:
            reader = _reader(lines)
            names = _names(reader)
            missing = sorted(set(columns) - set(names))
            if missing:
                raise InputError(f"The file {file} has no column {', '.join(missing)}. {advice}")
            for values in filter(any, reader):
                values += [""] * (len(names) - len(values))
                yield reader.line_num, dict(zip(names, map(str.strip, values), strict=False))
    except (csv.Error, UnicodeError) as error:
        raise InputError(f"The file {file} is not a csv file. {advice}") from error


def bad_row(where, given, wanted):
    """The InputError for a row: where it is, what it has, and what it should have instead."""
    return InputError(f"{where} has {given} instead of {wanted}. Copy the file again, or mend the row.")


def _opened(file):
    with file.open("rb") as opened:
        is_utf_16 = opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return file.open(newline="", encoding="utf-16" if is_utf_16 else "utf-8-sig", errors="replace")


def _reader(lines):
    """A csv reader of an open file, by whatever separates its first names."""
    first = [next(lines, "")]
    while first[-1].isspace():
        first.append(next(lines, ""))
    return csv.reader(chain(first, lines), skipinitialspace=True, delimiter=max(",;\t", key=first[-1].count))


def _names(reader):
    return [name.strip().lower() for name in next(filter(any, reader), ())]
