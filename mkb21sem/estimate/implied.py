"""From parameters to implied moments and their derivatives.

With B = (I − A)⁻¹, E = F B, C = B S B' and CF' the covariance of all variables with the observed ones,

    Σ = E S E'                                  McArdle & McDonald (1984)
    ∂Σ/∂A[r,c] = a b' + b a',  a = E[:, r],  b = (C F')[c, :]
    ∂Σ/∂S[r,c] = s (a b' + b a'),  a = E[:, r],  b = E[:, c],  s = 1, or ½ on the diagonal

so every derivative has rank two, and gradient and information are gathers from small products of
U = [E, (CF')']; no dense ∂Σ/∂θ is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.linalg import Array, Index, inverse, symmetric, transpose, vech, vech_index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True, slots=True)
class Implied:
    """What theta implies; p counts the constant if there is a mean structure.

    Attributes
    ----------
    B : (..., g, v, v)
        (I − A)⁻¹, total effects.
    C : (..., g, v, v)
        Covariance (moments about zero with the constant) of all variables.
    U : (..., g, p, 2v)
        [E, (CF')'], the vectors of which every derivative of Σ is made.
    Sigma : (..., g, p, p)
        Implied moment matrix of the observed variables (and the constant).
    """

    B: Array
    C: Array
    U: Array
    Sigma: Array


def offset(layout: Layout, moments: Array) -> Array:
    """Fixed cell values, with the sample moments of exogenous variables filled in.

    Parameters
    ----------
    layout
        Where each parameter stands.
    moments : (..., g, p, p)
        Sample moment matrix in the layout's order.

    Returns
    -------
    array : (..., g, c)
    """
    values = np.broadcast_to(layout.offset, (*moments.shape[:-2], layout.offset.shape[-1])).copy()
    constant = len(layout.observed)
    for c in np.flatnonzero(layout.sample):
        i, j = layout.row[c], layout.col[c]
        values[..., c] = moments[..., i, j]
        if layout.matrix[c] == 1 and layout.meanstructure:
            values[..., c] -= moments[..., i, constant] * moments[..., j, constant]
    return values


def cell_values(layout: Layout, theta: Array, fixed: Array) -> Array:
    """Values of all cells, x = K θ + fixed: (..., k) and (..., g, c) give (..., g, c)."""
    if layout.pick is None:
        return np.asarray((layout.K @ theta[..., None, :, None])[..., 0] + fixed)
    values = np.broadcast_to(fixed, np.broadcast_shapes(fixed.shape, (*theta.shape[:-1], *fixed.shape[-2:]))).copy()
    values[..., 0, layout.pick] += theta
    return values


def matrices(layout: Layout, cells: Array) -> tuple[Array, Array]:
    """RAM's A and S, each (..., g, v, v), from cell values (..., g, c)."""
    shape = (*cells.shape[:-1], layout.v, layout.v)
    A, S = np.zeros(shape), np.zeros(shape)
    one, two = layout.matrix == 0, layout.matrix == 1
    A[..., layout.row[one], layout.col[one]] = cells[..., one]
    S[..., layout.row[two], layout.col[two]] = cells[..., two]
    S[..., layout.col[two], layout.row[two]] = cells[..., two]
    if layout.meanstructure:
        S[..., len(layout.observed), len(layout.observed)] = 1.0
    return A, S


def implied(layout: Layout, cells: Array) -> Implied:
    """Moments implied by cell values (..., g, c).

    A singular I − A (a loop with gain one) gives NaN, which no step of the minimiser accepts.
    """
    A, S = matrices(layout, cells)
    p = layout.p
    B = total_effects(layout, A)
    E = B[..., :p, :]
    C = B @ S @ transpose(B)
    return Implied(B, C, np.concatenate([E, C[..., :p, :]], axis=-1), symmetric(C[..., :p, :p]))


def total_effects(layout: Layout, A: Array) -> Array:
    """B = (I − A)⁻¹, (..., v, v).

    Only variables from which an arrow leaves have columns in A. With c for those, B = I + A B gives
    B[c, c] = (I − A[c, c])⁻¹ and B[:, c] = I[:, c] + A[:, c] B[c, c]; the other columns are those of I.
    """
    c = layout.causes
    B = np.zeros(A.shape)
    B[..., np.arange(layout.v), np.arange(layout.v)] = 1.0
    if c.size:
        inner = inverse(np.eye(c.size) - A[..., c[:, None], c])
        B[..., c] += A[..., c] @ inner
    return B


def pairs(layout: Layout) -> tuple[Index, Index, Array]:
    """Columns a and b of U and the factor s, by which ∂Σ/∂x_j = s_j (u_a u_b' + u_b u_a'): each (c,)."""
    directed = layout.matrix == 0
    a = layout.row
    b = np.where(directed, layout.col + layout.v, layout.col)
    s = np.where(~directed & (layout.row == layout.col), 0.5, 1.0)
    # Thresholds and scales of ordinal items move no covariance.
    inside = layout.matrix <= 1
    return np.where(inside, a, 0), np.where(inside, b, 0), np.where(inside, s, 0.0)


def augmented_derivative(layout: Layout, model: Implied) -> Array:
    """Derivative of vech(Σ) by the cells, (..., g, p(p+1)/2, c), Σ with the constant if there is a mean structure."""
    a, b, s = pairs(layout)
    row, col = vech_index(layout.p)
    left, right = model.U[..., row, :], model.U[..., col, :]
    return np.asarray(s * (left[..., a] * right[..., b] + left[..., b] * right[..., a]))


def centred(layout: Layout, model: Implied) -> tuple[Array, Array, Array, Array]:
    """Implied means and covariances apart, and U taken about the means.

    Returns
    -------
    mu : (..., g, p)
        Zero without a mean structure.
    Sigma : (..., g, p, p)
    U : (..., g, p, 2v), one : (..., g, 2v)
        ∂Σ/∂x = s (u_a u_b' + u_b u_a') and ∂μ/∂x = s (u_a one_b + u_b one_a).
    """
    p = len(layout.observed)
    if not layout.meanstructure:
        zeros = np.zeros(model.U.shape[:-2] + model.U.shape[-1:])
        return np.zeros(model.Sigma.shape[:-1]), model.Sigma, model.U, zeros
    mu, one = model.Sigma[..., :p, p], model.U[..., p, :]
    Sigma = model.Sigma[..., :p, :p] - mu[..., :, None] * mu[..., None, :]
    return mu, Sigma, model.U[..., :p, :] - mu[..., :, None] * one[..., None, :], one


def moment_vector(layout: Layout, model: Implied) -> Array:
    """Implied means (if there is a mean structure) and vech of the covariances, (..., g, m)."""
    mu, Sigma, _, _ = centred(layout, model)
    return np.concatenate([mu, vech(Sigma)], axis=-1) if layout.meanstructure else vech(Sigma)


def moment_derivative(layout: Layout, model: Implied) -> Array:
    """Derivative of `moment_vector` by the free parameters, Delta (..., g, m, k)."""
    a, b, s = pairs(layout)
    _, _, U, one = centred(layout, model)
    row, col = vech_index(len(layout.observed))
    left, right = U[..., row, :], U[..., col, :]
    cov = s * (left[..., a] * right[..., b] + left[..., b] * right[..., a])
    if layout.meanstructure:
        mean = s * (U[..., a] * one[..., None, b] + U[..., b] * one[..., None, a])
        cov = np.concatenate([mean, cov], axis=-2)
    return to_parameters(layout, cov)


def to_parameters(layout: Layout, cells: Array) -> Array:
    """From derivatives by the cells (..., g, m, c) to derivatives by the free parameters (..., g, m, k)."""
    return np.asarray(cells @ layout.K if layout.pick is None else cells[..., layout.pick])
