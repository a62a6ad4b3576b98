"""Monte Carlo intervals: parameters drawn from their normal distribution, and what follows from each draw.

They take a fraction of a second, need no rows, and show that a product of normal estimates is not normal
(MacKinnon, Lockwood & Williams 2004; Preacher & Selig 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import cell_values, implied
from mkb21sem.estimate.ordered.ordinal import derived_cells
from mkb21sem.linalg import Array


@dataclass(frozen=True)
class MonteCarlo:
    """Draws of the parameters from their asymptotic distribution.

    Attributes
    ----------
    found
        The fit.
    theta : (b, k)
    cells : (b, g, c)
        All parameters of each draw.
    seed
        For doing it again.
    """

    found: Fit
    theta: Array
    cells: Array
    seed: int


def monte_carlo(found: Fit, draws: int = 20_000, seed: int = 1) -> MonteCarlo:
    """Draw the free parameters from N(θ, V), V their covariance by the fit's estimator.

    Parameters
    ----------
    found
        A fit with standard errors; robust ones under MLR or WLSMV.
    draws, seed
        How many, and a whole number.

    Returns
    -------
    MonteCarlo
        For `intervals`.

    Raises
    ------
    OptionError
        The fit has no standard errors, or draws or seed are no such numbers.

    Notes
    -----
    Standardised effects follow from the variances of each draw. semTools draws the standardised arrows themselves as
    normal, which gives direct ones the limits of the delta method.
    """
    if not np.isfinite(found.vcov).all():
        raise OptionError(f"the fit has no standard errors to draw from: {found.cause}")
    for name, value, least in (("draws", draws, 1), ("seed", seed, 0)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise OptionError(f"{name} must be a whole number from {least}; got {value!r}.")
    values, vectors = np.linalg.eigh(found.vcov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    layout = found.layout
    theta = found.theta + np.random.default_rng(seed).standard_normal((draws, layout.k)) @ root.T
    fixed = found.cells - cell_values(layout, found.theta, np.zeros_like(found.cells))
    derived = np.array([row.derived for row in layout.rows]).reshape(found.cells.shape)
    cells = cell_values(layout, theta, np.where(derived, 0.0, fixed))
    if layout.thresholds:
        cells = derived_cells(layout, cells, implied(layout, cells))
    return MonteCarlo(found, theta, cells, seed)
