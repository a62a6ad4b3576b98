"""Absolute fit indices: how much of the sample moments the model reproduces, and what another sample would show."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied, cell_values, centred
from mkb21sem.estimate.incomplete.patterns import restricted_inverse
from mkb21sem.estimate.quadratic import QuadraticLoss, vector, weigh
from mkb21sem.estimate.solve import loss_of
from mkb21sem.linalg import Array, vech_index
from mkb21sem.specify.layout import Layout


def gfi(misfit: float, size: float) -> float:
    """Goodness of fit, 1 − e'We / s'Ws for the residuals e of the sample moments s (Jöreskog & Sörbom 1981)."""
    return 1 - misfit / size


def agfi(goodness: float, df: float, moments: int) -> float:
    """GFI adjusted for parameters, 1 − moments/df (1 − GFI) (Jöreskog & Sörbom 1981); 1 without degrees of freedom."""
    return 1.0 if df == 0 else 1 - moments / df * (1 - goodness)


def pgfi(goodness: float, df: float, moments: int) -> float:
    """Parsimonious GFI, df/moments · GFI (Mulaik et al. 1989)."""
    return df / moments * goodness


def mfi(chisq: float, df: float, n: float) -> float:
    """McDonald's centrality, exp(−½ (χ² − df)/n) (McDonald 1989)."""
    return math.exp(-(chisq - df) / n / 2)


def ecvi(chisq: float, k: int, n: float) -> float:
    """Expected cross-validation index, (χ² + 2k)/n for k parameters (Browne & Cudeck 1989)."""
    return (chisq + 2 * k) / n


def critical_n(chisq: float, df: float, n: float, alpha: float) -> float:
    """Hoelter's (1983) critical N: the sample size at which χ² would be significant at `alpha`.

    NaN without degrees of freedom or misfit.
    """
    return math.nan if df == 0 or not chisq > 0 else float(chdtri(df, alpha)) / (chisq / n) + 1


def wrmr(chisq: float, statistics: int) -> float:
    """Weighted root mean square residual, √(χ²/statistics of a group) (Yu 2002)."""
    return math.sqrt(max(chisq, 0.0) / statistics)


def normal_square(mean: Array, S: Array, P: Array) -> Array:
    """d'Wd of means (..., p) and covariances (..., p, p) for the normal-theory weight W at P = Σ⁻¹."""
    SP = S @ P
    return np.asarray((mean * (P @ mean[..., None])[..., 0]).sum(-1) + np.einsum("...ij,...ji->...", SP, SP) / 2)


def goodness(found: Fit, model: Implied) -> float:
    """GFI of a fit: that of each group, weighted by n_g/N.

    Notes
    -----
    W is the weight of the estimator; for a likelihood the normal-theory one at the implied moments. Under normal
    theory moments of exogenous variables held at the sample's don't count. Means are moments as well, if there is a
    mean structure: GFI is then close to 1 wherever means are far from 0. With missing answers W is the expected
    information of what was answered, and without sampling weights the moments are those of the available answers,
    not the saturated ones (lavaan's convention): GFI is then below 1 for a saturated model.
    """
    if found.estimator.loss == "normal":
        each = [_normal(found, model, g) for g in range(len(found.moments.groups))]
    else:
        each = _quadratic(found, model)
    return float(found.moments.share @ [gfi(*pair) for pair in each])


def _normal(found: Fit, model: Implied, g: int) -> tuple[float, float]:
    sample, where = found.moments, found.layout
    mu, Sigma, _, _ = centred(where, model)
    share = np.ones(1)
    if sample.patterns:
        m, S = (sample.mean[g], sample.cov[g]) if sample.weights else _available(sample.rows[g])
        group = sample.patterns[g]
        P = restricted_inverse(model.Sigma[g], group)[0][:, : len(m), : len(m)]
        share = group.n / group.n.sum()
    else:
        S, P = sample.cov[g], np.linalg.inv(Sigma[g])[None]
        m = sample.mean[g] if where.meanstructure else np.zeros(len(S))
    free = np.array([name not in where.exogenous for name in where.observed])
    counted = free[:, None] | free
    e = normal_square((m - mu[g]) * free, (S - Sigma[g]) * counted, P)
    return float(share @ e), float(share @ normal_square(m * free, S * counted, P))


def _available(rows: Array) -> tuple[Array, Array]:
    """Means of the available answers, and covariances of the rows that answered both, times (n − 1)/n."""
    there = np.isfinite(rows).astype(float)
    y = np.where(there > 0, rows - np.nanmean(rows, axis=0), 0.0)
    n, total = there.T @ there, y.T @ there
    cov = (y.T @ y - total * total.T / n) / (n - 1)
    return np.asarray(np.nanmean(rows, axis=0)), cov * (len(rows) - 1) / len(rows)


def _counted(where: Layout) -> Array:
    """1 for the moments that vary, 0 for those of exogenous variables held at the sample's, (m,)."""
    free = np.array([name not in where.exogenous for name in where.observed])
    row, col = vech_index(len(free))
    return np.concatenate([free[: len(free) * where.meanstructure], free[row] | free[col]]).astype(float)


def _quadratic(found: Fit, model: Implied) -> list[tuple[float, float]]:
    loss = loss_of(found.estimator, found.layout, found.moments)
    assert isinstance(loss, QuadraticLoss)
    cells = cell_values(found.layout, found.theta, loss.fixed[0])
    s, W = loss.sample[0], loss.W[0]
    e = s - vector(found.layout, cells, model)
    if found.estimator.loss == "GLS":
        s = s * _counted(found.layout)
    return [
        (float(x @ weigh(w, x[:, None])[:, 0]), float(y @ weigh(w, y[:, None])[:, 0]))
        for x, y, w in zip(e, s, W, strict=True)
    ]
