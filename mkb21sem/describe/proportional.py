"""Whether one odds ratio for every cut of the answers is enough: the assumption behind ordinal regression."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from mkb21sem.describe.logistic import logit

Array = NDArray[np.float64]

ENOUGH = 5
"""Respondents in the smaller class for each predictor, for a cut to count."""


@dataclass(frozen=True, slots=True)
class Proportional:
    """Test of equal odds ratios over cuts; NaN where it can't be made.

    That is where fewer than two cuts have enough respondents on both sides, or a predictor separates at a cut.

    Parameters
    ----------
    chisq, df, p
        Wald test (Brant 1990).
    cuts
        Answers after which the response was cut.
    """

    chisq: float
    df: int
    p: float
    cuts: tuple[float, ...]


def brant(x: Array, y: Array) -> Proportional:
    """Compare the slopes of binary logits of "above the cut" over cuts (Brant 1990).

    Parameters
    ----------
    x : (n, k)
        Predictors without a column of ones.
    y : (n,)
        Ordered answers.

    Notes
    -----
    Slopes at cuts j < l covary as (X'W_jX)⁻¹ X'W_jlX (X'W_lX)⁻¹ with W_jl = π_l (1 − π_j), where π_j is the chance of
    an answer above cut j.
    """
    k, levels = x.shape[1], np.unique(y)
    sizes = {float(cut): min(int((y > cut).sum()), int((y <= cut).sum())) for cut in levels[:-1]}
    cuts = tuple(cut for cut, size in sizes.items() if size >= ENOUGH * k)
    if len(cuts) < 2:
        return Proportional(math.nan, 0, math.nan, cuts)
    full = np.column_stack([np.ones(len(y)), x])
    slopes, chances, inverses = [], [], []
    for cut in cuts:
        found = logit(full, (y > cut).astype(float))
        if found is None:
            return Proportional(math.nan, 0, math.nan, cuts)
        beta = found[0]
        pi = expit(full @ beta)
        slopes.append(beta[1:])
        chances.append(pi)
        inverses.append(np.linalg.inv((full * (pi * (1 - pi))[:, None]).T @ full))
    cov = _covariance(full, chances, inverses, k)
    contrast = np.kron(np.column_stack([np.ones((len(cuts) - 1, 1)), -np.eye(len(cuts) - 1)]), np.eye(k))
    gap = contrast @ np.concatenate(slopes)
    chisq = float(gap @ np.linalg.solve(contrast @ cov @ contrast.T, gap))
    df = (len(cuts) - 1) * k
    return Proportional(chisq, df, float(stats.chi2.sf(chisq, df)), cuts)


def _covariance(full: Array, chances: list[Array], inverses: list[Array], k: int) -> Array:
    """Covariance of all slopes, cut after cut, (cuts k, cuts k)."""
    m = len(chances)
    cov = np.zeros((m * k, m * k))
    for j in range(m):
        for h in range(j, m):
            weight = chances[h] * (1 - chances[j])
            block = (inverses[j] @ ((full * weight[:, None]).T @ full) @ inverses[h])[1:, 1:]
            cov[j * k : (j + 1) * k, h * k : (h + 1) * k] = block
            cov[h * k : (h + 1) * k, j * k : (j + 1) * k] = block.T
    return cov
