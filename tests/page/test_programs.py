"""What programs ask of the running page, by gradio_client and without."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from emotion import EMOTIONS, InputError
from emotion.analysis.result import Result
from emotion.page.programs import uploaded_file
from emotion.server.refusals import NOT_UPLOADED

ROOT = Path(__file__).parents[2]
ASTRONAUT = ROOT / "emotion" / "page" / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def client(page_url):
    client = Client(page_url, verbose=False)
    yield client
    client.close()


def _asked(client, photo, **options):
    return client.predict(handle_file(photo), api_name="/analyse", **options)


def test_one_endpoint_is_there_and_its_types_are_documented(client):
    endpoints = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    assert list(endpoints) == ["/analyse"]
    photo, face, kind = endpoints["/analyse"]["parameters"]
    assert photo["python_type"]["type"] == "filepath"
    assert (face["type"], face["parameter_default"]) == ({"type": "integer"}, 1)
    assert (kind["type"], kind["parameter_default"]) == ({"enum": ["superpixels", "face parts"]}, "superpixels")
    (answer,) = endpoints["/analyse"]["returns"]
    assert set(answer["type"]["properties"]) == set(answer["type"]["required"]) == set(Result.__annotations__)
    assert answer["type"]["properties"]["evidence"]["additionalProperties"]["items"] == {"type": "number"}
    assert answer["type"]["properties"]["faces"]["items"]["properties"]["box"]["items"] == {"type": "integer"}


def test_a_program_gets_the_numbers_of_the_face_and_regions_that_it_asks_for(client, photos):
    first = _asked(client, photos / "two.jpg")
    second = _asked(client, photos / "two.jpg", face=2, kind="face parts")
    assert first["faces"] == second["faces"]
    assert len(first["faces"]) == 2
    assert (first["face"], second["face"]) == (1, 2)
    assert list(first["probabilities"]) == list(EMOTIONS)
    assert "chin" in second["names"]
    assert "chin" not in first["names"]
    assert len(second["evidence"]["happy"]) == len(second["names"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"face": 2}, "only 1 is possible"),
        ({"face": "<b>2</b>"}, "only 1 is possible"),
        ({"kind": "<b>pixels</b>"}, "choose 'superpixels' or 'face parts'"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(client, options, sentence):
    with pytest.raises(AppError) as raised:
        _asked(client, ASTRONAUT, **options)
    assert sentence in str(raised.value)
    assert "<b>" not in str(raised.value)
    assert str(ROOT) not in str(raised.value)


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(client, photos):
    with pytest.raises(AppError, match="can't be read as a picture"):
        _asked(client, photos / "text.jpg")


def _call(page_url, *data):
    """What the endpoint answers to JSON that no client of Gradio's would send: the events' text."""
    address = f"{page_url.rstrip('/')}/gradio_api/call/analyse"
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    number = json.load(urllib.request.urlopen(request))["event_id"]
    return urllib.request.urlopen(f"{address}/{number}", timeout=120).read().decode()


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_no_file_of_the_page_s_own_computer_can_be_analysed(page_url, meta):
    with pytest.raises(urllib.error.HTTPError) as raised:
        _call(page_url, {"path": str(ASTRONAUT)} | meta, 1, "superpixels")
    assert NOT_UPLOADED in json.loads(raised.value.read())["detail"][0]["message"]
    with pytest.raises(
        InputError, match="not a file that was uploaded here"
    ):  # nor where no gate stands before the page
        uploaded_file({"path": str(ASTRONAUT)})


@pytest.mark.parametrize("photo", [None, "photo.jpg", 3, [], {}])
def test_what_is_no_file_is_refused_in_a_sentence(page_url, photo):
    assert NOT_UPLOADED in _call(page_url, photo, 1, "superpixels")
