"""The average size of the residuals, SRMR, CRMR and RMR, with standard errors and tests.

With e the t residuals and Ξ their covariance (Maydeu-Olivares 2017, Psychometrika 82; Bollen 1989 and Bentler 1995 for
the indices themselves):

    exact fit   √(e'e/t) has mean √(tr Ξ/t) (1 − tr Ξ²/(4 (tr Ξ)²)) and variance tr Ξ²/(2 t tr Ξ)
    unbiased    √(max(e'e − tr Ξ, 0)/t) / κ,  κ = 1 − (tr Ξ² + 2 e'Ξe)/(4 (e'e)²)
    its SE      √((tr Ξ² + 2 e'Ξe)/(2 t e'e)) / κ
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.residuals import moment_residuals, residual_covariance, sample_scale, standard_errors
from mkb21sem.infer.saturated import weighing
from mkb21sem.linalg import Array, Index, vech_index


@dataclass(frozen=True, slots=True)
class Misfit:
    """The average size of some residuals.

    Attributes
    ----------
    value
        Root mean square of the residuals.
    se, z, p
        Standard error under exact fit, and the test of exact fit.
    unbiased, unbiased_se, low, high
        Estimate of the population's value, with its standard error and interval.
    close_z, close_p
        Test of the hypothesis that the population's value is ``close`` or less.
    """

    value: float
    se: float
    z: float
    p: float
    unbiased: float
    unbiased_se: float
    low: float
    high: float
    close_z: float
    close_p: float


def misfit(e: Array, Xi: Array, close: float = 0.05, level: float = 0.90) -> Misfit:
    """Size of residuals e (t,) with covariance Xi (t, t); only the value where Xi is zero or unknown."""
    t, square, trace = len(e), float(e @ e), float(np.trace(Xi))
    value = float(np.sqrt(square / t))
    if not trace > 0:
        unknown = [float("nan")] * 9
        return replace(Misfit(value, *unknown), unbiased=value if trace == 0 else float("nan"))
    trace2, form = float((Xi**2).sum()), float(e @ Xi @ e)
    mean = np.sqrt(trace / t) * (1 - trace2 / (4 * trace**2))
    se = np.sqrt(trace2 / (2 * t * trace))
    z = (value - mean) / se
    kappa = 1 - (trace2 + 2 * form) / (4 * square**2)
    unbiased = np.sqrt(max(square - trace, 0) / t) / kappa + 0.0
    # κ is negative where the residuals are far smaller than chance would make them.
    error = np.sqrt((trace2 + 2 * form) / (2 * t * square)) / abs(kappa)
    half = norm.isf((1 - level) / 2) * error
    above = (unbiased - close) / error
    numbers = (se, z, norm.sf(z), unbiased, error, unbiased - half, unbiased + half, above, norm.sf(above))
    return Misfit(value, *map(float, numbers))


def residual_summary(found: Fit, close: float = 0.05, level: float = 0.90, *, across: bool = True) -> pd.DataFrame:
    """SRMR, CRMR and RMR of each group: group index moments, then the columns of `Misfit`.

    Parameters
    ----------
    found
        A fit.
    close
        Value of the hypothesis of close fit. For RMR, in units of the items, 0.05 means nothing in particular.
    level
        Of the interval of the unbiased estimate.
    across
        As in `residuals`.

    Returns
    -------
    DataFrame
        ``index``: srmr, crmr (correlations without the diagonal) or rmr; ``moments``: cov, and with a mean
        structure mean and total.
    """
    weighed = weighing(found)
    scale = sample_scale(found.layout, weighed.sample)
    Xi = residual_covariance(found, weighed, across=across)
    varies = np.isfinite(standard_errors(scale, Xi))
    Xi = Xi * (varies[:, :, None] & varies[:, None, :])
    e = moment_residuals(found, weighed)
    rows = []
    for g, group in enumerate(found.moments.groups):
        for index, each, covariance in _scaled(found, weighed.sample[g], e[g], Xi[g], scale[g]):
            for moments, kept in _subsets(found, index == "crmr"):
                size = misfit(each[kept], covariance[np.ix_(kept, kept)], close, level)
                rows.append({"group": group, "index": index, "moments": moments, **asdict(size)})
    return pd.DataFrame(rows)


def _scaled(found: Fit, sample: Array, e: Array, Xi: Array, scale: Array) -> Iterator[tuple[str, Array, Array]]:
    """Residuals (m,) and their covariance in units of the sample SDs, as correlations, and raw."""
    yield "srmr", e * scale, Xi * np.outer(scale, scale)
    means = len(found.moments.names) if found.layout.meanstructure else 0
    rho, slope = _correlation_residuals(len(found.moments.names), sample[means:], e[means:])
    J = np.diag(scale)
    J[means:, means:] = slope
    yield "crmr", np.concatenate([(e * scale)[:means], rho]), J @ Xi @ J.T
    yield "rmr", e, Xi


def _correlation_residuals(p: int, s: Array, e: Array) -> tuple[Array, Array]:
    """Sample minus implied correlations (m,), from vech of sample covariances s and residuals e.

    Second, their derivatives (m, m) in the sample covariances, at the sample.
    """
    row, col = vech_index(p)
    diagonal = np.flatnonzero(row == col)
    variance, model = s[diagonal], (s - e)[diagonal]
    sd = np.sqrt(variance[row] * variance[col])
    slope = np.diag(1 / sd)
    for end in (row, col):
        np.add.at(slope, (np.arange(len(row)), diagonal[end]), -s / sd / (2 * variance[end]))
    return s / sd - (s - e) / np.sqrt(model[row] * model[col]), slope


def _subsets(found: Fit, correlations: bool) -> Iterator[tuple[str, Index]]:
    """Places of the covariances (without the diagonal for correlations), the means, and all of them."""
    row, col = vech_index(len(found.moments.names))
    means = np.arange(len(found.moments.names) if found.layout.meanstructure else 0)
    cov = len(means) + np.flatnonzero((not correlations) | (row != col))
    yield "cov", cov
    if len(means):
        yield "mean", means
        yield "total", np.concatenate([means, cov])
