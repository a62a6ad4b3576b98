"""Where the cells of a layout stand in the matrices of `factored`, and which variables are causes and ends there."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from mkb21sem.linalg import Array, Index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True, slots=True)
class Places:
    """Where the cells of a layout stand in Λ, A_cc, S_cc and Θ, and in the derivatives by these.

    Attributes
    ----------
    ends : (e,)
        Which observed variables are ends.
    x : (x,), causes : (x,)
        Which observed variables are causes, and their numbers among the causes.
    q
        How many causes there are.
    looped
        Whether an arrow leads from one cause to another.
    blank : (d,)
        Λ, A_cc, S_cc and Θ (its diagonal, or all of it if ``joint``) one after the other, without the cells.
    into, cell : (m,)
        Place in these, and the cell that stands there.
    joint
        Numbers of the ends whose residuals covary, (blocks, size) for each size of block from 2.
    order : (c,)
        Place of the derivative by each cell in those by Λ, A_cc, S_cc and Θ, one after the other, and a last 0.
    s : (c,)
        ½ on the diagonal of S.
    """

    ends: Index
    x: Index
    causes: Index
    q: int
    looped: bool
    blank: Array
    into: Index
    cell: Index
    joint: tuple[Index, ...]
    order: Index
    s: Array


def places(layout: Layout) -> Places:
    """Places of the cells of a layout."""
    p, v = layout.p, layout.v
    one, two = layout.matrix == 0, layout.matrix == 1
    A, S = np.zeros((v, v), dtype=np.intp), np.zeros((v, v), dtype=np.intp)
    zero = ~layout.sample & (layout.K == 0).all(axis=(0, 2)) & (layout.offset == 0).all(axis=0)
    numbers = np.where(zero, 0, np.arange(1, len(layout.row) + 1))
    A[layout.row[one], layout.col[one]] = numbers[one]
    S[layout.row[two], layout.col[two]] = S[layout.col[two], layout.row[two]] = numbers[two]
    if layout.meanstructure:
        S[p - 1, p - 1] = -1
    joint, single = _residuals(S, np.setdiff1d(np.arange(p), layout.causes), layout.causes)
    ends = np.sort(np.concatenate([single, *(sets.ravel() for sets in joint)])).astype(np.intp)
    c = np.union1d(layout.causes, np.setdiff1d(np.arange(p), ends))
    Theta = S[np.ix_(ends, ends)]
    blocks = [A[np.ix_(ends, c)], A[np.ix_(c, c)], S[np.ix_(c, c)], Theta if joint else np.diagonal(Theta)]
    flat = np.concatenate([block.ravel() for block in blocks])
    into = np.flatnonzero(flat > 0)
    order = np.full(len(numbers), len(flat))
    order[flat[into] - 1] = into
    return Places(
        ends,
        c[c < p],
        np.flatnonzero(c < p),
        len(c),
        bool(blocks[1].any()),
        (flat < 0).astype(float),
        into,
        flat[into] - 1,
        tuple(np.searchsorted(ends, sets) for sets in joint),
        order,
        np.where(two & (layout.row == layout.col), 0.5, 1.0),
    )


def _residuals(S: Index, free: Index, causes: Index) -> tuple[tuple[Index, ...], Index]:
    """Sets (sets, size) of ends whose residuals covary, by size from 2, and ends whose residual stands alone.

    Variables without a residual variance, or whose residuals covary with a cause, are left out with all that they
    covary with.
    """
    sets = [sorted(part) for part in nx.connected_components(nx.from_numpy_array(S[np.ix_(free, free)] > 0))]
    kept = [free[part] for part in sets if (S[free[part], free[part]] > 0).all() and not S[free[part]][:, causes].any()]
    sizes = sorted({len(part) for part in kept} - {1})
    alone = np.array([part[0] for part in kept if len(part) == 1], dtype=np.intp)
    return tuple(np.array([part for part in kept if len(part) == size]) for size in sizes), alone
