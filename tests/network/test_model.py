import hashlib
import io
import json
import threading
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from emotion import EMOTIONS, InputError
from emotion.network.model import (
    build_cnn,
    build_handcrafted_cnn,
    load_classifier,
    make_classifier,
    num_multiply_adds,
    with_one_answer,
)
from emotion.network.weights import sha256
from tests.network.conftest import as_input, draw_faces, logits_of

# The networks


def test_the_handcrafted_network_is_the_handcrafted_one_layer_by_layer(handcrafted_cnn):
    rows = [
        (type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in handcrafted_cnn.layers
        if not isinstance(layer, layers.InputLayer | layers.Rescaling | layers.Reshape)
    ]
    # Parameters of a convolution: size^2 * channels in * filters + filters.
    assert rows == [
        ("Conv2D", (46, 46, 32), 9 * 1 * 32 + 32),
        ("Conv2D", (44, 44, 64), 9 * 32 * 64 + 64),
        ("MaxPooling2D", (22, 22, 64), 0),
        ("Conv2D", (20, 20, 128), 9 * 64 * 128 + 128),
        ("MaxPooling2D", (10, 10, 128), 0),
        ("Conv2D", (8, 8, 128), 9 * 128 * 128 + 128),
        ("MaxPooling2D", (4, 4, 128), 0),
        ("Conv2D", (4, 4, 6), 128 * 6 + 6),
        ("Conv2D", (1, 1, 7), 16 * 6 * 7 + 7),
        ("Flatten", (7,), 0),
        ("Softmax", (1, 7), 0),
    ]


def test_the_handcrafted_network_has_relu_everywhere_and_its_penalty_on_the_3x3_convolutions(handcrafted_cnn):
    convolutions = [layer for layer in handcrafted_cnn.layers if isinstance(layer, layers.Conv2D)]
    assert [layer.kernel_size[0] for layer in convolutions] == [3, 3, 3, 3, 1, 4]
    assert {(layer.activation.__name__, layer.padding, layer.strides) for layer in convolutions} == {
        ("relu", "valid", (1, 1))
    }
    penalties = [layer.kernel_regularizer and float(layer.kernel_regularizer.l2) for layer in convolutions]
    assert penalties == pytest.approx([1e-4, 1e-4, 1e-4, 1e-4, None, None])


def test_the_handcrafted_network_has_241709_parameters_and_75_million_multiply_adds(handcrafted_cnn):
    assert handcrafted_cnn.count_params() == 241_709
    # Places times size^2 * channels in * filters.
    by_layer = [46**2 * 288, 44**2 * 18_432, 20**2 * 73_728, 8**2 * 147_456, 4**2 * 768, 1 * 672]
    assert num_multiply_adds(handcrafted_cnn) == sum(by_layer) == 75_235_104


def test_the_default_network_has_the_size_that_its_docstring_gives(trained, folded):
    kernels = 9 * 32
    multiply_adds = 48**2 * 9 * 32
    for side, before, after, more_blocks in ((24, 32, 64, 0), (12, 64, 128, 1), (6, 128, 256, 0)):
        stage = (1 + 9) * before * after + 9 * after * after + more_blocks * 2 * 9 * after * after
        kernels += stage
        multiply_adds += side**2 * stage
    channels = 32 + 3 * (64 + 128 + 256) + 2 * 128
    dense = 256 * 7
    assert folded.count_params() == kernels + channels + dense + 7 == 1_502_855
    assert trained.count_params() == kernels + 4 * channels + dense + 7
    assert num_multiply_adds(folded) == multiply_adds + dense == 142_223_104


def test_the_default_network_trains_on_smaller_faces_too(trained):
    faces = as_input(draw_faces(2, 0))
    assert trained(faces[:, ::2, ::2]).shape == trained(faces).shape == (2, 1, 7)


@pytest.mark.parametrize("name", ["handcrafted_cnn", "trained", "folded"])
def test_probabilities_sum_to_1(request, name):
    model = request.getfixturevalue(name)
    probabilities = model(as_input(draw_faces(5)), training=False).numpy()
    assert probabilities.shape == (5, 1, len(EMOTIONS))
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-6)


