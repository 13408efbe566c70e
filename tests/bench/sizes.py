"""Training and validation faces go in; what networks of several sizes reach by one recipe comes out.

    uv run python -m tests.bench.sizes --data fer2013    # some hours; goes on where it was stopped

Writes sizes.json after each training.
"""

from emotion.data.load import load_faces
from emotion.training.recipes import RECIPES
from tests.bench.command import read_arguments
from tests.bench.experiments import measure_experiments, shaped
from tests.bench.record import MACHINE

SIZES = {
    "the default's network": shaped(),
    "three fourths as wide": shaped(width=24),
    "the first convolution half as fine, three fourths as wide": shaped(
        width=24, num_blocks=(1, 1, 1), strides=(2, 1, 2, 2)
    ),
    "half as fine from the first convolution on, 6 pixels at the end": shaped(strides=(2, 2, 2, 1)),
    "half as fine from the first convolution on, 3 pixels at the end": shaped(strides=(2, 2, 2, 2)),
}
"""By the quick recipe, from the same seeds."""


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__)
    splits, file = load_faces(arguments.data), arguments.output / "sizes.json"
    measure_experiments(splits, file, {"machine": MACHINE}, SIZES, RECIPES["quick"].epochs, seeds=(0,))


if __name__ == "__main__":
    main()
