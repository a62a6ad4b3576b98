"""What one arrow adds to the explained variance of its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.linalg import Array

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Contribution:
    """Effect sizes of one arrow.

    Attributes
    ----------
    delta_r2
        R² of the outcome's equation less R² without this arrow.
    f2
        Cohen's f² = ΔR²/(1 − R²) (Cohen 1988: .02 small, .15 medium, .35 large).
    """

    delta_r2: float
    f2: float


def model_covariance(found: Fit) -> Array:
    """Covariances (v, v) of all variables, in the first group, as the fitted model implies them."""
    return np.asarray(variable_covariance(found.layout, implied(found.layout, found.cells))[0])


def contribution(found: Fit, source: str, outcome: str, cov: Array | None = None) -> Contribution:
    """ΔR² and f² of one arrow, at the covariances that the fitted model implies (``cov``, if they are there already).

    R² is that of the outcome's regression on everything that points at it, with and without the source. It is the
    model's own R² unless the outcome's residual covaries with a cause. NaN where there is no such arrow, or where a
    variance is not positive.
    """
    where = found.layout
    arrows = [
        row.arrow for row in where.rows if row.group == 1 and row.arrow.heads == 1 and row.arrow.op in ("=~", "~")
    ]
    causes = [a.tail for a in arrows if a.head == outcome and a.rhs != "1"]
    if source not in causes:
        return Contribution(NAN, NAN)
    place = {name: i for i, name in enumerate(where.variables)}
    cov = model_covariance(found) if cov is None else cov
    whole = _explained(cov, place[outcome], [place[name] for name in causes])
    without = _explained(cov, place[outcome], [place[name] for name in causes if name != source])
    gain = whole - without
    return Contribution(gain, gain / (1 - whole) if whole < 1 else NAN)


def _explained(cov: Array, y: int, x: Sequence[int]) -> float:
    """R² of y on x: c'C⁻¹c / var(y)."""
    if not x:
        return 0.0
    if not (cov[y, y] > 0 and (np.diagonal(cov)[list(x)] > 0).all()):
        return NAN
    c = cov[y, list(x)]
    try:
        return float(c @ np.linalg.solve(cov[np.ix_(x, x)], c) / cov[y, y])
    except np.linalg.LinAlgError:
        return NAN
