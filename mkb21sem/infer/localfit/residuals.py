"""What the model leaves of the sample moments: residuals with standard errors.

With W the weight that the estimator gives the sample moments s (times n_g/N), V the covariance of s, Δ the derivatives
of the implied moments and J = Σ_g Δ'WΔ, the residuals e of group g move with the sample moments of every group h,

    ∂e_g/∂s_h = [g = h] I − Δ_g J⁻¹ Δ_h'W_h

so that ACOV(e_g) = Σ_h (∂e_g/∂s_h) V_h (∂e_g/∂s_h)' (Ogasawara 2001; Maydeu-Olivares 2017). Where W and V come from,
says `weighing`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.localfit.weighing import Statistics, Weighing, weighing
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread

KINDS = ("raw", "cor", "standardized")
EXACT = 1e-7
"""A correlation residual whose standard error is this small is zero whatever the sample."""


def residuals(found: Fit, kind: str = "raw", *, across: bool = True) -> pd.DataFrame:
    """Sample moments minus implied ones: lhs op rhs group residual se z p.

    Parameters
    ----------
    found
        A fit.
    kind
        ``raw``: in the units of the items; ``cor``: divided by the sample SDs (Bentler 1995), so that 0.10 is a
        gap of 0.10 in a correlation; ``standardized``: divided by their standard errors.
    across
        Whether standard errors count the sampling error of other groups, to which common parameters tie this one.
        They should; lavaan leaves it out.

    Returns
    -------
    DataFrame
        One row a covariance (``~~``), with a mean structure a mean (``~1``), of ordinal items a correlation, a
        threshold (``|``) and, given exogenous variables, a slope (``~``). No se, z and p where the model reproduces
        a statistic in every sample, and where the fit did not converge.

    Raises
    ------
    OptionError
        An unknown kind.

    Notes
    -----
    Standard errors follow the estimator, like lavaan's: normal theory for ML and GLS, robust for MLM, MLR, WLS and
    ordinal items; for ULS, where lavaan has none, normal theory.
    """
    one_of("kind", kind, KINDS)
    with one_thread():
        weighed = weighing(found)
        se = standard_errors(weighed, residual_covariance(found, weighed, across=across))
    scale = weighed.scale if kind == "cor" else np.ones_like(weighed.scale)
    residual, se = weighed.residual * scale, se * scale
    z = residual / se
    if kind == "standardized":
        residual, se = z, np.where(np.isnan(se), np.nan, 1.0)
    frames = []
    for g, group in enumerate(found.moments.groups):
        frame = _places(weighed.statistics).assign(group=group, residual=residual[g], se=se[g], z=z[g])
        # The formulas begin with means and thresholds, the reader expects the covariances.
        frames.append(frame.sort_values("op", key=lambda op: op.map(_ORDER), kind="stable"))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(p=2 * norm.sf(table["z"].abs()))


_ORDER = {"~~": 0, "|": 1, "~1": 2, "~": 3}


def standard_errors(weighed: Weighing, covariance: Array) -> Array:
    """Standard errors of raw residuals (g, m), from their covariance (g, m, m).

    NaN where a residual is zero in every sample.
    """
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    with np.errstate(invalid="ignore"):
        varies = variance * weighed.scale**2 > EXACT**2
        return np.asarray(np.where(varies, np.sqrt(np.maximum(variance, 0)), np.nan))


def residual_covariance(found: Fit, weighed: Weighing, *, across: bool = True) -> Array:
    """Asymptotic covariance of the raw residuals, (g, m, m); NaN where the fit did not converge.

    Parameters
    ----------
    found
        A fit.
    weighed
        Its sample moments with their covariance and weights.
    across
        Whether the sample moments of other groups count.
    """
    V, W = weighed.covariance, weighed.weight
    if not np.isfinite(found.vcov).all():
        return np.full_like(V, np.nan)
    Delta = weighed.Delta
    weighted = np.swapaxes(Delta, 1, 2) @ W
    slope = np.linalg.solve((weighted @ Delta).sum(axis=0), weighted)
    out = np.zeros_like(V)
    for g in range(len(V)):
        for h in range(len(V)) if across else (g,):
            move = (g == h) * np.eye(V.shape[-1]) - Delta[g] @ slope[h]
            out[g] += move @ V[h] @ move.T
    return out


def _places(which: Statistics) -> pd.DataFrame:
    """Which statistic each residual is about: lhs op rhs."""
    return pd.DataFrame({"lhs": np.array(which.variables)[which.first], "op": which.op, "rhs": which.rhs})
