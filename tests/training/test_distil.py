import keras
import numpy as np
import pytest
import tensorflow as tf

from emotion.training.distil import accuracy, beside_teachers, cross_entropy_of_heads
from tests.training.toys import build_toy, draw_face


def test_the_loss_adds_up_the_heads_and_smooths_each():
    """One face: the first head answers 0.5 where it should say 1, the second 0.25 twice where it should say a half."""
    wanted = np.array([[[1, 0, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0]]], np.float32)
    answered = np.array([[[0.5, 0.5, 0, 0, 0, 0, 0], [0.25, 0.25, 0.5, 0, 0, 0, 0]]], np.float32)
    assert cross_entropy_of_heads(0.0)(wanted, answered).numpy() == pytest.approx([np.log(2) + np.log(4)])
    even = np.full((1, 1, 7), 1 / 7, np.float32)
    assert cross_entropy_of_heads(0.5)(wanted[:, :1], even).numpy() == pytest.approx([np.log(7)])


def test_the_loss_takes_what_teachers_say_for_a_target_too():
    """One face: the label is 0, the teachers say 1 with 0.5; each is answered with 0.25, but for the rest."""
    wanted = np.array([[[1, 0, 0, 0, 0, 0, 0]]], np.float32)
    answered = [0.25, 0.25, 0.5, 0, 0, 0, 0]
    taught = [0, 0.5, 0.5, 0, 0, 0, 0]
    both = np.array([[answered, taught]], np.float32)
    expected = -(0.2 * np.log(0.25) + 0.8 * (0.5 * np.log(0.25) + 0.5 * np.log(0.5)))
    assert cross_entropy_of_heads(0.0, teaching=0.8)(wanted, both).numpy() == pytest.approx([expected])


def test_nothing_is_learned_by_the_teachers_through_the_loss():
    answers = tf.Variable(np.full((1, 2, 7), 1 / 7, np.float32))
    with tf.GradientTape() as tape:
        loss = cross_entropy_of_heads(0.1, teaching=0.5)(np.eye(7, dtype=np.float32)[None, :1], answers)
    own, taught = tape.gradient(loss, answers).numpy()[0]
    assert np.abs(own).max() > 0.1
    np.testing.assert_array_equal(taught, 0)


@pytest.mark.parametrize("num_teachers", [1, 2])
def test_a_student_answers_beside_the_mean_of_its_teachers_and_alone_learns_and_drops(num_teachers):
    teachers, student = [build_toy(2) for _ in range(num_teachers)], build_toy(2)
    model = beside_teachers(student, teachers)
    faces = np.stack([draw_face(number) for number in range(3)])[..., None].astype(np.float32)
    said = np.mean([teacher(faces) for teacher in teachers], axis=0)
    np.testing.assert_allclose(model(faces)[:, 2:], said, atol=1e-6)
    np.testing.assert_allclose(model(faces)[:, :2], student(faces), atol=1e-6)
    assert [id(one) for one in model.trainable_variables] == [id(one) for one in student.trainable_variables]
    learning = model(faces, training=True)
    assert np.abs(learning[:, :2] - student(faces)).max() > 1e-3, "nothing is dropped out of the student"
    np.testing.assert_allclose(learning[:, 2:], said, atol=1e-6)


def test_the_accuracy_is_that_of_the_first_head():
    wanted = np.stack([np.eye(7)[[0, 0, 1]], np.eye(7)[[1, 1, 1]]], axis=1)
    answered = np.full((3, 2, 7), 0.01)
    answered[:, 0, 0], answered[:, 1, 1] = 0.4, 0.9  # the second head is surer of 1 than the first is of 0
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(accuracy(wanted, answered)), [1, 1, 0])
