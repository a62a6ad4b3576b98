"""The shape of the answers: skewness, kurtosis, floor and ceiling, Mardia's tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, kurtosis, norm, skew

from mkb21sem.estimate.rows import check_rows
from mkb21sem.linalg import Array

SKEWED, PEAKED = 2.0, 7.0
SHAPE_RULE = (
    "Beyond 2 in skewness or 7 in kurtosis normal theory goes wrong (West, Finch & Curran 1995). Both are of type 2, "
    "as in SPSS and SAS; a normal variable has 0. Criticism: with few categories the number of categories matters more."
)
CROWDED = 0.15
CROWDED_RULE = (
    "More than 15% of the respondents at the lowest or highest possible answer is a floor or ceiling (Terwee et al. "
    "2007). Criticism: made for sums of items; a single five-point item passes it easily."
)


def describe(answer: pd.Series[float]) -> dict[str, float]:
    """N missing mean sd skewness kurtosis of one item; NaN where there are too few different answers.

    Notes
    -----
    sd has divisor n−1. Skewness G₁ and excess kurtosis G₂ (type 2 of Joanes & Gill 1998), unbiased for normal answers.
    """
    y = answer.dropna().to_numpy(float)
    n = len(y)
    varied = n > 1 and bool(np.ptp(y) > 0)
    return {
        "n": n,
        "missing": len(answer) - n,
        "mean": float(y.mean()) if n else math.nan,
        "sd": float(y.std(ddof=1)) if n > 1 else math.nan,
        "skewness": float(skew(y, bias=False)) if varied and n > 2 else math.nan,
        "kurtosis": float(kurtosis(y, bias=False)) if varied and n > 3 else math.nan,
    }


def categories(answer: pd.Series[float], codes: Sequence[float] = ()) -> pd.DataFrame:
    """How often each answer was given: code n share. Codes that nobody gave have n = 0.

    Parameters
    ----------
    answer
        NaN for a missing answer.
    codes
        The possible answers; without them, all whole numbers from the lowest to the highest given.
    """
    y = answer.dropna()
    counts = y.value_counts()
    possible = [float(code) for code in codes]
    if not possible and len(y) and (y == y.round()).all():
        possible = [float(code) for code in range(int(y.min()), int(y.max()) + 1)]
    listed = sorted({*possible, *counts.index})
    n = [int(counts.get(code, 0)) for code in listed]
    return pd.DataFrame({"code": listed, "n": n, "share": np.array(n) / max(len(y), 1)})


@dataclass(frozen=True, slots=True)
class Mardia:
    """Mardia's tests of multivariate normality.

    Attributes
    ----------
    n, p
        Rows and items.
    skewness, skewness_chisq, skewness_df, skewness_pvalue
        b₁, n b₁/6, p(p+1)(p+2)/6 and its χ² probability.
    kurtosis, kurtosis_z, kurtosis_pvalue
        b₂, (b₂ − p(p+2)) / √(8p(p+2)/n) and its two-sided normal probability. Robust methods are for large b₂.
    """

    n: int
    p: int
    skewness: float
    skewness_chisq: float
    skewness_df: int
    skewness_pvalue: float
    kurtosis: float
    kurtosis_z: float
    kurtosis_pvalue: float


def mardia(rows: Array, names: Sequence[str] = (), ddof: int = 0) -> Mardia:
    """b₁ = Σ_ij g_ij³/n², b₂ = Σ_i g_ii²/n with g_ij = (y_i − ȳ)' S⁻¹ (y_j − ȳ) (Mardia 1970).

    Parameters
    ----------
    rows : (n, p)
        Complete rows.
    names : (p,)
        For messages.
    ddof
        S has divisor n − ddof: 0 is Mardia's own; psych and semTools have 1.

    Raises
    ------
    WaveError, FitError
        An item is constant or determined by others; too few rows.
    """
    n, p = rows.shape
    check_rows([rows], names or [f"y{j + 1}" for j in range(p)], [""])
    away = rows - rows.mean(axis=0)
    g = away @ np.linalg.solve(away.T @ away / (n - ddof), away.T)
    b1, b2 = float((g**3).sum() / n**2), float((np.diag(g) ** 2).sum() / n)
    df = p * (p + 1) * (p + 2) // 6
    z = (b2 - p * (p + 2)) / math.sqrt(8 * p * (p + 2) / n)
    return Mardia(n, p, b1, n * b1 / 6, df, float(chi2.sf(n * b1 / 6, df)), b2, z, float(2 * norm.sf(abs(z))))
