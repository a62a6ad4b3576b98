"""Correlations and their casewise influence for pairs whose likelihood differs from row to row.

That is every pair with a continuous variable, and, given observed causes, every pair. The first step (thresholds
or mean and variance of each variable, and its slopes) is given; the second step looks for the correlation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.ordered.causepatterns import CausePatterns
from mkb21sem.estimate.ordered.newton import Score, correlations, uncoarsen
from mkb21sem.estimate.ordered.polyserial import (
    Limits,
    RowScores,
    interval,
    interval_scores,
    interval_terms,
    normal,
    normal_scores,
    polyserial_scores,
    polyserial_terms,
    product_moment,
)
from mkb21sem.linalg import Array, Index

CELLS = 1 << 14
"""Rows times pairs that are worked on at a time, so that memory does not grow with both."""


@dataclass(frozen=True, slots=True)
class Margins:
    """The first step: each variable by itself, at each row.

    Attributes
    ----------
    ordinal : (p,) bool
        Which variables are ordered.
    weights : (n, p)
        How many times a row counts for each variable; 0 where the answer is missing.
    limits : (n, p)
        Intervals of the ordered answers; everything where the answer is missing, or the variable continuous.
    z : (n, p)
        Standard scores of the continuous ones; 0 elsewhere.
    sd : (p,)
        Their (residual) standard deviations; 1 for ordered ones.
    codes : (n, p)
        Category of each ordered answer, from 0; past the last where missing or continuous.
    size : (p,)
        Categories of each ordered variable.
    x : (n, q)
        Observed causes.
    patterns
        Tables of the pairs of ordered variables, where the causes take few values.
    """

    ordinal: npt.NDArray[np.bool_]
    weights: Array
    limits: Limits
    z: Array
    sd: Array
    codes: Index
    size: Index
    x: Array
    patterns: CausePatterns | None = None

    def means(self) -> tuple[Array, Array]:
        """E(normal variable | answer), (n, p), and its mean square, (p,)."""
        lower, upper = self.limits.lower, self.limits.upper
        inside = np.maximum(interval(lower, upper), 1e-300)
        mean = np.where(self.ordinal, (normal(lower) - normal(upper)) / inside, self.z)
        count = self.weights.sum(axis=0)
        return mean, (self.weights * mean**2).sum(axis=0) / np.where(count > 0, count, np.nan)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """Casewise influence of the first step's statistics.

    Attributes
    ----------
    influence : (n, s)
        What each row adds to each statistic, times `n`.
    own : p times (d,)
        Columns that belong to each variable: thresholds and slopes, or mean, slopes and variance.
    n
        Sum of the weights.
    """

    influence: Array
    own: tuple[Index, ...]
    n: float


def row_correlations(margins: Margins, first: Index, second: Index) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Correlations of the pairs (first, second), (m,) each; in a mixed pair the ordered variable stands first.

    Returns
    -------
    rho : (m,)
    inside : (m,) bool
        As `newton.correlations`.
    """
    rho, inside = np.empty(len(first)), np.empty(len(first), dtype=bool)
    mean, square = margins.means()
    for kind, places in _blocks(margins, first, second):
        i, j = first[places], second[places]
        if kind == 2 and margins.patterns is not None:
            rho[places], inside[places] = margins.patterns.correlations(i, j)
            continue
        weights = _both(margins, i, j)
        count = weights.sum(axis=0)
        weights = weights / np.where(count > 0, count, np.nan)
        if kind == 0:
            z, other = margins.z[:, i], margins.z[:, j]
            rho[places], inside[places] = product_moment(
                (weights * z * z).sum(axis=0),
                (weights * other * other).sum(axis=0),
                (weights * z * other).sum(axis=0),
            )
            continue
        start = uncoarsen((weights * mean[:, i] * mean[:, j]).sum(axis=0), square[i], square[j])
        rho[places], inside[places] = correlations(_score_of(margins, i, j, weights, kind), start)
    return rho, inside


def _score_of(margins: Margins, i: Index, j: Index, weights: Array, kind: int) -> Score:
    """Weighted sums over the rows of (log π)' and (log π)''; the weights of each pair sum to one."""

    def of(rho: Array, which: Index) -> tuple[Array, Array]:
        pi, slope, bend = _terms(margins, i[which], j[which], rho, kind)
        slope = slope / pi
        w = weights[:, which]
        return (w * slope).sum(axis=0), (w * (bend / pi - slope * slope)).sum(axis=0)

    return of


