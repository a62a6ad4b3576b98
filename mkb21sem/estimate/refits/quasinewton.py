"""Minimise from close by, many replicates at once, with gradients only: BFGS in a known metric.

The minimum of a resample lies a few standard errors from that of the sample, whose inverse Hessian H is known. It
serves all replicates as the metric to begin with, so that full steps need no line search and no Hessian is ever made
anew. A step s that changes the gradient by y changes it by a matrix of rank two (Nocedal & Wright 2006, ch. 6), so with
z = H y, r = 1/s'y and κ = r (1 + r y'z)

    H⁺ v = H v + (κ s'v − r z'v) s − r (s'v) z

and H v is a product with the metric plus a sum over the pairs (s, z) so far, of which none needs the one before. As
steps are s = −H g, z = H g⁺ − H g comes from what was computed anyway.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.loss import Loss
from mkb21sem.linalg import Array

WILD = 4.0
"""A decrement that grows by more than this factor in one step ends the attempt."""


class _Inverse:
    """H of b replicates: the metric (k, k), and for each step s, z (b, 2·steps, k) and κ, r (b, steps)."""

    __slots__ = ("kappa", "made", "metric", "pairs", "r")

    def __init__(self, metric: Array, b: int, steps: int) -> None:
        self.metric, self.made = metric, 0
        self.pairs = np.empty((b, 2 * steps, len(metric)))
        self.kappa, self.r = np.empty((b, steps)), np.empty((b, steps))

    def take(self, replicates: npt.NDArray[np.bool_]) -> None:
        """Keep some of the replicates."""
        left, m = int(replicates.sum()), self.made
        self.pairs[:left, : 2 * m] = self.pairs[replicates, : 2 * m]
        self.pairs = self.pairs[:left]
        self.kappa, self.r = self.kappa[replicates], self.r[replicates]

    def times(self, v: Array) -> Array:
        """H v (b, k)."""
        # Row by row: the last digits of one product hang on how many rows there are.
        product = (v[:, None] @ self.metric)[:, 0]
        if self.made:
            pairs = self.pairs[:, : 2 * self.made]
            dots = (pairs @ v[:, :, None])[..., 0]
            product += (self._weights(dots, slice(self.made))[:, None] @ pairs)[:, 0]
        return product

    def add(self, s: Array, y: Array, z: Array) -> None:
        """Take in a step s (b, k) that changed the gradient by y, with z = H y."""
        curvature, m = _dot(s, y), self.made
        # Without positive curvature the pair is kept out by a weight of zero.
        r = np.where(curvature > 0, 1 / np.where(curvature > 0, curvature, 1.0), 0.0)
        self.pairs[:, 2 * m], self.pairs[:, 2 * m + 1] = s, z
        self.kappa[:, m], self.r[:, m] = r * (1 + r * _dot(y, z)), r
        self.made = m + 1

    def last(self, v: Array) -> Array:
        """What the last step added to H v (b, k)."""
        s, z = self.pairs[:, 2 * self.made - 2], self.pairs[:, 2 * self.made - 1]
        weights = self._weights(np.stack([_dot(s, v), _dot(z, v)], axis=1), slice(self.made - 1, self.made))
        return weights[:, :1] * s + weights[:, 1:] * z

    def _weights(self, dots: Array, which: slice) -> Array:
        """Weights of s and z in turn, from s'v and z'v in turn, (b, 2·pairs)."""
        by_s, by_z, r = dots[:, ::2], dots[:, 1::2], self.r[:, which]
        weights = np.empty_like(dots)
        weights[:, ::2], weights[:, 1::2] = self.kappa[:, which] * by_s - r * by_z, -r * by_s
        return weights


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
    at, here, part, inverse = np.arange(len(start)), start, loss, _Inverse(metric, len(start), steps)
    gradient, last = part.gradient(here), np.full(len(start), np.inf)
    step = inverse.times(gradient)
    for _ in range(steps):
        decrement = _dot(gradient, step)
        ended = np.abs(decrement) < tolerance
        lost = ~(np.isfinite(decrement) & (decrement > -tolerance) & (decrement < WILD * last))
        if (ended | lost).any():
            theta[at[ended]], arrived[at[ended & ~lost]] = here[ended], True
            on = ~(ended | lost)
            at, here, step, gradient, last = at[on], here[on], step[on], gradient[on], decrement[on]
            inverse.take(on)
            part = part.take(np.flatnonzero(on))
        else:
            last = decrement
        if at.size == 0:
            break
        here = here - step
        before, gradient = gradient, part.gradient(here)
        ahead = inverse.times(gradient)
        inverse.add(-step, gradient - before, ahead - step)
        step = ahead + inverse.last(gradient)
    return theta, arrived


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("bk,bk->b", a, b))
