"""Factor scores: where each respondent stands on the constructs, as far as the answers tell.

With V the implied covariances, Λ loadings and Θ residual covariances of the indicators, and y the answers that a
respondent gave, less their intercepts or means:

    regression  E(η | y) = μ_η + V_ηy V_yy⁻¹ (y − μ)             variance V_ηη − V_ηy V_yy⁻¹ V_yη     Thurstone (1935)
    Bartlett    (Λ'Θ⁻¹Λ)⁻¹ Λ'Θ⁻¹ (y − ν)                       variance (Λ'Θ⁻¹Λ)⁻¹                  Bartlett (1937)

Regression scores have the smallest error but are drawn to the mean; Bartlett's are unbiased for each person.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import FitError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.factorscores.anatomy import Anatomy, anatomy
from mkb21sem.infer.factorscores.ordinal_scores import ordinal_scores
from mkb21sem.linalg import Array

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
        the answers given don't determine a Bartlett score, as for a construct measured by constructs, or when all
        answers to ordinal items are the lowest or the highest.

    Raises
    ------
    OptionError
        An unknown method.
    FitError
        The fit did not converge, was made from moments, has no construct, or an ordinal item that predicts something.

    Notes
    -----
    Missing answers (fiml) are left out of each row's own formula. Without a mean structure the means of the items are
    the sample's, and constructs have intercept 0. Bartlett scores use the indicators only. The standard errors take
    the estimates as known. Of ordinal items ``regression`` is the mode of η given the answers (lavaan's EBM) and
    ``bartlett`` the maximum of their likelihood (lavaan's ML); see `ordinal_scores`.
    """
    one_of("method", method, METHODS)
    _check(found)
    rule = _regression if method == "regression" else _bartlett
    frames = []
    for g, (group, y) in enumerate(zip(found.moments.groups, found.moments.rows, strict=True)):
        of = anatomy(found, g)
        value, se = ordinal_scores(found, g, of, method) if found.layout.thresholds else _by_pattern(of, y, rule)
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


Known = npt.NDArray[np.bool_]
Rule = Callable[[Anatomy, Array, Known], tuple[Array, Array]]


def _by_pattern(of: Anatomy, y: Array, rule: Rule) -> tuple[Array, Array]:
    """Scores and standard errors (n, q) of rows (n, p), each by what it answered."""
    answered = np.isfinite(y)
    seen, of_row = np.unique(answered, axis=0, return_inverse=True)
    value = np.empty((len(y), len(of.latent_mean)))
    se = np.empty_like(value)
    for pattern, known in enumerate(seen):
        rows = of_row.reshape(-1) == pattern
        value[rows], se[rows] = rule(of, np.where(known, y[rows], 0.0), known)
    return value, se


def _regression(of: Anatomy, y: Array, known: Known) -> tuple[Array, Array]:
    weight = np.linalg.solve(of.Vyy[np.ix_(known, known)], of.Vey[:, known].T).T
    left = np.diagonal(of.Vee) - np.einsum("qp,qp->q", weight, of.Vey[:, known])
    return of.latent_mean + (y - of.mean)[:, known] @ weight.T, np.sqrt(np.maximum(left, 0))


def _bartlett(of: Anatomy, y: Array, known: Known) -> tuple[Array, Array]:
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
