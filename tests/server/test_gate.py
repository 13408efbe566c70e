import asyncio
import json
import tempfile

import httpx
import pytest

from emotion.server import bodies, gate, refusals, visitors
from emotion.server.gate import MAX_FRAME, MAX_MESSAGE, MAX_UPLOAD, Gate
from emotion.server.private_folder import PrivateFolder
from emotion.server.visitors import PHOTOS, Visitors


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with PrivateFolder("test-") as folder:
        yield folder


class Server:
    """An ASGI app that answers every request with what came through, or does something else."""

    def __init__(self, act=None):
        self.act, self.came = act, []

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.came.append((scope["method"], scope["path"], body))
        if self.act:
            await self.act(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def ask(folder, *requests, server=None, **options):
    """Send (method, path, body) one after the other; returns the answers and the server."""
    server = server or Server()

    async def send_all():
        transport = httpx.ASGITransport(Gate(server, folder, **options))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.request(method, path, content=body) for method, path, body in requests]

    return asyncio.run(send_all()), server


def ask_one(folder, method, path, body=b"", server=None, **options):
    (answer,), server = ask(folder, (method, path, body), server=server, **options)
    return answer, server


def told_to_programs(answer):
    """The sentence of a refused question, where a client of Gradio's shows it."""
    (said,) = answer.json()["detail"]
    assert (answer.status_code, said["__type__"], said["is_valid"]) == (422, "validate", False)
    return said["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/proxy=http://127.0.0.1/",
        "/gradio_api/openapi.json",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/stream/a/b/1/playlist.m3u8",
        "/gradio_api/custom_component/a/client/b/c",
        "/gradio_api/vibe-code",
        "/gradio_api/dev/reload",
        "/gradio_api/queue/status",
        "/docs",
        "/gradio_api/runs",
        "/login",
    ],
)
def test_what_the_page_does_not_need_is_closed(folder, path):
    answer, server = ask_one(folder, "GET", path)
    assert (answer.status_code, answer.text, server.came) == (404, refusals.CLOSED, [])


@pytest.mark.parametrize("path", ["run/analyse", "api/analyse", "process_recording", "component_server", "vibe-edit"])
def test_nothing_is_run_past_the_queue(folder, path):
    answer, server = ask_one(folder, "POST", f"/gradio_api/{path}", b'{"data": []}')
    assert (answer.status_code, server.came) == (404, [])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_other_methods_are_closed(folder, method):
    answer, server = ask_one(folder, method, "/")
    assert (answer.status_code, server.came) == (404, [])


@pytest.mark.parametrize("path", ["/", "/config", "/assets/a.js", "/gradio_api/info", "/gradio_api/queue/data?a=b"])
def test_what_the_page_needs_comes_through(folder, path):
    answer, server = ask_one(folder, "GET", path)
    assert (answer.status_code, len(server.came)) == (200, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "{folder}/../secret.txt",
        "{folder}/%2e%2e/secret.txt",
        "{folder}/%252e%252e/secret.txt",
        "http://127.0.0.1/",
        "https://example.com/photo.jpg",
        "file:///etc/passwd",
        "photo.jpg",
        "%00",
    ],
)
def test_only_files_in_the_folder_are_given_out(folder, path):
    answer, server = ask_one(folder, "GET", f"/gradio_api/file={path.format(folder=folder.path)}")
    assert (answer.status_code, server.came) == (404, [])
    answer, server = ask_one(folder, "GET", f"/gradio_api/file={folder.path}/photo.jpg")
    assert answer.status_code == 200


def test_a_link_in_the_folder_leads_nowhere(folder):
    (folder.path / "link").symlink_to("/etc/passwd")
    answer, _ = ask_one(folder, "GET", f"/gradio_api/file={folder.path}/link")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "http://127.0.0.1/", "https://example.com/photo.jpg", "photo.jpg", 3, None, ["/etc/passwd"]]
)
def test_an_event_names_files_in_the_folder_only(folder, file):
    event = {"data": [{"value": [{"path": file, "meta": {"_type": "gradio.FileData"}}]}], "fn_index": 3}
    body = json.dumps(event).encode()
    answer, server = ask_one(folder, "POST", "/gradio_api/call/analyse", body)
    assert (told_to_programs(answer), server.came) == (refusals.NOT_UPLOADED, [])
    answer, server = ask_one(folder, "POST", "/gradio_api/queue/join", body, defaults={3: [None]})
    assert (told_to_programs(answer), server.came) == (refusals.NOT_UPLOADED, [])
    answer, server = ask_one(folder, "POST", "/gradio_api/queue/join", body)  # the page's own
    assert (answer.status_code, answer.json(), server.came) == (400, {"detail": refusals.NOT_UPLOADED}, [])


