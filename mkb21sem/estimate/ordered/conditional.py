"""Moments of ordered and continuous variables given observed causes: slopes, thresholds, residual correlations.

Exogenous variables are then fixed and need no distribution (lavaan's `conditional.x = TRUE`, its default for
ordered items; Muthén 1984, case A).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.ordered.ordinal_gamma import Influenced
from mkb21sem.estimate.ordered.ordinal_input import check_pairs
from mkb21sem.estimate.ordered.probit import Regression
from mkb21sem.estimate.ordered.twostep_given import casewise_given, given_causes, statistics_given, two_step_given
from mkb21sem.linalg import Array, Index

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConditionalMoments(Influenced):
    """Sample moments given observed causes; what stands behind an ordered answer has residual variance one.

    Attributes
    ----------
    names : (s,)
        The statistics, in the order of `ordinal_order`.
    statistics : (s,)
        Their values (lavaan's WLS.obs); an intercept stands there with the opposite sign.
    ordinal : (p,) bool
        Which variables are ordered.
    thresholds : p times (K_j − 1,)
        Where all causes are 0; empty for a continuous variable.
    mean : (p,)
        Intercepts; 0 for an ordered variable.
    slopes : (p, q)
        Of each variable on each cause.
    cov : (p, p)
        Residual covariances; 1 on the diagonal for an ordered variable.
    inside : (p, p) bool
        False where the likelihood of a pair rises up to ±1; its correlation is then ±0.9999.
    x_mean, x_cov : (q,), (q, q)
        Of the causes; divisor n − 1, as lavaan has it where it conditions on them.
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
    slopes: Array
    cov: Array
    inside: Flags
    x_mean: Array
    x_cov: Array
    n: float
    rows: Index


@dataclass(frozen=True)
class ConditionalDraws:
    """The same statistics under many rows of weights.

    Attributes
    ----------
    names : (s,)
        As `ConditionalMoments`.
    statistics : (b, s)
        NaN in a draw that can't be computed, because a variable or cause does not vary in it, or because the
        causes decide an answer.
    inside : (b, m) bool
        As `ConditionalMoments`, for the pairs in the order of `names`.
    gamma_diagonal : (b, s)
        Diagonal of each draw's gamma, or (b, 0) where it was not asked for.
    """

    names: tuple[str, ...]
    statistics: Array
    inside: Flags
    gamma_diagonal: Array


def conditional_moments(
    y: Array,
    x: Array,
    ordinal: Sequence[bool] | Flags,
    *,
    weights: Array | None = None,
    missing: str = "listwise",
    names: Sequence[str] | None = None,
    causes: Sequence[str] | None = None,
) -> ConditionalMoments:
    """Slopes, thresholds and residual correlations of all pairs given x, and their asymptotic covariance.

    Parameters
    ----------
    y, ordinal, weights, missing, names
        As `polychoric.ordinal_moments`.
    x : (n, q)
        Observed causes as they are; a row without all of them is not used.
    causes : (q,)
        Their names; x1, x2, … otherwise.

    Raises
    ------
    FitError
        As `polychoric.ordinal_moments`; a cause is constant or a sum of others; the causes decide an answer.
    OptionError
        `missing` is another word, or the shapes don't agree.

    Notes
    -----
    Muthén (1984): an ordered probit or a linear regression of each variable, then the correlation of each pair
    of residuals while the first step is held fixed, and the sandwich as in `polychoric.ordinal_moments`. Tables
    have no empty cells here: answers are compared row by row.
    """
    given = given_causes(y, x, ordinal, weights, missing, names, causes)
    if len(given.draws) > 1:
        raise OptionError(f"weights must be one number a row; got {len(given.draws)} rows of weights.")
    weight = given.draws[0]
    found = two_step_given(given, weight)
    stack, share = given.sample.order, weight / weight.sum()
    check_pairs(found.rho, stack, given.labels)
    statistics, sd = statistics_given(given.sample, found), found.margins.sd
    p, x_mean = len(sd), share @ given.x
    deviation = given.x - x_mean
    return ConditionalMoments(
        stack.names,
        statistics,
        stack.ordinal,
        tuple(statistics[stack.threshold[stack.threshold_of == j]] for j in range(p)),
        np.array([step.mean if isinstance(step, Regression) else 0.0 for step in found.univariate]),
        statistics[stack.slope],
        stack.square(found.rho) * np.outer(sd, sd),
        stack.square(found.inside),
        x_mean,
        (deviation * weight[:, None]).T @ deviation / (weight.sum() - 1),
        float(weight.sum()),
        given.rows,
        casewise=casewise_given(given, found, weight, sampling=False),
    )


def conditional_draws(
    y: Array,
    x: Array,
    ordinal: Sequence[bool] | Flags,
    weights: Array,
    *,
    missing: str = "listwise",
    names: Sequence[str] | None = None,
    causes: Sequence[str] | None = None,
    diagonal: bool = False,
) -> ConditionalDraws:
    """`conditional_moments` under each row of weights (b, n), one after the other.

    Parameters
    ----------
    y, x, ordinal, missing, names, causes
        As `conditional_moments`. The categories are those of the whole sample.
    weights : (b, n)
        How many times each row counts in each draw.
    diagonal
        Whether the diagonal of gamma is wanted.

    Raises
    ------
    FitError, OptionError
        As `conditional_moments`, for what holds in the whole sample.
    """
    given = given_causes(y, x, ordinal, weights, missing, names, causes)
    stack, b = given.sample.order, len(given.draws)
    statistics = np.full((b, stack.size), np.nan)
    inside = np.zeros((b, len(stack.pair)), dtype=bool)
    spread = np.full((b, stack.size if diagonal else 0), np.nan)
    for d, weight in enumerate(given.draws):
        try:
            found = two_step_given(given, weight)
        except FitError:
            continue
        statistics[d], inside[d] = statistics_given(given.sample, found), found.inside
        if diagonal:
            spread[d] = casewise_given(given, found, weight, sampling=False).diagonal()
    return ConditionalDraws(stack.names, statistics, inside, spread)
