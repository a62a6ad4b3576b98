"""A place for every number: on its arrow or beside it, over no node, no arrow head and no other number.

Each label has a list of candidate boxes. Those over a node or a head are out; the rest are priced by what of the
arrow they hide, which other arrows they cover and how far they stand from the middle. In turn each label takes
the cheapest box beside the present choice of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.report.drawing.geometry import Array, Flags, apart, arrow_head, curve, long, meets

SHARES = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86)
"""Of the way, tried for each label (moved by how far its home is from the middle)."""
FORBIDDEN = 1e4
AROUND = 1.4
"""Space in points kept around each label."""


@dataclass(frozen=True)
class Label:
    """A text that wants a place on a curve.

    Attributes
    ----------
    control : (4, 2)
        The arrow from border to border.
    width, height
        Of the text in points.
    home, bound
        Share of the way at which it would like to stand, and what a whole way's distance from there costs.
    """

    control: Array
    width: float
    height: float
    home: float = 0.5
    bound: float = 5.0


def head_box(control: Array, length: float) -> Array:
    """Box (4,) around the arrow head at the end of a curve."""
    corners = arrow_head(control, length)
    return np.concatenate([corners.min(0), corners.max(0)]) + np.array([-0.5, -0.5, 0.5, 0.5])


def positions(labels: Sequence[Label], lines: Sequence[Array], shapes: Array, heads: Array) -> tuple[Array, int, float]:
    """Centres (labels, 2), how many labels found no place of their own, and the price of the others.

    Parameters
    ----------
    labels
        In the order of the first arrows in `lines`.
    lines
        Control points (4, 2) of every arrow; those of the labels first, in the same order.
    shapes : (s, 5)
        Nodes and items.
    heads : (h, 4)
        Boxes of arrow heads.
    """
    if not labels:
        return np.zeros((0, 2)), 0, 0.0
    ways = [_dense(control) for control in lines]
    centre, price = [], []
    for i, label in enumerate(labels):
        spots, cost = _candidates(label)
        half = np.array([label.width, label.height]) / 2 + AROUND
        boxes = np.concatenate([spots - half, spots + half], axis=-1)
        centre.append(spots)
        price.append(cost + _covering(boxes, i, ways, shapes, heads))
    return _settle(labels, np.array(centre), np.array(price))


def _dense(control: Array) -> Array:
    """Points along a curve, about every second point on the paper."""
    rough = float(long(curve(control, np.linspace(0, 1, 17))))
    return curve(control, np.linspace(0, 1, max(int(rough / 2.5), 8)))


def _candidates(label: Label) -> tuple[Array, Array]:
    """Spots (k, 2) on the arrow and on both sides of it, with the price of each."""
    grid = np.linspace(0, 1, 97)
    way = curve(label.control, grid)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    total = lengths[-1]
    share = np.array(SHARES) + label.home - 0.5
    spot = np.stack([np.interp(share * total, lengths, way[:, k]) for k in (0, 1)], axis=-1)
    ahead = np.stack([np.interp((share + 0.01) * total, lengths, way[:, k]) for k in (0, 1)], axis=-1)
    tangent = (ahead - spot) / np.maximum(np.hypot(*(ahead - spot).T), 1e-9)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=-1)
    off = np.abs(normal) @ np.array([label.width, label.height]) / 2 + 2.2
    slope = np.maximum(np.abs(tangent), 1e-9)
    hidden = np.minimum(label.width / slope[:, 0], label.height / slope[:, 1])
    left = total - 8 - hidden
    on = 9 * hidden / max(total, 1.0) + np.where(left < 14, 6 + (14 - left) * 1.0, 0.0)
    away = label.bound * np.abs(share - label.home)
    spots = np.concatenate([spot, spot + off[:, None] * normal, spot - off[:, None] * normal])
    return spots, np.concatenate([away + on, away + 3.5, away + 3.5])


def _covering(boxes: Array, own: int, ways: Sequence[Array], shapes: Array, heads: Array) -> Array:
    """Price (k,) of what the boxes cover."""
    price = np.zeros(len(boxes))
    if len(shapes):
        price += FORBIDDEN * meets(boxes, shapes, 0.8).any(-1)
    if len(heads):
        price += FORBIDDEN * (~apart(boxes[:, None], heads[None])).any(-1)
    close = boxes + np.array([-2.5, -2.5, 2.5, 2.5])
    reach = np.concatenate([boxes[:, :2].min(0) - 3, boxes[:, 2:].max(0) + 3])
    beside = np.arange(len(boxes)) >= len(SHARES)
    for i, way in enumerate(ways):
        if (way.max(0) < reach[:2]).any() or (way.min(0) > reach[2:]).any():
            continue
        over, near = (_touched(way, b) for b in (boxes, close))
        price += np.where(beside & over, 3.0, 0.0) if i == own else 8.0 * over + 2.5 * near
    return price


def _touched(way: Array, boxes: Array) -> Flags:
    inside = (way[None] > boxes[:, None, :2]) & (way[None] < boxes[:, None, 2:])
    return np.asarray(inside.all(-1).any(-1))


def _settle(
    labels: Sequence[Label], centre: Array, price: Array, sweeps: int = 40, seed: int = 21
) -> tuple[Array, int, float]:
    """One candidate a label, (labels, k) prices, so that no two labels touch."""
    n, k = price.shape
    half = np.array([[label.width, label.height] for label in labels])[:, None] / 2 + AROUND / 2
    boxes = np.concatenate([centre - half, centre + half], axis=-1).reshape(n * k, 4)
    rng = np.random.default_rng(seed)
    chosen = price.argmin(1)
    best, fewest = chosen.copy(), np.inf
    for sweep in range(sweeps):
        moved = False
        for i in rng.permutation(n):
            others = np.delete(np.arange(n), i)
            taken = boxes[others * k + chosen[others]]
            clash = (~apart(boxes[i * k : (i + 1) * k, None], taken[None])).sum(-1)
            total = price[i] + (30 + 10 * sweep) * clash
            pick = int(np.argmin(total + 1e-6 * rng.random(k) * (sweep > 5)))
            if total[pick] < total[chosen[i]] - 1e-9:
                chosen[i], moved = pick, True
        failed, cost = _failures(boxes, chosen, price)
        if failed * FORBIDDEN + cost < fewest:
            fewest, best = failed * FORBIDDEN + cost, chosen.copy()
        if not moved:
            break
    return centre[np.arange(n), best], *_failures(boxes, best, price)


def _failures(boxes: Array, chosen: Array, price: Array) -> tuple[int, float]:
    """Labels that touch another or stand where none may, and the price of the rest."""
    n, k = price.shape
    taken = boxes[np.arange(n) * k + chosen]
    touching = ~apart(taken[:, None], taken[None])
    np.fill_diagonal(touching, False)
    cost = price[np.arange(n), chosen]
    return int((touching.any(-1) | (cost >= FORBIDDEN)).sum()), float(cost[cost < FORBIDDEN].sum())