@pytest.mark.parametrize("path", ["call/analyse", "queue/join"])
@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([7], [7, 1, "superpixels"]),
        ([7, 2], [7, 2, "superpixels"]),
        ([], [None, 1, "superpixels"]),
        ([7, None, None], [7, 1, "superpixels"]),
        ([7, 2, 3, 4], [7, 2, 3, 4]),
    ],
)
def test_a_program_may_leave_arguments_out(folder, path, given, passed):
    defaults = {key: [None, 1, "superpixels"] for key in (5, "analyse")}
    body = json.dumps({"data": given, "fn_index": 5}).encode()
    answer, _ = ask_one(folder, "POST", f"/gradio_api/{path}", body, defaults=defaults)
    assert answer.json()["data"] == passed


@pytest.mark.parametrize("body", [b"[]", b"3", b'{"data": 3}', b'{"data": {"photo": 1}}'])
def test_a_question_that_is_no_list_of_arguments_is_refused_in_a_sentence(folder, body):
    answer, server = ask_one(folder, "POST", "/gradio_api/call/analyse", body, defaults={"analyse": [None]})
    assert (told_to_programs(answer), server.came) == (refusals.NO_EVENT, [])


def test_a_program_that_comes_at_a_bad_time_hears_of_a_full_queue(folder, monkeypatch):
    monkeypatch.setattr(gate, "MAX_OPEN", 0)
    answer, _ = ask_one(folder, "POST", "/gradio_api/call/analyse", b"{}")
    assert (answer.status_code, answer.json()) == (503, {"detail": refusals.BUSY})


@pytest.mark.parametrize("path", ["/faces/config", "/config", "/faces/", "/faces"])
def test_behind_a_path_it_is_the_same_whether_or_not_the_proxy_takes_it_off(folder, path):
    answer, server = ask_one(folder, "GET", path, root="/faces")
    assert (answer.status_code, len(server.came)) == (200, 1)
    assert server.came[0][1] == ("/config" if path.endswith("config") else "/")


@pytest.mark.parametrize("path", ["/facesconfig", "/faces/monitoring", "/other/config", "/faces/faces/config"])
def test_behind_a_path_the_same_doors_are_closed(folder, path):
    answer, server = ask_one(folder, "GET", path, root="/faces")
    assert (answer.status_code, server.came) == (404, [])


@pytest.mark.parametrize(("kind", "held"), [(b"text/event-stream; charset=utf-8", None), (b"text/html", "as it was")])
def test_no_proxy_holds_events_back(folder, kind, held):
    async def act(send):
        headers = [(b"content-type", kind), (b"x-accel-buffering", b"as it was")][: 1 if held is None else 2]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    class Once(Server):
        async def __call__(self, scope, receive, send):
            await act(send)

    answer, _ = ask_one(folder, "GET", "/gradio_api/queue/data", server=Once())
    assert answer.headers["x-accel-buffering"] == (held or "no")


def test_an_event_comes_through_as_it_was_sent(folder):
    body = json.dumps({"data": [{"path": f"{folder.path}/photo.jpg"}, None]}).encode()
    answer, _ = ask_one(folder, "POST", "/gradio_api/queue/join", body)
    assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"data": [NaN]}', b"-Infinity"])
def test_an_event_that_is_no_json_is_refused(folder, body):
    answer, server = ask_one(folder, "POST", "/gradio_api/queue/join", body)
    assert (told_to_programs(answer), server.came) == (refusals.NO_EVENT, [])


def test_large_messages_and_uploads_are_refused(folder):
    answer, server = ask_one(folder, "POST", "/gradio_api/queue/join", b" " * (MAX_MESSAGE + 1))
    assert (told_to_programs(answer), server.came) == (refusals.MESSAGE_TOO_LARGE, [])
    answer, server = ask_one(folder, "POST", "/gradio_api/upload", bytes(MAX_UPLOAD))
    assert (answer.status_code, len(server.came)) == (200, 1)
    answer, server = ask_one(folder, "POST", "/gradio_api/upload", bytes(MAX_UPLOAD + 20_000))
    assert (answer.status_code, answer.text, server.came) == (413, refusals.TOO_LARGE, [])


@pytest.mark.parametrize(("root", "path"), [("", "/mirror"), ("/faces", "/faces/mirror")])
def test_a_mirror_s_frame_comes_through_whole_and_small(folder, root, path):
    answer, server = ask_one(folder, "POST", path, b"x" * MAX_FRAME, root=root)
    assert (answer.status_code, server.came) == (200, [("POST", "/mirror", b"x" * MAX_FRAME)])
    answer, server = ask_one(folder, "POST", path, b"x" * (MAX_FRAME + 1), root=root)
    assert (answer.status_code, answer.text, server.came) == (413, refusals.TOO_LARGE, [])
    answer, server = ask_one(folder, "GET", path, root=root)
    assert (answer.status_code, server.came) == (404, [])


def test_when_the_folder_or_the_disk_is_full_no_upload_is_taken(folder, monkeypatch):
    monkeypatch.setattr(gate, "MAX_STORED", folder.size() + 1000)
    (folder.path / "photo").touch()
    answer, server = ask_one(folder, "POST", "/gradio_api/upload", b"photo")
    assert (answer.status_code, answer.text, server.came) == (507, refusals.FULL, [])
    (folder.path / "photo").unlink()
    monkeypatch.setattr(gate, "MIN_FREE", 10**18)
    answer, server = ask_one(folder, "POST", "/gradio_api/upload", b"photo")
    assert (answer.status_code, answer.text, server.came) == (507, refusals.FULL, [])


