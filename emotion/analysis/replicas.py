"""An Engine whose work is done by replicas, on this computer or on several, by Ray Serve.

One page stays in front of them, because visitors' sessions are there. Where a replica dies, the page asks another one,
and the same photo gets the same answer.
"""

import asyncio
import logging
import secrets
import time
from contextlib import closing, contextmanager
from functools import partial

import numpy as np

from emotion import InputError
from emotion.analysis.cluster import ALONE, running_ray  # before Ray, which it prepares the environment for
from emotion.analysis.engine import Engine, explain_in_time
from emotion.analysis.turns import Turns
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces, glance, look_closer
from emotion.server.environment import return_memory
from emotion.server.log import keep_visitors_out

from ray import serve  # isort: skip
from ray.exceptions import RayActorError  # isort: skip
from ray.serve._private import replica  # isort: skip

TRIES = 10
"""How often the page asks again where a replica died, a second later each time. The others answer at once."""

QUIET = {"log_level": "ERROR", "enable_access_log": False}


@contextmanager
def cluster_engine(load, replicas):
    """Start the replicas, here or in the cluster that RAY_ADDRESS names, and end them afterwards.

    Args:
        load: function without arguments that returns what Engine.classify is; each replica calls it.
        replicas: how many, at least 1.

    Yields:
        Engine.

    Raises:
        InputError: Ray does not start.
    """
    with running_ray(replicas):
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        serve.start(http_options={"location": "NoServer"}, logging_config=QUIET)
        name = f"expression-{secrets.token_hex(4)}"  # several pages may share a cluster
        bound = Replica.options(num_replicas=replicas).bind(load)
        try:
            yield engine_of(serve.run(bound, name=name, route_prefix=None), replicas)
        finally:
            if not ALONE:
                serve.delete(name)


@serve.deployment(
    ray_actor_options={"num_cpus": 1}, max_ongoing_requests=32, health_check_period_s=5, logging_config=QUIET
)
class Replica:
    """What local_engine does, in a process of its own. An InputError is returned, since Ray would wrap what is raised.

    Its work runs in threads: the event loop goes on telling Serve that the replica lives.
    """

    def __init__(self, load):
        """Load the network; see cluster_engine."""
        _shut_the_back_door()
        return_memory()
        self.network = load()
        load_detector()
        keep_visitors_out()

    async def find_faces(self, photo):
        """As find.find_faces."""
        try:
            return await asyncio.to_thread(find_faces, photo)
        except InputError as error:
            return error

    async def glance(self, photo):
        """As find.glance."""
        return await asyncio.to_thread(glance, photo)

    async def look_closer(self, photo, faces):
        """As find.look_closer."""
        async for found in _in_a_thread(look_closer(photo, faces)):
            yield found

    async def classify(self, pixels):
        """As Engine.classify."""
        return await self._classify(pixels)

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.005)
    async def _classify(self, several):
        """The faces of all who ask at the same time, in one call of the network."""
        probabilities = await asyncio.to_thread(self.network, np.concatenate(several))
        return np.split(probabilities, np.cumsum([len(pixels) for pixels in several])[:-1])

    async def advance(self, making):
        """A piece of work on an explanation.Explaining: that, advanced."""
        return await asyncio.to_thread(making.advance, self.network)


async def _in_a_thread(answers):
    """What a generator yields, worked out in threads."""
    with closing(answers):
        while (answer := await asyncio.to_thread(next, answers, None)) is not None:
            yield answer


def _shut_the_back_door():
    """Keep this replica from listening, on all addresses, for calls of other deployments, of which there are none.

    Serve 2.60 would unpickle, and so run, whatever anybody sends there; no option turns it off.
    """
    replica.add_port_to_grpc_server = lambda server, address: 0


def engine_of(handle, replicas, where=Engine.where if ALONE else "the computers that run this page"):
    """The Engine that asks a number of replicas, through Serve's handle of them; where they are, in words."""

    return Engine(
        partial(_ask, handle.find_faces),
        partial(_ask, handle.classify),
        partial(explain_in_time, advance=partial(_ask, handle.advance)),
        Turns(replicas),
        where,
        glance=partial(_ask, handle.glance),
        look_closer=partial(_ask_for_several, handle.look_closer),
    )


_NOBODY = "The computers that analyse photos can't be reached right now. Please try again in a minute."


def _ask(method, argument):
    """What one replica answers, or another one where that died."""
    for _ in range(TRIES):
        try:
            return _or_raise(method.remote(argument).result())
        except RayActorError:
            time.sleep(1)
    raise InputError(_NOBODY)


def _ask_for_several(method, *arguments):
    """Yield what one replica answers; another one goes on where that died."""
    shown = 0
    for _ in range(TRIES):
        stream = method.options(stream=True).remote(*arguments)
        try:
            for number, answer in enumerate(stream):
                if number >= shown:  # those before are on the page already, and were the same
                    shown += 1
                    yield _or_raise(answer)
            return
        except RayActorError:
            time.sleep(1)
        finally:
            stream.cancel()
    raise InputError(_NOBODY)


def _or_raise(result):
    if isinstance(result, InputError):
        raise result
    return result
