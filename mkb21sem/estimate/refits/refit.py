"""Refit a model to many weighted versions of its sample at once: a bootstrap draw is a row of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.refits.quasinewton import descend
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array, vech_index
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout

CHUNK = 32
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
    One product of the weights with the rows' cross-products gives the moments of every draw. Standard errors of the
    estimators named differ; their estimates are the same.
    """
    sample, layout = found.moments, found.layout
    if found.estimator.loss != "normal" or sample.patterns or not sample.rows or not found.converged:
        raise OptionError("refits needs a converged ML, MLM, MLMV or MLR fit to complete rows.")
    if np.isfinite(layout.lower).any() or np.isfinite(layout.upper).any():
        raise OptionError("refits does not keep parameters within BOUND; fit each draw by fit().")
    if layout.meanstructure:
        rows = [np.column_stack([z, np.ones(len(z))]) for z in sample.rows]
    else:
        rows = [z - mean for z, mean in zip(sample.rows, sample.mean, strict=True)]
    groups = [_Group(z, _products(z)) for z in rows]
    parts = []
    with one_thread():
        whole = _loss(layout, groups, np.ones((1, sum(len(z) for z in rows))))
        metric = np.linalg.inv(whole.derivatives(found.theta[None], observed=True)[1][0])
        for begin in range(0, len(weights), CHUNK):
            parts.append(_refit(_loss(layout, groups, weights[begin : begin + CHUNK]), found.theta, metric))
    return Refits(*(np.concatenate([getattr(part, name) for part in parts]) for name in Refits.__slots__))


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows (n, p) of one group and their cross-products (n, p(p+1)/2)."""

    rows: Array
    products: Array


def _products(z: Array) -> Array:
    row, col = vech_index(z.shape[1])
    return np.asarray(z[:, row] * z[:, col])


def _loss(layout: Layout, groups: list[_Group], weights: Array) -> NormalLoss:
    """The loss of b weighted samples."""
    p = groups[0].rows.shape[1]
    row, col = vech_index(p)
    moment, total = np.empty((len(weights), len(groups), p, p)), np.empty((len(weights), len(groups)))
    begin = 0
    for g, group in enumerate(groups):
        own = weights[:, begin : (begin := begin + len(group.rows))]
        total[:, g] = own.sum(axis=1)
        second = own @ group.products / total[:, [g]]
        if not layout.meanstructure:
            mean = own @ group.rows / total[:, [g]]
            second -= mean[:, row] * mean[:, col]
        moment[:, g, row, col] = moment[:, g, col, row] = second
    return NormalLoss.of(layout, moment, total / total.sum(axis=1, keepdims=True))


def _refit(loss: NormalLoss, theta: Array, metric: Array) -> Refits:
    start = np.tile(theta, (len(loss.moments), 1))
    theta, arrived = descend(loss, start, metric)
    value = loss.value(theta)
    # A stationary point counts as the minimum if f is defined there and no higher than where it began.
    converged = arrived & (value <= loss.value(start))
    rest = np.flatnonzero(~converged)
    if rest.size:
        ended = minimise(loss.take(rest), start[rest], tolerance=1e-12, near=True)
        theta[rest], value[rest], converged[rest] = ended.theta, ended.value, ended.converged
    return Refits(theta, value, converged)
