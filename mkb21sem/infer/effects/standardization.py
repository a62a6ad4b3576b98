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

from mkb21sem.estimate.implied import Implied, implied
from mkb21sem.estimate.ordered.ordinal import given_causes
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
    col = np.where(layout.matrix == 2, 0, layout.col)
    head, tail = total[..., layout.row, :], total[..., col, :]
    pair = residual[..., layout.row, :] + residual[..., col, :]
    own = -np.eye(len(layout.row)) / np.where(cells == 0, np.nan, cells)[..., None]
    own = np.where(rescaled(layout, kind)[layout.row, None], own, 0.0)
    same = (layout.matrix == 1) & (layout.row == col)
    kinds = [layout.matrix == 0, same, layout.matrix == 1, layout.matrix == 2]
    relative = np.select([kind[:, None] for kind in kinds], [tail - head, -2 * head, -pair, -head], own)
    # Beside a residual variance of 0 a covariance of 0 has no factor; it stays 0.
    factor = factors(layout, cells, kind)
    factor = np.where(std == 0, np.nan_to_num(factor), factor)
    direct = factor[..., :, None] * np.eye(len(layout.row))
    indirect = std[..., :, None] * relative
    slope = direct + indirect
    rounding = CONSTANT * (np.abs(direct) + np.abs(indirect))
    slope = np.where(np.abs(slope) <= rounding, 0.0, slope)
    return std, slope @ _derived(layout, cells) @ layout.K


def scales(layout: Layout, cells: Array, kind: str = "all") -> tuple[Array, Array]:
    """Standard deviations (g, v) of the variables that get variance 1 (1 for the others), and ∂ log SD/∂θ (g, v, k)."""
    total, _ = _log_scale(layout, cells, kind)
    return deviation(layout, implied(layout, cells), kind), total @ _derived(layout, cells) @ layout.K


def deviation(layout: Layout, model: Implied, kind: str = "all") -> Array:
    """Standard deviations (..., g, v) of the variables that get variance 1; 1 for the others.

    NaN where a variance is not positive.
    """
    variance = np.diagonal(variable_covariance(layout, model), axis1=-2, axis2=-1)
    return np.where(rescaled(layout, kind), np.sqrt(np.where(variance > 0, variance, np.nan)), 1.0)


def _log_scale(layout: Layout, cells: Array, kind: str) -> tuple[Array, Array]:
    """∂ log SD of each variable, and of each residual, in the cells: two arrays (g, v, c).

    Zero for variables that keep their unit.
    """
    variance, slope = _variances(layout, cells)
    change = rescaled(layout, kind)[:, None]
    total = slope / (2 * np.where(variance > 0, variance, np.nan)[..., None])
    residual = np.zeros_like(total)
    places = np.flatnonzero((layout.matrix == 1) & (layout.row == layout.col))
    value = cells[..., places]
    residual[..., layout.row[places], places] = 0.5 / np.where(value > 0, value, np.nan)
    return np.where(change, total, 0.0), np.where(change, residual, 0.0)


def _variances(layout: Layout, cells: Array) -> tuple[Array, Array]:
    """Variance of each variable (g, v), and its derivatives in the cells (g, v, c)."""
    model = implied(layout, cells)
    V = variable_covariance(layout, model)
    inside = layout.matrix <= 1
    row, col = np.where(inside, layout.row, 0), np.where(inside, layout.col, 0)
    twice = np.where(inside, np.where((layout.matrix == 1) & (row == col), 1.0, 2.0), 0.0)
    partner = np.where(layout.matrix == 0, V[..., col], model.B[..., col])
    return np.diagonal(V, axis1=-2, axis2=-1), twice * model.B[..., row] * partner


def _derived(layout: Layout, cells: Array) -> Array:
    """How all cells move with the cells that are parameters, (g, c, c).

    The residual variance of an ordinal item under delta is 1/d² less what is explained, given exogenous variables.
    """
    c = len(layout.row)
    out = np.broadcast_to(np.eye(c), (*cells.shape[:-1], c, c)).copy()
    follows = [place for place, row in enumerate(layout.rows[:c]) if row.derived]
    if not follows:
        return out
    explained = _variances(layout, given_causes(layout, cells))[1]
    scale = {int(layout.row[i]): int(i) for i in np.flatnonzero(layout.matrix == 3)}
    for place in follows:
        item = int(layout.row[place])
        out[..., place, :] = -explained[..., item, :]
        out[..., place, place] = 0.0
        out[..., place, scale[item]] -= 2 * cells[..., scale[item]] ** -3.0
    return out
