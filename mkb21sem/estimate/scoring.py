"""The one minimiser: Fisher scoring with step-halving, Newton steps at the end, b replicates at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.loss import Loss
from mkb21sem.linalg import Array, is_positive_definite, transpose

NEAR = 1e-4
"""Decrement (squared step length in the metric of the information) below which Newton replaces Fisher."""
SURE = 1e-8
"""Decrement below which a step that shortens is taken without looking at f, which rounding hides anyway."""
SLOW = 0.3
"""Ratio of two decrements above which the Hessian is made anew; below it the last one serves again."""


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


def minimise(
    loss: Loss, start: Array, *, tolerance: float = 1e-16, max_iterations: int = 500, near: bool = False
) -> Minimum:
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
    near
        Whether the start is close to the minimum, so that Newton steps may be taken from the beginning.

    Notes
    -----
    Fisher scoring converges linearly, at a rate that grows with misfit; once near, steps with the observed
    Hessian (where it is positive definite) take over, and as long as they shorten fast the Hessian is kept.
    """
    theta = np.array(start, dtype=float)
    b, k = theta.shape
    value, decrement = loss.value(theta), np.full(b, np.inf)
    inverse, stale = np.empty((b, k, k)), np.ones(b, dtype=bool)
    converged, iterations = np.zeros(b, dtype=bool), np.zeros(b, dtype=np.int64)
    active = np.flatnonzero(np.isfinite(value))
    for _ in range(max_iterations):
        if active.size == 0:
            break
        part, last = loss.take(active), decrement[active]
        gradient = _gradient(part, theta[active], inverse, stale, (last < NEAR) | near, active)
        step = (inverse[active] @ gradient[..., None])[..., 0]
        decrement[active] = now = np.einsum("bk,bk->b", gradient, step)
        sure = (now < SURE) & (now < last / 2)
        progress = sure.copy()
        theta[active[sure]] -= step[sure]
        look = np.flatnonzero(~sure)
        if look.size:
            moved = _search(part.take(look), theta[active[look]], value[active[look]], step[look], now[look])
            theta[active[look]], value[active[look]], progress[look] = moved
        iterations[active] += 1
        stale[active] = (now > SLOW * last) | ((now > NEAR) & (not near))
        # A replicate that can't go lower within rounding has arrived if what is left is rounding too.
        done = (now < tolerance) | (~progress & (now < 1e-10))
        converged[active[done]] = True
        active = active[~done & progress]
    return Minimum(theta, loss.value(theta), decrement, converged, iterations)


def _gradient(loss: Loss, theta: Array, inverse: Array, stale: Array, near: Array, active: Array) -> Array:
    """Gradient (b, k) of the active replicates; `inverse` is made anew in place where it is stale."""
    gradient = np.empty_like(theta)
    kept = np.flatnonzero(~stale[active])
    if kept.size:
        gradient[kept] = loss.take(kept).gradient(theta[kept])
    for observed in (False, True):
        at = np.flatnonzero(stale[active] & (near == observed))
        if at.size:
            gradient[at], H = loss.take(at).derivatives(theta[at], observed=observed)
            doubtful = np.flatnonzero(~is_positive_definite(H)) if observed else np.empty(0, dtype=np.intp)
            if doubtful.size:
                H[doubtful] = loss.take(at[doubtful]).derivatives(theta[at[doubtful]])[1]
            inverse[active[at]] = _inverse(H)
    return gradient


def _inverse(H: Array) -> Array:
    """H⁻¹; where H is nearly singular, in the directions that it does determine."""
    own = np.diagonal(H, axis1=1, axis2=2)
    scale = np.where(own > 1e-300, np.sqrt(np.maximum(own, 0)), np.inf)
    unit = scale[:, :, None] * scale[:, None, :]
    with np.errstate(over="ignore"):
        scaled = H / unit
    try:
        pivots = np.diagonal(np.linalg.cholesky(scaled), axis1=1, axis2=2)
        if (pivots > 1e-5).all():
            return np.asarray(np.linalg.inv(scaled) / unit)
    except np.linalg.LinAlgError:
        pass
    # A cell of a scaled semidefinite matrix is at most 1; what is far above it is rounding.
    values, vectors = np.linalg.eigh(np.where(np.isfinite(scaled), np.clip(scaled, -2, 2), 0.0))
    inverse = np.where(values > 1e-12, 1 / np.maximum(values, 1e-12), 0.0)
    return np.asarray((vectors * inverse[:, None, :]) @ transpose(vectors) / unit)


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
