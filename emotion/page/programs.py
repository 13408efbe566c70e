"""The endpoint /analyse, for programs."""

from typing import Literal

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta

from emotion import InputError
from emotion.analysis.pipeline import FIRST_KIND, KINDS, analyse, check_kind
from emotion.analysis.result import Result, result

DESCRIPTION = """All about one face of a photo: its probabilities, and the heat map in numbers.

Args:
    photo: a picture file.
    face: which of its faces, counted from 1, the largest.
    kind: of regions, "superpixels" or "face parts".
"""


def for_programs(engine, record):
    """The function behind the endpoint, with the type hints that Gradio documents."""

    def analyse_for_programs(photo: gr.FileData, face: int = 1, kind: Literal[tuple(KINDS)] = FIRST_KIND) -> Result:
        try:
            check_kind(kind)  # before the costly search
            *_, analysis = analyse(uploaded_file(photo), engine, face)
            return result(analysis, record, kind)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return analyse_for_programs


def uploaded_file(photo):
    """The path of an uploaded file; Gradio checks that it was uploaded only where it is marked as a file.

    Raises:
        InputError: it is not one; perhaps a path of this computer.
    """
    if not is_file_obj_with_meta(photo):
        raise InputError("The photo is not an uploaded file. Give handle_file(path) of gradio_client.")
    return photo["path"]
