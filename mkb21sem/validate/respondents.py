"""Respondents who may not have read the questions. They are named, never left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mkb21sem.estimate.incomplete.patterns import saturated_moments
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread

LONG, FEW = 0.5, 5
"""Share of the answers that are one unbroken run; fewest answers to say anything of a respondent."""
FAR = 0.001
FENCE = 1.5
CARELESS_RULES = {
    "longstring": (
        "Half or more of the answers are one unbroken run of the same answer (Curran 2016). Criticism: a short or "
        "one-sided questionnaire invites it."
    ),
    "straight": "Every scale of three or more items is answered with one and the same code throughout.",
    "irv": (
        "Intra-individual response variability, the SD of one's answers (Dunn et al. 2018), is 0 or outside Tukey's "
        "fences, 1.5 quartile ranges beyond the quartiles. Criticism: no limit is established."
    ),
    "distance": (
        "Mahalanobis D² of the answers given has p < .001 (Tabachnick & Fidell 2013). Criticism: honest, unusual firms "
        "are far out too, and five-point answers aren't normal."
    ),
    "duplicate": "All answers equal those of another respondent.",
}


def longstring(rows: Array) -> tuple[Array, Array]:
    """Longest run of the same answer, and number of answers, by respondent; missing answers are skipped.

    Parameters
    ----------
    rows : (n, p)
        In the order of the questions; NaN for a missing answer.
    """
    longest, answered = np.zeros(len(rows)), np.isfinite(rows).sum(axis=1).astype(float)
    run, last = np.zeros(len(rows)), np.full(len(rows), np.nan)
    for answer in rows.T:
        given = np.isfinite(answer)
        run = np.where(given, np.where(answer == last, run + 1, 1.0), run)
        last = np.where(given, answer, last)
        longest = np.maximum(longest, run)
    return longest, answered


def variability(rows: Array) -> Array:
    """Intra-individual response variability: the SD (divisor k−1) of each respondent's answers, (n,)."""
    k = np.isfinite(rows).sum(axis=1)
    filled = np.where(np.isfinite(rows), rows, 0.0)
    mean = filled.sum(axis=1) / np.maximum(k, 1)
    square = np.where(np.isfinite(rows), rows - mean[:, None], 0.0) ** 2
    return np.where(k > 1, np.sqrt(square.sum(axis=1) / np.maximum(k - 1, 1)), np.nan)


def distances(rows: Array) -> tuple[Array, Array]:
    """Mahalanobis D² of each respondent's answers (divisor n−1), and its χ² probability, each (n,).

    Where answers are missing the moments are those of EM, and the distance is that of the answers given, on as many
    degrees of freedom. NaN for a respondent without answers, and for all where the moments don't exist.
    """
    away, seen = np.full(len(rows), np.nan), np.isfinite(rows)
    some = seen.any(axis=1)
    varied = np.array([np.unique(y[np.isfinite(y)]).size > 1 for y in rows.T])
    p, df = int(varied.sum()), seen[:, varied].sum(axis=1)
    n = int(some.sum())
    if p and n > p:
        y = rows[np.ix_(some, varied)]
        with one_thread():
            mean, cov, converged = saturated_moments([y])
        if converged[0] and np.linalg.cond(_unit(cov[0])) < 1e12:
            away[some] = _by_pattern(y, mean[0], cov[0] * n / (n - 1))
    away[df == 0] = np.nan
    return away, np.where(df > 0, chi2.sf(away, np.maximum(df, 1)), np.nan)


def _unit(cov: Array) -> Array:
    sd = np.sqrt(np.diag(cov))
    return np.asarray(cov / np.outer(sd, sd))


def _by_pattern(y: Array, mean: Array, cov: Array) -> Array:
    seen, of_row = np.unique(np.isfinite(y), axis=0, return_inverse=True)
    out = np.zeros(len(y))
    for j, pattern in enumerate(seen):
        if pattern.any():
            rows = of_row.reshape(-1) == j
            e = y[rows][:, pattern] - mean[pattern]
            out[rows] = (e * np.linalg.solve(cov[np.ix_(pattern, pattern)], e.T).T).sum(axis=1)
    return out


def _outside(irv: Array, put: Array) -> Array:
    """Whether a variability is 0 or outside Tukey's fences, among those who were asked as many questions."""
    out = irv == 0
    for number in np.unique(put):
        same = (put == number) & np.isfinite(irv)
        if same.any():
            low, high = np.quantile(irv[same], [0.25, 0.75])
            reach = FENCE * (high - low)
            out |= same & ((irv < low - reach) | (irv > high + reach))
    return np.asarray(out)


def straightlined(given: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> tuple[Array, Array]:
    """How many scales of three or more items each respondent answered with one code, and how many they answered."""
    same, answered = np.zeros(len(given)), np.zeros(len(given))
    for items in scales.values():
        y = given[list(items)].to_numpy(float)
        whole = np.isfinite(y).all(axis=1) & (len(items) > 2)
        same += whole & (np.ptp(np.where(np.isfinite(y), y, 0.0), axis=1) == 0)
        answered += whole
    return same, answered


def respondents(
    given: pd.DataFrame, scales: Mapping[str, Sequence[str]], asked: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Signs of careless answering, one row a respondent.

    Parameters
    ----------
    given : (n, p)
        Items with the same answer codes, in the order of the questions, indexed by respondent; NaN for an answer that
        is missing or was not asked.
    scales
        Items of each scale.
    asked : (n, p)
        Whether each question was asked; None if all were.

    Returns
    -------
    DataFrame
        Indexed as ``given``: answered missing longstring straight scales irv distance pvalue duplicate flags. ``flags``
        names the rules of `CARELESS_RULES` that apply, by a space.
    """
    rows = given.to_numpy(float)
    longest, answered = longstring(rows)
    put = np.full(len(rows), rows.shape[1]) if asked is None else asked.to_numpy(bool).sum(axis=1)
    straight, whole = straightlined(given, scales)
    irv = variability(rows)
    away, p = distances(rows)
    enough = answered >= FEW
    signs = {
        "longstring": enough & (longest >= LONG * answered),
        "straight": enough & (whole > 1) & (straight == whole),
        "irv": enough & _outside(irv, put),
        "distance": enough & (p < FAR),
        "duplicate": enough & given.duplicated(keep=False).to_numpy(),
    }
    columns = {"answered": answered.astype(int), "missing": (put - answered).astype(int)}
    columns |= {"longstring": longest.astype(int), "straight": straight.astype(int), "scales": whole.astype(int)}
    columns |= {"irv": irv, "distance": away, "pvalue": p, "duplicate": signs["duplicate"]}
    flags = [" ".join(name for name, sign in signs.items() if sign[i]) for i in range(len(given))]
    return pd.DataFrame(columns | {"flags": flags}, index=given.index)
