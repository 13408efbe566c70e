"""How far a measured share can be from the true one."""

from math import sqrt
from statistics import NormalDist

NORMAL_95 = NormalDist().inv_cdf(0.975)
"""Standard errors on either side of a mean that make its 95 % interval."""


def wilson_interval(num_correct, count):
    """The 95 % interval of a proportion (Wilson 1927), as [low, high], 0-1.

    Args:
        num_correct: int, 0 to count.
        count: int, at least 1.
    """
    square = NORMAL_95**2
    middle = (num_correct + square / 2) / (count + square)
    half = NORMAL_95 / (count + square) * sqrt(num_correct * (count - num_correct) / count + square / 4)
    return [float(middle - half), float(middle + half)]