@pytest.mark.parametrize(("name", "low", "high"), [("handcrafted_cnn", 0, 1), ("trained", -1, 1), ("folded", -1, 1)])
def test_scaling_lives_inside_the_model(request, name, low, high):
    model = request.getfixturevalue(name)
    scaling = model.layers[1]
    assert isinstance(scaling, layers.Rescaling)
    ends = scaling(np.array([0.0, 255.0], np.float32))
    np.testing.assert_allclose(ends, [low, high], atol=1e-6)
    # And nothing else stands between the input and it: every first convolution reads what it gives.
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    assert first.input is scaling.output
    assert scaling.input is model.input or scaling.input is model.inputs[0]


# with_one_answer


def test_one_head_at_temperature_1_answers_as_it_was_built(handcrafted_cnn):
    faces = draw_faces(3)
    np.testing.assert_allclose(
        with_one_answer(handcrafted_cnn)(as_input(faces)), handcrafted_cnn(as_input(faces))[:, 0], atol=1e-7
    )


@pytest.mark.parametrize("build", [build_cnn, build_handcrafted_cnn])
def test_of_two_heads_the_first_answers(build):
    keras.utils.set_random_seed(1)
    model, faces = build(2), as_input(draw_faces(3))
    apart = model(faces, training=False).numpy()
    assert apart.shape == (3, 2, 7)
    np.testing.assert_allclose(apart.sum(axis=2), 1, atol=1e-5)
    assert np.abs(apart[:, 0] - apart[:, 1]).max() > 1e-3
    np.testing.assert_allclose(with_one_answer(model)(faces, training=False), apart[:, 0], atol=1e-6)


@pytest.mark.parametrize("name", ["handcrafted_cnn", "folded"])
@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_a_temperature_divides_the_logits_before_the_softmax(request, name, temperature):
    model = request.getfixturevalue(name)
    faces = draw_faces(3)
    powers = np.exp(logits_of(model, faces).astype(np.float64) / temperature)
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(with_one_answer(model, temperature)(as_input(faces)), expected, atol=1e-6)


def test_a_second_temperature_replaces_the_first(folded):
    faces = as_input(draw_faces(3))
    twice = with_one_answer(with_one_answer(folded, 4.0), 2.0)
    np.testing.assert_allclose(twice(faces), with_one_answer(folded, 2.0)(faces), atol=1e-7)


# make_classifier


@pytest.fixture(scope="module")
def classify(handcrafted_cnn):
    return make_classifier(with_one_answer(handcrafted_cnn))


def test_a_classifier_answers_as_its_model_does(classify, handcrafted_cnn):
    faces = draw_faces(4)
    np.testing.assert_allclose(classify(faces), handcrafted_cnn(as_input(faces))[:, 0], atol=1e-6)


def test_an_answer_does_not_depend_on_the_faces_beside_it(classify):
    faces = draw_faces(300)  # more than one batch
    together = classify(faces)
    assert together.shape == (300, 7)
    for row in (0, 1, 255, 256, 299):
        np.testing.assert_allclose(classify(faces[row : row + 1])[0], together[row], atol=1e-6)


def test_the_order_of_faces_is_kept_across_batches(classify):
    faces = draw_faces(300)
    np.testing.assert_allclose(classify(faces[::-1]), classify(faces)[::-1], atol=1e-6)


def test_no_faces_get_no_answers(classify):
    answers = classify(np.zeros((0, 48, 48), np.uint8))
    assert answers.shape == (0, 7)
    assert answers.dtype == classify(draw_faces(1)).dtype


def test_a_classifier_runs_without_dropout(folded):
    classify = make_classifier(folded)
    np.testing.assert_array_equal(classify(draw_faces(2)), classify(draw_faces(2)))


