"""Where the nodes of a path diagram stand: layers from left to right, rows chosen so that arrows run free.

Layers and the order in them come from `layers`. Rows are then moved by a descent on the drawing itself: arrows
taken as straight lines should pass no node, cross seldom, be short and leave a node at clearly different angles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.report.drawing.descent import BESIDE, NO_BOX, Descent, Plan
from mkb21sem.report.drawing.geometry import Array
from mkb21sem.report.drawing.layers import layers, order


@dataclass(frozen=True)
class Placement:
    """Layer, row (in half pitches, upward) and hanging side of each node."""

    layer: dict[str, int]
    row: dict[str, int]
    side: dict[str, str]

    def centres(self, plan: Plan) -> dict[str, Array]:
        """Centre (2,) of each node in points, as far left and as narrow as the gap and the hanging boxes allow."""
        reach = {name: self._boxes(plan, name) for name in self.layer}
        x: dict[int, float] = {}
        for k in range(max(self.layer.values(), default=0) + 1):
            x[k] = max(
                (x[j] + _clearance(reach, here, there, plan.gap if j == k - 1 else BESIDE)
                 for j in range(k)
                 for here in self._members(j)
                 for there in self._members(k)),
                default=0.0,
            )  # fmt: skip
        return {n: np.array([x[self.layer[n]], self.row[n] * plan.pitch / 2]) for n in self.layer}

    def _members(self, k: int) -> list[str]:
        return [name for name, layer in self.layer.items() if layer == k]

    def _boxes(self, plan: Plan, name: str) -> Array:
        """Node and hanging box (2, 4), with x relative to the layer and y as placed."""
        a, b = plan.half[name]
        y = self.row[name] * plan.pitch / 2
        hung = plan.boxes.get(name, {}).get(self.side.get(name, ""), NO_BOX)
        return np.array([[-a, y - b, a, y + b], hung + np.array([0, y, 0, y])])


def _clearance(reach: Mapping[str, Array], here: str, there: str, gap: float) -> float:
    """Least distance of two layers for a node in each: `gap` between the nodes, less between hanging boxes."""
    needed = reach[here][0, 2] - reach[there][0, 0] + gap
    for i, one in enumerate(reach[here]):
        for j, other in enumerate(reach[there]):
            level = one[1] < other[3] + BESIDE and other[1] < one[3] + BESIDE
            if (i or j) and level:
                needed = max(needed, one[2] - other[0] + BESIDE)
    return float(needed)


def place(plan: Plan, seed: int = 21, most: int = 1) -> list[Placement]:
    """Layers, rows and sides for a plan, best first; the same plan gives the same placements.

    Parameters
    ----------
    plan
        What is to be placed.
    seed
        For shuffled starts and restarts.
    most
        How many placements to return, if so many different ones are found.
    """
    layer = layers(plan.graph)
    ordered = order(plan.graph, layer, seed)
    sides = {name: _sides(plan, name, layer) for name in plan.boxes}
    if len(ordered) == 1:
        return [Placement(layer, _stacked(plan, ordered[0], sides), {n: s[0] for n, s in sides.items()})]
    start = {name: len(members) - 1 - 2 * i for members in ordered for i, name in enumerate(members)}
    found = Descent(plan, layer, sides).run(start, seed)
    return [Placement(layer, row, side) for row, side in found[:most]]


def _sides(plan: Plan, name: str, layer: Mapping[str, int]) -> list[str]:
    """Sides on which items may hang: outward for the first and last layer, above and below for all."""
    last = max(layer.values())
    if last == 0:
        return ["right"]
    outward = {0: ["left"], last: ["right"]}.get(layer[name], [])
    return [side for side in (*outward, "up", "down") if side in plan.boxes[name]]


def _stacked(plan: Plan, members: Sequence[str], sides: Mapping[str, list[str]]) -> dict[str, int]:
    """One layer only (a measurement model): the nodes one below the other, as close as their items allow."""
    row: dict[str, int] = {}
    bottom = np.inf
    for name in members:
        b = plan.half[name][1]
        hung = plan.boxes[name][sides[name][0]] if name in sides else NO_BOX
        top = np.nanmax([b + (plan.pitch - 2 * b) / 2, hung[3] + BESIDE / 2])
        y = 0.0 if np.isinf(bottom) else bottom - top
        row[name] = int(np.floor(y / (plan.pitch / 2) + 1e-9))
        bottom = row[name] * plan.pitch / 2 - top
    return row
