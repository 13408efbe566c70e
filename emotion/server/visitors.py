"""What one visitor may take within a minute, so that nobody keeps the others waiting."""

import ipaddress
import re
import time
from collections import Counter, defaultdict, deque
from contextlib import contextmanager

from emotion.server.refusals import ENOUGH, Refused

PHOTOS = 40
"""Photos of one visitor within a minute: as many as can be given at once, twice. A program that uploads a photo and
asks about it takes two."""

BYTES = 100_000_000
"""What one visitor may upload within a minute, give or take a photo."""

EVENTS = 600
"""What the page may ask for one visitor within a minute; a brush asks most, seven times a second."""

AT_ONCE = 60
UPLOADS_AT_ONCE = 4
"""Requests and uploads of one visitor at a time; a browser opens at most six to a page, and several people may share
an address."""

MIRRORS = 2
"""Live mirrors of one visitor at a time."""

MINUTE = 60


class Visitors:
    """Keeps count of what visitors took within the last minute, and have open now."""

    def __init__(self, header="", clock=time.monotonic):
        """Begin without visitors.

        Args:
            header: name of the header in which the proxy before the page gives a visitor's address; "" where visitors
                connect to the page itself.
            clock: function that returns seconds.
        """
        self._header, self._clock = header.lower().encode(), clock
        self._taken = defaultdict(deque)  # (seconds, photos, bytes, events)
        self._open = Counter()  # of requests, by name and kind

    def name(self, scope):
        """Whose connection (ASGI scope) it is, as str: an address, of IPv6 the network of a household.

        A proxy puts the address that it saw at the end of what the visitor's own header may have claimed.
        """
        claimed = [value for name, value in scope["headers"] if name == self._header]
        told = claimed[-1].decode("latin-1").rpartition(",")[2].strip() if claimed else (scope.get("client") or [""])[0]
        bare = re.fullmatch(r"\[(.*)\](:\d+)?|([\d.]+):\d+", told)  # as some proxies write it, with a port
        try:
            address = ipaddress.ip_address(bare[1] or bare[3] if bare else told)
        except ValueError:
            return told
        address = getattr(address, "ipv4_mapped", None) or address
        return str(ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address)

    @contextmanager
    def one_more(self, name, most=AT_ONCE):
        """Count a request as long as it is answered; most of its kind may be open at a time.

        Raises:
            Refused: the visitor has so many open already.
        """
        if self._open[name, most] >= most:
            raise Refused(429, ENOUGH)
        self._open[name, most] += 1
        try:
            yield
        finally:
            self._open[name, most] -= 1
            if not self._open[name, most]:
                del self._open[name, most]

    def take(self, name, photos=0, num_bytes=0, events=0):
        """Count what a visitor takes; one that took too much within the last minute is refused more photos or events.

        Raises:
            Refused: by a sentence that asks to wait.
        """
        now = self._clock()
        for other in [other for other, taken in self._taken.items() if taken[-1][0] <= now - MINUTE]:
            del self._taken[other]
        taken = self._taken[name]
        while taken and taken[0][0] <= now - MINUTE:
            taken.popleft()
        too_much = photos and (sum(row[1] for row in taken) >= PHOTOS or sum(row[2] for row in taken) >= BYTES)
        if too_much or (events and sum(row[3] for row in taken) >= EVENTS):
            raise Refused(429, ENOUGH)
        taken.append((now, photos, num_bytes, events))
