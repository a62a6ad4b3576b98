"""One group of a fit taken apart, as factor scores need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One group's model: p observed variables y, q constructs e.

    Attributes
    ----------
    mean : (p,), latent_mean : (q,)
    Vyy : (p, p), Vey : (q, p), Vee : (q, q)
        Implied covariances.
    keep : (p, p), intercept : (p,), arrows : (p, q), Theta : (p, p)
        keep @ y = intercept + arrows @ e + residual, the residuals with covariance Theta.
    Lambda : (p, q)
        Of the arrows those to indicators, not those to observed outcomes.
    """

    mean: Array
    latent_mean: Array
    Vyy: Array
    Vey: Array
    Vee: Array
    keep: Array
    intercept: Array
    arrows: Array
    Lambda: Array
    Theta: Array


def anatomy(found: Fit, g: int) -> Anatomy:
    """Take group g apart.

    Without a mean structure constructs have intercept 0, and the mean that observed causes give them.
    """
    where = found.layout
    model = implied(where, found.cells)
    A, S = (M[g] for M in matrices(where, found.cells))
    V = variable_covariance(where, model)[g]
    p, q, e = len(where.observed), len(where.latent), slice(where.p, None)
    keep, arrows = np.eye(p) - A[:p, :p], A[:p, e]
    Lambda = _loadings(where, arrows)
    if where.meanstructure:
        mean, latent_mean, intercept = model.C[g, :p, p], model.C[g, e, p], A[:p, p]
    else:
        mean = found.moments.mean[g]
        latent_mean = np.linalg.solve(np.eye(q) - A[e, e], A[e, :p] @ mean)
        intercept = keep @ mean - Lambda @ latent_mean
    return Anatomy(mean, latent_mean, V[:p, :p], V[e, :p], V[e, e], keep, intercept, arrows, Lambda, S[:p, :p])


def _loadings(where: Layout, arrows: Array) -> Array:
    measured = {(a.rhs, a.lhs) for a in where.model.arrows if a.op == "=~"}
    kept = np.array([[(y, e) in measured for e in where.latent] for y in where.observed])
    return np.where(kept, arrows, 0.0)
