"""Implied statistics of ordinal items: thresholds and correlations of the answers behind the answers.

Behind each ordinal answer stands a normal response y* with implied mean μ_j and variance Σ_jj; only its standardised
form shows (Muthén 1984; Muthén & Asparouhov 2002):

    threshold   d_j (τ_jk − μ_j)         correlation   d_i d_j Σ_ij,  d = 1 for a continuous variable
    delta       d_j a parameter (1 in the first group); the residual variance of item j is 1/d_j² less what is explained
    theta       d_j = Σ_jj^(−1/2), the residual variance a parameter (1 in the first group)

Under delta the residual cell stays 0: it enters the diagonal only, which is 1 by construction. Exogenous variables are
conditioned upon (lavaan's conditional.x): all of this is then given x = 0, and the slopes d_j B[j, x] are statistics
too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mkb21sem.errors import FitError
from mkb21sem.estimate.implied import Implied, centred, implied, pairs, to_parameters
from mkb21sem.estimate.ordered.ordinal_order import Order, order
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout


def layout_order(layout: Layout) -> Order:
    """Order of the statistics of the layout's variables, those of exogenous ones conditioned upon."""
    return _order(outcomes(layout), layout.thresholds, layout.exogenous)


@lru_cache(maxsize=32)
def _order(names: tuple[str, ...], thresholds: tuple[tuple[str, int], ...], causes: tuple[str, ...]) -> Order:
    counts = dict(thresholds)
    ordinal = np.array([name in counts for name in names])
    return order(names, ordinal, [counts[name] + 1 for name in names if name in counts], causes)


def outcomes(layout: Layout) -> tuple[str, ...]:
    """The observed variables that are not exogenous."""
    return tuple(name for name in layout.observed if name not in layout.exogenous)


def given_causes(layout: Layout, cells: Array) -> Array:
    """Cell values with the moments of exogenous variables at 0: what is implied is then implied given x = 0."""
    return np.where(layout.sample, 0.0, cells) if layout.exogenous else cells


def check_ordinal_causes(layout: Layout) -> None:
    """Refuse an ordinal item that is explained and explains under delta, where its residual variance is no parameter.

    Raises
    ------
    FitError
        Naming the item.
    """
    items = {row.arrow.lhs for row in layout.rows if row.derived}
    for arrow in layout.model.arrows:
        if arrow.tail in items and arrow.heads == 1:
            raise FitError(
                f"the ordinal item {arrow.tail} predicts {arrow.head}: under parameterization='delta' that is not "
                "supported. Use parameterization='theta', or leave the item out of ordered=."
            )


@dataclass(frozen=True)
class _Parts:
    """Implied pieces in the order of the statistics; leading axes are replicates and groups."""

    stack: Order
    y: Array
    x: Array
    B: Array
    mu: Array
    Sigma: Array
    U: Array
    one: Array
    tau: Array
    scale: Array


def _parts(layout: Layout, cells: Array, model: Implied) -> _Parts:
    stack = layout_order(layout)
    if layout.exogenous:
        model = implied(layout, given_causes(layout, cells))
    y = np.array([i for i, name in enumerate(layout.observed) if name not in layout.exogenous])
    x = np.array([layout.observed.index(name) for name in layout.exogenous], dtype=np.intp)
    mu, Sigma, U, one = centred(layout, model)
    mu, Sigma, U = mu[..., y], Sigma[..., y[:, None], y], U[..., y, :]
    lead = mu.shape[:-1]
    tau = np.zeros((*lead, len(stack.threshold)))
    scale = np.ones((*lead, len(y)))
    tau[..., _threshold_places(layout, stack)] = cells[..., layout.matrix == 2]
    scale[..., _scale_places(layout)] = cells[..., layout.matrix == 3]
    own = _own_scale(layout, stack)
    variance = np.diagonal(Sigma, axis1=-2, axis2=-1)[..., own]
    scale[..., own] = np.where(variance > 0, variance, np.nan) ** -0.5
    return _Parts(stack, y, x, model.B, mu, Sigma, U, one, tau, scale)


def _item_of(layout: Layout, cells: Array) -> Array:
    """Place among the outcomes of the item that each of these cells is about."""
    place = {name: i for i, name in enumerate(outcomes(layout))}
    return np.array([place[layout.observed[int(j)]] for j in layout.row[cells]], dtype=np.intp)


def _scale_places(layout: Layout) -> Array:
    return _item_of(layout, layout.matrix == 3)


def _own_scale(layout: Layout, stack: Order) -> Array:
    """Ordinal items scaled by their implied standard deviation: all under theta, the unexplained under delta."""
    return np.setdiff1d(np.flatnonzero(stack.ordinal), _scale_places(layout))


def _threshold_places(layout: Layout, stack: Order) -> Array:
    """Where each threshold cell stands among the thresholds of the order."""
    place = {(int(j), int(k)): i for i, (j, k) in enumerate(zip(stack.threshold_of, stack.threshold_rank, strict=True))}
    at = layout.matrix == 2
    items = _item_of(layout, at)
    return np.array([place[int(j), int(k)] for j, k in zip(items, layout.col[at], strict=True)], dtype=np.intp)


