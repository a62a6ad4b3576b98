"""How many respondents of the synthetic wave give each answer, and who gives which.

`synthetic_counts.csv` holds the counts of the reference wave (314 respondents, 256 of them users). Where a
source prints a figure the counts give it; how they are spread otherwise, and between users and non-users,
is reconstruction. A respondent's score only decides the order: the lowest score gets the first code.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Margin:
    """The answers to one question in one group of respondents.

    Attributes
    ----------
    codes
        Answer codes in the order in which rising scores get them.
    counts
        Respondents for each code in the reference wave.
    """

    codes: tuple[int, ...]
    counts: tuple[int, ...]

    def coded(self, score: Array) -> Codes:
        """Codes (n,) for scores (n,): cut by rank, so that the shares are those of the margin."""
        n = score.shape[0]
        codes = np.empty(n, dtype=np.int64)
        codes[np.argsort(score, kind="stable")] = np.repeat(self.codes, apportioned(self.counts, n))
        return codes


@cache
def margins() -> dict[tuple[str, str], Margin]:
    """Every margin of `synthetic_counts.csv` by (item, group)."""
    with files("mkb21sem.survey").joinpath("synthetic_counts.csv").open(encoding="utf-8") as text:
        return {
            (row["item"], row["group"]): Margin(_whole(row["codes"]), _whole(row["counts"]))
            for row in csv.DictReader(text)
        }


def _whole(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split())


def apportioned(counts: Sequence[int], n: int) -> Codes:
    """Scale counts to sum n by largest remainder (Hamilton); ties go to the earlier code."""
    share = np.asarray(counts, dtype=np.int64) * n
    whole, remainder = np.divmod(share, int(np.sum(counts)))
    short = n - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:short]] += 1
    return whole


def nobody_without(codes: Codes, scores: Array, nothing: int) -> Codes:
    """Swap answers so that no row is `nothing` on every item, and no column's counts change.

    A row without anything takes over the answer of a row that keeps another one: of all those answers the one
    whose two scores differ least. While there are at least as many answers other than `nothing` as rows, such
    a row exists.

    Parameters
    ----------
    codes : (n, k)
        Answers, changed in a copy.
    scores : (n, k)
        The scores that the answers were cut from.
    nothing
        The code that means no (0 not ticked, 1 hardly ever).
    """
    codes = codes.copy()
    for empty in np.flatnonzero((codes == nothing).all(axis=1)):
        given = codes != nothing
        spare = given & (given.sum(axis=1, keepdims=True) > 1)
        distance = np.where(spare, np.abs(scores - scores[empty]), np.inf)
        donor, item = np.unravel_index(np.argmin(distance), distance.shape)
        codes[empty, item], codes[donor, item] = codes[donor, item], nothing
    return codes
