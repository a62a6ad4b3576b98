"""Casewise scores: what each respondent adds to the gradient.

With the constant among the variables, the score of row y for a cell is s (v_a v_b − Q[a,b]), v = U'Py, Q = U'PU:
the rank-two form of ½ tr(P ∂Σ P (yy' − Σ)), the derivative of the log-likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.implied import Implied, centred, pairs
from mkb21sem.estimate.moments import Moments
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout


def centred_rows(moments: Moments, meanstructure: bool) -> list[Array]:
    """Rows of each group as the layout sees them: with a 1 behind them, or about the sample mean."""
    if meanstructure:
        return [np.column_stack([y, np.ones(len(y))]) for y in moments.rows]
    return [y - mean for y, mean in zip(moments.rows, moments.mean, strict=True)]


def scores(layout: Layout, model: Implied, rows: Sequence[Array]) -> list[Array]:
    """Derivative of each row's log-likelihood by theta, g arrays (n_g, k).

    Parameters
    ----------
    layout
        Where each parameter stands.
    model
        Implied moments without replicate axes: Sigma (g, p, p).
    rows
        From `centred_rows`.
    """
    a, b, s = pairs(layout)
    out = []
    for g, y in enumerate(rows):
        P, U = np.linalg.inv(model.Sigma[g]), model.U[g]
        v, Q = y @ (P @ U), U.T @ P @ U
        out.append((s * (v[:, a] * v[:, b] - Q[a, b])) @ layout.K[g])
    return out


@dataclass(frozen=True, slots=True)
class Deviations:
    """What each row adds to the sample moments, about their mean: e for the means, zz' − hh' − S for covariances.

    Without exogenous variables z = e is the row about the mean and h is 0. Given exogenous x, h is the part of z
    that x explains (z itself for x): moments of x alone don't vary, and S is the residual covariance.
    """

    z: Array
    h: Array
    e: Array
    S: Array


def deviations(moments: Moments, exogenous: Sequence[str]) -> list[Deviations]:
    """Rows of each group as deviations; z, h, e are (n_g, p), S is (p, p)."""
    held = [moments.names.index(name) for name in exogenous]
    out = []
    for y, mean, S in zip(moments.rows, moments.mean, moments.cov, strict=True):
        z = y - mean
        h = np.zeros_like(z)
        if held:
            h = z[:, held] @ np.linalg.solve(S[np.ix_(held, held)], S[held])
            h[:, held] = z[:, held]
        e = z - h
        out.append(Deviations(z, h, e, e.T @ e / len(e)))
    return out


def moment_scores(layout: Layout, model: Implied, rows: Sequence[Deviations]) -> list[Array]:
    """Δ'Wd of each row with the normal-theory weight W at the implied moments, g arrays (n_g, k).

    Their mean outer product is Δ'WΓWΔ. Unlike `scores` they are taken about the sample means, and carry
    no variation of exogenous moments.
    """
    a, b, s = pairs(layout)
    _, Sigma, U, one = centred(layout, model)
    out = []
    for g, d in enumerate(rows):
        weight = np.linalg.solve(Sigma[g], U[g])
        v, w, e = d.z @ weight, d.h @ weight, d.e @ weight
        R = weight.T @ d.S @ weight
        cells = v[:, a] * v[:, b] - w[:, a] * w[:, b] - R[a, b] + e[:, a] * one[g, b] + e[:, b] * one[g, a]
        out.append((s * cells) @ layout.K[g])
    return out


def meat(score: Sequence[Array], weights: Sequence[Array] = ()) -> Array:
    """Mean of the outer products of casewise scores, (k, k): the first-order information of one observation.

    Parameters
    ----------
    score
        g arrays (n_g, k).
    weights
        Sampling weights (n_g,) with mean 1 over all rows; they enter squared.
    """
    total = np.zeros((score[0].shape[1], score[0].shape[1]))
    for g, each in enumerate(score):
        weighted = each * weights[g][:, None] if len(weights) else each
        total += weighted.T @ weighted
    return np.asarray(total / sum(len(each) for each in score))
