"""The tests on which robust CFI, TLI and RMSEA rest.

Each is a discrepancy n F that grows with misfit as that of complete, normal data would, with the mean k that it has
under the model; k/df is its scaling, so that n F − k estimates the noncentrality:

    non-normal data   n F is χ² itself, k = tr UΓ (Brosseau-Liard & Savalei 2014; Savalei 2018)
    missing answers   n F is the normal-theory χ² of complete data at the saturated moments (Zhang & Savalei 2022),
                      see `complete_data`
    ordinal items     n F is the normal-theory χ² at the polychoric correlations (Savalei 2021), see `catml`
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied
from mkb21sem.estimate.incomplete.saturated import Saturated
from mkb21sem.estimate.ordered.ordinal import layout_order, ordinal_derivative, ordinal_vector
from mkb21sem.estimate.quadratic import QuadraticLoss, normal_weight, weigh
from mkb21sem.estimate.scaling import INAPPLICABLE, satorra_bentler
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.globalfit.complete_data import complete_data_tests
from mkb21sem.infer.globalfit.discrepancy import normal_discrepancy
from mkb21sem.linalg import Array, is_positive_definite, logdet, vech_index

NOT_SCALED = "{} has no scaled test; take MLR, or WLSMV for ordinal items"


def robust_tests(found: Fit, model: Implied, groups: Sequence[Saturated] = ()) -> tuple[Test, Test]:
    """The tests of the model and of the baseline; with a reason where there are none.

    Parameters
    ----------
    found
        A fit that converged.
    model
        Its implied moments.
    groups
        The saturated model of each group, where answers are missing.
    """
    if found.layout.df == 0:
        return _none(INAPPLICABLE)
    if groups:
        return complete_data_tests(found, model, groups)
    if found.scaled is None or found.baseline_scaled is None:
        return _none(NOT_SCALED.format(found.estimator.name))
    if found.layout.thresholds:
        return _catml(found, model)
    if found.scaled.name == "mean.var.adjusted":
        # Its statistic has other degrees of freedom than the model, its mean is the same.
        pairs = ((found.test, found.scaled), (found.baseline, found.baseline_scaled))
        one, other = (satorra_bentler(plain, scaled.trace) for plain, scaled in pairs)
        return one, other
    return found.scaled, found.baseline_scaled


def catml(
    R: Array, Sigma: Array, Delta: Sequence[Array], W: Sequence[Array], Gamma: Sequence[Array], share: Array
) -> tuple[float, float]:
    """F of the correlations R under the normal likelihood, at estimates from least squares, and k = n E(F).

    Parameters
    ----------
    R, Sigma : (g, p, p)
        Polychoric and implied correlations of each group.
    Delta : g times (m, q)
        Derivatives of the m = p(p−1)/2 implied correlations, below the diagonal column by column.
    W : g times (m, m) or (m,)
        Weight of the correlations in the estimation.
    Gamma : g times (m, m)
        Asymptotic covariance of the correlations, times n_g.
    share : (g,)
        n_g / N.

    Notes
    -----
    The estimates follow the correlations by θ̂ − θ = J⁻¹ Σ_h (n_h/N) Δ'W (r − ρ), J = Σ_h (n_h/N) Δ'WΔ; k is the sum
    over groups of tr(V ACOV(r − ρ(θ̂))), V the normal-theory weight at Σ (Savalei 2021, here for groups).
    """
    off = np.not_equal(*vech_index(R.shape[-1]))
    V = [one[np.ix_(off, off)] for one in normal_weight(Sigma, False)]
    k = float(sum((v * gamma).sum() for v, gamma in zip(V, Gamma, strict=True)))
    if Delta[0].shape[1]:
        J, K, Q, moved = (np.zeros((Delta[0].shape[1],) * 2) for _ in range(4))
        for D, w, gamma, v, size in zip(Delta, W, Gamma, V, share, strict=True):
            weighted = weigh(w, D)
            GW = gamma @ weighted
            J, K = J + size * (D.T @ weighted), K + size * (D.T @ v @ D)
            Q, moved = Q + size * (weighted.T @ GW), moved + size * (D.T @ v @ GW)
        inverse = np.linalg.pinv(J, hermitian=True)
        k += float(np.trace(inverse @ Q @ inverse @ K)) - 2 * float(np.trace(inverse @ moved))
    return float(share @ normal_discrepancy(R, Sigma)), k


def _catml(found: Fit, model: Implied) -> tuple[Test, Test]:
    where, sample = found.layout, found.moments
    stack = layout_order(where)
    pair, R = stack.pair, np.array([group.cov for group in sample.ordinal])
    Delta = ordinal_derivative(where, found.cells, model)[:, pair]
    Delta = Delta[..., Delta.any(axis=(0, 1))]
    reason = _no_catml(found, R, Delta)
    if reason:
        return _none(reason)
    loss = loss_of(found.estimator, where, sample)
    assert isinstance(loss, QuadraticLoss)
    W = [w[np.ix_(pair, pair)] if w.ndim == 2 else w[pair] for w in loss.W[0]]
    Gamma = [group.gamma[np.ix_(pair, pair)] for group in sample.ordinal]
    rho = stack.square(ordinal_vector(where, found.cells, model)[:, pair])
    F, k = catml(R, rho, list(Delta), W, Gamma, sample.share)
    test = satorra_bentler(Test("catml", sample.total * F, where.df), k)
    # The baseline's correlations are 0 and its V the identity.
    F, k = float(-sample.share @ logdet(R)), float(sum(np.trace(gamma) for gamma in Gamma))
    return test, satorra_bentler(Test("catml", sample.total * F, found.baseline.df), k)


def _no_catml(found: Fit, R: Array, Delta: Array) -> str:
    """Why there is no likelihood of the correlations R (g, p, p) with derivatives Delta (g, m, k), or empty."""
    if found.layout.exogenous:
        return "it has not been derived for correlations given observed causes"
    if len(found.layout.thresholds) < len(found.layout.observed):
        return "it has been derived for ordinal items only, not for ordinal and continuous ones together"
    if not is_positive_definite(R).all():
        return "the polychoric correlations are not positive definite"
    stacked = Delta.reshape(-1, Delta.shape[-1])
    if len(stacked) - np.linalg.matrix_rank(stacked) != found.layout.df:
        return "it has been derived for models of the correlations, and this one restricts the thresholds as well"
    return ""


def _none(reason: str) -> tuple[Test, Test]:
    nothing = Test("robust", math.nan, math.nan, reason)
    return nothing, nothing
