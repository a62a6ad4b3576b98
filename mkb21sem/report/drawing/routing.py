"""The way of each arrow: straight where it can be, bent round nodes that are not its own.

Each arrow has a list of candidate curves from centre to centre; in turn each takes the one that is cheapest
beside the present choice of all others, until none changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.report.drawing.blocks import Block
from mkb21sem.report.drawing.geometry import (
    Array,
    Shape,
    apart,
    crossings,
    curve,
    leaves,
    levels,
    long,
    part,
    stacked,
    straight,
)
from mkb21sem.report.drawing.picture import Edge

BENDS = (0.08, 0.14, 0.2, 0.28, 0.38, 0.5, 0.7)
NESTED = 23.0
"""Distance between the tops of nested arcs, so that each has room for its number."""
CLEAR = 4.0
SHORT = 34.0
"""An arrow shorter than this has no room for heads and number."""
SHORT_NUMBER = 20.0
"""Width in points of a number that needs no room of its own beside an arc."""
_SAMPLES = 49
_COARSE = 11


@dataclass(frozen=True)
class Candidates:
    """Curves that an arrow may take: control points (c, 4, 2) and what each costs for its own sake (c,)."""

    control: Array
    price: Array


@dataclass(frozen=True)
class Scenery:
    """What stands on the paper: shapes by name, the blocks that items belong to, and the width of an arc's number."""

    shapes: Mapping[str, Shape]
    blocks: Mapping[str, Block]
    layer: Mapping[str, int]
    number: float = 0.0

    def outward(self, name: str) -> Array | None:
        """Unit vector (2,) away from the construct that an item without items of its own hangs on."""
        for construct, block in self.blocks.items():
            if name in block.shapes and construct in self.layer and not self.shapes[name].round:
                return block.outward
        return None

    def dock(self, tail: str, head: str) -> Array | None:
        """Where a loading touches its item, (2,)."""
        for construct, block in self.blocks.items():
            if head in block.shapes and construct in self.layer:
                root = self.shapes[construct]
                inner = tail == construct or tail in block.shapes
                return block.docks[head] + root.centre if inner else None
        return None


def routes(edges: Sequence[Edge], scenery: Scenery, sweeps: int = 4) -> tuple[list[Array], float]:
    """Control points (4, 2) of each arrow, from border to border, and the price of all together."""
    offers = [_offers(edge, edges, scenery) for edge in edges]
    lines = [_clipped(edge, offer, scenery) for edge, offer in zip(edges, offers, strict=True)]
    prices = [
        offer.price + _hits(edge, offer, scenery) + np.maximum(SHORT - long(line), 0) / 3
        for edge, offer, line in zip(edges, offers, lines, strict=True)
    ]
    meeting = Meetings(lines, np.array([2.5 if edge.kind == "loading" else 6.0 for edge in edges]))
    chosen = np.array([int(np.argmin(price)) for price in prices], dtype=np.intp)
    for _ in range(sweeps):
        moved = False
        for i, price in enumerate(prices):
            if len(price) == 1:
                continue
            sums = price + meeting.price(i, chosen)
            best = int(np.argmin(sums))
            if sums[best] < sums[chosen[i]] - 1e-9:
                chosen[i], moved = best, True
        if not moved:
            break
    total = 0.0
    for i, (price, k) in enumerate(zip(prices, chosen, strict=True)):
        total += float(price[k] + meeting.price(i, chosen)[k] / 2)
    ways = [_from_border(edge, offer.control[k], scenery) for edge, offer, k in zip(edges, offers, chosen, strict=True)]
    return ways, total


def struck(edges: Sequence[Edge], ways: Sequence[Array], shapes: Mapping[str, Shape]) -> int:
    """How many arrows run through a shape at neither of their ends."""
    names, rows = list(shapes), stacked(list(shapes.values()))
    grid = np.linspace(0, 1, 101)
    inside = (levels(curve(np.array(ways).reshape(-1, 4, 2), grid), rows) > 0).any(1)
    own = np.array([[name in (edge.tail, edge.head) for name in names] for edge in edges], dtype=bool)
    return int((inside & ~own.reshape(inside.shape)).any(1).sum())


