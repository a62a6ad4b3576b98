"""The effect along one path, product of its arrows, with the delta method's standard error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.measured import Measured
from mkb21sem.infer.standardization import standardization
from mkb21sem.linalg import Array

Step = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Pathway:
    """One path of a fit.

    Attributes
    ----------
    effect, standardized
        Unstandardised, and with every variable's variance 1.
    """

    effect: Measured
    standardized: Measured


def places(found: Fit, steps: Sequence[Step]) -> dict[Step, int | None]:
    """The cell of each arrow, by tail and head; None for an arrow that the model doesn't have."""
    c = len(found.layout.row)
    known = {
        (row.arrow.tail, row.arrow.head): at
        for at, row in enumerate(found.layout.rows[:c])
        if row.arrow.op in ("=~", "~") and row.arrow.rhs != "1"
    }
    return {step: known.get(step) for step in steps}


def pathway(found: Fit, cells: Sequence[int], solution: tuple[Array, Array] | None = None) -> Pathway:
    """The effect along the arrows in these cells of the first group.

    Parameters
    ----------
    found
        A converged fit.
    cells
        As `places` gives them.
    solution
        What `standardization` gives, if it is there already.

    Notes
    -----
    The variance is J V J' with J the derivative of the product (Sobel 1982; Bollen 1987). Zero variance, where all
    arrows are fixed, gives no standard error.
    """
    at = list(cells)
    std, J = standardization(found.layout, found.cells) if solution is None else solution
    K = found.layout.K[0]
    return Pathway(_product(found.cells[0, at], K[at], found.vcov), _product(std[0, at], J[0, at], found.vcov))


def _product(values: Array, J: Array, vcov: Array) -> Measured:
    """∏ values with gradient Σ_j (∏_{i≠j} values_i) J_j."""
    others = np.array([np.prod(np.delete(values, j)) for j in range(len(values))])
    slope = others @ J
    moves = (slope != 0).any() or not np.isfinite(slope).all()
    # Where two arrows of a path are exactly zero the product has slope zero though its arrows are free.
    variance = float(slope @ vcov @ slope) if moves else float("nan")
    se = float(np.sqrt(variance)) if variance > 0 else float("nan")
    return Measured(float(np.prod(values)), se)
