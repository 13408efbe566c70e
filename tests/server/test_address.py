import os
import socket

import httpx
import pytest

from emotion import InputError
from emotion.server.address import check_address, no_proxy

LOOPBACK = "127.0.0.1"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("port", [0, -5, 65536, 99999])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(InputError, match=rf"The port must be a whole number from 1 to 65535, not {port}\."):
        check_address(LOOPBACK, port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "256.1.1.1", "a b", "", "x" * 300, "::g"])
def test_a_host_that_does_not_exist_is_refused(host):
    with pytest.raises(InputError, match="There is no host"):
        check_address(host)


@pytest.mark.parametrize("port", [None, 8123])
def test_an_address_of_another_computer_is_refused(port):
    with pytest.raises(InputError, match=r"192\.0\.2\.1 is not an address of this computer: choose another"):
        check_address("192.0.2.1", port)  # reserved for examples (RFC 5737)


def test_a_port_that_is_in_use_is_refused(taken):
    with pytest.raises(InputError, match=rf"Port {taken} is in use: choose another one with --port\."):
        check_address(LOOPBACK, taken)


def test_where_nobody_chose_a_port_any_free_one_will_do():
    assert check_address("localhost") == "localhost"


@pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_addresses_are_taken_with_and_without_brackets(host):
    assert check_address(host) == "[::1]"


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
