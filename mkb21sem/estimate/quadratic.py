"""Weighted least squares: f = ½ Σ_g (n_g/N) (s − σ(θ))'W(s − σ(θ)), W fixed (Browne 1984).

GLS takes the normal-theory weight at the sample covariances, WLS the inverse of the estimated asymptotic
covariance Γ of the sample moments, DWLS its inverted diagonal, ULS the identity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mkb21sem.estimate.implied import cell_values, implied, moment_derivative, moment_vector, offset
from mkb21sem.linalg import Array, Index, transpose, vech, vech_index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True)
class QuadraticLoss:
    """Weighted least-squares discrepancy of b samples of means and covariances.

    Attributes
    ----------
    layout
        Where each parameter stands.
    sample : (b, g, m)
        Sample means (if there is a mean structure) and vech of the covariances.
    W : (b, g, m, m)
        Weight of each group.
    share : (b, g)
    correction : (g,)
        (n_g − 1)/n_g, by which f counts a group less than its share: n·2f is then Σ (n_g − 1) F_g.
    fixed : (b, g, c)
    """

    layout: Layout
    sample: Array
    W: Array
    share: Array
    correction: Array
    fixed: Array

    @classmethod
    def of(cls, layout: Layout, moments: Array, W: Array, share: Array, n: Array) -> Self:
        """The loss for moment matrices (b, g, p, p), with the constant if there is a mean structure, and n (g,)."""
        p = len(layout.observed)
        cov = moments
        sample = vech(cov)
        if layout.meanstructure:
            mean = moments[..., :p, p]
            cov = moments[..., :p, :p] - mean[..., :, None] * mean[..., None, :]
            sample = np.concatenate([mean, vech(cov)], axis=-1)
        share = np.broadcast_to(share, moments.shape[:-2])
        return cls(layout, sample, W, share, (n - 1) / n, offset(layout, moments))

    def take(self, replicates: Index) -> Self:
        """The same loss for some of the replicates."""
        fields = ("sample", "W", "share", "fixed")
        return replace(self, **{name: getattr(self, name)[replicates] for name in fields})

    def value(self, theta: Array) -> Array:
        """f at theta (b, k): (b,)."""
        residual = self._residual(theta)
        each = np.einsum("bgm,bgmn,bgn->bg", residual, self.W, residual, optimize=True)
        return np.asarray((self.share * self.correction * each).sum(axis=-1) / 2)

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Σ_g (n_g/N) Δ'WΔ (b, k, k), whichever Hessian is asked for.

        The Hessian leaves the factor (n_g − 1)/n_g out: it is the information that standard errors rest on.
        """
        model = implied(self.layout, cell_values(self.layout, theta, self.fixed))
        Delta = moment_derivative(self.layout, model)
        weighted = transpose(Delta) @ self.W * self.share[..., None, None]
        counted = weighted * self.correction[:, None, None]
        residual = self.sample - moment_vector(self.layout, model)
        return -(counted @ residual[..., None])[..., 0].sum(axis=1), (weighted @ Delta).sum(axis=1)

    def _residual(self, theta: Array) -> Array:
        model = implied(self.layout, cell_values(self.layout, theta, self.fixed))
        return np.asarray(self.sample - moment_vector(self.layout, model))


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
