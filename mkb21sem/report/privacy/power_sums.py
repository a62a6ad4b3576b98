"""What a printed mean and standard deviation say about counts: Σ c n_c and Σ c² n_c."""

from __future__ import annotations

import math


def power_sums(n: float, mean: float, sd: float) -> tuple[float, ...]:
    """Sum of the answers, and sum of their squares; without a standard deviation the first alone.

    Parameters
    ----------
    n
        Answers.
    mean
        Of whole codes.
    sd
        With divisor n − 1; NaN if it isn't printed.

    Notes
    -----
    Both are whole numbers for whole codes, and are returned as such.
    """
    total = float(round(n * mean))
    if math.isnan(sd):
        return (total,)
    return total, float(round(sd**2 * (n - 1) + n * mean**2))
