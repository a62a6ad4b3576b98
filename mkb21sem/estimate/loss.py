"""How far the implied moments are from the sample's, with gradient, expected and observed Hessian.

The normal-theory discrepancy (Jöreskog 1967; Bollen 1989, eq. 4.67), halved so that n·2f is χ²:

    f(θ) = ½ Σ_g (n_g/N) [ log|Σ| + tr(S Σ⁻¹) − log|S| − p ]

S and Σ are moment matrices with the constant where there is a mean structure; then log|Σ| is that of the
covariances and tr(SΣ⁻¹) holds the term (m − μ)'Σ⁻¹(m − μ), so nothing changes.
With P = Σ⁻¹, T = P S P, W = P − T, Q = U'PU, R = U'TU, H = U'WU:

    ∂f/∂x_j         = s_j H[a_j, b_j]
    E ∂²f/∂x_i∂x_j  = s_i s_j (Q[a_i,a_j] Q[b_i,b_j] + Q[a_i,b_j] Q[b_i,a_j])
    ∂²f/∂x_i∂x_j    = s_i s_j (Q[a_i,a_j] R[b_i,b_j] + Q[a_i,b_j] R[b_i,a_j] + …) − expected + curvature of Σ
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from mkb21sem.estimate.implied import Implied, cell_values, implied, offset, pairs
from mkb21sem.linalg import Array, Index, cholesky, inverse, logdet, transpose
from mkb21sem.specify.layout import Layout


class Loss(Protocol):
    """What the minimiser needs: b replicates at once."""

    @property
    def fixed(self) -> Array:
        """Cell values that are not estimated, (b, g, c), or (g, c) for one sample with missing answers."""

    def value(self, theta: Array) -> Array:
        """F at theta (b, k): (b,), NaN where the implied moments are not admissible."""

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Hessian (b, k, k), expected or observed."""

    def gradient(self, theta: Array) -> Array:
        """Gradient alone (b, k)."""

    def take(self, replicates: Index) -> Self:
        """The same loss for some of the replicates."""


