"""The page behind a proxy that puts it at a path: nginx on loopback, both with and without taking the path off."""

import os
import re
import shutil
import socket
import subprocess
import time

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.toy_page import Toy, grey, served
from tests.visitor import Visitor

pytestmark = [
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx was found; Debian: apt-get install nginx-light"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),  # of what Gradio asks of pandas
]
CONFIG = """
daemon off; error_log {folder}/errors; pid {folder}/pid; user {user};
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
    server {{
        listen 127.0.0.1:{port};
        location /faces/ {{
            proxy_pass http://127.0.0.1:{page}{taken_off};
            proxy_set_header Host $http_host;
            client_max_body_size 25m;
        }}
    }}
}}
"""


@pytest.fixture(scope="module", params=["/", ""], ids=["taken off", "left on"])
def address(request, tmp_path_factory):
    """Where nginx puts the page."""
    folder = tmp_path_factory.mktemp("nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(Toy(), tmp_path_factory.mktemp("page"), root="/faces") as (url, _, _):
        names = {"folder": folder, "port": port, "page": httpx.URL(url).port, "taken_off": request.param}
        (folder / "config").write_text(CONFIG.format(user=os.environ.get("USER", "root"), **names))
        command = ["nginx", "-p", folder, "-c", folder / "config", "-e", folder / "errors"]
        with subprocess.Popen(command) as nginx:
            for _ in range(100):
                with socket.socket() as trial:
                    if trial.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/faces"
            nginx.terminate()


def test_the_page_and_all_that_it_loads_are_there(address):
    page = httpx.get(f"{address}/", trust_env=False)
    assert page.status_code == 200
    loaded = set(re.findall(r'(?:src|href)="(\./[^"]+)"', page.text))
    assert loaded
    for path in (*loaded, "config", "theme.css"):
        assert httpx.get(f"{address}/{path}", trust_env=False).status_code == 200, path
    assert httpx.get(f"{address}/config", trust_env=False).json()["root"] == address
    assert httpx.get(f"{address}/monitoring", trust_env=False).status_code == 404


def test_who_visits_it_gets_an_answer_and_a_map(address):
    visitor = Visitor(address)
    answer = visitor.analyse(grey(90))
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert answer["maps"]
    visitor.close()


def test_maps_come_through_as_they_are_made(tmp_path_factory, address):
    toy_seconds = Visitor(address).analyse(grey(140))
    assert toy_seconds["to_first_map"] < toy_seconds["to_map"]


def test_a_live_mirror_is_answered(address):
    headers = {"content-type": "image/jpeg"}
    answer = httpx.post(f"{address}/mirror", content=grey(90, "JPEG"), headers=headers, trust_env=False)
    assert len(answer.json()["bars"]) == 7


def test_a_program_gets_its_numbers(address, tmp_path):
    (tmp_path / "photo.png").write_bytes(grey(190))
    client = Client(f"{address}/", verbose=False)
    assert client.predict(handle_file(tmp_path / "photo.png"), api_name="/analyse")["face"] == 1
    client.close()
