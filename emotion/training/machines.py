"""Where a network is trained: on one device, on several GPUs, on several machines; and how precisely."""

import os
from contextlib import contextmanager, nullcontext
from pathlib import Path

import keras

from emotion import InputError
from emotion.network.backend import gpu_names, on_jax

CPU_INFO = Path("/proc/cpuinfo")
"""Where Linux tells what the processor can."""

SETTINGS = tuple(f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"))
"""Environment variables that say where the machines are."""


def join_machines(strategy):
    """Join the other machines that train the same network, through keras.distribution on Keras' JAX backend.

    (tf.distribute.MultiWorkerMirroredStrategy fails in fit with Keras 3.15, by itself and in Ray Train.)
    Each machine reads all faces, learns from its part of every batch, and keeps a checkpoint of its own.

    Args:
        strategy: one of arguments.STRATEGIES.

    Returns:
        (which machine this is, from 0; how many there are): (0, 1) with another strategy.

    Raises:
        InputError: the strategy does not fit the backend, or settings of the machines are missing.
    """
    if strategy == "mirrored" and on_jax():
        raise InputError("The strategy mirrored needs TensorFlow. Unset KERAS_BACKEND, or choose another strategy.")
    if strategy != "machines":
        return 0, 1
    missing = [name for name in SETTINGS if name not in os.environ]
    if missing or not on_jax():
        wrong = ["KERAS_BACKEND=jax"] * (not on_jax()) + missing
        raise InputError(f"--strategy machines needs {', '.join(wrong)}. See emotion/README.md, 'Training'.")
    keras.distribution.initialize()
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    return int(os.environ[SETTINGS[2]]), int(os.environ[SETTINGS[1]])


def device_scope(strategy):
    """Where to build a network.

    Args:
        strategy: one of arguments.STRATEGIES. With mirrored, each device draws its own dropout; all else is as on one.

    Returns:
        (context manager, number of devices that share a batch on this machine).
    """
    if on_jax():
        return nullcontext(), 1
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy() if strategy == "mirrored" else tf.distribute.get_strategy()
    return strategy.scope(), strategy.num_replicas_in_sync


def even_batch_size(most, faces, num_parts):
    """The largest batch, of most faces and no more than there are, whose parts on all devices are of one size.

    Keras 3.15 averages the devices' first parts to learn their shape, which fails where they differ.
    """
    return min(most, len(faces.labels)) // num_parts * num_parts


@contextmanager
def fast_convolutions():
    """Compute in bfloat16 where the device can, which trains faster (tests/bench/training_speed.py), until the end.

    Weights, normalisation and loss stay float32. Other processors are left alone: TensorFlow would imitate bfloat16
    there, which takes many times as long.
    """
    if on_jax():
        switch, fast, usual = keras.config.set_dtype_policy, "mixed_bfloat16" if gpu_names() else "float32", "float32"
    else:
        import tensorflow as tf

        switch = tf.config.optimizer.set_experimental_options
        fast, usual = ({"auto_mixed_precision_onednn_bfloat16": on} for on in (has_bfloat16(), False))
    switch(fast)
    try:
        yield
    finally:
        switch(usual)


def has_bfloat16():
    """Whether the processor has instructions for bfloat16, as far as can be seen: on Linux only."""
    flags = CPU_INFO.read_text(encoding="utf-8").split() if CPU_INFO.is_file() else []
    return "avx512_bf16" in flags or "amx_bf16" in flags
