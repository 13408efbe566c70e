"""Requests that no browser makes: what the page answers, and whether it works on.

    uv run python -m tests.bench.hostile                  # 10,000 requests
    uv run python -m tests.bench.hostile --requests 100   # a rehearsal

Writes "fuzz" in models/load.json.
"""

import argparse
import contextlib
import json
import re
import string
import tempfile
from pathlib import Path

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.bench.record import add_output, keep_part
from tests.running_page import PREFIX, Page
from tests.visitor import Visitor, largest_gap, photo_of


def main():
    """Read the command line, measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000, help="requests in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = add_output(parser).parse_args()
    keep_part(arguments.output / "load.json", "fuzz", measure_fuzz(arguments))


CANARY = "canary-7c1f"
EVENT_DATA = (
    *("face", "emotion", "other", "kind", "hidden", "painted", "number"),
    *("kept", "place", "left", "right", "key", "given", "refused", "cancelled", "file"),
)
"""What the page's own scripts send with a click: on a face, the map, the album, two side by side, many photos."""
INTERNALS = re.compile(r"Traceback|File \"|site-packages|\.py\b|Errno|object at 0x|gradio\.exceptions")


def hostile_texts(place):
    """Strings that mean harm: ways out of a folder, addresses of this computer, very long ones."""
    secret = place / "secret.txt"
    return st.one_of(
        st.sampled_from(
            [
                str(secret),
                "/etc/passwd",
                "../" * 12 + "etc/passwd",
                "..%2f" * 12 + "etc/passwd",
                "%252e%252e%252f" * 12 + "etc/passwd",
                f"file://{secret}",
                "file:///etc/passwd",
                "http://127.0.0.1:22/",
                "http://localhost/",
                "http://169.254.169.254/latest/meta-data/",
                "http://[::1]/",
                "\\\\server\\share",
                "C:\\Windows\\win.ini",
                "/dev/zero",
                "/proc/self/environ",
                "con",
                "{{7*7}}",
                "<script>alert(1)</script>",
                "\x00",
                "💥" * 1000,
            ]
        ),
        repeated(("a", 300_000), ("QUJD", 2_500_000)),
        st.text(max_size=60),
    )


def repeated(*parts):
    """Strategy for long strings, of which hypothesis knows the (part, count) only: it prints what it draws from."""
    return st.sampled_from(parts).map(lambda part: part[0] * part[1])


