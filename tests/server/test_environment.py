import os
import socket
from unittest.mock import patch

import httpx
import pytest

from emotion.server.environment import forget_others_settings, no_proxy

LOOPBACK = "127.0.0.1"


def test_what_is_meant_for_others_is_forgotten_and_nothing_else(tmp_path):
    (tmp_path / "ca.pem").write_text("")
    kept = {"HOME": str(tmp_path), "SSL_CERT_FILE": str(tmp_path / "ca.pem"), "HTTPS_PROXY": "http://127.0.0.1:9"}
    others = {"GRADIO_DEBUG": "1", "GRADIO_ALLOWED_PATHS": "/", "SYSTEM": "spaces", "SSL_CERT_DIR": "/nowhere/certs"}
    with patch.dict(os.environ, kept | others, clear=True):
        forget_others_settings()
        assert dict(os.environ) == kept


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense"])
def test_without_proxies_this_computer_is_asked_itself(monkeypatch, proxy):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.lower(), proxy)
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        server.settimeout(10)
        with no_proxy(), pytest.raises(httpx.ReadTimeout):
            httpx.get(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.5)
        server.accept()[0].close()
    assert (os.environ["NO_PROXY"], os.environ.get("no_proxy")) == ("example.org", None)
