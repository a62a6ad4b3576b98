"""Every way along the arrows from one variable to another, and what it amounts to.

A specific effect is the product of the arrows on a path, a total effect the sum over all ways, loops included: with
A the directed arrows and B = (I − A)⁻¹, the total effect of j on i is B[i,j] (Bollen 1989, ch. 8), and

    ∂ a₁a₂…/∂a_t = product of the other arrows        ∂B[i,j]/∂A[r,c] = B[i,r] B[c,j]

so that every gradient is a product of numbers that are there anyway. Simple paths visit no variable twice. In a model
with a loop they are a part of the total effect only: going round the loop again and again is in the total alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt

from mkb21sem.errors import OptionError, closest
from mkb21sem.estimate.implied import Implied, matrices
from mkb21sem.linalg import Array, Index
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT

KINDS = ("direct", "indirect", "total indirect", "total")
ARROW = " -> "
MOST = 20_000
"""Paths that are listed at most; a drawing with more has to be asked for a source or an outcome."""


@dataclass(frozen=True)
class Paths:
    """The q effects of a model, in the order in which they are listed.

    Attributes
    ----------
    layout
        Where the arrows stand.
    source, outcome : (q,)
        Places of the variables among ``layout.variables``.
    kind : (q,)
        One of `KINDS`; ``indirect`` is specific: one path.
    path : (q,)
        The variables on the way, with arrows between them; of a total only its two ends.
    arrows : (q, most)
        Cells on a path, filled up with c, the number of cells; of a total indirect effect the direct arrow,
        which it leaves out.
    looped : (q,)
        Whether a loop can be travelled on the way from source to outcome.
    """

    layout: Layout
    source: Index
    outcome: Index
    kind: npt.NDArray[np.str_]
    path: tuple[str, ...]
    arrows: Index
    looped: npt.NDArray[np.bool_]

    @cached_property
    def total(self) -> npt.NDArray[np.bool_]:
        """Which effects are totals, total indirect ones among them, (q,)."""
        return np.asarray(np.char.startswith(self.kind, "total"))

    def values(self, cells: Array, model: Implied) -> Array:
        """Unstandardised effects (..., g, q) of cell values (..., g, c) and what they imply."""
        whole = self.total
        out = _filled(cells)[..., self.arrows].prod(axis=-1)
        part = np.where((self.kind == "total indirect") & self._direct, out, 0.0)
        return np.where(whole, model.B[..., self.outcome, self.source] - part, out)

    def gradient(self, cells: Array, model: Implied) -> Array:
        """Derivatives of `values` by the free parameters, (..., g, q, k)."""
        layout, q = self.layout, len(self.kind)
        filled = _filled(cells)[..., self.arrows]
        out = np.zeros((*cells.shape[:-1], q, cells.shape[-1] + 1))
        each = np.arange(q)
        for t in range(self.arrows.shape[1]):
            others = np.delete(filled, t, axis=-1).prod(axis=-1)
            out[..., each, self.arrows[:, t]] += others
        out = out[..., :-1]
        left_out = np.where(((self.kind == "total indirect") & self._direct)[:, None], out, 0.0)
        directed = layout.matrix == 0
        row, col = np.where(directed, layout.row, 0), np.where(directed, layout.col, 0)
        through = model.B[..., self.outcome[:, None], row] * model.B[..., col, self.source[:, None]]
        whole = np.where(directed, through, 0.0) - left_out
        return np.where(self.total[:, None], whole, out) @ layout.K

    @cached_property
    def _direct(self) -> npt.NDArray[np.bool_]:
        """Which rows name an arrow, (q,)."""
        return np.asarray(self.arrows[:, 0] < len(self.layout.row))


def _filled(cells: Array) -> Array:
    """Cell values with a 1 behind them, by which shorter paths are filled up."""
    return np.concatenate([cells, np.ones((*cells.shape[:-1], 1))], axis=-1)


def graph(layout: Layout, items: bool = False) -> nx.DiGraph:
    """Arrows with one head, by the places of their variables; each edge has its ``cell``.

    Parameters
    ----------
    layout
        Where each arrow stands. Arrows that are fixed at 0 in all groups are none.
    items
        Whether items that only measure something are outcomes too.
    """
    dead = (layout.offset == 0).all(axis=0) & (layout.K == 0).all(axis=(0, 2))
    whole = nx.DiGraph()
    for cell in np.flatnonzero((layout.matrix == 0) & ~dead):
        tail, head = int(layout.col[cell]), int(layout.row[cell])
        if layout.variables[tail] != INTERCEPT:
            whole.add_edge(tail, head, cell=int(cell), loading=layout.rows[cell].arrow.op == "=~")
    if items:
        return whole
    observed = len(layout.observed)
    only_measure = [
        node
        for node in whole
        if node < observed
        and not whole.out_degree(node)
        and all(kind["loading"] for _, _, kind in whole.in_edges(node, data=True))
    ]
    whole.remove_nodes_from(only_measure)
    whole.remove_nodes_from(list(nx.isolates(whole)))
    return whole


def paths(layout: Layout, source: str | None = None, outcome: str | None = None, items: bool = False) -> Paths:
    """Direct, specific indirect, total indirect and total effects between all variables, or from or to one of them.

    Parameters
    ----------
    layout
        Of the model.
    source, outcome
        Names of variables; None for all.
    items
        As in `graph`.

    Raises
    ------
    OptionError
        A variable that the drawing has not, or more than `MOST` paths.
    """
    drawing = graph(layout, items)
    begins, ends = (_chosen(layout, drawing, *pair) for pair in (("source", source), ("outcome", outcome)))
    listed = list(islice(_listed(layout, drawing, begins, ends), MOST + 1))
    if len(listed) > MOST:
        raise OptionError(f"the model has more than {MOST:,} paths; name a source or an outcome.")
    most = max([1, *(len(row[4]) for row in listed)])
    c = len(layout.row)
    arrows = np.array([[*row[4], *[c] * (most - len(row[4]))] for row in listed], dtype=np.intp).reshape(-1, most)
    return Paths(
        layout,
        np.array([row[0] for row in listed], dtype=np.intp),
        np.array([row[1] for row in listed], dtype=np.intp),
        np.array([row[2] for row in listed], dtype="<U14"),
        tuple(row[3] for row in listed),
        arrows,
        np.array([row[5] for row in listed], dtype=bool),
    )


def _chosen(layout: Layout, drawing: nx.DiGraph, argument: str, name: str | None) -> list[int]:
    """Places of the variables asked for, causes before what they cause."""
    knots = nx.condensation(drawing)
    first = {knot: min(members) for knot, members in knots.nodes("members")}
    ordered = nx.lexicographical_topological_sort(knots, key=first.get)
    order = [node for knot in ordered for node in sorted(knots.nodes[knot]["members"])]
    if name is None:
        return order
    names = [layout.variables[node] for node in order]
    if name not in names:
        raise OptionError(f"{argument}: no arrow of the model starts or ends at `{name}`.{closest(name, names)}")
    return [order[names.index(name)]]


Listed = tuple[int, int, str, str, list[int], bool]


def _listed(layout: Layout, drawing: nx.DiGraph, begins: list[int], ends: list[int]) -> Iterator[Listed]:
    """Rows pair by pair: the direct arrow, each path, their sum, the whole."""
    names = layout.variables
    loops = {node for part in nx.strongly_connected_components(drawing) if len(part) > 1 for node in part}
    for begin in begins:
        below = nx.descendants(drawing, begin)
        for end in ends:
            if end == begin or end not in below:
                continue
            on_the_way = (below | {begin}) & (nx.ancestors(drawing, end) | {end})
            looped = bool(on_the_way & loops)
            short = f"{names[begin]}{ARROW}{names[end]}"
            direct = [drawing.edges[begin, end]["cell"]] if drawing.has_edge(begin, end) else []
            if direct:
                yield begin, end, "direct", short, direct, looped
            several = False
            # Only what leads to the end, or the search would walk every dead end.
            for way in nx.all_simple_paths(drawing.subgraph(on_the_way), begin, end):
                if len(way) > 2:
                    several = True
                    arrows = [drawing.edges[pair]["cell"] for pair in pairwise(way)]
                    yield begin, end, "indirect", ARROW.join(names[node] for node in way), arrows, looped
            if several or looped:
                yield begin, end, "total indirect", short, direct, looped
            yield begin, end, "total", short, [], looped


def stability(layout: Layout, cells: Array) -> Array:
    """Largest absolute eigenvalue of the directed arrows (..., g): below 1 the sum over a loop's rounds is finite.

    Bentler & Freeman (1983). It is 0 for a model without loops.
    """
    drawing = graph(layout)
    if nx.is_directed_acyclic_graph(drawing):
        return np.zeros(cells.shape[:-1])
    A, _ = matrices(layout, cells)
    return np.asarray(np.abs(np.linalg.eigvals(A)).max(axis=-1))
