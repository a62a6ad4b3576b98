"""Answers as a Gaussian copula: how often each answer is given, and the polychoric correlations behind them.

Each answer is an interval of a standard normal variable; the variables are jointly normal with the wave's polychoric
correlations (Olsson 1979). Drawing from that and cutting where the wave's shares say gives answers with the same
distributions and about the same relations, which belong to no one (Nelsen 2006 on copulas; Ruscio & Kaczetow 2008 on
making ordinal data in this way).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.correlation_tools import corr_clipped

from mkb21sem.errors import FitError
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.linalg import Array, is_positive_definite

SMALLEST_EIGENVALUE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Copula:
    """What a twin is drawn from.

    Attributes
    ----------
    names : (p,)
        Questions.
    codes : p times (k_j,)
        Answers in the order in which they stand on the normal variable.
    shares : p times (k_j,)
        Of the answers, sum 1; what fewer respondents gave than the threshold was changed before.
    R : (p, p)
        Correlations, positive definite.
    noised
        Questions of which an answer's share was changed, and how many answers.
    """

    names: tuple[str, ...]
    codes: tuple[Array, ...]
    shares: tuple[Array, ...]
    R: Array
    noised: dict[str, int]


def copula(answers: pd.DataFrame, nominal: frozenset[str], threshold: int, rng: np.random.Generator) -> Copula:
    """Shares and correlations of one group of respondents.

    Parameters
    ----------
    answers : (n, p)
        Codes; NaN where missing. Every column has an answer.
    nominal
        Columns whose codes have no order; they are put in the order of their means on the first principal component
        of the others, so that the relation with what the others share is kept.
    threshold
        An answer that fewer gave gets a count drawn from 1 to threshold − 1, whatever its own is; 0 changes nothing.
    rng
        Of that draw.
    """
    score = _component(answers[[name for name in answers if name not in nominal]])
    codes, shares, noised = [], [], {}
    ranks = np.full(answers.shape, np.nan)
    for at, name in enumerate(map(str, answers)):
        own = answers[name].to_numpy(dtype=float)
        known = np.isfinite(own)
        there = np.unique(own[known])
        if name in nominal:
            means = [score[known & (own == code)].mean() for code in there]
            there = there[np.argsort(means, kind="stable")]
        place = {code: rank for rank, code in enumerate(there)}
        ranks[known, at] = [place[code] for code in own[known]]
        counts = np.array([(own == code).sum() for code in there], dtype=float)
        small = counts < threshold
        if small.any() and len(there) > 1:
            noised[name] = int(small.sum())
            counts[small] = rng.integers(1, threshold, int(small.sum()))
        codes.append(there)
        shares.append(counts / counts.sum())
    return Copula(tuple(map(str, answers)), tuple(codes), tuple(shares), _correlations(ranks, answers), noised)


def draw(of: Copula, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Answers of n respondents, (n, p): every share is met to the nearest respondent.

    Where there are respondents enough, the drawn normal scores are turned so that they correlate exactly as the wave.
    """
    p = len(of.names)
    z = rng.standard_normal((n, p))
    if n > p + 1:
        z = z - z.mean(axis=0)
        z = np.linalg.solve(np.linalg.cholesky(z.T @ z / n), z.T).T
    z = z @ np.linalg.cholesky(of.R).T
    columns = {}
    for at, name in enumerate(of.names):
        counts = apportioned(of.shares[at], n)
        columns[name] = np.empty(n)
        columns[name][np.argsort(z[:, at], kind="stable")] = np.repeat(of.codes[at], counts)
    return pd.DataFrame(columns)


def apportioned(shares: Array, n: int) -> Array:
    """Whole numbers that sum to n and are nearest to shares (largest remainders)."""
    exact = shares * n
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: n - int(counts.sum())]] += 1
    return np.asarray(counts)


def _component(answers: pd.DataFrame) -> Array:
    """First principal component of the answers, missing ones at the mean, (n,); its sign is that of most loadings."""
    y = answers.to_numpy(dtype=float)
    centred = np.where(np.isfinite(y), y - np.nanmean(y, axis=0), 0.0)
    spread = centred.std(axis=0)
    scaled = centred[:, spread > 0] / spread[spread > 0]
    if not scaled.shape[1]:
        return np.zeros(len(y))
    _, _, axes = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(scaled @ axes[0] * np.sign(axes[0].sum() or 1.0))


def _correlations(ranks: Array, answers: pd.DataFrame) -> Array:
    """Polychoric correlations, made positive definite; of normal scores where a pair has too little in common."""
    varied = [len(np.unique(column[np.isfinite(column)])) > 1 for column in ranks.T]
    inside = ranks[:, varied]
    names = [str(name) for name, own in zip(answers, varied, strict=True) if own]
    R = np.eye(ranks.shape[1])
    try:
        found = ordinal_moments(inside, [True] * len(names), missing="pairwise", names=names).cov
    except FitError:
        found = pd.DataFrame(inside).corr(method="spearman").fillna(0.0).to_numpy()
    R[np.ix_(varied, varied)] = found
    if not is_positive_definite(R):
        R = np.asarray(corr_clipped(R, SMALLEST_EIGENVALUE))
    return R
