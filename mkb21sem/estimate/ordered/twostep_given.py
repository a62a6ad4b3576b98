"""The two steps given observed causes: each variable on the causes, then each pair of residuals.

Every row has limits of its own here, so that pairs go through the rows and not through tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.estimate.ordered.causepatterns import CausePatterns
from mkb21sem.estimate.ordered.ordinal_gamma import Casewise, moment_scores, outer_product_influence
from mkb21sem.estimate.ordered.ordinal_input import (
    arrays,
    case_weights,
    causes_given,
    check_causes,
    ordinal_sample,
    usable_rows,
)
from mkb21sem.estimate.ordered.polyserial import Limits
from mkb21sem.estimate.ordered.probit import Probit, Regression, ordered_probit, probit_influence, regression
from mkb21sem.estimate.ordered.rowpairs import FirstStep, Margins, row_correlations, row_influence
from mkb21sem.estimate.ordered.thresholds import joint_counts
from mkb21sem.estimate.ordered.twostep import Sample
from mkb21sem.linalg import Array, Index

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Given:
    """What is used.

    Attributes
    ----------
    sample
        The rows.
    x : (n, q)
        Their causes.
    draws : (b, n)
        Their weights.
    rows : (n,)
        Their places among all rows.
    labels, causes : (p,), (q,)
        Names of the variables and of the causes.
    """

    sample: Sample
    x: Array
    draws: Array
    rows: Index
    labels: tuple[str, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TwoStepGiven:
    """Estimates under one row of weights.

    Attributes
    ----------
    univariate : p times
        Each variable on the causes.
    margins
        What that makes of each answer.
    rho, inside : (m,)
        Correlations of all pairs of residuals; `inside` as `newton.correlations`.
    """

    univariate: tuple[Probit | Regression, ...]
    margins: Margins
    rho: Array
    inside: Flags


def given_causes(
    y: Array,
    x: Array,
    ordinal: Sequence[bool] | Flags,
    weights: Array | None,
    missing: str,
    names: Sequence[str] | None,
    causes: Sequence[str] | None,
) -> Given:
    """Check what is given, and keep the rows that are used.

    Raises
    ------
    FitError, OptionError
        As `conditional.conditional_moments`.
    """
    y, flags, labels = arrays(y, ordinal, names)
    x, cause_labels = causes_given(x, causes, len(y))
    draws = case_weights(weights, len(y))
    complete = np.isfinite(x).all(axis=1, keepdims=True)
    usable = usable_rows(np.where(complete, y, np.nan), missing) & (draws > 0).any(axis=0)
    rows = np.flatnonzero(usable)
    sample = ordinal_sample(y[rows], flags, labels, cause_labels)
    return Given(sample, x[rows], draws[:, rows], rows, labels, cause_labels)


def two_step_given(given: Given, weights: Array) -> TwoStepGiven:
    """Each variable on the causes, then each pair of residuals, under one row of weights (n,).

    Raises
    ------
    FitError
        A cause is constant or a sum of others among the rows that count; the causes decide an answer.
    """
    sample, x = given.sample, given.x
    there = np.where(np.isfinite(sample.y), weights[:, None], 0.0)
    univariate: list[Probit | Regression] = []
    n, p = there.shape
    lower, upper = np.full((n, p), -LIMIT), np.full((n, p), LIMIT)
    z, sd = np.zeros((n, p)), np.ones(p)
    check_causes(x[weights > 0], given.causes)
    for j, name in enumerate(given.labels):
        if not np.isfinite(sample.y[:, j]).all():
            check_causes(x[there[:, j] > 0], given.causes)
        if sample.order.ordinal[j]:
            probit = ordered_probit(sample.codes[:, j], int(sample.size[j]), x, there[:, j], name)
            lower[:, j], upper[:, j] = probit.lower, probit.upper
            univariate.append(probit)
        else:
            line = regression(sample.y[:, j], x, there[:, j], name)
            z[:, j], sd[j] = np.nan_to_num(line.z), np.sqrt(line.variance)
            univariate.append(line)
    margins = Margins(
        sample.order.ordinal,
        there,
        Limits(lower, upper),
        z,
        sd,
        sample.codes,
        sample.size,
        x,
        _patterns(sample, x, there, tuple(univariate)),
    )
    rho, inside = row_correlations(margins, *sample.order.ordered_first())
    return TwoStepGiven(tuple(univariate), margins, rho, inside)


def _patterns(
    sample: Sample, x: Array, weights: Array, univariate: tuple[Probit | Regression, ...]
) -> CausePatterns | None:
    """Tables by pattern of the causes, where they have fewer corners than there are rows' limits; else None."""
    levels, of = np.unique(x, axis=0, return_inverse=True)
    K, u, p = sample.answers.most, len(levels), len(univariate)
    if u * (K - 1) ** 2 > 4 * len(x):
        return None
    tau = np.full((K - 1, u, p), LIMIT)
    for j, step in enumerate(univariate):
        if isinstance(step, Probit):
            inner = np.abs(step.tau) < LIMIT
            shifted = step.tau[:, None] - np.where(inner[:, None], levels @ step.slope, 0.0)
            tau[: len(step.tau), :, j] = shifted
    each = np.where(of.ravel() == np.arange(u)[:, None], weights.max(axis=1), 0.0)
    counts = np.zeros((K, K, u, p, p))
    ordered = np.flatnonzero(sample.order.ordinal)
    counts[..., ordered[:, None], ordered] = joint_counts(sample.answers, each)
    return CausePatterns(of.ravel(), tau, counts, sample.codes)


def statistics_given(sample: Sample, found: TwoStepGiven) -> Array:
    """The stack of statistics, (s,)."""
    stack, sd = sample.order, found.margins.sd
    out = np.empty(stack.size)
    for j, step in enumerate(found.univariate):
        if isinstance(step, Probit):
            out[stack.own(j)] = np.concatenate(
                [np.where(np.abs(step.tau) < LIMIT, step.tau, np.copysign(np.inf, step.tau)), step.slope]
            )
        else:
            out[stack.own(j)] = np.concatenate([[-step.mean], step.slope, [step.variance]])
    out[stack.pair] = found.rho * sd[stack.first] * sd[stack.second]
    return out


def casewise_given(given: Given, found: TwoStepGiven, weights: Array, sampling: bool) -> Casewise:
    """Influence of each row on each statistic; sampling weights count squared."""
    sample, stack, n = given.sample, given.sample.order, float(weights.sum())
    influence = np.zeros((len(weights), stack.size))
    there = found.margins.weights
    for j, one in enumerate(found.univariate):
        if isinstance(one, Probit):
            mine = probit_influence(one, found.margins.codes[:, j], given.x, there[:, j], n)
        else:
            scores = moment_scores(one.z, float(found.margins.sd[j]), given.x)
            mine = outer_product_influence(scores, weights, n)
        influence[:, stack.own(j)] = mine
    own = tuple(stack.own(j) for j in range(len(given.labels)))
    step = FirstStep(influence[:, : stack.size - len(stack.pair)], own, n)
    influence[:, stack.pair] = row_influence(found.margins, step, *stack.ordered_first(), found.rho)
    answers, meat = sample.answers, weights**2 if sampling else weights
    return Casewise(
        meat, n, stack.size, answers.codes, answers.most + 1, (), influence, np.arange(stack.size), stack.sign
    )
