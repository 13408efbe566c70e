import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

import app

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "emotion" / "page" / "examples" / "astronaut.jpg"


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
        (lambda folder: (folder / "emotion.json").write_text("{"), "is not the record"),
        (lambda folder: (folder / "emotion.keras").write_bytes(b"PK\x03\x04"), "does not match its record"),
        (lambda folder: _record_without(folder, "faults"), "belongs to another version"),
        (lambda folder: _record_without(folder, "emotions"), "belongs to another version"),
    ],
)
def test_without_its_own_weights_the_page_does_not_start(tmp_path, capsys, change, words):
    folder = _models_with(tmp_path, change)
    assert app.main([], models=folder) == 2
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
    assert result.stderr == f"Port {port} is in use: choose another one with --port.\n"
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--port=-5"],
        ["--port", "0"],
        ["--host", "nowhere.invalid"],
        ["--host", "192.0.2.1", "--port", "7860"],
        ["--host", "::g"],
        ["--host", "224.0.0.1"],
        ["--root", "faces?x"],
    ],
)
def test_an_address_that_cannot_be_is_said_in_one_sentence(arguments, capsys):
    assert app.main(arguments) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"[^.]+( [^ ]+\.[^ ]+)*[^.]*\.", re.sub(r"\d+\.\d+\.\d+\.\d+", "It", sentence))


@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("--prot", 2)])
def test_the_command_line_is_answered_before_anything_heavy_is_loaded(argument, status):
    heavy = {"gradio", "tensorflow", "keras", "dlib", "numpy"}
    code = f"""
import sys, app
try:
    app.main(sys.argv[1:])
finally:
    assert not {heavy} & set(sys.modules), sys.modules
"""
    assert subprocess.run([sys.executable, "-c", code, argument], cwd=ROOT, capture_output=True).returncode == status


def _page_with(environment, *arguments, stderr=subprocess.DEVNULL):
    command = [sys.executable, "app.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": stderr, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **pipes)


