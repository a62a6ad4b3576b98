"""Refits by least squares: the statistics of all draws first, with the weights of each, then their minima together."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.ordered.conditional import conditional_draws
from mkb21sem.estimate.ordered.ordinal import given_causes
from mkb21sem.estimate.ordered.polychoric import ordinal_draws
from mkb21sem.estimate.quadratic import QuadraticLoss, normal_weight
from mkb21sem.estimate.refits.quasinewton import descend
from mkb21sem.estimate.refits.refit import Refits
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array, vech, vech_index

STEPS = 100
"""After these a draw is given up; a residual that runs off to infinity would take any number."""


def refits_quadratic(found: Fit, weights: Array, fixed: Array) -> Refits:
    """Estimates of many draws by GLS, ULS, DWLS or one of their robust relatives.

    Parameters
    ----------
    found
        A converged fit by such an estimator.
    weights : (b, n)
        How often each row counts, the rows of one group after those of the other.
    fixed : (b, g, c)
        Cell values that are not estimated, with the exogenous moments of each draw.

    Notes
    -----
    Thresholds, polychorics and the diagonal of their asymptotic covariance are those of each draw, as in a fit of its
    rows. A draw in which a category has no answers has no thresholds there and does not converge.
    """
    layout = found.layout
    statistics, W, n = _ordinal(found, weights) if layout.thresholds else _continuous(found, weights)
    if layout.thresholds:
        fixed = given_causes(layout, fixed)
    share = n / n.sum(axis=1, keepdims=True)
    there = np.isfinite(statistics).all(axis=(1, 2)) & np.isfinite(W).reshape(len(W), -1).all(axis=1)
    theta, value = np.tile(found.theta, (len(weights), 1)), np.full(len(weights), np.nan)
    converged = np.zeros(len(weights), dtype=bool)
    correction = 1 - 1 / np.array([len(y) for y in found.moments.rows])
    loss = QuadraticLoss(layout, statistics, W, share, correction, fixed).take(np.flatnonzero(there))
    if there.any():
        some = _refit(loss, found.theta)
        theta[there], value[there], converged[there] = some.theta, some.value, some.converged
    return Refits(theta, value, converged)


def _refit(loss: QuadraticLoss, theta: Array) -> Refits:
    start = np.tile(theta, (len(loss.sample), 1))
    metric = np.linalg.inv(loss.derivatives(start)[1].mean(axis=0))
    at, arrived = descend(loss, start, metric)
    value = loss.value(at)
    converged = arrived & (value <= loss.value(start))
    rest = np.flatnonzero(~converged)
    if rest.size:
        ended = minimise(loss.take(rest), start[rest], tolerance=1e-12, max_iterations=STEPS, near=True)
        at[rest], value[rest], converged[rest] = ended.theta, ended.value, ended.converged
    return Refits(at, value, converged)


def _ordinal(found: Fit, weights: Array) -> tuple[Array, Array, Array]:
    """Statistics (b, g, m), weights of DWLS or ULS (b, g, m) and rows (b, g) of each draw."""
    sample, diagonal = found.moments, found.estimator.loss == "DWLS"
    counts = sample.threshold_counts
    flags = np.array([name in counts for name in sample.names])
    y = np.array([name not in sample.causes for name in sample.names])
    # Without gaps in the rows pairwise and listwise are one.
    statistics, W, n = [], [], []
    begin = 0
    for rows in sample.rows:
        own = weights[:, begin : (begin := begin + len(rows))]
        if sample.causes:
            x = [sample.names.index(name) for name in sample.causes]
            given = conditional_draws(rows[:, y], rows[:, x], flags[y], own, missing="pairwise", diagonal=diagonal)
            one, spread = given.statistics, given.gamma_diagonal
        else:
            drawn = ordinal_draws(rows, flags, own, missing="pairwise", diagonal=diagonal)
            one, spread = drawn.statistics, drawn.gamma_diagonal
        statistics.append(one)
        with np.errstate(divide="ignore"):
            W.append(1 / spread if diagonal else np.ones_like(one))
        n.append(own.sum(axis=1))
    return np.stack(statistics, axis=1), np.stack(W, axis=1), np.stack(n, axis=1)


def _continuous(found: Fit, weights: Array) -> tuple[Array, Array, Array]:
    """The same of means and covariances with divisor n − 1; the weights of GLS are matrices (b, g, m, m)."""
    sample, layout = found.moments, found.layout
    p = len(sample.names)
    row, col = vech_index(p)
    cov, mean, n = np.empty((len(weights), len(sample.rows), p, p)), [], []
    begin = 0
    for g, y in enumerate(sample.rows):
        own = weights[:, begin : (begin := begin + len(y))]
        total = own.sum(axis=1)
        z = y - sample.mean[g]
        centre = own @ z / total[:, None]
        second = own @ (z[:, row] * z[:, col]) / total[:, None] - centre[:, row] * centre[:, col]
        cov[:, g, row, col] = cov[:, g, col, row] = second * (total / (total - 1))[:, None]
        mean.append(centre + sample.mean[g])
        n.append(total)
    statistics = vech(cov)
    if layout.meanstructure:
        statistics = np.concatenate([np.stack(mean, axis=1), statistics], axis=-1)
    W = normal_weight(cov, layout.meanstructure) if found.estimator.loss == "GLS" else np.ones_like(statistics)
    return statistics, W, np.stack(n, axis=1)