class Meetings:
    """Price of crossing and crowding the others, kept for those that have not moved since it was last asked."""

    def __init__(self, lines: Sequence[Array], heavy: Array) -> None:
        self.lines, self.heavy = lines, heavy
        self.known = [np.zeros((len(line), len(lines))) for line in lines]
        self.seen = np.full((len(lines), len(lines)), -1, dtype=np.intp)
        self.reach = np.array([[*line.min((0, 1)) - 8, *line.max((0, 1)) + 8] for line in lines]).reshape(-1, 4)

    def price(self, i: int, chosen: npt.NDArray[np.intp]) -> Array:
        """Price (c,) of each candidate of arrow i beside the chosen ones of all others."""
        stale = np.flatnonzero(self.seen[i] != chosen)
        stale = stale[(stale != i) & ~apart(self.reach[stale], self.reach[i][None])]
        if len(stale):
            others = np.stack([self.lines[j][chosen[j]] for j in stale])
            mine = self.lines[i]
            self.known[i][:, stale] = crossings(mine, others) * self.heavy[stale] + _crowded(mine, others)
            self.seen[i, stale] = chosen[stale]
        return np.asarray(self.known[i].sum(1))


def _offers(edge: Edge, edges: Sequence[Edge], scenery: Scenery) -> Candidates:
    tail, head = scenery.shapes[edge.tail], scenery.shapes[edge.head]
    dock = scenery.dock(edge.tail, edge.head) if edge.kind == "loading" else None
    if dock is not None:
        return Candidates(straight(tail.centre, dock)[None], np.zeros(1))
    if edge.two_headed:
        ends = scenery.outward(edge.tail), scenery.outward(edge.head)
        if ends[0] is not None and ends[1] is not None:
            return _between_items(tail, head, ends[0], ends[1], scenery.number)
        here, there = scenery.layer.get(edge.tail), scenery.layer.get(edge.head)
        if here is not None and here == there:
            return _in_layer(edge, scenery)
        return _bent(tail.centre, head.centre, (-1, 1), straight_too=False)
    mutual = any(e.tail == edge.head and e.head == edge.tail and not e.two_headed for e in edges)
    return _bent(tail.centre, head.centre, (1,) if mutual else (-1, 1), straight_too=not mutual)


def _bent(start: Array, end: Array, signs: Sequence[int], straight_too: bool) -> Candidates:
    """Bows and slanted bows of growing height, to the left of the way (sign 1) or to the right."""
    chord = end - start
    across = np.array([-chord[1], chord[0]])
    found = [(straight(start, end), 0.0)] if straight_too else []
    for bend in BENDS:
        for sign in signs:
            for first, second in ((1.0, 1.0), (1.0, 0.25), (0.25, 1.0)):
                control = straight(start, end)
                control[1] += sign * bend * first * across
                control[2] += sign * bend * second * across
                found.append((control, 1.2 + 12 * bend + 1.0 * (first != second)))
    return Candidates(np.array([c for c, _ in found]), np.array([p for _, p in found]))


