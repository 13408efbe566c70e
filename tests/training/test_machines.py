import pytest
import tensorflow as tf

from emotion import InputError
from emotion.training import machines
from emotion.training.machines import even_batch_size, fast_convolutions, join_machines
from tests.training.toys import flat_faces


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16 fma", True),
        ("flags\t\t: fpu avx512_vnni amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx2 avx512_vnni avx_vnni", False),
        ("flags\t\t: fpu avx512_bf16x", False),
        (None, False),
    ],
)
def test_only_a_processor_that_calculates_in_bfloat16_is_given_it(monkeypatch, tmp_path, processor, expected):
    """Where there is no such instruction, TensorFlow imitates it, and a training takes many times as long."""
    if processor is not None:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{processor}\n", encoding="utf-8")
    monkeypatch.setattr(machines, "CPU_INFO", tmp_path / "cpuinfo")

    def bfloat16():
        return tf.config.optimizer.get_experimental_options().get("auto_mixed_precision_onednn_bfloat16", False)

    def fail():
        with fast_convolutions():
            assert bfloat16() == expected
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert not bfloat16(), "faces would be measured otherwise than on the page"


@pytest.mark.parametrize(("most", "num_parts", "expected"), [(16, 1, 16), (16, 3, 15), (128, 1, 21), (128, 2, 20)])
def test_a_batch_has_no_more_faces_than_there_are_and_parts_of_one_size(most, num_parts, expected):
    assert even_batch_size(most, flat_faces(21), num_parts) == expected


def test_one_machine_needs_no_settings():
    assert join_machines("one") == join_machines("mirrored") == (0, 1)


def test_several_machines_are_refused_without_jax_and_their_settings():
    with pytest.raises(InputError, match=r"KERAS_BACKEND=jax.*KERAS_DISTRIBUTION_JOB_ADDRESSES"):
        join_machines("machines")
