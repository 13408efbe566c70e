"""The files of a network: its weights, and the record of its training, which knows the weights by their SHA-256.

No Keras here: a damaged file is told before anything heavy is loaded.
"""

import hashlib
import json

from emotion import InputError

HOW_TO_RESTORE = "Restore both files with 'git checkout models', or train them anew with train.py."


def read_record(folder, stem="emotion"):
    """Read the record of a network, if its weights are those that it records.

    Args:
        folder: Path of the folder with the two files.
        stem: what they are called, before .keras and .json.

    Returns:
        dict, the content of the .json file.

    Raises:
        InputError: a file is missing, the record is none, or the weights are others.
    """
    weights, file = folder / f"{stem}.keras", folder / f"{stem}.json"
    for one in (weights, file):
        if not one.is_file():
            raise InputError(f"The file {one} is missing. {HOW_TO_RESTORE}")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        recorded = record["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The file {file} is not the record of a training. {HOW_TO_RESTORE}") from error
    if sha256(weights) != recorded:
        raise InputError(f"The file {weights} does not match its record {file}. {HOW_TO_RESTORE}")
    return record


def sha256(file):
    """The SHA-256 of a file's bytes, as hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
