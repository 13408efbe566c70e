"""Where the page listens, and at which path a proxy puts it: checked before anything heavy is loaded."""

import errno
import ipaddress
import socket
import sys
from urllib.parse import urlsplit

from emotion import InputError

PORTS = range(7860, 7960)
"""Those that Gradio tries in this order where nobody chose one."""


def check_address(host, port=None):
    """Check that the page can listen somewhere.

    Args:
        host: str, name or IP address of this computer; IPv6 with or without brackets.
        port: int, or None for the first free one.

    Returns:
        str, the host as Gradio takes it: an IPv6 address in brackets.

    Raises:
        InputError: there is no such host, it is not this computer, or no port is free.
    """
    if port is not None and port not in range(1, 2**16):
        raise InputError(f"The port must be a whole number from 1 to 65535, not {port}.")
    name = host.removeprefix("[").removesuffix("]")
    try:
        family, *_, place = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"There is no host {host!r}: choose an address of this computer with --host.") from error
    address = ipaddress.ip_address(place[0].partition("%")[0])
    if address.is_multicast or place[0] == "255.255.255.255":
        raise InputError(_elsewhere(host))
    if mapped := getattr(address, "ipv4_mapped", None):  # IPv4 written as IPv6
        return check_address(str(mapped), port)
    for candidate in PORTS if port is None else (port,):
        if _is_free(family, (place[0], candidate, *place[2:]), host):
            return f"[{name}]" if ":" in name else name
    taken = f"Port {port} is" if port else f"Ports {PORTS[0]} to {PORTS[-1]} are all"
    raise InputError(f"{taken} in use: choose another one with --port.")


def check_root(root):
    """Check where a proxy puts the page.

    Args:
        root: str, "" without one.

    Raises:
        InputError: it is neither a path from / on nor a whole address.
    """
    parts = urlsplit(root)
    whole = parts.scheme in ("http", "https") and parts.netloc
    if root and (not (whole or root.startswith("/")) or "?" in root or "#" in root):
        raise InputError(
            f"{root!r} is no place for the page: give --root a path such as /faces, or a whole address such as "
            "https://example.org/faces."
        )


def _is_free(family, place, host):
    """Whether a port can be listened on.

    Raises:
        InputError: the address is not this computer's, or the port is not for this user.
    """
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        if sys.platform != "win32":  # there, it would share a port that is taken
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(place)
            trial.listen()
        except PermissionError as error:
            raise InputError(f"You may not listen on port {place[1]}: choose one from 1024 on with --port.") from error
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise InputError(_elsewhere(host)) from error
    return True


def _elsewhere(host):
    return f"{host} is not an address of this computer: choose another with --host."


_TAKEN = {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
