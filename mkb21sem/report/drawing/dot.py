"""A sheet for Graphviz: ``dot`` lays it out anew, ``neato -n2`` keeps every place and curve found here.

Graphviz can't turn the text of a node, so boxes whose text runs upward here grow to hold it level there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.drawing.canvas import weighed
from mkb21sem.report.drawing.geometry import Array, back, part
from mkb21sem.report.drawing.options import Options
from mkb21sem.report.drawing.panels import single
from mkb21sem.report.drawing.picture import Edge, Node, Picture
from mkb21sem.report.drawing.sheet import Sheet
from mkb21sem.report.drawing.sizes import head_length, key, r2_line, thickness
from mkb21sem.report.drawing.typeset import FONT, ITEM_SIZE, LABEL_SIZE, NAME_SIZE, NOTE_SIZE
from mkb21sem.specify.model import Model


def to_dot(found: Fit | Model, *, group: str | None = None, title: str | None = "", **options: Any) -> str:
    """The diagram for Graphviz.

    Parameters
    ----------
    found, group, title, options
        As for `diagram`.

    Raises
    ------
    OptionError
        An option has an unknown value.
    """
    return dot(single(found, group, Options(**options), title))


def dot(sheet: Sheet) -> str:
    """A sheet with all its panels as a directed graph; each of several panels is a cluster."""
    lines = ["digraph model {", "  rankdir=LR;", "  splines=true;"]
    lines.append(f"  label={_quoted(_caption(sheet))}; labelloc=b; labeljust=l; fontname={_quoted(FONT)};")
    lines.append(
        f"  fontsize={NOTE_SIZE:g}; fontcolor={_quoted(sheet.theme.ink)}; bgcolor={_quoted(sheet.theme.paper)};"
    )
    lines.append(f"  node [fontname={_quoted(FONT)}, margin=0, fixedsize=true];")
    lines.append(f"  edge [fontname={_quoted(FONT)}, fontsize={LABEL_SIZE:g}];")
    several = len(sheet.pictures) > 1
    for i, picture in enumerate(sheet.pictures):
        if several:
            lines += [
                f"  subgraph cluster_{i} {{",
                f"  label={_quoted(sheet.heads[i])}; color={_quoted(sheet.theme.paper)};",
            ]
        lines += _panel(sheet, i, picture, f"{i + 1}:" if several else "")
        lines += ["  }"] if several else []
    return "\n".join([*lines, "}", ""])


def _caption(sheet: Sheet) -> str:
    """Title, stamp, key and notes, line by line."""
    key = [" · ".join(_said(entry.glyph, entry.text) for entry in row) for row in sheet.key]
    return "\n".join([*sheet.title_lines, *([sheet.stamp] if sheet.stamp else []), *key, *sheet.note_lines])


def _said(glyph: str, text: str) -> str:
    signs = {"solid": "──▶ ", "dashed": "- -▶ ", "open": "──▷ ", "arc": "◀─▶ "}
    return signs.get(glyph, "") + text


def _panel(sheet: Sheet, i: int, picture: Picture, prefix: str) -> Iterator[str]:
    corner = sheet.corner(i)
    for node in picture.nodes.values():
        yield _node(node, sheet, picture, corner, prefix)
    for edge in picture.edges:
        yield _edge(weighed(edge, sheet.highlight), sheet, corner, prefix)


def _node(node: Node, sheet: Sheet, picture: Picture, corner: Array, prefix: str) -> str:
    scene, theme = sheet.scene, sheet.theme
    shape, main = scene.shapes[node.name].moved(*corner), node.name in picture.structural
    dim = sheet.greyed_node(node.name)
    colour = theme.muted if dim else theme.ink
    look = {
        "label": "\n".join([*scene.words[node.name].name, *([r2_line(node)] if node.r2 else [])]),
        "shape": "ellipse" if node.latent else "box",
        "pos": f"{shape.x:.1f},{shape.y:.1f}!",
        "width": f"{shape.a / 36:.3f}",
        "height": f"{shape.b / 36:.3f}",
        "fontsize": f"{NAME_SIZE if main else ITEM_SIZE:g}",
        "style": "filled",
        "fillcolor": theme.paper if dim else theme.latent if node.latent else theme.observed,
        "color": colour,
        "fontcolor": colour,
        "penwidth": "0.9" if main else "0.6",
        **({"fixedsize": "false"} if node.name in scene.turned else {}),
    }
    return f"  {_quoted(prefix + node.name)} [{_listed(look)}];"


def _edge(edge: Edge, sheet: Sheet, corner: Array, prefix: str) -> str:
    theme, dim = sheet.theme, sheet.greyed(edge)
    look = {
        "label": edge.text + (f" ({edge.tag})" if edge.tag else ""),
        "penwidth": f"{thickness(edge):.2f}",
        "color": theme.muted if dim else theme.negative if edge.negative else theme.positive,
        "fontcolor": theme.muted if dim else theme.ink,
        "arrowsize": f"{head_length(edge) / 10:.2f}",
        "pos": _spline(edge, sheet.scene.ways[key(edge)] + corner),
    }
    if key(edge) in sheet.scene.spots:
        x, y = sheet.scene.spots[key(edge)] + corner
        look["lp"] = f"{x:.1f},{y:.1f}"
    if edge.significant is False:
        look["style"] = "dashed"
    if edge.negative:
        look["arrowhead"] = "empty"
    if edge.two_headed:
        look |= {"dir": "both", "constraint": "false", **({"arrowtail": "empty"} if edge.negative else {})}
    return f"  {_quoted(prefix + edge.tail)} -> {_quoted(prefix + edge.head)} [{_listed(look)}];"


def _spline(edge: Edge, way: Array) -> str:
    """The curve as Graphviz writes it: the tips first, then control points from the end of one head to the other."""
    length = head_length(edge)
    last = back(way, length)
    first = min(1 - back(way[::-1], length), last) if edge.two_headed else 0.0
    points = part(way, first, last)
    tips = [f"s,{_pair(way[0])}"] if edge.two_headed else []
    return " ".join([*tips, f"e,{_pair(way[3])}", *(_pair(at) for at in points)])


def _pair(at: Array) -> str:
    return f"{at[0]:.1f},{at[1]:.1f}"


def _listed(look: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in look.items())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
