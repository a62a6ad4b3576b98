"""Log-likelihood of the sample at its largest, and the criteria that set it against the number of parameters."""

from __future__ import annotations

import math

import numpy as np

from mkb21sem.estimate.incomplete.patterns import mean_square, restricted_inverse
from mkb21sem.estimate.moments import Moments
from mkb21sem.linalg import Array, logdet


def aic(logl: float, k: int) -> float:
    """AIC = −2 log L + 2k (Akaike 1974)."""
    return -2 * logl + 2 * k


def bic(logl: float, k: int, n: float) -> float:
    """BIC = −2 log L + k log n (Schwarz 1978)."""
    return -2 * logl + k * math.log(n)


def sabic(logl: float, k: int, n: float) -> float:
    """BIC with n* = (n + 2)/24 for n (Sclove 1987)."""
    return -2 * logl + k * math.log((n + 2) / 24)


def normal_logl(S: Array) -> Array:
    """Largest log-likelihood per row of a normal sample with covariance S (..., p, p), divisor n."""
    p = S.shape[-1]
    return np.asarray(-(p * math.log(2 * math.pi) + logdet(S) + p) / 2)


def saturated_logl(sample: Moments, held: tuple[str, ...] = ()) -> float:
    """Log-likelihood of the rows at the saturated moments, weighted if the rows are, less that of held variables.

    Parameters
    ----------
    sample
        Moments with divisor n; of the saturated model where answers are missing.
    held
        Exogenous variables, always answered, whose moments are the sample's in every model.
    """
    size = sample.share * sample.total
    incomplete = [_incomplete(sample, g) for g in range(len(sample.patterns))]
    each = np.array(incomplete) if incomplete else normal_logl(sample.cov)
    return float(size @ each) - held_logl(sample, held)


def held_logl(sample: Moments, held: tuple[str, ...]) -> float:
    """Log-likelihood of the rows of variables that were always answered, at the sample's moments; 0 without any."""
    if not held:
        return 0.0
    at = [sample.names.index(name) for name in held]
    return float(sample.share * sample.total @ normal_logl(sample.cov[:, at][:, :, at]))


def _incomplete(sample: Moments, g: int) -> float:
    """−½ mean over rows of p_i log 2π + log|Σ_oo| + (y − μ)'Σ_oo⁻¹(y − μ), at the saturated moments."""
    group = sample.patterns[g]
    P, logdets = restricted_inverse(sample.augmented(True)[g], group)
    # The constant adds log 1 to the determinant and 1 to the distance.
    answered = float(np.average(np.isfinite(sample.rows[g]).sum(axis=1), weights=_row_weights(sample, g)))
    distance = mean_square(P, group)[1] - 1
    return -(answered * math.log(2 * math.pi) + float(group.n @ logdets / group.n.sum()) + distance) / 2


def _row_weights(sample: Moments, g: int) -> Array | None:
    return sample.weights[g] if sample.weights else None
