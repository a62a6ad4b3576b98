"""A sheet as a ``tikzpicture`` for LaTeX: the same shapes, curves, numbers, stamp, key and notes in the same places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.documents.tex import escaped, packages, preamble
from mkb21sem.report.drawing.canvas import weighed
from mkb21sem.report.drawing.geometry import Array
from mkb21sem.report.drawing.legend import GLYPH, LINE, Entry
from mkb21sem.report.drawing.options import POINTS_PER_CM, Options
from mkb21sem.report.drawing.panels import single
from mkb21sem.report.drawing.picture import Edge, Node, Picture
from mkb21sem.report.drawing.sheet import Sheet
from mkb21sem.report.drawing.sizes import key, r2_line, thickness
from mkb21sem.report.drawing.typeset import LEADING, LOADING_SIZE, NAME_SIZE, NOTE_SIZE, PANEL_SIZE, TITLE_SIZE
from mkb21sem.specify.model import Model

_USED = r"\usetikzlibrary{arrows.meta}"
_FITTED = r"""\end{tikzpicture}%
\end{lrbox}
\ifdim\wd\semdrawing>\linewidth \sbox\semdrawing{\resizebox{\linewidth}{!}{\usebox\semdrawing}}\fi
\ifdim\ht\semdrawing>.9\textheight \sbox\semdrawing{\resizebox{!}{.9\textheight}{\usebox\semdrawing}}\fi
\usebox\semdrawing
"""
"""What makes a drawing smaller that is wider than the line, or higher than the page and its caption allow."""
_STYLES = r"""\begin{{tikzpicture}}[x=1cm, y=1cm, line cap=butt,
  sem construct/.style={{draw=semink, fill=semconstruct, line width=0.9pt}},
  sem observed/.style={{draw=semink, fill=semobserved, line width=0.9pt}},
  sem part/.style={{sem construct, line width=0.6pt}}, sem item/.style={{sem observed, line width=0.6pt}},
  sem name/.style={{inner sep=0pt, align=center, text=semink, font={name}}},
  sem small name/.style={{sem name, font={item}}},
  sem number/.style={{fill=sempaper, text=semink, inner sep=1pt, align=center, font={name}}},
  sem small number/.style={{sem number, font={item}}},
  sem title/.style={{inner sep=0pt, text=semink, anchor=west, font={title}\bfseries}},
  sem panel/.style={{sem title, font={panel}\bfseries}},
  sem stamp/.style={{fill=semink, text=sempaper, inner sep=3pt, anchor=east, font={title}\bfseries}},
  sem note/.style={{inner sep=0pt, text=semink, anchor=west, font={note}}},
  sem back/.style={{draw=semmuted, text=semmuted, fill=sempaper}},
  sem back number/.style={{text=semmuted}}, sem back arrow/.style={{draw=semmuted}}, sem unsure/.style={{dashed}},
  sem path/.style={{draw=sempositive, -{{Latex}}}}, sem path negative/.style={{draw=semnegative, -{{Latex[open]}}}},
  sem loading/.style={{draw=sempositive, -{{Latex[length=3.6pt]}}}},
  sem loading negative/.style={{draw=semnegative, -{{Latex[open, length=3.6pt]}}}},
  sem covariance/.style={{draw=sempositive, {{Latex}}-{{Latex}}}},
  sem covariance negative/.style={{draw=semnegative, {{Latex[open]}}-{{Latex[open]}}}}]"""
_COLOURS = ("ink", "muted", "paper", "positive", "negative")


def to_tikz(found: Fit | Model, *, group: str | None = None, title: str | None = "", **options: Any) -> str:
    r"""The diagram as a ``tikzpicture``, with the places and curves that `diagram` finds.

    Parameters
    ----------
    found, group, title, options
        As for `diagram`; no title, since LaTeX writes captions.

    Returns
    -------
    str
        Its first line says which packages it needs, its second how large it is. On a line or page that is smaller the
        drawing is made smaller; for larger letters choose another width, or turn the page.

    Raises
    ------
    OptionError
        An option has an unknown value.
    """
    return tikz(single(found, group, Options(**options), title))


def tikz(sheet: Sheet) -> str:
    """A sheet with all its panels as a ``tikzpicture``."""
    lines = [*_head(sheet)]
    for i, picture in enumerate(sheet.pictures):
        lines += _panel(sheet, i, picture)
    body = "\n".join([*lines, *_foot(sheet)])
    size = f"% {_cm(sheet.width)} cm wide, {_cm(sheet.height)} cm high"
    opened = (r"\ifdefined\semdrawing\else\newsavebox\semdrawing\fi", r"\begin{lrbox}{\semdrawing}%")
    above = (f"% {preamble({'tikz'} | packages(body))} {_USED}", size, *_colours(sheet), *opened, _styles())
    return "\n".join([*above, body, _FITTED])


def _colours(sheet: Sheet) -> list[str]:
    theme = sheet.theme
    named = {name: getattr(theme, name) for name in _COLOURS} | {"construct": theme.latent, "observed": theme.observed}
    return [rf"\definecolor{{sem{name}}}{{HTML}}{{{colour[1:].upper()}}}" for name, colour in named.items()]


def _styles() -> str:
    sizes = {"name": NAME_SIZE, "item": LOADING_SIZE, "title": TITLE_SIZE, "panel": PANEL_SIZE, "note": NOTE_SIZE}
    fonts = {name: rf"\fontsize{{{size:g}}}{{{size * LEADING:g}}}\selectfont" for name, size in sizes.items()}
    return _STYLES.format(**fonts)


def _head(sheet: Sheet) -> Iterator[str]:
    for k, line in enumerate(sheet.title_lines):
        yield rf"  \node[sem title] at {_point((0, sheet.height - 15 * k - 7.5))} {{{escaped(line)}}};"
    if sheet.stamp:
        yield rf"  \node[sem stamp] at {_point((sheet.width, sheet.height - 8))} {{{escaped(sheet.stamp)}}};"


def _panel(sheet: Sheet, i: int, picture: Picture) -> Iterator[str]:
    """Arrows, nodes and numbers of one panel, moved to its place."""
    corner = sheet.corner(i)
    for k, line in enumerate(sheet.head_lines[i]):
        yield rf"  \node[sem panel] at {_point(sheet.heading(i, k))} {{{escaped(line)}}};"
    yield rf"  \begin{{scope}}[shift={{{_point(corner)}}}]"
    for edge in picture.edges:
        yield _way(weighed(edge, sheet.highlight), sheet)
    for node in picture.nodes.values():
        yield from _node(node, sheet, picture)
    for edge in picture.edges:
        if key(edge) in sheet.scene.spots and (edge.text or edge.tag):
            yield _label(edge, sheet)
    yield r"  \end{scope}"


def _way(edge: Edge, sheet: Sheet) -> str:
    start, one, other, end = (_point(at) for at in sheet.scene.ways[key(edge)])
    style = f"sem {edge.kind}{' negative' if edge.negative else ''}"
    more = (", sem unsure" if edge.significant is False else "") + (", sem back arrow" if sheet.greyed(edge) else "")
    stroke = f"line width={thickness(edge):.2f}pt"
    return rf"  \draw[{style}{more}, {stroke}] {start} .. controls {one} and {other} .. {end};"


def _node(node: Node, sheet: Sheet, picture: Picture) -> Iterator[str]:
    """The shape, and the text in its middle."""
    shape, main = sheet.scene.shapes[node.name], node.name in picture.structural
    style = ("construct" if node.latent else "observed") if main else ("part" if node.latent else "item")
    back = sheet.greyed_node(node.name)
    grey = ", sem back" if back else ""
    if node.latent:
        radii = f"x radius={_cm(shape.a)}cm, y radius={_cm(shape.b)}cm"
        yield rf"  \path[sem {style}{grey}] {_point(shape.centre)} ellipse [{radii}];"
    else:
        yield rf"  \path[sem {style}{grey}] {_point(shape.box[:2])} rectangle {_point(shape.box[2:])};"
    lines = [escaped(line) for line in sheet.scene.words[node.name].name]
    if main:
        lines = [rf"\textbf{{{line}}}" for line in lines]
    text = r"\\".join([*lines, *([escaped(r2_line(node))] if node.r2 else [])])
    turned = ", rotate=90" if node.name in sheet.scene.turned else ""
    kind = "sem name" if main else "sem small name"
    muted = ", sem back number" if back else ""
    yield rf"  \node[{kind}{turned}{muted}] at {_point(shape.centre)} {{{text}}};"


def _label(edge: Edge, sheet: Sheet) -> str:
    first, line, rest = edge.text.partition("\n")
    tag = rf"\textsuperscript{{{edge.tag}}}" if edge.tag else ""
    text = escaped(first) + tag + (rf"\\{{}}{escaped(rest)}" if line else "")
    style = "sem small number" if edge.kind == "loading" else "sem number"
    muted = ", sem back number" if sheet.greyed(edge) else ""
    return rf"  \node[{style}{muted}] at {_point(sheet.scene.spots[key(edge)])} {{{text}}};"


def _foot(sheet: Sheet) -> Iterator[str]:
    """The key, and the notes below it."""
    y = sheet.foot
    for row in sheet.key:
        x = 0.0
        for entry in row:
            yield from _entry(entry, x, y - LINE / 2)
            x += entry.width
        y -= LINE
    for k, line in enumerate(sheet.note_lines):
        yield rf"  \node[sem note] at {_point((0, y - 2 - LINE * (k + 0.5)))} {{{escaped(line)}}};"


def _entry(entry: Entry, x: float, y: float) -> Iterator[str]:
    kind = {"": "", "arc": "sem covariance", "open": "sem path negative", "dashed": "sem path, sem unsure"}
    if entry.glyph:
        bend = "to[bend left=30]" if entry.glyph == "arc" else "--"
        style = kind.get(entry.glyph, "sem path")
        yield rf"  \draw[{style}, line width=1.1pt] {_point((x, y))} {bend} {_point((x + GLYPH, y))};"
    place = _point((x + (GLYPH + 4 if entry.glyph else 0), y))
    yield rf"  \node[sem note] at {place} {{{escaped(entry.text)}}};"


def _cm(points: float) -> str:
    return f"{points / POINTS_PER_CM:.3f}"


def _point(at: Array | tuple[float, float]) -> str:
    return f"({_cm(at[0])}, {_cm(at[1])})"
