"""What programs are told, by Gradio's Python client and without any."""

import json
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import ValidationError

from emotion.server.refusals import MESSAGE_TOO_LARGE, NO_ENDPOINT, NO_EVENT, NO_UPLOAD, NOT_UPLOADED
from tests.toy_page import Toy, grey, served
from tests.visitor import Visitor, file_at

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),  # of what Gradio asks of pandas
]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with served(Toy(), tmp_path_factory.mktemp("page")) as (url, _, _):
        yield url


@pytest.mark.parametrize("file", ["https://example.org/photo.jpg", "http://127.0.0.1/photo.jpg"])
def test_a_photo_on_the_web_is_refused_in_a_sentence_that_the_client_shows(url, file):
    client = Client(url, verbose=False)
    with pytest.raises(ValidationError) as raised:
        client.predict(handle_file(file), api_name="/analyse")
    client.close()
    assert NOT_UPLOADED in str(raised.value)


def _ask(url, **body):
    """What the endpoint answers to JSON without Gradio's client: (kind, data) of each event."""
    visitor = Visitor(url)
    event = visitor.client.post("/gradio_api/call/analyse", json=body).json()["event_id"]
    return [(kind, data) for kind, data in visitor.listen(event) if kind != "heartbeat"]


def test_a_photo_alone_is_answered_about_its_largest_face_by_superpixels(url):
    photo = file_at(Visitor(url).upload(grey(40)))
    ((kind, (alone,)),) = _ask(url, data=[photo])
    assert kind == "complete"
    assert (alone["face"], alone["kind"]) == (1, "superpixels")
    assert _ask(url, data=[photo, 1, "superpixels"]) == [("complete", [alone])]


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": [None]}])
def test_without_a_photo_a_sentence_says_what_is_missing(url, body):
    ((kind, said),) = _ask(url, **body)
    assert kind == "error"
    assert "uploaded" in str(said)


def test_a_question_that_is_no_list_is_refused_in_a_sentence(url):
    answer = Visitor(url).client.post("/gradio_api/call/analyse", json={"data": {"photo": 1}})
    assert (answer.status_code, answer.json()["detail"][0]["message"]) == (422, NO_EVENT)


def _say(url, path, **options):
    """What the gate answers to a request without Gradio's client: (status, sentence)."""
    answer = Visitor(url).client.post(f"/gradio_api/{path}", **options)
    kind = answer.headers.get("content-type", "")
    return answer.status_code, answer.json()["detail"][0]["message"] if "json" in kind else answer.text


def test_a_question_is_json_whatever_its_sender_calls_it(url):
    photo = file_at(Visitor(url).upload(grey(40)))
    for kind in ("application/x-www-form-urlencoded", "text/plain", None):
        headers = {} if kind is None else {"content-type": kind}
        answer = Visitor(url).client.post(
            "/gradio_api/call/analyse", content=json.dumps({"data": [photo]}), headers=headers
        )
        assert "event_id" in answer.json()


def test_each_mistake_of_a_program_has_a_sentence_of_its_own(url):
    assert _say(url, "call/nope", json={"data": []}) == (422, NO_ENDPOINT)
    assert _say(url, "call/analyse", json={"data": ["x" * 300_000]}) == (422, MESSAGE_TOO_LARGE)
    assert _say(url, "upload", files={"files": (None, "text")}) == (400, NO_UPLOAD)


def test_a_photo_that_was_deleted_meanwhile_is_said_to_be_gone(url):
    path = Visitor(url).upload(grey(40))
    Path(path).unlink()
    ((kind, said),) = _ask(url, data=[file_at(path)])
    assert kind == "error"
    assert "has been deleted" in str(said)
