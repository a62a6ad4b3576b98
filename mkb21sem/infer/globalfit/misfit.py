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
from mkb21sem.infer.localfit.residuals import residual_covariance, standard_errors
from mkb21sem.infer.localfit.weighing import Statistics, Weighing, weighing
from mkb21sem.linalg import Array, Index
from mkb21sem.parallel import one_thread


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


def misfit(e: Array, Xi: Array, t: int | None = None, close: float = 0.05, level: float = 0.90) -> Misfit:
    """Size of residuals e (m,) with covariance Xi (m, m); only the value where Xi is zero or unknown.

    They are averaged over t (m unless given, more where some residuals are 0 by definition).
    """
    t, square, trace = len(e) if t is None else t, float(e @ e), float(np.trace(Xi))
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
        ``index``: srmr, crmr (correlations without the diagonal) or rmr; ``moments``: cov, and where there are any
        mean, threshold, slope, and total.
    """
    with one_thread():
        weighed = weighing(found)
        Xi = residual_covariance(found, weighed, across=across)
    varies = np.isfinite(standard_errors(weighed, Xi))
    Xi = Xi * (varies[:, :, None] & varies[:, None, :])
    rows = []
    for g, group in enumerate(found.moments.groups):
        for index, e, covariance in _scaled(weighed, g, Xi[g]):
            for moments, kept, t in _subsets(weighed.statistics, index == "crmr"):
                size = misfit(e[kept], covariance[np.ix_(kept, kept)], t, close, level)
                rows.append({"group": group, "index": index, "moments": moments, **asdict(size)})
    return pd.DataFrame(rows)


def _scaled(weighed: Weighing, g: int, Xi: Array) -> Iterator[tuple[str, Array, Array]]:
    """Residuals (m,) and their covariance in units of the sample SDs, as correlations, and raw."""
    e, scale = weighed.residual[g], weighed.scale[g]
    yield "srmr", e * scale, Xi * np.outer(scale, scale)
    rho, J = _correlation_residuals(weighed, g)
    yield "crmr", rho, J @ Xi @ J.T
    yield "rmr", e, Xi


def _correlation_residuals(weighed: Weighing, g: int) -> tuple[Array, Array]:
    """Sample minus implied correlations (other statistics in units of the sample SDs), (m,).

    Second, their derivatives (m, m) in the sample statistics, at the sample.
    """
    which, s, at = weighed.statistics, weighed.sample[g], weighed.implied[g]
    own, scale = which.variance, weighed.scale[g]
    e, slope = (s - at) * scale, np.diag(scale)
    pairs = np.flatnonzero(which.of("~~"))
    spread = np.ones(len(pairs))
    for end in (which.first[pairs], which.second[pairs]):
        free = own[end] >= 0
        spread = spread * np.where(free, at[own[end]], 1.0)
        places = pairs[free], own[end][free]
        np.add.at(slope, places, -(s * scale)[pairs][free] / (2 * s[own[end][free]]))
    e[pairs] = (s * scale)[pairs] - at[pairs] / np.sqrt(spread)
    return e, slope


def _subsets(which: Statistics, correlations: bool) -> Iterator[tuple[str, Index, int]]:
    """Places of the covariances (without the diagonal for correlations), of other kinds, and of all.

    With the number of residuals to average over: variances of ordinal items, which are 1, count as well.
    """
    cov = np.flatnonzero(which.of("~~") & ~(correlations & (which.first == which.second)))
    fixed = 0 if correlations else int((which.variance < 0).sum())
    yield "cov", cov, len(cov) + fixed
    others = {name: np.flatnonzero(which.of(op)) for name, op in _OTHERS.items()}
    others = {name: places for name, places in others.items() if len(places)}
    for name, places in others.items():
        yield name, places, len(places)
    if others:
        together = np.concatenate([*others.values(), cov])
        yield "total", together, len(together) + fixed


_OTHERS = {"mean": "~1", "threshold": "|", "slope": "~"}
