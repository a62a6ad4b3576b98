"""Forest plot of reliability: alpha and omega of every construct with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

KINDS = {
    "alpha": ("low", "high", style.PALETTE[0], style.PALETTE[0]),
    "omega": ("omega_low", "omega_high", style.PALETTE[3], style.PAPER),
}
"""Figure → its interval's columns, its colour, and what it is filled with."""
APART = 0.17


def reliabilities(
    name: str,
    panels: Mapping[str, pd.DataFrame],
    limits: tuple[float, float],
    words: Words,
    title: str,
    note: str = "",
    published: Mapping[str, float] | None = None,
    synthetic: bool = False,
) -> Chart:
    """Alpha (filled) and omega (open) with intervals, constructs below each other, groups side by side.

    Parameters
    ----------
    name
        Of the file.
    panels
        Heading → table by `reliability`.
    limits
        Drawn as lines: what is acceptable, and where items repeat each other.
    words, title, note, synthetic
        Language, heading, what stands below, and whether the answers were made up.
    published
        Construct → a published alpha, drawn as a cross.
    """
    constructs = list(dict.fromkeys(str(c) for table in panels.values() for c in table["construct"]))
    with style.styled():
        figure = style.paper(style.PAGE, min(1.35 + 0.3 * len(constructs), style.TALLEST))
        (axes,), strip = style.stage(figure, 1, len(panels), 1)
        for own, (heading, table) in zip(axes, panels.items(), strict=True):
            for limit, dash in zip(limits, (style.DASHES[1], style.DASHES[2]), strict=True):
                own.axvline(limit, color=style.SOFT, linewidth=0.9, linestyle=dash, zorder=0)
            for which in KINDS:
                _points(own, table, constructs, which, words)
            _crosses(own, constructs, published or {}, words)
            own.set_title(heading if len(panels) > 1 else "")
            own.grid(axis="x")
            own.set_axisbelow(True)
            style.ticks(own.xaxis, words.lang, places=2)
            own.spines["left"].set_visible(False)
            own.tick_params(axis="y", length=0)
        names = [style.fitted(words.label(c), style.TICK_SIZE, 150) for c in constructs]
        axes[0].set_yticks(range(len(constructs)), names)
        axes[0].invert_yaxis()
        handles, labels = axes[0].get_legend_handles_labels()
        kept = dict(zip(labels, handles, strict=True))
        style.key(strip, list(kept.values()), list(kept), 3)
        style.head(figure, title, words, synthetic, note)
    return Chart(name, figure, title, words.plain("alt.reliabilities", values="; ".join(_said(panels, words))))


def _points(axes: Axes, table: pd.DataFrame, constructs: Sequence[str], which: str, words: Words) -> None:
    """One kind of figure: a point, and its interval where there is one."""
    low, high, colour, fill = KINDS[which]
    shift = -APART if which == "alpha" else APART
    x, y = [], []
    for row in table.to_dict("records"):
        at = constructs.index(str(row["construct"])) + shift
        ends = [float(row[low]), float(row[high])]
        if not any(math.isnan(end) for end in ends):
            axes.plot(ends, [at, at], color=colour, linewidth=1.3)
        x.append(float(row[which]))
        y.append(at)
    label = words.plain(f"reliabilities.{which}")
    marker = style.MARKERS[list(KINDS).index(which)]
    axes.plot(x, y, linestyle="none", marker=marker, color=colour, markerfacecolor=fill, label=label, zorder=3)


def _crosses(axes: Axes, constructs: Sequence[str], published: Mapping[str, float], words: Words) -> None:
    for construct, value in published.items():
        if construct in constructs:
            at, label = constructs.index(construct) - APART, words.plain("reliabilities.published")
            axes.plot([value], [at], "x", color=style.PALETTE[2], markersize=7, mew=1.8, label=label, zorder=4)


def _said(panels: Mapping[str, pd.DataFrame], words: Words) -> list[str]:
    said = []
    for heading, table in panels.items():
        parts = [
            f"{words.short(str(row['construct']))} {numbers.bounded(float(row['alpha']), 2, words.lang)}"
            for row in table.to_dict("records")
        ]
        said.append((f"{heading}: " if heading else "") + ", ".join(parts))
    return said