@pytest.mark.slow
def test_whatever_the_environment_is_set_to_for_others_the_page_answers_and_no_library_speaks(tmp_path):
    """Proxies of a company, the settings of a notebook, of a Space, and of another project's Keras and Gradio."""
    (tmp_path / ".keras").mkdir()
    settings = {"backend": "jax", "floatx": "float16", "image_data_format": "channels_first", "epsilon": 1e-2}
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(settings))
    environment = {"HOME": str(tmp_path), "KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path / ".keras")}
    environment |= {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    environment |= {"ALL_PROXY": "socks5://127.0.0.1:9", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    environment |= {"SSL_CERT_FILE": str(tmp_path / "none.pem"), "SYSTEM": "spaces", "SPACE_ID": "a/b"}
    environment |= {"GRADIO_DEBUG": "1", "GRADIO_NUM_PORTS": "many", "GRADIO_SERVER_PORT": "", "GRADIO_SERVER_NAME": ""}
    with (tmp_path / "terminal").open("w+") as terminal, _page_with(environment, stderr=terminal) as process:
        client = Client(process.stdout.readline().split()[4], verbose=False)
        answer = client.predict(handle_file(EXAMPLE), api_name="/analyse")
        client.close()
        process.terminate()
        assert process.wait(60) == 0
        terminal.seek(0)
        assert terminal.read() == ""
    assert answer["candidates"][0] == "happy"


@pytest.mark.slow
def test_where_no_public_link_can_be_made_the_page_says_so_and_runs_on(tmp_path):
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    environment = nowhere | {"HF_HOME": str(tmp_path)}
    with _page_with(environment, "--share") as process:
        first, second = process.stdout.readline(), process.stdout.readline()
        assert httpx.get(first.split()[4], trust_env=False).status_code == 200
        process.terminate()
    assert second == "No public link could be made, because the server that gives them can't be reached from here.\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program can answer")
def test_stopping_the_page_leaves_no_file(tmp_path):
    with _page_with({"TMPDIR": str(tmp_path)}) as process:
        client = Client(process.stdout.readline().split()[4], verbose=False)
        client.predict(handle_file(EXAMPLE), api_name="/analyse")
        client.close()
        assert [path for path in tmp_path.glob("expression-*/**/*") if path.is_file()]  # the photo, its pictures
        assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("expression-*"))
        process.stdout.close()  # as when the terminal is gone
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert list(tmp_path.glob("expression-*")) == []


@pytest.mark.slow
def test_what_the_dockerfile_copies_is_all_that_the_page_needs(tmp_path):
    """Its COPY, CMD and HEALTHCHECK, carried out in an empty folder, at a port that is free."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    content = tmp_path / "srv"
    for line in lines:
        if line.startswith("COPY "):
            *sources, target = line.split()[1:]
            for source in sources:
                if source.endswith("/"):
                    shutil.copytree(ROOT / source, content / target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    (content / target).mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / source, content / target)
    copied = sorted(content.rglob("*"))

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def command(keyword):
        """What a keyword tells to run, with this Python, at the free port, for this computer only."""
        instruction = " ".join(next(lines[number:] for number, line in enumerate(lines) if line.startswith(keyword)))
        program, *rest = json.loads(re.search(r"CMD (\[.*?\])", instruction)[1])
        assert program == "python"
        return [sys.executable, *(part.replace("0.0.0.0", "127.0.0.1").replace("7860", port) for part in rest)]

    environment = os.environ | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    there = {"cwd": content, "env": environment, "stderr": subprocess.DEVNULL}
    assert subprocess.run(command("HEALTHCHECK"), **there).returncode != 0
    with subprocess.Popen(command("CMD"), stdout=subprocess.PIPE, text=True, **there) as page:
        address = page.stdout.readline().split()[4]
        assert address == f"http://127.0.0.1:{port}/"
        assert subprocess.run(command("HEALTHCHECK"), **there).returncode == 0
        client = Client(address, verbose=False)
        answer = client.predict(handle_file(EXAMPLE), api_name="/analyse")
        client.close()
        page.terminate()
    assert answer["candidates"][0] == "happy"
    assert sorted(content.rglob("*")) == copied  # nothing is written there


@pytest.fixture(scope="module")
def taken_home(page_url, photos, tmp_path_factory):
    """(photo, result): paths of a photo and of the numbers that the running page gave for it."""
    client = Client(page_url, verbose=False)
    numbers = client.predict(handle_file(photos / "person.jpg"), api_name="/analyse")
    client.close()
    file = tmp_path_factory.mktemp("home") / "expression.json"
    file.write_text(json.dumps(numbers), encoding="utf-8")
    return photos / "person.jpg", file


@pytest.mark.slow
def test_what_was_taken_home_is_made_again_by_another_process(taken_home):
    command = [sys.executable, "app.py", "--reproduce", *map(str, taken_home)]
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 0
    assert again.stdout.startswith("Equal: no number of the map made from this photo differs")
    assert len(again.stdout.splitlines()) == 1


def test_a_result_that_was_changed_is_told(taken_home, tmp_path, capsys):
    photo, file = taken_home
    numbers = json.loads(file.read_text(encoding="utf-8"))
    numbers["evidence"]["happy"][:5] = [0.3] * 5
    (tmp_path / "changed.json").write_text(json.dumps(numbers), encoding="utf-8")
    assert app.main(["--reproduce", str(photo), str(tmp_path / "changed.json")]) == 1
    assert re.fullmatch(
        r"Different: evidence happy 0: 0\.3 there, .* here; .*; and 2 more\.\n", capsys.readouterr().out
    )


@pytest.mark.slow
def test_another_photo_is_told(taken_home, tmp_path, capsys):
    photo, file = taken_home
    Image.open(photo).point(lambda grey: grey * 0.9).save(tmp_path / "darker.png")
    assert app.main(["--reproduce", str(tmp_path / "darker.png"), str(file)]) == 1
    assert capsys.readouterr().out == "Different: the face's 48x48 pixels.\n"


def test_other_weights_are_told(taken_home, tmp_path, capsys):
    for kind in ("keras", "json"):
        (tmp_path / f"emotion.{kind}").write_bytes((ROOT / "models" / f"handcrafted.{kind}").read_bytes())
    assert app.main(["--reproduce", *map(str, taken_home)], models=tmp_path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "made with other weights" in output.err
    assert len(output.err.strip().splitlines()) == 1


def test_what_is_no_result_is_told(taken_home, capsys):
    photo, _ = taken_home
    assert app.main(["--reproduce", str(photo), str(photo)]) == 2
    assert "is not JSON. Download" in capsys.readouterr().err
