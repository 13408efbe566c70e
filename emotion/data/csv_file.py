"""The rows of a csv file, whose header is checked first."""

import csv

from emotion import InputError


def csv_header(file):
    """Names of a file's columns, without blanks around them and in lower case: a list of str, empty if it is no csv."""
    try:
        with _opened(file) as lines:
            return _names(csv.reader(lines, skipinitialspace=True))
    except csv.Error:
        return []


def csv_rows(file, columns, advice):
    """Read a csv file row by row.

    Blanks around names and values don't matter, nor does the case of a column's name; values may be quoted, and there
    may be more columns.

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
            reader = csv.reader(lines, skipinitialspace=True)
            names = _names(reader)
            missing = sorted(set(columns) - set(names))
            if missing:
                raise InputError(f"The file {file} has no column {', '.join(missing)}. {advice}")
            for values in filter(None, reader):
                values += [""] * (len(names) - len(values))
                yield reader.line_num, dict(zip(names, map(str.strip, values), strict=False))
    except csv.Error as error:
        raise InputError(f"The file {file} is not a csv file. {advice}") from error


def bad_row(where, given, wanted):
    """The InputError for a row: where it is, what it has, and what it should have instead."""
    return InputError(f"{where} has {given} instead of {wanted}. Copy the file again, or mend the row.")


def _opened(file):
    return file.open(newline="", encoding="utf-8-sig", errors="replace")


def _names(reader):
    return [name.strip().lower() for name in next(reader, ())]
