"""Scaled tests: how far the χ² of a non-normal sample is from a χ² distribution.

With W the normal-theory weight of the sample moments, Γ their asymptotic covariance, Δ the Jacobian of the
implied moments and U = W − WΔ(Δ'WΔ)⁻¹Δ'W, the statistic is distributed as a sum of χ²₁ weighted by the
eigenvalues of UΓ (Satorra & Bentler 1994). Only tr UΓ and tr (UΓ)² are needed:

    scaled              χ² / c,  c = tr UΓ / df                       Satorra & Bentler (1994)
    mean.var.adjusted   χ² tr UΓ / tr(UΓ)²  on  (tr UΓ)² / tr(UΓ)² df  Satorra & Bentler (1994)
    scaled.shifted      χ² √(df / tr(UΓ)²) + df − √(df (tr UΓ)² / tr(UΓ)²)   Asparouhov & Muthén (2010)

Rows with whitened moments X (XX' gives d'Wd) and scores Y = sB^{-1/2} make tr UΓ = |X|² − |Y|² and
tr (UΓ)² = |X'X|² − 2|X'Y|² + |Y'Y|², with no matrix larger than rows by moments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mkb21sem.estimate.casewise import Deviations
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.moments import Moments
from mkb21sem.linalg import Array, vech_index

INAPPLICABLE = "there are no degrees of freedom"


def satorra_bentler(test: Test, trace: float) -> Test:
    """χ² divided by its mean under the model over df."""
    return _scaled("satorra.bentler", test, trace)


def yuan_bentler(test: Test, trace: float) -> Test:
    """As Satorra–Bentler with the trace from observed information (Yuan & Bentler 2000; Asparouhov & Muthén 2005)."""
    return _scaled("yuan.bentler.mplus", test, trace)


def _scaled(name: str, test: Test, trace: float) -> Test:
    if test.df == 0:
        return Test(name, float("nan"), 0, INAPPLICABLE)
    c = trace / test.df
    return Test(name, test.chisq / c, test.df, test.reason, c, trace=trace)


def mean_var_adjusted(test: Test, trace: float, trace2: float) -> Test:
    """χ² with its first two moments matched by changing the degrees of freedom."""
    if test.df == 0:
        return Test("mean.var.adjusted", float("nan"), 0, INAPPLICABLE)
    df = trace**2 / trace2
    c = trace / df
    return Test("mean.var.adjusted", test.chisq / c, df, test.reason, c, trace=trace, trace2=trace2)


def scaled_shifted(test: Test, trace: float, trace2: float, groups: Sequence[float] = ()) -> Test:
    """χ² with its first two moments matched by a scale and a shift, the degrees of freedom kept."""
    if test.df == 0:
        return Test("scaled.shifted", float("nan"), 0, INAPPLICABLE)
    a = np.sqrt(test.df / trace2)
    shift = test.df - a * trace
    chisq = float(test.chisq * a + shift)
    return Test("scaled.shifted", chisq, test.df, test.reason, float(1 / a), float(shift), trace, trace2)


def whitened(d: Deviations, P: Array, meanstructure: bool) -> Array:
    """Rows whose inner products are d_i'Wd_j for the normal-theory weight W at P = Σ⁻¹, (n, moments)."""
    L = np.linalg.cholesky(P)
    z, h = d.z @ L, d.h @ L
    row, col = vech_index(P.shape[0])
    scale = np.where(row == col, np.sqrt(0.5), 1.0)
    squares = (z[:, row] * z[:, col] - h[:, row] * h[:, col] - (L.T @ d.S @ L)[row, col]) * scale
    return np.concatenate([d.e @ L, squares], axis=1) if meanstructure else squares


def traces(X: Sequence[Array], Y: Sequence[Array], bread: Array) -> tuple[float, float]:
    """tr UΓ and tr (UΓ)² from whitened rows and centred scores of each group.

    Parameters
    ----------
    X
        g arrays (n_g, moments) from `whitened`.
    Y
        g arrays (n_g, k) from `moment_scores`.
    bread : (k, k)
        Expected information of one observation, all groups together.
    """
    N = sum(len(x) for x in X)
    root = np.linalg.cholesky(np.linalg.inv(bread))
    first, second = 0.0, 0.0
    between = np.zeros_like(bread)
    for x, score in zip(X, Y, strict=True):
        one = x / np.sqrt(len(x))
        other = score @ root / np.sqrt(N)
        first += float((one**2).sum() - (other**2).sum())
        gram = one.T @ one if one.shape[1] <= one.shape[0] else one @ one.T
        second += float((gram**2).sum() - 2 * ((one.T @ other) ** 2).sum())
        between += other.T @ other
    return first, second + float((between**2).sum())


def saturated_trace(moments: Moments, meanstructure: bool, exogenous: Sequence[str]) -> float:
    """tr A⁻¹B of the saturated model: expected information A and first-order information B at the sample moments.

    The mean over rows of y'S⁻¹y (with means) + ½ tr (S⁻¹(yy' − S))², less the same for exogenous variables.
    """
    held = [moments.names.index(name) for name in exogenous]
    total = 0.0
    for g, y in enumerate(moments.rows):
        w = moments.weights[g] if moments.weights else np.ones(len(y))
        for subset, sign in ((list(range(y.shape[1])), 1.0), (held, -1.0)):
            z = y[:, subset] - moments.mean[g][subset]
            S = moments.cov[g][np.ix_(subset, subset)]
            distance = np.einsum("ij,ij->i", z, np.linalg.solve(S, z.T).T) if subset else np.zeros(len(z))
            each = distance * meanstructure + (distance**2 - 2 * distance + len(subset)) / 2
            total += sign * float(w**2 @ each) / float(w.sum())
    return total
