"""What the gate says where it lets nothing through, in the form that each kind of visitor can show."""

import json
import re

CLOSED = "Not found."
TOO_LARGE = "This file is too large. Choose one of up to 25 MB."
TOO_SLOW = "The upload took longer than two minutes. Choose a smaller photo, or try again later."
BUSY = "Too many people are using this page right now. Please try again in a minute."
FULL = "There is no room for another photo right now. Please try again in ten minutes."
NO_EVENT = "This request can't be understood. Send JSON as the page does."
NO_ENDPOINT = "There is no endpoint of this name. Ask /analyse."
NO_UPLOAD = "This upload can't be understood. Send the photo as a file in a form's field that is called files."
MESSAGE_TOO_LARGE = "This message is too large. Upload the photo first, and send the path that you get."
NOT_UPLOADED = (
    "The photo is not a file that was uploaded here. Give handle_file() the path of a file on your computer; download "
    "a photo from the web first. Without Gradio's client, send the file to /gradio_api/upload first."
)
ENOUGH = "That was a lot within a minute. Please wait a moment, then go on."
MIRRORS_TAKEN = "All live mirrors are in use right now. Take a photo instead, or try again in two minutes."
MIRRORS_YOURS = "You have two live mirrors open already. Close one of them first."
MIRROR_OVER = "Two minutes are over. Would you like to go on?"
NO_FRAME = "This is not a picture from a camera. Send a JPEG of at most 100 kB."
ONE_AT_A_TIME = "Wait for the answer before you send the next picture."
BROKEN = "Something went wrong. Please try again."

ASKING = re.compile(r"/gradio_api/(queue/join|call/\w+)")
"""Where programs ask for an answer."""


class Refused(Exception):
    """A request that is answered by a status and a sentence instead.

    Attributes:
        status: of HTTP.
        text: the sentence.
        of_page: whether the request is known to come from the page itself and not from a program.
    """

    def __init__(self, status, text, of_page=False):
        super().__init__(status, text)
        self.status, self.text, self.of_page = status, text, of_page


def answer_to(path, refused):
    """The HTTP answer that shows a refusal's sentence.

    Gradio's clients show no text of their own choice. Of a question that was refused, the Python client shows what a
    validator said, which has status 422, and "Queue is full" for 503; the JavaScript client shows "detail", and needs
    JSON. The page's own upload shows plain text.

    Args:
        path: str, what was asked for.
        refused: Refused.

    Returns:
        (status, content type, body): int, bytes, bytes.
    """
    if not ASKING.fullmatch(path):
        return refused.status, b"text/plain; charset=utf-8", refused.text.encode()
    if refused.of_page or refused.status == 503:
        return refused.status, b"application/json", json.dumps({"detail": refused.text}).encode()
    said = {"__type__": "validate", "is_valid": False, "parameter_name": "photo", "message": refused.text}
    return 422, b"application/json", json.dumps({"detail": [said]}).encode()
