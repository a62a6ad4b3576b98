"""Ordered answers: their categories, how often each is given, and the thresholds between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from mkb21sem.errors import FitError
from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.linalg import Array, Index

MOST_CATEGORIES = 30
ROWS = 8192
"""Rows that are worked on at a time, so that memory does not grow with the sample."""


@dataclass(frozen=True, slots=True)
class Categories:
    """Ordered answers as ranks of the codes that occur: a code that nobody gave is no category.

    Attributes
    ----------
    codes : (n, p)
        0 to `size` − 1; `most` where the answer is missing.
    size : (p,)
        Number of categories of each variable.
    most
        The largest number, K.
    """

    codes: Index
    size: Index
    most: int


def categories(y: Array, names: Sequence[str]) -> Categories:
    """Rank the codes of each variable; any increasing recoding gives the same.

    Parameters
    ----------
    y : (n, p)
        Codes; NaN is a missing answer.
    names : (p,)
        For messages.

    Raises
    ------
    FitError
        A variable has one category, or more than `MOST_CATEGORIES`.
    """
    used = [np.unique(column[np.isfinite(column)]) for column in y.T]
    problems = [
        f"`{name}` is ordered and has one answer only ({seen[0]:g}); leave it out."
        if len(seen) == 1
        else f"`{name}` has no answers at all; leave it out."
        for name, seen in zip(names, used, strict=True)
        if len(seen) < 2
    ]
    problems += [
        f"`{name}` is ordered and has {len(seen)} different values, at most {MOST_CATEGORIES} were expected; "
        "leave it out of `ordered`."
        for name, seen in zip(names, used, strict=True)
        if len(seen) > MOST_CATEGORIES
    ]
    if problems:
        raise FitError("\n".join(problems))
    size = np.array([len(seen) for seen in used], dtype=np.intp)
    most = int(size.max(initial=2))
    codes = np.full(y.shape, most, dtype=np.intp)
    for j, seen in enumerate(used):
        there = np.isfinite(y[:, j])
        codes[there, j] = np.searchsorted(seen, y[there, j])
    return Categories(codes, size, most)


def joint_counts(answers: Categories, weights: Array) -> Array:
    """How often each two answers occur together, weighted: (K, K, b, p, p).

    Parameters
    ----------
    weights : (b, n)
        One row a draw: how many times each row of the sample counts.

    Notes
    -----
    The diagonal of the last two axes holds the counts of single variables. Rows where either answer is missing
    count in no cell. It is one matrix product: indicators' weights indicators.
    """
    K, p, b = answers.most, answers.codes.shape[1], len(weights)
    total = np.zeros((b, p * K, p * K))
    for start in range(0, len(answers.codes), ROWS):
        block = answers.codes[start : start + ROWS]
        indicators = (block[:, :, None] == np.arange(K)).astype(float).reshape(len(block), -1)
        for draw, row in enumerate(weights[:, start : start + ROWS]):
            weighted = indicators if (row == 1).all() else indicators * row[:, None]
            total[draw] += weighted.T @ indicators
    return total.reshape(b, p, K, p, K).transpose(2, 4, 0, 1, 3)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Univariate step of Olsson (1979): the normal scores of the cumulative proportions.

    Attributes
    ----------
    count : (b, p)
        Weighted answers to each variable.
    share : (K, b, p)
        Proportion of each category.
    cumulative : (K − 1, b, p)
        Proportion at or below each category but the last.
    tau : (K − 1, b, p)
        Thresholds, infinite as ±`LIMIT`; those beyond the last category of a variable are `LIMIT`.
    """

    count: Array
    share: Array
    cumulative: Array
    tau: Array


def thresholds(counts: Array) -> Thresholds:
    """Thresholds τ = Φ⁻¹(cumulative proportion) from counts (K, b, p).

    A category without answers in a draw leaves two thresholds equal, or one infinite.
    """
    total = counts.sum(axis=0)
    share = counts / np.where(total > 0, total, np.nan)
    cumulative = np.cumsum(counts, axis=0)[:-1] / np.where(total > 0, total, np.nan)
    # A last category without answers: what rounding leaves of one.
    empty_above = np.cumsum(counts[::-1], axis=0)[::-1][1:] == 0
    cumulative = np.where(empty_above, 1.0, cumulative)
    return Thresholds(total, share, cumulative, np.clip(ndtri(cumulative), -LIMIT, LIMIT))
