"""What lies over what in a finished drawing, measured on its artists and not on the plan they were made from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mkb21sem.report.drawing.canvas import drawn_shapes, named
from mkb21sem.report.drawing.geometry import Array, Shape, apart, curve, levels, meets, stacked

TOUCH = 0.25
"""Points by which boxes may meet, for the rounding of the renderer."""


def overlaps(figure: Figure) -> list[str]:
    """Everything that is in the way of something else; empty for a clean drawing.

    Parameters
    ----------
    figure
        From `diagram` or `diagrams`.

    Returns
    -------
    list of str
        One sentence a fault: labels over nodes, arrow heads or labels; texts over texts or cut at the border;
        names larger than their node; nodes over nodes; arrows that run through nodes that aren't theirs.
    """
    axes: Axes = figure.axes[0]
    texts = {name: _text_box(figure, axes, artist) for name, artist in named(axes, Text)}
    shapes = drawn_shapes(axes)
    return [
        *_labels(axes, texts, shapes),
        *_texts(axes, texts),
        *_names(texts, shapes),
        *_nodes(shapes),
        *_lines(axes, shapes),
    ]


def _plain(name: str) -> str:
    """A name without the number of its panel."""
    return name.split(" (")[0]


def _text_box(figure: Figure, axes: Axes, artist: Text) -> Array:
    """Box (4,) of a text in points, without its background."""
    extent = artist.get_window_extent(_renderer(figure))
    return np.asarray(Bbox(axes.transData.inverted().transform(extent)).extents)


def _renderer(figure: Figure) -> RendererAgg:
    return figure.canvas.get_renderer()  # type: ignore[attr-defined]


def _labels(axes: Axes, texts: dict[str, Array], shapes: dict[str, Shape]) -> Iterator[str]:
    """Labels over nodes and arrow heads."""
    rows, names = stacked(list(shapes.values())), list(shapes)
    heads = [(name, patch) for name, patch in named(axes, Polygon) if name.startswith("head:")]
    for label, box in texts.items():
        if not label.startswith(("label:", "tag:")):
            continue
        for k in np.flatnonzero(meets(box[None], rows)[0]):
            yield f"{label} lies over {names[k]}"
        for name, patch in heads:
            if Path(patch.get_xy()).intersects_bbox(Bbox.from_extents(*box), filled=True):
                yield f"{label} lies over {name}"


def _texts(axes: Axes, texts: dict[str, Array]) -> Iterator[str]:
    """Texts over texts, and texts cut at the border."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for name, box in texts.items():
        if box[0] < left or box[1] < bottom or box[2] > right or box[3] > top:
            yield f"{name} is cut at the border"
    for (one, box), (other, there) in combinations(texts.items(), 2):
        if one.partition(":")[2] != other.partition(":")[2] and not apart(box, there, -TOUCH):
            yield f"{one} lies over {other}"


def _names(texts: dict[str, Array], shapes: dict[str, Shape]) -> Iterator[str]:
    """Lines that leave their node, by more than the room that the font keeps for accents."""
    for name, box in texts.items():
        kind, node, *_ = *_plain(name).split(":"), ""
        if kind == "name":
            corners = np.array([(box[0], box[1]), (box[0], box[3]), (box[2], box[1]), (box[2], box[3])])
            own = (shape for full, shape in shapes.items() if _plain(full).partition(":")[2] == node)
            if all((shape.level(corners, 1.0) < 0).any() for shape in own):
                yield f"{name} leaves its node"


def _nodes(shapes: dict[str, Shape]) -> Iterator[str]:
    for (one, here), (other, there) in combinations(shapes.items(), 2):
        if not apart(here.box, there.box):
            yield f"{one} lies over {other}"


def _lines(axes: Axes, shapes: dict[str, Shape]) -> Iterator[str]:
    """Arrows that run through nodes at neither of their ends."""
    rows, names = stacked(list(shapes.values())), list(shapes)
    for name, patch in named(axes, PathPatch):
        kind, *ends = name.split(":")
        if kind != "line":
            continue
        points = curve(np.asarray(patch.get_path().vertices), np.linspace(0, 1, 201))
        for k in np.flatnonzero((levels(points, rows) > 0).any(0)):
            if _plain(names[k]).partition(":")[2] not in ends:
                yield f"{name} runs through {names[k]}"
