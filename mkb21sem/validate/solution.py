"""A factor solution: pattern, factor correlations, what follows from them, and whether the factors suffice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mkb21sem.linalg import Array
from mkb21sem.validate.correlations import Correlations


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """Test that the factors suffice: chisq with Bartlett's correction, df, pvalue, rmsea, tli; NaN without n or df."""

    chisq: float
    df: int
    pvalue: float
    rmsea: float
    tli: float


@dataclass(frozen=True)
class Factors:
    """An exploratory factor analysis.

    Attributes
    ----------
    method, rotation, kind, n
        How, on which correlations, of how many respondents (0 if unknown).
    pattern : (p, m) frame
        Rotated loadings; factors F1, F2, … by falling variance, each with a positive sum.
    phi : (m, m) frame
        Factor correlations in the same order.
    structure : (p, m) frame
        Correlations of items and factors, pattern times phi.
    communality : (p,)
        diag(pattern phi pattern'), the share of each item that the factors explain.
    variance : (m, 3) frame
        ss, share, cumulative: variance that each factor accounts for, diag(phi pattern' pattern).
    residual : (p, p) frame
        Correlations minus what the factors imply; uniquenesses on the diagonal.
    heywood
        Items whose uniqueness ended at its lower bound: the solution is improper.
    test
        Whether m factors suffice.
    rmsr
        Root mean square of the off-diagonal residuals.
    """

    method: str
    rotation: str
    kind: str
    n: int
    pattern: pd.DataFrame
    phi: pd.DataFrame
    structure: pd.DataFrame
    communality: pd.Series[float]
    variance: pd.DataFrame
    residual: pd.DataFrame
    heywood: tuple[str, ...]
    test: Sufficiency
    rmsr: float


def describe(of: Correlations, pattern: Array, phi: Array, method: str, rotation: str, bound: float) -> Factors:
    """The solution with everything that follows from pattern and factor correlations.

    Parameters
    ----------
    of
        The correlations that were analysed.
    pattern : (p, m), phi : (m, m)
        Loadings and factor correlations, in one order.
    method, rotation
        How they were found.
    bound
        Smallest uniqueness that was allowed.
    """
    p, m = pattern.shape
    items, names = list(of.items), [f"F{j + 1}" for j in range(m)]
    common = pattern @ phi @ pattern.T
    communality = np.diag(common)
    ss = np.diag(phi @ pattern.T @ pattern)
    residual = of.R - common
    fitted = common.copy()
    np.fill_diagonal(fitted, 1.0)
    off = residual[~np.eye(p, dtype=bool)]
    return Factors(
        method,
        rotation if m > 1 else "none",
        of.kind,
        of.n,
        pd.DataFrame(pattern, items, names),
        pd.DataFrame(phi, names, names),
        pd.DataFrame(pattern @ phi, items, names),
        pd.Series(communality, items),
        pd.DataFrame({"ss": ss, "share": ss / p, "cumulative": ss.cumsum() / p}, names),
        pd.DataFrame(residual, items, items),
        tuple(item for item, h in zip(items, communality, strict=True) if h > 1 - bound - 1e-6),
        sufficiency(of.R, fitted, of.n, m),
        math.sqrt(float(np.mean(off**2))),
    )


def sufficiency(R: Array, fitted: Array, n: int, m: int) -> Sufficiency:
    """Test that m factors suffice: χ² = (n − 1 − (2p+5)/6 − 2m/3) F, with its RMSEA and TLI.

    F = tr(R Σ⁻¹) − ln|R Σ⁻¹| − p at the fitted correlations Σ, whichever way they were found; df = ((p−m)² − p − m)/2
    (Lawley & Maxwell 1971). RMSEA divides by n as everywhere in this package; TLI sets χ² beside Bartlett's
    (Tucker & Lewis 1973).

    Parameters
    ----------
    R, fitted : (p, p)
        Sample and fitted correlations.
    n
        Respondents; 0 if unknown.
    m
        Factors.
    """
    p = len(R)
    df = ((p - m) ** 2 - p - m) // 2
    if n <= p or np.linalg.eigvalsh(fitted)[0] <= 0:
        return Sufficiency(math.nan, df, math.nan, math.nan, math.nan)
    ratio = np.linalg.solve(fitted, R)
    discrepancy = float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - p)
    chisq = (n - 1 - (2 * p + 5) / 6 - 2 * m / 3) * discrepancy
    if df == 0:
        return Sufficiency(chisq, 0, math.nan, math.nan, math.nan)
    base = -(n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(R)[1]) / (p * (p - 1) / 2)
    return Sufficiency(
        chisq,
        df,
        float(chi2.sf(chisq, df)),
        math.sqrt(max(chisq - df, 0.0) / (n * df)),
        (base - chisq / df) / (base - 1),
    )
