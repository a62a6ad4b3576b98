"""Missing answers: how many, in which patterns, and whether they are missing completely at random."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mkb21sem.estimate.incomplete.patterns import saturated_moments
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread

MCAR_RULE = (
    "Little's test (1988): a small p says that answers are not missing completely at random. Criticism: it assumes "
    "normal answers with one covariance matrix, is weak in small samples, and a large p proves nothing."
)


@dataclass(frozen=True, slots=True)
class Mcar:
    """Little's test that answers are missing completely at random.

    Attributes
    ----------
    chisq, df, pvalue
        NaN where there is nothing to test; ``note`` says why.
    patterns
        Missing patterns among the rows with an answer.
    n
        Rows with an answer.
    """

    chisq: float
    df: int
    pvalue: float
    patterns: int
    n: int
    note: str = ""


def missing_patterns(given: pd.DataFrame) -> pd.DataFrame:
    """Which answers are missing together: missing (items, by a space) k n share, most frequent first.

    Parameters
    ----------
    given : (n, p)
        NaN for a missing answer.
    """
    hole = given.isna().to_numpy()
    seen, n = np.unique(hole, axis=0, return_counts=True)
    names = np.asarray(given.columns, dtype=object)
    table = pd.DataFrame(
        {
            "missing": [" ".join(map(str, names[row])) for row in seen],
            "k": seen.sum(axis=1),
            "n": n,
            "share": n / max(len(given), 1),
        }
    )
    return table.sort_values(["n", "k"], ascending=[False, True], kind="stable", ignore_index=True)


UNKNOWN = (
    "the moments can't be found: a pair of items is hardly ever answered together, or an item is determined by others"
)


def mcar(given: pd.DataFrame) -> Mcar:
    """Little's test: d² = Σ_j n_j (ȳ_j − μ_j)' Σ_j⁻¹ (ȳ_j − μ_j), df = Σ_j p_j − p (Little 1988, equation 5).

    j runs over the missing patterns, μ and Σ maximise the normal likelihood of all answers (divisor n, by EM), μ_j
    and Σ_j are their parts that pattern j answered.

    Parameters
    ----------
    given : (n, p)
        NaN for a missing answer. Constant items and rows without any answer are left out.
    """
    spread = given.max() - given.min()
    used = given.loc[given.notna().any(axis=1), spread[spread > 0].index]
    used = used[used.notna().any(axis=1)]
    y, n, p = used.to_numpy(float), len(used), used.shape[1]
    seen, of_row = np.unique(np.isfinite(y), axis=0, return_inverse=True)
    nothing = Mcar(math.nan, 0, math.nan, len(seen), n)
    if len(seen) < 2:
        return Mcar(math.nan, 0, math.nan, len(seen), n, "no answer is missing, or all are missing together")
    if n <= p:
        return _without(nothing, f"{n} rows for {p} items")
    with one_thread():
        mean, cov, converged = saturated_moments([y])
    if not converged[0]:
        return _without(nothing, UNKNOWN)
    chisq = sum(
        _distance(y[of_row.reshape(-1) == j][:, pattern], mean[0][pattern], cov[0][np.ix_(pattern, pattern)])
        for j, pattern in enumerate(seen)
    )
    df = int(seen.sum()) - p
    return Mcar(float(chisq), df, float(chi2.sf(chisq, df)), len(seen), n)


def _without(of: Mcar, note: str) -> Mcar:
    return Mcar(of.chisq, of.df, of.pvalue, of.patterns, of.n, note)


def _distance(rows: Array, mean: Array, cov: Array) -> float:
    away = rows.mean(axis=0) - mean
    return float(len(rows) * away @ np.linalg.solve(cov, away))
