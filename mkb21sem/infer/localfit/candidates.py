"""Arrows that a model might have had: fixed ones, and absent ones that a reader would consider.

As in lavaan: loadings of every construct on every indicator, covariances among the residuals of indicators and among
constructs, regressions among the variables of the structural part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np

from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT
from mkb21sem.specify.parse import Arrow


@dataclass(frozen=True, slots=True)
class Candidate:
    """An arrow in one group that could be set free.

    Attributes
    ----------
    arrow
        With its fixed value, if the layout has it.
    group
        0, 1, …
    cell
        Its place among the layout's cells; None if it is absent.
    """

    arrow: Arrow
    group: int
    cell: int | None = None


def candidates(where: Layout) -> tuple[Candidate, ...]:
    """Everything that may be freed in a layout, group by group.

    Left out is what concerns exogenous variables held at the sample's moments: those moments, which fit anyway, and
    arrows that point at such a variable, which would make it an outcome. ``fixed_x=False`` lets them in. Arrows that
    start at an ordinal item need ``parameterization="theta"``.
    """
    absent = tuple(arrow for arrow in _absent(where) if not _of_an_item_without_residual(where, arrow))
    c = len(where.row)
    found = []
    for group in range(len(where.groups)):
        for cell, row in enumerate(where.rows[group * c : (group + 1) * c]):
            if not (row.free or row.sample or row.derived):
                found.append(Candidate(row.arrow, group, cell))
        found += [Candidate(arrow, group) for arrow in absent]
    return tuple(found)


def _of_an_item_without_residual(where: Layout, arrow: Arrow) -> bool:
    """Whether an arrow starts at an ordinal item under delta, where such a model is refused."""
    return where.parameterization == "delta" and arrow.heads == 1 and arrow.tail in dict(where.thresholds)


def _absent(where: Layout) -> Iterator[Arrow]:
    present = {row.arrow.cell for row in where.rows}
    for arrow in _considered(where):
        if arrow.cell not in present:
            present.add(arrow.cell)
            yield arrow


def _considered(where: Layout) -> Iterator[Arrow]:
    measured = {a.rhs for a in where.model.arrows if a.op == "=~"}
    items = [name for name in where.observed if name in measured]
    for construct in where.latent:
        yield from (Arrow(construct, "=~", item) for item in items)
    for names in (items, where.latent):
        yield from (Arrow(one, "~~", other) for one, other in combinations(names, 2))
    regressions = [a for a in where.model.arrows if a.op == "~" and a.rhs != INTERCEPT]
    structural = dict.fromkeys([a.lhs for a in regressions] + [a.rhs for a in regressions])
    for outcome, source in permutations(structural, 2):
        if outcome not in where.exogenous:
            yield Arrow(outcome, "~", source)


def augmented(where: Layout, more: Sequence[Candidate]) -> Layout:
    """The layout with one more free parameter for each candidate, behind its own ones."""
    place = {name: i for i, name in enumerate(where.variables)}
    new = list(dict.fromkeys(c.arrow.cell for c in more if c.cell is None))
    c, k = len(where.row), where.k
    K = np.zeros((len(where.groups), c + len(new), k + len(more)))
    K[:, :c, :k] = where.K
    for j, candidate in enumerate(more):
        cell = c + new.index(candidate.arrow.cell) if candidate.cell is None else candidate.cell
        K[candidate.group, cell, k + j] = 1.0
    ends = np.array([(place[one], place[other], heads == "<->") for one, other, heads in new], dtype=np.intp)
    tail, head, matrix = ends.reshape(-1, 3).T
    none = np.full(len(more), np.nan)
    return replace(
        where,
        matrix=np.append(where.matrix, matrix),
        row=np.append(where.row, np.where(matrix == 1, np.minimum(tail, head), head)),
        col=np.append(where.col, np.where(matrix == 1, np.maximum(tail, head), tail)),
        sample=np.append(where.sample, np.zeros(len(new), dtype=bool)),
        K=K,
        offset=np.pad(where.offset, ((0, 0), (0, len(new)))),
        names=(*where.names, *(f"{c.arrow.lhs}{c.arrow.op}{c.arrow.rhs}" for c in more)),
        lower=np.append(where.lower, -np.inf * np.ones(len(more))),
        upper=np.append(where.upper, np.inf * np.ones(len(more))),
        start=np.append(where.start, none),
    )
