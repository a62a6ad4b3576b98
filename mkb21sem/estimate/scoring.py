"""The one minimiser: Fisher scoring with step-halving, Newton steps at the end, b replicates at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.loss import Loss
from mkb21sem.linalg import Array, is_positive_definite

NEAR = 1e-4
"""Decrement (squared step length in the metric of the information) below which Newton replaces Fisher."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where the minimiser stopped, for each of b replicates.

    Attributes
    ----------
    theta : (b, k)
    value : (b,)
    decrement : (b,)
        g'H⁻¹g at the stop: twice what f could still fall; its root is a distance in standard errors per √n.
    converged : (b,)
    iterations : (b,)
    """

    theta: Array
    value: Array
    decrement: Array
    converged: npt.NDArray[np.bool_]
    iterations: npt.NDArray[np.int64]


def minimise(loss: Loss, start: Array, *, tolerance: float = 1e-16, max_iterations: int = 500) -> Minimum:
    """Minimise f from `start` (b, k).

    Parameters
    ----------
    loss
        f with its derivatives.
    start : (b, k)
    tolerance
        Largest decrement g'H⁻¹g at which a replicate counts as converged.
    max_iterations
        Steps after which a replicate is given up.

    Notes
    -----
    Fisher scoring converges linearly, at a rate that grows with misfit; once near, steps with the observed
    Hessian (where it is positive definite) converge quadratically.
    """
    theta = np.array(start, dtype=float)
    b = len(theta)
    value, decrement = loss.value(theta), np.full(b, np.inf)
    converged, iterations = np.zeros(b, dtype=bool), np.zeros(b, dtype=np.int64)
    active = np.flatnonzero(np.isfinite(value))
    for _ in range(max_iterations):
        if active.size == 0:
            break
        part = loss.take(active)
        step, decrement[active] = _direction(part, theta[active], decrement[active] < NEAR)
        done = decrement[active] < tolerance
        moved, value_new, progress = _search(part, theta[active], value[active], step, decrement[active])
        theta[active], value[active] = moved, value_new
        iterations[active] += 1
        # A replicate that can't go lower within rounding has arrived if what is left is rounding too.
        stuck = ~progress
        converged[active[done | (stuck & (decrement[active] < 1e-10))]] = True
        active = active[~(done | stuck)]
    return Minimum(theta, value, decrement, converged, iterations)


def _direction(loss: Loss, theta: Array, near: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Step H⁻¹g (b, k) and decrement g'H⁻¹g (b,), by the observed Hessian where near and positive definite."""
    gradient, H = np.empty_like(theta), np.empty((*theta.shape, theta.shape[1]))
    for observed in (False, True):
        at = np.flatnonzero(near == observed)
        if at.size:
            gradient[at], H[at] = loss.take(at).derivatives(theta[at], observed=observed)
    doubtful = np.flatnonzero(near)
    if doubtful.size:
        doubtful = doubtful[~is_positive_definite(H[doubtful])]
    if doubtful.size:
        gradient[doubtful], H[doubtful] = loss.take(doubtful).derivatives(theta[doubtful])
    step = _solve(H, gradient)
    return step, np.einsum("bk,bk->b", gradient, step)


def _solve(H: Array, gradient: Array) -> Array:
    """H⁻¹g; where H is nearly singular, in the directions that it does determine."""
    scale = np.sqrt(np.maximum(np.diagonal(H, axis1=1, axis2=2), 1e-300))
    scaled = H / (scale[:, :, None] * scale[:, None, :])
    try:
        pivots = np.diagonal(np.linalg.cholesky(scaled), axis1=1, axis2=2)
        if (pivots > 1e-5).all():
            return np.asarray(np.linalg.solve(scaled, (gradient / scale)[..., None])[..., 0] / scale)
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(np.where(np.isfinite(scaled), scaled, 0.0))
    inverse = np.where(values > 1e-12, 1 / np.maximum(values, 1e-12), 0.0)
    along = np.einsum("bkj,bk->bj", vectors, gradient / scale)
    return np.asarray(np.einsum("bkj,bj->bk", vectors, inverse * along) / scale)


def _search(
    loss: Loss, theta: Array, value: Array, step: Array, decrement: Array
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Halve the step until f falls enough (Armijo): new theta, new f, and whether there was progress."""
    best, best_value = theta.copy(), value.copy()
    length = np.ones(len(theta))
    open_ = np.ones(len(theta), dtype=bool)
    rounding = 1e-14 * (1 + np.abs(value))
    for _ in range(40):
        at = np.flatnonzero(open_)
        if at.size == 0:
            break
        trial = theta[at] - length[at, None] * step[at]
        f = loss.take(at).value(trial)
        enough = value[at] - 1e-4 * length[at] * decrement[at]
        good = (f <= enough) | ((decrement[at] < 1e-9) & (f <= value[at] + 10 * rounding[at]))
        best[at[good]], best_value[at[good]] = trial[good], f[good]
        open_[at[good]] = False
        length[at] /= 2
    return best, best_value, ~open_
