"""The lines above and below a drawing: title, key to the signs, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.report.drawing.annotation import ALPHA, STARS, TAGS
from mkb21sem.report.drawing.canvas import DASHES, Theme
from mkb21sem.report.drawing.picture import Picture
from mkb21sem.report.drawing.typeset import NOTE_SIZE, font, measure
from mkb21sem.report.numbers import bounded, count, equals_p, number
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model

GLYPH, SPACE = 20.0, 12.0
LINE = 11.5
GLUE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the key: a glyph (solid, dashed, open, arc or "") and its text."""

    glyph: str
    text: str

    @property
    def width(self) -> float:
        """In points, with the space behind it."""
        return (GLYPH + 4 if self.glyph else 0) + measure(self.text, NOTE_SIZE)[0] + SPACE


def entries(pictures: Sequence[Picture], labels: str, lang: str) -> list[Entry]:
    """The key to what actually occurs in the pictures."""
    words = Words(lang)
    edges = [edge for picture in pictures for edge in picture.edges]
    found = []
    if any(edge.significant is not None for edge in edges):
        alpha = bounded(ALPHA, lang=lang)
        found += [
            Entry("solid", words.plain("drawing.yes", alpha=alpha)),
            Entry("dashed", words.plain("drawing.no", alpha=alpha)),
        ]
    if any(edge.negative for edge in edges):
        found.append(Entry("open", words.plain("drawing.negative")))
    if any(edge.two_headed for edge in edges):
        found.append(Entry("arc", words.plain(f"drawing.arc.{'std' if labels.startswith('std') else 'est'}")))
    if any(np.isfinite(edge.strength) for edge in edges):
        found.append(Entry("", words.plain("drawing.width")))
    if labels.endswith("stars"):
        found.append(Entry("", _stars(lang)))
    tags = {edge.tag for edge in edges}
    letters = [f"{tag} {words.plain(f'drawing.{kind}')}" for kind, tag in TAGS[lang].items() if tag in tags]
    if letters:
        found.append(Entry("", words.plain("drawing.evidence", letters=", ".join(letters))))
    return found


def _stars(lang: str) -> str:
    return "  ".join(f"{'*' * (k + 1)} p < {bounded(p, 2 + (k == 2), lang)}" for k, p in enumerate(STARS))


def sample_line(found: Fit | Model, labels: str, lang: str) -> str:
    """N, estimator, test of fit and what the numbers are; or that nothing was fitted."""
    words = Words(lang)
    if isinstance(found, Model):
        return words.plain("drawing.specified")
    if not found.converged:
        return words.plain("drawing.stopped", cause=found.cause)
    facts = [f"N = {count(found.moments.total, lang)}", found.estimator.name, *_fit_words(found, words)]
    if labels not in ("none", "key"):
        facts.append(words.plain(f"drawing.{labels[:3]}"))
    if labels.endswith("interval"):
        facts.append(words.plain("drawing.interval"))
    return "; ".join(facts) + "."


def _fit_words(found: Fit, words: Words) -> list[str]:
    """χ², CFI, RMSEA and SRMR; the scaled test and the robust indices where the estimator has them."""
    index, lang = indices(found), words.lang
    if not index["df"] > 0:
        return []

    def kind(name: str, *endings: str) -> str:
        return next((end for end in endings if np.isfinite(index.get(name + end, np.nan))), "")

    def said(ending: str) -> str:
        return f"{words.plain(f'drawing.test{ending}')} " if ending else ""

    test, close = kind("chisq", ".scaled"), kind("cfi", ".robust", ".scaled")
    chisq, p = number(index["chisq" + test], lang=lang), equals_p(index["pvalue" + test], lang)
    return [
        f"{said(test)}χ²({count(index['df'], lang)}) = {chisq}, p {p}",
        f"{said(close)}CFI = {bounded(index['cfi' + close], lang=lang)}",
        f"RMSEA = {bounded(index['rmsea' + close], 3, lang)}",
        f"SRMR = {bounded(index['srmr'], 3, lang)}",
    ]


def wrap(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Lines no wider than `width` points, where words allow; none breaks before or behind a sign of relation."""
    lines: list[str] = []
    glued = re.sub(r" ([=<>≥]) ", rf"{GLUE}\1{GLUE}", text)
    for word in (part.replace(GLUE, " ") for part in re.split(r"[ \n]+", glued) if part):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size, bold)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def even(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """As `wrap`, with lines as equally long as that number of lines allows."""
    lines = wrap(text, size, width, bold)
    # A word wider than the line stands alone at any width: without an end this would go on for ever.
    while width > 24 and len(closer := wrap(text, size, width - 12, bold)) == len(lines) > 1:
        lines, width = closer, width - 12
    return lines


def rows(found: Sequence[Entry], width: float) -> list[list[Entry]]:
    """The key broken over rows."""
    broken: list[list[Entry]] = []
    for entry in found:
        if broken and sum(e.width for e in broken[-1]) + entry.width - SPACE <= width:
            broken[-1].append(entry)
        else:
            broken.append([entry])
    return broken


def draw_key(axes: Axes, broken: Sequence[Sequence[Entry]], left: float, top: float, theme: Theme) -> None:
    """The key with its upper edge at `top`."""
    for k, row in enumerate(broken):
        x, y = left, top - LINE * (k + 0.5)
        for entry in row:
            if entry.glyph:
                _glyph(axes, entry.glyph, x, y, theme)
            axes.text(
                x + (GLYPH + 4 if entry.glyph else 0),
                y,
                entry.text,
                fontproperties=font(NOTE_SIZE * theme.scale),
                color=theme.ink,
                va="center",
                gid=f"key:{entry.glyph}",
                parse_math=False,
            )
            x += entry.width


def _glyph(axes: Axes, glyph: str, x: float, y: float, theme: Theme) -> None:
    scale, length = theme.scale, 5.5
    colour = theme.negative if glyph == "open" else theme.positive
    tips = [(x + GLYPH, 1)] + ([(x, -1)] if glyph == "arc" else [])
    across = np.linspace(0, 1, 21)
    bow = 3.0 if glyph == "arc" else 0.0
    start = x + (length if glyph == "arc" else 0)
    xs = start + (x + GLYPH - length - start) * across
    axes.add_line(
        Line2D(
            xs,
            y + bow * 4 * across * (1 - across) * 0.9,
            color=colour,
            linewidth=1.1 * scale,
            linestyle=DASHES if glyph == "dashed" else "solid",
            dash_capstyle="butt",
            solid_capstyle="butt",
        )
    )
    for tip, sign in tips:
        corners = np.array(
            [(tip, y), (tip - sign * length, y + 0.37 * length), (tip - sign * length, y - 0.37 * length)]
        )
        is_open = glyph == "open"
        axes.add_patch(
            Polygon(
                corners,
                facecolor=theme.paper if is_open else colour,
                edgecolor=colour,
                linewidth=0.7 * scale if is_open else 0.0,
            )
        )
