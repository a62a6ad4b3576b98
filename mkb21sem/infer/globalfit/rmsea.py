"""Root mean square error of approximation, with interval and the tests of close and of not close fit.

χ² is taken as noncentral χ²_df(λ), and RMSEA = √(λ / (n df)) · √groups (Steiger & Lind 1980; Steiger 1998 for groups).
Three versions differ in what stands for χ², df and n:

    plain     χ², df, n
    scaled    χ², tr UΓ, n: the mean of χ² under the model takes the place of df. The scaled and shifted statistic
              stands for itself: χ²_s, df, n
    robust    χ²_s, df, n/c: a scaled statistic grows by n/c for each unit of discrepancy, not by n, so that this
              estimates the RMSEA of normal data (Brosseau-Liard, Savalei & Li 2012; Savalei 2018)

n is the divisor that χ² was made with: rows for a likelihood, rows less groups for least squares.
"""

from __future__ import annotations

import math

from scipy.special import chdtr, chndtr, chndtrinc
from scipy.stats import ncx2

from mkb21sem.estimate.chisquare import Test


def rmsea(chisq: float, df: float, n: float, groups: int = 1) -> float:
    """RMSEA = √(max(χ² − df, 0) / (n df)) · √groups; 0 without degrees of freedom."""
    return 0.0 if df == 0 else math.sqrt(max(chisq - df, 0.0) / (n * df) * groups)


def rmsea_interval(chisq: float, df: float, n: float, groups: int = 1, level: float = 0.90) -> tuple[float, float]:
    """Interval of RMSEA, from the λ under which χ² stands at the tails of its distribution (Browne & Cudeck 1992)."""
    if df == 0:
        return 0.0, 0.0
    low, high = (noncentrality(chisq, df, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    return math.sqrt(low / (n * df) * groups), math.sqrt(high / (n * df) * groups)


def noncentrality(chisq: float, df: float, probability: float) -> float:
    """The λ ≥ 0 at which P(χ²_df(λ) ≤ chisq) = probability; 0 where even λ = 0 gives less."""
    if not chdtr(df, chisq) > probability:
        return math.nan if math.isnan(chisq) else 0.0
    return float(chndtrinc(chisq, df, probability))


def rmsea_pvalue(chisq: float, df: float, n: float, groups: int = 1, close: float = 0.05) -> float:
    """P of a χ² at least as large if RMSEA = close: the test of close fit (Browne & Cudeck 1992)."""
    return math.nan if df == 0 else float(ncx2.sf(chisq, df, n * df * close**2 / groups))


def rmsea_notclose(chisq: float, df: float, n: float, groups: int = 1, notclose: float = 0.08) -> float:
    """P of a χ² at most as large if RMSEA = notclose: the test of not close fit (MacCallum, Browne & Sugawara 1996)."""
    return math.nan if df == 0 else float(chndtr(max(chisq, 0.0), df, n * df * notclose**2 / groups))


def approximation(
    chisq: float, df: float, n: float, groups: int, level: float, close: float, notclose: float
) -> dict[str, float]:
    """RMSEA with all that belongs to it, under lavaan's names."""
    low, high = rmsea_interval(chisq, df, n, groups, level)
    return {
        "rmsea": rmsea(chisq, df, n, groups),
        "rmsea.ci.lower": low,
        "rmsea.ci.upper": high,
        "rmsea.pvalue": rmsea_pvalue(chisq, df, n, groups, close),
        "rmsea.notclose.pvalue": rmsea_notclose(chisq, df, n, groups, notclose),
    }


def scaled_arguments(plain: Test, scaled: Test) -> tuple[float, float]:
    """χ² and df of the scaled RMSEA."""
    return (scaled.chisq, scaled.df) if scaled.name == "scaled.shifted" else (plain.chisq, scaled.trace)
