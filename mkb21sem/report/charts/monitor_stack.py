"""Charts of the monitor that show how answers are spread, and motive beside experience."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.gaps import draw_gap, with_gap
from mkb21sem.report.charts.monitor_rows import EDGES, ROW, columns, key_above, label_rows, scale
from mkb21sem.report.drawing.typeset import measure
from mkb21sem.report.words import Words

READABLE = 7.0
"""Percentage from which the number fits into its part of the bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A question with the percentages of its answers, and what stands in the columns on the right."""

    label: str
    shares: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A goal: motive and experience as mean, low and high; and what stands on the right."""

    label: str
    motive: tuple[float, float, float]
    result: tuple[float, float, float]
    texts: tuple[str, ...]


def stacked(
    rows: Sequence[Bar],
    answers: Sequence[str],
    heads: Sequence[str],
    words: Words,
    title: str,
    note: str,
    synthetic: bool,
    two_sided: bool,
) -> Figure:
    """Bars of all answers, light to dark, or against to for where the answers have two sides."""
    figure = style.paper(style.PAGE, EDGES + 0.55 + ROW * len(rows) + 0.16 * math.ceil(len(note) / 105))
    axes = figure.add_subplot()
    looks = style.diverging(len(answers)) if two_sided else [(shade, "") for shade in style.shades(len(answers))]
    _bars(axes, rows, looks, words)
    label_rows(axes, [row.label for row in rows])
    axes.set_xlim(0, 100)
    axes.set_xlabel(words.plain("monitor.axis.percent"))
    style.ticks(axes.xaxis, words.lang, numbers.number, 0)
    columns(axes, [row.texts for row in rows], heads)
    keys = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=style.INK, linewidth=0.4, label=answer)
        for (colour, hatch), answer in zip(looks, answers, strict=True)
    ]
    style.head(figure, title, words, synthetic, note)
    key_above(axes, keys, max(head.count("\n") + 1 for head in heads), _abreast(answers))
    return figure


def _bars(axes: Axes, rows: Sequence[Bar], looks: Sequence[tuple[str, str]], words: Words) -> None:
    """Bars beside each other that make up a whole, with the percentage in every part that holds it."""
    left = np.zeros(len(rows))
    parts = [with_gap(row.shares, 100.0) for row in rows]
    for at, (widths, gap) in enumerate(parts):
        if gap >= 0:
            draw_gap(axes, at, float(widths[:gap].sum()), float(widths[gap]), 0.74, READABLE / 2)
    for j, (colour, hatch) in enumerate(looks):
        width = np.array([widths[j] for widths, _ in parts])
        left += np.where([gap == j for _, gap in parts], width, 0.0)
        width = np.where([gap == j for _, gap in parts], 0.0, width)
        axes.barh(
            np.arange(len(rows)),
            width,
            left=left,
            height=0.74,
            color=colour,
            hatch=hatch,
            edgecolor=style.INK,
            linewidth=0.4,
        )
        for at, share in enumerate(width):
            if share >= READABLE:
                back = {"facecolor": colour, "edgecolor": "none", "pad": 0.6} if hatch else None
                axes.text(
                    left[at] + share / 2,
                    at,
                    numbers.number(share, 0, words.lang),
                    ha="center",
                    va="center",
                    fontsize=style.CELL_SIZE,
                    color=style.ink_on(colour),
                    bbox=back,
                )
        left += width


def pairs(rows: Sequence[Pair], heads: Sequence[str], words: Words, title: str, note: str, synthetic: bool) -> Figure:
    """Motive and experience of every goal on one line."""
    figure = style.paper(style.PAGE, EDGES + 0.4 + 1.25 * ROW * len(rows) + 0.16 * math.ceil(len(note) / 105))
    axes = figure.add_subplot()
    looks = (("s", style.PALETTE[0], -0.14), ("o", style.PALETTE[1], 0.14))
    for at, row in enumerate(rows):
        for (marker, colour, off), (value, low, high) in zip(looks, (row.motive, row.result), strict=True):
            axes.plot([low, high], [at + off, at + off], color=style.INK, linewidth=1.0, zorder=2)
            axes.plot(value, at + off, marker, color=colour, markeredgecolor=style.INK, markeredgewidth=0.7, zorder=3)
    label_rows(axes, [row.label for row in rows])
    scale(axes, words)
    columns(axes, [row.texts for row in rows], heads)
    names = ("monitor.legend.motive", "monitor.legend.experience")
    keys = [
        Line2D([], [], marker=marker, color=style.INK, markerfacecolor=colour, linewidth=1.0, label=words.plain(name))
        for (marker, colour, _), name in zip(looks, names, strict=True)
    ]
    style.head(figure, title, words, synthetic, note)
    key_above(axes, keys, 1, 2)
    return figure


def _abreast(answers: Sequence[str]) -> int:
    """How many keys fit beside each other on the page."""
    widths = [measure(answer, style.TICK_SIZE)[0] + 32 for answer in answers]
    room = style.PAGE * 72
    return len(widths) if sum(widths) < room else max(2, int(room // max(widths)))
