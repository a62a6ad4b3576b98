"""Robust CFI and RMSEA of the ordinal ladder's rungs: those of the responses behind the answers.

Robust indices estimate what a fit index would be for normal, complete data (Savalei 2021, for models of polychoric
correlations). Equal thresholds give the responses y* of the later waves means and variances in units of the first wave,
so that from that rung on the ladder is one of means and covariances, and its indices can be those of normal data too:

    sample     m_g, S_g = q R_g q    means and SDs q by equal thresholds alone, R_g the polychoric correlations
    model      μ_g, Σ_g              implied at the rung's estimates, in the first wave's units
    n F        Σ n_g [log|Σ| − log|S| + tr SΣ⁻¹ − p + (m − μ)'Σ⁻¹(m − μ)]
    k          its mean under the model, Σ_g n_g tr(V_g ACOV(e_g)), e the residuals, linear in the sample statistics s:
               e = G(s − σ), G = ∂(m, S)/∂s − ∂(μ, Σ)/∂θ J⁻¹Δ'W

V is the normal-theory weight at Σ. k/df is the scaling, as in `infer.robust`. What equal thresholds themselves claim is
not part of n F, since normal data have none: on that rung the indices are the configural ones. This extension is the
project's own; tests/waves checks that k is the mean of n F, and that with many categories the indices become those of
continuous items. Like Savalei's, they are taken at the least-squares estimates, which are not the minimum of F: where
a rung misfits badly they say so more loudly than maximum likelihood would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import centred, implied, moment_derivative
from mkb21sem.estimate.quadratic import QuadraticLoss, derivative, normal_weight, weigh
from mkb21sem.estimate.scaling import satorra_bentler
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.globalfit.discrepancy import normal_discrepancy
from mkb21sem.infer.globalfit.incremental import robust_incremental
from mkb21sem.infer.globalfit.rmsea import rmsea
from mkb21sem.infer.waves.rungs import Plan
from mkb21sem.linalg import Array, is_positive_definite, logdet, vech_index


@dataclass(frozen=True, slots=True)
class Robust:
    """Robust indices of a rung, or why there are none."""

    cfi: float
    rmsea: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """Means and covariances of the responses in the first wave's units, and how they follow the statistics.

    Attributes
    ----------
    mu : (g, p)
    Sigma : (g, p, p)
    moved : (g, p + p(p+1)/2, g, m)
        Derivative of each wave's means and vech of covariances by the statistics of each wave.
    """

    mu: Array
    Sigma: Array
    moved: Array


def rung_indices(plan: Plan, thresholds: Fit, found: Fit, hidden: int) -> Robust:
    """Robust CFI and RMSEA of a rung from equal thresholds on.

    Parameters
    ----------
    plan
        The ladder's.
    thresholds
        The fit of the thresholds rung.
    found
        The rung's fit.
    hidden
        Degrees of freedom that thresholds alone make up, which normal data don't have.
    """
    reason = _impossible(plan, thresholds)
    if reason:
        return Robust(np.nan, np.nan, reason)
    model = model_response(found)
    sample = sample_response(thresholds, model.Sigma)
    n, share = found.moments.n, found.moments.share
    each = normal_discrepancy(sample.Sigma, model.Sigma, sample.mu, model.mu)
    test = Test("normal responses", found.moments.total * float(share @ each), found.layout.df - hidden)
    test = satorra_bentler(test, mean_discrepancy(model.Sigma, sample.moved - model.moved, found))
    R = np.array([group.cov for group in found.moments.ordinal])
    p = R.shape[-1]
    pair = np.flatnonzero(np.not_equal(*vech_index(p)))
    base = Test("normal responses", found.moments.total * float(-share @ logdet(R)), len(n) * len(pair))
    k = float(sum(np.trace(group.gamma[-len(pair) :, -len(pair) :]) for group in found.moments.ordinal))
    base = satorra_bentler(base, k)
    size = (found.moments.total - len(n)) / test.scaling
    return Robust(robust_incremental(test, base)["cfi"], rmsea(test.chisq, test.df, size, len(n)))


def _impossible(plan: Plan, thresholds: Fit) -> str:
    """Why the responses have no means and variances, or empty."""
    if len(plan.thresholds) < len(plan.model.observed):
        return "robust indices: derived for ordinal items only, not for ordinal and continuous ones together"
    if min(plan.thresholds.values()) < 2:
        return "robust indices: an item with two categories gives its response no variance of its own"
    if any(plan.rungs[rung] == "thresholds" for rung in plan.released.values()):
        return "robust indices: an item with thresholds of its own has no unit in common"
    if not is_positive_definite(np.array([group.cov for group in thresholds.moments.ordinal])).all():
        return "robust indices: the polychoric correlations are not positive definite"
    return ""


def mean_discrepancy(Sigma: Array, moved: Array, found: Fit) -> float:
    """k = Σ_g n_g tr(V_g ACOV(e_g)) for residuals e_g = Σ_h G_gh (s_h − σ_h).

    Parameters
    ----------
    Sigma : (g, p, p)
        Implied covariances.
    moved : (g, u, g, m)
        G.
    found
        Its sample gives Γ and group sizes.
    """
    V, n = normal_weight(Sigma, True), found.moments.n
    total = 0.0
    for h, group in enumerate(found.moments.ordinal):
        for g in range(len(n)):
            G = moved[g, :, h]
            total += float(n[g] / n[h] * np.einsum("um,um->", V[g] @ G, G @ group.gamma))
    return total


def model_response(found: Fit) -> Response:
    """What a rung implies of the responses."""
    model = implied(found.layout, found.cells)
    mu, Sigma, _, _ = centred(found.layout, model)
    by_theta = moment_derivative(found.layout, model)
    unit, by_theta = _in_first_units(mu, Sigma, by_theta)
    u = np.sqrt(np.diagonal(Sigma[0]))
    g, width, k = by_theta.shape
    moved = np.tensordot(by_theta.reshape(g * width, k), _influence(found), axes=(1, 0))
    return Response(unit, Sigma / np.outer(u, u), moved.reshape(g, width, *moved.shape[1:]))


def sample_response(thresholds: Fit, at: Array) -> Response:
    """What the sample says of the responses: means and SDs by equal thresholds, polychoric correlations.

    Parameters
    ----------
    thresholds
        The fit of the thresholds rung.
    at : (g, p, p)
        The model's covariances, at which the derivatives are taken.
    """
    of = model_response(thresholds)
    g, p = of.mu.shape
    row, col = vech_index(p)
    pair, own = row != col, np.flatnonzero(row == col)
    variance = np.diagonal(of.Sigma, axis1=-2, axis2=-1)
    q = np.sqrt(variance)
    R = np.array([group.cov for group in thresholds.moments.ordinal])
    Sigma = R * q[:, :, None] * q[:, None, :]
    moved = of.moved.copy()
    by_variance = of.moved[:, p + own]
    relative = by_variance / variance[:, :, None, None]
    for wave in range(g):
        S = at[wave, row, col]
        # The order of the statistics ends with the correlations, below the diagonal column by column.
        moved[wave, p:] = 0.5 * S[:, None, None] * (relative[wave, row] + relative[wave, col])
        place = np.flatnonzero(pair)
        last = moved.shape[-1] - len(place) + np.arange(len(place))
        moved[wave, p + place, wave, last] += (q[wave, row] * q[wave, col])[place]
    return Response(of.mu, Sigma, moved)


def _influence(found: Fit) -> Array:
    """J⁻¹Δ'W share: how the estimates follow the statistics of each wave, (k, g, m)."""
    loss = loss_of(found.estimator, found.layout, found.moments)
    assert isinstance(loss, QuadraticLoss)
    Delta = derivative(found.layout, found.cells, implied(found.layout, found.cells))
    share = found.moments.share * loss.correction
    weighted = np.array([s * weigh(w, D) for s, w, D in zip(share, loss.W[0], Delta, strict=True)])
    J = np.einsum("gmk,gml->kl", Delta, weighted)
    return np.asarray(np.tensordot(np.linalg.inv(J), weighted, axes=(1, 2)))


def _in_first_units(mu: Array, Sigma: Array, moved: Array) -> tuple[Array, Array]:
    """Means and derivatives of means and covariances in the first wave's origin and units.

    μ̃ = (μ_g − μ_1)/u and Σ̃ = Σ_g/(uu'), u the SDs of the first wave.
    """
    p = mu.shape[-1]
    row, col = vech_index(p)
    own = np.flatnonzero(row == col)
    variance = np.diagonal(Sigma[0])
    u = np.sqrt(variance)
    means = (mu - mu[0]) / u
    scale = moved[0, p + own] / variance[:, None]
    out = np.empty_like(moved)
    out[:, :p] = (moved[:, :p] - moved[0, :p]) / u[:, None] - 0.5 * means[..., None] * scale
    S = (Sigma / np.outer(u, u))[:, row, col]
    out[:, p:] = moved[:, p:] / (u[row] * u[col])[:, None] - 0.5 * S[..., None] * (scale[row] + scale[col])
    return means, out
