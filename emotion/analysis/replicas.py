"""A number goes in; out comes an Engine whose work so many replicas do, on this machine or on several, by Ray Serve.

One page stays in front of them, as a visitor's session is there. A replica that dies takes no answer with it: the page
asks another one, and the same photo gets the same answer. While Ray starts, it gives one of its own processes 15
seconds, whatever is asked of it (github.com/ray-project/ray/issues/65983): hence START_TRIES, and hence pyproject.toml
leaves two packages out.
"""

import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray loads: it reports nothing to anybody
os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a visitor's thread that asks after the end must not start another Ray
os.environ["RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S"] = "1"  # a replica at work is slow to say how much it has to do
if "RAY_ADDRESS" not in os.environ:
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on any system: all of Ray listens on 127.0.0.1 only
    os.environ["RAY_AUTH_MODE"] = "token"  # who else uses the computer can't ask it for anything
    os.environ["RAY_AUTH_TOKEN"] = os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32)  # else a file in ~/.ray
    os.environ["RAY_ROTATION_MAX_BYTES"] = "1000000"  # of each of its logs, which lie in memory

import numpy as np
import ray
from ray import serve
from ray.exceptions import RayActorError
from ray.serve._private import replica

from emotion import InputError
from emotion.analysis.engine import Engine, explain_in_time
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces
from emotion.network.model import load_classifier
from emotion.server.log import keep_visitors_out
from emotion.server.private_folder import PrivateFolder

ALONE = "RAY_ADDRESS" not in os.environ
"""Whether Ray is started for this page only; otherwise the page joins a cluster that runs already."""

PLACE = Path("/dev/shm" if sys.platform == "linux" else "/tmp")
"""Where Ray's own files go, in a folder of their own: memory, so that nothing of a photo can reach the disk. Its
sockets lie there too, whose paths have 107 bytes at the most."""

START_TRIES = 3
TRIES = 10
"""How often the page asks again, a second later each time, where a replica died. The others answer at once."""

STORE, STORE_A_REPLICA = 100_000_000, 200_000_000
"""Bytes of shared memory for what travels between processes. A photo of 25 megapixels is 75 MB, and a lane of the page
can have one on its way, as one of its endpoint can."""

QUIET = {"log_level": "ERROR", "enable_access_log": False}


@contextmanager
def cluster_engine(models, replicas):
    """Start the replicas, here or in the cluster that RAY_ADDRESS names, and end them afterwards.

    Args:
        models: Path of the weights' folder, the same on every machine.
        replicas: how many, at least 1.

    Yields:
        Engine.

    Raises:
        InputError: Ray does not start.
    """
    with _alone(replicas) if ALONE else _joined():
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        serve.start(http_options={"location": "NoServer"}, logging_config=QUIET)
        name = f"expression-{secrets.token_hex(4)}"  # several pages may share a cluster
        analysis = Analysis.options(num_replicas=replicas).bind(models)
        try:
            yield _engine(serve.run(analysis, name=name, route_prefix=None), replicas)
        finally:
            if not ALONE:
                serve.delete(name)


@serve.deployment(
    ray_actor_options={"num_cpus": 1}, max_ongoing_requests=32, health_check_period_s=5, logging_config=QUIET
)
class Analysis:
    """One replica: what local_engine does, in a process of its own. What it can't do it returns as an InputError.

    Its work runs in threads: the event loop goes on telling Serve that the replica lives.
    """

    def __init__(self, models):
        """Load the weights of a folder (Path)."""
        _shut_the_back_door()
        self.network, _ = load_classifier(models)
        load_detector()
        keep_visitors_out()

    async def find_faces(self, photo):
        """As faces.find_faces."""
        try:
            return await asyncio.to_thread(find_faces, photo)
        except InputError as error:
            return error

    async def classify(self, pixels):
        """As model.Classifier."""
        return await self._classify(pixels)

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.005)
    async def _classify(self, several):
        """The faces of all who ask at the same time, in one call of the network."""
        probabilities = await asyncio.to_thread(self.network, np.concatenate(several))
        return np.split(probabilities, np.cumsum([len(pixels) for pixels in several])[:-1])

    async def explain(self, pixels, regions, names):
        """As engine.explain_in_time."""
        with closing(explain_in_time(pixels, regions, names, self.network)) as maps:
            try:
                while (explanation := await asyncio.to_thread(next, maps, None)) is not None:
                    yield explanation
            except InputError as error:
                yield error


def _shut_the_back_door():
    """Keep this replica from listening, on all addresses, for calls of other deployments, of which there are none.

    Serve 2.60 would unpickle, and so run, whatever anybody sends there; no option turns it off.
    """
    replica.add_port_to_grpc_server = lambda server, address: 0


def _engine(handle, replicas):
    """The Engine that asks replicas, through Serve's handle of them."""

    def find(photo):
        return _ask(handle.find_faces, photo)

    def classify(pixels):
        return _ask(handle.classify, pixels)

    def explain(pixels, regions, names):
        shown = 0
        for _ in range(TRIES):
            stream = handle.explain.options(stream=True).remote(pixels, regions, names)
            try:
                for number, explanation in enumerate(stream):
                    if number >= shown:  # those before are on the page already, and were the same
                        shown += 1
                        yield _or_raise(explanation)
                return
            except RayActorError:
                time.sleep(1)
            finally:
                stream.cancel()
        raise InputError(_NOBODY)

    where = Engine.where if ALONE else "the computers that run this page"
    return Engine(find, classify, explain, lanes=replicas, where=where)


_NOBODY = "Nobody could look at this photo. Expected a computer that is free. Try again in a minute."


def _ask(method, argument):
    """What a replica's method says, another replica's where one died."""
    for _ in range(TRIES):
        try:
            return _or_raise(method.remote(argument).result())
        except RayActorError:
            time.sleep(1)
    raise InputError(_NOBODY)


def _or_raise(result):
    if isinstance(result, InputError):
        raise result
    return result


@contextmanager
def _alone(replicas):
    """Ray for this page only, as long as it is wanted."""
    with PrivateFolder("expression-", PLACE) as folder:
        try:
            with _temporary_files_in(folder.path):
                _start(
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


def _start(**options):
    """ray.init, once more where a busy machine took too long.

    Raises:
        InputError: it takes too long every time.
    """
    for _ in range(START_TRIES):
        try:
            return _connect(**options)
        except Exception as error:  # Ray has no narrower one for this
            failure = error
            ray.shutdown()
    raise InputError(
        "Ray, which runs the replicas, did not start. Expected a computer that starts its processes within 15 seconds, "
        "and 0.3 GB of shared memory for each replica. Try again when less is going on, or leave --replicas out."
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
