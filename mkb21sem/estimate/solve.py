"""From a layout and a sample to the loss, its minimum and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mkb21sem.errors import FitError
from mkb21sem.estimate.casewise import deviations
from mkb21sem.estimate.estimators import Estimator
from mkb21sem.estimate.fiml import FimlLoss
from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.loss import Loss, NormalLoss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.quadratic import QuadraticLoss, normal_weight
from mkb21sem.estimate.scoring import Minimum, minimise
from mkb21sem.estimate.starts import start
from mkb21sem.linalg import Array, vech_index
from mkb21sem.specify.layout import Layout


def loss_of(row: Estimator, layout: Layout, sample: Moments) -> Loss:
    """The loss that the estimator minimises over the sample."""
    if row.loss == "normal":
        if sample.patterns:
            return FimlLoss.of(layout, sample.patterns, sample.share, sample.augmented(True))
        return NormalLoss.of(layout, sample.augmented(layout.meanstructure)[None], sample.share)
    unbiased = replace(sample, cov=sample.cov * (sample.n / (sample.n - 1))[:, None, None])
    W = _weight(row, layout, unbiased)
    return QuadraticLoss.of(layout, unbiased.augmented(layout.meanstructure)[None], W[None], sample.share, sample.n)


def _weight(row: Estimator, layout: Layout, sample: Moments) -> Array:
    """W of each group for the least-squares losses, (g, m, m)."""
    if row.loss == "GLS":
        return normal_weight(sample.cov, layout.meanstructure)
    if row.loss == "ULS":
        p = len(layout.observed)
        m = p * (p + 1) // 2 + p * layout.meanstructure
        return np.broadcast_to(np.eye(m), (len(sample.groups), m, m))
    return np.array([np.linalg.pinv(gamma, hermitian=True) for gamma in _asymptotic_covariance(layout, sample)])


def _asymptotic_covariance(layout: Layout, sample: Moments) -> list[Array]:
    """Γ of means and covariances by the fourth-order moments of the rows (Browne 1984), g arrays (m, m)."""
    row, col = vech_index(len(layout.observed))
    out = []
    for d, n in zip(deviations(sample, layout.exogenous), sample.n, strict=True):
        x = d.z[:, row] * d.z[:, col] - d.h[:, row] * d.h[:, col]
        x = x - x.mean(axis=0)
        if layout.meanstructure:
            x = np.concatenate([d.e, x], axis=1)
        if n <= x.shape[1]:
            raise FitError(
                f"WLS weighs {x.shape[1]} moments by their covariances and needs more rows than that; there are {n}. "
                "Use MLR, or a diagonally weighted estimator."
            )
        out.append(x.T @ x / n)
    return out


def solve(row: Estimator, layout: Layout, sample: Moments, begin: Array | None = None) -> tuple[Minimum, Inference]:
    """Minimise the estimator's loss, from `begin` (k,) or from closed-form starting values."""
    loss = loss_of(row, layout, sample)
    theta = (start(layout, sample.cov, sample.mean) if begin is None else begin)[None]
    if not np.isfinite(loss.value(theta))[0]:
        theta = theta / 2
    found = minimise(loss, theta)
    fixed = getattr(loss, "fixed").reshape(len(layout.groups), -1)  # noqa: B009
    cells = cell_values(layout, found.theta[0], fixed)
    return found, Inference(row, layout, loss, sample, found.theta[0], cells, float(found.value[0]))