def row_influence(margins: Margins, step: FirstStep, first: Index, second: Index, rho: Array) -> Array:
    """What each row adds to the covariances rho · sd · sd of the pairs, times n: (n, m).

    With s the score of a row to rho and t that to the first step's parameters, whose influence is u, the
    influence on rho is (n s − Σ s t' u) / Σ s² (Muthén 1984; Muthén & Satorra 1995, with sums of outer products
    for expectations), and the standard deviations add theirs.
    """
    out = np.empty((len(margins.z), len(first)))
    # NaN belongs to a variable that does not vary, whose correlations are NaN themselves.
    known = np.where(np.isfinite(step.influence), step.influence, 0.0)
    for kind, places in _blocks(margins, first, second):
        i, j = first[places], second[places]
        weights = _both(margins, i, j)
        scores = _scores(margins, i, j, rho[places], kind)
        weighted = weights * scores.rho
        bread = np.zeros((step.influence.shape[1], len(i)))
        for members, partial in ((i, scores.first), (j, scores.second)):
            for variable in np.unique(members):
                mine = members == variable
                weighted_partial = tuple(weighted[:, mine] * part[:, mine] for part in partial)
                bread[np.ix_(step.own[variable], mine)] += _cross(
                    margins, int(variable), weighted[:, mine], weighted_partial
                )
        square = (weighted * scores.rho).sum(axis=0)
        own = step.n * np.where(weights > 0, scores.rho, 0.0)
        out[:, places] = (own - known @ bread) / np.where(square > 0, square, np.nan)
    return _scaled(margins, step, first, second, rho, out)


def _scaled(margins: Margins, step: FirstStep, first: Index, second: Index, rho: Array, influence: Array) -> Array:
    """From correlations to covariances: sd_i sd_j dρ + ρ (sd_j dsd_i + sd_i dsd_j)."""
    scaled = influence * (margins.sd[first] * margins.sd[second])
    for members, others in ((first, second), (second, first)):
        for place in np.flatnonzero(~margins.ordinal[members]):
            variable = members[place]
            change = step.influence[:, step.own[variable][-1]] / (2 * margins.sd[variable])
            scaled[:, place] += rho[place] * margins.sd[others[place]] * change
    return scaled


def _blocks(margins: Margins, first: Index, second: Index) -> Iterator[tuple[int, Index]]:
    """Places of the pairs by their number of ordered variables (0, 1, 2), a block at a time."""
    ordered = margins.ordinal[first].astype(int) + margins.ordinal[second]
    size = max(1, CELLS // max(1, len(margins.z)))
    for kind in range(3):
        places = np.flatnonzero(ordered == kind)
        for begin in range(0, len(places), size):
            yield kind, places[begin : begin + size]


def _both(margins: Margins, i: Index, j: Index) -> Array:
    """Weights of the rows where both variables are answered."""
    return np.where(margins.weights[:, j] > 0, margins.weights[:, i], 0.0)


def _terms(margins: Margins, i: Index, j: Index, rho: Array, kind: int) -> tuple[Array, Array, Array]:
    everything = slice(None)
    if kind == 1:
        return polyserial_terms(margins.limits[everything, i], margins.z[:, j], rho)
    return interval_terms(margins.limits[everything, i], margins.limits[everything, j], rho)


def _scores(margins: Margins, i: Index, j: Index, rho: Array, kind: int) -> RowScores:
    everything = slice(None)
    if kind == 0:
        return normal_scores(margins.z[:, i], margins.z[:, j], rho)
    if kind == 1:
        return polyserial_scores(margins.limits[everything, i], margins.z[:, j], rho)
    if margins.patterns is not None:
        return margins.patterns.scores(i, j, rho)
    return interval_scores(margins.limits[everything, i], margins.limits[everything, j], rho)


def _cross(margins: Margins, variable: int, weighted: Array, partial: tuple[Array, ...]) -> Array:
    """Σ s t over the rows, (d, m): s the score to rho, t that to the parameters of one variable.

    `weighted` is w s, and `partial` w s times the score to the limits, or to z.
    """
    x = margins.x
    if margins.ordinal[variable]:
        lower, upper = partial
        answer = (margins.codes[:, variable, None] == np.arange(margins.size[variable])).astype(float)
        to_upper, to_lower = answer.T @ upper, answer.T @ lower
        return np.concatenate([to_upper[:-1] + to_lower[1:], -x.T @ (lower + upper)])
    (to_z,) = partial
    sd, z = margins.sd[variable], margins.z[:, variable]
    variance = -(weighted.sum(axis=0) + z @ to_z) / (2 * sd * sd)
    return np.concatenate([-to_z.sum(axis=0)[None] / sd, -x.T @ to_z / sd, variance[None]])