@dataclass(frozen=True)
class NormalLoss:
    """Half the normal-theory discrepancy of b samples.

    Attributes
    ----------
    layout
        Where each parameter stands.
    moments : (b, g, p, p)
        Sample moment matrices, with the constant if there is a mean structure.
    share : (b, g)
        n_g / N.
    fixed : (b, g, c)
        Cell values that are not estimated.
    saturated : (b, g)
        log|S| + p, the smallest value that log|Σ| + tr(SΣ⁻¹) can have.
    """

    layout: Layout
    moments: Array
    share: Array
    fixed: Array
    saturated: Array

    @classmethod
    def of(cls, layout: Layout, moments: Array, share: Array) -> Self:
        """The loss for sample moment matrices (b, g, p, p) and group shares (b, g) or (g,)."""
        share = np.broadcast_to(share, moments.shape[:-2])
        return cls(layout, moments, share, offset(layout, moments), logdet(moments) + moments.shape[-1])

    def take(self, replicates: Index) -> Self:
        """The same loss for some of the replicates."""
        fields = ("moments", "share", "fixed", "saturated")
        return replace(self, **{name: getattr(self, name)[replicates] for name in fields})

    def implied(self, theta: Array) -> Implied:
        """Implied moments at theta (b, k)."""
        return implied(self.layout, cell_values(self.layout, theta, self.fixed))

    def value(self, theta: Array) -> Array:
        """F at theta (b, k): (b,)."""
        Sigma = self.implied(theta).Sigma
        root, good = cholesky(Sigma)
        if not good.all():
            Sigma = np.where(good[..., None, None], Sigma, np.eye(Sigma.shape[-1]))
        determinant = 2 * np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
        ratio = (inverse(Sigma) * self.moments).sum(axis=(-2, -1))
        each = np.where(good, determinant + ratio - self.saturated, np.nan)
        return np.asarray((self.share * each).sum(axis=-1) / 2)

    def gradient(self, theta: Array) -> Array:
        """Gradient alone (b, k) at theta (b, k)."""
        model = self.implied(theta)
        P = np.linalg.inv(model.Sigma)
        W = P - P @ self.moments @ P
        # Cells of A and S take the first v rows of U'WU only.
        H = transpose(W @ model.U[..., : self.layout.v]) @ model.U
        return gather_gradient(self.layout, self.share, cell_gradient(self.layout, H))

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Hessian (b, k, k) at theta (b, k)."""
        model = self.implied(theta)
        P = np.linalg.inv(model.Sigma)
        T = P @ self.moments @ P
        H = transpose(model.U) @ (P - T) @ model.U
        gradient = cell_gradient(self.layout, H)
        Q = transpose(model.U) @ P @ model.U
        Hessian = information(self.layout, Q)
        if observed:
            R = transpose(model.U) @ T @ model.U
            Hessian = cross(self.layout, Q, R) - Hessian + curvature(self.layout, model, H)
        return gather(self.layout, self.share, gradient, Hessian)


def cell_gradient(layout: Layout, H: Array) -> Array:
    """∂f/∂x: s_j H[a_j, b_j], (..., g, c), from H or its first v rows."""
    a, b, s = pairs(layout)
    flat = H.reshape(*H.shape[:-2], -1)
    return np.asarray(s * np.take(flat, a * H.shape[-1] + b, axis=-1))


def information(layout: Layout, Q: Array) -> Array:
    """Expected Hessian of f in the cells, ½ tr(P ∂Σ_i P ∂Σ_j), (..., g, c, c)."""
    a, b, s = pairs(layout)
    aa, bb, ab = Q[..., a[:, None], a], Q[..., b[:, None], b], Q[..., a[:, None], b]
    return np.asarray(s[:, None] * s * (aa * bb + ab * transpose(ab)))


def cross(layout: Layout, Q: Array, R: Array) -> Array:
    """tr(P ∂Σ_i T ∂Σ_j) in the cells, (..., g, c, c)."""
    a, b, s = pairs(layout)
    ab_Q, ab_R = Q[..., a[:, None], b], R[..., a[:, None], b]
    same = Q[..., a[:, None], a] * R[..., b[:, None], b] + Q[..., b[:, None], b] * R[..., a[:, None], a]
    return np.asarray(s[:, None] * s * (same + ab_Q * transpose(ab_R) + transpose(ab_Q) * ab_R))


def curvature(layout: Layout, model: Implied, H: Array) -> Array:
    """½ tr(W ∂²Σ) in the cells, (..., g, c, c).

    Two directed cells (r,c), (r',c') give B[c',r] Z[r',c] + B[c,r'] Z[r,c'] + C[c,c'] Y[r,r'] with
    Y = E'WE and Z = E'WFC; a directed and a symmetric one s'(B[c,r'] Y[r,c'] + B[c,c'] Y[r,r']);
    two symmetric ones nothing.
    """
    v = layout.v
    Y, Z, B, C = H[..., :v, :v], H[..., :v, v:], model.B, model.C
    r, c = layout.row, layout.col
    _, _, s = pairs(layout)
    directed = layout.matrix == 0
    BZ = B[..., c[:, None], r] * Z[..., r[:, None], c]
    both = BZ + transpose(BZ) + C[..., c[:, None], c] * Y[..., r[:, None], r]
    mixed = s * (B[..., c[:, None], r] * Y[..., r[:, None], c] + B[..., c[:, None], c] * Y[..., r[:, None], r])
    out = np.where(directed[:, None] & directed, both, 0.0)
    out = np.where(directed[:, None] & ~directed, mixed, out)
    return np.where(~directed[:, None] & directed, transpose(mixed), out)


def gather(layout: Layout, share: Array, gradient: Array, Hessian: Array) -> tuple[Array, Array]:
    """From cells to free parameters, summed over groups: (b, g, c), (b, g, c, c) to (b, k), (b, k, k)."""
    total = gather_gradient(layout, share, gradient)
    if layout.pick is not None:
        return total, share[..., 0, None, None] * Hessian[..., 0, layout.pick[:, None], layout.pick]
    K = layout.K
    return total, (transpose(K) @ (share[..., None, None] * Hessian) @ K).sum(axis=-3)


def gather_gradient(layout: Layout, share: Array, gradient: Array) -> Array:
    """From cells to free parameters, summed over groups: (b, g, c) to (b, k)."""
    if layout.pick is not None:
        return np.asarray(share[..., 0, None] * np.take(gradient[..., 0, :], layout.pick, axis=-1))
    return np.asarray(((share[..., None] * gradient)[..., None, :] @ layout.K)[..., 0, :].sum(axis=-2))
