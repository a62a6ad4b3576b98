"""The two steps for a stack of draws: each variable by itself, then each pair.

Pairs of two ordered variables go through their contingency tables, all draws at once; pairs with a continuous
variable go through the rows, draw by draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.estimate.ordered.contingency import Pairs, cell_scores, fill_empty, polychoric
from mkb21sem.estimate.ordered.ordinal_gamma import (
    Casewise,
    Lookup,
    cell_influence,
    moment_scores,
    outer_product_influence,
    threshold_influence,
)
from mkb21sem.estimate.ordered.ordinal_order import Order
from mkb21sem.estimate.ordered.polyserial import Limits
from mkb21sem.estimate.ordered.rowpairs import FirstStep, Margins, row_correlations, row_influence
from mkb21sem.estimate.ordered.thresholds import Categories, Thresholds, joint_counts, thresholds
from mkb21sem.linalg import Array, Index

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows that are used, and where their statistics go.

    Attributes
    ----------
    y : (n, p)
        Values of the variables; those of ordered ones are not looked at.
    answers
        The ordered variables alone.
    order
        The stack of statistics.
    """

    y: Array
    answers: Categories
    order: Order

    @property
    def rank(self) -> Index:
        """Place of each variable among the ordered ones, (p,)."""
        return np.cumsum(self.order.ordinal) - 1

    @property
    def codes(self) -> Index:
        """Category of each ordered answer, `answers.most` where missing or continuous, (n, p)."""
        codes = np.full(self.y.shape, self.answers.most, dtype=np.intp)
        codes[:, self.order.ordinal] = self.answers.codes
        return codes

    @property
    def size(self) -> Index:
        """Categories of each variable, 0 for a continuous one, (p,)."""
        size = np.zeros(self.y.shape[1], dtype=np.intp)
        size[self.order.ordinal] = self.answers.size
        return size

    @property
    def both(self) -> Flags:
        """Which pairs are of two ordered variables, (m,)."""
        ordinal = self.order.ordinal
        return ordinal[self.order.first] & ordinal[self.order.second]

    @property
    def mixed(self) -> tuple[Index, Index, Index]:
        """Places of the other pairs and their variables, an ordered one first."""
        places = np.flatnonzero(~self.both)
        first, second = self.order.ordered_first()
        return places, first[places], second[places]


@dataclass(frozen=True, slots=True)
class TwoStep:
    """Estimates of b draws.

    Attributes
    ----------
    sample
        The rows.
    draws : (b, n)
        Weights.
    univariate
        Thresholds of the ordered variables.
    pairs, counts
        Pairs of two ordered variables and their tables (K, K, b, m).
    mean, variance : (b, p)
        0 and 1 for ordered variables.
    rho, inside : (b, m)
        Correlations of all pairs; `inside` as `newton.correlations`.
    """

    sample: Sample
    draws: Array
    univariate: Thresholds
    pairs: Pairs
    counts: Array
    mean: Array
    variance: Array
    rho: Array
    inside: Flags

    def statistics(self) -> Array:
        """The stack of statistics, (b, s)."""
        order = self.sample.order
        found = np.empty((len(self.draws), order.size))
        tau = self.univariate.tau[order.threshold_rank, :, self.sample.rank[order.threshold_of]].T
        found[:, order.threshold] = np.where(np.abs(tau) < LIMIT, tau, np.copysign(np.inf, tau))
        found[:, order.mean] = -self.mean[:, ~order.ordinal]
        found[:, order.variance] = self.variance[:, ~order.ordinal]
        sd = np.sqrt(self.variance)
        found[:, order.pair] = self.rho * sd[:, order.first] * sd[:, order.second]
        return found


def two_step(sample: Sample, draws: Array) -> TwoStep:
    """Thresholds, means, variances and the correlations of all pairs under each row of weights (b, n)."""
    order, b = sample.order, len(draws)
    p = sample.y.shape[1]
    joint = joint_counts(sample.answers, draws)
    single = np.einsum("kkbjj->kbj", joint)
    univariate = thresholds(single)
    i, j = _ordered_pairs(sample)
    counts = joint[:, :, :, i, j]
    pairs = Pairs(
        *(
            part[:, :, side].reshape(len(part), b * len(i))
            for part in (univariate.tau, univariate.share)
            for side in (i, j)
        )
    )
    binary = np.tile((sample.answers.size[i] == 2) & (sample.answers.size[j] == 2), b)
    tables = counts.reshape(*counts.shape[:2], b * len(i))
    rho, inside = np.empty((b, len(order.pair))), np.empty((b, len(order.pair)), dtype=bool)
    both = sample.both
    found, fine = polychoric(pairs, fill_empty(tables, binary))
    rho[:, both], inside[:, both] = found.reshape(b, len(i)), fine.reshape(b, len(i))
    mean, variance = np.zeros((b, p)), np.ones((b, p))
    continuous = ~order.ordinal
    if continuous.any():
        mean[:, continuous], variance[:, continuous] = _normal_moments(sample.y[:, continuous], draws)
        places, first, second = sample.mixed
        for d in range(b):
            margins = _margins(sample, draws[d], univariate.tau[:, d], mean[d], variance[d])
            rho[d, places], inside[d, places] = row_correlations(margins, first, second)
    return TwoStep(sample, draws, univariate, pairs, counts, mean, variance, rho, inside)


def _normal_moments(y: Array, draws: Array) -> tuple[Array, Array]:
    """Means and variances (divisor n) of the answers that are there, (b, c) each."""
    there = np.isfinite(y)
    filled = np.where(there, y, 0.0)
    n = draws @ there
    n = np.where(n > 0, n, np.nan)
    centre = filled.sum(axis=0) / there.sum(axis=0)
    filled = np.where(there, y - centre, 0.0)
    mean = draws @ filled / n
    return mean + centre, np.maximum(draws @ filled**2 / n - mean**2, 0.0)


