"""Many samples at once: maximum-likelihood estimates, robust standard errors and the robust test of fit (MLR).

The same formulas as `estimate.inference` has for one sample, over stacks of samples with complete answers and without
means; tests/infer/planning compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.implied import pairs
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array, is_positive_definite, transpose
from mkb21sem.specify.layout import Layout

QUICK, LONG = 60, 200
"""Steps after which a sample is tried once more, more carefully, and after which it counts as failed."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What came out of b samples.

    Attributes
    ----------
    theta : (b, k)
    vcov : (b, k, k)
        Robust covariance of the estimates; NaN without convergence or where the information is singular.
    chisq, scaling : (b,)
        n·2f, and the Yuan–Bentler factor it is divided by.
    converged : (b,)
    proper : (b,)
        No variance is negative.
    """

    theta: Array
    vcov: Array
    chisq: Array
    scaling: Array
    converged: npt.NDArray[np.bool_]
    proper: npt.NDArray[np.bool_]


def robust_estimates(where: Layout, y: Array, begin: Array) -> Estimates:
    """Fit a model to samples y (b, n, p) from one starting point (k,), for a layout of one group without means."""
    b, n, _ = y.shape
    z = y - y.mean(axis=1, keepdims=True)
    S = transpose(z) @ z / n
    whole = is_positive_definite(S)
    S = np.where(whole[:, None, None], S, np.eye(S.shape[-1]))
    loss = NormalLoss.of(where, S[:, None], np.ones(1))
    found = minimise(loss, np.tile(begin, (b, 1)), tolerance=1e-12, max_iterations=QUICK, near=True)
    theta = found.theta
    lost = np.flatnonzero(~found.converged)
    if lost.size:
        again = minimise(loss.take(lost), np.tile(begin, (lost.size, 1)), tolerance=1e-12, max_iterations=LONG)
        theta[lost] = again.theta
        found.converged[lost] = again.converged
        found.value[lost] = again.value
    converged = found.converged & whole
    theta = np.where(converged[:, None], theta, begin)
    vcov, own, regular = _sandwich(where, loss, theta, z)
    usable = converged & regular
    spread = _saturated(where, S, z) - own
    scaling = spread / where.df if where.df else np.full(b, np.nan)
    return Estimates(
        theta,
        np.where(usable[:, None, None], vcov / n, np.nan),
        2 * n * found.value,
        scaling,
        usable,
        _proper(where, loss, theta),
    )


def _sandwich(where: Layout, loss: NormalLoss, theta: Array, z: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """A⁻¹BA⁻¹ (b, k, k) with observed information A and mean outer product of scores B; tr A⁻¹B; where A is regular."""
    A = loss.derivatives(theta, observed=True)[1]
    regular = is_positive_definite(A)
    A = np.where(regular[:, None, None], A, np.eye(where.k))
    B = _meat(where, loss, theta, z)
    half = np.linalg.solve(A, B)
    return np.linalg.solve(A, transpose(half)), np.trace(half, axis1=1, axis2=2), regular


def _meat(where: Layout, loss: NormalLoss, theta: Array, z: Array) -> Array:
    """Mean outer product of casewise scores s (v_a v_b − Q[a,b]), v = U'Pz, Q = U'PU, (b, k, k)."""
    model = loss.implied(theta)
    U, P = model.U[:, 0], np.linalg.inv(model.Sigma[:, 0])
    a, b, s = pairs(where)
    if where.pick is not None:
        a, b, s = a[where.pick], b[where.pick], s[where.pick]
    v, Q = z @ (P @ U), transpose(U) @ P @ U
    score = s * (v[..., a] * v[..., b] - Q[:, None, a, b])
    if where.pick is None:
        score = score @ where.K[0]
    return np.asarray(transpose(score) @ score / z.shape[1])


def _saturated(where: Layout, S: Array, z: Array) -> Array:
    """tr A⁻¹B of the saturated model (b,): mean of ½ tr (S⁻¹(zz' − S))², less that of exogenous variables."""
    total = _fourth(S, z)
    held = [where.observed.index(name) for name in where.exogenous]
    return total - _fourth(S[:, held][:, :, held], z[..., held]) if held else total


def _fourth(S: Array, z: Array) -> Array:
    distance = ((z @ np.linalg.inv(S)) * z).sum(axis=-1)
    return np.asarray((distance**2 - 2 * distance + S.shape[-1]).mean(axis=-1) / 2)


def _proper(where: Layout, loss: NormalLoss, theta: Array) -> npt.NDArray[np.bool_]:
    cells = (where.K[0] @ theta[..., None])[..., 0] + loss.fixed[:, 0]
    own = (where.matrix == 1) & (where.row == where.col)
    return np.asarray((cells[:, own] >= 0).all(axis=1))
