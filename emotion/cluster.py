"""A number goes in; an Engine comes out whose work so many replicas do, on this machine or on many, by Ray Serve.

One page stays in front of them, as a visitor's session is there. A replica that dies takes no answer with it: the page
asks another one, and the same photo gets the same answer (docs.ray.io, Serve, fault tolerance).
"""

import os
import time

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray loads: it reports nothing to anybody
if (
    "RAY_ADDRESS" not in os.environ
):  # on one machine nothing of it listens to others: Ray reads 127.0.0.1 as any address
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"

import ray
from ray import serve
from ray.exceptions import RayActorError

from emotion import InputError
from emotion.engine import Engine, explain_in_time
from emotion.faces import find_faces, load_detector
from emotion.journal import keep_visitors_out
from emotion.model import load_classifier

TRIES = 5
"""How often the page asks again where a replica died; a new one is there after half a minute."""

STORE = 200_000_000
"""Bytes of shared memory for what travels between processes: a photo of 25 megapixels is 75 MB."""


def cluster_engine(models, replicas, folder):
    """Start the replicas, here or in the cluster that RAY_ADDRESS names.

    Args:
        models: Path of the weights' folder, the same on every machine.
        replicas: how many.
        folder: folder.PrivateFolder, for Ray's own files.

    Returns:
        Engine.
    """
    here = {
        "include_dashboard": False,
        "num_cpus": replicas,
        "object_store_memory": STORE,
        "_node_ip_address": "127.0.0.1",
        "_temp_dir": str(folder.spare("ray")),
        "_system_config": {"automatic_object_spilling_enabled": False},  # no photo goes to the disk
    }
    ray.init(log_to_driver=False, **({} if "RAY_ADDRESS" in os.environ else here))
    serve.start(http_options={"location": "NoServer"}, logging_config={"enable_access_log": False})
    handle = serve.run(Analysis.options(num_replicas=replicas).bind(models), name="analysis", route_prefix=None)

    def find(photo):
        return _mend(lambda: handle.find_faces.remote(photo).result())

    def classify(pixels):
        return _mend(lambda: handle.classify.remote(pixels).result())

    def explain(pixels, regions, names):
        shown = 0
        for _ in range(TRIES):
            stream = handle.options(stream=True).explain.remote(pixels, regions, names)
            try:
                for number, explanation in enumerate(stream):
                    if number >= shown:  # those before were the same
                        shown += 1
                        yield _or_raise(explanation)
                return
            except RayActorError:
                time.sleep(1)
            finally:
                stream.cancel()
        raise InputError(_NOBODY)

    return Engine(find, classify, explain, lanes=replicas)


def stop():
    """End the replicas and, where it was started here, Ray."""
    if ray.is_initialized():  # Serve would start it to end it
        serve.shutdown()
        ray.shutdown()


@serve.deployment(ray_actor_options={"num_cpus": 1}, max_ongoing_requests=8, health_check_period_s=5)
class Analysis:
    """One replica: what local_engine does, in a process of its own. What it can't do it returns as an InputError."""

    def __init__(self, models):
        """Load the weights of a folder (Path)."""
        self.network, _ = load_classifier(models)
        load_detector()
        keep_visitors_out()

    def find_faces(self, photo):
        """As faces.find_faces."""
        try:
            return find_faces(photo)
        except InputError as error:
            return error

    async def classify(self, pixels):
        """As model.Classifier, several visitors' faces at once where they come at once."""
        return await self._classify(pixels)

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.002)
    async def _classify(self, several):
        return [self.network(pixels) for pixels in several]

    def explain(self, pixels, regions, names):
        """As engine.explain_in_time."""
        try:
            yield from explain_in_time(pixels, regions, names, self.network)
        except InputError as error:
            yield error


_NOBODY = "Nobody could look at this photo. Expected a computer that is free. Try again in a minute."


def _mend(call):
    """A call's result, from another replica where one died."""
    for _ in range(TRIES):
        try:
            return _or_raise(call())
        except RayActorError:
            time.sleep(1)
    raise InputError(_NOBODY)


def _or_raise(result):
    if isinstance(result, InputError):
        raise result
    return result
