"""Items that hang on a construct: a row above or below it, or a column beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mkb21sem.report.drawing.geometry import Array, Shape

SIDES = ("left", "right", "up", "down")
BETWEEN, REACH = 4.5, 24.0
LABEL_AT = 0.68
FAN = 0.5
"""Share of the way from items to their construct that no other node or arrow should cross."""


@dataclass(frozen=True)
class Block:
    """Shapes relative to the centre of the construct they hang on.

    Attributes
    ----------
    side
        left, right, up or down.
    shapes
        Item (or lower construct) → shape.
    docks
        Item → point of its border that the loading arrow touches.
    box : (4,)
        Left, bottom, right, top of everything.
    """

    side: str
    shapes: dict[str, Shape]
    docks: dict[str, Array]
    box: Array

    @property
    def upright(self) -> bool:
        """Whether items stand on their heads, with their text turned by a quarter."""
        return self.side in ("up", "down")

    @property
    def outward(self) -> Array:
        """Unit vector (2,) from the construct to its items."""
        return np.array({"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}[self.side], dtype=float)


def block(
    construct: str,
    hanging: Mapping[str, Sequence[str]],
    half: Mapping[str, tuple[float, float, bool]],
    side: str,
    room: tuple[float, float] = (0.0, 0.0),
    backward: bool = False,
) -> Block | None:
    """Place what hangs on a construct.

    Parameters
    ----------
    construct
        Its name; its own half axes are in `half`.
    hanging
        Construct → items, which may have items of their own.
    half
        Name → half width, half height as read, and whether it is an ellipse.
    side
        Where the items go.
    room
        Width and height of the number on a loading.
    backward
        Last item first.
    """
    if not hanging.get(construct):
        return None
    spots = _spots(construct, hanging, half, side in ("up", "down"), room, backward)
    sign = -1.0 if side in ("left", "down") else 1.0
    shapes, docks = {}, {}
    for name, (out, across, deep, wide) in spots.items():
        round_ = half[name][2]
        if side in ("up", "down"):
            shapes[name] = Shape(across, sign * out, wide, deep, round_)
            docks[name] = np.array([across, sign * (out - deep)])
        else:
            shapes[name] = Shape(sign * out, -across, deep, wide, round_)
            docks[name] = np.array([sign * (out - deep), -across])
    boxes = np.array([shape.box for shape in shapes.values()])
    return Block(side, shapes, docks, np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)]))


def claim(hung: Block, own: tuple[float, float], beyond: float = 0.0) -> Array:
    """The ground (4,) that a block keeps from others: its shapes, the fan of loadings, and `beyond` for arcs outside.

    Parameters
    ----------
    hung
        The block.
    own
        Half axes of the construct it hangs on.
    beyond
        Points on the far side.
    """
    ground = hung.box.copy()
    at = {"left": 2, "right": 0, "up": 1, "down": 3}[hung.side]
    border = own[0] if hung.side in ("left", "right") else own[1]
    ground[at] += FAN * (np.copysign(border, ground[at]) - ground[at])
    far = (at + 2) % 4
    ground[far] += beyond if far > 1 else -beyond
    return ground


Spot = tuple[float, float, float, float]


def _spots(
    construct: str,
    hanging: Mapping[str, Sequence[str]],
    half: Mapping[str, tuple[float, float, bool]],
    upright: bool,
    room: tuple[float, float],
    backward: bool,
) -> dict[str, Spot]:
    """Name → distance outward, place across, half depth outward, half width across."""
    a, b, _ = half[construct]
    own = b if upright else a
    across, along = room if upright else room[::-1]
    least = (across + 3.4) / LABEL_AT / 2 - BETWEEN / 2 if across else 0.0
    children = list(reversed(hanging[construct])) if backward else list(hanging[construct])
    nested = {c: _spots(c, hanging, half, upright, room, backward) if hanging.get(c) else {} for c in children}
    width = {
        c: max([_depth_width(half[c], upright)[1], least, *(_far(s) for s in nested[c].values())]) for c in children
    }
    total = sum(2 * w for w in width.values()) + BETWEEN * (len(children) - 1)
    total += BETWEEN * sum(bool(nested[c]) for c in children[1:])
    out = own + max(REACH + 1.4 * along, 0.2 * total / 2)
    spots: dict[str, Spot] = {}
    edge = -total / 2
    for c in children:
        deep, wide = _depth_width(half[c], upright)
        centre = edge + width[c]
        spots[c] = (out + deep, centre, deep, wide)
        spots |= {n: (o + out + deep, s + centre, d, w) for n, (o, s, d, w) in nested[c].items()}
        edge = centre + width[c] + BETWEEN * (2 if nested[c] else 1)
    return spots


def _far(spot: Spot) -> float:
    return abs(spot[1]) + spot[3]


def _depth_width(half: tuple[float, float, bool], upright: bool) -> tuple[float, float]:
    """Half depth outward and half width across; boxes are turned when upright, ellipses are not."""
    a, b, ellipse = half
    return (b, a) if upright and ellipse else (a, b)
