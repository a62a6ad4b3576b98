"""Minimise from close by, many replicates at once, with gradients only: limited-memory BFGS in a known metric.

The minimum of a resample lies a few standard errors from that of the sample, whose inverse Hessian is known. It serves
all replicates as the metric to begin with, so that full steps need no line search and no Hessian is ever made anew:

    d = H_m g,  s = −d,  y = g(θ + s) − g(θ)          (Nocedal 1980; two-loop recursion)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.loss import Loss
from mkb21sem.linalg import Array

MEMORY = 12
"""Pairs of steps and changes of gradient that are kept."""
WILD = 4.0
"""A decrement that grows by more than this factor in one step ends the attempt."""


@dataclass(slots=True)
class _History:
    """The last steps s, changes of gradient y and 1/s'y, each (b, k) or (b,)."""

    s: list[Array] = field(default_factory=list)
    y: list[Array] = field(default_factory=list)
    r: list[Array] = field(default_factory=list)

    def add(self, s: Array, y: Array) -> None:
        curvature = _dot(s, y)
        # Without positive curvature the pair is kept out by a weight of zero.
        self.s.append(s)
        self.y.append(y)
        self.r.append(np.where(curvature > 0, 1 / np.where(curvature > 0, curvature, 1.0), 0.0))
        for kept in (self.s, self.y, self.r):
            del kept[:-MEMORY]

    def take(self, replicates: npt.NDArray[np.bool_]) -> None:
        for kept in (self.s, self.y, self.r):
            kept[:] = [each[replicates] for each in kept]

    def direction(self, gradient: Array, metric: Array) -> Array:
        """H_m g."""
        q, weights = gradient.copy(), []
        for s, y, r in zip(self.s[::-1], self.y[::-1], self.r[::-1], strict=True):
            weights.append(r * _dot(s, q))
            q -= weights[-1][:, None] * y
        d = q @ metric
        for s, y, r, weight in zip(self.s, self.y, self.r, weights[::-1], strict=True):
            d += (weight - r * _dot(y, d))[:, None] * s
        return d


def descend(
    loss: Loss, start: Array, metric: Array, *, tolerance: float = 1e-12, steps: int = 40
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Stationary points of f near `start`, for whoever checks that they are minima.

    Parameters
    ----------
    loss
        f of b replicates.
    start : (b, k)
    metric : (k, k)
        Inverse Hessian of f near the minima.
    tolerance
        Decrement g'd at which a replicate has arrived: the squared distance in standard errors, over n.
    steps
        After these a replicate is given up.

    Returns
    -------
    theta : (b, k)
        Where each replicate came; that of one that did not arrive means nothing.
    arrived : (b,)
    """
    theta, arrived = start.copy(), np.zeros(len(start), dtype=bool)
    at, here, part, history = np.arange(len(start)), start, loss, _History()
    gradient, last = part.gradient(here), np.full(len(start), np.inf)
    for _ in range(steps):
        step = history.direction(gradient, metric)
        decrement = _dot(gradient, step)
        ended = np.abs(decrement) < tolerance
        lost = ~(np.isfinite(decrement) & (decrement > -tolerance) & (decrement < WILD * last))
        if (ended | lost).any():
            theta[at[ended]], arrived[at[ended & ~lost]] = here[ended], True
            on = ~(ended | lost)
            at, here, step, gradient, last = at[on], here[on], step[on], gradient[on], decrement[on]
            history.take(on)
            part = part.take(np.flatnonzero(on))
        else:
            last = decrement
        if at.size == 0:
            break
        here = here - step
        before, gradient = gradient, part.gradient(here)
        history.add(-step, gradient - before)
    return theta, arrived


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("bk,bk->b", a, b))
