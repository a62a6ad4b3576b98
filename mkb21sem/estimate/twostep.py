"""The two steps for a stack of draws: each variable by itself, then each pair.

Pairs of two ordered variables go through their contingency tables, all draws at once; pairs with a continuous
variable go through the rows, draw by draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.bivariate import LIMIT
from mkb21sem.estimate.contingency import Pairs, cell_scores, fill_empty, polychoric
from mkb21sem.estimate.ordinal_gamma import (
    Casewise,
    Lookup,
    cell_influence,
    moment_scores,
    outer_product_influence,
    threshold_influence,
)
from mkb21sem.estimate.ordinal_order import Order
from mkb21sem.estimate.polyserial import Limits
from mkb21sem.estimate.rowpairs import FirstStep, Margins, row_correlations, row_influence
from mkb21sem.estimate.thresholds import Categories, Thresholds, joint_counts, thresholds
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
    def both(self) -> Flags:
        """Which pairs are of two ordered variables, (m,)."""
        ordinal = self.order.ordinal
        return ordinal[self.order.first] & ordinal[self.order.second]

    @property
    def mixed(self) -> tuple[Index, Index, Index]:
        """Places of the other pairs and their variables, an ordered one first."""
        places = np.flatnonzero(~self.both)
        first, second = self.order.first[places], self.order.second[places]
        swap = self.order.ordinal[second]
        return places, np.where(swap, second, first), np.where(swap, first, second)


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
    i, j = (sample.rank[side[sample.both]] for side in (order.first, order.second))
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
    there = np.isfinite(sample.y)
    lower, upper = np.full((n, p), -LIMIT), np.full((n, p), LIMIT)
    edge = np.full((1, tau.shape[1]), LIMIT)
    ends = np.concatenate([-edge, tau, edge])
    ends = np.concatenate([ends, edge])
    every = np.arange(codes.shape[1])
    answered = codes < sample.answers.most
    lower[:, ordinal] = np.where(answered, ends[codes, every], -LIMIT)
    upper[:, ordinal] = np.where(answered, ends[codes + 1, every], LIMIT)
    sd = np.sqrt(variance)
    spread = np.where(sd > 0, sd, np.nan)
    z = np.where(there & ~ordinal, (sample.y - mean) / spread, 0.0)
    everywhere, size = np.full((n, p), sample.answers.most, dtype=np.intp), np.zeros(p, dtype=np.intp)
    everywhere[:, ordinal], size[ordinal] = codes, sample.answers.size
    weighted = np.where(there, weights[:, None], 0.0)
    return Margins(ordinal, weighted, Limits(lower, upper), z, sd, everywhere, size, np.empty((n, 0)))


def casewise(found: TwoStep, draw: int, sampling: bool) -> Casewise:
    """Influence of each row on each statistic in one draw; sampling weights count squared."""
    sample, weights = found.sample, found.draws[draw]
    order, total = sample.order, float(weights.sum())
    by_answer = threshold_influence(found.univariate, found.draws.sum(axis=1))[:, :, draw]
    lookups = (_threshold_lookup(sample, by_answer), _pair_lookup(found, draw, by_answer, total))
    meat = weights**2 if sampling else weights
    answers = sample.answers
    bare = Casewise(
        meat,
        total,
        order.size,
        answers.codes,
        answers.most + 1,
        lookups,
        np.empty((len(meat), 0)),
        np.empty(0, dtype=np.intp),
        np.ones(order.size),
    )
    if order.ordinal.all():
        return bare
    columns, rest = _rest(found, draw, bare)
    return Casewise(meat, total, order.size, answers.codes, answers.most + 1, lookups, rest, columns, order.sign)


def _threshold_lookup(sample: Sample, by_answer: Array) -> Lookup:
    order = sample.order
    variable = sample.rank[order.threshold_of]
    table = by_answer[:, order.threshold_rank, variable]
    return Lookup(table, variable, np.full_like(variable, -1), order.threshold)


def _pair_lookup(found: TwoStep, draw: int, by_answer: Array, total: float) -> Lookup:
    sample = found.sample
    order, both = sample.order, sample.both
    i, j = sample.rank[order.first[both]], sample.rank[order.second[both]]
    mine = slice(draw * len(i), (draw + 1) * len(i))
    scores = cell_scores(found.pairs.some(mine), found.counts[:, :, draw], found.rho[draw, both])
    table = cell_influence(scores, by_answer[:, :, i], by_answer[:, :, j], total)
    return Lookup(table.reshape(len(table) ** 2, len(i)), i, j, order.pair[both])


def _rest(found: TwoStep, draw: int, bare: Casewise) -> tuple[Index, Array]:
    """Influences that take the values of continuous variables: on means, variances and mixed pairs."""
    sample, weights = found.sample, found.draws[draw]
    order, y = sample.order, sample.y
    influence = bare.rows()
    sd = np.sqrt(found.variance[draw])
    for variable in np.flatnonzero(~order.ordinal):
        z = (y[:, variable] - found.mean[draw, variable]) / sd[variable]
        scores = moment_scores(z, sd[variable], np.empty((len(y), 0)))
        influence[:, order.own(int(variable))] = outer_product_influence(scores, weights, bare.total)
    places, first, second = sample.mixed
    margins = _margins(sample, weights, found.univariate.tau[:, draw], found.mean[draw], found.variance[draw])
    step = FirstStep(
        influence[:, : order.size - len(order.pair)],
        tuple(order.own(j) for j in range(y.shape[1])),
        bare.total,
    )
    pairs = row_influence(margins, step, first, second, found.rho[draw, places])
    columns = np.concatenate([order.mean, order.variance, order.pair[places]])
    return columns, np.column_stack([influence[:, order.mean], influence[:, order.variance], pairs])
