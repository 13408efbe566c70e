"""What Keras runs on: chosen whatever the environment says, loaded without a word, asked for its GPU.

Call load_backend before anything imports Keras.
"""

import logging
import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from emotion import InputError

TENSORFLOW, JAX = "tensorflow", "jax"


def load_backend(*allowed):
    """Load Keras with this project's own settings, on TensorFlow unless KERAS_BACKEND names another one allowed.

    A ~/.keras/keras.json of another project would change precision, picture layout and backend; the one in this folder
    takes its place.

    Args:
        allowed: names of backends, of which the environment may choose one; none means TensorFlow alone.

    Raises:
        InputError: KERAS_BACKEND asks for a backend that is not allowed here.
    """
    allowed = allowed or (TENSORFLOW,)
    chosen = (os.environ.get("KERAS_BACKEND") or TENSORFLOW).lower()
    if chosen not in allowed:
        raise InputError(
            f"This runs on {' or '.join(allowed)}, but the variable KERAS_BACKEND asks for {chosen}. "
            "Unset KERAS_BACKEND and try again."
        )
    os.environ["KERAS_BACKEND"] = chosen
    os.environ["KERAS_HOME"] = str(Path(__file__).parent)
    for name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        os.environ.pop(name, None)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow would call a missing GPU an error
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # faster convolutions, also where they are off by default
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with quiet_import(), suppress(ImportError):  # on JAX too, Keras loads TensorFlow as soon as it draws a seed
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")  # now, where its complaint of a missing one is not heard


@contextmanager
def quiet_import():
    """Keep what native code prints to the terminal while it loads: TensorFlow 2.21 greets before it reads its settings.

    Where it fails, what was printed is shown after all.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(terminal, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


def backend_name():
    """What Keras runs on: TENSORFLOW or JAX."""
    import keras

    return keras.backend.backend()


def on_jax():
    """Whether Keras runs on JAX; otherwise it runs on TensorFlow."""
    return backend_name() == JAX


def compiled(function, signature=None, static=()):
    """Compile a function of tensors.

    Args:
        function: takes and returns tensors; what it closes over stays as it is.
        signature: list of (shape, dtype) of its arguments, None for an open length. TensorFlow then compiles it
            once for all of them; JAX compiles it once for each length in any case.
        static: names of keyword arguments that are no tensors.

    Returns:
        A function of the same arguments, safe to call from several threads.
    """
    if on_jax():
        import jax

        return jax.jit(function, static_argnames=static)
    import tensorflow as tf

    return tf.function(function, input_signature=signature and [tf.TensorSpec(*argument) for argument in signature])


def gpu_names():
    """Names of the GPUs that Keras sees, a list of str: empty where there is none."""
    if on_jax():
        import jax

        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    import tensorflow as tf

    return [
        tf.config.experimental.get_device_details(device).get("device_name", "GPU")
        for device in tf.config.list_physical_devices("GPU")
    ]