def _fail(error):
    async def act(send):
        raise error

    return Server(act)


def test_a_disk_that_is_full_in_the_middle_of_an_upload_is_said_to_be(folder, capsys):
    answer, _ = ask_one(folder, "POST", "/gradio_api/upload", b"photo", server=_fail(OSError(28, "holiday.jpg")))
    assert (answer.status_code, answer.text) == (507, refusals.FULL)
    assert "holiday" not in capsys.readouterr().err


def test_a_bug_is_answered_without_a_word_on_it(folder, capsys):
    answer, _ = ask_one(folder, "GET", "/config", server=_fail(KeyError("holiday.jpg")))
    assert (answer.status_code, answer.text) == (500, refusals.BROKEN)
    said = capsys.readouterr().err
    assert "KeyError at " in said
    assert "holiday" not in said


def test_a_bug_in_the_middle_of_an_answer_ends_it_properly(folder):
    async def act(send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("holiday.jpg")

    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/config"}
    asyncio.run(Gate(Server(act), folder)(scope, receive, send))
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_an_upload_that_takes_too_long_is_ended(folder, monkeypatch):
    async def sleep(send):
        await asyncio.sleep(60)

    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    answer, _ = ask_one(folder, "POST", "/gradio_api/upload", b"photo", server=Server(sleep))
    assert (answer.status_code, answer.text) == (408, refusals.TOO_SLOW)


def _at_once(folder, server, path, count):
    """Statuses of requests that are all open before the first is answered."""

    async def send_all():
        transport = httpx.ASGITransport(Gate(server, folder))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posts = [client.post(path, content=b"{}") for _ in range(count)]
            return sorted(answer.status_code for answer in await asyncio.gather(*posts))

    return asyncio.run(send_all())


def test_only_so_many_uploads_and_requests_are_open_at_a_time(folder, monkeypatch):
    async def sleep(send):
        await asyncio.sleep(0.3)

    monkeypatch.setattr(gate, "MAX_UPLOADS", 2)
    assert _at_once(folder, Server(sleep), "/gradio_api/upload", 5) == [200, 200, 503, 503, 503]
    monkeypatch.setattr(gate, "MAX_OPEN", 3)
    assert _at_once(folder, Server(sleep), "/gradio_api/queue/join", 4) == [200, 200, 200, 503]


def test_afterwards_there_is_room_again(folder, monkeypatch):
    monkeypatch.setattr(gate, "MAX_UPLOADS", 1)
    monkeypatch.setattr(gate, "MAX_OPEN", 1)
    answers, _ = ask(folder, *[("POST", "/gradio_api/upload", b"photo")] * 3, ("GET", "/", b""))
    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_visitor_who_takes_too_much_is_refused_photos_and_questions_and_another_is_not(folder):
    options = {"defaults": {"analyse": [None], 27: [None]}, "visitors": Visitors("X-Real-IP")}
    question, photo = ("/gradio_api/call/analyse", b'{"data": []}'), ("/gradio_api/upload", b"photo")

    async def send_all():
        transport = httpx.ASGITransport(Gate(Server(), folder, **options))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def ask(request, visitor="198.51.100.1"):
                return await client.post(request[0], content=request[1], headers={"X-Real-IP": visitor})

            taken = [(await ask(request)).status_code for request in [question, photo] * (PHOTOS // 2)]
            assert taken == [200] * PHOTOS
            refused = await ask(photo)
            assert (refused.status_code, refused.text) == (429, refusals.ENOUGH)
            assert told_to_programs(await ask(question)) == refusals.ENOUGH
            assert (await client.get("/")).status_code == 200
            for request in (question, photo):
                assert (await ask(request, "198.51.100.2")).status_code == 200
            for number in ('"27"', "27.0", "27"):  # as Gradio would take it
                by_number = ("/gradio_api/queue/join", f'{{"data": [], "fn_index": {number}}}'.encode())
                assert told_to_programs(await ask(by_number)) == refusals.ENOUGH
                assert (await ask(by_number, "198.51.100.2")).status_code == 200

    asyncio.run(send_all())


def test_what_a_visitor_uploads_is_counted(folder, monkeypatch):
    monkeypatch.setattr(visitors, "BYTES", 10)
    photo = ("POST", "/gradio_api/upload", b"12345")
    answers, _ = ask(folder, photo, photo, photo, visitors=Visitors())
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("number", ["1e999", "-1e999", '"9e9"', "[]", "null", "{}"])
def test_what_is_no_number_of_a_function_goes_on_to_gradio_and_breaks_nothing(folder, number):
    body = f'{{"data": [], "fn_index": {number}}}'.encode()
    answer, server = ask_one(folder, "POST", "/gradio_api/queue/join", body, defaults={3: [None]})
    assert (answer.status_code, server.came[0][2]) == (200, body)
