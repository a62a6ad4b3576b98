"""Rows of nodes found by a descent on the drawing itself.

Arrows taken as straight lines should pass no node, cross seldom, be short and level, and leave a node at clearly
different angles. The costs of all moves from an arrangement are computed at once; the cheapest is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt

from mkb21sem.report.drawing.geometry import Array, Flags, apart

Rows = npt.NDArray[np.intp]
BESIDE = 14.0
"""Space in points that an arrow and its neighbour node need."""
NO_BOX = np.array([np.nan] * 4)


@dataclass(frozen=True)
class Plan:
    """What is to be placed.

    Attributes
    ----------
    graph
        Arrows with one head between the nodes; nodes in the order of the spec.
    half
        Node → half width and half height in points.
    arcs
        Pairs joined by an arrow with two heads.
    boxes
        Node → side → box (4,) of what hangs on it, relative to its centre; sides in order of preference.
    tied
        Pairs of nodes whose hanging items covary: they should hang on the same side.
    gap, pitch
        Space between layers, and between the centres of two nodes that stand one above the other.
    short
        An arrow shorter than this hardly shows beside its number.
    """

    graph: nx.DiGraph
    half: Mapping[str, tuple[float, float]]
    arcs: Sequence[tuple[str, str]] = ()
    boxes: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    tied: Sequence[tuple[str, str]] = ()
    gap: float = 40.0
    pitch: float = 68.0
    short: float = 60.0


def _through(start: Array, end: Array, boxes: Array) -> Array:
    """Share (...) of the straight ways from (..., 2) to (..., 2) that lies in boxes (..., 4)."""
    along = end - start
    along = np.where(np.abs(along) < 1e-9, 1e-9, along)
    one, other = (boxes[..., :2] - start) / along, (boxes[..., 2:] - start) / along
    enter = np.maximum(np.minimum(one, other).max(-1), 0.0)
    leave = np.minimum(np.maximum(one, other).min(-1), 1.0)
    return np.asarray(np.maximum(leave - enter, 0.0))


class Descent:
    """Cost of many arrangements at once, and moves that lower it.

    An arrangement is a row for each node (in half pitches) and a side for each hanging box.
    """

    def __init__(self, plan: Plan, layer: Mapping[str, int], sides: Mapping[str, list[str]]) -> None:
        self.plan, self.names = plan, list(plan.graph)
        at = {name: i for i, name in enumerate(self.names)}
        self.layer = np.array([layer[n] for n in self.names])
        self.half = np.array([plan.half[n] for n in self.names])
        widest = [self.half[self.layer == k, 0].max() for k in range(self.layer.max() + 1)]
        step = np.array([a + b + plan.gap for a, b in pairwise(widest)])
        self.x = np.concatenate([[0.0], np.cumsum(step)])[self.layer]
        self.edges = np.array([(at[t], at[h]) for t, h in plan.graph.edges], dtype=np.intp).reshape(-1, 2)
        self.arcs = np.array([(at[t], at[h]) for t, h in plan.arcs], dtype=np.intp).reshape(-1, 2)
        self.tied = np.array([(at[t], at[h]) for t, h in plan.tied], dtype=np.intp).reshape(-1, 2)
        self.options = [sides.get(n, [""]) for n in self.names]
        most = max(map(len, self.options))
        self.boxes = np.full((len(self.names), most, 4), np.nan)
        self.word = np.full((len(self.names), most), "", dtype="<U5")
        for i, name in enumerate(self.names):
            for j, side in enumerate(self.options[i]):
                self.word[i, j] = side
                self.boxes[i, j] = plan.boxes.get(name, {}).get(side, NO_BOX)
        self.hung = np.flatnonzero(np.isfinite(self.boxes[:, 0, 0]))
        pairs = list(combinations(range(len(self.edges)), 2))
        self.pairs = np.array(pairs, dtype=np.intp).reshape(-1, 2)
        self.level = np.array(
            [p for p in combinations(range(len(self.names)), 2) if self.layer[p[0]] == self.layer[p[1]]], dtype=np.intp
        ).reshape(-1, 2)

    def run(
        self, start: Mapping[str, int], seed: int, restarts: int | None = None
    ) -> list[tuple[dict[str, int], dict[str, str]]]:
        """Rows and sides after descents from the start and from shaken best arrangements, best first."""
        rng = np.random.default_rng(seed)
        m = len(self.names)
        if restarts is None:
            restarts = 10 if len(self.hung) else 24
        price, best = self._descend(np.array([start[n] for n in self.names]), np.zeros(m, dtype=np.intp))
        found = {self._read(*best): price}
        choices = np.array([len(options) for options in self.options])
        for attempt in range(restarts):
            shaken = best[0] + rng.integers(-2, 3, m) * (rng.random(m) < 0.4)
            if attempt % 2:
                shaken = self._reordered(best[0], rng)
            turned = np.where(rng.random(m) < 0.3, rng.integers(0, 9, m), best[1]) % choices
            lower, arrangement = self._descend(shaken, turned)
            found.setdefault(self._read(*arrangement), lower)
            if lower < price - 1e-9:
                price, best = lower, arrangement
        ranked = sorted(found, key=lambda a: found[a])
        return [(dict(zip(self.names, rows, strict=True)), dict(sides)) for rows, sides in ranked]

    def _reordered(self, row: Rows, rng: np.random.Generator) -> Rows:
        """The rows dealt anew among the nodes of some layers."""
        dealt = row.copy()
        for k in range(self.layer.max() + 1):
            members = np.flatnonzero(self.layer == k)
            if len(members) > 1 and rng.random() < 0.7:
                dealt[members] = row[rng.permutation(members)]
            elif rng.random() < 0.5:
                dealt[members] += rng.integers(-2, 3)
        return dealt

    def _read(self, row: Rows, turn: Rows) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
        """Rows from 0 up, and the named sides."""
        rows = tuple(int(r) for r in row - row.min())
        sides = ((name, str(self.word[i, turn[i]])) for i, name in enumerate(self.names))
        return rows, tuple((name, side) for name, side in sides if side)

    def _descend(self, row: Rows, turn: Rows) -> tuple[float, tuple[Rows, Rows]]:
        price = self.cost(row[None], turn[None])[0]
        for _ in range(60):
            rows, turns = (np.array(moves) for moves in zip(*self._moves(row, turn), strict=True))
            costs = self.cost(rows, turns)
            chosen = int(np.argmin(costs))
            if costs[chosen] >= price - 1e-9:
                break
            price, row, turn = costs[chosen], rows[chosen], turns[chosen]
        return float(price), (row, turn)

    def _moves(self, row: Rows, turn: Rows) -> Iterator[tuple[Rows, Rows]]:
        """One node, part of a layer or all of it shifted; two neighbours swapped; a block on another side."""
        one = np.eye(len(row), dtype=np.intp)
        for i in range(len(row)):
            for step in (-3, -2, -1, 1, 2, 3):
                yield row + step * one[i], turn
            same = self.layer == self.layer[i]
            yield row + (same & (row >= row[i])), turn
            yield row - (same & (row <= row[i])), turn
            yield row + same, turn
            yield row - same, turn
            for j in range(len(self.options[i])):
                if j != turn[i]:
                    yield row, np.where(one[i] > 0, j, turn)
        for i, j in self.level:
            swapped = row.copy()
            swapped[[i, j]] = row[[j, i]]
            yield swapped, turn
            both = turn.copy()
            if len(self.options[i]) == len(self.options[j]):
                both[[i, j]] = turn[[j, i]]
                yield swapped, both

    def cost(self, row: Rows, turn: Rows) -> Array:
        """Badness (m,) of arrangements (m, nodes): hits and overlaps first, then crossings, then length."""
        y = row * self.plan.pitch / 2
        centre = np.stack([np.broadcast_to(self.x, y.shape), y], axis=-1)
        hung = self.boxes[np.arange(len(self.names)), turn] + np.concatenate([centre, centre], axis=-1)
        hung = hung[:, self.hung]
        total = self._crowding(centre, hung) + self._shape(row, turn, centre, hung)
        if len(self.edges):
            tail, head = centre[:, self.edges[:, 0]], centre[:, self.edges[:, 1]]
            total += self._hits(tail, head, centre, hung) + self._meetings(tail, head)
            rise = np.abs(head - tail)[..., 1] / self.plan.pitch
            total += (rise + 0.5 * rise**2 + 1.4 * (rise > 0)).sum(-1)
            reach = self.half[self.edges[:, 0], 0] + self.half[self.edges[:, 1], 0]
            total += (np.maximum(self.plan.short + reach - np.hypot(*np.moveaxis(head - tail, -1, 0)), 0) / 8).sum(-1)
        return np.asarray(total)

    def _crowding(self, centre: Array, hung: Array) -> Array:
        """Nodes of a layer too close; hanging boxes over other nodes or over each other."""
        apart_y = np.abs(centre[:, self.level[:, 0], 1] - centre[:, self.level[:, 1], 1])
        total = 300 * np.maximum(1 - apart_y / self.plan.pitch + 1e-9, 0).sum(-1) * 1.0
        total += 100 * (apart_y < self.plan.pitch - 1e-6).sum(-1)
        if len(self.hung):
            nodes = np.concatenate([centre - self.half, centre + self.half], axis=-1)
            i, j = np.triu_indices(len(self.hung), 1)
            total += self._overlap(hung[:, :, None], nodes[:, None], self.layer[self.hung][:, None] == self.layer)
            total += self._overlap(hung[:, i], hung[:, j], self.layer[self.hung][i] == self.layer[self.hung][j])
        return np.asarray(total)

    @staticmethod
    def _overlap(one: Array, other: Array, level: Flags) -> Array:
        """Price (m,) of boxes that meet: high within a layer; between layers it is the width that parts them."""
        clash = ~apart(one, other, BESIDE)
        width = np.minimum(one[..., 2], other[..., 2]) - np.maximum(one[..., 0], other[..., 0])
        price = np.where(clash, np.where(level, 150.0, 4 + np.maximum(width + BESIDE, 0) / 12), 0.0)
        return np.asarray(price.reshape(len(price), -1).sum(-1))

    def _hits(self, tail: Array, head: Array, centre: Array, hung: Array) -> Array:
        """Arrows that run over nodes that aren't theirs, or over any hanging box."""
        grown = self.half + np.array([6.0, 9.0])
        start, end = tail[:, :, None] / grown, head[:, :, None] / grown
        spot = centre[:, None] / grown
        along = end - start
        share = ((spot - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)
        nearest = start + np.clip(share, 0, 1)[..., None] * along
        depth = np.maximum(1 - np.hypot(*np.moveaxis(nearest - spot, -1, 0)), 0)
        own = (self.edges[:, :, None] == np.arange(len(self.names))).any(1)
        beside = self.layer[self.edges[:, 0]] == self.layer[self.edges[:, 1]]
        weight = np.where(own, 0.0, np.where(beside[:, None], 0.3, 1.0))
        total = (weight * (14 * (depth > 0) + 20 * depth)).sum((1, 2))
        if len(self.hung):
            through = _through(tail[:, :, None], head[:, :, None], hung[:, None])
            total = total + (15 * (through > 0) + 48 * through).sum((1, 2))
        return np.asarray(total)

    def _meetings(self, tail: Array, head: Array) -> Array:
        """Crossings of arrows, and arrows that leave or reach one node almost in one line."""
        i, j = self.pairs.T
        shared = self.edges[i][:, :, None] == self.edges[j][:, None, :]
        free = ~shared.any((1, 2))
        p, r, q, s = tail[:, i], head[:, i] - tail[:, i], tail[:, j], head[:, j] - tail[:, j]
        scale = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
        gap = q - p
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / scale
            u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / scale
        crossed = free & (t > 0) & (t < 1) & (u > 0) & (u < 1)
        lengths = np.maximum(np.hypot(r[..., 0], r[..., 1]) * np.hypot(s[..., 0], s[..., 1]), 1e-9)
        sine, cosine = np.abs(scale) / lengths, (r * s).sum(-1) / lengths
        fan = (shared[:, 0, 0] | shared[:, 1, 1]) & (cosine > 0)
        narrow = np.where(fan, np.maximum(1 - sine / np.sin(np.radians(16)), 0), 0.0)
        return np.asarray((5 * crossed + 5 * narrow).sum(-1))

    def _shape(self, row: Rows, turn: Rows, centre: Array, hung: Array) -> Array:
        """Height, balance, length of arcs, and where boxes hang."""
        low, high = (centre[..., 1] - self.half[:, 1]).min(-1), (centre[..., 1] + self.half[:, 1]).max(-1)
        if len(self.hung):
            low, high = np.minimum(low, hung[..., 1].min(-1)), np.maximum(high, hung[..., 3].max(-1))
        middle = (low + high) / 2
        total = 1.5 * (high - low) / self.plan.pitch
        for k in range(self.layer.max() + 1):
            total = total + 0.8 * np.abs(centre[:, self.layer == k, 1].mean(-1) - middle) / self.plan.pitch
        length = np.abs(centre[:, self.arcs[:, 0], 1] - centre[:, self.arcs[:, 1], 1]) / self.plan.pitch
        total = total + 0.6 * length.sum(-1)
        word = self.word[np.arange(len(self.names)), turn]
        sideways = (word == "left") | (word == "right")
        total = total + 3 * sideways.sum(-1)
        first = self.layer[self.arcs[:, 0]] == self.layer[self.arcs[:, 1]]
        met = np.isin(self.layer, self.layer[self.arcs[first, 0]])
        total = total + 60 * (sideways & met).sum(-1)
        return np.asarray(total + 60 * (word[:, self.tied[:, 0]] != word[:, self.tied[:, 1]]).sum(-1))
