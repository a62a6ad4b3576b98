"""The path diagram as text: TikZ with every thing in its place, and Graphviz DOT."""

from __future__ import annotations

from collections.abc import Mapping

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.drawing.diagram import PAGE_WIDTH, POINTS_PER_CM
from mkb21sem.report.drawing.geometry import Array
from mkb21sem.report.drawing.picture import Edge, Node, Picture, picture
from mkb21sem.report.drawing.scene import Scene, compose
from mkb21sem.report.drawing.sizes import key, r2_line, thickness
from mkb21sem.specify.model import Model

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "−": "$-$",
        "–": "--",
        "²": "$^2$",
        "→": r"$\to$",
        **{sign: "\\" + sign for sign in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_PREAMBLE = r"""% \usepackage{tikz} \usetikzlibrary{arrows.meta,shapes.geometric}
\begin{tikzpicture}[x=1cm, y=1cm, every node/.append style={font=\footnotesize},
  sem node/.style={draw, inner sep=0pt, align=center, line width=0.9pt},
  sem construct/.style={sem node, ellipse, fill=black!6}, sem observed/.style={sem node, rectangle, fill=white},
  sem part/.style={sem construct, line width=0.6pt, font=\scriptsize},
  sem item/.style={sem observed, line width=0.6pt, font=\scriptsize},
  sem number/.style={fill=white, inner sep=1pt, align=center}, sem unsure/.style={dashed},
  sem path/.style={-{Latex}}, sem path negative/.style={-{Latex[open]}},
  sem loading/.style={-{Latex[length=3pt]}}, sem loading negative/.style={-{Latex[open, length=3pt]}},
  sem covariance/.style={{Latex}-{Latex}}, sem covariance negative/.style={{Latex[open]}-{Latex[open]}}]"""


def to_tikz(
    found: Fit | Model,
    *,
    indicators: bool = False,
    labels: str | None = None,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    group: str | None = None,
    covariances: bool = True,
    width: float = PAGE_WIDTH,
) -> str:
    r"""The diagram as a ``tikzpicture`` for LaTeX, with the places and curves that `diagram` finds.

    Parameters
    ----------
    found, indicators, labels, lang, names, group, covariances, width
        As for `diagram`.

    Returns
    -------
    str
        Needs ``\usetikzlibrary{arrows.meta,shapes.geometric}``.

    Raises
    ------
    OptionError
        An option has an unknown value.
    """
    drawn = picture(
        found, indicators=indicators, labels=labels, lang=lang, names=names, group=group, covariances=covariances
    )
    scene = compose([drawn], width * POINTS_PER_CM)
    lines = [_PREAMBLE]
    lines += [_tikz_way(edge, scene.ways[key(edge)]) for edge in drawn.edges]
    lines += [_tikz_node(node, scene, drawn) for node in drawn.nodes.values()]
    lines += [_tikz_label(edge, scene.spots[key(edge)]) for edge in drawn.edges if key(edge) in scene.spots]
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _tikz_way(edge: Edge, way: Array) -> str:
    start, one, other, end = (_point(at) for at in way)
    style = f"sem {edge.kind}{' negative' if edge.negative else ''}"
    dashed = ", sem unsure" if edge.significant is False else ""
    stroke = f"line width={thickness(edge):.2f}pt"
    return rf"  \draw[{style}{dashed}, {stroke}] {start} .. controls {one} and {other} .. {end};"


def _tikz_node(node: Node, scene: Scene, drawn: Picture) -> str:
    shape, main = scene.shapes[node.name], node.name in drawn.structural
    style = ("construct" if node.latent else "observed") if main else ("part" if node.latent else "item")
    turned = node.name in scene.turned
    a, b = (shape.b, shape.a) if turned else (shape.a, shape.b)
    size = f"minimum width={2 * a / POINTS_PER_CM:.3f}cm, minimum height={2 * b / POINTS_PER_CM:.3f}cm"
    lines = [line.translate(_TEX) for line in scene.words[node.name].name]
    if main:
        lines = [rf"\textbf{{{line}}}" for line in lines]
    text = r"\\".join([*lines, *([r2_line(node).translate(_TEX)] if node.r2 else [])])
    return rf"  \node[sem {style}, {size}{', rotate=90' if turned else ''}] at {_point(shape.centre)} {{{text}}};"


def _tikz_label(edge: Edge, spot: Array) -> str:
    first, line, rest = edge.text.translate(_TEX).partition("\n")
    tag = rf"\textsuperscript{{{edge.tag}}}" if edge.tag else ""
    text = first + tag + (rf"\\{{}}{rest}" if line else "")
    return rf"  \node[sem number] at {_point(spot)} {{{text}}};"


def _point(at: Array) -> str:
    x, y = at / POINTS_PER_CM
    return f"({x:.3f}, {y:.3f})"


def to_dot(
    found: Fit | Model,
    *,
    indicators: bool = False,
    labels: str | None = None,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    group: str | None = None,
    covariances: bool = True,
    width: float = PAGE_WIDTH,
) -> str:
    """The diagram for Graphviz: ``dot`` lays it out anew, ``neato -n`` keeps the places found here.

    Parameters
    ----------
    found, indicators, labels, lang, names, group, covariances, width
        As for `diagram`.

    Raises
    ------
    OptionError
        An option has an unknown value.
    """
    drawn = picture(
        found, indicators=indicators, labels=labels, lang=lang, names=names, group=group, covariances=covariances
    )
    scene = compose([drawn], width * POINTS_PER_CM)
    lines = ["digraph model {", "  rankdir=LR;", '  node [fontname="Helvetica", fontsize=10];']
    lines.append('  edge [fontname="Helvetica", fontsize=9];')
    lines += [_dot_node(node, scene) for node in drawn.nodes.values()]
    lines += [_dot_edge(edge) for edge in drawn.edges]
    return "\n".join([*lines, "}", ""])


def _dot_node(node: Node, scene: Scene) -> str:
    shape = scene.shapes[node.name]
    text = "\n".join([*scene.words[node.name].name, *([r2_line(node)] if node.r2 else [])])
    look = "ellipse" if node.latent else "box"
    place = f'pos="{shape.x:.1f},{shape.y:.1f}!", width={shape.a / 36:.3f}, height={shape.b / 36:.3f}'
    return f"  {_quoted(node.name)} [label={_quoted(text)}, shape={look}, {place}];"


def _dot_edge(edge: Edge) -> str:
    look = [f"label={_quoted(edge.text + (f' ({edge.tag})' if edge.tag else ''))}", f"penwidth={thickness(edge):.2f}"]
    if edge.significant is False:
        look.append("style=dashed")
    if edge.negative:
        look.append("arrowhead=empty")
    if edge.two_headed:
        look += ["dir=both", "constraint=false", *(["arrowtail=empty"] if edge.negative else [])]
    return f"  {_quoted(edge.tail)} -> {_quoted(edge.head)} [{', '.join(look)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
