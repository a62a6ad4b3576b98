"""Incremental fit indices: how far the model comes from the baseline of independent variables.

With d = c (χ² − df) the noncentrality of the model and d_b that of the baseline,

    CFI = 1 − max(d, 0) / max(d, d_b, 0)      RNI = 1 − d / d_b      TLI = 1 − (d/df) / (d_b/df_b)

c is 1, or for a robust index the factor by which a scaled χ² was divided: it brings the noncentrality of the scaled
statistic back to the scale of the discrepancy, so that the index estimates what it would without non-normality
(Brosseau-Liard & Savalei 2014; Savalei 2018 for the scaled and shifted statistic).
"""

from __future__ import annotations

import math

from mkb21sem.estimate.chisquare import Test


def cfi(
    chisq: float,
    df: float,
    chisq_baseline: float,
    df_baseline: float,
    scaling: float = 1.0,
    scaling_baseline: float = 1.0,
) -> float:
    """Comparative fit index, between 0 and 1 (Bentler 1990); 1 where neither model nor baseline misfits."""
    misfit = scaling * (chisq - df)
    worst = max(misfit, scaling_baseline * (chisq_baseline - df_baseline), 0.0)
    return 1.0 if worst == 0 else 1 - max(misfit, 0.0) / worst


def rni(
    chisq: float,
    df: float,
    chisq_baseline: float,
    df_baseline: float,
    scaling: float = 1.0,
    scaling_baseline: float = 1.0,
) -> float:
    """Relative noncentrality index, CFI without its bounds (McDonald & Marsh 1990); NaN where d_b is 0."""
    misfit = scaling_baseline * (chisq_baseline - df_baseline)
    return math.nan if misfit == 0 else 1 - scaling * (chisq - df) / misfit


def tli(
    chisq: float,
    df: float,
    chisq_baseline: float,
    df_baseline: float,
    scaling: float = 1.0,
    scaling_baseline: float = 1.0,
) -> float:
    """Tucker–Lewis index, also NNFI (Tucker & Lewis 1973; Bentler & Bonett 1980); 1 without degrees of freedom."""
    if df == 0 or df_baseline == 0:
        return 1.0
    below = scaling_baseline * (chisq_baseline - df_baseline) / df_baseline
    return math.nan if below == 0 else 1 - scaling * (chisq - df) / df / below


def nfi(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Normed fit index, (χ²_b − χ²) / χ²_b (Bentler & Bonett 1980).

    NaN where the model has more degrees of freedom than the baseline, in which it is then not nested.
    """
    return math.nan if df > df_baseline or chisq_baseline == 0 else (chisq_baseline - chisq) / chisq_baseline


def rfi(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Relative fit index, (χ²_b/df_b − χ²/df) / (χ²_b/df_b) (Bollen 1986); 1 without degrees of freedom.

    NaN under the same condition as `nfi`.
    """
    if df > df_baseline or chisq_baseline == 0:
        return math.nan
    return 1.0 if df == 0 else 1 - chisq / df / (chisq_baseline / df_baseline)


def pnfi(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Parsimony-adjusted normed fit index, df/df_b (χ²_b − χ²) / χ²_b (James, Mulaik & Brett 1982)."""
    if chisq_baseline == 0 or df_baseline == 0:
        return math.nan
    return df / df_baseline * (chisq_baseline - chisq) / chisq_baseline


def ifi(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Incremental fit index, (χ²_b − χ²) / (χ²_b − df) (Bollen 1989); NaN where the baseline's χ² is the model's df."""
    below = chisq_baseline - df
    return math.nan if below == 0 else (chisq_baseline - chisq) / below


def incremental(test: Test, baseline: Test) -> dict[str, float]:
    """All of them from one kind of test: cfi tli nnfi rfi nfi pnfi ifi rni."""
    numbers = (test.chisq, test.df, baseline.chisq, baseline.df)
    lewis = tli(*numbers)
    return {
        "cfi": cfi(*numbers),
        "tli": lewis,
        "nnfi": lewis,
        "rfi": rfi(*numbers),
        "nfi": nfi(*numbers),
        "pnfi": pnfi(*numbers),
        "ifi": ifi(*numbers),
        "rni": rni(*numbers),
    }


def robust_incremental(test: Test, baseline: Test) -> dict[str, float]:
    """Those that have a robust version, from scaled tests: cfi tli nnfi rni."""
    numbers = (test.chisq, test.df, baseline.chisq, baseline.df, test.scaling, baseline.scaling)
    lewis = tli(*numbers)
    return {"cfi": cfi(*numbers), "tli": lewis, "nnfi": lewis, "rni": rni(*numbers)}
