"""A picture with everything in its place: sizes, positions, ways and labels, in points.

Several pictures share one scene: nodes, arrows and numbers stand where they fit for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from mkb21sem.report.drawing.blocks import SIDES, Block, block, claim
from mkb21sem.report.drawing.descent import Plan
from mkb21sem.report.drawing.geometry import Array, Shape, curve, stacked, union
from mkb21sem.report.drawing.labelling import Label, head_box, positions
from mkb21sem.report.drawing.layers import layers
from mkb21sem.report.drawing.picture import Edge, Picture
from mkb21sem.report.drawing.placement import Placement, place
from mkb21sem.report.drawing.routing import NESTED, Scenery, routes, struck
from mkb21sem.report.drawing.sizes import Half, Key, head_length, key, label_sizes, loading_room, node_sizes
from mkb21sem.report.drawing.typeset import Lettering

NARROWEST, WIDEST, ATTEMPTS = 28.0, 105.0, 9
TRIED, MANY = 3, 45
"""Placements that are drawn and compared; of a drawing with that many arrows the first without a fault is taken."""
ARCS = 30.0
"""Points kept free beyond items that arcs join to items of another construct."""


@dataclass(frozen=True)
class Scene:
    """Positions in points from the lower left corner.

    Attributes
    ----------
    shapes
        Node → shape.
    words
        Node → its broken name.
    turned
        Items whose text is turned by a quarter.
    ways
        (tail, head, kind) → control points (4, 2) from border to border.
    spots
        (tail, head, kind) → centre (2,) of the label.
    size : (2,)
        Width and height.
    faults
        Labels that found no place of their own, and arrows that run through nodes at neither of their ends.
    price
        Crossings, bends, detours and hidden lines, to compare two scenes of the same pictures.
    """

    shapes: dict[str, Shape]
    words: dict[str, Lettering]
    turned: frozenset[str]
    ways: dict[Key, Array]
    spots: dict[Key, Array]
    size: Array
    faults: int
    price: float


def compose(
    pictures: Sequence[Picture], width: float, pinned: Mapping[str, Sequence[float]] | None = None, seed: int = 21
) -> Scene:
    """Find a place for everything.

    Parameters
    ----------
    pictures
        One, or several to be drawn over the same positions.
    width
        Points that the drawing may take; it takes more where labels need it.
    pinned
        Node → centre, in points, given by hand.
    seed
        For the restarts of the searches.
    """
    whole = merged(pictures)
    words, half = node_sizes(pictures, whole)
    sizes = label_sizes(pictures)
    room = loading_room(whole, sizes)
    widest = max((sizes[key(e)][0] for e in whole.edges if e.kind == "path"), default=0.0)
    plan = _plan(whole, half, room)
    plan = replace(plan, short=widest + 40, gap=_first_gap(plan, width))
    builders, scenes = [], []
    for placement in place(plan, seed, TRIED):
        builders.append(_Builder(whole, words, half, placement, _mirrored(whole), dict(pinned or {}), sizes, room))
        scenes.append(builders[-1].build(plan))
        if not scenes[-1].faults and len(whole.edges) >= MANY:
            break
    chosen = min(range(len(scenes)), key=lambda k: (scenes[k].faults, scenes[k].price))
    builder, scene = builders[chosen], scenes[chosen]
    last = max(builder.placement.layer.values(), default=0)
    if last and not pinned:
        gap = float(np.clip(plan.gap + (width - scene.size[0]) / last, NARROWEST, WIDEST))
        plan = replace(plan, gap=gap)
        scene = builder.build(plan)
    for attempt in range(ATTEMPTS):
        if not scene.faults:
            break
        wider, higher = (1.06, 1.08) if attempt < 2 else (1.18, 1.03)
        plan = replace(plan, gap=plan.gap * wider + 1, pitch=plan.pitch * higher)
        stretched = builder.build(plan)
        scene = stretched if stretched.faults < scene.faults else scene
    return scene


def merged(pictures: Sequence[Picture]) -> Picture:
    """One picture with the nodes and arrows of all."""
    nodes = {name: node for picture in pictures for name, node in picture.nodes.items()}
    structural = dict.fromkeys(name for picture in pictures for name in picture.structural)
    hanging = {c: items for picture in pictures for c, items in picture.hanging.items()}
    edges = {key(edge): edge for picture in pictures for edge in picture.edges}
    return Picture(nodes, tuple(structural), hanging, tuple(edges.values()))


def _plan(whole: Picture, half: Mapping[str, Half], room: tuple[float, float]) -> Plan:
    inside = set(whole.structural)
    arcs = [(e.tail, e.head) for e in whole.edges if e.two_headed and {e.tail, e.head} <= inside]
    boxes: dict[str, dict[str, Array]] = {}
    tied = _tied(whole)
    for name in whole.structural:
        found = {side: block(name, whole.hanging, half, side, room) for side in SIDES}
        beyond = ARCS if any(name in pair for pair in tied) else 0.0
        if hung := {side: claim(b, half[name][:2], beyond) for side, b in found.items() if b is not None}:
            boxes[name] = hung
    tallest = max((half[n][1] for n in whole.structural), default=10.0)
    return Plan(
        whole.graph,
        {n: half[n][:2] for n in whole.structural},
        arcs,
        boxes,
        tied,
        pitch=2 * tallest + 32,
    )


def _first_gap(plan: Plan, width: float) -> float:
    """The gap between layers that fills the width, before anything is placed."""
    layer = layers(plan.graph)
    last = max(layer.values(), default=0)
    nodes = sum(2 * max(plan.half[n][0] for n in layer if layer[n] == k) for k in range(last + 1))
    beside = [layer[t] for t, h in plan.arcs if layer[t] == layer[h]]
    first = {n for arc in plan.arcs if layer[arc[0]] == layer[arc[1]] == 0 for n in arc}
    arcs = NESTED * (max(len(first) - 1, 0) + (last in beside and last > 0))
    return float(np.clip((width - nodes - arcs) / max(last, 1), NARROWEST, WIDEST))


def _roots(whole: Picture) -> dict[str, str]:
    """Hanging node → the structural construct at the end of its chain."""
    parent = {item: construct for construct, items in whole.hanging.items() for item in items}

    def root(name: str) -> str:
        return root(parent[name]) if name in parent else name

    return {name: root(name) for name in parent}


def _tied(whole: Picture) -> list[tuple[str, str]]:
    """Structural constructs whose items covary."""
    roots = _roots(whole)
    found: dict[tuple[str, str], None] = {}
    for edge in whole.edges:
        if edge.two_headed and edge.tail in roots and edge.head in roots:
            one, other = sorted((roots[edge.tail], roots[edge.head]))
            if one != other:
                found[one, other] = None
    return list(found)


def _mirrored(whole: Picture) -> set[str]:
    """Constructs whose items are better drawn in reverse, so that arcs to a tied construct are nested."""
    roots, turned = _roots(whole), set[str]()
    for one, other in _tied(whole):
        if one in turned or other in turned:
            continue
        place = {name: i for i, name in enumerate(whole.nodes)}
        ends = [
            (place[e.tail], place[e.head]) if roots[e.tail] == one else (place[e.head], place[e.tail])
            for e in whole.edges
            if e.two_headed and {roots.get(e.tail), roots.get(e.head)} == {one, other}
        ]
        same = sum((a - c) * (b - d) > 0 for (a, b), (c, d) in combinations(ends, 2))
        if 2 * same > len(list(combinations(ends, 2))):
            turned.add(other)
    return turned


@dataclass(frozen=True)
class _Builder:
    """Everything about a scene that doesn't change while it is stretched."""

    whole: Picture
    words: dict[str, Lettering]
    half: dict[str, Half]
    placement: Placement
    mirrored: set[str]
    pinned: dict[str, Sequence[float]]
    sizes: dict[Key, tuple[float, float]]
    room: tuple[float, float]

    def build(self, plan: Plan) -> Scene:
        """Positions, ways and labels for a gap and a pitch; moved so that the lower left corner is 0, 0."""
        shapes, blocks = self._shapes(plan)
        number = max((self.sizes[key(e)][0] for e in self.whole.edges if e.two_headed), default=0.0)
        scenery = Scenery(shapes, blocks, self.placement.layer, number)
        edges = sorted(self.whole.edges, key=lambda e: not any(self.sizes[key(e)]))
        ways, winding = routes(edges, scenery)
        labelled = [e for e in edges if any(self.sizes[key(e)])]
        labels = [
            Label(way, *self.sizes[key(e)], *((0.66, 30.0) if self._hangs(e) else (0.5, 5.0)))
            for e, way in zip(labelled, ways, strict=False)
        ]
        heads = [head_box(way, head_length(e)) for e, way in zip(edges, ways, strict=True)]
        heads += [head_box(w[::-1], head_length(e)) for e, w in zip(edges, ways, strict=True) if e.two_headed]
        spots, squeezed, hidden = positions(
            labels, ways, stacked(list(shapes.values())), np.array(heads).reshape(-1, 4)
        )
        extent = self._extent(shapes, ways, labels, spots)
        shift = -extent[:2]
        turned = [n for b in blocks.values() if b.upright for n, s in b.shapes.items() if not s.round]
        return Scene(
            {n: s.moved(*shift) for n, s in shapes.items()},
            self.words,
            frozenset(turned),
            {key(e): way + shift for e, way in zip(edges, ways, strict=True)},
            {key(e): spot + shift for e, spot in zip(labelled, spots, strict=True)},
            extent[2:] - extent[:2],
            squeezed + struck(edges, ways, shapes),
            winding + hidden + self._slopes(edges, ways) + float((extent[2:] - extent[:2]) @ (0.01, 0.06)),
        )

    @staticmethod
    def _slopes(edges: Sequence[Edge], ways: Sequence[Array]) -> float:
        """Price of arrows that aren't level, and more of steep ones."""
        rise = np.array([abs(way[-1, 1] - way[0, 1]) for e, way in zip(edges, ways, strict=True) if e.kind == "path"])
        return float((1.4 * (rise > 1) + rise / 40 + (rise / 80) ** 2).sum())

    def _hangs(self, edge: Edge) -> bool:
        return edge.kind == "loading" and edge.head in self.whole.hanging.get(edge.tail, ())

    def _shapes(self, plan: Plan) -> tuple[dict[str, Shape], dict[str, Block]]:
        centres = self.placement.centres(plan)
        centres |= {n: np.array(at, dtype=float) for n, at in self.pinned.items() if n in centres}
        shapes = {n: Shape(float(centres[n][0]), float(centres[n][1]), *self.half[n]) for n in self.whole.structural}
        blocks = {}
        for name, side in self.placement.side.items():
            hung = block(name, self.whole.hanging, self.half, side, self.room, name in self.mirrored)
            if hung is not None:
                blocks[name] = hung
                shapes |= {n: s.moved(*centres[name]) for n, s in hung.shapes.items()}
        return shapes, blocks

    @staticmethod
    def _extent(shapes: Mapping[str, Shape], ways: Sequence[Array], labels: Sequence[Label], spots: Array) -> Array:
        boxes = [shape.box for shape in shapes.values()]
        for way in ways:
            points = curve(way, np.linspace(0, 1, 41))
            boxes.append(np.concatenate([points.min(0) - 2, points.max(0) + 2]))
        for label, spot in zip(labels, spots, strict=True):
            half = np.array([label.width, label.height]) / 2 + 1
            boxes.append(np.concatenate([spot - half, spot + half]))
        return union(np.array(boxes)) + np.array([-1.0, -1.0, 1.0, 1.0])
