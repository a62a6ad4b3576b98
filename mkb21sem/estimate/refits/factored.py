"""The normal loss and its gradient by way of the few variables that the observed ones depend on.

Let c be the q causes: the variables from which an arrow leaves, latent or observed (x). The other observed variables,
the ends e, depend on them alone: y_e = Λ c + ε, with Λ = A_ec and Θ = Cov ε. An observed variable that has no residual,
or one that covaries with a cause, is counted among the causes. With L = (Λ; I_x) the loadings of all observed variables
on c, Σ = L Φ L' + (Θ; 0), and what has to be inverted is q × q but for Θ, which is diagonal or has small blocks
(Woodbury 1950):

    T = (I − A_cc)⁻¹,  Φ = T S_cc T',  D = Θ⁻¹
    N = (I + Λ'DΛ Φ)⁻¹,  J = Φ N                          covariance of c given y_e
    B_x = N_cx J_xx⁻¹,  B_e = (N − B_x J_xc) Λ'D           B = L'Σ⁻¹, so that E(c | y) = Φ B y

A sample enters by Y = S B' only. With G = L'WL, W as in `loss`, and C the mean of E(cc' | y) as in the EM algorithm for
factor analysis (Rubin & Thayer 1982),

    G = B L − B Y,  C = Φ − Φ G Φ
    ∂f/∂A_ec = D (Λ C − Y_e Φ)
    ∂f/∂A_cc = T'G Φ,  ∂f/∂S_cc = s T'G T
    ∂f/∂S_ee = s (D − D (S_ee − Y_e ΦΛ' − ΛΦ Y_e' + Λ C Λ') D)
    log|Σ| = log|Θ| − log|N| + log|J_xx|
    tr SΣ⁻¹ = tr D (S_ee − Y_e ΦΛ' − ΛΦ Y_e' + ΛΦ B Y ΦΛ') + tr B Y Φ

s = ½ on the diagonal of S, otherwise 1. Division by small residual variances costs digits; a sample for which one of
them is small, or negative, is left to the general formulas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.loss import NormalLoss, gather_gradient
from mkb21sem.estimate.refits.places import Places
from mkb21sem.linalg import Array, Index, inverse, is_positive_definite, transpose

SMALL = 1e-3
"""Share of its variance that a variable must have for itself, given the causes or given the ends."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Structure:
    """The matrices of the first paragraph at some theta, over replicates and groups.

    Attributes
    ----------
    T, Phi, N : (..., q, q)
    Lambda : (..., e, q)
    D : (..., e, e)
        Only its diagonal, (..., e), where Θ is diagonal.
    J_xx : (..., x, x)
    B : (..., q, p)
    sure : (...)
        Where no digits are lost.
    """

    T: Array
    Phi: Array
    Lambda: Array
    D: Array
    N: Array
    J_xx: Array
    B: Array
    sure: Flags


def structure(at: Places, cells: Array) -> Structure:
    """Matrices that follow from cell values (..., c)."""
    Lambda, A, S, Theta = _filled(at, cells)
    T = inverse(np.eye(at.q) - A) if at.looped else np.broadcast_to(np.eye(at.q), A.shape)
    Phi = T @ S @ transpose(T) if at.looped else S
    D = _inverse_blocks(at, Theta) if at.joint else 1 / Theta
    weighed = transpose(_weigh(D, Lambda))
    N = inverse(np.eye(at.q) + weighed @ Lambda @ Phi)
    own = 1 / (np.diagonal(D, axis1=-2, axis2=-1) if at.joint else D)
    variance = own + ((Lambda @ Phi) * Lambda).sum(axis=-1)
    sure = np.asarray((own > SMALL * variance).all(axis=-1))
    if not at.x.size:
        return Structure(T, Phi, Lambda, D, N, Phi[..., :0, :0], N @ weighed, sure)
    J = Phi @ N
    J_xx = _part(J, at.causes, at.causes)
    B = np.empty((*cells.shape[:-1], at.q, len(at.ends) + len(at.x)))
    B[..., at.x] = B_x = np.take(N, at.causes, axis=-1) @ inverse(J_xx)
    B[..., at.ends] = (N - B_x @ np.take(J, at.causes, axis=-2)) @ weighed
    left, whole = np.diagonal(J_xx, axis1=-2, axis2=-1), np.diagonal(Phi, axis1=-2, axis2=-1)[..., at.causes]
    sure &= (left > SMALL * whole).all(axis=-1)
    return Structure(T, Phi, Lambda, D, N, J_xx, B, sure)


