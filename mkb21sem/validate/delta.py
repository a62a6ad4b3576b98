"""Standard errors of whatever follows from a fit's parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import cell_values, implied
from mkb21sem.estimate.ordered.ordinal import derived_cells
from mkb21sem.linalg import Array

STEP = 1e-5


def delta_method(found: Fit, quantity: Callable[[Array], Array]) -> Array:
    """Covariance J V J' of a quantity of the parameters, by central differences (delta method).

    Parameters
    ----------
    found
        A fit with ``vcov``.
    quantity
        Cell values (..., g, c) → (..., r).

    Returns
    -------
    array : (r, r)
        NaN without convergence.
    """
    theta, where = found.theta, found.layout
    step = STEP * np.maximum(np.abs(theta), 0.1)
    fixed = found.cells - np.einsum("gck,k->gc", where.K, theta)
    follows = np.array([row.derived for row in where.rows]).reshape(fixed.shape)
    fixed = np.where(follows, 0.0, fixed)

    def at(points: Array) -> Array:
        cells = cell_values(where, points, fixed)
        return quantity(derived_cells(where, cells, implied(where, cells)))

    moves = np.diag(step)
    J = (at(theta + moves) - at(theta - moves)) / (2 * step)[:, None]
    return np.asarray(J.T @ found.vcov @ J)
