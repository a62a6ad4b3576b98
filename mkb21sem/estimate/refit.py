"""Refit a model to many weighted versions of its sample at once: a bootstrap draw is a row of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.linalg import Array, vech, vech_index
from mkb21sem.parallel import one_thread

CHUNK = 64
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
        A converged fit of one group to complete rows by a likelihood estimator (ML, MLM, MLMV, MLR).
    weights : (b, n)
        How often each row counts in each draw.

    Raises
    ------
    OptionError
        The fit is of another kind.

    Notes
    -----
    One product of the weights with the rows' cross-products gives the moments of every draw. Standard errors of the
    estimators named differ; their estimates are the same.
    """
    sample = found.moments
    if found.estimator.loss != "normal" or sample.patterns or len(sample.rows) != 1 or not found.converged:
        raise OptionError("refits needs a converged ML, MLM, MLMV or MLR fit of one group to complete rows.")
    z = sample.rows[0] - sample.mean[0]
    if found.layout.meanstructure:
        z = np.column_stack([sample.rows[0], np.ones(len(z))])
    row, col = vech_index(z.shape[1])
    products = z[:, row] * z[:, col]
    parts = []
    with one_thread():
        for begin in range(0, len(weights), CHUNK):
            parts.append(_refit(found, z, products, weights[begin : begin + CHUNK]))
    return Refits(*(np.concatenate([getattr(part, name) for part in parts]) for name in Refits.__slots__))


def _refit(found: Fit, z: Array, products: Array, weights: Array) -> Refits:
    row, col = vech_index(z.shape[1])
    total = weights.sum(axis=1, keepdims=True)
    moment = np.empty((len(weights), 1, z.shape[1], z.shape[1]))
    second = weights @ products / total
    if not found.layout.meanstructure:
        second = second - vech(_outer(weights @ z / total))
    moment[:, 0, row, col] = moment[:, 0, col, row] = second
    loss = NormalLoss.of(found.layout, moment, np.ones(1))
    begin = _one_step(loss, np.tile(found.theta, (len(weights), 1)), found.vcov * found.moments.total)
    ended = minimise(loss, begin, tolerance=1e-12, near=True)
    return Refits(ended.theta, ended.value, ended.converged)


def _one_step(loss: NormalLoss, theta: Array, metric: Array) -> Array:
    """One scoring step of every draw with the sample's own metric, kept where f falls."""
    moved = theta - loss.gradient(theta) @ metric
    better = loss.value(moved) < loss.value(theta)
    return np.where(better[:, None], moved, theta)


def _outer(mean: Array) -> Array:
    return np.asarray(mean[:, :, None] * mean[:, None, :])
