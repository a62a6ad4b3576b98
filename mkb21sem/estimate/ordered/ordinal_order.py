"""In which order the statistics of ordered and continuous variables are stacked: lavaan's.

1. As the variables come: the thresholds of an ordered one (`u1|t1`, `u1|t2`, …), minus the mean or intercept of a
   continuous one (`u7~1`).
2. Given causes, the slopes: all variables on the first cause (`u1~z1`, `u2~z1`, …), then on the next.
3. The variances of the continuous variables (`u7~~u7`); residual variances given causes.
4. The off-diagonal of the covariance matrix, lower triangle column by column (`u1~~u2`, `u1~~u3`, …).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mkb21sem.linalg import Array, Index, vech_index


@dataclass(frozen=True, slots=True)
class Order:
    """Places of the statistics.

    Attributes
    ----------
    names : (s,)
        Of the statistics.
    ordinal : (p,) bool
        Which variables are ordered.
    threshold : (t,)
        Columns of the thresholds.
    threshold_of, threshold_rank : (t,)
        The variable of each threshold, and its number from 0.
    mean, variance : (c,)
        Columns of the c continuous variables' (minus) means, and of their variances.
    slope : (p, q)
        Columns of the slopes.
    pair : (m,)
        Columns of the covariances.
    first, second : (m,)
        Their variables, the earlier one first.
    """

    names: tuple[str, ...]
    ordinal: npt.NDArray[np.bool_]
    threshold: Index
    threshold_of: Index
    threshold_rank: Index
    mean: Index
    slope: Index
    variance: Index
    pair: Index
    first: Index
    second: Index

    @property
    def size(self) -> int:
        """Number of statistics."""
        return len(self.names)

    @property
    def sign(self) -> Array:
        """−1 for a mean, 1 for all others, (s,)."""
        sign = np.ones(self.size)
        sign[self.mean] = -1.0
        return sign

    def square(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values of the pairs (…, m) as symmetric matrices with ones on the diagonal, (…, p, p)."""
        p = len(self.ordinal)
        out = np.ones((*values.shape[:-1], p, p), dtype=values.dtype)
        out[..., self.first, self.second] = values
        out[..., self.second, self.first] = values
        return out

    def ordered_first(self) -> tuple[Index, Index]:
        """Variables of the pairs, (m,) each; in a mixed pair the ordered one first."""
        swap = self.ordinal[self.second] & ~self.ordinal[self.first]
        return np.where(swap, self.second, self.first), np.where(swap, self.first, self.second)

    def own(self, variable: int) -> Index:
        """Columns of the first step of one variable: thresholds and slopes, or mean, slopes and variance."""
        slopes = self.slope[variable]
        if self.ordinal[variable]:
            return np.concatenate([self.threshold[self.threshold_of == variable], slopes])
        place = int((~self.ordinal[:variable]).sum())
        return np.concatenate([self.mean[[place]], slopes, self.variance[[place]]])


def order(
    variables: Sequence[str],
    ordinal: npt.NDArray[np.bool_],
    sizes: Sequence[int] | Index,
    causes: Sequence[str] = (),
) -> Order:
    """Stack the statistics of these variables.

    Parameters
    ----------
    variables : (p,)
        Their names.
    ordinal : (p,)
        Which are ordered.
    sizes
        Number of categories of each ordered variable, in their order.
    causes : (q,)
        Names of the observed causes.
    """
    p, q = len(variables), len(causes)
    left = iter(sizes)
    names: list[str] = []
    mean: list[int] = []
    thresholds: list[tuple[int, int, int]] = []
    for j, (name, ordered) in enumerate(zip(variables, ordinal, strict=True)):
        if not ordered:
            mean.append(len(names))
            names.append(f"{name}~1")
            continue
        for k in range(int(next(left)) - 1):
            thresholds.append((len(names), j, k))
            names.append(f"{name}|t{k + 1}")
    slope = len(names) + np.arange(q * p).reshape(q, p).T
    names += [f"{name}~{cause}" for cause in causes for name in variables]
    variance = len(names) + np.arange(len(mean))
    names += [f"{name}~~{name}" for name, ordered in zip(variables, ordinal, strict=True) if not ordered]
    second, first = vech_index(p, diagonal=False)
    pair = len(names) + np.arange(len(first))
    names += [f"{variables[i]}~~{variables[j]}" for i, j in zip(first, second, strict=True)]
    column, of, rank = np.array(thresholds, dtype=np.intp).reshape(-1, 3).T
    return Order(
        tuple(names),
        np.asarray(ordinal, dtype=bool),
        column,
        of,
        rank,
        np.array(mean, dtype=np.intp),
        slope,
        variance,
        pair,
        first,
        second,
    )
