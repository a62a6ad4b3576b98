"""Plane geometry of a drawing, in points: shapes, cubic curves, and what touches what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BERNSTEIN = np.array([[1, -3, 3, -1], [0, 3, -6, 3], [0, 0, 3, -3], [0, 0, 0, 1]], dtype=float)


@dataclass(frozen=True, slots=True)
class Shape:
    """An ellipse (round) or a box with centre x, y and half axes a, b."""

    x: float
    y: float
    a: float
    b: float
    round: bool = False

    @property
    def centre(self) -> Array:
        """(2,)."""
        return np.array([self.x, self.y])

    @property
    def box(self) -> Array:
        """Left, bottom, right, top."""
        return np.array([self.x - self.a, self.y - self.b, self.x + self.a, self.y + self.b])

    def moved(self, dx: float, dy: float) -> Shape:
        """The same shape elsewhere."""
        return Shape(self.x + dx, self.y + dy, self.a, self.b, self.round)

    def level(self, points: Array, margin: float = 0.0) -> Array:
        """How far inside the shape grown by `margin` points (..., 2) are; see `levels`."""
        return levels(points, stacked([self]), margin)[..., 0]


def stacked(shapes: Sequence[Shape]) -> Array:
    """Shapes as rows x, y, a, b, round: (s, 5)."""
    return np.array([(s.x, s.y, s.a, s.b, s.round) for s in shapes], dtype=float).reshape(-1, 5)


def levels(points: Array, shapes: Array, margin: float = 0.0) -> Array:
    """How far points (..., 2) are inside shapes (s, 5) grown by `margin`: (..., s).

    1 at the centre, 0 on the border, negative outside.
    """
    return _depth(points[..., None, :] - shapes[:, :2], shapes, margin)


def meets(boxes: Array, shapes: Array, margin: float = 0.0) -> Flags:
    """Which of the boxes (k, 4) touch which of the shapes (s, 5) grown by `margin`: (k, s).

    Notes
    -----
    For an ellipse: the point of the box nearest to the centre lies inside it.
    """
    nearest = np.clip(shapes[:, :2], boxes[:, None, :2], boxes[:, None, 2:])
    return np.asarray(_depth(nearest - shapes[:, :2], shapes, margin) > 0)


def _depth(offset: Array, shapes: Array, margin: float) -> Array:
    scaled = np.abs(offset / (shapes[:, 2:4] + margin))
    reach = np.where(shapes[:, 4] > 0, np.hypot(scaled[..., 0], scaled[..., 1]), scaled.max(-1))
    return np.asarray(1 - reach)


def curve(control: Array, t: Array) -> Array:
    """Points of cubic Bézier curves.

    Parameters
    ----------
    control : (..., 4, 2)
    t : (m,) or (..., m)

    Returns
    -------
    (..., m, 2)
    """
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=-1)
    return np.asarray((powers @ BERNSTEIN.T) @ control)


def straight(start: Array, end: Array) -> Array:
    """Control points (..., 4, 2) of a straight line."""
    steps = np.linspace(0, 1, 4)[:, None]
    return np.asarray(start[..., None, :] * (1 - steps) + end[..., None, :] * steps)


def part(control: Array, first: float, last: float) -> Array:
    """Control points (4, 2) of the stretch from t = first to t = last (blossoming)."""

    def blossom(u: float, v: float, w: float) -> Array:
        points = control
        for t in (u, v, w):
            points = points[:-1] * (1 - t) + points[1:] * t
        return np.asarray(points[0])

    return np.stack(
        [
            blossom(first, first, first),
            blossom(first, first, last),
            blossom(first, last, last),
            blossom(last, last, last),
        ]
    )


def leaves(control: Array, shape: Shape, margin: float = 0.0) -> float:
    """The t at which a curve that starts inside a shape leaves it; 0 where it starts outside."""
    low, high = 0.0, 1.0
    for finer in range(4):
        grid = np.linspace(low, high, 129)
        outside = np.flatnonzero(shape.level(curve(control, grid), margin) <= 0)
        if len(outside) == 0:
            return high
        if outside[0] == 0:
            return 0.0 if finer == 0 else low
        low, high = float(grid[outside[0] - 1]), float(grid[outside[0]])
    return high


def back(control: Array, length: float) -> float:
    """The t that lies `length` before the end of a curve, measured along it."""
    grid = np.linspace(0, 1, 257)
    steps = np.hypot(*np.diff(curve(control, grid), axis=0).T)
    rest = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
    return float(np.interp(-length, -rest, grid))


def arrow_head(control: Array, length: float) -> Array:
    """Corners (4, 2) of an arrow head at the end of a curve: tip, side, notch, side."""
    tip, base = curve(control, np.array([1.0, back(control, length)]))
    along = (tip - base) / max(float(np.hypot(*(tip - base))), 1e-9)
    side = np.array([-along[1], along[0]]) * length * 0.37
    return np.array([tip, tip - along * length + side, tip - along * length * 0.85, tip - along * length - side])


def long(points: Array) -> Array:
    """Lengths of polylines (..., m, 2)."""
    steps = np.diff(points, axis=-2)
    return np.asarray(np.hypot(steps[..., 0], steps[..., 1]).sum(-1))


def crossings(lines: Array, others: Array) -> Array:
    """How often each of the polylines (c, m, 2) crosses each of the others (e, n, 2): (c, e)."""
    p, r = lines[:, None, :-1, None, :], np.diff(lines, axis=1)[:, None, :, None, :]
    q, s = others[None, :, None, :-1, :], np.diff(others, axis=1)[None, :, None, :, :]
    gap = q - p
    scale = _cross(r, s)
    with np.errstate(divide="ignore", invalid="ignore"):
        t, u = _cross(gap, s) / scale, _cross(gap, r) / scale
    hit = (t > 0) & (t <= 1) & (u > 0) & (u <= 1)
    return np.asarray(hit.sum((2, 3)), dtype=float)


def _cross(one: Array, other: Array) -> Array:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def apart(one: Array, other: Array, margin: float = 0.0) -> Flags:
    """Whether boxes (..., 4) and (..., 4) keep at least `margin` between them."""
    return np.asarray(
        (one[..., 0] >= other[..., 2] + margin)
        | (other[..., 0] >= one[..., 2] + margin)
        | (one[..., 1] >= other[..., 3] + margin)
        | (other[..., 1] >= one[..., 3] + margin)
    )


def union(boxes: Array) -> Array:
    """The smallest box (4,) around boxes (n, 4)."""
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])
