"""Moments of ordered and continuous variables: thresholds, polychoric and polyserial correlations, their Gamma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.errors import OptionError
from mkb21sem.estimate.ordered.ordinal_gamma import Influenced
from mkb21sem.estimate.ordered.ordinal_input import arrays, case_weights, check_pairs, ordinal_sample, usable_rows
from mkb21sem.estimate.ordered.twostep import TwoStep, casewise, two_step
from mkb21sem.linalg import Array, Index

Flags = npt.NDArray[np.bool_]
DRAWS = 16
"""Draws that are worked on at a time."""


@dataclass(frozen=True)
class OrdinalMoments(Influenced):
    """Sample moments where some variables are ordered: what stands behind an ordered answer is standard normal.

    Attributes
    ----------
    names : (s,)
        The statistics, in the order of `ordinal_order`.
    statistics : (s,)
        Their values (lavaan's WLS.obs); a mean stands there with the opposite sign.
    ordinal : (p,) bool
        Which variables are ordered.
    thresholds : p times (K_j − 1,)
        Empty for a continuous variable.
    mean : (p,)
        0 for an ordered variable.
    cov : (p, p)
        Polychoric correlations; polyserial correlations times the standard deviation; covariances with
        divisor n. The diagonal is 1 for an ordered variable.
    inside : (p, p) bool
        False where the likelihood of a pair rises up to ±1; its correlation is then ±0.9999.
    empty_cells : (p, p)
        Cells without answers in the table of two ordered variables.
    n
        Rows used, or the sum of their weights.
    rows : (r,)
        Places of the rows used.
    casewise
        Influence of each row on each statistic.
    """

    names: tuple[str, ...]
    statistics: Array
    ordinal: Flags
    thresholds: tuple[Array, ...]
    mean: Array
    cov: Array
    inside: Flags
    empty_cells: npt.NDArray[np.int64]
    n: float
    rows: Index


@dataclass(frozen=True)
class OrdinalDraws:
    """The same statistics under many rows of weights.

    Attributes
    ----------
    names : (s,)
        As `OrdinalMoments`.
    statistics : (b, s)
        A threshold beside a category that a draw lost may be infinite; a correlation with a variable that
        does not vary in a draw is NaN.
    cov : (b, p, p)
        As `OrdinalMoments`.
    inside : (b, p, p) bool
        As `OrdinalMoments`.
    gamma_diagonal : (b, s)
        Diagonal of each draw's gamma, or (b, 0) where it was not asked for.
    """

    names: tuple[str, ...]
    statistics: Array
    cov: Array
    inside: Flags
    gamma_diagonal: Array


def ordinal_moments(
    y: Array,
    ordinal: Sequence[bool] | Flags,
    *,
    weights: Array | None = None,
    missing: str = "listwise",
    names: Sequence[str] | None = None,
    sampling: bool = False,
) -> OrdinalMoments:
    """Thresholds, polychoric and polyserial correlations of all pairs, and their asymptotic covariance.

    Parameters
    ----------
    y : (n, p)
        Answers; NaN is missing. Only the order of an ordered variable's codes matters, and a code that nobody
        gave is no category: keeping the categories of several groups alike is the caller's.
    ordinal : (p,)
        Which variables are ordered.
    weights : (n,)
        How many times each row counts; rows of weight 0 are not used.
    missing
        "listwise": only rows with all answers. "pairwise": each pair from the rows that have both; thresholds,
        means and variances from all rows that have the variable. gamma is then per row of the whole sample.
    names : (p,)
        Names of the variables; y1, y2, … otherwise.
    sampling
        The weights are sampling weights: scaled to a mean of one, and squared in gamma.

    Raises
    ------
    FitError
        A variable has one category or too many, a continuous one doesn't vary, a pair has no rows in common.
    OptionError
        `missing` is another word, or the shapes don't agree.

    Notes
    -----
    Olsson (1979) for two ordered variables, Olsson, Drasgow & Dorans (1982) for a mixed pair, Muthén (1984) and
    Muthén & Satorra (1995) for two steps and their covariance, where sums of outer products of scores stand for
    the information, one block a variable and one a pair, as in lavaan. For continuous variables that differs
    in finite samples from the fourth-moment covariance. Empty cells of two-by-two tables:
    `contingency.fill_empty`.
    """
    y, flags, labels = arrays(y, ordinal, names)
    draws = case_weights(weights, len(y))
    if len(draws) > 1:
        raise OptionError(f"weights must be one number a row; got {len(draws)} rows of weights. Use ordinal_draws.")
    rows = np.flatnonzero(usable_rows(y, missing) & (draws[0] > 0))
    sample = ordinal_sample(y[rows], flags, labels)
    draws = draws[:, rows]
    if sampling:
        draws = draws / draws.mean()
    found = two_step(sample, draws)
    check_pairs(found.rho[0], found.sample.order, labels)
    stack, p = sample.order, y.shape[1]
    mean, statistics = found.mean[0], found.statistics()[0]
    empty = np.zeros((p, p), dtype=np.int64)
    fits = sample.answers.size[:, None] * sample.answers.size
    i, j = stack.first[sample.both], stack.second[sample.both]
    filled = (found.counts[:, :, 0] > 0).sum(axis=(0, 1))
    empty[i, j] = empty[j, i] = fits[sample.rank[i], sample.rank[j]] - filled
    return OrdinalMoments(
        stack.names,
        statistics,
        flags,
        tuple(statistics[stack.threshold[stack.threshold_of == j]] for j in range(p)),
        mean,
        _cov(found)[0],
        stack.square(found.inside[0]),
        empty,
        float(draws.sum()),
        rows,
        casewise=casewise(found, 0, sampling),
    )


def ordinal_draws(
    y: Array,
    ordinal: Sequence[bool] | Flags,
    weights: Array,
    *,
    missing: str = "listwise",
    names: Sequence[str] | None = None,
    diagonal: bool = False,
) -> OrdinalDraws:
    """`ordinal_moments` under each row of weights, for the bootstrap.

    Parameters
    ----------
    y, ordinal, missing, names
        As `ordinal_moments`. The categories are those of the whole sample: one that a draw lost stays.
    weights : (b, n)
        How many times each row counts in each draw.
    diagonal
        Whether the diagonal of gamma is wanted, as DWLS does for each draw.

    Raises
    ------
    FitError, OptionError
        As `ordinal_moments`.
    """
    y, flags, labels = arrays(y, ordinal, names)
    draws = case_weights(weights, len(y))
    rows = np.flatnonzero(usable_rows(y, missing))
    sample = ordinal_sample(y[rows], flags, labels)
    draws = draws[:, rows]
    parts = []
    for begin in range(0, len(draws), DRAWS):
        found = two_step(sample, draws[begin : begin + DRAWS])
        spread = np.empty((len(found.draws), 0))
        if diagonal:
            spread = np.array([casewise(found, d, False).diagonal() for d in range(len(found.draws))])
        parts.append((found.statistics(), _cov(found), sample.order.square(found.inside), spread))
    return OrdinalDraws(sample.order.names, *(np.concatenate(part) for part in zip(*parts, strict=True)))


def _cov(found: TwoStep) -> Array:
    """Covariance matrices, (b, p, p)."""
    sd = np.sqrt(found.variance)
    return np.asarray(found.sample.order.square(found.rho) * sd[:, :, None] * sd[:, None, :])
