"""Ways to run the network's weights: the files that they need, and a Classifier from each. Called by engines.py."""

from functools import partial
from importlib.util import find_spec

import numpy as np

from tests.bench.record import MODELS


def export(folder, calibration):
    """Write the weights in the form of each engine that is installed: Keras', ONNX, ONNX of 8 bits, OpenVINO's."""
    import keras

    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
    model.save(folder / "model.keras")
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)).name

    def halved(layer):
        config = layer.get_config() | ({"strides": (2, 2)} if layer.name == first else {})
        return type(layer).from_config(config)

    keras.models.clone_model(model, clone_function=halved).save(folder / "half.keras")
    model.export(folder / "saved", verbose=False)
    if find_spec("openvino"):
        import openvino

        openvino.save_model(openvino.convert_model(folder / "saved"), folder / "model.xml", compress_to_fp16=False)
    if find_spec("tf2onnx") and find_spec("onnxruntime"):
        model.export(folder / "onnx", format="onnx", verbose=False)
        from onnxruntime import InferenceSession
        from onnxruntime.quantization import CalibrationDataReader, quantize_static

        class Faces(CalibrationDataReader):
            name = InferenceSession(folder / "onnx").get_inputs()[0].name
            left = iter(np.split(calibration[..., None].astype(np.float32), 10))

            def get_next(self):
                return next(({self.name: batch} for batch in self.left), None)

        quantize_static(folder / "onnx", folder / "onnx8", Faces())


def in_batches(answer, size):
    """A Classifier of a function from (n, 48, 48, 1) float32 to (n, 7)."""

    def classify(pixels):
        starts = range(0, len(pixels), size)
        return np.concatenate([answer(pixels[start : start + size, ..., None].astype(np.float32)) for start in starts])

    return classify


def keras_predict(folder, size=256):
    """Keras' own predict."""
    import keras

    model = keras.models.load_model(folder / "model.keras", compile=False)
    return in_batches(lambda faces: model.predict(faces, batch_size=size, verbose=0), size)


def tf_function(folder, size=256, file="model.keras", **options):
    """What the page does (see model.make_classifier), in batches of any size, or compiled by XLA."""
    import keras
    import tensorflow as tf

    model = keras.models.load_model(folder / file, compile=False)
    forward = tf.function(partial(model, training=False), **options)
    return in_batches(lambda faces: forward(tf.constant(faces)).numpy(), size)


def onnx_runtime(folder, file="onnx", size=64, threads=0):
    """ONNX Runtime on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return in_batches(lambda faces: session.run(None, {name: faces})[0], size)


def openvino_runtime(folder, size=64, threads=0):
    """OpenVINO on the processor, in float32."""
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    network = openvino.Core().compile_model(folder / "model.xml", "CPU", options)
    return in_batches(lambda faces: network(faces)[0], size)


ENGINES = {
    "Keras predict, batches of 10": ("keras", None, partial(keras_predict, size=10)),
    "Keras predict, batches of 256": ("keras", None, keras_predict),
    **{
        f"tf.function, batches of {size}": ("tensorflow", None, partial(tf_function, size=size))
        for size in (32, 64, 128, 256, 512)
    },
    "tf.function, one thread": ("tensorflow", 1, tf_function),
    "tf.function, XLA": ("tensorflow", None, partial(tf_function, jit_compile=True)),
    "tf.function, first convolution at half the resolution": (
        "tensorflow",
        None,
        partial(tf_function, file="half.keras"),
    ),
    **{
        f"ONNX Runtime, batches of {size}": ("onnxruntime", None, partial(onnx_runtime, size=size))
        for size in (16, 64, 256)
    },
    "ONNX Runtime, one thread": ("onnxruntime", None, partial(onnx_runtime, threads=1)),
    "ONNX Runtime, 8 bits": ("onnxruntime", None, partial(onnx_runtime, file="onnx8")),
    **{
        f"OpenVINO, batches of {size}": ("openvino", None, partial(openvino_runtime, size=size))
        for size in (16, 64, 256)
    },
    "OpenVINO, one thread": ("openvino", None, partial(openvino_runtime, threads=1)),
}
"""By name: the package, the threads that TensorFlow is given (None: its own choice), and what makes a Classifier."""
