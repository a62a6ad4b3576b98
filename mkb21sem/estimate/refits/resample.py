"""Draws of a sample's rows, and the estimates of each draw by whatever estimator the fit used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import FitError, OptionError, WaveError
from mkb21sem.estimate.bounds import solve_within
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import cell_values, implied, offset
from mkb21sem.estimate.ordered.ordinal import derived_cells
from mkb21sem.estimate.refits.refit import Refits, refits
from mkb21sem.estimate.refits.refit_fiml import refits_fiml
from mkb21sem.estimate.refits.refit_quadratic import refits_quadratic
from mkb21sem.estimate.rows import moments
from mkb21sem.linalg import Array, row_order

NO_MINIMUM = "no minimum was found"
NO_STATISTICS = "the draw can't be fitted: an answer that no row of it gave, or a variable that does not vary"


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Estimates of b draws.

    Attributes
    ----------
    theta : (b, k)
        Free parameters; of a draw that did not converge they mean nothing.
    cells : (b, g, c)
        All parameters, with the exogenous moments of each draw.
    value : (b,)
        The loss at theta.
        NaN where the draw has no statistics to fit.
    converged : (b,)
    """

    theta: Array
    cells: Array
    value: Array
    converged: npt.NDArray[np.bool_]

    @property
    def cause(self) -> npt.NDArray[np.str_]:
        """Why a draw did not converge, (b,); empty where it did."""
        return np.where(self.converged, "", np.where(np.isfinite(self.value), NO_MINIMUM, NO_STATISTICS))


def check_resampling(found: Fit) -> None:
    """Refuse a fit that has no rows to draw, or no minimum to start from.

    Raises
    ------
    OptionError
        Saying what to do.
    """
    if not found.moments.rows:
        raise OptionError(
            "a fit of printed moments has no rows to draw from; fit a wave or a table, or take monte_carlo intervals."
        )
    if not found.converged:
        raise OptionError(f"the model did not converge, so there is nothing to draw around: {found.cause}")


def draw_counts(found: Fit, rng: np.random.Generator, size: int) -> Array:
    """How often each row counts in each draw, (size, n): rows are drawn with replacement within their group.

    The same draws follow from the same seed whatever the order of the rows, or of the groups.
    """
    counts = np.empty((size, found.moments.total))
    for order in drawing_order(found):
        counts[:, order] = rng.multinomial(len(order), np.full(len(order), 1 / len(order)), size=size)
    return counts


def drawing_order(found: Fit) -> list[npt.NDArray[np.intp]]:
    """Numbers of each group's rows in the order in which they are drawn from: groups by name, rows by content."""
    sample = found.moments
    begins = np.cumsum([0, *(len(y) for y in sample.rows)])
    rows = sample.rows
    if sample.weights:
        rows = tuple(np.column_stack([y, w]) for y, w in zip(sample.rows, sample.weights, strict=True))
    by_name = sorted(range(len(rows)), key=lambda g: str(sample.groups[g]) if len(rows) > 1 else "")
    return [begins[g] + row_order(rows[g]) for g in by_name]


def redraw(found: Fit, counts: Array) -> Redrawn:
    """Estimates of each draw by the estimator of the fit.

    Parameters
    ----------
    found
        A converged fit of rows.
    counts : (b, n)
        Whole numbers from `draw_counts`, or 1 and 0 for leaving rows out. Sampling weights multiply them.

    Notes
    -----
    Likelihoods over complete rows are refitted together, likewise least squares; likelihoods with missing answers
    one after the other. WLS and models with BOUND are fitted anew.
    """
    layout, row = found.layout, found.estimator
    weights = counts * np.concatenate(found.moments.weights) if found.moments.weights else counts
    fixed = fixed_cells(found, weights)
    bounded = np.isfinite(layout.lower).any() or np.isfinite(layout.upper).any()
    if bounded or row.loss == "WLS":
        made = _anew(found, counts)
    elif row.loss != "normal":
        made = refits_quadratic(found, weights, fixed)
    elif found.moments.patterns:
        made = refits_fiml(found, weights, fixed)
    else:
        made = refits(found, weights)
    cells = cell_values(layout, made.theta, fixed)
    if layout.thresholds:
        bare = cell_values(layout, made.theta, fixed)
        cells = derived_cells(layout, bare, implied(layout, bare))
    return Redrawn(made.theta, cells, made.value, np.asarray(made.converged, dtype=bool))


def fixed_cells(found: Fit, weights: Array) -> Array:
    """Cell values that are not estimated, (b, g, c): fixed ones, and the exogenous moments of each draw."""
    layout, sample = found.layout, found.moments
    p, b = layout.p, len(weights)
    moment = np.zeros((b, len(sample.rows), p, p))
    x = [layout.observed.index(name) for name in layout.exogenous]
    begin = 0
    for g, y in enumerate(sample.rows):
        own = weights[:, begin : (begin := begin + len(y))]
        total = own.sum(axis=1)
        if not x:
            continue
        mean = np.einsum("bn,ni->bi", own, y[:, x]) / total[:, None]
        z = y[:, x] - sample.mean[g][x]
        shift = mean - sample.mean[g][x]
        second = np.einsum("bn,ni,nj->bij", own, z, z) / total[:, None, None] - shift[:, :, None] * shift[:, None, :]
        if found.estimator.loss != "normal":
            second *= (total / (total - 1))[:, None, None]
        if layout.meanstructure:
            second = second + mean[:, :, None] * mean[:, None, :]
            moment[:, g, x, p - 1] = moment[:, g, p - 1, x] = mean
        moment[:, g, np.array(x)[:, None], x] = second
    return offset(layout, moment)


def _anew(found: Fit, counts: Array) -> Refits:
    """Each draw fitted as if it were a sample of its own."""
    sample, layout = found.moments, found.layout
    theta, value = np.tile(found.theta, (len(counts), 1)), np.full(len(counts), np.nan)
    converged = np.zeros(len(counts), dtype=bool)
    group = [name for name, y in zip(sample.groups, sample.rows, strict=True) for _ in y]
    frame = pd.DataFrame(np.concatenate(sample.rows), columns=list(sample.names)).assign(**{_GROUP: group})
    if sample.weights:
        frame[_WEIGHT] = np.concatenate(sample.weights)
    missing = "fiml" if sample.patterns else "pairwise" if sample.ordinal else "listwise"
    options = {
        "group": _GROUP if len(sample.groups) > 1 else None,
        "missing": missing,
        "weights": _WEIGHT if sample.weights else None,
        "complete": layout.exogenous,
        "ordered": tuple(sample.threshold_counts),
    }
    for b, times in enumerate(counts.astype(int)):
        try:
            drawn = moments(frame.loc[np.repeat(np.arange(len(frame)), times)], sample.names, **options)  # type: ignore[arg-type]
            if drawn.threshold_counts != sample.threshold_counts:
                continue
            ended, at, _ = solve_within(found.estimator, layout, drawn)
        except (FitError, WaveError):
            continue
        theta[b], value[b], converged[b] = at.theta, at.minimum, bool(ended.converged[0])
    return Refits(theta, value, converged)


_GROUP, _WEIGHT = " group", " weight"
"""Columns that no variable can be named like."""
