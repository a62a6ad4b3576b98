"""Refits under missing answers: each draw has its own missing patterns, and starts from the sample's estimates."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.incomplete.fiml import FimlLoss
from mkb21sem.estimate.incomplete.patterns import Patterns, patterns
from mkb21sem.estimate.refits.quasinewton import descend
from mkb21sem.estimate.refits.refit import Refits
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array

STEPS = 100
"""After these a draw is given up."""


def refits_fiml(found: Fit, weights: Array, fixed: Array) -> Refits:
    """Estimates of many draws of rows with missing answers, one after the other.

    Parameters
    ----------
    found
        A converged fit with ``missing="fiml"``.
    weights : (b, n)
        How often each row counts, the rows of one group after those of the other.
    fixed : (b, g, c)
        Cell values that are not estimated, with the exogenous moments of each draw.

    Notes
    -----
    Rows that a draw left out are left out of its patterns. The metric is the inverse of the observed information of
    the sample, found once. ``value`` leaves the saturated model out.
    """
    whole = FimlLoss(found.layout, found.moments.patterns, found.moments.share, fixed[0])
    metric = np.linalg.inv(whole.derivatives(found.theta[None], observed=True)[1][0])
    theta, value = np.tile(found.theta, (len(weights), 1)), np.empty(len(weights))
    converged = np.zeros(len(weights), dtype=bool)
    for b, counts in enumerate(weights):
        loss = _loss(found, counts, fixed[b])
        begin = float(loss.value(found.theta[None])[0])
        at, arrived = descend(loss, found.theta[None], metric)
        end = float(loss.value(at)[0])
        if not (arrived[0] and end <= begin):
            ended = minimise(loss, found.theta[None], tolerance=1e-12, max_iterations=STEPS, near=True)
            at, arrived, end = ended.theta, ended.converged, float(ended.value[0])
        theta[b], value[b], converged[b] = at[0], end, arrived[0]
    return Refits(theta, value, converged)


def _loss(found: Fit, counts: Array, fixed: Array) -> FimlLoss:
    groups: list[Patterns] = []
    begin = 0
    for y in found.moments.rows:
        own = counts[begin : (begin := begin + len(y))]
        groups.append(patterns(y[own > 0], own[own > 0]))
    size = np.array([group.n.sum() for group in groups])
    return FimlLoss(found.layout, tuple(groups), size / size.sum(), fixed)
