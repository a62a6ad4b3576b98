"""Moments of ordered and continuous variables given observed causes: slopes, thresholds, residual correlations.

Exogenous variables are then fixed and need no distribution (lavaan's `conditional.x = TRUE`, its default for
ordered items; Muthén 1984, case A).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mkb21sem.errors import OptionError
from mkb21sem.estimate.ordinal_gamma import Casewise
from mkb21sem.estimate.ordinal_input import arrays, case_weights, check_pairs, ordinal_sample, usable_rows
from mkb21sem.estimate.ordinal_order import order
from mkb21sem.estimate.rowpairs import row_correlations, row_influence
from mkb21sem.linalg import Array, Index

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConditionalMoments:
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
        Of the causes, divisor n.
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
    casewise: Casewise

    @cached_property
    def gamma(self) -> Array:
        """Asymptotic covariance of the statistics times n, (s, s) (lavaan's NACOV)."""
        return self.casewise.gamma()

    @cached_property
    def gamma_diagonal(self) -> Array:
        """Its diagonal alone, (s,)."""
        return self.casewise.diagonal()

    @cached_property
    def influence(self) -> Array:
        """What each row used adds to each statistic, times n, (r, s); gamma is its weighted mean square."""
        return self.casewise.rows()


def conditional_moments(
    y: Array,
    x: Array,
    ordinal: Sequence[bool] | Flags,
    *,
    weights: Array | None = None,
    missing: str = "listwise",
    names: Sequence[str] | None = None,
    causes: Sequence[str] | None = None,
    sampling: bool = False,
) -> ConditionalMoments:
    """Slopes, thresholds and residual correlations of all pairs given x, and their asymptotic covariance.

    Parameters
    ----------
    y, ordinal, weights, missing, names, sampling
        As `polychoric.ordinal_moments`.
    x : (n, q)
        Observed causes, as they are: no cause is ordered or cut here, and a row without all of them is not used.
    causes : (q,)
        Their names; x1, x2, … otherwise.

    Raises
    ------
    FitError
        As `polychoric.ordinal_moments`; a cause is constant or a sum of others; causes decide an answer.
    OptionError
        `missing` is another word, or the shapes don't agree.

    Notes
    -----
    Muthén (1984): an ordered probit or a linear regression of each variable, then the correlation of each pair
    of residuals with the first step held fixed, then the sandwich as in `polychoric.ordinal_moments`.
    """
    y, flags, labels = arrays(y, ordinal, names)
    x, given = _causes(x, causes, len(y))
    draws = case_weights(weights, len(y))
    if len(draws) > 1:
        raise OptionError(f"weights must be one number a row; got {len(draws)} rows of weights.")
    complete = np.isfinite(x).all(axis=1)
    usable = usable_rows(np.where(complete[:, None], y, np.nan), missing)
    rows = np.flatnonzero(usable & (draws[0] > 0))
    weight = draws[0, rows]
    if sampling:
        weight = weight / weight.mean()
    x = x[rows]
    _check_causes(x, given)
    sample = ordinal_sample(y[rows], flags, labels)
    stack = order(labels, flags, sample.answers.size, given)
    steps = _first_step(sample, x, weight, labels)
    margins = _margins(sample, x, weight, steps)
    places = _ordered_first(stack)
    rho, inside = row_correlations(margins, *places)
    check_pairs(rho, stack, labels)
    step = _influence(sample, stack, x, weight, steps)
    influence = np.concatenate([step.influence, row_influence(margins, step, *places, rho)], axis=1)
    found = _packed(stack, steps, rho, inside)
    share = weight / weight.sum()
    x_mean = share @ x
    casewise = Casewise(
        weight**2 if sampling else weight,
        float(weight.sum()),
        stack.size,
        sample.answers.codes,
        sample.answers.most + 1,
        (),
        influence,
        np.arange(stack.size),
        stack.sign,
    )
    return ConditionalMoments(
        stack.names,
        _statistics(stack, *found[:3], found[3]),
        flags,
        *found,
        x_mean,
        ((x - x_mean) * share[:, None]).T @ (x - x_mean),
        float(weight.sum()),
        rows,
        casewise,
    )
