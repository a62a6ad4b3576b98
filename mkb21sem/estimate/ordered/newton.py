"""Many one-parameter likelihoods maximised at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mkb21sem.linalg import Array, Index

Score = Callable[[Array, Index], tuple[Array, Array]]
BOUND = 0.9999
"""The largest correlation that is looked for; a likelihood that still rises there has no maximum inside."""


def correlations(
    score: Score, start: Array, tolerance: float = 1e-12, most: int = 60
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Correlations at which each score is zero, by Newton's method inside a closing bracket.

    Parameters
    ----------
    score
        Called with the correlations (a,) and the places (a,) of the pairs still at work; gives the derivative
        of the log-likelihood of one observation and the second derivative, both (a,).
    start : (m,)
        Where to begin; NaN for a pair without information, which stays NaN.
    tolerance
        On the score.
    most
        Steps at most.

    Returns
    -------
    rho : (m,)
        ±`BOUND` where the likelihood rises up to there.
    inside : (m,) bool
        Whether the score is zero there, up to the rounding of rho.
    """
    rho = np.clip(start, -BOUND, BOUND)
    low, high = np.full_like(rho, -BOUND), np.full_like(rho, BOUND)
    inside = np.zeros(rho.shape, dtype=bool)
    active = np.flatnonzero(np.isfinite(rho))
    for _ in range(most):
        if not active.size:
            break
        here = rho[active]
        value, slope = score(here, active)
        low[active] = np.where(value > 0, here, low[active])
        high[active] = np.where(value < 0, here, high[active])
        new = _next(here, value, slope, low[active], high[active])
        done = np.abs(value) <= tolerance
        still = np.abs(new - here) <= 4e-16
        edge = ~done & (np.abs(new) > BOUND - 1e-7)
        inside[active] = (done | still) & ~edge
        rho[active] = np.where(done, here, np.where(edge, np.copysign(BOUND, new), new))
        active = active[~(done | still | edge)]
    return rho, inside


def _next(rho: Array, value: Array, slope: Array, low: Array, high: Array) -> Array:
    """Newton's step, or the middle of the bracket where the step leaves it."""
    downhill = slope < 0
    step = rho - value / np.where(downhill, slope, -1.0)
    outside = ~downhill | (step <= low) | (step >= high)
    return np.where(outside, (low + high) / 2, step)


def uncoarsen(covariance: Array, variance: Array, other: Array) -> Array:
    """Correlation of two normal variables, roughly, from that of their conditional means given the answers.

    Where v and w are the variances of these means, r their correlation and g = 1/√(vw), rho is about g r for
    small r, and r = 1 belongs to rho = 1; between them g r − (g − 1) r³. NaN where a variance is zero.
    """
    spread = np.sqrt(variance * other)
    spread = np.where(spread > 0, spread, np.nan)
    r = np.clip(covariance / spread, -1, 1)
    return np.asarray(np.clip(r / spread - (1 / spread - 1) * r**3, -0.97, 0.97))
