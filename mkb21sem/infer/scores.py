"""Factor scores: where each respondent stands on the constructs, as far as the answers tell.

With V the implied covariances, Λ loadings and Θ residual covariances of the indicators, and y the answers that a
respondent gave, less their intercepts or means:

    regression  E(η | y) = μ_η + V_ηy V_yy⁻¹ (y − μ)             variance V_ηη − V_ηy V_yy⁻¹ V_yη     Thurstone (1935)
    Bartlett    (Λ'Θ⁻¹Λ)⁻¹ Λ'Θ⁻¹ (y − ν)                       variance (Λ'Θ⁻¹Λ)⁻¹                  Bartlett (1937)

Regression scores have the smallest error but are drawn to the mean; Bartlett's are unbiased for each person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import FitError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout

METHODS = ("regression", "bartlett")

SINGULAR = 1e-10
"""Eigenvalue, on the scale of a correlation matrix, below which items don't show a direction."""


def scores(found: Fit, method: str = "regression") -> pd.DataFrame:
    """Factor scores with standard errors of every row that was used: group row, then each construct and its se.

    Parameters
    ----------
    found
        A converged fit to rows.
    method
        ``regression`` or ``bartlett``.

    Returns
    -------
    DataFrame
        ``row`` counts the used rows of each group from 1. Columns ``<construct>`` and ``<construct>_se``. NaN where
        the answers given don't determine a Bartlett score, as for a construct measured by constructs.

    Raises
    ------
    OptionError
        An unknown method.
    FitError
        The fit did not converge, was made from moments, has no construct, or has ordinal items.

    Notes
    -----
    Missing answers (fiml) are left out of each row's own formula. Without a mean structure the means of the items are
    the sample's, and constructs have intercept 0. Bartlett scores use the indicators only. The standard errors take
    the estimates as known.
    """
    one_of("method", method, METHODS)
    _check(found)
    rule = _regression if method == "regression" else _bartlett
    frames = []
    for g, (group, y) in enumerate(zip(found.moments.groups, found.moments.rows, strict=True)):
        anatomy = _anatomy(found, g)
        value, se = _by_pattern(anatomy, y, rule)
        columns: dict[str, object] = {"group": group, "row": np.arange(1, len(y) + 1)}
        for j, construct in enumerate(found.layout.latent):
            columns |= {construct: value[:, j], f"{construct}_se": se[:, j]}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _check(found: Fit) -> None:
    if not found.converged:
        raise FitError(f"factor scores need estimates at a minimum, and there is none: {found.cause}")
    if not found.layout.latent:
        raise FitError("the model has no construct, so there is nothing to score.")
    if not found.moments.rows:
        raise FitError("factor scores need the rows; this fit was made from means and covariances.")
    if found.layout.thresholds:
        raise FitError(
            "factor scores of ordinal items are not available. Fit the items as continuous (MLR), or use scale means."
        )


@dataclass(frozen=True, slots=True)
class _Anatomy:
    """One group's model about its means.

    Attributes
    ----------
    mean : (p,), latent_mean : (q,)
    Vyy : (p, p), Vey : (q, p), Vee : (q, q)
        Implied covariances of observed variables y and constructs e.
    keep : (p, p), intercept : (p,), Lambda : (p, q), Theta : (p, p)
        keep @ y = intercept + Lambda @ e + residual, the residuals with covariance Theta.
    """

    mean: Array
    latent_mean: Array
    Vyy: Array
    Vey: Array
    Vee: Array
    keep: Array
    intercept: Array
    Lambda: Array
    Theta: Array


Known = npt.NDArray[np.bool_]
Rule = Callable[[_Anatomy, Array, Known], tuple[Array, Array]]


def _anatomy(found: Fit, g: int) -> _Anatomy:
    where = found.layout
    model = implied(where, found.cells)
    A, S = (M[g] for M in matrices(where, found.cells))
    V = variable_covariance(where, model)[g]
    p, e = len(where.observed), slice(where.p, None)
    keep = np.eye(p) - A[:p, :p]
    Lambda = _loadings(where, A)
    if where.meanstructure:
        mean, latent_mean, intercept = model.C[g, :p, p], model.C[g, e, p], A[:p, p]
    else:
        # Constructs have intercept 0, and the mean that observed causes give them.
        mean, q = found.moments.mean[g], len(where.latent)
        latent_mean = np.linalg.solve(np.eye(q) - A[e, e], A[e, :p] @ mean)
        intercept = keep @ mean - Lambda @ latent_mean
    return _Anatomy(mean, latent_mean, V[:p, :p], V[e, :p], V[e, e], keep, intercept, Lambda, S[:p, :p])


def _loadings(where: Layout, A: Array) -> Array:
    """Loadings (p, q): arrows from constructs to their indicators, not those to observed outcomes."""
    measured = {(a.rhs, a.lhs) for a in where.model.arrows if a.op == "=~"}
    kept = np.array([[(y, e) in measured for e in where.latent] for y in where.observed])
    return np.where(kept, A[: len(where.observed), where.p :], 0.0)


def _by_pattern(anatomy: _Anatomy, y: Array, rule: Rule) -> tuple[Array, Array]:
    """Scores and standard errors (n, q) of rows (n, p), each by what it answered."""
    answered = np.isfinite(y)
    seen, of_row = np.unique(answered, axis=0, return_inverse=True)
    value = np.empty((len(y), len(anatomy.latent_mean)))
    se = np.empty_like(value)
    for pattern, known in enumerate(seen):
        rows = of_row.reshape(-1) == pattern
        value[rows], se[rows] = rule(anatomy, np.where(known, y[rows], 0.0), known)
    return value, se


def _regression(of: _Anatomy, y: Array, known: Known) -> tuple[Array, Array]:
    weight = np.linalg.solve(of.Vyy[np.ix_(known, known)], of.Vey[:, known].T).T
    left = np.diagonal(of.Vee) - np.einsum("qp,qp->q", weight, of.Vey[:, known])
    return of.latent_mean + (y - of.mean)[:, known] @ weight.T, np.sqrt(np.maximum(left, 0))


def _bartlett(of: _Anatomy, y: Array, known: Known) -> tuple[Array, Array]:
    """Weights by Σ = ΛV_ηηΛ' + Θ in place of Θ: the same scores, also where a residual variance is 0."""
    usable = (of.Lambda != 0).any(axis=1) & ~((of.keep != 0) & ~known).any(axis=1)
    Lambda = of.Lambda[usable]
    Sigma = Lambda @ of.Vee @ Lambda.T + of.Theta[np.ix_(usable, usable)]
    weighted = np.linalg.solve(Sigma, Lambda)
    scale = np.sqrt(np.maximum(np.diagonal(Lambda.T @ weighted), 1e-300))
    values, vectors = np.linalg.eigh(Lambda.T @ weighted / np.outer(scale, scale))
    kept = values > SINGULAR
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T / np.outer(scale, scale)
    # A construct with a part in the directions that the items don't show has no score.
    shown = (np.abs(vectors[:, ~kept]) < np.sqrt(SINGULAR)).all(axis=1) & (np.abs(Lambda).sum(axis=0) > 0)
    value = (y @ of.keep.T - of.intercept)[:, usable] @ weighted @ inverse
    left = np.diagonal(inverse) - np.diagonal(of.Vee)
    return np.where(shown, value, np.nan), np.where(shown, np.sqrt(np.maximum(left, 0)), np.nan)
