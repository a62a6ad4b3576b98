"""The standardised solution: every variable, observed or latent, with variance 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.implied import Implied, implied
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT

KINDS = ("all", "lv", "nox")
"""Which variables get variance 1: all, the latent ones, all but the observed exogenous ones."""


def variable_covariance(layout: Layout, model: Implied) -> Array:
    """Covariances of all variables about their means, (..., g, v, v); the constant's row is zero."""
    C = model.C
    if not layout.meanstructure:
        return C
    one = len(layout.observed)
    centred = C - C[..., :, one, None] * C[..., None, one, :]
    centred[..., one, :] = centred[..., :, one] = 0.0
    return np.asarray(centred)


def rescaled(layout: Layout, kind: str = "all") -> npt.NDArray[np.bool_]:
    """Which variables get variance 1, (v,); the constant never does."""
    kept = {"all": (), "lv": layout.observed, "nox": layout.model.exogenous}[kind]
    return np.array([name not in kept and name != INTERCEPT for name in layout.variables])


def factors(layout: Layout, cells: Array, kind: str = "all") -> Array:
    """What each cell value (..., g, c) is multiplied by in the standardised solution, (..., g, c).

    A directed arrow is multiplied by the SD of its tail and divided by the SD of its head, a variance is divided
    by the variance of its variable, an intercept by its SD, and a covariance becomes the correlation of the two
    residuals (lavaan's convention). A threshold is divided by the SD of its item's response, whose scale becomes 1.
    Variables that are not `rescaled` keep their unit. NaN where a variance is not positive.
    """
    change = rescaled(layout, kind)
    variances = np.diagonal(variable_covariance(layout, implied(layout, cells)), axis1=-2, axis2=-1)
    sd = np.where(change, np.sqrt(np.where(variances > 0, variances, np.nan)), 1.0)
    same = (layout.matrix == 1) & (layout.row == layout.col)
    own = np.full((*cells.shape[:-1], layout.v), np.nan)
    own[..., layout.row[same]] = cells[..., same]
    residual = np.where(change, np.sqrt(np.where(own > 0, own, np.nan)), 1.0)
    col = np.where(layout.matrix == 2, 0, layout.col)
    head, tail = sd[..., layout.row], sd[..., col]
    pair = residual[..., layout.row] * residual[..., col]
    kinds = [layout.matrix == 0, same, layout.matrix == 1, layout.matrix == 2]
    # The scale of an item's response is 1/SD given the exogenous variables; standardised it is 1.
    scale = np.where(change[layout.row] & (cells != 0), 1 / np.where(cells == 0, np.nan, cells), 1.0)
    return np.select(kinds, [tail / head, 1 / head**2, 1 / pair, 1 / head], scale)


def standardize(layout: Layout, cells: Array, kind: str = "all") -> Array:
    """Standardised values of cell values (..., g, c): std.all, std.lv or std.nox, see `factors`."""
    # A covariance of 0 is a correlation of 0, also beside a residual variance of 0.
    loose = (layout.matrix == 1) & (layout.row != layout.col) & (cells == 0)
    return np.where(loose, 0.0, cells * np.where(loose, 1.0, factors(layout, cells, kind)))