def ordinal_vector(layout: Layout, cells: Array, model: Implied) -> Array:
    """Implied statistics (..., g, m) in the order of `layout_order`, from cell values (..., g, c)."""
    at = _parts(layout, cells, model)
    stack, item = at.stack, at.stack.threshold_of
    out = np.empty((*at.mu.shape[:-1], stack.size))
    out[..., stack.threshold] = at.scale[..., item] * (at.tau - at.mu[..., item])
    out[..., stack.mean] = -at.mu[..., ~stack.ordinal]
    out[..., stack.variance] = np.diagonal(at.Sigma, axis1=-2, axis2=-1)[..., ~stack.ordinal]
    i, j = stack.first, stack.second
    out[..., stack.pair] = at.scale[..., i] * at.scale[..., j] * at.Sigma[..., i, j]
    if at.x.size:
        out[..., stack.slope] = at.scale[..., None] * at.B[..., at.y[:, None], at.x]
    return out


def ordinal_derivative(layout: Layout, cells: Array, model: Implied) -> Array:
    """Derivative of `ordinal_vector` by the free parameters, Delta (..., g, m, k)."""
    at = _parts(layout, cells, model)
    a, b, s = pairs(layout)
    mean = s * (at.U[..., a] * at.one[..., None, b] + at.U[..., b] * at.one[..., None, a])
    scale = _scale_derivative(layout, at)
    out = np.empty((*at.mu.shape[:-1], at.stack.size, len(layout.row)))
    _thresholds(layout, at, mean, scale, out)
    continuous = np.flatnonzero(~at.stack.ordinal)
    out[..., at.stack.mean, :] = -mean[..., continuous, :]
    out[..., at.stack.variance, :] = _covariance_derivative(layout, at, continuous, continuous)
    i, j = at.stack.first, at.stack.second
    factor = (at.scale[..., i] * at.scale[..., j])[..., None]
    relative = (scale / at.scale[..., None])[..., i, :] + (scale / at.scale[..., None])[..., j, :]
    out[..., at.stack.pair, :] = factor * (
        _covariance_derivative(layout, at, i, j) + at.Sigma[..., i, j][..., None] * relative
    )
    if at.x.size:
        out[..., at.stack.slope, :] = _slopes(layout, at, scale)
    return to_parameters(layout, out)


def _covariance_derivative(layout: Layout, at: _Parts, i: Array, j: Array) -> Array:
    """∂Σ_ij by the cells for pairs of variables, (..., pairs, c)."""
    a, b, s = pairs(layout)
    left, right = at.U[..., i, :], at.U[..., j, :]
    return np.asarray(s * (left[..., a] * right[..., b] + left[..., b] * right[..., a]))


def _scale_derivative(layout: Layout, at: _Parts) -> Array:
    """∂d_j by the cells, (..., p, c)."""
    out = np.zeros((*at.scale.shape, len(layout.row)))
    out[..., _scale_places(layout), np.flatnonzero(layout.matrix == 3)] = 1.0
    items = _own_scale(layout, at.stack)
    variance = _covariance_derivative(layout, at, items, items)
    out[..., items, :] = -0.5 * (at.scale[..., items] ** 3)[..., None] * variance
    return out


def _slopes(layout: Layout, at: _Parts, scale: Array) -> Array:
    """Derivative of the scaled slopes of outcomes on causes, (..., outcomes, causes, c): ∂B = B ∂A B."""
    directed = layout.matrix == 0
    effect = at.B[..., at.y[:, None], at.x]
    left = at.B[..., at.y[:, None], layout.row]
    right = np.swapaxes(at.B[..., np.where(directed, layout.col, 0)[:, None], at.x], -1, -2)
    moved = np.where(directed, left[..., None, :] * right[..., None, :, :], 0.0)
    return np.asarray(at.scale[..., None, None] * moved + scale[..., None, :] * effect[..., None])


def _thresholds(layout: Layout, at: _Parts, mean: Array, scale: Array, out: Array) -> None:
    item = at.stack.threshold_of
    distance = (at.tau - at.mu[..., item])[..., None]
    block = scale[..., item, :] * distance - at.scale[..., item][..., None] * mean[..., item, :]
    cells = np.flatnonzero(layout.matrix == 2)
    places = _threshold_places(layout, at.stack)
    block[..., places, cells] += at.scale[..., item[places]]
    out[..., at.stack.threshold, :] = block


def derived_cells(layout: Layout, cells: Array, model: Implied) -> Array:
    """Cell values with the residual variances of ordinal items under delta filled in, (..., g, c)."""
    follows = np.flatnonzero([row.derived for row in layout.rows[: len(layout.row)]])
    if not follows.size:
        return cells
    if layout.exogenous:
        model = implied(layout, given_causes(layout, cells))
    _, Sigma, _, _ = centred(layout, model)
    out = cells.copy()
    at_scale = {int(layout.row[c]): c for c in np.flatnonzero(layout.matrix == 3)}
    for c in follows:
        j = int(layout.row[c])
        out[..., c] = cells[..., at_scale[j]] ** -2.0 - Sigma[..., j, j]
    return out