def _margins(sample: Sample, weights: Array, tau: Array, mean: Array, variance: Array) -> Margins:
    """Every variable at every row, given one draw's thresholds (K − 1, ordered), means and variances (p,)."""
    ordinal, codes = sample.order.ordinal, sample.answers.codes
    n, p = sample.y.shape
    there = np.isfinite(sample.y) & (weights > 0)[:, None]
    lower, upper = np.full((n, p), -LIMIT), np.full((n, p), LIMIT)
    edge = np.full((1, tau.shape[1]), LIMIT)
    ends = np.concatenate([-edge, tau, edge])
    ends = np.concatenate([ends, edge])
    every = np.arange(codes.shape[1])
    answered = (codes < sample.answers.most) & (weights > 0)[:, None]
    lower[:, ordinal] = np.where(answered, ends[codes, every], -LIMIT)
    upper[:, ordinal] = np.where(answered, ends[codes + 1, every], LIMIT)
    sd = np.sqrt(variance)
    spread = np.where(sd > 0, sd, np.nan)
    z = np.where(there & ~ordinal, (sample.y - mean) / spread, 0.0)
    weighted = np.where(there, weights[:, None], 0.0)
    return Margins(ordinal, weighted, Limits(lower, upper), z, sd, sample.codes, sample.size, np.empty((n, 0)))


def casewise(found: TwoStep, draw: int, sampling: bool) -> Casewise:
    """Influence of each row on each statistic in one draw; sampling weights count squared."""
    sample, weights = found.sample, found.draws[draw]
    order, answers = sample.order, sample.answers
    total = float(weights.sum())
    by_answer = threshold_influence(found.univariate, found.draws.sum(axis=1))[:, :, draw]
    if sampling:
        meat = weights**2
        joint = joint_counts(answers, meat[None])[:, :, 0]
        single, together = np.einsum("kkjj->kj", joint), joint[:, :, *_ordered_pairs(sample)]
    else:
        meat = weights
        single, together = (found.univariate.share * found.univariate.count)[:, draw], found.counts[:, :, draw]
    lookups = (
        _threshold_lookup(sample, by_answer, single),
        _pair_lookup(found, draw, by_answer, total, single, together),
    )
    rest, columns = np.empty((len(meat), 0)), np.empty(0, dtype=np.intp)
    if not order.ordinal.all():
        rest, columns = _rest(found, draw, total, lookups[0])
    return Casewise(meat, total, order.size, answers.codes, answers.most + 1, lookups, rest, columns, order.sign)


def _ordered_pairs(sample: Sample) -> tuple[Index, Index]:
    """The pairs of two ordered variables, as places among the ordered ones."""
    both = sample.both
    return sample.rank[sample.order.first[both]], sample.rank[sample.order.second[both]]


def _threshold_lookup(sample: Sample, by_answer: Array, single: Array) -> Lookup:
    order = sample.order
    variable = sample.rank[order.threshold_of]
    table = by_answer[:, order.threshold_rank, variable]
    # A missing answer has no influence on a threshold, so its count does not matter.
    counts = np.concatenate([single, np.zeros((1, single.shape[1]))])[:, variable]
    return Lookup(table, counts, variable, np.full_like(variable, -1), order.threshold)


def _pair_lookup(found: TwoStep, draw: int, by_answer: Array, total: float, single: Array, together: Array) -> Lookup:
    sample = found.sample
    i, j = _ordered_pairs(sample)
    mine = slice(draw * len(i), (draw + 1) * len(i))
    scores = cell_scores(found.pairs.some(mine), found.counts[:, :, draw], found.rho[draw, sample.both])
    table = cell_influence(scores, by_answer[:, :, i], by_answer[:, :, j], total)
    counts = np.zeros_like(table)
    counts[:-1, :-1] = together
    counts[:-1, -1] = np.maximum(single[:, i] - together.sum(axis=1), 0.0)
    counts[-1, :-1] = np.maximum(single[:, j] - together.sum(axis=0), 0.0)
    cells = len(table) ** 2
    columns = sample.order.pair[sample.both]
    return Lookup(table.reshape(cells, len(i)), counts.reshape(cells, len(i)), i, j, columns)


def _rest(found: TwoStep, draw: int, total: float, ordered: Lookup) -> tuple[Array, Index]:
    """Influences that take the values of continuous variables, on means, variances and mixed pairs; their columns."""
    sample, weights = found.sample, found.draws[draw]
    order, y = sample.order, sample.y
    influence = np.zeros((len(y), order.size - len(order.pair)))
    influence[:, order.threshold] = ordered.rows(sample.answers.codes, sample.answers.most + 1)
    sd = np.sqrt(np.where(found.variance[draw] > 0, found.variance[draw], np.nan))
    for variable in np.flatnonzero(~order.ordinal):
        z = (y[:, variable] - found.mean[draw, variable]) / sd[variable]
        scores = moment_scores(z, sd[variable], np.empty((len(y), 0)))
        influence[:, order.own(int(variable))] = outer_product_influence(scores, weights, total)
    places, first, second = sample.mixed
    margins = _margins(sample, weights, found.univariate.tau[:, draw], found.mean[draw], found.variance[draw])
    step = FirstStep(influence, tuple(order.own(j) for j in range(y.shape[1])), total)
    pairs = row_influence(margins, step, first, second, found.rho[draw, places])
    columns = np.concatenate([order.mean, order.variance])
    return np.column_stack([influence[:, columns], pairs]), np.concatenate([columns, order.pair[places]])
