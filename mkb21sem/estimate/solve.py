"""From a layout and a sample to the loss, its minimum and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from mkb21sem.errors import FitError
from mkb21sem.estimate.estimators import Estimator
from mkb21sem.estimate.implied import cell_values, offset
from mkb21sem.estimate.incomplete.fiml import FimlLoss
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.loss import Loss, NormalLoss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.ordered.ordinal import check_ordinal_causes, given_causes
from mkb21sem.estimate.quadratic import QuadraticLoss, normal_weight
from mkb21sem.estimate.sample import asymptotic_covariance, sample_statistics, unbiased
from mkb21sem.estimate.scoring import Minimum, minimise
from mkb21sem.estimate.starts import start
from mkb21sem.estimate.vcov import undetermined
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout

MORE = 500
"""Steps of BFGS after which a second attempt is given up: a minimum that exists takes tens."""


def loss_of(row: Estimator, layout: Layout, sample: Moments) -> Loss:
    """The loss that the estimator minimises over the sample."""
    if row.loss == "normal":
        if sample.patterns:
            return FimlLoss.of(layout, sample.patterns, sample.share, sample.augmented(True))
        return NormalLoss.of(layout, sample.augmented(layout.meanstructure)[None], sample.share)
    statistics, correction = sample_statistics(layout, sample), (sample.n - 1) / sample.n
    W, share = _weight(row, layout, sample), np.broadcast_to(sample.share, (1, len(sample.n)))
    fixed = offset(layout, unbiased(sample).augmented(layout.meanstructure)[None])
    if layout.thresholds:
        fixed = given_causes(layout, fixed)
    return QuadraticLoss(layout, statistics[None], W[None], share, correction, fixed)


def _weight(row: Estimator, layout: Layout, sample: Moments) -> Array:
    """W of each group for the least-squares losses, (g, m, m), or (g, m) where it is diagonal."""
    if row.loss == "GLS":
        return normal_weight(unbiased(sample).cov, layout.meanstructure)
    if row.loss == "ULS":
        return np.ones_like(sample_statistics(layout, sample))
    if row.loss == "DWLS":
        return np.array([1 / group.gamma_diagonal for group in sample.ordinal])
    gammas = asymptotic_covariance(layout, sample)
    for gamma, n in zip(gammas, sample.n, strict=True):
        if n <= len(gamma):
            raise FitError(
                f"WLS weighs {len(gamma)} statistics by their covariances and needs more rows than that; there are "
                f"{n}. Use WLSMV or MLR."
            )
    return np.array([_pseudo_inverse(gamma) for gamma in gammas])


def _pseudo_inverse(gamma: Array) -> Array:
    """Γ⁺ by way of the correlations, so that what counts as zero does not depend on the units."""
    root = np.sqrt(np.where(np.diagonal(gamma) > 0, np.diagonal(gamma), 1.0))
    return np.asarray(np.linalg.pinv(gamma / np.outer(root, root), hermitian=True) / np.outer(root, root))


def beginning(layout: Layout, sample: Moments) -> Array:
    """Closed-form starting values (k,)."""
    mean = np.zeros(sample.cov.shape[:2]) if sample.mean is None else sample.mean
    return start(layout, sample.cov, mean, sample.thresholds)


def _from_where_it_stopped(loss: Loss, found: Minimum) -> Minimum:
    """Try again by BFGS: Fisher steps crawl where the expected information is nearly singular."""
    scale = np.diagonal(loss.derivatives(found.theta)[1][0])
    scale = 1 / np.sqrt(np.where(np.isfinite(scale) & (scale > 1e-12), scale, 1.0))

    def value(x: Array) -> float:
        f = float(loss.value((x * scale)[None])[0])
        return f if np.isfinite(f) else np.inf

    def slope(x: Array) -> Array:
        return np.asarray(np.nan_to_num(loss.gradient((x * scale)[None])[0] * scale))

    if not np.isfinite(value(found.theta[0] / scale)):
        return found
    with np.errstate(all="ignore"):
        other = minimize(
            value, found.theta[0] / scale, jac=slope, method="BFGS", options={"gtol": 1e-7, "maxiter": MORE}
        )
    again = minimise(loss, (other.x * scale)[None], near=True)
    # On a ridge that falls for ever the decrement is small too; only a point with curvature is a minimum.
    curved = all(undetermined(loss.derivatives(again.theta, observed)[1][0]) is None for observed in (True, False))
    return replace(
        again, iterations=again.iterations + found.iterations + other.nit, converged=again.converged & curved
    )


def solve(row: Estimator, layout: Layout, sample: Moments, begin: Array | None = None) -> tuple[Minimum, Inference]:
    """Minimise the estimator's loss, from `begin` (k,) or from closed-form starting values."""
    if layout.thresholds:
        check_ordinal_causes(layout)
    loss = loss_of(row, layout, sample)
    if begin is None:
        begin = beginning(layout, sample)
    theta, near = begin[None], False
    if not np.isfinite(loss.value(theta))[0]:
        theta = theta / 2
    if sample.patterns:
        # The saturated moments are nearly sufficient: their ML estimates are close, and cheap.
        complete = NormalLoss.of(layout, sample.augmented(True)[None], sample.share)
        first = minimise(complete, theta, tolerance=1e-8)
        near = bool(first.converged[0])
        theta = first.theta if near else theta
    found = minimise(loss, theta, near=near)
    if not found.converged[0]:
        found = _from_where_it_stopped(loss, found)
    fixed = loss.fixed.reshape(len(layout.groups), -1)
    cells = cell_values(layout, found.theta[0], fixed)
    return found, Inference(row, layout, loss, sample, found.theta[0], cells, float(found.value[0]))
