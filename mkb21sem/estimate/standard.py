"""The standardised solution: every variable, observed or latent, with variance 1."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.implied import Implied, implied
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT


def variable_covariance(layout: Layout, model: Implied) -> Array:
    """Covariances of all variables about their means, (..., g, v, v); the constant's row is zero."""
    C = model.C
    if not layout.meanstructure:
        return C
    one = len(layout.observed)
    centred = C - C[..., :, one, None] * C[..., None, one, :]
    centred[..., one, :] = centred[..., :, one] = 0.0
    return np.asarray(centred)


def standardize(layout: Layout, cells: Array) -> Array:
    """Standardised values (std.all) of cell values (..., g, c).

    A directed arrow is multiplied by the SD of its tail and divided by the SD of its head, a variance is divided
    by the variance of its variable, an intercept by its SD, and a covariance becomes the correlation of the two
    residuals (lavaan's convention).
    """
    variances = np.diagonal(variable_covariance(layout, implied(layout, cells)), axis1=-2, axis2=-1)
    sd = np.sqrt(np.where(variances > 0, variances, np.nan))
    if layout.meanstructure:
        sd = sd.copy()
        sd[..., layout.variables.index(INTERCEPT)] = 1.0
    directed = layout.matrix == 0
    same = ~directed & (layout.row == layout.col)
    head, tail = sd[..., layout.row], sd[..., layout.col]
    own = np.full((*cells.shape[:-1], layout.v), np.nan)
    own[..., layout.row[same]] = cells[..., same]
    residual = np.sqrt(np.where(own > 0, own, np.nan))
    pair = residual[..., layout.row] * residual[..., layout.col]
    # A covariance of 0 is a correlation of 0, also beside a residual variance of 0.
    correlation = np.where(cells == 0, 0.0, cells / np.where(pair > 0, pair, np.nan))
    return np.where(directed, cells * tail / head, np.where(same, cells / head**2, correlation))
