"""Pairs of ordered answers given causes that take few values: one table a pattern of causes, instead of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.estimate.ordered.contingency import Pairs, cell_partials, polychoric
from mkb21sem.estimate.ordered.polyserial import RowScores, interval
from mkb21sem.linalg import Array, Index


@dataclass(frozen=True, slots=True)
class CausePatterns:
    """Rows with the same causes taken together.

    Attributes
    ----------
    of : (n,)
        Pattern of each row.
    tau : (K − 1, u, p)
        Thresholds less what the causes add, infinite as ±`LIMIT`.
    counts : (K, K, u, p, p)
        How often each two answers occur together in each pattern, weighted.
    codes : (n, p)
        Category of each answer; past the last where missing.
    """

    of: Index
    tau: Array
    counts: Array
    codes: Index

    def pairs(self, i: Index, j: Index) -> Pairs:
        """What the bivariate step takes, with an axis of patterns."""
        edge = np.full((1, *self.tau.shape[1:]), LIMIT)
        ends = np.concatenate([-edge, self.tau, edge])
        share = interval(ends[:-1], ends[1:])
        return Pairs(self.tau[..., i], self.tau[..., j], share[..., i], share[..., j])

    def correlations(self, i: Index, j: Index) -> tuple[Array, npt.NDArray[np.bool_]]:
        """As `contingency.polychoric`."""
        return polychoric(self.pairs(i, j), self.counts[..., i, j])

    def scores(self, i: Index, j: Index, rho: Array) -> RowScores:
        """Derivatives of each row's log-likelihood, looked up in the tables; zero where an answer is missing."""
        to_rho, first, second = cell_partials(self.pairs(i, j), rho)
        K, _, u, m = to_rho.shape
        a, b = self.codes[:, i], self.codes[:, j]
        there = (a < K) & (b < K)
        cell = ((np.where(there, a, 0) * K + np.where(there, b, 0)) * u + self.of[:, None]) * m + np.arange(m)

        def at_rows(table: Array) -> Array:
            return np.where(there, np.ascontiguousarray(table).ravel().take(cell), 0.0)

        return RowScores(
            at_rows(to_rho),
            (at_rows(first[0]), at_rows(first[1])),
            (at_rows(second[0]), at_rows(second[1])),
        )
