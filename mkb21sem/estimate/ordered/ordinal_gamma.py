"""Casewise influence of the statistics of ordered variables, and the covariance it gives.

Each statistic is asymptotically a mean over rows; what a row adds to it, times n, is its influence. Gamma is the
mean product of influences. In Muthén's (1984) two steps a correlation moves with its own score and with the
thresholds it was computed from; tables of influence by cell say both at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mkb21sem.estimate.ordered.contingency import CellScores
from mkb21sem.estimate.ordered.thresholds import Thresholds
from mkb21sem.linalg import Array, Index

ROWS = 8192
"""Rows that are worked on at a time, so that memory does not grow with the sample."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Influences that depend on the answers to one or two ordered variables only.

    Attributes
    ----------
    table : (cells, c)
        Influence of each cell on each of c statistics; the last category is a missing answer.
    counts : (cells, c)
        Rows in each cell, weighted as `Casewise.weights`.
    first, second : (c,)
        The ordered variables behind each statistic; `second` is −1 for a threshold.
    columns : (c,)
        Places of these statistics.
    """

    table: Array
    counts: Array
    first: Index
    second: Index
    columns: Index

    def rows(self, codes: Index, categories: int) -> Array:
        """Influence at rows with these answers, (n, c)."""
        cell = codes[:, self.first]
        if (self.second >= 0).any():
            cell = cell * categories + codes[:, self.second]
        cell *= self.table.shape[1]
        cell += np.arange(self.table.shape[1])
        return self.table.ravel().take(cell)


@dataclass(frozen=True, slots=True)
class Casewise:
    """Influence of every row on every statistic.

    Attributes
    ----------
    weights : (n,)
        How many times each row counts in the product of influences.
    total
        Sum of the weights of the estimates.
    size
        Number of statistics.
    codes : (n, p)
        Answers to the ordered variables, `categories` − 1 where missing.
    categories
        Categories, the missing one included.
    lookups
        Statistics of ordered variables alone.
    rest : (n, c)
        Influence on all others, which stand at `rest_columns`.
    rest_columns : (c,)
        Their places.
    sign : (s,)
        −1 where the statistic is minus what the influence was computed for.
    """

    weights: Array
    total: float
    size: int
    codes: Index
    categories: int
    lookups: tuple[Lookup, ...]
    rest: Array
    rest_columns: Index
    sign: Array

    def rows(self, some: slice = slice(None)) -> Array:
        """Influence of these rows, (n, s)."""
        codes = self.codes[some]
        out = np.empty((len(self.weights[some]), self.size))
        for lookup in self.lookups:
            out[:, lookup.columns] = lookup.rows(codes, self.categories)
        out[:, self.rest_columns] = self.rest[some]
        out *= self.sign
        return out

    def blocks(self) -> Iterator[Array]:
        """The same times the root of the weights, a block of rows at a time."""
        for begin in range(0, len(self.weights), ROWS):
            block = slice(begin, begin + ROWS)
            influence = self.rows(block)
            weights = self.weights[block]
            if not (weights == 1).all():
                influence *= np.sqrt(weights)[:, None]
            yield influence

    def gamma(self) -> Array:
        """Asymptotic covariance of the statistics times n, (s, s)."""
        total = np.zeros((self.size, self.size))
        for influence in self.blocks():
            total += influence.T @ influence
        return total / self.total

    def diagonal(self) -> Array:
        """The diagonal of `gamma` without the rest of it, (s,); that of ordered variables needs no rows."""
        total = np.empty(self.size)
        for lookup in self.lookups:
            total[lookup.columns] = np.einsum("cs,cs,cs->s", lookup.table, lookup.table, lookup.counts)
        total[self.rest_columns] = np.einsum("rs,rs,r->s", self.rest, self.rest, self.weights)
        return total / self.total


def threshold_influence(found: Thresholds, n: Array) -> Array:
    """Influence on τ_k of an answer in category a: (1[a ≤ k] − Φ(τ_k)) / φ(τ_k), times n over the answers.

    Parameters
    ----------
    found
        Thresholds of b draws and p variables.
    n : (b,)
        Sum of the weights of each draw.

    Returns
    -------
    Array
        (K + 1, K − 1, b, p); the last category is a missing answer, without influence. 0 at an infinite
        threshold, which has none.
    """
    K = len(found.share)
    height = np.exp(-(found.tau**2) / 2) / np.sqrt(2 * np.pi)
    scale = np.where(height > 0, n[:, None] / np.where(height > 0, height * found.count, 1.0), 0.0)
    below = (np.arange(K)[:, None] <= np.arange(K - 1)).astype(float)
    out = np.zeros((K + 1, *found.tau.shape))
    out[:-1] = (below[:, :, None, None] - found.cumulative) * scale
    return out


def cell_influence(scores: CellScores, first: Array, second: Array, n: float) -> Array:
    """Influence on the correlation of a pair by its cell: (n s(a, b) − v(a) − w(b)) / Σ s².

    v(a) = Σ_k c_k u_k(a), where c is the sum over rows of the products of scores to rho and to the thresholds,
    and u the thresholds' influence; w(b) is the same for the other variable.

    Parameters
    ----------
    scores
        Of m pairs.
    first, second : (K + 1, K − 1, m)
        `threshold_influence` of both variables.
    n
        Sum of the weights.

    Returns
    -------
    Array
        (K + 1, K + 1, m); the last category is a missing answer.
    """
    v = (first * scores.cross).sum(axis=1)
    w = (second * scores.other_cross).sum(axis=1)
    out = -(v[:, None] + w[None, :])
    out[:-1, :-1] += n * scores.rho
    square = np.where(scores.square > 0, scores.square, np.nan)
    return out / square


def outer_product_influence(scores: Array, weights: Array, n: float) -> Array:
    """Influence n · s (Σ w s s')⁻¹ of maximum likelihood estimates with casewise scores s.

    Parameters
    ----------
    scores : (n, d)
        Zero where the answer is missing.
    weights : (n,)
        How many times each row counts.
    n
        Sum of all weights.

    Returns
    -------
    Array
        (n, d); NaN where the scores are linearly dependent: the variable takes too few values in these rows.
    """
    size = np.sqrt(np.einsum("rd,rd,r->d", scores, scores, weights))
    unit = scores / np.where(size > 0, size, np.nan)
    information = (unit * weights[:, None]).T @ unit
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min(initial=1.0) < 1e-12:
        return np.full_like(scores, np.nan)
    return np.asarray(n * np.linalg.solve(information, unit.T).T / size)


def moment_scores(z: Array, sd: float, x: Array) -> Array:
    """Scores of a normal variable to its mean, its slopes on x and its variance, (n, 2 + q).

    Parameters
    ----------
    z : (n,)
        Standard scores; NaN where missing, whose scores are zero.
    """
    there = np.isfinite(z)
    filled = np.where(there, z, 0.0)
    variance = np.where(there, (filled**2 - 1) / (2 * sd**2), 0.0)
    return np.column_stack([filled / sd, filled[:, None] * x / sd, variance])


@dataclass(frozen=True, kw_only=True)
class Influenced:
    """Sample statistics that know what each row adds to them; computed when asked for, and once."""

    casewise: Casewise

    @cached_property
    def gamma(self) -> Array:
        """Asymptotic covariance of the statistics times n, (s, s) (lavaan's NACOV)."""
        return self.casewise.gamma()

    @cached_property
    def gamma_diagonal(self) -> Array:
        """Its diagonal alone, (s,): one over the weights of DWLS."""
        return self.casewise.diagonal()

    @cached_property
    def influence(self) -> Array:
        """What each row used adds to each statistic, times n, (r, s); gamma is its weighted mean square."""
        return self.casewise.rows()
