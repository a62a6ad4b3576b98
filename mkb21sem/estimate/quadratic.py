"""Weighted least squares: f = ½ Σ_g (n_g/N) (s − σ(θ))'W(s − σ(θ)), W fixed (Browne 1984).

GLS takes the normal-theory weight at the sample covariances, WLS the inverse of the estimated asymptotic
covariance Γ of the sample moments, DWLS its inverted diagonal, ULS the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mkb21sem.estimate.implied import Implied, cell_values, implied, moment_derivative, moment_vector
from mkb21sem.estimate.ordered.ordinal import ordinal_derivative, ordinal_vector
from mkb21sem.linalg import Array, Index, transpose, vech_index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True)
class QuadraticLoss:
    """Weighted least-squares discrepancy of b samples of statistics.

    Attributes
    ----------
    layout
        Where each parameter stands.
    sample : (b, g, m)
        Means (if there is a mean structure) and vech of the covariances, or the statistics of ordinal items.
    W : (b, g, m, m) or (b, g, m)
        Weight of each group; only its diagonal where the weight is diagonal.
    share : (b, g)
        n_g / N.
    correction : (g,)
        (n_g − 1)/n_g, by which f counts a group less than its share: n·2f is Σ (n_g − 1) F_g (lavaan's convention).
    fixed : (b, g, c)
        Cell values that are not estimated.
    """

    layout: Layout
    sample: Array
    W: Array
    share: Array
    correction: Array
    fixed: Array

    def take(self, replicates: Index) -> Self:
        """The same loss for some of the replicates."""
        fields = ("sample", "W", "share", "fixed")
        return replace(self, **{name: getattr(self, name)[replicates] for name in fields})

    def value(self, theta: Array) -> Array:
        """f at theta (b, k): (b,)."""
        cells = cell_values(self.layout, theta, self.fixed)
        residual = self.sample - vector(self.layout, cells, implied(self.layout, cells))
        each = (residual * weigh(self.W, residual[..., None])[..., 0]).sum(axis=-1)
        return np.asarray((self.share * self.correction * each).sum(axis=-1) / 2)

    def gradient(self, theta: Array) -> Array:
        """Gradient alone (b, k) at theta (b, k); it costs as much as `derivatives`."""
        return self.derivatives(theta)[0]

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Σ_g (n_g/N) Δ'WΔ (b, k, k), whichever Hessian is asked for.

        The Hessian leaves ``correction`` out: it is the information that standard errors rest on.
        """
        cells = cell_values(self.layout, theta, self.fixed)
        model = implied(self.layout, cells)
        Delta = derivative(self.layout, cells, model)
        residual = self.sample - vector(self.layout, cells, model)
        weighted = weigh(self.W, Delta) * self.share[..., None, None]
        counted = transpose(weighted) * self.correction[:, None, None]
        return -(counted @ residual[..., None])[..., 0].sum(axis=1), (transpose(Delta) @ weighted).sum(axis=1)


def vector(layout: Layout, cells: Array, model: Implied) -> Array:
    """Implied statistics (..., g, m) of the layout's kind: with ordinal items or without."""
    return ordinal_vector(layout, cells, model) if layout.thresholds else moment_vector(layout, model)


def derivative(layout: Layout, cells: Array, model: Implied) -> Array:
    """Derivative of `vector` by the free parameters, Delta (..., g, m, k)."""
    return ordinal_derivative(layout, cells, model) if layout.thresholds else moment_derivative(layout, model)


def weigh(W: Array, X: Array) -> Array:
    """W X for a weight (..., m, m), or (..., m) where it is diagonal, and X (..., m, k)."""
    return np.asarray(W @ X if W.ndim == X.ndim else W[..., None] * X)


def normal_weight(S: Array, meanstructure: bool) -> Array:
    """Normal-theory weight of means and vech of covariances: blockdiag(S⁻¹, ½D'(S⁻¹⊗S⁻¹)D), (..., m, m)."""
    P = np.linalg.inv(S)
    row, col = vech_index(S.shape[-1])
    twice = np.where(row == col, 1.0, 2.0)
    i, j, k, m = row[:, None], col[:, None], row, col
    block = (P[..., i, k] * P[..., j, m] + P[..., i, m] * P[..., j, k]) * twice[:, None] * twice / 4
    if not meanstructure:
        return np.asarray(block)
    p = S.shape[-1]
    out = np.zeros((*S.shape[:-2], p + len(row), p + len(row)))
    out[..., :p, :p], out[..., p:, p:] = P, block
    return out


@dataclass(frozen=True, slots=True)
class Quadratic:
    """What sandwich and scaled tests of a least-squares loss are made of.

    Attributes
    ----------
    Delta : (g, m, k)
    W : (g, m, m) or (g, m)
    gamma : g times (m, m)
        Γ, asymptotic covariance of the statistics of each group.
    share : (g,)
    """

    Delta: Array
    W: Array
    gamma: Sequence[Array]
    share: Array

    def meat(self) -> Array:
        """Σ_g (n_g/N) Δ'WΓWΔ, (k, k)."""
        weighted = weigh(self.W, self.Delta)
        each = [transpose(x) @ gamma @ x for x, gamma in zip(weighted, self.gamma, strict=True)]
        return np.asarray(np.tensordot(self.share, each, axes=1))

    def traces(self, bread: Array) -> tuple[float, float]:
        """tr UΓ and tr (UΓ)², U = W − WΔ bread⁻¹ Δ'W over all groups.

        WΓ is block-diagonal and the rest has rank k: tr (UΓ)² = tr (WΓ)² − 2 tr MWΓWΓ' + tr (M'…)², with no product
        of two m×m matrices but the elementwise one.
        """
        inverse = np.linalg.inv(bread)
        first, second = 0.0, 0.0
        across = np.zeros_like(bread)
        for Delta, W, gamma, share in zip(self.Delta, self.W, self.gamma, self.share, strict=True):
            WG = weigh(W, gamma)
            weighted = weigh(W, Delta)
            B = transpose(weighted) @ gamma @ weighted
            first += float(np.trace(WG)) - share * float(np.trace(inverse @ B))
            second += float((WG * WG.T).sum())
            second -= 2 * share * float(np.trace(inverse @ (transpose(weighted) @ gamma @ weigh(W, gamma @ weighted))))
            across += share * B
        return first, second + float(np.trace(inverse @ across @ inverse @ across))