def values(texts):
    """JSON of any shape, files of any kind among it."""
    file = st.fixed_dictionaries(
        {"path": texts, "meta": st.just({"_type": "gradio.FileData"})}, optional={"url": texts, "orig_name": texts}
    )
    single = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, file)
    return st.recursive(
        single,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


def requests(place, session):
    """Strategy for dicts of keywords of httpx.Client.request, some of which speak for a visitor's session."""
    texts = hostile_texts(place)
    inside = st.sampled_from(["a", "analyse", "0", "..", "%2e%2e"]) | st.text(
        string.ascii_letters, min_size=1, max_size=9
    )
    event = st.fixed_dictionaries(
        {"data": values(texts)},
        optional={
            "fn_index": st.integers(-3, 40) | texts,
            "session_hash": st.just(session) | texts,
            "event_data": values(texts)
            | st.dictionaries(st.sampled_from(EVENT_DATA), st.integers(-1, 9) | values(texts), max_size=4),
            "trigger_id": st.integers(-2, 99),
        },
    )
    posts = st.builds(
        lambda path, body: posted(path, json.dumps(body).encode()),  # with NaN and Infinity, which httpx would not send
        st.sampled_from(
            [
                "queue/join",
                "call/analyse",
                "cancel",
                "reset",
                "run/analyse",
                "api/analyse",
                "component_server",
                "vibe-edit",
            ]
        ),
        event | values(texts),
    )
    raw = st.builds(
        posted,
        st.sampled_from(["queue/join", "call/analyse", "upload", "process_recording"]),
        st.binary(max_size=300) | repeated((b"[", 100_000), (b'{"data":', 20_000)),
    )
    uploads = st.builds(
        lambda name, content: {"method": "POST", "url": "/gradio_api/upload", "files": {"files": (name, content)}},
        st.sampled_from(["../../secret.txt", "/etc/cron.d/x", "a.html", "..\\..\\x", "x" * 300, "photo.jpg", "con.svg"])
        | st.text(max_size=20),
        st.binary(max_size=2000),
    )
    gets = st.builds(
        lambda path, rest: {"method": "GET", "url": f"/{path}{rest}"},
        st.sampled_from(
            [
                "gradio_api/file=",
                "gradio_api/file/",
                "gradio_api/proxy=",
                "static/",
                "assets/",
                "gradio_api/call/analyse/",
                "gradio_api/stream/",
                "gradio_api/deep_link?session_hash=",
                "gradio_api/custom_component/",
                "monitoring/",
                "config?",
                "",
            ]
        ),
        texts.map(lambda text: httpx.QueryParams({"": text[:2000]}).__str__()[1:])
        | st.sampled_from(["../../etc/passwd", "/etc/passwd", "http://127.0.0.1/"]),
    )
    odd = st.builds(
        lambda method, path: {"method": method, "url": f"/{path}"},
        st.sampled_from(["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"]),
        inside.map(lambda name: f"gradio_api/{name}"),
    )
    frames = st.builds(
        lambda kind, name, content: {
            "method": "POST",
            "url": "/mirror",
            "content": content,
            "headers": {"content-type": kind, "x-place": name},
        },
        st.sampled_from(["image/jpeg", "image/jpeg", "text/plain"]),
        st.sampled_from(["", "0" * 32, "../../etc/passwd"]),
        st.binary(max_size=300).map(lambda content: b"\xff\xd8\xff" + content)
        | st.binary(max_size=300)
        | repeated((b"\xff", 100_001), (b"\x89PNG\r\n\x1a\n", 1000)),
    )
    return st.one_of(posts, posts, raw, uploads, gets, odd, frames)


def posted(path, body):
    """Keywords of httpx.Client.request for bytes that are said to be JSON."""
    headers = {"content-type": "application/json"}
    return {"method": "POST", "url": f"/gradio_api/{path}", "content": body, "headers": headers}


def measure_fuzz(arguments):
    """Requests that no browser makes: no internals, no file of this computer, and the page works on."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "secret.txt").write_text(CANARY)
        with Page(Path(place)) as page:
            expected = Visitor(page.url).analyse(photo_of(0))["probabilities"]
            counts = fuzz(page, arguments.requests, arguments.seed)
            gap = largest_gap(Visitor(page.url).analyse(photo_of(0))["probabilities"], expected)
            log = page.log.read_text()
    leaks = [word for word in (CANARY, "etc/passwd", "secret.txt", "base64", "Traceback", PREFIX) if word in log]
    return {**counts, "largest_gap_after": gap, "words_in_log": leaks}


def fuzz(page, num_requests, number):
    """Send requests; dict, ready for JSON: how many of each status, and of answers that tell what they must not.

    The visitor for whom some of them speak gives a photo again and again, so that there is something to ask about.
    """
    statuses, telling, owner = {}, [], Visitor(page.url)
    client = httpx.Client(base_url=page.url, timeout=20, trust_env=False)
    listening = httpx.Client(base_url=page.url, timeout=20, trust_env=False)

    def look(status, text):
        statuses[status] = statuses.get(status, 0) + 1
        own = text.replace(str(page.place), "")  # an upload's own path is told to who uploaded it
        if CANARY in text or "root:" in text or (status >= 400 and INTERNALS.search(own)):
            telling.append(text[:300])

    @seed(number)
    @settings(
        max_examples=num_requests,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests(page.place, owner.session))
    def send(request):
        if sum(statuses.values()) % 200 == 0:
            with contextlib.suppress(RuntimeError):  # of senseless events, of whose end the owner hears as well
                owner.analyse(photo_of(0))
        try:
            answer = client.request(**request)
        except (httpx.InvalidURL, UnicodeError):
            return  # httpx won't send it
        except httpx.HTTPError as error:
            statuses[type(error).__name__] = statuses.get(type(error).__name__, 0) + 1
            return
        look(answer.status_code, answer.text)
        if answer.status_code == 200 and "event_id" in answer.text and request["url"].endswith("call/analyse"):
            with listening.stream("GET", f"/gradio_api/call/analyse/{answer.json()['event_id']}") as events:
                look(events.status_code, events.read().decode())

    send()
    return {
        "requests": sum(statuses.values()),
        "statuses": {str(key): statuses[key] for key in sorted(statuses, key=str)},
        "telling": telling,
    }


if __name__ == "__main__":
    main()
