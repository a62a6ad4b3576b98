"""A fitted model arrow by arrow, with nothing left to another program's defaults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.linalg import Array


@dataclass(frozen=True, slots=True)
class Cell:
    """An arrow in one group.

    Attributes
    ----------
    fixed
        Its value, or None if it is estimated.
    label
        What parameters share that are equal, or stand in a constraint; empty for one by itself.
    """

    fixed: float | None
    label: str


@dataclass(frozen=True, slots=True)
class Term:
    """An arrow with its cell in each group; ``op`` is =~, ~, ~~, ~1, | (a threshold) or ~*~ (a scale)."""

    lhs: str
    op: str
    rhs: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """An estimated cell that is a linear function of others: label = sum of factor × label + constant."""

    label: str
    parts: tuple[tuple[float, str], ...]
    constant: float


@dataclass(frozen=True, slots=True)
class Statement:
    """A fitted model: its terms, constraints, and bounds by label."""

    terms: tuple[Term, ...]
    combinations: tuple[Combination, ...]
    bounds: tuple[tuple[str, float, float], ...]


def statement(found: Fit) -> Statement:
    """Every arrow of a fit: those that the user wrote, and those that a default added.

    Moments of exogenous variables that are taken from the sample are left out, and so are residual variances of
    ordinal items that follow from the rest (delta parameterisation).
    """
    where = found.layout
    K, c = where.K, len(where.row)
    shared = (K != 0).sum(axis=(0, 1)) > 1
    mixed = (K != 0).sum(axis=2) > 1
    mixed |= ((K != 0) & (K != 1)).any(axis=2) | ((where.offset != 0) & (K != 0).any(axis=2))
    shared |= (K[mixed] != 0).any(axis=0)
    bounded = np.isfinite(where.lower) | np.isfinite(where.upper)
    names = _labels(found, shared | bounded)
    terms, combinations = [], []
    for i in range(c):
        row = where.rows[i]
        if row.sample or row.derived:
            continue
        cells = []
        for g in range(len(where.groups)):
            label = ""
            free = np.flatnonzero(K[g, i])
            if mixed[g, i]:
                label = f"c{i + 1}" + (f"_{g + 1}" if len(where.groups) > 1 else "")
                parts = tuple((float(K[g, i, j]), names[j]) for j in free)
                combinations.append(Combination(label, parts, float(where.offset[g, i])))
            elif free.size:
                label = names[free[0]]
            cells.append(Cell(None if free.size else float(found.cells[g, i]), label))
        arrow = row.arrow
        intercept = arrow.op == "~" and arrow.rhs == "1"
        terms.append(Term(arrow.lhs, "~1" if intercept else arrow.op, "" if intercept else arrow.rhs, tuple(cells)))
    ends = tuple((names[j], float(where.lower[j]), float(where.upper[j])) for j in np.flatnonzero(bounded))
    return Statement(tuple(terms), tuple(combinations), ends)


def _labels(found: Fit, needed: Array) -> list[str]:
    """A label for each parameter that needs one: the user's own where there is one that nothing else bears."""
    where = found.layout
    written = [""] * where.k
    for row, cells in zip(where.rows, where.K.reshape(len(where.rows), where.k), strict=True):
        at = np.flatnonzero(cells)
        if row.arrow.label.isidentifier() and at.size == 1 and cells[at[0]] == 1:
            written[at[0]] = row.arrow.label
    once = {label for label in written if label and written.count(label) == 1}
    return [
        (written[j] if written[j] in once else f"p{j + 1}") if needed[j] or written[j] in once else ""
        for j in range(where.k)
    ]


def one_line(text: str) -> str:
    """Words of the user for a comment or title: on one line, without what would end a string of a program."""
    kept = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return kept.replace("\\", "/").replace('"', "'")


def quoted(text: str) -> str:
    """Text as a string of R, Python or C."""
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(marks.get(mark, mark) for mark in text) + '"'
