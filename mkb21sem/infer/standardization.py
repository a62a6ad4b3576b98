"""The standardised solution as a function of the parameters, with its derivatives.

With B = (I − A)⁻¹ and V the covariances of all variables about their means, the variance of variable i moves as

    ∂V_ii/∂A[r,c] = 2 B[i,r] V[i,c]
    ∂V_ii/∂S[r,c] = 2 s B[i,r] B[i,c],   s = 1, or ½ on the diagonal

and a standardised value is a cell times powers of such variances (and of residual variances, which are cells),
so its logarithm moves with half their relative changes. An intercept moves no variance: the constant's column of V
is zero.
"""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.implied import implied, pairs
from mkb21sem.estimate.standard import factors, rescaled, standardize, variable_covariance
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout

CONSTANT = 1e-11
"""A derivative that is this small beside the terms it is the sum of, is zero."""


def standardization(layout: Layout, cells: Array, kind: str = "all") -> tuple[Array, Array]:
    """Standardised values (g, c) of the cells (g, c), and their derivatives (g, c, k) in the free parameters.

    Rows of values that standardising makes constant, such as the variance of an exogenous construct, are zero.
    """
    total, residual = _log_scale(layout, cells, kind)
    std = standardize(layout, cells, kind)
    directed = (layout.matrix == 0)[:, None]
    same = ~directed & (layout.row == layout.col)[:, None]
    head, tail = total[..., layout.row, :], total[..., layout.col, :]
    pair = residual[..., layout.row, :] + residual[..., layout.col, :]
    relative = np.where(directed, tail - head, np.where(same, -2 * head, -pair))
    # Beside a residual variance of 0 a covariance of 0 has no factor; it stays 0.
    factor = factors(layout, cells, kind)
    factor = np.where(std == 0, np.nan_to_num(factor), factor)
    direct = factor[..., :, None] * np.eye(len(layout.row))
    indirect = std[..., :, None] * relative
    slope = direct + indirect
    rounding = CONSTANT * (np.abs(direct) + np.abs(indirect))
    return std, np.where(np.abs(slope) <= rounding, 0.0, slope) @ layout.K


def _log_scale(layout: Layout, cells: Array, kind: str) -> tuple[Array, Array]:
    """∂ log SD of each variable, and of each residual, in the cells: two arrays (g, v, c).

    Zero for variables that keep their unit.
    """
    model = implied(layout, cells)
    V = variable_covariance(layout, model)
    change = rescaled(layout, kind)[:, None]
    _, _, s = pairs(layout)
    directed = layout.matrix == 0
    partner = np.where(directed, V[..., layout.col], model.B[..., layout.col])
    variance = np.diagonal(V, axis1=-2, axis2=-1)[..., None]
    total = s * model.B[..., layout.row] * partner / np.where(variance > 0, variance, np.nan)
    residual = np.zeros_like(total)
    own = np.flatnonzero(~directed & (layout.row == layout.col))
    value = cells[..., own]
    residual[..., layout.row[own], own] = 0.5 / np.where(value > 0, value, np.nan)
    return np.where(change, total, 0.0), np.where(change, residual, 0.0)
