"""BOUND: parameters that would leave their interval are held at its end, the worst one first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mkb21sem.estimate.estimators import Estimator
from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.scoring import Minimum
from mkb21sem.estimate.solve import solve
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout


def solve_within(
    row: Estimator, where: Layout, sample: Moments, begin: Array | None = None
) -> tuple[Minimum, Inference, Array]:
    """Minimise within the bounds of the layout, from `begin` (k,) or from closed-form starting values.

    Returns
    -------
    Minimum, Inference
        Of the whole layout at the bounded minimum.
    held : (k,) bool
        Parameters that lie on a bound; their standard errors don't exist.

    Notes
    -----
    An active-set method (Nocedal & Wright 2006, ch. 16) with one exchange a round: the parameter furthest outside is
    held, and a held one whose gradient points inside is set free.
    """
    found, at = solve(row, where, sample, begin)
    held = np.zeros(where.k, dtype=bool)
    theta = at.theta
    for _ in range(4 * where.k):
        outside = np.maximum(where.lower - theta, theta - where.upper)
        outside[held] = -np.inf
        freed = _inward(at, theta, held, where) if held.any() else held
        if freed.any():
            held = held & ~freed
        elif np.max(outside, initial=-np.inf) > 1e-9:
            held[int(outside.argmax())] = True
        else:
            break
        ends = np.clip(theta, where.lower, where.upper)
        found, part = solve(row, _without(where, held, ends), sample)
        theta = ends.copy()
        theta[~held] = part.theta
        at = _whole(at, part, theta)
    return found, at, held


def _without(where: Layout, held: Array, value: Array) -> Layout:
    """The layout with some parameters fixed at their value."""
    keep = ~held
    names = tuple(name for name, free in zip(where.names, keep, strict=True) if free)
    fixed = where.offset + where.K[:, :, held] @ value[held]
    bounds = {name: getattr(where, name)[keep] for name in ("start",)}
    open_ends = np.full(keep.sum(), np.inf)
    return replace(where, K=where.K[:, :, keep], offset=fixed, names=names, lower=-open_ends, upper=open_ends, **bounds)


def _whole(at: Inference, part: Inference, theta: Array) -> Inference:
    """The inference of the whole layout at the minimum of a part of it."""
    fixed = at.cells - cell_values(at.layout, at.theta, np.zeros_like(at.cells))
    cells = cell_values(at.layout, theta, fixed)
    return replace(at, theta=theta, cells=cells, minimum=part.minimum)


def _inward(at: Inference, theta: Array, held: Array, where: Layout) -> Array:
    """Held parameters at which f falls towards the inside of their interval."""
    gradient = at.loss.gradient(theta[None])[0]
    low = held & (theta <= where.lower) & (gradient < -1e-9)
    return low | (held & (theta >= where.upper) & (gradient > 1e-9))


def bounded_vcov(at: Inference, held: Array) -> Array:
    """Covariance of the estimates with 0 for the parameters that lie on a bound, (k, k)."""
    keep = np.flatnonzero(~held)
    part = replace(at, layout=_without(at.layout, held, at.theta), theta=at.theta[keep])
    loss = replace(at.loss, layout=part.layout, fixed=_fixed(at, part))  # type: ignore[type-var]
    out = np.zeros((at.layout.k, at.layout.k))
    out[np.ix_(keep, keep)] = replace(part, loss=loss).vcov()
    return out


def _fixed(at: Inference, part: Inference) -> Array:
    """Cell values that the part does not estimate, in the shape of the loss's own."""
    values = at.cells - cell_values(part.layout, part.theta, np.zeros_like(at.cells))
    return values.reshape(at.loss.fixed.shape)
