"""Fit indices: each a function of numbers, collected for a `Fit` under lavaan's names."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.linalg import Array, logdet, vech


def cfi(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """CFI = 1 − max(χ²−df, 0) / max(χ²−df, χ²_b−df_b, 0) (Bentler 1990)."""
    misfit = max(chisq - df, 0.0)
    worst = max(chisq - df, chisq_baseline - df_baseline, 0.0)
    return 1.0 if worst == 0 else 1 - misfit / worst


def tli(chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """TLI = (χ²_b/df_b − χ²/df) / (χ²_b/df_b − 1), also NNFI (Tucker & Lewis 1973; Bentler & Bonett 1980)."""
    if df == 0 or df_baseline == 0:
        return 1.0
    below = chisq_baseline / df_baseline - 1
    return math.nan if below == 0 else (chisq_baseline / df_baseline - chisq / df) / below


def rmsea(chisq: float, df: float, n: float, groups: int = 1) -> float:
    """RMSEA = √(max(χ²−df, 0) / (n·df)) · √groups (Steiger 1990; 1998 for groups); divisor n, as lavaan."""
    return 0.0 if df == 0 else math.sqrt(max(chisq - df, 0.0) / (n * df)) * math.sqrt(groups)


def rmsea_interval(chisq: float, df: float, n: float, groups: int = 1, level: float = 0.90) -> tuple[float, float]:
    """Interval of RMSEA by inverting the noncentral χ² (Browne & Cudeck 1992)."""
    if df == 0:
        return 0.0, 0.0
    low, high = (_noncentrality(chisq, df, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    scale = math.sqrt(groups)
    return math.sqrt(low / (n * df)) * scale, math.sqrt(high / (n * df)) * scale


def _noncentrality(chisq: float, df: float, probability: float) -> float:
    """The λ ≥ 0 at which P(χ²_df(λ) ≤ chisq) = probability; 0 where even λ = 0 gives less."""
    if chi2.cdf(chisq, df) < probability:
        return 0.0
    high = max(chisq, 1.0)
    while ncx2.cdf(chisq, df, high) > probability:
        high *= 2
    return float(brentq(lambda nc: ncx2.cdf(chisq, df, nc) - probability, 1e-12, high, xtol=1e-12, rtol=1e-14))


def rmsea_pvalue(chisq: float, df: float, n: float, groups: int = 1, close: float = 0.05) -> float:
    """P under the null hypothesis RMSEA ≤ close (Browne & Cudeck 1992)."""
    if df == 0:
        return math.nan
    return float(ncx2.sf(chisq, df, n * df * close**2 / groups))


def srmr(S: Array, Sigma: Array, mean: Array | None = None, mu: Array | None = None) -> Array:
    """SRMR = √ mean of squared standardised residuals, both sides divided by the sample SDs (Bentler 1995).

    Parameters
    ----------
    S, Sigma : (..., p, p)
        Sample and implied covariances.
    mean, mu : (..., p)
        Given where there is a mean structure: their standardised residuals count too.
    """
    sd = np.sqrt(np.diagonal(S, axis1=-2, axis2=-1))
    parts = vech((S - Sigma) / (sd[..., :, None] * sd[..., None, :])) ** 2
    if mean is not None and mu is not None:
        parts = np.concatenate([parts, ((mean - mu) / sd) ** 2], axis=-1)
    return np.asarray(np.sqrt(parts.mean(axis=-1)))


def indices(found: Fit) -> pd.Series[float]:
    """Fit indices under lavaan's names; all NaN but npar, df and ntotal where the fit did not converge.

    Notes
    -----
    χ² is n times the minimum (divisor n throughout), and feeds CFI, TLI and RMSEA. ``logl`` leaves out the
    moments of exogenous variables that were held at the sample's, as lavaan does with fixed.x.
    """
    test, base = found.test, found.baseline
    n, g = found.moments.total, len(found.moments.groups)
    low, high = (math.nan, math.nan)
    if found.converged:
        low, high = rmsea_interval(test.chisq, test.df, n, g)
    chi = (test.chisq, test.df, base.chisq, base.df)
    values = {
        "npar": found.layout.k,
        "fmin": found.loss if found.converged else math.nan,
        "chisq": test.chisq,
        "df": test.df,
        "pvalue": test.pvalue,
        "baseline.chisq": base.chisq,
        "baseline.df": base.df,
        "baseline.pvalue": base.pvalue,
        "cfi": cfi(*chi) if found.converged else math.nan,
        "tli": tli(*chi) if found.converged else math.nan,
        "rmsea": rmsea(test.chisq, test.df, n, g) if found.converged else math.nan,
        "rmsea.ci.lower": low,
        "rmsea.ci.upper": high,
        "rmsea.pvalue": rmsea_pvalue(test.chisq, test.df, n, g) if found.converged else math.nan,
        "srmr": _srmr(found) if found.converged else math.nan,
        **_information_criteria(found),
        "ntotal": n,
    }
    return pd.Series(values, dtype=float)


def _srmr(found: Fit) -> float:
    """SRMR of all groups: their values weighted by n_g/N."""
    where, sample = found.layout, found.moments
    Sigma = implied(where, found.cells).Sigma
    if not where.meanstructure:
        return float(sample.share @ srmr(sample.cov, Sigma))
    p = len(where.observed)
    mu = Sigma[:, :p, p]
    centred = Sigma[:, :p, :p] - mu[:, :, None] * mu[:, None, :]
    return float(sample.share @ srmr(sample.cov, centred, sample.mean, mu))


def _information_criteria(found: Fit) -> dict[str, float]:
    """Log-likelihood of the model and of the saturated one, and AIC, BIC and its sample-size adjusted form."""
    sample, k, n = found.moments, found.layout.k, found.moments.total
    saturated = float(sample.n @ _normal_logl(sample.cov))
    held = [i for i, name in enumerate(sample.names) if name in found.layout.exogenous]
    if held:
        saturated -= float(sample.n @ _normal_logl(sample.cov[:, held][:, :, held]))
    logl = saturated - n * found.loss if found.converged else math.nan
    return {
        "logl": logl,
        "unrestricted.logl": saturated,
        "aic": -2 * logl + 2 * k,
        "bic": -2 * logl + k * math.log(n),
        "bic2": -2 * logl + k * math.log((n + 2) / 24),
    }


def _normal_logl(S: Array) -> Array:
    """Largest log-likelihood per row of a normal sample with covariance S (..., p, p), divisor n."""
    p = S.shape[-1]
    return np.asarray(-(p * math.log(2 * math.pi) + logdet(S) + p) / 2)
