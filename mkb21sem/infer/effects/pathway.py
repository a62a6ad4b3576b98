"""The effect along one path, product of its arrows, with the delta method's standard error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.standard import standardize
from mkb21sem.infer.draws.intervals import acceleration
from mkb21sem.infer.effects.measured import Measured
from mkb21sem.infer.effects.standardization import standardization
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


KINDS = ("percentile", "bc", "bca")
"""Intervals over draws."""


class Draws(Protocol):
    """Anything with the parameters of many draws: a `Bootstrap` or a `MonteCarlo`."""

    @property
    def cells(self) -> Array:
        """All parameters of every draw, (b, g, c); NaN where a draw failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws, raw and standardised, of the first group.

    Attributes
    ----------
    raw, std : (b, c)
        Of every draw.
    raw_without, std_without : (j, c)
        Without each row in turn; None where nothing needs them.
    corrected
        Whether intervals are corrected for bias.
    """

    raw: Array
    std: Array
    raw_without: Array | None
    std_without: Array | None
    corrected: bool


def drawn(found: Fit, draws: Draws, kind: str = "bca") -> Drawn:
    """The draws as tests and intervals of paths need them.

    Parameters
    ----------
    found
        What was drawn from.
    draws
        From `bootstrap` or `monte_carlo`.
    kind
        One of `KINDS`. Of Monte Carlo draws, which are centred on the estimates by construction, only percentile.

    Raises
    ------
    OptionError
        An unknown kind, or one that these draws can't give.
    """
    one_of("intervals", kind, KINDS)
    left_out: Array | None = getattr(draws, "jackknife", None)
    if kind != "percentile" and left_out is None:
        raise OptionError(f"intervals='{kind}' are for bootstrap draws; Monte Carlo draws give percentile intervals.")
    without = left_out if kind == "bca" else None
    if without is not None and not len(without):
        raise OptionError("BCa intervals need the jackknife, which was stopped before its end; take intervals='bc'.")
    layout, cells = found.layout, draws.cells
    return Drawn(
        cells[:, 0],
        standardize(layout, cells)[:, 0],
        None if without is None else without[:, 0],
        None if without is None else standardize(layout, without)[:, 0],
        kind != "percentile",
    )


def places(found: Fit, steps: Sequence[Step]) -> dict[Step, int | None]:
    """The cell of each arrow, by tail and head; None for an arrow that the model doesn't have."""
    c = len(found.layout.row)
    known = {
        (row.arrow.tail, row.arrow.head): at
        for at, row in enumerate(found.layout.rows[:c])
        if row.arrow.op in ("=~", "~") and row.arrow.rhs != "1"
    }
    return {step: known.get(step) for step in steps}


def pathway(
    found: Fit, cells: Sequence[int], solution: tuple[Array, Array] | None = None, draws: Drawn | None = None
) -> Pathway:
    """The effect along the arrows in these cells of the first group.

    Parameters
    ----------
    found
        A converged fit.
    cells
        As `places` gives them.
    solution
        What `standardization` gives, if it is there already.
    draws
        As `drawn` gives them; None for the delta method.

    Notes
    -----
    The variance is J V J' with J the derivative of the product (Sobel 1982; Bollen 1987). Zero variance, where all
    arrows are fixed, gives no standard error.
    """
    at = list(cells)
    std, J = standardization(found.layout, found.cells) if solution is None else solution
    raw = _product(found.cells[0, at], found.layout.K[0][at], found.vcov)
    standardized = _product(std[0, at], J[0, at], found.vcov)
    if draws is None:
        return Pathway(raw, standardized)
    return Pathway(
        _spread(raw, draws.raw, draws.raw_without, at, draws.corrected),
        _spread(standardized, draws.std, draws.std_without, at, draws.corrected),
    )


def _product(values: Array, J: Array, vcov: Array) -> Measured:
    """∏ values with gradient Σ_j (∏_{i≠j} values_i) J_j."""
    others = np.array([np.prod(np.delete(values, j)) for j in range(len(values))])
    slope = others @ J
    variance = float(slope @ vcov @ slope)
    # Where two arrows of a path are exactly zero the product has slope zero though its arrows are free.
    se = float(np.sqrt(variance)) if variance > 0 else float("nan")
    return Measured(float(np.prod(values)), se)


def _spread(one: Measured, cells: Array, without: Array | None, at: list[int], corrected: bool) -> Measured:
    """The same with its distribution over the draws; failed draws and draws without a value are left out."""
    values = cells[:, at].prod(axis=1)
    values = values[np.isfinite(values)]
    if not one.se > 0 or len(values) < 2:
        return Measured(one.value, float("nan"))
    a = 0.0 if without is None else float(acceleration(without[:, at].prod(axis=1)[:, None])[0])
    return Measured(one.value, float(values.std(ddof=1)), values, a, corrected)
