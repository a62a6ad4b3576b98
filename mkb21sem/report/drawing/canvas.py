"""Themes, and the strokes that put a scene on paper."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, Patch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from mkb21sem.report.drawing.geometry import Array, Shape, arrow_head, back, part
from mkb21sem.report.drawing.picture import Edge, Node, Picture
from mkb21sem.report.drawing.scene import Scene
from mkb21sem.report.drawing.sizes import head_length, key, label_size, r2_line, thickness
from mkb21sem.report.drawing.typeset import (
    ITEM_SIZE,
    LEADING,
    NAME_SIZE,
    TAG_RISE,
    TAG_SIZE,
    Lettering,
    font,
    measure,
    words,
)

CAPITAL = 0.73
"""Height of capitals and figures as a share of the font size."""
DASHES = (0, (3.2, 2.2))


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours and magnification.

    Attributes
    ----------
    scale
        Inches on paper per 1/72 inch of the drawing; text grows with it.
    ink, muted, paper
        Lines and text, what stands back beside a highlighted path, background.
    latent, observed
        Fill of ellipses and boxes.
    positive, negative
        Colour of arrows; the sign is also in the number and in the arrow head (open for negative).
    """

    scale: float
    ink: str
    muted: str
    paper: str
    latent: str
    observed: str
    positive: str
    negative: str


THEMES = {
    "print": Theme(1.0, "#111111", "#949494", "#ffffff", "#efefef", "#ffffff", "#111111", "#111111"),
    "screen": Theme(1.3, "#1b2733", "#949fab", "#ffffff", "#e3edf8", "#fbf3e2", "#1c5a9c", "#a83a0c"),
    "slides": Theme(2.0, "#101820", "#949fab", "#ffffff", "#dbe9f8", "#fdf0d5", "#124e91", "#a13106"),
}


def draw_scene(
    axes: Axes, scene: Scene, picture: Picture, theme: Theme, corner: Array, lit: Collection[tuple[str, str]] | None
) -> None:
    """Draw one picture at its places in a scene whose lower left corner stands at `corner` (2,).

    Parameters
    ----------
    axes
        In points, equal in both directions.
    lit
        Arrows (tail, head) of a highlighted path; None draws all alike.
    """
    for edge in picture.edges:
        dim = lit is not None and not _on_path(edge, lit)
        colour = theme.muted if dim else theme.negative if edge.negative else theme.positive
        _arrow(axes, weighed(edge, lit), scene.ways[key(edge)] + corner, theme, colour)
        if key(edge) in scene.spots:
            _label(axes, edge, scene.spots[key(edge)] + corner, theme, theme.muted if dim and lit else theme.ink)
    on_path = {name for pair in lit or () for name in pair}
    for name, node in picture.nodes.items():
        colour = theme.muted if lit is not None and name not in on_path else theme.ink
        shape, main = scene.shapes[name].moved(*corner), name in picture.structural
        fill = theme.paper if colour == theme.muted else theme.latent if node.latent else theme.observed
        _node(axes, node, shape, theme, colour, fill, main)
        lines = words(scene.words[name].name, NAME_SIZE if main else ITEM_SIZE, r2_line(node), bold=main)
        _name(axes, name, lines, shape, theme, colour, name in scene.turned)


def _on_path(edge: Edge, lit: Collection[tuple[str, str]]) -> bool:
    return not edge.two_headed and (edge.tail, edge.head) in lit


def weighed(edge: Edge, lit: Collection[tuple[str, str]] | None) -> Edge:
    """The arrow as drawn: on a highlighted path it is never thin."""
    if not lit or not _on_path(edge, lit):
        return edge
    return replace(edge, strength=float(np.nanmax([edge.strength, 0.4])))


