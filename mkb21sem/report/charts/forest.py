"""Every hypothesis as a point with its interval, beside the sizes that don't matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mkb21sem.infer.judging.verdicts import VERDICTS, Verdict
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.drawing.typeset import measure
from mkb21sem.report.words import Words

LOOKS: dict[str, tuple[str, str]] = {
    "supported": ("o", style.PALETTE[0]),
    "significant": ("o", style.PALETTE[0]),
    "opposite": ("X", style.PALETTE[2]),
    "practically zero": ("s", style.PALETTE[1]),
    "undecided": ("o", style.PAPER),
    "not testable": ("|", style.SOFT),
}
"""Marker and filling of each verdict: told apart without colour, too."""
ROW, EDGES, KEY, LETTERS = 0.27, 1.2, 0.3, 38
BAND = "#e9ebee"


def forest(judged: Sequence[Verdict], words: Words, kind: str = "", synthetic: bool = False) -> style.Chart:
    """Standardised effects with their intervals; the grey band holds what is smaller than the SESOI.

    Parameters
    ----------
    judged
        The verdicts, in the order of print.
    words
        Language and labels.
    kind
        What the intervals are, for the note; empty for the delta method.
    synthetic
        Whether the answers were made up.
    """
    labels = [_label(v, words) for v in judged]
    extra = sum(label.count("\n") for label in labels)
    with style.styled():
        tall = ROW * len(judged) + 0.11 * extra
        figure = style.paper(style.PAGE, EDGES + tall)
        above, body = figure.subfigures(2, 1, squeeze=False, height_ratios=[KEY, tall + 0.6])[:, 0]
        axes = body.add_subplot()
        axes.axvline(0.0, color=style.INK, linewidth=0.8, zorder=1)
        for at, verdict in enumerate(judged):
            _row(axes, at, verdict, words)
        axes.set_yticks(np.arange(len(judged)), labels)
        axes.set_ylim(len(judged) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(*_limits(judged))
        axes.set_xlabel(words.plain("chart.standardized"))
        style.ticks(axes.xaxis, words.lang, effect)
        seen = [name for name in VERDICTS if name != "not testable" and any(v.verdict == name for v in judged)]
        key(above, [*(mark(name, words) for name in seen), Patch(facecolor=BAND, label=words.plain("chart.sesoi"))])
        how = kind or words.plain("intervals.delta")
        style.head(figure, words.plain("chart.forest"), words, synthetic, words.plain("chart.forest.note", kind=how))
    return style.Chart("forest", figure, words.plain("chart.forest"), _alt(judged, words))


def effect(x: float, places: int, lang: str) -> str:
    """A standardised effect along an axis: nought is 0, not .0, and .25 is not .2."""
    places = places if math.isclose(round(x, places), x, abs_tol=1e-9) else places + 1
    return numbers.bounded(x, places, lang) if round(x, places) else "0"


def _label(verdict: Verdict, words: Words) -> str:
    claim = verdict.hypothesis
    text = f"{claim.id}  {words.path(*claim.nodes)}"
    return style.fitted(text, style.TICK_SIZE, LETTERS * style.TICK_SIZE * 0.56)


def _row(axes: Axes, at: int, verdict: Verdict, words: Words) -> None:
    """Band, interval, point and the number on the right of one hypothesis."""
    sesoi = verdict.hypothesis.sesoi
    axes.fill_betweenx([at - 0.5, at + 0.5], -sesoi, sesoi, color=BAND, linewidth=0, zorder=0)
    right: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "va": "center",
        "ha": "left",
        "fontsize": style.TICK_SIZE,
    }
    if math.isnan(verdict.std):
        axes.text(1.01, at, words.plain(f"verdict.{verdict.verdict}"), color=style.SOFT, **right)
        return
    marker, filling = LOOKS[verdict.verdict]
    axes.plot([verdict.std_low, verdict.std_high], [at, at], color=style.INK, linewidth=1.1, zorder=2)
    axes.plot(
        verdict.std, at, marker, color=filling, markersize=5.5, markeredgecolor=style.INK, markeredgewidth=0.8, zorder=3
    )
    ends = numbers.interval(verdict.std_low, verdict.std_high, numbers.bounded, 2, words.lang)
    axes.text(1.01, at, f"{numbers.bounded(verdict.std, 2, words.lang)} {ends}", **right)


def _limits(judged: Sequence[Verdict]) -> tuple[float, float]:
    ends = [x for v in judged for x in (v.std_low, v.std_high, v.std) if math.isfinite(x)]
    widest = max((v.hypothesis.sesoi for v in judged), default=0.1)
    low, high = min([*ends, -widest]), max([*ends, widest])
    room = 0.04 * (high - low)
    return low - room, high + room


def key(above: SubFigure, keys: Sequence[Line2D | Patch]) -> None:
    """The key, in a strip of its own; in two rows where one is too short."""
    wide = sum(measure(str(each.get_label()), style.TICK_SIZE)[0] + 34 for each in keys)
    abreast = len(keys) if wide < style.PAGE * 72 else (len(keys) + 1) // 2
    above.legend(handles=list(keys), loc="center left", ncol=abreast, columnspacing=1.4)


def mark(verdict: str, words: Words) -> Line2D:
    """The key of a verdict."""
    marker, filling = LOOKS[verdict]
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        color=filling,
        markeredgecolor=style.INK,
        markeredgewidth=0.8,
        label=words.plain(f"verdict.{verdict}"),
    )


def _alt(judged: Sequence[Verdict], words: Words) -> str:
    said = [
        f"{v.hypothesis.id} {numbers.bounded(v.std, 2, words.lang)} "
        f"{numbers.interval(v.std_low, v.std_high, numbers.bounded, 2, words.lang)} "
        f"({words.plain(f'verdict.{v.verdict}')})"
        for v in judged
    ]
    return words.plain("chart.forest.alt", rows="; ".join(said))
