"""Refit a model to many weighted versions of its sample at once: a bootstrap draw is a row of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.refits.factored import FactoredLoss
from mkb21sem.estimate.refits.places import places
from mkb21sem.estimate.refits.quasinewton import descend
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array, symmetric
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout

CHUNK = 128
"""Draws that are refitted together: enough to spread numpy's overhead, few enough to stay in the cache."""


@dataclass(frozen=True, slots=True)
class Refits:
    """Estimates of every draw.

    Attributes
    ----------
    theta : (b, k)
        Free parameters; those of a draw that did not converge mean nothing.
    value : (b,)
        The loss at theta.
    converged : (b,)
        Failed draws are counted by whoever uses them, never dropped here.
    """

    theta: Array
    value: Array
    converged: Array


def refits(found: Fit, weights: Array) -> Refits:
    """Maximum-likelihood estimates for many rows of weights, starting from those of the sample.

    Parameters
    ----------
    found
        A converged fit to complete rows by a likelihood estimator (ML, MLM, MLMV, MLR), without BOUND.
    weights : (b, n)
        How often each row counts in each draw; the rows of one group after those of the other.

    Raises
    ------
    OptionError
        The fit is of another kind.

    Notes
    -----
    Standard errors of the estimators named differ; their estimates are the same. What comes out for a draw does not
    depend on the draws beside it, to the last bit.
    """
    sample, layout = found.moments, found.layout
    if found.estimator.loss != "normal" or sample.patterns or not sample.rows or not found.converged:
        raise OptionError("refits needs a converged ML, MLM, MLMV or MLR fit to complete rows.")
    if np.isfinite(layout.lower).any() or np.isfinite(layout.upper).any():
        raise OptionError("refits does not keep parameters within BOUND; fit each draw by fit().")
    centre = np.zeros_like(sample.mean) if layout.meanstructure else sample.mean
    rows = [np.column_stack([y - mean, np.ones(len(y))]) for y, mean in zip(sample.rows, centre, strict=True)]
    at, parts = places(layout), []
    with one_thread():
        whole = _loss(layout, rows, np.ones((1, sum(len(z) for z in rows))))
        metric = np.linalg.inv(whole.derivatives(found.theta[None], observed=True)[1][0])
        for begin in range(0, len(weights), CHUNK):
            loss = FactoredLoss(_loss(layout, rows, weights[begin : begin + CHUNK]), at)
            parts.append(_refit(loss, found.theta, metric))
    return Refits(*(np.concatenate([getattr(part, name) for part in parts]) for name in Refits.__slots__))


def _loss(layout: Layout, rows: list[Array], weights: Array) -> NormalLoss:
    """The loss of b weighted samples of rows (n, p + 1) of each group, the last column 1."""
    d = rows[0].shape[1]
    moment = np.empty((len(weights), len(rows), d, d))
    begin = 0
    for g, z in enumerate(rows):
        own = weights[:, begin : (begin := begin + len(z))]
        for b, times in enumerate(own):
            # One product for all draws would be faster, but its last digits hang on how many draws there are.
            moment[b, g] = (times * z.T) @ z
    total = moment[..., -1, -1]
    moment = symmetric(moment / total[..., None, None])
    if not layout.meanstructure:
        mean = moment[..., -1, :-1]
        moment = moment[..., :-1, :-1] - mean[..., :, None] * mean[..., None, :]
    return NormalLoss.of(layout, moment, total / total.sum(axis=1, keepdims=True))


def _refit(loss: FactoredLoss, theta: Array, metric: Array) -> Refits:
    start = np.tile(theta, (len(loss.fixed), 1))
    theta, arrived = descend(loss, start, metric)
    value = loss.value(theta)
    # A stationary point counts as the minimum if f is defined there and no higher than where it began.
    converged = arrived & (value <= loss.value(start))
    rest = np.flatnonzero(~converged)
    if rest.size:
        ended = minimise(loss.plain.take(rest), start[rest], tolerance=1e-12, near=True)
        theta[rest], value[rest], converged[rest] = ended.theta, ended.value, ended.converged
    return Refits(theta, value, converged)
