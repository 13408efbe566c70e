"""Ray, on which replicas run: started for this page alone, or joined where RAY_ADDRESS names a cluster; and ended.

While Ray starts, it gives one of its own processes 15 seconds, whatever is asked of it
(github.com/ray-project/ray/issues/65983): hence START_TRIES, and hence pyproject.toml leaves two packages out.
"""

import logging
import os
import secrets
import signal
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray loads: it reports nothing to anybody
os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a visitor's thread that asks after the end must not start another Ray
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # each worker would set up an environment of its own
os.environ["RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S"] = "1"  # a replica at work is slow to say how much it has to do
if "RAY_ADDRESS" not in os.environ:
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on any system: all of Ray listens on 127.0.0.1 only
    os.environ["RAY_AUTH_MODE"] = "token"  # who else uses the computer can't ask it for anything
    os.environ["RAY_AUTH_TOKEN"] = os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32)  # else a file in ~/.ray
    os.environ["RAY_ROTATION_MAX_BYTES"] = "1000000"  # of each of its logs, which lie in memory

import ray

from emotion import InputError
from emotion.server.private_folder import PrivateFolder

ALONE = "RAY_ADDRESS" not in os.environ
"""Whether Ray is started for this page only; otherwise the page joins a cluster that runs already."""

PLACE = Path("/dev/shm" if sys.platform == "linux" else "/tmp")
"""Where Ray's own files go, in a folder of their own: memory, so that nothing of a photo can reach the disk. Its
sockets lie there too, whose paths have 107 bytes at the most."""

START_TRIES = 3

STORE, STORE_A_REPLICA = 100_000_000, 200_000_000
"""Bytes of shared memory for what travels between processes. A photo of 25 megapixels is 75 MB, and a lane of the page
can have one on its way, as one of its endpoint can."""


@contextmanager
def running_ray(replicas):
    """Ray, as long as it is wanted.

    Args:
        replicas: how many processes are to run on it, where it is started for this page alone.

    Raises:
        InputError: Ray does not start.
    """
    with _alone(replicas) if ALONE else _joined():
        yield


@contextmanager
def _alone(replicas):
    """Ray for this page only, as long as it is wanted."""
    with PrivateFolder("expression-", PLACE) as folder:
        try:
            with _temporary_files_in(folder.path):
                connect = partial(
                    _connect,
                    address="local",
                    include_dashboard=False,
                    num_cpus=replicas,
                    object_store_memory=STORE + replicas * STORE_A_REPLICA,
                    _temp_dir=str(folder.path / "ray"),  # which it opens to all: the folder around it stays shut
                    _system_config={
                        "automatic_object_spilling_enabled": False,
                        "worker_niceness": 0,  # as the page's own; else a busy computer leaves them the rest
                    },
                )
                start(connect)
            yield
        finally:
            ray.shutdown()


@contextmanager
def _temporary_files_in(folder):
    """Processes that are started meanwhile write their temporary files into a folder (Path)."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def start(connect, tries=START_TRIES):
    """Start Ray, once more where a busy computer took too long.

    Args:
        connect: function without arguments that starts it.
        tries: how often.

    Raises:
        InputError: it takes too long every time.
    """
    for _ in range(tries):
        try:
            return connect()
        except Exception as error:  # Ray has no narrower one for this
            failure = error
            ray.shutdown()
    raise InputError(
        "Ray, which runs the replicas, did not start. It needs 0.3 GB of shared memory per replica, and takes long "
        "on a busy computer. Try again later, or leave --replicas out."
    ) from failure


@contextmanager
def _joined():
    """The cluster that RAY_ADDRESS names, as long as it is wanted."""
    _connect()
    try:
        yield
    finally:
        ray.shutdown()


def _connect(**options):
    """ray.init without its answer to SIGTERM, which would take the place of the page's."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    finally:
        signal.signal(signal.SIGTERM, before)
