"""How large everything in a drawing is: nodes by their names, arrows by their strength, labels by their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mkb21sem.report.drawing.picture import Edge, Node, Picture
from mkb21sem.report.drawing.typeset import (
    ITEM_SIZE,
    LABEL_SIZE,
    LOADING_SIZE,
    NAME_SIZE,
    Lettering,
    broken,
    measure_tagged,
)

Key = tuple[str, str, str]
Half = tuple[float, float, bool]
"""Half width, half height, and whether the node is an ellipse."""
ITEM_WIDTH = 110.0
SMALLEST = (22.0, 14.0)
"""Half axes that a structural node has at least."""


def key(edge: Edge) -> Key:
    """By which an arrow is found in a scene."""
    return edge.tail, edge.head, edge.kind


def thickness(edge: Edge) -> float:
    """Line width in points: grows with |standardised value|."""
    strength = 0.3 if np.isnan(edge.strength) else min(edge.strength, 1.0)
    return {"path": 0.6 + 2.2 * strength, "loading": 0.5 + 0.5 * strength, "covariance": 0.55 + 0.6 * strength}[
        edge.kind
    ]


def head_length(edge: Edge) -> float:
    """Length of the arrow head in points."""
    return {"path": 5.2, "loading": 3.6, "covariance": 3.8}[edge.kind] + 0.9 * thickness(edge)


def label_size(edge: Edge) -> float:
    """Font size of the arrow's number."""
    return LOADING_SIZE if edge.kind == "loading" else LABEL_SIZE


def label_sizes(pictures: Sequence[Picture]) -> dict[Key, tuple[float, float]]:
    """Largest width and height of each arrow's label over the pictures."""
    found: dict[Key, tuple[float, float]] = {}
    for edge in (edge for picture in pictures for edge in picture.edges):
        size = measure_tagged(edge.text, edge.tag, label_size(edge))
        known = found.get(key(edge), (0.0, 0.0))
        found[key(edge)] = max(size[0], known[0]), max(size[1], known[1])
    return found


def loading_room(whole: Picture, sizes: Mapping[Key, tuple[float, float]]) -> tuple[float, float]:
    """Width and height that the largest number on a loading needs."""
    loadings = [sizes[key(e)] for e in whole.edges if e.kind == "loading" and e.head in whole.hanging.get(e.tail, ())]
    return max((w for w, _ in loadings), default=0.0), max((h for _, h in loadings), default=0.0)


def r2_line(node: Node) -> str:
    """The line below a name."""
    return f"R² = {node.r2}" if node.r2 else ""


def node_sizes(pictures: Sequence[Picture], whole: Picture) -> tuple[dict[str, Lettering], dict[str, Half]]:
    """Lettering, and half width, half height and roundness; nodes of one kind are equally large."""
    words: dict[str, Lettering] = {}
    half: dict[str, Half] = {}
    main = set(whole.structural)
    for name, node in whole.nodes.items():
        lasts = [r2_line(p.nodes[name]) for p in pictures if name in p.nodes]
        widest = max(lasts, key=len)
        if name in main:
            words[name] = broken(node.text, NAME_SIZE, widest, bold=True)
        else:
            words[name] = broken(node.text, ITEM_SIZE, widest=ITEM_WIDTH)
    for members in (list(whole.structural), *(list(items) for items in whole.hanging.values())):
        half |= _equal_sizes([whole.nodes[n] for n in members], words, bool(main.intersection(members)))
    return words, half


def _equal_sizes(nodes: Sequence[Node], words: Mapping[str, Lettering], inside: bool) -> dict[str, Half]:
    """Half axes large enough for each of the nodes; boxes of structural nodes about as large as ellipses."""
    round_ = [words[node.name] for node in nodes if node.latent]
    boxes = [words[node.name] for node in nodes if not node.latent]
    a, b = _ellipse(round_)
    pad = (6.0, 5.0) if inside else (3.5, 1.8)
    wide = max((w.width for w in boxes), default=0.0) / 2 + pad[0]
    high = max((w.height for w in boxes), default=0.0) / 2 + pad[1]
    if inside:
        a, b = (max(a, SMALLEST[0]), max(b, SMALLEST[1])) if round_ else (a, b)
        wide, high = max(wide, 0.85 * a, 0.9 * SMALLEST[0]), max(high, 0.8 * b, 0.9 * SMALLEST[1])
    return {node.name: (a, b, True) if node.latent else (wide, high, False) for node in nodes}


def _ellipse(words: Sequence[Lettering]) -> tuple[float, float]:
    """Half axes of the smallest ellipse that is wider than high and holds each of the words."""
    if not words:
        return 0.0, 0.0
    tallest = max(w.height for w in words) / 2
    found = []
    for b in np.linspace(1.12, 1.7, 13) * tallest:
        a = max(max(w.half_width(b) for w in words) + 2.5, 1.25 * b)
        found.append((a + 1.3 * b, a, float(b)))
    return min(found)[1:]