def _filled(at: Places, cells: Array) -> list[Array]:
    """Λ, A_cc, S_cc and Θ with the cells in them."""
    flat = np.empty((*cells.shape[:-1], at.blank.size))
    flat[...] = at.blank
    flat[..., at.into] = cells[..., at.cell]
    e = len(at.ends)
    shapes = [(e, at.q), (at.q, at.q), (at.q, at.q), (e, e) if at.joint else (e,)]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [
        flat[..., begin:end].reshape(*cells.shape[:-1], *shape)
        for (begin, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]


def _part(M: Array, row: Index, col: Index) -> Array:
    """Rows and columns of M (..., n, m), contiguous as BLAS wants them."""
    return np.take(np.take(M, row, axis=-2), col, axis=-1)


def _inverse_blocks(at: Places, Theta: Array) -> Array:
    """Θ⁻¹ (..., e, e), block by block."""
    D = np.zeros(Theta.shape)
    number = np.arange(len(at.ends))
    D[..., number, number] = 1 / Theta[..., number, number]
    for sets in at.joint:
        row, col = sets[:, :, None], sets[:, None, :]
        D[..., row, col] = inverse(Theta[..., row, col])
    return D


def _weigh(D: Array, M: Array) -> Array:
    """D M, D (..., e, e) or its diagonal (..., e)."""
    return D[..., None] * M if D.ndim < M.ndim else D @ M


def cell_slope(at: Places, made: Structure, moments: Array) -> Array:
    """∂f/∂x for moments (..., p, p), in the cells (..., c)."""
    Y = moments @ transpose(made.B)
    YPhi = np.take(Y, at.ends, axis=-2) @ made.Phi
    BL = np.take(made.B, at.ends, axis=-1) @ made.Lambda
    BL[..., at.causes] += made.B[..., at.x]
    G = BL - made.B @ Y
    LC = made.Lambda @ (made.Phi - made.Phi @ G @ made.Phi)
    R = _residual(at, made.Lambda, LC / 2 - YPhi, moments)
    Theta = made.D - (made.D @ R @ made.D if at.joint else made.D**2 * R)
    TG, lead = transpose(made.T) @ G, G.shape[:-2]
    parts = (_weigh(made.D, LC - YPhi), TG @ made.Phi, TG @ made.T, Theta, np.zeros((*lead, 1)))
    each = [part.reshape(*lead, -1) for part in parts]
    return np.asarray(at.s * np.take(np.concatenate(each, axis=-1), at.order, axis=-1))


def discrepancy(at: Places, made: Structure, moments: Array) -> Array:
    """log|Σ| + tr SΣ⁻¹ for moments (..., p, p): (...)."""
    Y = moments @ transpose(made.B)
    BY, LPhi = made.B @ Y, made.Lambda @ made.Phi
    R = _residual(at, LPhi, LPhi @ BY / 2 - np.take(Y, at.ends, axis=-2), moments)
    axes = (-2, -1) if at.joint else (-1,)
    log_D = np.linalg.slogdet(made.D)[1] if at.joint else np.log(made.D).sum(axis=-1)
    logs = np.linalg.slogdet(made.J_xx)[1] - np.linalg.slogdet(made.N)[1] - log_D
    return np.asarray(logs + (made.D * R).sum(axis=axes) + (BY * made.Phi).sum(axis=(-2, -1)))


def _residual(at: Places, left: Array, right: Array, moments: Array) -> Array:
    """S_ee + left right' + right left', (..., e, e), or its diagonal (..., e) where Θ is diagonal."""
    if not at.joint:
        return np.asarray(np.diagonal(moments, axis1=-2, axis2=-1)[..., at.ends] + 2 * (left * right).sum(axis=-1))
    both = left @ transpose(right)
    return np.asarray(_part(moments, at.ends, at.ends) + both + transpose(both))


@dataclass(frozen=True)
class FactoredLoss:
    """`NormalLoss`, its value and gradient computed as above where the estimates allow it.

    Attributes
    ----------
    plain
        The loss by the general formulas.
    at
        Where the cells stand.
    """

    plain: NormalLoss
    at: Places

    @property
    def fixed(self) -> Array:
        """Cell values that are not estimated, (b, g, c)."""
        return self.plain.fixed

    def take(self, replicates: Index) -> Self:
        """The same loss for some of the replicates."""
        return replace(self, plain=self.plain.take(replicates))

    def value(self, theta: Array) -> Array:
        """F at theta (b, k): (b,)."""
        with np.errstate(all="ignore"):
            made = self._structure(theta)
            each = discrepancy(self.at, made, self.plain.moments) - self.plain.saturated
            value = np.asarray((self.plain.share * each).sum(axis=-1) / 2)
        # With Θ and Φ the covariances are positive definite too.
        good = made.sure & is_positive_definite(made.Phi)
        if self.at.joint:
            good &= is_positive_definite(made.D)
        rest = np.flatnonzero(~good.all(axis=-1))
        if rest.size:
            value[rest] = self.plain.take(rest).value(theta[rest])
        return value

    def gradient(self, theta: Array) -> Array:
        """Gradient alone (b, k) at theta (b, k)."""
        with np.errstate(all="ignore"):
            made = self._structure(theta)
            cells = cell_slope(self.at, made, self.plain.moments)
            gradient = gather_gradient(self.plain.layout, self.plain.share, cells)
        rest = np.flatnonzero(~made.sure.all(axis=-1))
        if rest.size:
            gradient[rest] = self.plain.take(rest).gradient(theta[rest])
        return gradient

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Hessian (b, k, k) at theta (b, k), by the general formulas."""
        return self.plain.derivatives(theta, observed)

    def _structure(self, theta: Array) -> Structure:
        return structure(self.at, cell_values(self.plain.layout, theta, self.plain.fixed))