def _arrow(axes: Axes, edge: Edge, way: Array, theme: Theme, colour: str) -> None:
    """A line that ends where its head begins, and the head with its tip on the border."""
    length, width = head_length(edge), thickness(edge)
    scale = theme.scale
    heads = [way]
    last = back(way, 0.85 * length)
    first = 0.0
    if edge.two_headed:
        heads.append(way[::-1])
        first = min(1 - back(way[::-1], 0.85 * length), last)
    line = part(way, first, last)
    axes.add_patch(
        PathPatch(
            Path(line, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
            fill=False,
            edgecolor=colour,
            linewidth=width * scale,
            linestyle=DASHES if edge.significant is False else "solid",
            capstyle="butt",
            zorder=2,
            gid=f"line:{edge.tail}:{edge.head}:{edge.kind}",
        )
    )
    for control in heads:
        axes.add_patch(
            Polygon(
                arrow_head(control, length),
                closed=True,
                facecolor=theme.paper if edge.negative else colour,
                edgecolor=colour,
                linewidth=0.7 * scale if edge.negative else 0.0,
                joinstyle="miter",
                zorder=3,
                gid=f"head:{edge.tail}:{edge.head}:{edge.kind}",
            )
        )


def _label(axes: Axes, edge: Edge, spot: Array, theme: Theme, colour: str) -> None:
    """The number, and the evidence letter raised behind its first line."""
    size, first = label_size(edge), edge.text.partition("\n")[0]
    wide = measure(first, size)[0]
    tag = measure(edge.tag, TAG_SIZE)[0]
    alone = first == edge.text
    end = spot[0] + (wide - tag if alone else wide) / 2
    high = spot[1] + (0 if alone else size * LEADING / 2) + TAG_RISE * size
    name = f"{edge.tail}:{edge.head}:{edge.kind}"
    common: dict[str, Any] = {"color": colour, "va": "center"}
    if edge.tag:
        letter = font(TAG_SIZE * theme.scale)
        axes.text(
            end, high, edge.tag, fontproperties=letter, gid=f"tag:{name}", zorder=4.5, bbox=_ground(theme), **common
        )
    if edge.text:
        figures = font(size * theme.scale)
        x = spot[0] - tag / 2 if alone else spot[0]
        axes.text(x, spot[1], edge.text, parse_math=False, fontproperties=figures, ha="center", linespacing=LEADING,
                  gid=f"label:{name}", zorder=4, bbox=_ground(theme), **common)  # fmt: skip


def _ground(theme: Theme) -> dict[str, Any]:
    """What a label covers of the lines below it."""
    return {"boxstyle": "square,pad=0.06", "facecolor": theme.paper, "edgecolor": "none"}


def _node(axes: Axes, node: Node, shape: Shape, theme: Theme, colour: str, fill: str, main: bool) -> None:
    patch: Patch
    if node.latent:
        patch = Ellipse((shape.x, shape.y), 2 * shape.a, 2 * shape.b)
    else:
        patch = Rectangle((shape.x - shape.a, shape.y - shape.b), 2 * shape.a, 2 * shape.b)
    patch.set(
        facecolor=fill,
        edgecolor=colour,
        linewidth=(0.9 if main else 0.6) * theme.scale,
        zorder=5,
        gid=f"{'node' if main else 'item'}:{node.name}",
    )
    axes.add_patch(patch)


def _name(axes: Axes, name: str, words: Lettering, shape: Shape, theme: Theme, colour: str, turned: bool) -> None:
    """The lines of a node, each on its base line; turned by a quarter they run upward."""
    for k, line in enumerate(words.lines):
        base = line.rise - CAPITAL / 2 * line.size
        x, y = (shape.x - base, shape.y) if turned else (shape.x, shape.y + base)
        axes.text(
            x,
            y,
            line.text,
            fontproperties=font(line.size * theme.scale, bold=line.bold),
            rotation=90 if turned else 0,
            rotation_mode="anchor",
            ha="center",
            va="baseline",
            zorder=6,
            color=colour,
            gid=f"name:{name}:{k}",
            parse_math=False,
        )


def named(axes: Axes, kind: type) -> list[tuple[str, Any]]:
    """Artists of a kind with a name, numbered where panels repeat a name."""
    found: dict[str, Any] = {}
    for artist in axes.findobj(kind):
        name = artist.get_gid()
        if not name:
            continue
        count, unique = 2, name
        while unique in found:
            unique, count = f"{name} ({count})", count + 1
        found[unique] = artist
    return list(found.items())


def drawn_shapes(axes: Axes) -> dict[str, Shape]:
    """The nodes ("node:…") and items ("item:…") of a finished drawing, in its points."""
    found = {}
    for name, patch in named(axes, Patch):
        if not name.startswith(("node:", "item:")):
            continue
        if isinstance(patch, Ellipse):
            x, y = patch.center
            found[name] = Shape(x, y, patch.width / 2, patch.height / 2, round=True)
        else:
            a, b = patch.get_width() / 2, patch.get_height() / 2
            found[name] = Shape(patch.get_x() + a, patch.get_y() + b, a, b)
    return found