def _in_layer(edge: Edge, scenery: Scenery) -> Candidates:
    """Arcs beside the layer: nested by how many nodes they pass; outside the first and last layer by preference."""
    tail, head = scenery.shapes[edge.tail], scenery.shapes[edge.head]
    layer = scenery.layer[edge.tail]
    low, high = sorted((tail.y, head.y))
    mates = [scenery.shapes[n] for n, k in scenery.layer.items() if k == layer]
    span = 1 + sum(low < mate.y < high for mate in mates)
    reach = max(mate.a for mate in mates)
    right = layer == max(scenery.layer.values()) > 0
    found = []
    for side in (-1, 1):
        wrong = 0.0 if side == (1 if right else -1) else 14.0
        for rank in sorted({max(1.0, span + k / 2) for k in range(-6, 7)}):
            far = (reach + NESTED * rank - 8) / 0.75
            control = straight(tail.centre, head.centre)
            control[1] = tail.x + side * far, tail.y + 0.06 * (head.y - tail.y)
            control[2] = head.x + side * far, head.y - 0.06 * (head.y - tail.y)
            found.append((control, wrong + 1.5 * abs(rank - span)))
    return Candidates(np.array([c for c, _ in found]), np.array([p for _, p in found]))


def _between_items(tail: Shape, head: Shape, out: Array, out_there: Array, number: float) -> Candidates:
    """Arcs from the far side of one item to the far side of another; beside a column with room for the number."""
    least = 9 + (1.3 * max(number - SHORT_NUMBER, 0.0) if out[0] else 0.0)
    start = tail.centre + out * np.array([tail.a, tail.b])
    end = head.centre + out_there * np.array([head.a, head.b])
    distance = float(np.hypot(*(end - start)))
    found = []
    for k, share in enumerate((0.4, 0.33, 0.48, 0.26, 0.56)):
        height = least + share * distance
        found.append((np.array([start, start + out * height, end + out_there * height, end]), 0.5 * k))
    return Candidates(np.array([c for c, _ in found]), np.array([p for _, p in found]))


def _clipped(edge: Edge, offer: Candidates, scenery: Scenery) -> Array:
    """Polylines (c, m, 2) of the candidates from border to border."""
    grid = np.linspace(0, 1, _SAMPLES)
    points = curve(offer.control, grid)
    ends = []
    for name, backward in ((edge.tail, False), (edge.head, True)):
        inside = scenery.shapes[name].level(points) > 0
        inside = inside[:, ::-1] if backward else inside
        first = np.where(inside.all(-1), _SAMPLES // 2, np.argmin(inside, axis=-1))
        ends.append(grid[first])
    steps = np.linspace(0, 1, _COARSE)
    start, end = ends[0][:, None], 1 - ends[1][:, None]
    return curve(offer.control, start + (end - start) * steps)


def _hits(edge: Edge, offer: Candidates, scenery: Scenery) -> Array:
    """Price (c,) of running over nodes and items that aren't the arrow's own."""
    if len(offer.price) == 1:
        return np.zeros(1)
    points = curve(offer.control, np.linspace(0, 1, _SAMPLES))
    ends = (edge.tail, edge.head)
    own = levels(points, stacked([scenery.shapes[n] for n in ends])).max(-1) > 0
    foreign = stacked([shape for name, shape in scenery.shapes.items() if name not in ends])
    depth = np.where(own[..., None], -1.0, levels(points, foreign, CLEAR)).max(1)
    return np.asarray(np.where(depth > 0, 60 + 120 * depth, 0.0).sum(-1))


def _crowded(lines: Array, others: Array) -> Array:
    """Price (c, e) of lying on top of other arrows and of tips that touch other tips."""
    inner = lines[:, 1:-1:2, None, None] - others[None, None, :, 1:-1]
    nearest = np.sqrt((inner**2).sum(-1).min(-1))
    price = 8 * np.maximum(1 - nearest / 6, 0).mean(1)
    tips = lines[:, -1, None] - others[None, :, -1]
    return np.asarray(price + 6 * np.maximum(1 - np.hypot(tips[..., 0], tips[..., 1]) / 8, 0))


def _from_border(edge: Edge, control: Array, scenery: Scenery) -> Array:
    """The stretch between the two shapes; touches both borders."""
    start = leaves(control, scenery.shapes[edge.tail])
    end = 1 - leaves(control[::-1], scenery.shapes[edge.head])
    return part(control, start, end) if start < end else part(control, 0.45, 0.55)
