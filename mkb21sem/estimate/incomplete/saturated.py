"""The saturated model of incomplete rows: information and scores about its means and covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mkb21sem.estimate.incomplete.pairsums import pair_sum
from mkb21sem.estimate.incomplete.patterns import restricted_inverse, weighted_rows
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.quadratic import normal_weight
from mkb21sem.linalg import Array, Index, symmetric, vech_index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True)
class Saturated:
    """One group at its saturated moments: means, then vech of the covariances, without those of held variables.

    Attributes
    ----------
    counted : (m,)
        Places of these moments among all.
    cov : (p, p)
        Saturated covariances.
    A : (m, m)
        Observed information of an incomplete row.
    inverse : (m, m)
        A⁻¹.
    score : (n, m)
        Score of each row, times its weight.
    """

    counted: Index
    cov: Array
    A: Array
    inverse: Array
    score: Array

    @cached_property
    def W(self) -> Array:
        """Information of a complete row, (m, m)."""
        return normal_weight(self.cov, True)[np.ix_(self.counted, self.counted)]

    @property
    def trace(self) -> float:
        """Sum over the rows of s'A⁻¹s."""
        return float(((self.score @ self.inverse) * self.score).sum())


def saturated(where: Layout, sample: Moments, g: int) -> Saturated:
    """Information and scores of group g about its saturated moments."""
    group = sample.patterns[g]
    C, counted = _slope(where, sample.mean[g])
    P, _ = restricted_inverse(sample.augmented(True)[g], group)
    share = group.n / group.n.sum()
    A = symmetric(pair_sum(P, P @ group.square @ P - P / 2, share, C))
    row, col = vech_index(P.shape[-1])
    v = weighted_rows(P, group)
    half = np.where(row == col, 0.5, 1.0)
    score = (half * (v[:, row] * v[:, col] - P[:, row, col][group.of_row])) @ C
    return Saturated(counted, sample.cov[g], A, symmetric(np.linalg.inv(A)), score * group.weights[:, None])


def _slope(where: Layout, mean: Array) -> tuple[Array, Index]:
    """Derivative of the moments about zero, with the constant, by means and covariances; and which of these vary."""
    p = len(where.observed)
    row, col = vech_index(p)
    whole_row, whole_col = vech_index(p + 1)
    place = np.zeros((p + 1, p + 1), dtype=np.intp)
    place[whole_row, whole_col] = place[whole_col, whole_row] = np.arange(len(whole_row))
    C = np.zeros((len(whole_row), p + len(row)))
    C[place[row, col], p + np.arange(len(row))] = 1.0
    for j in range(p):
        C[place[j, :p], j] += mean
        C[place[j, j], j] += mean[j]
        C[place[j, p], j] = 1.0
    held = np.array([name in where.exogenous for name in where.observed])
    counted = np.flatnonzero(~np.concatenate([held, held[row] & held[col]]))
    return C[:, counted], counted


def saturated_trace(groups: Sequence[Saturated], share: Array) -> float:
    """tr A⁻¹B of the saturated model of all groups: n times the scaling factor of its likelihood.

    Parameters
    ----------
    groups
        The saturated model.
    share : (g,)
        n_g/N.
    """
    n = sum(len(group.score) for group in groups)
    return sum(group.trace / size for group, size in zip(groups, share, strict=True)) / n
