import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

import app

ROOT = Path(__file__).parents[1]


def _models_with(tmp_path, change):
    for name in ("emotion.keras", "emotion.json"):
        (tmp_path / name).write_bytes((ROOT / "models" / name).read_bytes())
    change(tmp_path)
    return tmp_path


def _record_without(folder, key):
    record = json.loads((folder / "emotion.json").read_text("utf-8"))
    del record[key]
    (folder / "emotion.json").write_text(json.dumps(record), "utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "emotion.keras").unlink(), "is missing"),
        (lambda folder: (folder / "emotion.json").unlink(), "is missing"),
        (lambda folder: (folder / "emotion.json").write_text("{"), "is no record"),
        (lambda folder: (folder / "emotion.keras").write_bytes(b"PK\x03\x04"), "is not the one that"),
        (lambda folder: _record_without(folder, "faults"), "is of another version"),
        (lambda folder: _record_without(folder, "emotions"), "is of another version"),
    ],
)
def test_without_its_own_weights_the_page_does_not_start(tmp_path, capsys, change, words):
    folder = _models_with(tmp_path, change)
    assert app.main(["--port", "1"], models=folder) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert "git checkout models" in lines[0]


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "app.py", "--port", str(port)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2
    assert f"The page can't listen on 127.0.0.1, port {port}." in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def _page_with(environment, *arguments):
    command = [sys.executable, "app.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **pipes)


def test_where_no_public_link_can_be_made_the_page_says_so_and_runs_on(tmp_path):
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    environment = nowhere | {"HF_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1,localhost"}
    with _page_with(environment, "--share") as process:
        first, second = process.stdout.readline(), process.stdout.readline()
        assert urllib.request.urlopen(first.split()[4]).status == 200
        process.terminate()
    assert second == "No public link could be made: the server that gives them can't be reached from here.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program can answer")
def test_stopping_the_page_leaves_no_file(tmp_path):
    with _page_with({"TMPDIR": str(tmp_path)}) as process:
        client = Client(process.stdout.readline().split()[4], verbose=False)
        client.predict(handle_file(ROOT / "emotion" / "examples" / "astronaut.jpg"), api_name="/analyse")
        client.close()
        assert [path for path in tmp_path.glob("expression-*/**/*") if path.is_file()]  # the photo, its pictures
        assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("expression-*"))
        process.stdout.close()  # as when the terminal is gone
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert list(tmp_path.glob("expression-*")) == []
