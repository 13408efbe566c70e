"""The endpoint /analyse, for programs."""

from pathlib import Path
from typing import Literal

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta

from emotion import InputError
from emotion.analysis.pipeline import FIRST_KIND, KINDS, analyse, check_kind
from emotion.analysis.result import Result, result
from emotion.server.refusals import NOT_UPLOADED

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
        InputError: it is not one, perhaps a path of this computer; or it is no longer there.
    """
    if not is_file_obj_with_meta(photo):
        raise InputError(NOT_UPLOADED)
    if not Path(photo["path"]).is_file():
        raise InputError("This photo has been deleted, as all are after some minutes. Upload it again.")
    return photo["path"]
