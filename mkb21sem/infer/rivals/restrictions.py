"""The restrictions A that turn the larger model into the smaller one: A dθ₁ = 0 along the smaller one.

If θ₁ = h(θ₀) puts the smaller model into the larger one, the rows of A span what is orthogonal to H = ∂h/∂θ₀, and H
follows from the derivatives of the implied moments, Δ₁ H = Δ₀ (Satorra 2000). There are two places to take Δ₁ at:

    exact   where the larger model implies what the smaller one does at its estimates; the equation then holds exactly,
            and A is that of the parameters' own restrictions wherever these can be written down
    delta   the larger model's own estimates, by least squares; unlike exact it doesn't depend on how the models are
            parameterised
"""

from __future__ import annotations

import numpy as np

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.quadratic import derivative
from mkb21sem.infer.rivals.nesting import implied_cells, statistics_order
from mkb21sem.linalg import Array

KINDS = ("exact", "delta")


def restrictions(smaller: Fit, larger: Fit, theta: Array, kind: str = "delta") -> Array:
    """A (m, k₁): how the larger model's parameters are tied in the smaller one.

    Parameters
    ----------
    smaller, larger
        Nested fits.
    theta : (k₁,)
        The larger model's parameters at the smaller one's implied moments, from `nesting`.
    kind
        exact or delta.

    Raises
    ------
    OptionError
        An unknown kind.
    """
    one_of("restriction", kind, KINDS)
    cells = implied_cells(larger, theta) if kind == "exact" else larger.cells
    wide = derivative(larger.layout, cells, implied(larger.layout, cells))
    narrow = derivative(smaller.layout, smaller.cells, implied(smaller.layout, smaller.cells))
    narrow = narrow[:, statistics_order(smaller, larger)]
    H, *_ = np.linalg.lstsq(wide.reshape(-1, wide.shape[-1]), narrow.reshape(-1, narrow.shape[-1]), rcond=None)
    scale = np.maximum(np.linalg.norm(H, axis=0), 1e-300)
    U, _, _ = np.linalg.svd(H / scale)
    return np.asarray(U[:, len(H) - (smaller.layout.df - larger.layout.df) :].T)
