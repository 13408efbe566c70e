"""How far a measured share can be from the true one."""

from scipy.stats import binomtest

NORMAL_95 = 1.96
"""Standard errors on either side of a mean that make its 95 % interval."""


def wilson_interval(num_correct, count):
    """The 95 % interval of a proportion (Wilson 1927), as [low, high], 0-1.

    Args:
        num_correct: int, 0 to count.
        count: int, at least 1.
    """
    interval = binomtest(int(num_correct), int(count)).proportion_ci(method="wilson")
    return [float(interval.low), float(interval.high)]
