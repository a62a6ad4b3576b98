"""The average size of the residuals, SRMR, CRMR and RMR, with standard errors and tests.

With e the t residuals and Ξ their covariance (Maydeu-Olivares 2017, Psychometrika 82; Bollen 1989 and Bentler 1995 for
the indices themselves):

    exact fit   √(e'e/t) has mean √(tr Ξ/t) (1 − tr Ξ²/(4 (tr Ξ)²)) and variance tr Ξ²/(2 t tr Ξ)
    unbiased    √(max(e'e − tr Ξ, 0)/t) / κ,  κ = 1 − (tr Ξ² + 2 e'Ξe)/(4 (e'e)²)
    its SE      √((tr Ξ² + 2 e'Ξe)/(2 t e'e)) / κ
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import centred, implied
from mkb21sem.infer.residuals import moment_residuals, residual_covariance, sample_scale, standard_errors
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
        unknown = float("nan")
        return Misfit(value, *[unknown] * 3, value if trace == 0 else unknown, *[unknown] * 5)
    trace2, form = float((Xi**2).sum()), float(e @ Xi @ e)
    mean = np.sqrt(trace / t) * (1 - trace2 / (4 * trace**2))
    se = np.sqrt(trace2 / (2 * t * trace))
    z = (value - mean) / se
    kappa = 1 - (trace2 + 2 * form) / (4 * square**2)
    unbiased = np.sqrt(max(square - trace, 0) / t) / kappa
    error = np.sqrt((trace2 + 2 * form) / (2 * t * square)) / kappa
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
    Xi = residual_covariance(found, across=across)
    varies = np.isfinite(standard_errors(found, Xi))
    Xi = Xi * (varies[:, :, None] & varies[:, None, :])
    rows = []
    for g, group in enumerate(found.moments.groups):
        for index, e, covariance in _scaled(found, g, Xi[g]):
            for moments, kept in _subsets(found, index == "crmr"):
                size = misfit(e[kept], covariance[np.ix_(kept, kept)], close, level)
                rows.append({"group": group, "index": index, "moments": moments, **asdict(size)})
    return pd.DataFrame(rows)


def _scaled(found: Fit, g: int, Xi: Array) -> Iterator[tuple[str, Array, Array]]:
    """Residuals and their covariance in units of the sample SDs, as correlations, and raw."""
    e, scale = moment_residuals(found)[g], sample_scale(found)[g]
    yield "srmr", e * scale, Xi * np.outer(scale, scale)
    rho, slope = _correlation_residuals(found, g)
    means = len(e) - len(rho)
    J = np.diag(scale)
    J[means:, means:] = slope
    yield "crmr", np.concatenate([(e * scale)[:means], rho]), J @ Xi @ J.T
    yield "rmr", e, Xi


def _correlation_residuals(found: Fit, g: int) -> tuple[Array, Array]:
    """Sample minus implied correlations (m,), and their derivatives in the sample covariances (m, m)."""
    S = found.moments.cov[g]
    Sigma = centred(found.layout, implied(found.layout, found.cells))[1][g]
    row, col = vech_index(len(S))
    diagonal = np.flatnonzero(row == col)
    sd = np.sqrt(np.diagonal(S))
    sample = S[row, col] / (sd[row] * sd[col])
    slope = np.diag(1 / (sd[row] * sd[col]))
    for end in (row, col):
        np.add.at(slope, (np.arange(len(row)), diagonal[end]), -sample / (2 * sd[end] ** 2))
    model = Sigma[row, col] / np.sqrt(Sigma[row, row] * Sigma[col, col])
    return sample - model, slope


def _subsets(found: Fit, correlations: bool) -> Iterator[tuple[str, Index]]:
    """Places of the covariances (without the diagonal for correlations), the means, and all of them."""
    row, col = vech_index(len(found.moments.names))
    means = np.arange(len(found.moments.names) if found.layout.meanstructure else 0)
    cov = len(means) + np.flatnonzero((not correlations) | (row != col))
    yield "cov", cov
    if len(means):
        yield "mean", means
        yield "total", np.concatenate([means, cov])