def test_several_threads_get_the_answers_of_one(classify):
    pictures = [draw_faces(20, seed) for seed in range(4)]
    expected = [classify(faces) for faces in pictures]
    answers = [None] * 4

    def work(number):
        answers[number] = classify(pictures[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(answers, expected, atol=1e-6)


# load_classifier


def write_weights(folder, content, **record):
    """Write a weights file and a record of it; content: bytes or a Keras model."""
    weights = folder / "emotion.keras"
    if isinstance(content, bytes):
        weights.write_bytes(content)
    else:
        content.save(weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "emotion.json").write_text(json.dumps({"sha256": digest} | record))


def load_refusal(folder):
    with pytest.raises(InputError) as caught:
        load_classifier(folder)
    text = str(caught.value)
    assert "git checkout models" in text
    return text


@pytest.mark.parametrize("name", ["handcrafted_cnn", "folded"])
def test_saved_weights_come_back_with_the_same_answers(request, tmp_path, name):
    model = with_one_answer(request.getfixturevalue(name), 1.7)
    write_weights(tmp_path, model, seed=5)

    classify, record = load_classifier(tmp_path)

    assert record["seed"] == 5
    faces = draw_faces(3)
    np.testing.assert_allclose(classify(faces), model(as_input(faces)), atol=1e-6)


def test_a_sha256_is_that_of_the_files_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")  # FIPS 180-2's own example
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "file") == expected


@pytest.mark.parametrize("name", ["emotion.keras", "emotion.json"])
def test_a_missing_file_is_refused(tmp_path, name):
    write_weights(tmp_path, b"any weights")
    (tmp_path / name).unlink()
    assert f"The file {tmp_path / name} is missing." in load_refusal(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    folder = tmp_path / "nowhere"
    assert f"The file {folder / 'emotion.keras'} is missing." in load_refusal(folder)


@pytest.mark.parametrize("content", [b"", b"{broken", b"\xff\xfe", b"{}", b"[]", b"null", b'"sha256"', b"3"])
def test_a_record_that_is_none_is_refused(tmp_path, content):
    write_weights(tmp_path, b"any weights")
    (tmp_path / "emotion.json").write_bytes(content)
    assert f"The file {tmp_path / 'emotion.json'} is not the record of a training." in load_refusal(tmp_path)


@pytest.mark.parametrize("digest", ["0" * 64, "", None, 5])
def test_weights_of_another_record_are_refused(tmp_path, digest):
    write_weights(tmp_path, b"any weights", sha256=digest)
    text = load_refusal(tmp_path)
    assert f"The file {tmp_path / 'emotion.keras'} does not match its record {tmp_path / 'emotion.json'}." in text


def test_changed_weights_are_refused(tmp_path, handcrafted_cnn):
    write_weights(tmp_path, handcrafted_cnn)
    content = bytearray((tmp_path / "emotion.keras").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "emotion.keras").write_bytes(content)
    assert "does not match its record" in load_refusal(tmp_path)


def broken_model(kind, model, folder):
    """The bytes of a file that is almost a Keras model."""
    model.save(folder / "whole.keras")
    whole = (folder / "whole.keras").read_bytes()
    if kind == "cut short":
        return whole[: len(whole) // 2]
    if kind == "a changed byte":
        return whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :]
    without, content = io.BytesIO(), zipfile.ZipFile(io.BytesIO(whole))
    with zipfile.ZipFile(without, "w") as archive:
        for name in content.namelist():
            if name != kind:
                archive.writestr(name, content.read(name))
    return without.getvalue()


@pytest.mark.parametrize("content", [b"", b"no model at all", b"PK\x03\x04 and no archive after all"])
def test_a_file_that_is_no_model_is_refused_even_if_recorded(tmp_path, content):
    write_weights(tmp_path, content)
    assert f"Keras can't load a model from the file {tmp_path / 'emotion.keras'}." in load_refusal(tmp_path)


@pytest.mark.parametrize("kind", ["cut short", "a changed byte", "config.json", "model.weights.h5"])
def test_half_a_model_is_refused_even_if_recorded(tmp_path, handcrafted_cnn, kind):
    write_weights(tmp_path, broken_model(kind, handcrafted_cnn, tmp_path))
    assert f"Keras can't load a model from the file {tmp_path / 'emotion.keras'}." in load_refusal(tmp_path)


def test_a_model_that_would_run_code_of_its_own_is_refused(tmp_path):
    inputs = keras.Input((48, 48, 1))
    outputs = layers.Dense(7)(layers.Flatten()(layers.Lambda(lambda x: x, output_shape=(48, 48, 1))(inputs)))
    write_weights(tmp_path, keras.Model(inputs, outputs))
    assert "Keras can't load a model" in load_refusal(tmp_path)


@pytest.mark.parametrize(
    ("shape", "num_outputs"), [((48, 48, 3), 7), ((64, 64, 1), 7), ((48, 48, 1), 8), ((None, None, 1), 7)]
)
def test_a_model_of_another_shape_is_refused(tmp_path, shape, num_outputs):
    inputs = keras.Input(shape)
    outputs = layers.Dense(num_outputs, activation="softmax")(layers.GlobalAveragePooling2D()(inputs))
    write_weights(tmp_path, keras.Model(inputs, outputs))
    text = load_refusal(tmp_path)
    assert f"The model in {tmp_path / 'emotion.keras'} does not turn 48x48 grey pixels" in text
