import socket

import pytest

from emotion import InputError
from emotion.server.address import check_address, check_root

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


@pytest.mark.parametrize("host", ["255.255.255.255", "224.0.0.1", "ff02::1"])
def test_an_address_that_stands_for_many_computers_is_refused(host):
    with pytest.raises(InputError, match="is not an address of this computer: choose another"):
        check_address(host)


def test_ipv4_written_as_ipv6_is_ipv4():
    assert check_address("::ffff:127.0.0.1") == LOOPBACK


@pytest.mark.parametrize("root", ["", "/", "/faces", "/my faces/", "https://example.org/faces", "http://[::1]:8000/x"])
def test_where_a_proxy_puts_the_page_is_a_path_or_a_whole_address(root):
    check_root(root)


@pytest.mark.parametrize(
    "root",
    ["faces", "example.org/faces", "/faces?x", "/faces#x", "ftp://example.org/x", "https:///faces", "https:faces"],
)
def test_no_other_place_of_a_proxy_is_understood(root):
    with pytest.raises(InputError, match="give --root a path such as /faces"):
        check_root(root)


def test_a_port_that_is_in_use_is_refused(taken):
    with pytest.raises(InputError, match=rf"Port {taken} is in use: choose another one with --port\."):
        check_address(LOOPBACK, taken)


def test_where_nobody_chose_a_port_any_free_one_will_do():
    assert check_address("localhost") == "localhost"


@pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_addresses_are_taken_with_and_without_brackets(host):
    assert check_address(host) == "[::1]"
